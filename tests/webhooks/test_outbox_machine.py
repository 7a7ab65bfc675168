"""The outbox against a model that predicts every attempt, verdict and deadline by looking at everything, every time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from emulator.errors import EmulatorBug
from emulator.webhooks.deliveries import Attempt, Delivery, Done, FellBack, Good, Lost, Retrying, Verdict
from emulator.webhooks.outbox import Outbox
from emulator.webhooks.values import Outcome, Policy
from tests.webhooks.making import START, request, status, waits

SECOND = timedelta(seconds=1)
spans = st.integers(0, 6).map(lambda seconds: timedelta(seconds=seconds))
outcomes = st.sampled_from(
    [status(code) for code in (200, 204, 302, 404, 500)]
    + [Outcome(None, "connection", "refused"), Outcome(None, "timeout", "late"), Outcome(None, "blocked", "public")]
)
reasons = st.sampled_from(["invalid", "not-emulated"])
telling = st.sampled_from(
    [
        Policy(timeout=2 * SECOND),
        Policy(waits=waits(0, 2, 1), timeout=2 * SECOND),
        Policy(waits=waits(1, 1), total=2 * SECOND),  # the second retry would begin as the total is over
        Policy(waits=waits(3), total=5 * SECOND, timeout=4 * SECOND),  # the second timeout is cut
        Policy(waits=waits(2, 2), ok=frozenset({200, 302}), retry_on=frozenset({"5xx"})),
    ]
)
policies = telling | st.builds(
    Policy,
    waits=st.lists(spans, max_size=3).map(tuple),
    total=st.none() | spans.map(lambda span: 2 * span + SECOND),
    timeout=spans.map(lambda span: span + SECOND),
    ok=st.sampled_from([None, frozenset({200, 302})]),
)


@dataclass
class Expected:
    """What the model knows of one delivery."""

    id: str
    call: str
    ask: str | None
    policy: Policy
    fallback: Policy | None
    in_line: bool
    state: str = "waiting"
    offered_at: datetime | None = None
    left: list[datetime] = field(default_factory=list)
    is_out: bool = False
    deadline: tuple[datetime, int] | None = None
    problem: str = ""
    stands_aside: bool = False


def is_retriable(outcome: Outcome, policy: Policy) -> bool:
    if outcome.reply is None:
        return outcome.error in policy.retry_on
    family = {4: "4xx", 5: "5xx"}.get(outcome.reply.status // 100, "status")
    return family in policy.retry_on


class OutboxMachine(RuleBasedStateMachine):
    """Catches, each planted once by hand and found: a retry that holds the line; a first attempt that does not; two
    attempts of a line at once; an ask that waits for notifications on a real clock; a notification that overtakes; a
    retry that begins exactly when the total is over; a timeout not cut at the total; `<` for `<=` at a deadline; a
    retry or time-out that bears the instant of `wake`; a time-out counted from the hang; a hung attempt that counts as
    in flight, or is counted down twice; an answer that leaves its time-out standing; an abandoned delivery that holds
    the line before it began, or gives it up while it is out, or is tried again, or falls back; a fallback that stands
    in line, loses its ask, or outlives it; a blocked host tried again; a rejected document tried again; a fallback for
    what is not emulated; a resend that stands in line or asks; a dropped call whose timers or ready deliveries live on;
    a verdict `Good` for a notification; a wait too many; an attempt returned twice; equal deadlines by chance;
    an ask that can be abandoned after its good reply; a held back attempt that counts, leaves before its instant, lets
    those behind it pass, or does not when it stands aside; a retry that is brought forward because its delivery once
    stood aside.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.outbox = Outbox(skip_notifications=self.skips)
        self.model: dict[str, Expected] = {}
        self.offered: list[Expected] = []
        self.out: list[tuple[Delivery, Attempt]] = []
        self.good: list[Delivery] = []
        self.late: list[tuple[Delivery, Attempt]] = []
        self.asks = 0
        self.deadlines_set = 0
        self.call_names = {slot: f"c{slot}" for slot in range(3)}
        self.counts: dict[str, int] = {}

    skips = False

    # The model

    def expect(self, call: str, ask: str | None, policy: Policy, fallback: Policy | None, in_line: bool) -> Expected:
        self.counts[call] = self.counts.get(call, 0) + 1
        made = Expected(f"{call}-d{self.counts[call]}", call, ask, policy, fallback, in_line)
        self.model[made.id] = made
        if not in_line:
            self.offer(made, self.now)
        return made

    def offer(self, one: Expected, at: datetime) -> None:
        one.offered_at = at
        self.offered.append(one)

    def let_the_line_move(self, at: datetime) -> None:
        """Whatever nobody before it holds up is offered."""
        for number, one in enumerate(list(self.model.values())):
            if one.in_line and one.state == "waiting" and one.offered_at is None and one.deadline is None:
                before = [b for b in list(self.model.values())[:number] if b.call == one.call and b.in_line]
                if self.skips and one.ask is not None:
                    before = [b for b in before if b.ask is not None]
                if not before:
                    self.offer(one, at)

    def set_deadline(self, one: Expected, at: datetime) -> None:
        self.deadlines_set += 1
        one.deadline = (at, self.deadlines_set)

    def timeout_of(self, one: Expected) -> timedelta:
        policy = one.policy
        if policy.total is None:
            return policy.timeout
        return min(policy.timeout, policy.total - (one.left[-1] - one.left[0]))

    def predict_end(self, one: Expected, outcome: Outcome, at: datetime) -> tuple[Any, ...]:
        """Apply the end of the attempt that is out, and say what the verdict will be."""
        one.is_out = False
        one.deadline = None
        verdict: tuple[Any, ...]
        if one.state == "abandoned":
            verdict = (Done, one.id)
        elif outcome.reply is not None and one.policy.is_ok(outcome.reply.status):
            one.state = "delivered"
            verdict = (Done, one.id) if one.ask is None else (Good, one.id, outcome.reply)
        else:
            verdict = self.predict_failure(one, outcome, at)
        if one.in_line:
            one.in_line = False
            self.let_the_line_move(at)
            for other in self.model.values():
                if other is one:
                    break
                if other.call == one.call and other.stands_aside:
                    other.stands_aside, other.deadline = False, None
                    self.offer(other, at)
        return verdict

    def predict_failure(self, one: Expected, outcome: Outcome, at: datetime) -> tuple[Any, ...]:
        left = one.policy.waits[len(one.left) - 1 :]
        if left and is_retriable(outcome, one.policy):
            again = at + left[0]
            if one.policy.total is None or again - one.left[0] < one.policy.total:
                one.state = "retrying"
                self.set_deadline(one, again)
                return (Retrying, one.id, again)
        one.state = "blocked" if outcome.error == "blocked" else "failed"
        return self.predict_loss(one, "status" if outcome.reply else "unreachable", at)

    def predict_loss(self, one: Expected, why: str, at: datetime) -> tuple[Any, ...]:
        if one.fallback is None or why == "not-emulated":
            return (Lost, one.id, why)
        instead = self.expect(one.call, one.ask, one.fallback, None, in_line=False)
        instead.offered_at = at
        return (FellBack, one.id, instead.id, one.ask)

    @staticmethod
    def seen(verdict: Verdict) -> tuple[Any, ...]:
        """A verdict as the model spells it."""
        match verdict:
            case Good(delivery, reply):
                return (Good, delivery.id, reply)
            case Retrying(delivery, at):
                return (Retrying, delivery.id, at)
            case Lost(delivery, why, _):
                return (Lost, delivery.id, why)
            case FellBack(delivery, fallback):
                assert fallback.fallback_of == delivery.id
                return (FellBack, delivery.id, fallback.id, fallback.request.ask)
            case Done(delivery):
                return (Done, delivery.id)

    # The rules

    @rule(slot=st.integers(0, 2), asks=st.booleans(), policy=policies, fallback=st.none() | telling)
    def add(self, slot: int, asks: bool, policy: Policy, fallback: Policy | None) -> None:
        self.asks += 1
        call, ask = self.call_names[slot], f"c.0#{self.asks}" if asks else None
        instead = None if fallback is None else request(call, policy=fallback, callback="fallback")
        one = self.expect(call, ask, policy, fallback, in_line=True)
        self.let_the_line_move(self.now)

        made = self.outbox.add(request(call, ask=ask, policy=policy, fallback=instead), self.now)

        assert (made.id, made.call, made.created_at, made.request.ask) == (one.id, call, self.now, ask)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), later=st.none() | spans)
    def resend(self, data: st.DataObject, later: timedelta | None) -> None:
        which = data.draw(st.sampled_from(sorted(self.model)))
        old = self.model[which]
        one = self.expect(old.call, None, old.policy, None, in_line=False)
        if later:
            self.offered.remove(one)
            one.offered_at = None
            self.set_deadline(one, self.now + later)
        leaves_at = None if later is None else self.now + later

        made = self.outbox.add(self.outbox.deliveries[which].request, self.now, resend_of=which, leaves_at=leaves_at)

        assert (made.id, made.resend_of, made.request.ask) == (one.id, which, None)

    @rule()
    def leave(self) -> None:
        for one in self.offered:
            assert one.offered_at is not None
            one.left.append(one.offered_at)
            one.state, one.is_out, one.offered_at = "in flight", True, None
        predicted = [(one.id, len(one.left), one.left[-1], self.timeout_of(one)) for one in self.offered]
        self.offered = []

        leaving = self.outbox.ready()

        assert [(d.id, a.number, a.at, a.timeout) for d, a in leaving] == predicted
        self.out += leaving

    @precondition(lambda self: self.out)
    @rule(data=st.data(), by=spans, aside=st.booleans())
    def hold_back(self, data: st.DataObject, by: timedelta, aside: bool) -> None:
        pair = data.draw(st.sampled_from(self.out))
        one = self.model.get(pair[0].id)
        if one is None or one.state != "in flight" or pair[1].is_hung:
            with pytest.raises(EmulatorBug):
                self.outbox.postpone(*pair, self.now + by, aside=aside)
            return
        self.out.remove(pair)
        left = one.left.pop()
        one.is_out, one.state = False, "retrying" if one.left else "waiting"
        self.set_deadline(one, self.now + by)
        if aside:
            one.stands_aside = True
            if one.in_line:
                one.in_line = False
                self.let_the_line_move(left)

        self.outbox.postpone(*pair, self.now + by, aside=aside)

    @precondition(lambda self: self.out)
    @rule(data=st.data(), outcome=outcomes)
    def finish(self, data: st.DataObject, outcome: Outcome) -> None:
        delivery, attempt = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        one = self.model.get(delivery.id)
        predicted = (Done, delivery.id) if one is None else self.predict_end(one, outcome, self.now)

        verdict = self.outbox.finish(delivery, attempt, outcome, self.now)

        assert self.seen(verdict) == predicted
        assert attempt.outcome is outcome
        if isinstance(verdict, Good):
            self.good.append(delivery)

    @precondition(lambda self: self.good)
    @rule(data=st.data(), why=reasons)
    def reject(self, data: st.DataObject, why: Any) -> None:
        self.reject_one(self.good.pop(data.draw(st.integers(0, len(self.good) - 1))), why)

    @precondition(lambda self: self.out)
    @rule(why=reasons)
    def the_newest_answer_cannot_be_read(self, why: Any) -> None:
        delivery, attempt = self.out.pop()
        one = self.model.get(delivery.id)
        predicted = (Done, delivery.id) if one is None else self.predict_end(one, status(200), self.now)

        verdict = self.outbox.finish(delivery, attempt, status(200), self.now)

        assert self.seen(verdict) == predicted
        if isinstance(verdict, Good):
            self.reject_one(delivery, why)

    def reject_one(self, delivery: Delivery, why: Any) -> None:
        one = self.model[delivery.id]
        one.state, one.problem = "failed", "no such verb"
        predicted = self.predict_loss(one, why, self.now)

        assert self.seen(self.outbox.reject(delivery, "no such verb", self.now, why)) == predicted
        with pytest.raises(EmulatorBug):
            self.outbox.reject(delivery, "again", self.now)

    @precondition(lambda self: any(not attempt.is_hung for _, attempt in self.out))
    @rule(data=st.data())
    def hang(self, data: st.DataObject) -> None:
        delivery, attempt = data.draw(st.sampled_from([pair for pair in self.out if not pair[1].is_hung]))
        one = self.model.get(delivery.id)
        if one is not None:
            self.set_deadline(one, one.left[-1] + self.timeout_of(one))

        self.outbox.hang(delivery, attempt, self.now)

    @precondition(lambda self: self.late)
    @rule(outcome=outcomes)
    def a_hung_receiver_answers_too_late(self, outcome: Outcome) -> None:
        delivery, attempt = self.late.pop()
        before = attempt.outcome

        assert self.outbox.finish(delivery, attempt, outcome, self.now) == Done(delivery)
        assert attempt.outcome is before

    @precondition(lambda self: self.asks)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        asked: dict[str, list[str]] = {}
        for one in self.model.values():
            if one.ask is not None:
                asked.setdefault(one.state, []).append(one.ask)
        ask = data.draw(st.sampled_from(data.draw(st.sampled_from([*asked.values(), ["c.0#1", "nobody's"]]))))
        at_work = ("retrying", "waiting", "in flight")
        live = [one for one in self.model.values() if one.ask == ask and one.state in at_work]
        for one in live:
            one.state = "abandoned"
            if not one.is_out:
                one.deadline = one.offered_at = None
                one.in_line = one.stands_aside = False
                self.offered = [o for o in self.offered if o is not one]
                self.let_the_line_move(self.now)

        gone = self.outbox.abandon(ask, self.now)

        assert [gone.id] * bool(gone) == [one.id for one in live] if gone else not live

    @rule(step=spans)
    def time_passes(self, step: timedelta) -> None:
        self.wake_at(self.now + step)

    @precondition(lambda self: self.outbox.next_deadline())
    @rule()
    def something_falls_due(self) -> None:
        deadline = self.outbox.next_deadline()
        assert deadline is not None
        self.wake_at(max(self.now, deadline))

    @precondition(lambda self: self.out)
    @rule()
    def the_oldest_fails_at_every_attempt(self) -> None:
        delivery, attempt = self.out[0]
        while (delivery, attempt) in self.out:
            self.out.remove((delivery, attempt))
            one = self.model.get(delivery.id)
            predicted = (Done, delivery.id) if one is None else self.predict_end(one, status(500), self.now)
            assert self.seen(self.outbox.finish(delivery, attempt, status(500), self.now)) == predicted
            if delivery.state == "retrying" and delivery.next_at is not None:
                self.wake_at(delivery.next_at)
                self.leave()
                attempt = delivery.attempts[-1]

    def wake_at(self, now: datetime) -> None:
        self.now = now
        predicted = []
        while due := [one for one in self.model.values() if one.deadline and one.deadline[0] <= self.now]:
            one = min(due, key=lambda each: each.deadline or (START, 0))
            assert one.deadline is not None
            at = one.deadline[0]
            if one.is_out:
                predicted.append(self.predict_end(one, Outcome(None, "timeout"), at))
                [pair] = [pair for pair in self.out if pair[0].id == one.id]
                self.out.remove(pair)
                self.late.append(pair)
            else:
                one.deadline, one.stands_aside = None, False
                self.offer(one, at)

        assert [self.seen(verdict) for verdict in self.outbox.wake(self.now)] == predicted

    @rule(slot=st.integers(0, 2))
    def drop(self, slot: int) -> None:
        call = self.call_names[slot]
        self.call_names[slot] = call + "x"
        self.model = {id_: one for id_, one in self.model.items() if one.call != call}
        self.offered = [one for one in self.offered if one.call != call]
        self.good = [delivery for delivery in self.good if delivery.call != call]

        self.outbox.drop(call)

        assert list(self.outbox.of_call(call)) == []

    # What holds after every step

    @invariant()
    def every_delivery_is_where_the_model_says(self) -> None:
        assert [(d.id, d.state, d.problem, len(d.attempts)) for d in self.outbox.deliveries.values()] == [
            (one.id, one.state, one.problem, len(one.left)) for one in self.model.values()
        ]

    @invariant()
    def the_next_deadline_is_the_earliest(self) -> None:
        standing = [one.deadline[0] for one in self.model.values() if one.deadline]
        assert self.outbox.next_deadline() == (min(standing) if standing else None)

    @invariant()
    def it_is_quiet_when_nothing_may_leave_or_is_in_flight(self) -> None:
        in_flight = sum(not attempt.is_hung for _, attempt in self.out)
        assert self.outbox.in_flight == in_flight
        assert self.outbox.is_quiet is (not self.offered and not in_flight)

    @invariant()
    def next_at_is_known_for_what_may_leave_or_waits_for_its_timer(self) -> None:
        for one in self.model.values():
            retry_at = one.deadline[0] if one.state in ("retrying", "waiting") and one.deadline else None
            assert self.outbox.deliveries[one.id].next_at == (one.offered_at or retry_at)


class RealClockOutboxMachine(OutboxMachine):
    """The same, where an ask does not wait for notifications."""

    skips = True


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(max_examples=250, stateful_step_count=40, deadline=None)
TestOutboxOnARealClock = RealClockOutboxMachine.TestCase
TestOutboxOnARealClock.settings = settings(max_examples=250, stateful_step_count=40, deadline=None)
