"""`ringback demo`: the whole story, and what it says without the SDK."""

import sys

from emulator.cli.demo import demo
from tests.fakes.serving import ringback


def test_the_demo_tells_the_whole_call_with_the_vendors_own_words():
    done = ringback("demo")
    assert done.returncode == 0, done.stderr
    assert "client.base_uri = 'http://127.0.0.1:" in done.stdout
    ladder, _, said = done.stdout.partition("What was said")
    places = [ladder.index(word) for word in ("ringing", "in-progress", "completed")]
    assert places == sorted(places)
    assert "Press 1 to confirm" in said
    assert "see you tomorrow" in said
    assert "pressed" in said


def test_without_the_sdk_the_demo_names_the_extra_and_exits_2(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "vobiz", None)
    assert demo.main([], standalone_mode=False) == 2
    assert "pip install 'ringback[demo]'" in capsys.readouterr().err
