"""The outbox's promises one by one; `test_outbox_machine.py` has them all at once."""

import tracemalloc
from dataclasses import replace

import pytest

from emulator.errors import EmulatorBug
from emulator.webhooks.deliveries import Delivery, Done, FellBack, Good, Lost, Retrying
from emulator.webhooks.outbox import Outbox
from emulator.webhooks.values import Outcome, Policy
from tests.webhooks.making import OK, REFUSED, SECOND, START, at, leave, names, request, status, waits


@pytest.fixture(params=[False, True], ids=["virtual", "real"])
def outbox(request: pytest.FixtureRequest) -> Outbox:
    return Outbox(skip_notifications=request.param)


# The line


def test_first_attempts_of_one_call_leave_one_after_another(outbox: Outbox) -> None:
    for _ in range(3):
        outbox.add(request(), START)
    first, attempt = leave(outbox)
    before_the_answer = names(outbox)

    outbox.finish(first, attempt, OK, at(1))

    assert (first.id, before_the_answer, names(outbox)) == ("c1-d1", [], ["c1-d2"])


def test_calls_do_not_wait_for_each_other(outbox: Outbox) -> None:
    for call in ("c1", "c2", "c1", "c3"):
        outbox.add(request(call), START)

    assert names(outbox) == ["c1-d1", "c2-d1", "c3-d1"]


@pytest.mark.parametrize("outcome", [REFUSED, status(500), Outcome(None, "timeout")])
def test_a_failed_first_attempt_lets_the_next_one_go_and_its_retries_hold_up_nobody(
    outbox: Outbox, outcome: Outcome
) -> None:
    outbox.add(request(policy=Policy(waits=waits(1))), START)
    outbox.add(request(), START)
    outbox.add(request(), START)
    retried, attempt = leave(outbox)

    verdict = outbox.finish(retried, attempt, outcome, at(2))
    second, its_attempt = leave(outbox)
    outbox.wake(at(3))
    outbox.finish(second, its_attempt, OK, at(3))

    assert verdict == Retrying(retried, at(3))
    assert [(d.id, a.number, a.at) for d, a in outbox.ready()] == [("c1-d1", 2, at(3)), ("c1-d3", 1, at(3))]


def test_a_fetch_waits_behind_a_notification_on_a_virtual_clock() -> None:
    outbox = Outbox(skip_notifications=False)
    outbox.add(request(), START)
    outbox.add(request(ask="c1.0#1"), START)

    assert names(outbox) == ["c1-d1"]


def test_a_fetch_does_not_wait_behind_notifications_on_a_real_clock() -> None:
    outbox = Outbox(skip_notifications=True)
    outbox.add(request(), START)
    outbox.add(request(), START)
    outbox.add(request(ask="c1.0#1"), START)
    outbox.add(request(ask="c1.0#2"), START)
    outbox.add(request(), START)

    assert names(outbox) == ["c1-d1", "c1-d3"]


def test_on_a_real_clock_fetches_wait_for_fetches_and_a_notification_for_everything_before_it() -> None:
    outbox = Outbox(skip_notifications=True)
    for ask in (None, "c1.0#1", "c1.0#2", None):
        outbox.add(request(ask=ask), START)
    (note, note_attempt), (fetch, fetch_attempt) = outbox.ready()

    outbox.finish(note, note_attempt, OK, at(1))
    after_the_note = names(outbox)
    outbox.finish(fetch, fetch_attempt, OK, at(2))
    second, second_attempt = leave(outbox)
    outbox.finish(second, second_attempt, OK, at(3))

    assert (after_the_note, second.id, names(outbox)) == ([], "c1-d3", ["c1-d4"])


def test_on_a_real_clock_a_notification_does_not_wait_for_a_fetch_that_overtook_it() -> None:
    outbox = Outbox(skip_notifications=True)
    for ask in (None, None, "c1.0#1"):
        outbox.add(request(ask=ask), START)
    (note, attempt), _ = outbox.ready()

    outbox.finish(note, attempt, OK, at(1))

    assert names(outbox) == ["c1-d2"]


def test_an_attempt_bears_the_instant_at_which_it_could_leave(outbox: Outbox) -> None:
    outbox.add(request(), at(1))
    outbox.add(request(), at(2))
    first, attempt = leave(outbox)

    outbox.finish(first, attempt, OK, at(5))

    assert (attempt.at, leave(outbox)[1].at) == (at(1), at(5))


# How it ends


def test_a_notification_that_succeeds_is_done(outbox: Outbox) -> None:
    delivery = outbox.add(request(), START)

    verdict = outbox.finish(*leave(outbox), OK, at(1))

    assert (verdict, delivery.state, delivery.attempts[0].outcome) == (Done(delivery), "delivered", OK)


def test_an_ask_that_succeeds_is_good_and_brings_its_reply(outbox: Outbox) -> None:
    delivery = outbox.add(request(ask="c1.0#1"), START)
    assert OK.reply is not None

    assert outbox.finish(*leave(outbox), OK, at(1)) == Good(delivery, OK.reply)


def test_the_policy_says_which_statuses_are_a_success(outbox: Outbox) -> None:
    delivery = outbox.add(request(policy=Policy(ok=frozenset({302}))), START)

    assert outbox.finish(*leave(outbox), status(302), at(1)) == Done(delivery)


@pytest.mark.parametrize(
    ("outcome", "why", "text"),
    [
        (REFUSED, "unreachable", "connection refused"),
        (Outcome(None, "timeout"), "unreachable", "timeout"),
        (status(404), "status", "the answer has status 404"),
    ],
)
def test_what_fails_for_good_is_lost_and_says_why(outbox: Outbox, outcome: Outcome, why: str, text: str) -> None:
    delivery = outbox.add(request(), START)

    verdict = outbox.finish(*leave(outbox), outcome, at(1))

    assert isinstance(verdict, Lost)
    assert (verdict.why, verdict.text, delivery.state) == (why, text, "failed")


def test_a_blocked_host_counts_as_unreachable_and_is_not_tried_again(outbox: Outbox) -> None:
    delivery = outbox.add(request(policy=Policy(waits=waits(1, 1))), START)

    verdict = outbox.finish(*leave(outbox), Outcome(None, "blocked", "not allowed"), at(1))

    assert (verdict, delivery.state) == (Lost(delivery, "unreachable", "not allowed"), "blocked")


def test_an_attempt_cannot_end_twice_and_the_second_end_changes_nothing(outbox: Outbox) -> None:
    delivery, attempt = outbox.add(request(), START), outbox.ready()[0][1]
    outbox.finish(delivery, attempt, OK, at(1))

    with pytest.raises(EmulatorBug, match="attempt 1 of c1-d1 has ended"):
        outbox.finish(delivery, attempt, REFUSED, at(2))

    assert (delivery.state, attempt.outcome, outbox.in_flight) == ("delivered", OK, 0)


def test_a_second_delivery_for_an_ask_at_work_is_our_bug_and_changes_nothing(outbox: Outbox) -> None:
    outbox.add(request(ask="c1.0#1"), START)

    with pytest.raises(EmulatorBug, match=r"c1-d1 carries ask c1\.0#1"):
        outbox.add(request(ask="c1.0#1"), START)

    assert list(outbox.deliveries) == ["c1-d1"]


# Retries


def test_retries_leave_after_their_waits_until_the_last_is_over(outbox: Outbox) -> None:
    delivery = outbox.add(request(policy=Policy(waits=waits(1, 2))), START)
    left = []
    verdicts = []
    for now in (0, 1, 3):
        outbox.wake(at(now))
        left.append(leave(outbox)[1].at)
        verdicts.append(outbox.finish(delivery, delivery.attempts[-1], status(500), at(now)))

    assert left == [at(0), at(1), at(3)]
    assert verdicts[-1] == Lost(delivery, "status", "the answer has status 500 (3 attempts)")


@pytest.mark.parametrize(
    ("retry_on", "outcome", "is_retried"),
    [
        ("connection", REFUSED, True),
        ("timeout", REFUSED, False),
        ("timeout", Outcome(None, "timeout"), True),
        ("4xx", status(400), True),
        ("4xx", status(499), True),
        ("5xx", status(499), False),
        ("5xx", status(500), True),
        ("5xx", status(599), True),
        ("5xx", status(600), False),
        ("4xx", status(302), False),
        ("status", status(302), True),
        ("status", status(399), True),
    ],
)
def test_the_policy_says_which_failures_are_tried_again(
    outbox: Outbox, retry_on: str, outcome: Outcome, is_retried: bool
) -> None:
    outbox.add(request(policy=Policy(waits=waits(1), retry_on=frozenset({retry_on}))), START)

    verdict = outbox.finish(*leave(outbox), outcome, at(1))

    assert isinstance(verdict, Retrying) is is_retried


@pytest.mark.parametrize(("wait", "is_retried"), [(49.999999, True), (50, False), (51, False)])
def test_no_retry_begins_once_the_total_is_over(outbox: Outbox, wait: float, is_retried: bool) -> None:
    outbox.add(request(policy=Policy(waits=waits(wait), total=60 * SECOND)), START)

    verdict = outbox.finish(*leave(outbox), REFUSED, at(10))

    assert isinstance(verdict, Retrying) is is_retried


def test_the_total_counts_from_the_first_attempt(outbox: Outbox) -> None:
    delivery = outbox.add(request(policy=Policy(waits=waits(6, 6), total=10 * SECOND)), START)
    outbox.finish(*leave(outbox), REFUSED, START)
    outbox.wake(at(6))

    verdict = outbox.finish(*leave(outbox), REFUSED, at(6))

    assert verdict == Lost(delivery, "unreachable", "connection refused (2 attempts)")


def test_the_timeout_of_an_attempt_is_cut_at_what_is_left_of_the_total(outbox: Outbox) -> None:
    policy = Policy(waits=waits(50), total=60 * SECOND, timeout=20 * SECOND)
    delivery = outbox.add(request(policy=policy), START)
    outbox.finish(*leave(outbox), REFUSED, at(5))

    outbox.wake(at(55))
    outbox.ready()

    assert [attempt.timeout for attempt in delivery.attempts] == [20 * SECOND, 5 * SECOND]


def test_a_retry_bears_the_instant_it_was_due_however_late_the_outbox_wakes(outbox: Outbox) -> None:
    outbox.add(request(policy=Policy(waits=waits(1))), START)
    outbox.finish(*leave(outbox), REFUSED, START)

    outbox.wake(at(7))

    assert leave(outbox)[1].at == at(1)


def test_a_waiting_retry_is_the_next_deadline_and_quiet(outbox: Outbox) -> None:
    delivery = outbox.add(request(policy=Policy(waits=waits(4))), START)

    outbox.finish(*leave(outbox), REFUSED, at(1))

    assert (outbox.next_deadline(), delivery.next_at, outbox.is_quiet) == (at(5), at(5), True)
    assert outbox.wake(at(4)) == []
    assert names(outbox) == []


# Fallback


def test_what_fails_for_good_falls_back_with_the_same_ask_and_a_policy_of_its_own(outbox: Outbox) -> None:
    fallback = request(callback="fallback", policy=Policy(waits=waits(7)))
    main = outbox.add(request(ask="c1.0#1", callback="answer", fallback=fallback), START)

    verdict = outbox.finish(*leave(outbox), status(500), at(1))
    instead, attempt = leave(outbox)

    assert verdict == FellBack(main, instead)
    assert (instead.id, instead.callback, instead.request.ask) == ("c1-d2", "fallback", "c1.0#1")
    assert (instead.fallback_of, attempt.at, main.state) == ("c1-d1", at(1), "failed")
    assert outbox.finish(instead, attempt, REFUSED, at(2)) == Retrying(instead, at(9))


def test_a_fallback_goes_at_once_past_the_line(outbox: Outbox) -> None:
    outbox.add(request(ask="c1.0#1", fallback=request(ask="c1.0#1")), START)
    outbox.add(request(), START)
    outbox.add(request(), START)

    outbox.finish(*leave(outbox), status(500), at(1))

    assert names(outbox) == ["c1-d4", "c1-d2"]


def test_a_document_that_cannot_be_read_is_not_tried_again_and_goes_to_the_fallback(outbox: Outbox) -> None:
    policy = Policy(waits=waits(1))
    main = outbox.add(request(ask="c1.0#1", policy=policy, fallback=request(callback="fallback")), START)
    outbox.finish(*leave(outbox), OK, at(1))

    verdict = outbox.reject(main, "1:7: no such verb", at(1))

    assert isinstance(verdict, FellBack)
    assert (main.state, main.problem, names(outbox)) == ("failed", "1:7: no such verb", ["c1-d2"])


def test_an_unreadable_document_without_a_fallback_is_lost(outbox: Outbox) -> None:
    main = outbox.add(request(ask="c1.0#1"), START)
    outbox.finish(*leave(outbox), OK, at(1))

    assert outbox.reject(main, "no such verb", at(1)) == Lost(main, "invalid", "no such verb")


def test_what_is_not_emulated_is_lost_at_once_because_a_fallback_would_hide_our_gap(outbox: Outbox) -> None:
    main = outbox.add(request(ask="c1.0#1", fallback=request()), START)
    outbox.finish(*leave(outbox), OK, at(1))

    verdict = outbox.reject(main, "Conference", at(1), "not-emulated")

    assert (verdict, names(outbox)) == (Lost(main, "not-emulated", "Conference"), [])


def test_what_has_no_good_reply_cannot_be_rejected(outbox: Outbox) -> None:
    asked = outbox.add(request("c1", ask="c1.0#1"), START)
    told = outbox.add(request("c2"), START)
    (_, _), (_, attempt) = outbox.ready()
    outbox.finish(told, attempt, OK, at(1))

    for delivery in (asked, told):
        with pytest.raises(EmulatorBug, match="no good reply"):
            outbox.reject(delivery, "bad", at(1))

    assert (asked.state, told.state, asked.problem) == ("in flight", "delivered", "")


# Abandoned asks


def test_an_abandoned_ask_that_has_not_begun_leaves_the_line_at_once(outbox: Outbox) -> None:
    outbox.add(request(ask="c1.0#1"), START)
    gone = outbox.add(request(ask="c1.0#2"), START)
    outbox.add(request(ask="c1.0#3"), START)
    first, attempt = leave(outbox)

    assert outbox.abandon("c1.0#2", at(1)) is gone
    outbox.finish(first, attempt, OK, at(2))

    assert (gone.state, gone.attempts, names(outbox)) == ("abandoned", (), ["c1-d3"])


def test_an_ask_abandoned_when_ready_never_leaves_and_the_next_one_does(outbox: Outbox) -> None:
    outbox.add(request(ask="c1.0#1"), START)
    outbox.add(request(), START)

    outbox.abandon("c1.0#1", at(1))

    assert [(delivery.id, attempt.at) for delivery, attempt in outbox.ready()] == [("c1-d2", at(1))]


@pytest.mark.parametrize("outcome", [OK, status(500)])
def test_an_ask_abandoned_in_flight_holds_its_place_and_is_answered_in_vain(outbox: Outbox, outcome: Outcome) -> None:
    policy = Policy(waits=waits(1))
    gone = outbox.add(request(ask="c1.0#1", policy=policy, fallback=request()), START)
    outbox.add(request(ask="c1.0#2"), START)
    _, attempt = leave(outbox)

    outbox.abandon("c1.0#1", at(1))
    before = names(outbox)
    verdict = outbox.finish(gone, attempt, outcome, at(2))

    assert (verdict, gone.state, attempt.outcome) == (Done(gone), "abandoned", outcome)
    assert (before, names(outbox), outbox.next_deadline()) == ([], ["c1-d2"], None)


def test_an_ask_abandoned_between_attempts_is_not_tried_again(outbox: Outbox) -> None:
    delivery = outbox.add(request(ask="c1.0#1", policy=Policy(waits=waits(1))), START)
    outbox.finish(*leave(outbox), REFUSED, START)

    outbox.abandon("c1.0#1", START)

    assert (outbox.next_deadline(), outbox.wake(at(2)), names(outbox)) == (None, [], [])
    assert (delivery.state, delivery.next_at) == ("abandoned", None)


def test_abandoning_an_ask_abandons_its_fallback(outbox: Outbox) -> None:
    outbox.add(request(ask="c1.0#1", fallback=request()), START)
    verdict = outbox.finish(*leave(outbox), REFUSED, START)
    assert isinstance(verdict, FellBack)

    outbox.abandon("c1.0#1", START)

    assert (verdict.fallback.state, names(outbox)) == ("abandoned", [])


def test_abandoning_an_ask_that_is_over_or_unknown_does_nothing(outbox: Outbox) -> None:
    delivery = outbox.add(request(ask="c1.0#1"), START)
    outbox.finish(*leave(outbox), OK, START)

    assert (outbox.abandon("c1.0#1", START), outbox.abandon("c9.0#1", START)) == (None, None)
    assert delivery.state == "delivered"


# Hung receivers


def test_a_hung_attempt_times_out_on_the_sandbox_clock_counted_from_when_it_left(outbox: Outbox) -> None:
    delivery = outbox.add(request(policy=Policy(timeout=10 * SECOND, waits=waits(1))), at(1))
    delivery, attempt = leave(outbox)

    outbox.hang(delivery, attempt, at(3))
    quiet, deadline = outbox.is_quiet, outbox.next_deadline()
    verdicts = outbox.wake(at(11))

    assert (quiet, deadline, outbox.in_flight) == (True, at(11), 0)
    assert verdicts == [Retrying(delivery, at(12))]
    assert attempt.outcome == Outcome(None, "timeout", "no answer within 10 s")


def test_a_hung_first_attempt_holds_the_line_until_it_times_out(outbox: Outbox) -> None:
    outbox.add(request(), START)
    outbox.add(request(), START)
    outbox.hang(*leave(outbox), at(1))
    before = names(outbox)

    outbox.wake(at(15))

    assert (before, [(delivery.id, attempt.at) for delivery, attempt in outbox.ready()]) == ([], [("c1-d2", at(10))])


def test_a_hung_receiver_that_answers_before_its_time_out_is_heard(outbox: Outbox) -> None:
    delivery = outbox.add(request(), START)
    _, attempt = leave(outbox)
    outbox.hang(delivery, attempt, START)

    verdict = outbox.finish(delivery, attempt, OK, at(1))

    assert (verdict, delivery.state, outbox.next_deadline(), outbox.in_flight) == (
        Done(delivery), "delivered", None, 0,
    )  # fmt: skip


def test_a_hung_receiver_that_answers_after_its_time_out_answers_in_vain(outbox: Outbox) -> None:
    delivery = outbox.add(request(ask="c1.0#1"), START)
    _, attempt = leave(outbox)
    outbox.hang(delivery, attempt, START)
    [lost] = outbox.wake(at(10))

    verdict = outbox.finish(delivery, attempt, OK, at(11))

    assert isinstance(lost, Lost)
    assert (verdict, delivery.state) == (Done(delivery), "failed")
    assert attempt.outcome is not None and attempt.outcome.error == "timeout"


def test_an_abandoned_hung_attempt_still_ends_and_lets_the_next_one_go(outbox: Outbox) -> None:
    delivery = outbox.add(request(ask="c1.0#1", fallback=request()), START)
    outbox.add(request(ask="c1.0#2"), START)
    outbox.hang(*leave(outbox), START)

    outbox.abandon("c1.0#1", at(1))

    assert (outbox.wake(at(10)), delivery.state, names(outbox)) == ([Done(delivery)], "abandoned", ["c1-d2"])


def test_only_an_attempt_in_flight_can_hang(outbox: Outbox) -> None:
    ended, hung = outbox.add(request("c1"), START), outbox.add(request("c2"), START)
    (_, ended_attempt), (_, hung_attempt) = outbox.ready()
    outbox.finish(ended, ended_attempt, OK, START)
    outbox.hang(hung, hung_attempt, START)

    for delivery, attempt in ((ended, ended_attempt), (hung, hung_attempt)):
        with pytest.raises(EmulatorBug, match="cannot hang"):
            outbox.hang(delivery, attempt, START)

    assert outbox.in_flight == 0


def test_several_are_woken_in_the_order_of_their_instants_and_of_being_set(outbox: Outbox) -> None:
    for call, timeout in (("c1", 5), ("c2", 3), ("c3", 3)):
        outbox.add(request(call, policy=Policy(timeout=timeout * SECOND)), START)
    for delivery, attempt in outbox.ready():
        outbox.hang(delivery, attempt, START)

    verdicts = outbox.wake(at(9))

    assert [verdict.delivery.id for verdict in verdicts] == ["c2-d1", "c3-d1", "c1-d1"]


def test_a_retry_that_falls_due_behind_a_time_out_is_woken_with_it(outbox: Outbox) -> None:
    delivery = outbox.add(request(policy=Policy(timeout=5 * SECOND, waits=waits(1))), START)
    outbox.hang(*leave(outbox), START)

    assert outbox.wake(at(9)) == [Retrying(delivery, at(6))]
    assert leave(outbox)[1].at == at(6)


# Resends and forgetting


def test_a_resend_is_a_new_delivery_that_asks_nothing_and_goes_at_once(outbox: Outbox) -> None:
    original = request(ask="c1.0#1", fallback=request())
    outbox.add(original, START)
    outbox.add(request(), START)

    again = outbox.add(original, at(1), resend_of="c1-d1")

    assert (again.id, again.resend_of, again.request.ask, again.request.fallback) == ("c1-d3", "c1-d1", None, None)
    assert names(outbox) == ["c1-d1", "c1-d3"]


def test_a_resend_of_a_notification_is_the_same_request(outbox: Outbox) -> None:
    original = request()

    assert outbox.add(original, START, resend_of="c1-d1").request is original


def test_a_dropped_call_is_forgotten_and_the_others_are_not(outbox: Outbox) -> None:
    retried = outbox.add(request("c1", ask="c1.0#1", policy=Policy(waits=waits(1))), START)
    kept = outbox.add(request("c2"), START)
    (_, attempt), _ = outbox.ready()
    outbox.finish(retried, attempt, REFUSED, START)
    over = outbox.add(request("c1"), START)
    outbox.finish(*leave(outbox), OK, START)
    outbox.add(request("c1"), START)
    outbox.add(request("c1"), START)

    outbox.drop("c1")

    assert (list(outbox.deliveries.values()), list(outbox.of_call("c1")), list(outbox.of_call("c2"))) == (
        [kept], [], [kept],
    )  # fmt: skip
    assert (names(outbox), outbox.next_deadline(), outbox.abandon("c1.0#1", START)) == ([], None, None)
    assert (retried.state, over.state) == ("abandoned", "delivered")


def test_an_attempt_of_a_dropped_call_ends_without_consequences(outbox: Outbox) -> None:
    flying = outbox.add(request("c1", ask="c1.0#1", fallback=request("c1")), START)
    hung = outbox.add(request("c2", policy=Policy(waits=waits(1))), START)
    (_, flying_attempt), (_, hung_attempt) = outbox.ready()
    for call in ("c1", "c2"):
        outbox.drop(call)

    outbox.hang(hung, hung_attempt, START)

    assert (outbox.in_flight, outbox.next_deadline()) == (1, None)
    assert outbox.finish(flying, flying_attempt, status(500), at(1)) == Done(flying)
    assert (outbox.in_flight, outbox.is_quiet, outbox.deliveries) == (0, True, {})


def test_dropping_an_unknown_call_does_nothing(outbox: Outbox) -> None:
    outbox.add(request(), START)

    outbox.drop("c9")

    assert names(outbox) == ["c1-d1"]


# What it shows, and what it costs


def test_a_delivery_shows_whose_it_is_and_encodes_its_body_when_read(outbox: Outbox) -> None:
    delivery = outbox.add(request(), START)

    assert (delivery.call, delivery.leg, delivery.vendor, delivery.callback) == ("c1", "c1.0", "acme", "status")
    assert (delivery.body(), delivery.created_at, repr(delivery)) == (
        b'{"call":"c1"}', START, "<Delivery c1-d1 status waiting>",
    )  # fmt: skip


def test_an_empty_outbox_is_quiet_and_waits_for_nothing(outbox: Outbox) -> None:
    assert (outbox.is_quiet, outbox.next_deadline(), outbox.wake(START), outbox.ready()) == (True, None, [], [])


def test_what_is_ready_or_in_flight_is_not_quiet(outbox: Outbox) -> None:
    outbox.add(request(), START)
    ready = outbox.is_quiet
    delivery, attempt = leave(outbox)
    in_flight = outbox.is_quiet
    outbox.finish(delivery, attempt, OK, START)

    assert (ready, in_flight, outbox.is_quiet) == (False, False, True)


def test_a_long_line_costs_no_more_per_delivery_than_many_short_ones(outbox: Outbox) -> None:
    """Counted in looks at deliveries, not in seconds: a line that scanned would need the square."""
    looks = 0

    class Looked(Delivery):
        __slots__ = ()

        def __getattribute__(self, name: str) -> object:
            nonlocal looks
            looks += name == "holds_line"
            return super().__getattribute__(name)

    for _ in range(2000):
        outbox.add(request(), START).__class__ = Looked
    while leaving := outbox.ready():
        for delivery, attempt in leaving:
            outbox.finish(delivery, attempt, OK, at(1))

    assert all(delivery.state == "delivered" for delivery in outbox.deliveries.values())
    assert looks <= 8 * 2000


def test_a_delivery_and_its_attempt_take_less_than_a_kilobyte(outbox: Outbox) -> None:
    one = request()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(1000):
            outbox.add(replace(one, call=f"c{number}"), START)
        for delivery, attempt in outbox.ready():
            outbox.finish(delivery, attempt, OK, at(1))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert taken / 1000 < 1000
