"""Enqueue, Dequeue, Leave: places, the wait, the bridge between two calls, and how each side hears of its end."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import HANGUP
from emulator.engine.program import Dequeue, Enqueue, Hook, Leave, Pause, Play, Say, SendDigits
from emulator.errors import Refused
from tests.engine.desk import ASK, TELL, Desk, names, program, span, stays

EVENTS = Hook("http://app/queue", awaited=False, purpose="queue")
MUSIC = program(Play("http://app/music"))


def waits(desk: Desk, *then: Any, **more: Any) -> str:
    return desk.talk(stays(Enqueue("sales", **more), *then))


def takes(desk: Desk, *then: Any, **more: Any) -> str:
    return desk.talk(stays(Dequeue("sales", **more), *then))


def last_told(desk: Desk, leg: str) -> dict[str, Any]:
    return dict(desk.last(e.Told, leg).fields)


def order(desk: Desk) -> list[str]:
    (queue,) = desk.engine.queues.of("acme")
    return [waiter.leg for waiter in queue.waiters]


def test_a_caller_is_answered_and_stands_in_the_queue() -> None:
    desk = Desk()
    leg = desk.arrive(stays(Enqueue("sales")))

    assert names(desk.events) == ["Arrived", "Answered", "QueueJoined"]
    (queue,) = desk.engine.queues.of("acme")
    assert (queue.id, queue.name, queue.vendor, queue.scope, queue.opened_at) == ("q1", "sales", "acme", "", desk.now)
    (waiter,) = queue.waiters
    assert (waiter.leg, waiter.position, waiter.joined_at, waiter.from_) == (leg, 1, desk.now, "+919876543210")
    assert desk.leg(leg).queue == "q1"


def test_the_oldest_of_the_highest_priority_is_next() -> None:
    desk = Desk()
    one, two = waits(desk), waits(desk)
    first, second = waits(desk, priority=5), waits(desk, priority=5)

    assert order(desk) == [first, second, one, two]
    agent = takes(desk)
    assert desk.leg(agent).partner == first


def test_a_queue_that_nobody_stands_in_is_gone() -> None:
    desk = Desk()
    leg = waits(desk)
    desk.do(c.HangUp(leg, "caller"))

    assert desk.engine.queues.of("acme") == []
    waits(desk)
    assert [queue.id for queue in desk.engine.queues.of("acme")] == ["q2"]


@pytest.mark.parametrize("more", [{"queue": "Sales"}, {"queue": "sales", "scope": "sub"}])
def test_queues_are_told_apart_by_exact_name_and_scope(more: dict[str, Any]) -> None:
    desk = Desk()
    waits(desk)

    agent = desk.talk(stays(Dequeue(**more)))

    assert desk.leg(agent).partner is None


def test_whoever_comes_second_makes_the_match() -> None:
    for agent_first in (True, False):
        desk = Desk()
        legs = [takes(desk), waits(desk)] if agent_first else [waits(desk), takes(desk)]
        agent, caller = legs if agent_first else reversed(legs)

        bridged = desk.last(e.Bridged)
        assert (bridged.leg.id, bridged.other.id) == (agent, caller)
        assert (desk.leg(agent).partner, desk.leg(caller).partner) == (caller, agent)
        assert desk.leg(caller).queue is None


def test_those_who_take_are_served_in_the_order_they_came() -> None:
    desk = Desk()
    agents = [takes(desk), takes(desk)]
    callers = [waits(desk), waits(desk)]

    assert [desk.leg(agent).partner for agent in agents] == callers


def test_only_the_named_waiter_is_taken() -> None:
    desk = Desk()
    waits(desk)
    second = waits(desk)

    assert desk.leg(takes(desk, leg=second)).partner == second
    third = takes(desk, leg="c9.0")
    assert desk.leg(third).partner is None


def test_the_wait_hook_is_asked_every_round_with_the_place() -> None:
    desk = Desk()
    first = waits(desk)
    leg = waits(desk, wait=ASK)
    assert desk.last(e.Asked, leg).fields == {
        "event": "wait", "queue": "q1", "name": "sales", "position": 2, "size": 2, "waited": 0.0,
    }  # fmt: skip
    desk.reply(MUSIC, leg)
    desk.wait(1)
    desk.do(c.HangUp(first, "caller"))
    desk.wait(2)

    assert desk.last(e.Asked, leg).fields == {
        "event": "wait", "queue": "q1", "name": "sales", "position": 1, "size": 1, "waited": 3.0,
    }  # fmt: skip


def test_the_music_stops_when_the_leg_is_taken_and_both_hear_a_beep() -> None:
    desk = Desk()
    caller = waits(desk, wait=MUSIC)
    desk.wait(4)

    agent = takes(desk, beep=True)

    assert (desk.last(e.Heard, caller).whole, desk.last(e.Heard, caller).seconds) == (False, 1.0)
    assert [(event.leg.id, event.kind) for event in desk.all(e.SpeakingStarted)[-2:]] == [
        (agent, "beep"), (caller, "beep"),
    ]  # fmt: skip


def test_a_take_while_the_wait_hook_is_in_flight_abandons_it() -> None:
    desk = Desk()
    caller = waits(desk, wait=ASK)
    takes(desk)

    assert desk.last(e.AskAbandoned).ask == f"{caller}#1"
    assert names(desk.do(c.Reply(f"{caller}#1", MUSIC))) == ["AnswerDropped"]
    assert desk.leg(caller).partner is not None


def test_leave_in_the_wait_program_leaves_the_queue() -> None:
    desk = Desk()
    leg = waits(desk, Say("bye"), wait=program(Pause(span(2)), Leave(), Say("never")), hook=TELL, events=EVENTS)
    desk.wait(2)

    assert last_told(desk, leg) == {
        "outcome": "left", "queue": "q1", "name": "sales", "waited": 2.0, "seconds": 0.0, "partner": "",
    }  # fmt: skip
    assert desk.last(e.SpeakingStarted, leg).text == "bye"
    assert [event.outcome for event in desk.all(e.QueueLeft)] == ["left"]


def test_events_are_told_of_coming_and_going() -> None:
    desk = Desk()
    caller = waits(desk, events=EVENTS)
    desk.wait(5)
    agent = takes(desk)

    assert [event.fields for event in desk.all(e.Told)] == [
        {"event": "join", "queue": "q1", "name": "sales", "position": 1, "size": 1, "waited": 0.0},
        {"event": "leave", "queue": "q1", "name": "sales", "position": 1, "size": 0, "waited": 5.0,
         "outcome": "bridged", "partner": agent},
    ]  # fmt: skip
    assert caller


def test_a_full_queue_lets_nobody_in() -> None:
    desk = Desk()
    waits(desk)
    leg = waits(desk, Say("full"), max_size=1, hook=TELL)

    assert last_told(desk, leg)["outcome"] == "full"
    assert len(order(desk)) == 1


def test_a_wait_has_its_limit_and_a_take_too() -> None:
    desk = Desk()
    caller, agent = (
        waits(desk, max_wait=span(10), hook=TELL),
        desk.talk(stays(Dequeue("x", timeout=span(3), hook=TELL))),
    )
    desk.wait(20)

    assert (last_told(desk, caller)["outcome"], last_told(desk, caller)["waited"]) == ("timeout", 10.0)
    assert (last_told(desk, agent)["outcome"], last_told(desk, agent)["waited"]) == ("timeout", 3.0)
    assert desk.engine.queues.takers == {}
    takes(desk)
    assert desk.all(e.Bridged) == []


def test_a_limit_ends_with_the_bridge() -> None:
    desk = Desk()
    waits(desk, max_wait=span(10))
    takes(desk, timeout=span(10))

    assert desk.wait(60) == []


@pytest.mark.parametrize("first", ["caller", "agent"])
def test_the_end_of_one_leg_frees_the_other(first: str) -> None:
    desk = Desk()
    caller = waits(desk, Say("caller goes on"), hook=TELL)
    desk.wait(5)
    agent = takes(desk, Say("agent goes on"), hook=TELL)
    desk.wait(30)
    gone, left = (caller, agent) if first == "caller" else (agent, caller)

    desk.do(c.HangUp(gone, "callee"))

    assert names(desk.events)[-6:] == ["Unbridged", "Told", "Ended", "CallEnded", "Told", "SpeakingStarted"]
    assert last_told(desk, caller) == {
        "outcome": "bridged", "queue": "q1", "name": "sales", "waited": 5.0, "seconds": 30.0, "partner": agent,
    }  # fmt: skip
    assert last_told(desk, agent) == {
        "outcome": "bridged", "queue": "q1", "name": "sales", "waited": 0.0, "seconds": 30.0, "partner": caller,
    }  # fmt: skip
    assert desk.state(left) == "answered"
    assert desk.last(e.SpeakingStarted).leg.id == left


def test_two_hang_up_at_one_instant() -> None:
    desk = Desk()
    caller, agent = waits(desk, hook=TELL), takes(desk, hook=TELL)

    desk.do(c.HangUp(caller, "caller", bridged=True))

    assert [event.leg.id for event in desk.all(e.Ended)] == [caller, agent]
    assert len(desk.all(e.Unbridged)) == 1
    assert [event.fields["outcome"] for event in desk.all(e.Told)] == ["bridged", "bridged"]
    assert len(desk.all(e.CallEnded)) == 2


@pytest.mark.parametrize("role", ["caller", "agent"])
def test_a_redirect_takes_one_leg_out_of_the_bridge_and_frees_the_other(role: str) -> None:
    desk = Desk()
    caller, agent = waits(desk, hook=TELL), takes(desk, hook=TELL)
    gone, left = (caller, agent) if role == "caller" else (agent, caller)

    desk.do(c.Redirect(((gone, stays(Say("elsewhere"))),)))

    assert [event.leg.id for event in desk.all(e.Told)] == [left]
    assert desk.last(e.SpeakingStarted).leg.id == gone
    assert (desk.leg(gone).partner, desk.leg(left).partner) == (None, None)


def test_a_redirect_takes_a_waiter_out_of_the_queue_and_a_taker_out_of_its_wait() -> None:
    desk = Desk()
    caller, agent = waits(desk), desk.talk(stays(Dequeue("other")))

    desk.do(c.Redirect(((caller, stays()), (agent, stays()))))

    assert [event.outcome for event in desk.all(e.QueueLeft)] == ["redirect"]
    assert desk.engine.queues.takers == desk.engine.queues.by_key == {}


def test_a_hang_up_in_the_queue_is_told() -> None:
    desk = Desk()
    caller, agent = waits(desk, hook=TELL), desk.talk(stays(Dequeue("other", hook=TELL)))
    desk.wait(3)
    desk.do(c.HangUp(caller, "caller"))
    desk.do(c.HangUp(agent, "callee"))

    assert (last_told(desk, caller)["outcome"], last_told(desk, caller)["waited"]) == ("hangup", 3.0)
    assert last_told(desk, agent)["outcome"] == "hangup"


def test_the_hook_that_is_asked_decides_what_comes_next() -> None:
    desk = Desk()
    caller, agent = waits(desk, Say("not this"), hook=ASK), takes(desk)
    desk.do(c.HangUp(agent, "callee"))
    assert desk.last(e.Asked, caller).fields["outcome"] == "bridged"

    desk.reply(stays(Say("how was it?")), caller)

    assert desk.last(e.SpeakingStarted, caller).text == "how was it?"


def test_who_was_left_ends_as_its_partner_did_when_its_program_says_so() -> None:
    desk = Desk()
    caller = desk.talk(program(Enqueue("sales"), exhausted_cause="inherit"))
    agent = takes(desk)

    desk.do(c.HangUp(agent, "callee"))

    assert desk.fate(caller) == (HANGUP, "partner")


def test_keys_and_words_pass_the_bridge() -> None:
    desk = Desk()
    caller, agent = waits(desk), takes(desk)

    desk.do(c.Speak(caller, "hello", span(1)))

    assert desk.last(e.FarEndSpoke).heard_by == (agent,)
    desk.do(c.Press(agent, "1"))
    assert desk.leg(caller).partner == agent


def test_nobody_takes_itself() -> None:
    desk = Desk()
    leg = desk.talk(stays(Enqueue("sales", wait=program(Dequeue("sales", timeout=span(1)), Leave()))))

    desk.wait(5)

    assert desk.all(e.Bridged) == []
    assert desk.leg(leg).queue is None


def test_leave_elsewhere_is_no_verb_to_wait_for() -> None:
    desk = Desk()
    desk.talk(program(Leave(), Say("on")))

    assert desk.last(e.SpeakingStarted).text == "on"


def test_supervision_is_refused_where_there_is_none() -> None:
    desk = Desk()
    leg = waits(desk)

    with pytest.raises(Refused, match="not_supervising"):
        desk.do(c.SetSupervision(leg, "talk"))


def test_keys_sent_beside_the_wait_again_and_again_are_no_reason_for_a_clock_to_go_on() -> None:
    desk = Desk()
    waits(desk, wait=program(SendDigits("wW2w", beside=True)))

    desk.finish()

    assert desk.since_start(desk.events[-1]) < 10
