"""One sandbox: every room put together, synchronous and deterministic.

Theory of operation. Everything that comes from outside is an *input*, journalled before it takes effect: a command, a
clock position, the outcome of an attempt, a record, a setting, a scenario. An input first wakes what is due, then acts,
then wakes again, and what it caused follows at once: events go one by one to the journal, the far ends and the vendor's
callbacks, the requests these make into the outbox, and the attempts that may leave into `to_send`. There is no task and
no await in here: the pump carries `to_send` away and brings outcomes back. So a sandbox is the fold of its inputs, and
`replay` rebuilds it from them.

It is past 400 lines because every kind of input and all that follows from it stand here, in one order.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec

from emulator.clock import Clock, WallClock
from emulator.engine import Engine
from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.commands import Command, NoReply, Reply
from emulator.engine.events import Event, LegSnapshot
from emulator.errors import FlawedDocument, InvalidDocument, NotEmulated, Refused, UsageError
from emulator.ids import Ids
from emulator.recorder.codec import ENGINE_CLASSES, Codec
from emulator.recorder.journal import Journal
from emulator.runtime import talking
from emulator.runtime.changes import changed, read_settings
from emulator.runtime.current import CURRENT
from emulator.runtime.faulting import check_faults, heard, strike, struck
from emulator.runtime.rows import AttemptEnded, AttemptSent, CommandTaken, RequestAnswered, RequestCarriedOut
from emulator.runtime.spec import SandboxSpec
from emulator.runtime.staging import read_scenario
from emulator.runtime.view import View
from emulator.scenarios.callers import Callers, IncomingCalls
from emulator.scenarios.casting import Casting
from emulator.scenarios.casting_json import render_casting
from emulator.scenarios.fault_book import FaultBook
from emulator.scenarios.faults import Fault
from emulator.scenarios.player import FarEnds
from emulator.scenarios.scenario import Scenario
from emulator.store.store import Store
from emulator.vendor_api import Vendor
from emulator.webhooks import values as webhook_values
from emulator.webhooks.channels import Channels
from emulator.webhooks.deliveries import Attempt, Delivery, Good, Lost, Verdict
from emulator.webhooks.outbox import Outbox
from emulator.webhooks.values import Form, Json, Outcome, Raw

__all__ = ["Sandbox", "Source"]

Source = Literal["api", "person", "far-end", "reply"]

CODEC: Final = Codec((*ENGINE_CLASSES, Outcome, webhook_values.Reply, Form, Json, Raw))
"""What the journal of a sandbox writes, and a replay reads."""

MOST_VIOLATIONS: Final = 10_000
"""How many are remembered, the newest."""

FINAL: Final = frozenset({"delivered", "failed", "blocked", "abandoned"})


class Sandbox:
    """See the module. `public` is what the control API shows of each vendor's account, without `base_url`."""

    def __init__(
        self,
        sandbox_id: str,
        spec: SandboxSpec,
        seed: int,
        accounts: Ids,
        clock: Clock,
        vendors: Mapping[str, Vendor],
        keep: int,
        is_default: bool = False,
        clock_mode: str = "",
    ) -> None:
        self.id = sandbox_id
        self.spec = spec
        self.seed = seed
        self.accounts = accounts
        self.clock = clock
        self.vendors = vendors
        self.keep = keep
        self.ids = Ids(seed)
        self.engine = Engine(
            lambda vendor, leg_id, at: vendors[vendor].name_leg(self.ids, leg_id, at),
            recording_naming=lambda vendor, recording_id: vendors[vendor].name_recording(self.ids, recording_id),
        )
        self.outbox = Outbox(skip_notifications=(clock_mode or clock.mode) == "real")
        self.far_ends = FarEnds(self.ids)
        self.callers = Callers()
        self.faults = FaultBook(self.ids)
        self.journal = Journal(sandbox_id, CODEC)
        self.store = Store(self._record_written)
        self.settings: dict[str, Any] = {}
        self.public: dict[str, Mapping[str, Any]] = {}
        self.credentials: list[tuple[str, str]] = []
        self.views = {name: View(self, name) for name in vendors}
        self.to_send: deque[tuple[Delivery, Attempt]] = deque()
        self.channels = Channels()
        self.to_close: deque[tuple[str, int]] = deque()  # sockets to applications, and the code to close them with
        self.watchers: list[Callable[[Event], None]] = []
        self.observers: list[Callable[[Any], None]] = []
        self.on_faults: Callable[[], None] = _nothing  # the exchange's: there may be faults that strike requests
        self.answers = spec.answers
        self.on_answers: Callable[[str | Mapping[str, Any]], None] = _nobody  # the exchange's: whoever gives them
        self.violations: deque[Mapping[str, Any]] = deque(maxlen=MOST_VIOLATIONS)
        self.on_input: Callable[[], None] = _nothing  # the pump's: something may be due or ready to leave
        self.base_url: Callable[[str], str] = "/{}".format  # the exchange's: where a vendor is
        self.delivered: list[str] | None = None  # what ended while the clock is driven
        self.dropped = 0
        self._violation_count = 0
        self._over: OrderedDict[str, None] = OrderedDict()  # a dict's front gets slow to find
        self._is_seeding = True
        if isinstance(clock, WallClock):
            clock.deadline = self.next_deadline
        self._note(clock.now(), "created", data={
            "seed": seed, "accounts": accounts.seed, "is_default": is_default, "spec": msgspec.to_builtins(spec),
        })  # fmt: skip
        for name, vendor in vendors.items():
            seeded = vendor.seed(accounts, is_default)
            self.public[name] = seeded.public
            self.credentials += [(name, text) for text in seeded.credentials]
            for kind, key, record in seeded.records:
                self.store.facade(name).put(kind, key, record)
            self.settings[name] = msgspec.convert(dict(spec.settings.get(name, {})), vendor.settings)
        self._is_seeding = False
        if spec.scenario:
            self._set_scenario(read_scenario(spec.scenario, self.vendors, self.public), spec.settings)

    # --- inputs ------------------------------------------------------------------------------------------------

    def do(self, command: Command, source: Source = "api") -> list[Event]:
        """Wake what is due, handle `command`, and all that follows at this instant. Raises `Refused`."""
        now = self.clock.now()
        self.wake(now)
        events = self._handle(command, now, source)
        self._settle_instant(now)
        return events

    def reach(self, now: datetime, is_noted: bool = False) -> None:
        """The clock has come to `now`: whatever is due there or before happens, each thing at its own instant.

        Journalled when something is due, or in any case with `is_noted`."""
        deadline = self.next_deadline()
        is_due = deadline is not None and deadline <= now
        if is_due or is_noted:
            self._note(now, "clock", data={})
        if is_due:
            self._settle_instant(now)

    def note_clock(self) -> None:
        """The clock stands here now: a position that a replay visits too."""
        self._note(self.clock.now(), "clock", data={})

    def finish(self, delivery: Delivery, attempt: Attempt, outcome: Outcome) -> None:
        """An attempt has ended."""
        now = self.clock.now()
        self.wake(now)
        outcome = heard(attempt, outcome)
        data = AttemptEnded(delivery.id, attempt.number, timeless(outcome))
        self._note(now, "outcome", call=delivery.call, vendor=delivery.vendor, data=data)
        self._verdict(self.outbox.finish(delivery, attempt, outcome, now), now)
        self._settle_instant(now)

    def hang(self, delivery: Delivery, attempt: Attempt) -> None:
        """The receiver has been silent for `patience`: its time-out falls due on this sandbox's clock."""
        now = self.clock.now()
        data = {"delivery": delivery.id, "attempt": attempt.number}
        self._note(now, "hung", call=delivery.call, vendor=delivery.vendor, data=data)
        self.outbox.hang(delivery, attempt, now)
        self._settle_instant(now)

    def arrive(self, vendor: str, from_: str, to: str) -> LegSnapshot:
        """An inbound call to one of this sandbox's numbers. Raises `Refused("unknown_number")`, `UsageError`."""
        if vendor not in self.vendors:
            raise UsageError(f"vendor: expected one of {', '.join(self.vendors)}, got {vendor!r}")
        self.wake(self.clock.now())
        command = self.vendors[vendor].arrive(self.views[vendor], from_, to)
        events = self.do(command, "person")
        return events[0].leg  # type: ignore[return-value]

    def by_hand(self, commands: Iterable[Command]) -> None:
        """A person acts as the far end: its script stops, then each command is handled. Raises `Refused`."""
        for command in commands:
            self.do(command, "person")
            if isinstance(command, c.LEG_COMMANDS):
                self.take_over(command.leg)

    def take_over(self, leg_id: str) -> None:
        """Stop the script of one leg's far end: a person has the telephone."""
        self._note(self.clock.now(), "take_over", call=leg_id.partition(".")[0], data={"leg": leg_id})
        self.far_ends.take_over(leg_id)

    def resend(self, delivery_id: str, changes: Mapping[str, str] | None = None) -> Delivery:
        """Send a delivery once more, signed anew; `changes` replaces form or JSON fields. Raises `UsageError`."""
        delivery = self.outbox.deliveries.get(delivery_id)
        if delivery is None:
            raise UsageError(f"delivery: no such delivery {delivery_id!r}")
        request = changed(delivery.request, changes or {})
        now = self.clock.now()
        self.wake(now)
        data = {"delivery": delivery_id, "set": dict(changes or {})}
        self._note(now, "resend", call=delivery.call, vendor=delivery.vendor, data=data)
        made = self.outbox.add(request, now, resend_of=delivery_id)
        self._settle_instant(now)
        return made

    def put_settings(self, vendor: str, values: Mapping[str, Any]) -> Any:
        """Replace a vendor's settings whole. Raises `UsageError` naming the field, changing nothing."""
        if vendor not in self.vendors:
            raise UsageError(f"vendor: expected one of {', '.join(self.vendors)}, got {vendor!r}")
        made = read_settings(self.vendors[vendor].settings, values)
        self._note(self.clock.now(), "settings", vendor=vendor, data={"settings": dict(values)})
        self.settings[vendor] = made
        return made

    def put_scenario(self, scenario: Mapping[str, Any]) -> None:
        """Replace every far end and whoever is still to call; the settings and faults it names. See `Scenario`.

        Raises `UsageError`, changing nothing."""
        told = read_scenario(scenario, self.vendors, self.public)
        self.wake(self.clock.now())
        self._note(self.clock.now(), "scenario", data={"scenario": dict(scenario)})
        self._set_scenario(told)
        self._settle_instant(self.clock.now())

    def put_faults(self, faults: Any) -> None:
        """Replace every fault, as `Fault.list_from_json` takes them; what is set again keeps its count.

        Raises `UsageError`, changing nothing."""
        made = Fault.list_from_json(faults)
        check_faults(made, self.vendors)
        self._note(self.clock.now(), "faults", data={"set": [fault.to_json() for fault in made]})
        self._set_faults(made)

    def _set_faults(self, faults: Iterable[Fault]) -> None:
        self.faults.put(faults)
        self.on_faults()

    def put_answers(self, answers: str | Mapping[str, Any]) -> None:
        """`plain`, `varied` or `{"variations": [...]}`, for requests from now on. Raises `UsageError`, changing
        nothing."""
        self.on_answers(answers)
        self._note(self.clock.now(), "answers", data={"set": answers})
        self.answers = answers

    def put_far_end(self, number: str, far_end: Casting) -> None:
        """Script one number; "" is the default of all others. Raises `UsageError`, changing nothing."""
        self._set_far_end(number, far_end)
        self._note(self.clock.now(), "far_end", data={"number": number, "far_end": render_casting(far_end)})

    # --- time --------------------------------------------------------------------------------------------------

    def next_deadline(self) -> datetime | None:
        """When something falls due next."""
        first = self.engine.next_deadline()
        for other in (self.far_ends.next_deadline(), self.callers.next_deadline(), self.outbox.next_deadline()):
            if other is not None and (first is None or other < first):
                first = other
        return first

    @property
    def has_finite_deadline(self) -> bool:
        return (
            self.engine.has_finite_deadline
            or self.far_ends.has_finite_deadline
            or self.callers.next_deadline() is not None
            or self.outbox.next_deadline() is not None
        )

    def wake(self, now: datetime) -> None:
        """Everything due at or before `now`, until nothing is: engine first, then each room's commands one by one."""
        while (at := self.next_deadline()) is not None and at <= now:
            self._dispatch(self.engine.wake(at))
            for command in self.far_ends.wake(at):
                self._from_far_end(command, at)
            for call in self.callers.wake(at):
                self._call_in(call, at)
            for verdict in self.outbox.wake(at):
                self._verdict(verdict, at)
            self._take_ready()

    def settle_instant(self, now: datetime) -> None:
        """After an input: what is due happens, and what may leave is ready to."""
        self._settle_instant(now)

    def _settle_instant(self, now: datetime) -> None:
        self.wake(now)
        self._take_ready()
        self.on_input()

    def _take_ready(self) -> None:
        while ready := self.outbox.ready():
            for delivery, attempt in ready:
                fault = struck(self, delivery, attempt) if self.faults.strikes_deliveries else None
                if fault is None:
                    self.note_sent(delivery, attempt)
                elif not strike(self, fault, delivery, attempt):
                    continue
                self.to_send.append((delivery, attempt))

    # --- what follows ------------------------------------------------------------------------------------------

    def follow(self, command: Command, now: datetime) -> None:
        """A command that an application's message or answer made: a replay makes it again. Raises `Refused`."""
        self._handle(command, now, "reply")

    def _handle(self, command: Command, now: datetime, source: Source) -> list[Event]:
        events = self.engine.handle(command, now)
        self._note(
            now, "command", call=_call_of(command, events), vendor=getattr(command, "vendor", ""),
            data=CommandTaken(source, command),
        )  # fmt: skip
        self._dispatch(events)
        if type(command) is c.Arrive and command.hint:
            self._note(now, "note", call=_call_of(command, events), vendor=command.vendor, data={"text": command.hint})
        return events

    def _from_far_end(self, command: Command, now: datetime) -> None:
        try:
            self._handle(command, now, "far-end")
        except Refused as refused:
            call = getattr(command, "leg", "").partition(".")[0] or None
            self._note(now, "refused", call=call, data={"source": "far-end", "command": command, "why": str(refused)})

    def _call_in(self, call: IncomingCalls, now: datetime) -> None:
        """Somebody calls, as the scenario says."""
        self.far_ends.caller = call.far_end
        try:
            self._handle(self.vendors[call.vendor].arrive(self.views[call.vendor], call.from_, call.to), now, "far-end")
        except (Refused, NotEmulated) as refused:
            data = {"source": "scenario", "command": call.to_json(), "why": str(refused)}
            self._note(now, "refused", vendor=call.vendor, data=data)
        finally:
            self.far_ends.caller = None

    def _dispatch(self, events: list[Event]) -> None:
        far_ends, outbox, journal = self.far_ends, self.outbox, self.journal
        for event in events:
            leg = event.leg
            if leg is None:
                self._note(event.at, "event", data=event)
                continue
            journal.append(event.at, "event", call=leg.call, vendor=leg.vendor, data=event)
            if self.observers:
                self._observed()
            far_ends.observe(event)
            if type(event) is e.AskAbandoned:
                outbox.abandon(event.ask, event.at)
            vendor = leg.vendor
            for request in self.vendors[vendor].callbacks(event, self.views[vendor]):
                outbox.add(request, event.at)
            if type(event) is e.CallEnded:
                self._perhaps_over(leg.call)
            for watcher in tuple(self.watchers):
                watcher(event)

    def _verdict(self, verdict: Verdict, now: datetime) -> None:
        delivery = verdict.delivery
        ask = delivery.request.ask
        if isinstance(verdict, Good) and ask is not None:
            vendor = self.vendors[delivery.vendor]
            try:
                program = vendor.read_program(verdict.reply, delivery.request, self.views[delivery.vendor])
            except FlawedDocument as problem:
                self.note_flaw(delivery, problem, now)
                program = problem.program
            except InvalidDocument as problem:
                self._verdict(self.outbox.reject(delivery, str(problem), now), now)
                return
            except NotEmulated as problem:
                self._verdict(self.outbox.reject(delivery, str(problem), now, why="not-emulated"), now)
                return
            self._handle(Reply(ask, program), now, "reply")
        elif isinstance(verdict, Lost) and ask is not None:
            self._handle(NoReply(ask, verdict.why, verdict.text), now, "reply")
        if delivery.request.channel is not None or delivery.request.takes_program:
            talking.attempt_ended(self, verdict, now)
        if delivery.state in FINAL:
            if self.delivered is not None:
                self.delivered.append(delivery.id)
            self._perhaps_over(delivery.call)

    def _perhaps_over(self, call_id: str) -> None:
        """A call that has ended and whose deliveries are all through may be forgotten, when it is the oldest."""
        call = self.engine.calls.get(call_id)
        if call is None or call.live or any(each.state not in FINAL for each in self.outbox.of_call(call_id)):
            return
        talking.hang_up_sockets(self, call_id, self.clock.now())
        self._over[call_id] = None
        while len(self._over) > self.keep:
            oldest, _ = self._over.popitem(last=False)
            self.engine.drop(oldest)
            self.outbox.drop(oldest)
            self.channels.drop(oldest)
            self.journal.drop(oldest)
            self.dropped += 1

    # --- the journal -------------------------------------------------------------------------------------------

    def _note(
        self, at: datetime, kind: str, *, call: str | None = None, vendor: str = "", data: Any,
        beside: float | None = None,
    ) -> None:  # fmt: skip
        self.journal.append(at, kind, call=call, vendor=vendor, data=data, beside=beside)
        if self.observers:
            self._observed()

    def _observed(self) -> None:
        entry = self.journal.last
        for observer in tuple(self.observers):
            observer(entry)

    def note(self, at: datetime, kind: str, call: str | None, vendor: str, data: Mapping[str, Any]) -> None:
        """An entry of the journal."""
        self._note(at, kind, call=call, vendor=vendor, data=data)

    def note_flaw(self, delivery: Delivery, problem: FlawedDocument, at: datetime) -> None:
        """A document is taken, and wrong: its delivery says so, and the journal."""
        delivery.problem = str(problem)
        data = {"text": f"{delivery.id} {delivery.callback}: {problem}", "delivery": delivery.id}
        self._note(at, "note", call=delivery.call, vendor=delivery.vendor, data=data)

    def note_sent(self, delivery: Delivery, attempt: Attempt) -> None:
        """An attempt leaves."""
        request = delivery.request
        self._note(
            attempt.at, "sent", call=delivery.call, vendor=delivery.vendor,
            data=AttemptSent(
                delivery.id, attempt.number, request.callback, request.leg, request.method, request.url, request.word,
                request.body,
            ),
        )  # fmt: skip

    def note_fault(self, at: datetime, call: str | None, vendor: str, data: Mapping[str, Any]) -> None:
        """A fault has struck. `data`: its name and kind, and what it struck."""
        self._note(at, "struck", call=call, vendor=vendor, data=data)

    def note_request(
        self, vendor: str, call: str | None, method: str, path: str, status: int, seconds: float, body: bytes = b""
    ) -> None:
        """An API request was answered. `body`: of one that made something."""
        path = _shared(path)
        data = RequestCarriedOut(method, path, status, body) if body else RequestAnswered(method, path, status)
        self._note(self.clock.now(), "request", call=call, vendor=vendor, data=data, beside=seconds)

    def note_violation(self, call: str | None, vendor: str, data: Mapping[str, Any]) -> None:
        """A request was not as its provider's contract says. `data` gets an id and is kept."""
        at = self.clock.now()
        self._violation_count += 1
        told = {"id": f"v{self._violation_count}", **data}
        self._note(at, "violation", call=call, vendor=vendor, data=told)
        self.violations.append({"at": at, "call": call, "vendor": vendor, **told})

    def _record_written(self, vendor: str, kind: str, key: str, record: Mapping[str, Any] | None) -> None:
        if not self._is_seeding:
            if (note := CURRENT.get()) is not None:
                note.has_made = True
            data = {"of": kind, "key": key, "record": record}
            self._note(self.clock.now(), "record", vendor=vendor, data=data)

    def _set_scenario(self, told: Scenario, kept: Mapping[str, Any] = MappingProxyType({})) -> None:
        """What `read_scenario` read; the settings of the vendors in `kept` stay as they are."""
        self.far_ends.replace(told.default, told.numbers, told.seed)
        if told.faults is not None:
            self._set_faults(told.faults)
        self.callers.replace(told.calls, self.clock.now(), self.ids if told.seed is None else Ids(told.seed))
        for vendor, values in told.settings.items():
            if vendor not in kept:
                self.settings[vendor] = read_settings(self.vendors[vendor].settings, values)

    def _set_far_end(self, number: str, far_end: Casting) -> None:
        if number:
            self.far_ends.set(number, far_end)
        else:
            self.far_ends.set_default(far_end)


def timeless(outcome: Outcome) -> Outcome:
    """Without the `Date` that most servers put into an answer: no wall-clock bytes in the journal."""
    reply = outcome.reply
    if reply is None or not reply.header("date"):
        return outcome
    kept = tuple(header for header in reply.headers if header[0].lower() != "date")
    return replace(outcome, reply=replace(reply, headers=kept))


def _call_of(command: Command, events: list[Event]) -> str | None:
    """The call a command is about: of the events it caused, or of the leg it names."""
    for event in events:
        if event.leg is not None:
            return event.leg.call
    named = getattr(command, "leg", "") or getattr(command, "ask", "")
    return named.partition(".")[0] or None


_shared: Final = lru_cache(maxsize=512)(str)
"""The first of equal texts, so that a hundred thousand entries keep one."""


def _nothing() -> None:
    """Before a pump is there."""


def _nobody(answers: object) -> None:
    """Before an exchange is there: a rebuilt sandbox is asked nothing."""
