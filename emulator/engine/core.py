"""The machinery under the commands: legs, timers, the agenda, and the runner of programs.

Theory of operation. A leg runs a *stack* of frames; the top frame's verb is the one that runs, the ones below wait for
it (`Returned`) or listen past it (a gather hears the digits that the prompt above it does not want). Everything that
can move a verb is a signal, and signals stand in one first-in-first-out agenda, drained before a command or a timer
returns: so no verb is ever entered from within another, and two things at one instant happen in the order they were
asked for. A signal names a frame, or goes down the stack until a verb does not pass it on. A frame that has left its
stack, or whose first verb has yet to begin, gets no signal, so nothing can act on a leg that has moved on.

What can never happen: an event of a leg after its `Ended`; two `Ended` of one leg; a timer of a frame that is gone;
a reply applied to an ask that the leg does not await.

It has over 400 lines because legs, agenda and runner call one another in every direction: in two files they would be
one class in two places.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from emulator.engine import events as e
from emulator.engine.causes import FAILED_APPLICATION, INVALID_NUMBER, PROGRAM_END, Cause, Failure, Who
from emulator.engine.destinations import is_destination
from emulator.engine.legs import Activity, Bridge, Call, Frame, Leg
from emulator.engine.program import (
    Beep,
    Conference,
    Dequeue,
    Enqueue,
    Gather,
    Hook,
    Pause,
    Play,
    Program,
    Record,
    RecordCall,
    Say,
    SendDigits,
    Supervise,
    Verb,
)  # fmt: skip
from emulator.engine.queues import Queues
from emulator.engine.recorders import Recorders
from emulator.engine.rooms import Rooms
from emulator.engine.signals import (
    Child,
    Enter,
    Gone,
    Joined,
    Leave,
    NoReplied,
    Parted,
    Replied,
    Returned,
    Signal,
    Step,
    TimedOut,
    Up,
)
from emulator.engine.speech import Nominal
from emulator.engine.timers import Timer, Timers

__all__ = ["Book", "Core", "Naming"]

Naming = Callable[[str, str, datetime], str]
"""(vendor, leg id, instant its call began) -> the vendor's own id of the leg; a pure function.

The call's instant, not the leg's: some providers' ids belong to the call, and are then the same for all its legs."""

_MEDIA: Final = (
    Say, Play, Gather, SendDigits, Pause, Record, Beep, Conference, Enqueue, Dequeue, Supervise,
)  # fmt: skip
MOST_DOCUMENTS: Final = 100
ENTER: Final = Enter()
RETURNED: Final = Returned()
UP: Final = Up()
JOINED: Final = Joined()
PARTED: Final = Parted()
GONE: Final = Gone()


class Book:
    """One vendor's legs by id: `queued`, `live` (ringing to answered), `ended`, each in the order they came there.

    `names`: legs of every state by the vendor's own id. `shelves`: the same by the name of their shelf, oldest first,
    for lists that must not be sorted."""

    __slots__ = ("ended", "live", "names", "queued", "shelves")

    def __init__(self) -> None:
        self.queued: dict[str, Leg] = {}
        self.live: dict[str, Leg] = {}
        self.ended: dict[str, Leg] = {}
        self.names: dict[str, Leg] = {}
        self.shelves: dict[str, dict[str, Leg]] = {}


class Core:
    """Legs and the running of their programs. `Engine` adds the commands."""

    def __init__(
        self, naming: Naming, nominal: Nominal, steps: dict[type, Callable[..., Step]], recorders: Recorders
    ) -> None:
        self.naming = naming
        self.nominal = nominal
        self.calls: dict[str, Call] = {}
        self.legs: dict[str, Leg] = {}
        self.timers = Timers()
        self.recorders = recorders
        self.rooms = Rooms()
        self.queues = Queues()
        self.now: datetime
        self.moving: frozenset[str] = frozenset()  # legs that a redirect is taking out of their bridges
        self._books: dict[str, Book] = {}
        self._agenda: deque[tuple[Leg, Frame | None, Signal]] = deque()
        self._out: list[e.Event] = []
        self._count = 0
        self._steps = steps

    # --- what is there -----------------------------------------------------------------------------------------

    def named(self, vendor: str, name: str) -> Leg | None:
        """The leg that this vendor calls `name`; of several, the first."""
        return self.book(vendor).names.get(name)

    def book(self, vendor: str) -> Book:
        book = self._books.get(vendor)
        if book is None:
            book = self._books[vendor] = Book()
        return book

    # --- legs --------------------------------------------------------------------------------------------------

    def new_call(self) -> Call:
        self._count += 1
        call = Call(f"c{self._count}")
        self.calls[call.id] = call
        return call

    def new_leg(
        self,
        call: Call,
        parent: Leg | None,
        vendor: str,
        direction: Literal["inbound", "outbound"],
        from_: str,
        to: str,
        memo: Any,
        shelf: str = "",
    ) -> Leg:
        leg_id = f"{call.id}.{len(call.legs)}"
        name = self.naming(vendor, leg_id, call.legs[0].created_at if call.legs else self.now)
        shelf = shelf if parent is None else parent.shelf
        leg = Leg(leg_id, name, call, parent, vendor, direction, from_, to, self.now, memo, shelf)
        call.legs.append(leg)
        call.live += 1
        self.legs[leg_id] = leg
        book = self.book(vendor)
        book.names.setdefault(name, leg)
        if shelf:
            book.shelves.setdefault(shelf, {})[leg_id] = leg
        return leg

    def dialled(
        self,
        call: Call,
        parent: Leg | None,
        vendor: str,
        from_: str,
        to: str,
        memo: Any,
        position: int = 0,
        shelf: str = "",
    ) -> Leg:
        """A new outbound leg, queued; to a place that is none, ended at once."""
        leg = self.new_leg(call, parent, vendor, "outbound", from_, to, memo, shelf)
        leg.position = position
        self.book(vendor).queued[leg.id] = leg
        self.emit(e.Dialed(self.now, leg.snapshot()))
        if not is_destination(to):
            self.end(leg, INVALID_NUMBER, "platform")
        return leg

    def emit(self, event: e.Event) -> None:
        self._out.append(event)
        if self.recorders.running:
            self.recorders.overhear(event, self.legs)

    def ring(self, leg: Leg, state: Literal["ringing", "early media"]) -> None:
        """Into a state before the answer, with what starts there."""
        leg.state = state
        if leg.ringing_at is None:
            leg.ringing_at = self.now
            book = self.book(leg.vendor)
            book.queued.pop(leg.id, None)
            book.live[leg.id] = leg
            if leg.ring_limit is not None:
                self.limit(leg, "ring-limit", leg.ring_limit)
        leg.changed()
        made = e.RingingStarted if state == "ringing" else e.EarlyMediaStarted
        self.emit(made(self.now, leg.snapshot()))
        if leg.parent is not None:
            self.signal(leg.parent, Child(leg, "ringing"))
        for verb in leg.beside:
            if getattr(verb, "early", False):
                self.begin_beside(leg, verb)
        if leg.beside:
            leg.beside = tuple(verb for verb in leg.beside if not getattr(verb, "early", False))

    def answer(self, leg: Leg) -> None:
        """Into `answered`. The program of an outbound leg begins; an inbound one's runs already."""
        if leg.ringing_at is None:
            book = self.book(leg.vendor)
            book.queued.pop(leg.id, None)
            book.live[leg.id] = leg
        leg.state = "answered"
        leg.answered_at = self.now
        self.unlimit(leg)
        if leg.time_limit is not None:
            self.limit(leg, "time", leg.time_limit)
        leg.changed()
        self.emit(e.Answered(self.now, leg.snapshot()))
        beside, leg.beside = leg.beside, ()
        for verb in beside:
            self.begin_beside(leg, verb)
        self._to_activities(leg, UP)
        if leg.parent is not None:
            self.signal(leg.parent, Child(leg, "up"))
        if leg.program is not None:
            program, leg.program = leg.program, None
            self.replace(leg, program)

    def end(self, leg: Leg, cause: Cause, by: Who, failure: Failure | None = None) -> None:
        """End a leg, what it dialled first. Nothing on an ended one."""
        if leg.state == "ended":
            return
        self.leave(leg, is_end=True)
        self.unbridge(leg)
        self.unlimit(leg)
        book = self.book(leg.vendor)
        book.queued.pop(leg.id, None)
        book.live.pop(leg.id, None)
        book.ended[leg.id] = leg
        leg.state, leg.ended_at, leg.cause, leg.by, leg.failure = "ended", self.now, cause, by, failure
        leg.program, leg.beside, leg.asker, leg.is_held, leg.is_muted = None, (), None, False, False
        leg.changed()
        self.emit(e.Ended(self.now, leg.snapshot(), cause, by))
        if leg.parent is not None:
            self.signal(leg.parent, Child(leg, "down"))
        leg.call.live -= 1
        if leg.call.live == 0:
            self.emit(e.CallEnded(self.now, leg.call.legs[0].snapshot()))

    def fail_application(self, leg: Leg, purpose: str, why: str, text: str) -> None:
        self.end(leg, FAILED_APPLICATION, "application", Failure(purpose, why, text))

    def join(self, leg: Leg, other: Leg) -> None:
        leg.bridge = other.bridge = Bridge([leg, other])
        leg.changed()
        other.changed()
        self.emit(e.Bridged(self.now, leg.snapshot(), other.snapshot()))
        self._to_activities(leg, JOINED)
        self._to_activities(other, JOINED)

    def unbridge(self, leg: Leg) -> None:
        """Nothing on a leg without a partner."""
        other = leg.partner
        if other is None:
            return
        bridge, leg.bridge, other.bridge = leg.bridge, None, None
        leg.changed()
        other.changed()
        self.emit(e.Unbridged(self.now, leg.snapshot(), other.snapshot()))
        for watch in bridge.watches if bridge is not None else ():
            self.signal(watch.leg, GONE, watch.frame)
        self._to_activities(leg, PARTED)
        self._to_activities(other, PARTED)

    # --- timers ------------------------------------------------------------------------------------------------

    def limit(self, leg: Leg, key: str, span: timedelta) -> None:
        """A deadline of the leg itself."""
        leg.limits = (*leg.limits, self.timers.set(Timer(self.now + span, leg, key, None, False)))

    def unlimit(self, leg: Leg) -> None:
        for timer in leg.limits:
            self.timers.cancel(timer)
        leg.limits = ()

    def wait(self, leg: Leg, frame: Frame, key: str, span: timedelta, is_endless: bool = False) -> None:
        """The frame's one timer, in place of any other."""
        self.unwait(frame)
        frame.timer = self.timers.set(Timer(self.now + span, leg, key, frame, is_endless or frame.is_endless))

    def unwait(self, frame: Frame) -> None:
        if frame.timer is not None:
            self.timers.cancel(frame.timer)
            frame.timer = None

    # --- the agenda --------------------------------------------------------------------------------------------

    def signal(self, leg: Leg, signal: Signal, frame: Frame | None = None) -> None:
        self._agenda.append((leg, frame, signal))

    def drain(self) -> None:
        agenda = self._agenda
        while agenda:
            leg, frame, signal = agenda.popleft()
            if leg.state == "ended":
                continue
            if signal is ENTER:
                if leg.run and not leg.run[-1].is_entered:
                    self._proceed(leg)
            elif frame is not None:
                self._to_frame(leg, frame, signal)
            else:
                self._down_the_stack(leg, signal)

    def _to_frame(self, leg: Leg, frame: Frame, signal: Signal) -> None:
        if isinstance(frame, Activity):
            if type(signal) is TimedOut and signal.key == "activity":
                self.stop_beside(leg, [frame])
            elif frame in (leg.background or ()) and self._step(leg, frame, signal) is Step.DONE:
                self._go_on_beside(leg, frame)
        elif frame in leg.run and self._step(leg, frame, signal) is Step.DONE:
            self._done(leg, frame)

    def _down_the_stack(self, leg: Leg, signal: Signal) -> None:
        if leg.background:
            for activity in leg.background:  # a copy of what it was: it is replaced, never changed
                if activity in (leg.background or ()) and self._step(leg, activity, signal) is Step.DONE:
                    self._go_on_beside(leg, activity)
        for frame in reversed(leg.run):
            if not frame.is_entered:
                continue
            step = self._step(leg, frame, signal)
            if step is Step.DONE:
                self._done(leg, frame)
            if step is not Step.PASS:
                return

    def _done(self, leg: Leg, frame: Frame) -> None:
        """The frame's verb is over: what lies on it goes, the next verb begins."""
        self.pop_above(leg, frame)
        self._next(frame)
        self._proceed(leg)

    def _next(self, frame: Frame) -> None:
        self.unwait(frame)
        frame.index += 1
        frame.state = None

    # --- the runner --------------------------------------------------------------------------------------------

    def _step(self, leg: Leg, frame: Frame, signal: Signal) -> Step:
        verb = frame.verb
        return self._steps[type(verb)](self, leg, frame, verb, signal)

    def _proceed(self, leg: Leg) -> None:
        """Enter verbs until one waits."""
        while True:
            frame = leg.run[-1]
            if frame.index >= len(frame.program.verbs):
                leg.run.pop()
                if not leg.run:
                    self._exhausted(leg, frame.program)
                    return
                frame = leg.run[-1]
                step = self._step(leg, frame, RETURNED)
            else:
                frame.is_entered = True
                self._open_media(leg, frame.verb)
                step = self._step(leg, frame, ENTER)
            if step is not Step.DONE:
                return
            self._next(frame)

    def _open_media(self, leg: Leg, verb: Verb) -> None:
        """The first media verb answers an inbound leg, or opens early media."""
        if leg.state == "answered" or not isinstance(verb, _MEDIA):
            return
        if isinstance(verb, Pause):
            if verb.media:
                self.answer(leg)
        elif not getattr(verb, "early", False):
            self.answer(leg)
        elif leg.state == "ringing":
            self.ring(leg, "early media")

    def _exhausted(self, leg: Leg, program: Program) -> None:
        if program.exhausted == "join" and leg.parent is not None:
            self.signal(leg.parent, Child(leg, "ready"))
            return
        if program.exhausted == "idle":
            self.idle(leg)
            return
        cause = program.exhausted_cause
        if cause == "inherit":
            inherited = leg.inherited or (PROGRAM_END, "platform")
            self.end(leg, inherited[0], "partner" if leg.inherited else "platform")
        else:
            self.end(leg, cause or PROGRAM_END, "platform")

    def idle(self, leg: Leg) -> None:
        self.leave(leg, is_end=False, beside=False)
        self.emit(e.BecameIdle(self.now, leg.snapshot()))

    def push(self, leg: Leg, program: Program, is_endless: bool = False) -> None:
        """Run `program` on top; the verb below gets `Returned` when it is through."""
        frame = Frame(program)
        frame.is_endless = is_endless or leg.run[-1].is_endless
        leg.run.append(frame)
        self.signal(leg, ENTER)

    def pop_above(self, leg: Leg, frame: Frame) -> None:
        while leg.run and leg.run[-1] is not frame:
            self._left(leg, leg.run.pop(), is_end=False)

    def replace(self, leg: Leg, program: Program) -> None:
        """Leave everything that stands, then run `program`. What runs beside goes on."""
        self.leave(leg, is_end=False, beside=False)
        leg.run = [Frame(program)]
        self.signal(leg, ENTER)

    def leave(self, leg: Leg, *, is_end: bool, beside: bool = True) -> None:
        while leg.run:
            self._left(leg, leg.run.pop(), is_end)
        if beside and leg.background:
            activities, leg.background = leg.background, None
            for activity in reversed(activities):
                self._left_beside(leg, activity, is_end)

    def _left(self, leg: Leg, frame: Frame, is_end: bool) -> None:
        self.abandon(leg, frame)
        if frame.index < len(frame.program.verbs) and frame.state is not None:
            self._step(leg, frame, Leave(is_end))
        self.unwait(frame)

    def begin_beside(
        self,
        leg: Leg,
        *verbs: Verb,
        name: str = "",
        limit: timedelta | None = None,
        loops: bool = False,
        is_endless: bool = False,
    ) -> None:
        """Run verbs in the background, in place of what has that name; they outlive the program, not the leg.

        `is_endless`: what begins them does so again and again."""
        if leg.state == "ended":  # by a verb beside it
            return
        if not name and len(verbs) == 1 and isinstance(verbs[0], RecordCall):
            name = verbs[0].name
        if name:
            self.stop_beside(leg, self.activities(leg, name))
        frame = Activity(Program(verbs), name)
        frame.loops, frame.is_endless = loops, loops or is_endless
        if limit is not None:
            frame.limit = self.timers.set(Timer(self.now + limit, leg, "activity", frame, False))
        leg.background = [*(leg.background or ()), frame]
        self._run_beside(leg, frame)

    def activities(self, leg: Leg, name: str) -> list[Activity]:
        """What runs beside the leg's program under this name; "": all that has one."""
        return [frame for frame in leg.background or () if (frame.name == name if name else frame.name)]

    def stop_beside(self, leg: Leg, frames: list[Activity]) -> None:
        """Cut what runs in the background, the last begun first."""
        for frame in reversed(frames):
            if frame in (leg.background or ()):
                self._forget_beside(leg, frame)
                self._left_beside(leg, frame, is_end=False)

    def _to_activities(self, leg: Leg, signal: Signal) -> None:
        for frame in leg.background or ():
            self.signal(leg, signal, frame)

    def _run_beside(self, leg: Leg, frame: Activity) -> None:
        """Enter verbs until one waits. A frame that loops begins again, if there was time between."""
        while True:
            while frame.index < len(frame.program.verbs):
                if frame.index == 0:
                    frame.round_at = self.now
                if self._step(leg, frame, ENTER) is not Step.DONE or frame not in (leg.background or ()):
                    return
                self._next(frame)
            if not (frame.loops and frame.round_at is not None and self.now > frame.round_at):
                break
            frame.index = 0
        self._forget_beside(leg, frame)
        self._unlimit_beside(frame)

    def _go_on_beside(self, leg: Leg, frame: Activity) -> None:
        self._next(frame)
        self._run_beside(leg, frame)

    def _left_beside(self, leg: Leg, frame: Activity, is_end: bool) -> None:
        self._unlimit_beside(frame)
        self._left(leg, frame, is_end)

    def _forget_beside(self, leg: Leg, frame: Activity) -> None:
        leg.background = [other for other in leg.background or () if other is not frame]

    def _unlimit_beside(self, frame: Activity) -> None:
        if frame.limit is not None:
            self.timers.cancel(frame.limit)
            frame.limit = None

    # --- the application ---------------------------------------------------------------------------------------

    def ask(self, leg: Leg, frame: Frame, hook: Hook, fields: dict[str, Any]) -> None:
        """Put the leg in wait of the application's answer. Over 100 at one instant of one call end it."""
        call = leg.call
        if call.documents_at != self.now:
            call.documents, call.documents_at = 0, self.now
        call.documents += 1
        if call.documents > MOST_DOCUMENTS:
            self.fail_application(leg, hook.purpose, "too-many", f"over {MOST_DOCUMENTS} documents at one instant")
            return
        leg.asks += 1
        leg.awaiting = f"{leg.id}#{leg.asks}"
        leg.asker = frame
        self.emit(e.Asked(self.now, leg.snapshot(), leg.awaiting, hook, fields))

    def abandon(self, leg: Leg, frame: Frame) -> None:
        """This frame waits for no answer any more; nothing if it did not."""
        if leg.asker is frame and leg.awaiting is not None:
            self.emit(e.AskAbandoned(self.now, leg.snapshot(), leg.awaiting))
            leg.awaiting = None

    def consult(self, leg: Leg, frame: Frame, hook: Hook | None, fields: dict[str, Any]) -> Step:
        """Ask and wait, or tell and be done, as the hook says. Beside the program nobody waits: the leg has one ask."""
        if hook is None:
            return Step.DONE
        if hook.awaited and not frame.is_beside:
            self.ask(leg, frame, hook, fields)
            return Step.WAIT
        self.emit(e.Told(self.now, leg.snapshot(), hook, fields))
        return Step.DONE

    def answered(self, leg: Leg, hook: Hook, signal: Replied | NoReplied) -> Step:
        """What the answer to `hook`, or its lack, does to the leg: the hook says."""
        if isinstance(signal, NoReplied):
            if hook.on_failure == "next" and signal.why != "not-emulated":  # going on would hide our gap
                self.emit(e.AskFailed(self.now, leg.snapshot(), hook, signal.why, signal.text))
                return Step.DONE
            self.fail_application(leg, hook.purpose, signal.why, signal.text)
            return Step.WAIT
        if signal.program is not None:
            self.replace(leg, signal.program)
            return Step.WAIT
        if hook.on_empty == "end":
            self.end(leg, hook.cause or PROGRAM_END, "platform")
        elif hook.on_empty == "idle":
            self.idle(leg)
        return Step.DONE if hook.on_empty == "next" else Step.WAIT
