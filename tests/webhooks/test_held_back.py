"""Attempts that are held back, and deliveries that stand aside until they are overtaken."""

import pytest

from emulator.errors import EmulatorBug
from emulator.webhooks.outbox import Outbox
from emulator.webhooks.values import Policy
from tests.webhooks.making import OK, REFUSED, START, at, leave, names, request, waits


@pytest.fixture(params=[False, True], ids=["virtual", "real"])
def outbox(request: pytest.FixtureRequest) -> Outbox:
    return Outbox(skip_notifications=request.param)


def test_a_held_back_attempt_leaves_at_its_instant_as_the_same_attempt(outbox: Outbox) -> None:
    outbox.add(request(), START)
    delivery, attempt = leave(outbox)
    outbox.postpone(delivery, attempt, at(5))
    assert (delivery.state, delivery.next_at, outbox.in_flight, outbox.next_deadline()) == ("waiting", at(5), 0, at(5))
    outbox.wake(at(4))
    assert names(outbox) == []
    outbox.wake(at(7))
    again, late = leave(outbox)
    assert (again, late.number, late.at) == (delivery, 1, at(5))
    outbox.finish(again, late, OK, at(7))
    assert [each.number for each in delivery.attempts] == [1]


def test_what_stands_behind_a_held_back_attempt_waits_with_it(outbox: Outbox) -> None:
    outbox.add(request(), START)
    outbox.add(request(), START)
    first, attempt = leave(outbox)
    outbox.postpone(first, attempt, at(5))
    assert names(outbox) == []
    outbox.wake(at(5))
    outbox.finish(*leave(outbox), OK, at(6))
    assert names(outbox) == ["c1-d2"]


def test_a_held_back_retry_still_waits_for_its_retry(outbox: Outbox) -> None:
    outbox.add(request(policy=Policy(waits=waits(1, 1))), START)
    outbox.finish(*leave(outbox), REFUSED, START)
    outbox.wake(at(1))
    delivery, attempt = leave(outbox)
    outbox.postpone(delivery, attempt, at(9))
    assert (delivery.state, attempt.number) == ("retrying", 2)
    outbox.wake(at(9))
    assert [each.number for _, each in outbox.ready()] == [2]


def test_who_stands_aside_leaves_when_the_next_one_of_its_call_has_arrived(outbox: Outbox) -> None:
    for call in ("c1", "c1", "c2", "c1"):
        outbox.add(request(call), START)
    (first, attempt), (other, its) = outbox.ready()
    outbox.postpone(first, attempt, at(30), aside=True)
    outbox.finish(other, its, OK, at(1))
    second, attempt = leave(outbox)
    outbox.finish(second, attempt, OK, at(2))
    assert [(each.id, attempt.at) for each, attempt in outbox.ready()] == [("c1-d3", at(2)), ("c1-d1", at(2))]
    assert outbox.next_deadline() is None


def test_who_stands_aside_and_is_overtaken_by_nobody_leaves_at_its_instant(outbox: Outbox) -> None:
    outbox.add(request(), START)
    delivery, attempt = leave(outbox)
    outbox.postpone(delivery, attempt, at(30), aside=True)
    outbox.wake(at(30))
    assert names(outbox) == ["c1-d1"]
    outbox.add(request(), at(31))
    outbox.finish(*leave(outbox), OK, at(31))
    assert names(outbox) == []


def test_a_retry_of_something_earlier_overtakes_nobody(outbox: Outbox) -> None:
    outbox.add(request(policy=Policy(waits=waits(1))), START)
    outbox.add(request(), START)
    outbox.finish(*leave(outbox), REFUSED, START)
    aside, attempt = leave(outbox)
    outbox.postpone(aside, attempt, at(30), aside=True)
    outbox.wake(at(1))
    outbox.finish(*leave(outbox), OK, at(2))
    assert names(outbox) == []


def test_a_held_back_ask_that_nobody_waits_for_never_leaves(outbox: Outbox) -> None:
    outbox.add(request(ask="c1.0#1"), START)
    outbox.add(request(), START)
    delivery, attempt = leave(outbox)
    outbox.postpone(delivery, attempt, at(5))
    outbox.abandon("c1.0#1", at(1))
    assert (delivery.state, names(outbox), outbox.next_deadline()) == ("abandoned", ["c1-d2"], None)


@pytest.mark.parametrize("aside", [False, True])
def test_a_dropped_call_takes_what_is_held_back_with_it(outbox: Outbox, aside: bool) -> None:
    outbox.add(request(), START)
    delivery, attempt = leave(outbox)
    outbox.postpone(delivery, attempt, at(5), aside=aside)
    outbox.drop("c1")
    assert (delivery.state, outbox.next_deadline(), outbox.is_quiet) == ("abandoned", None, True)


def test_a_resend_may_be_given_an_instant(outbox: Outbox) -> None:
    outbox.add(request(), START)
    copy = outbox.add(request(), START, resend_of="c1-d1", leaves_at=at(3))
    assert names(outbox) == ["c1-d1"]
    outbox.wake(at(3))
    delivery, attempt = leave(outbox)
    assert (delivery, attempt.at) == (copy, at(3))


def test_only_what_is_in_flight_can_be_held_back(outbox: Outbox) -> None:
    outbox.add(request(), START)
    delivery, attempt = leave(outbox)
    outbox.finish(delivery, attempt, OK, START)
    with pytest.raises(EmulatorBug, match="cannot be postponed"):
        outbox.postpone(delivery, attempt, at(5))
