"""Supervise: listening to a bridge, whispering to one of its two, talking with both."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.program import Dequeue, Dial, Enqueue, Say, Supervise, Target
from emulator.errors import Refused
from tests.engine.desk import ASK, TELL, Desk, dump, span, stays

AGENT, CLIENT = "c1.0", "c1.1"


def bridge() -> Desk:
    """An agent and the client that was dialled for it, talking."""
    desk = Desk()
    desk.talk(stays(Dial((Target("+911111111111"),)), Say("after")))
    desk.do(c.Answer(CLIENT))
    return desk


def boss(desk: Desk, mode: Any = "listen", of: str = AGENT, *then: Any, **more: Any) -> str:
    return desk.talk(stays(Supervise(of, mode, **more), *then))


def heard_by(desk: Desk, leg: str) -> tuple[str, ...]:
    desk.do(c.Speak(leg, "hello", span(1)))
    return desk.last(e.FarEndSpoke, leg).heard_by


@pytest.mark.parametrize(
    ("mode", "of", "hears"),
    [
        ("listen", AGENT, ()),
        ("whisper", AGENT, (AGENT,)),
        ("whisper", CLIENT, (CLIENT,)),
        ("talk", AGENT, (AGENT, CLIENT)),
    ],
)
def test_the_mode_says_who_hears_the_supervisor_who_hears_both(mode: Any, of: str, hears: tuple[str, ...]) -> None:
    desk = bridge()
    leg = boss(desk, mode, of)

    assert heard_by(desk, leg) == hears
    assert heard_by(desk, AGENT) == (CLIENT, leg)
    assert heard_by(desk, CLIENT) == (AGENT, leg)
    started = desk.last(e.SupervisionStarted)
    assert (started.leg.id, started.other.id, started.mode) == (leg, of, mode)
    assert desk.leg(AGENT).partner == CLIENT


def test_two_supervisors_hear_the_one_who_talks() -> None:
    desk = bridge()
    one, two = boss(desk), boss(desk, "talk")

    assert heard_by(desk, two) == (AGENT, CLIENT, one)
    assert heard_by(desk, one) == ()


def test_the_mode_changes_on_the_way() -> None:
    desk = bridge()
    leg = boss(desk)
    modes: list[Literal["whisper", "talk", "listen"]] = ["whisper", "talk", "talk", "listen"]
    for mode in modes:
        desk.do(c.SetSupervision(leg, mode))

    assert [event.mode for event in desk.all(e.SupervisionChanged)] == ["whisper", "talk", "listen"]


@pytest.mark.parametrize("gone", [AGENT, CLIENT])
def test_it_is_over_with_the_bridge_and_the_next_verb_runs(gone: str) -> None:
    desk = bridge()
    leg = boss(desk, "talk", AGENT, Say("over"), hook=TELL)
    desk.wait(7)

    desk.do(c.HangUp(gone, "callee"))

    assert desk.last(e.Told, leg).fields == {"outcome": "over", "of": AGENT, "mode": "talk", "seconds": 7.0}
    assert desk.last(e.SpeakingStarted, leg).text == "over"
    assert len(desk.all(e.SupervisionEnded)) == 1
    assert heard_by(desk, leg) == ()


def test_it_is_over_when_one_of_the_two_is_taken_elsewhere() -> None:
    desk = bridge()
    leg = boss(desk, hook=TELL)

    desk.do(c.Redirect(((AGENT, stays()), (CLIENT, stays()))))

    assert desk.last(e.Told, leg).fields["outcome"] == "over"


@pytest.mark.parametrize("of", [AGENT, "c9.0", "c2.0"])
def test_without_a_bridge_it_is_over_at_once(of: str) -> None:
    desk = Desk()
    desk.talk(stays())
    leg = boss(desk, "listen", of, Say("nobody"), hook=TELL)

    assert desk.last(e.Told, leg).fields == {"outcome": "none", "of": of, "mode": "listen", "seconds": 0.0}
    assert desk.all(e.SupervisionStarted) == []
    assert desk.last(e.SpeakingStarted, leg).text == "nobody"


def test_the_bridge_goes_on_without_its_supervisor() -> None:
    desk = bridge()
    leg = boss(desk, "talk", hook=TELL)
    desk.wait(3)

    desk.do(c.HangUp(leg, "callee"))

    assert desk.last(e.Told, leg).fields["outcome"] == "hangup"
    assert desk.leg(AGENT).partner == CLIENT
    assert heard_by(desk, AGENT) == (CLIENT,)


def test_a_redirected_supervisor_leaves_without_a_hook() -> None:
    desk = bridge()
    leg = boss(desk, "talk", hook=ASK)

    desk.do(c.Redirect(((leg, stays()),)))

    assert len(desk.all(e.SupervisionEnded)) == 1
    assert desk.all(e.Asked) == []
    with pytest.raises(Refused, match="not_supervising"):
        desk.do(c.SetSupervision(leg, "talk"))


def test_the_bridge_of_a_queue_is_supervised_too() -> None:
    desk = Desk()
    caller, agent = desk.talk(stays(Enqueue("q"))), desk.talk(stays(Dequeue("q")))
    leg = boss(desk, "whisper", agent)

    assert heard_by(desk, leg) == (agent,)
    assert heard_by(desk, caller) == (agent, leg)


def test_all_three_hang_up_at_one_instant() -> None:
    desk = bridge()
    leg = boss(desk, "talk", hook=TELL)

    for each in (leg, AGENT):
        desk.do(c.HangUp(each, "callee"))

    assert [event.leg.id for event in desk.all(e.Ended)] == [leg, CLIENT, AGENT]
    assert len(desk.all(e.SupervisionEnded)) == 1


@pytest.mark.parametrize("state", ["unknown", "talking", "ended"])
def test_a_leg_that_supervises_nobody_takes_no_mode(state: str) -> None:
    desk = bridge()
    leg = boss(desk)
    if state == "ended":
        desk.do(c.HangUp(leg, "callee"))
    before = dump(desk.engine)

    with pytest.raises(Refused, match="unknown_leg" if state == "unknown" else "not_supervising"):
        desk.do(c.SetSupervision({"unknown": "c9.0", "talking": AGENT, "ended": leg}[state], "talk"))
    assert dump(desk.engine) == before
