"""The judge of every webhook of the test suite: it fails the test that caused a wrong one, and no other."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.judging import JUDGE

ROOT = Path(__file__).parents[2]
INNER = """
from dataclasses import replace

import pytest

from emulator.client.server import Server
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options, SandboxSpec
from emulator.vendors.servetel import vendor
from emulator.webhooks.values import Json

HEARD = {"webhooks": [{"name": "end", "url": "http://127.0.0.1:9/end", "trigger": "received"}]}


def without_cause(event, view):
    for request in vendor.callbacks(event, view):
        fields = {name: told for name, told in request.body.value.items() if name != "call_to_number"}
        yield replace(request, body=Json(fields))


async def call(vendor):
    exchange = Exchange(Options(), {"servetel": vendor})
    sandbox = exchange.create(SandboxSpec(seed=1, mode="virtual", settings={"servetel": HEARD}))
    sandbox.arrive("servetel", "+919876543210", sandbox.public["servetel"]["numbers"][0])
    await exchange.pumps[sandbox.id].run()
    assert sandbox.outbox.deliveries
    await exchange.close()


async def test_right():
    await call(vendor)


async def test_wrong():
    await call(replace(vendor, callbacks=without_cause))


@pytest.mark.unjudged("on purpose")
async def test_wrong_on_purpose():
    await call(replace(vendor, callbacks=without_cause))


async def test_right_again():
    await call(vendor)


def test_served_and_resent_with_changes():
    with Server.start() as server, server.sandbox(seed=1, settings={"servetel": HEARD}) as ringback:
        ringback.dial_in("servetel", "+919876543210")
        ringback.run()
        assert ringback.deliveries
        for delivery in list(ringback.deliveries):
            ringback.api.post(f"{ringback.path}/deliveries/{delivery.id}/resend", {"set": {"Nonsense": "1"}})
        ringback.run()


def test_served_wrong(pytestconfig):
    "A process that spoils what it sends: here, one that writes as the observer does."
    from tests.judging import JUDGE

    line = b'["vobiz", "nonsense", "POST", "http://127.0.0.1:9/x", "text/plain", ""]\\n'
    (pytestconfig.stash[JUDGE].spool / "another").write_bytes(line)
"""

LATER = """
import pytest
from tests.judging import JUDGE


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    line = b'["vobiz", "late", "POST", "http://127.0.0.1:9/x", "text/plain", ""]\\n'
    (session.config.stash[JUDGE].spool / "another").write_bytes(line)
"""


def test_an_exchange_and_a_server_of_this_very_test_are_judged(pytestconfig: pytest.Config) -> None:
    from emulator.client.server import Server

    judge = pytestconfig.stash[JUDGE]
    judge.found()
    before = judge.judged
    heard = {"webhooks": [{"name": "end", "url": "http://127.0.0.1:9/end", "trigger": "received"}]}
    with Server.start() as server, server.sandbox(seed=1, settings={"servetel": heard}) as ringback:
        ringback.dial_in("servetel", "+919876543210")
        ringback.run()
        sent = sum(len(delivery.attempts) for delivery in ringback.deliveries)
    assert judge.found() == []
    assert judge.judged - before == sent > 0


@pytest.mark.parametrize("processes", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_the_test_that_sends_a_wrong_webhook_fails_with_a_readable_report(
    pytester: pytest.Pytester, processes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text())
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nmarkers = unjudged(why)"
    )
    pytester.makepyfile(INNER)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert importlib.util.find_spec("xdist") is not None
    ended = pytester.runpytest_subprocess("-p", "no:randomly", *processes, timeout=120)
    ended.assert_outcomes(passed=4, failed=2)
    told = ended.stdout.str()
    assert "webhooks that were sent and are not as their contract says:" in told
    assert 'webhook received: $: "call_to_number" is a required property (servetel contract, line ' in told
    assert "webhook nonsense: webhook: POST nonsense is not documented (vobiz contract, line " in told
    assert "Nonsense" not in told.split("short test summary")[0].replace("nonsense", "")


def test_what_comes_after_the_last_test_fails_the_session(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(later=LATER)
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text())
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nmarkers = unjudged(why)")
    pytester.makepyfile("def test_nothing(): pass")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for processes in ((), ("-n", "1")):
        ended = pytester.runpytest_subprocess("-p", "later", *processes, timeout=120)
        ended.assert_outcomes(passed=1)
        assert ended.ret == pytest.ExitCode.TESTS_FAILED
        ended.stdout.fnmatch_lines(["*webhook late: webhook: POST late is not documented (vobiz contract, line *"])
