"""What one sandbox still has to tell the application, in the order in which it may be told: the outbox.

Theory of operation
===================

The outbox knows no network and no time. Somebody above drives it: puts requests in (`add`), takes out what may leave
(`ready`), sends it, and says how that went (`finish`, `hang`, `reject`); says when an answer is not wanted any more
(`abandon`), and what time it is (`wake`). Equal calls in equal order give equal results, so an outbox is rebuilt by
making the calls again.

**A delivery moves** from `waiting` to `in flight` when `ready` returns it, and from there to `delivered`, or to
`retrying` and at its next instant `in flight` again, or to `failed` (`blocked`, if the host is not allowed). `reject`
alone takes a `delivered` one to `failed`. `abandon` takes one that is not over to `abandoned`, where it stays. Each
attempt ends once: with the outcome `finish` brings, or, if it hangs, with the time-out that `wake` finds due.

**The line.** The first attempts of one call leave one after another, in the order of `add`: each when the one before
was answered, failed or timed out. Not "succeeded": retries run on their own timers and hold up nobody. Calls do not
wait for each other. With `skip_notifications` (a real clock, where waiting is felt) a delivery with an ask waits
behind those with an ask alone; a notification waits behind everything before it. Fallbacks and resends never stand in
a line: they may leave at once. An abandoned delivery that has not begun leaves the line at once; one whose first
attempt is out holds its place until that has ended.

A line costs nothing while it moves: it is the call's list of deliveries, in order, with one index (two with
`skip_notifications`) of the first that still holds the line. An index only moves forwards, over each delivery once.

**Failure** is retried if the policy names its kind and a wait is left, unless the policy's `total` would be over by
then. Otherwise the fallback is put in, with the same ask and a policy of its own; without one the delivery is lost. A
good body that proves unreadable (`reject`) is not retried: asking again would bring the same document. One that names
what we do not emulate is lost at once.

**What is held back** (`postpone`) was ready and does not leave before its instant; its attempt has not been. The rest
of the line waits with it, unless it stands aside: then it leaves at the latest at that instant, and before that as soon
as the first attempt of a delivery behind it has ended, which has overtaken it. A resend may be given an instant, too.

**A socket that was lost** (`reopen`) holds what would go over it: only the message that opens it anew leaves, at its
instant, until `release` says that the socket is there again, or never will be. One that was closed for good (`end`)
holds nothing, and is not tried again.

**A hung receiver** was silent for the sandbox's patience, which is real time and so decides nothing by itself: the
attempt stops counting as in flight, so that the sandbox's clock may move, and times out when that clock is `timeout`
after it left. Till then an answer may still come; afterwards it comes in vain.

**Instants.** What falls due bears the instant it was due, not the one at which `wake` was called; several are woken in
the order of these instants, then in the order in which they were set. An attempt bears the instant at which it could
leave: that of the `add`, or of the end of what it waited for, or of its timer.

What can never happen: an attempt returned twice; two first attempts of one line in flight at once (but an ask beside
a notification it skipped); anything sent for a delivery that is over; two deliveries at work for one ask; work in
proportion to anything but what the call in hand moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from emulator.errors import EmulatorBug
from emulator.webhooks.deadlines import Deadlines
from emulator.webhooks.deliveries import Attempt, Delivery, Done, FellBack, Good, Lost, Retrying, Verdict, Why
from emulator.webhooks.values import Outcome, Request

__all__ = ["Outbox"]


class _Line:
    """One call's deliveries; `head` (of those with an ask: `ask_head`) is the first that may hold the line. `aside` are
    those that wait to be overtaken."""

    __slots__ = ("aside", "ask_head", "deliveries", "head")

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.aside: tuple[Delivery, ...] = ()
        self.head = 0
        self.ask_head = 0


class Outbox:
    """Every delivery of one sandbox. See the theory of operation above.

    `deliveries`: all that were not dropped, by id, in order of creation. `in_flight`: how many attempts are out,
    hung ones not counted.
    """

    __slots__ = ("_asks", "_deadlines", "_held", "_lines", "_ready", "_skips", "deliveries", "in_flight")

    def __init__(self, *, skip_notifications: bool) -> None:
        self.deliveries: dict[str, Delivery] = {}
        self.in_flight = 0
        self._skips = skip_notifications
        self._lines: dict[str, _Line] = {}
        self._ready: dict[str, Delivery] = {}
        self._asks: dict[str, Delivery] = {}
        self._held: dict[str, Delivery] = {}  # what opens a lost socket anew, by the socket's key
        self._deadlines = Deadlines()

    @property
    def is_quiet(self) -> bool:
        """Nothing may leave, and nothing is out but hung attempts: only time, or an input, brings more."""
        return not self._ready and not self.in_flight

    def of_call(self, call_id: str) -> Sequence[Delivery]:
        """One call's deliveries, in order; none for an unknown or dropped call."""
        line = self._lines.get(call_id)
        return line.deliveries if line else ()

    def add(
        self, request: Request, now: datetime, *, resend_of: str | None = None, leaves_at: datetime | None = None
    ) -> Delivery:
        """Put a request in its call's line. A resend (`resend_of`: a delivery's id) leaves at once or at `leaves_at`,
        asks nothing and falls back on nothing.

        Raises: `EmulatorBug`, nothing changed, if a delivery is at work for the same ask.
        """
        if resend_of is not None:
            if request.ask is not None or request.fallback is not None:
                request = replace(request, ask=None, fallback=None)
            made = self._put(request, now, resend_of=resend_of)
            if leaves_at is not None and leaves_at > now:
                del self._ready[made.id]
                made.next_at = leaves_at
                self._deadlines.set(made, leaves_at)
            return made
        if request.ask in self._asks:
            raise EmulatorBug(f"{self._asks[request.ask].id} carries ask {request.ask}: a second delivery cannot")
        return self._put(request, now)

    def ready(self) -> list[tuple[Delivery, Attempt]]:
        """What may leave now, in order; each attempt is returned once and is in flight from then on."""
        if not self._ready:
            return []
        leaving, self._ready = self._ready, {}
        made = []
        for delivery in leaving.values():
            if self._held and self._is_held(delivery):
                self._ready[delivery.id] = delivery
                continue
            assert delivery.next_at is not None
            attempt = Attempt(
                len(delivery.attempts) + 1, delivery.next_at, _timeout_of_attempt(delivery, delivery.next_at)
            )
            delivery.attempts = (*delivery.attempts, attempt)
            delivery.state = "in flight"
            delivery.next_at = None
            made.append((delivery, attempt))
        self.in_flight += len(made)
        return made

    def reopen(self, request: Request, now: datetime, at: datetime) -> Delivery:
        """Send `request` at `at`, outside the line; nothing else goes over its channel until that is released."""
        assert request.channel is not None
        made = self._put(request, now, resend_of="")
        del self._ready[made.id]
        made.next_at = at
        self._deadlines.set(made, at)
        self._held[request.channel.key] = made
        return made

    def release(self, key: str, now: datetime) -> None:
        """What was held for this channel may leave."""
        if self._held.pop(key, None) is None:
            return
        for delivery in self._ready.values():
            if delivery.request.channel is not None and delivery.request.channel.key == key:
                delivery.next_at = now

    def end(self, call_id: str, key: str, now: datetime) -> None:
        """This channel of a call is closed for good: what was held for it may go, and nothing of it is tried again."""
        self.release(key, now)
        for delivery in self.of_call(call_id):
            channel, policy = delivery.request.channel, delivery.request.policy
            if channel is not None and channel.key == key and policy.waits:
                delivery.request = replace(delivery.request, policy=replace(policy, waits=()))

    def _is_held(self, delivery: Delivery) -> bool:
        channel = delivery.request.channel
        opener = self._held.get(channel.key) if channel is not None else None
        return opener is not None and opener is not delivery

    def postpone(self, delivery: Delivery, attempt: Attempt, until: datetime, *, aside: bool = False) -> None:
        """What `ready` has just returned does not leave: it is ready again at `until`, and the attempt has not been.

        `aside`: those behind it go first. Raises: `EmulatorBug`, nothing changed, if the attempt is not the last one,
        in flight.
        """
        if delivery.state != "in flight" or delivery.attempts[-1:] != (attempt,) or attempt.is_hung:
            raise EmulatorBug(f"attempt {attempt.number} of {delivery.id} is not in flight and cannot be postponed")
        delivery.attempts = delivery.attempts[:-1]
        self.in_flight -= 1
        delivery.state = "retrying" if delivery.attempts else "waiting"
        delivery.next_at = until
        self._deadlines.set(delivery, until)
        if aside:
            self._lines[delivery.call].aside += (delivery,)
            self._leave_line(delivery, attempt.at)

    def finish(self, delivery: Delivery, attempt: Attempt, outcome: Outcome, now: datetime) -> Verdict:
        """An attempt has ended. `Done` for what a hung receiver says after its time-out.

        Raises: `EmulatorBug`, nothing changed, if the attempt has ended before.
        """
        if attempt.outcome is not None:
            if attempt.is_hung:
                return Done(delivery)
            raise EmulatorBug(f"attempt {attempt.number} of {delivery.id} has ended and cannot end again")
        if attempt.is_hung:
            self._deadlines.cancel(delivery)
        else:
            self.in_flight -= 1
        return self._end(delivery, attempt, outcome, now)

    def reject(self, delivery: Delivery, problem: str, now: datetime, why: Why = "invalid") -> Verdict:
        """The reply of a `Good` cannot be read: no retry, to the fallback; what is not emulated is lost at once, for a
        fallback would hide our gap. `why` is `invalid` or `not-emulated`.

        Raises: `EmulatorBug`, nothing changed, if the delivery has no good reply to reject.
        """
        if delivery.state != "delivered" or delivery.request.ask is None:
            raise EmulatorBug(f"{delivery.id} is {delivery.state}: there is no good reply to reject")
        delivery.problem = problem
        delivery.state = "failed"
        if why == "not-emulated":
            return Lost(delivery, why, problem)
        return self._give_up(delivery, why, problem, now)

    def hang(self, delivery: Delivery, attempt: Attempt, now: datetime) -> None:
        """The receiver was silent for the sandbox's patience: the attempt times out on the sandbox's clock instead.

        The limit counts from when it left, so `now` does not matter.
        Raises: `EmulatorBug`, nothing changed, if the attempt has ended or hangs already.
        """
        if attempt.outcome is not None or attempt.is_hung:
            raise EmulatorBug(f"attempt {attempt.number} of {delivery.id} is not in flight and cannot hang")
        attempt.is_hung = True
        self.in_flight -= 1
        if self.deliveries.get(delivery.id) is delivery:
            self._deadlines.set(delivery, attempt.at + attempt.timeout)

    def abandon(self, ask: str, now: datetime) -> Delivery | None:
        """Nobody waits for the answer to `ask`: no retry, no fallback. The delivery this ends, if there is one.

        An attempt that is out stays out, and its outcome is recorded.
        """
        delivery = self._asks.pop(ask, None)
        if delivery is None:
            return None
        is_out = delivery.state == "in flight"
        delivery.state = "abandoned"
        if not is_out:
            delivery.next_at = None
            self._ready.pop(delivery.id, None)
            self._deadlines.cancel(delivery)
            self._leave_line(delivery, now)
        return delivery

    def next_deadline(self) -> datetime | None:
        """When the next retry or held back attempt leaves, or the next hung one times out; None if none is to come."""
        return self._deadlines.next()

    def wake(self, now: datetime) -> list[Verdict]:
        """Do what is due at or before `now`, in order: what waited for its instant is ready, hung attempts time out."""
        verdicts = []
        while (due := self._deadlines.pop(now)) is not None:
            at, delivery = due
            if delivery.state in ("retrying", "waiting"):
                self._ready[delivery.id] = delivery
                line = self._lines[delivery.call]
                if line.aside:  # it is overtaken by nobody any more
                    line.aside = tuple(each for each in line.aside if each is not delivery)
            else:
                attempt = delivery.attempts[-1]
                silence = Outcome(None, "timeout", f"no answer within {attempt.timeout.total_seconds():g} s")
                verdicts.append(self._end(delivery, attempt, silence, at))
        return verdicts

    def drop(self, call_id: str) -> None:
        """Forget a call and all its deliveries; what is out ends as if abandoned. Nothing for an unknown call."""
        line = self._lines.pop(call_id, None)
        if line is None:
            return
        for delivery in line.deliveries:
            del self.deliveries[delivery.id]
            self._ready.pop(delivery.id, None)
            self._deadlines.cancel(delivery)
            delivery.holds_line = False
            if delivery.state in ("waiting", "in flight", "retrying"):
                delivery.state = "abandoned"
                delivery.next_at = None
                self._asks.pop(delivery.request.ask or "", None)

    def _put(
        self, request: Request, now: datetime, resend_of: str | None = None, fallback_of: str | None = None
    ) -> Delivery:
        line = self._lines.get(request.call)
        if line is None:
            line = self._lines[request.call] = _Line()
        is_in_line = resend_of is None and fallback_of is None
        made = Delivery(
            f"{request.call}-d{len(line.deliveries) + 1}", request, now, is_in_line, resend_of or None, fallback_of
        )
        self.deliveries[made.id] = made
        line.deliveries.append(made)
        if request.ask is not None:
            self._asks[request.ask] = made
        if is_in_line:
            self._move_up(line, now)
        else:
            made.next_at = now
            self._ready[made.id] = made
        return made

    def _move_up(self, line: _Line, now: datetime) -> None:
        """Let the first of the line leave, if it has not yet; with `skip_notifications`, the first ask too."""
        deliveries = line.deliveries
        end = len(deliveries)
        head = line.head
        while head < end and not deliveries[head].holds_line:
            head += 1
        line.head = head
        if head < end:
            self._offer(deliveries[head], now)
        if self._skips:
            head = max(line.ask_head, head)
            while head < end and not (deliveries[head].holds_line and deliveries[head].request.ask is not None):
                head += 1
            line.ask_head = head
            if head < end:
                self._offer(deliveries[head], now)

    def _offer(self, delivery: Delivery, now: datetime) -> None:
        if delivery.state == "waiting" and delivery.next_at is None:
            delivery.next_at = now
            self._ready[delivery.id] = delivery

    def _leave_line(self, delivery: Delivery, now: datetime) -> None:
        if delivery.holds_line:
            delivery.holds_line = False
            self._move_up(self._lines[delivery.call], now)

    def _end(self, delivery: Delivery, attempt: Attempt, outcome: Outcome, now: datetime) -> Verdict:
        attempt.outcome = outcome
        was_first = delivery.holds_line
        verdict = Done(delivery) if delivery.state == "abandoned" else self._judge(delivery, attempt, outcome, now)
        self._leave_line(delivery, now)
        if was_first and (line := self._lines[delivery.call]).aside:
            self._overtake(line, delivery, now)
        return verdict

    def _overtake(self, line: _Line, delivery: Delivery, now: datetime) -> None:
        """Those that stood aside for `delivery` may leave."""
        passed = line.deliveries.index(delivery)
        released = {each for each in line.aside if line.deliveries.index(each) < passed}
        for each in line.aside:
            if each in released and each.deadline and each.state in ("waiting", "retrying"):
                self._deadlines.cancel(each)
                each.next_at = now
                self._ready[each.id] = each
        line.aside = tuple(each for each in line.aside if each not in released)

    def _judge(self, delivery: Delivery, attempt: Attempt, outcome: Outcome, now: datetime) -> Verdict:
        request, reply = delivery.request, outcome.reply
        policy = request.policy
        if reply is not None and policy.is_ok(reply.status):
            delivery.state = "delivered"
            if request.ask is None:
                return Done(delivery)
            del self._asks[request.ask]
            return Good(delivery, reply)
        if outcome.kind in policy.retry_on and attempt.number <= len(policy.waits):
            at = now + policy.waits[attempt.number - 1]
            if policy.total is None or at < delivery.attempts[0].at + policy.total:
                delivery.state = "retrying"
                delivery.next_at = at
                self._deadlines.set(delivery, at)
                return Retrying(delivery, at)
        delivery.state = "blocked" if outcome.error == "blocked" else "failed"
        if request.ask is not None:
            del self._asks[request.ask]
        text = outcome.text or outcome.error if reply is None else f"the answer has status {reply.status}"
        if attempt.number > 1:
            text += f" ({attempt.number} attempts)"
        return self._give_up(delivery, "unreachable" if reply is None else "status", text, now)

    def _give_up(self, delivery: Delivery, why: Why, text: str, now: datetime) -> Verdict:
        fallback = delivery.request.fallback
        if fallback is None:
            return Lost(delivery, why, text)
        if fallback.ask != delivery.request.ask:
            fallback = replace(fallback, ask=delivery.request.ask)
        return FellBack(delivery, self._put(fallback, now, fallback_of=delivery.id))


def _timeout_of_attempt(delivery: Delivery, at: datetime) -> timedelta:
    policy = delivery.request.policy
    if policy.total is None:
        return policy.timeout
    first = delivery.attempts[0].at if delivery.attempts else at
    return min(policy.timeout, first + policy.total - at)
