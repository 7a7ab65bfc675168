"""The engine: commands in, events out.

`handle(command, now)` and `wake(now)` are plain functions of what came before: equal inputs give equal events. The
caller sees to two laws: `now` never goes back, and what is due at or before `now` is woken before a command at `now`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import CANCELLED, HANGUP, NO_ANSWER, RING_LIMIT, RING_TIMEOUT, TIME_LIMIT
from emulator.engine.core import ENTER, Core, Naming
from emulator.engine.hearing import hearers
from emulator.engine.legs import Frame, Leg
from emulator.engine.program import (
    Beside,
    HangUp,
    Pause,
    PauseRecording,
    Play,
    Program,
    RecordCall,
    Say,
    SendDigits,
    StopRecording,
    Tag,
)
from emulator.engine.recorders import Recorders, RecordingNaming
from emulator.engine.recordings import Recording
from emulator.engine.room_commands import (
    change_members,
    end_room,
    set_supervision,
    silence_members,
    sound_to_members,
)  # fmt: skip
from emulator.engine.signals import Child, Digit, Greeted, NoReplied, PeerDigit, Replied, Speech, TimedOut
from emulator.engine.speech import Nominal
from emulator.engine.states import REASONS, TABLE
from emulator.engine.verbs import STEPS
from emulator.engine.verbs.recording import paused
from emulator.errors import Refused

__all__ = ["Engine"]

_BESIDE = Say | Play | Pause | SendDigits | RecordCall | StopRecording | PauseRecording | Tag | HangUp | Beside
_LIMITS = {"ring": RING_TIMEOUT, "ring-limit": RING_LIMIT, "time": TIME_LIMIT}


class Engine(Core):
    """One sandbox's calls. See `Core` for how programs run."""

    def __init__(
        self, naming: Naming, nominal: Nominal | None = None, recording_naming: RecordingNaming | None = None
    ) -> None:
        recorders = Recorders(recording_naming or (lambda vendor, recording_id: recording_id))
        super().__init__(naming, nominal or Nominal(), STEPS, recorders)
        self._handlers: dict[type, Callable[[Any], None]] = {
            c.PlaceCall: self._place, c.Arrive: self._arrive, c.Ring: self._ring, c.EarlyMedia: self._early,
            c.Answer: self._answer, c.Fail: self._fail, c.Press: self._press, c.Speak: self._speak,
            c.Greet: self._greet, c.Hold: self._hold, c.HangUp: self._hang_up, c.Tag: self._tag,
            c.Redirect: self._redirect, c.Reply: self._reply, c.NoReply: self._no_reply, c.InCall: self._in_call,
            c.StopInCall: self._stop_in_call, c.Append: self._append, c.Mute: self._mute,
            c.PauseRecording: self._pause_recording, c.DeleteRecording: self._delete_recording,
            c.ChangeMembers: partial(change_members, self), c.SoundToMembers: partial(sound_to_members, self),
            c.SilenceMembers: partial(silence_members, self), c.EndRoom: partial(end_room, self),
            c.SetSupervision: partial(set_supervision, self),
        }  # fmt: skip

    # --- the two doors -----------------------------------------------------------------------------------------

    def handle(self, command: c.Command, now: datetime) -> list[e.Event]:
        """Do it at `now` and say what happened. Raises `Refused`, having changed nothing."""
        self.now = now
        out = self._out = []
        self._handlers[type(command)](command)
        self.drain()
        return out

    def wake(self, now: datetime, most: int | None = None) -> list[e.Event]:
        """Do what is due at or before `now`, each thing at its own instant; at most `most` timers of it."""
        out = self._out = []
        while (most is None or most > 0) and (timer := self.timers.pop(now)) is not None:
            self.now = timer.at
            if timer.frame is not None:
                self.signal(timer.leg, TimedOut(timer.key), timer.frame)
            else:
                self.end(timer.leg, _LIMITS[timer.key], "platform")
            self.drain()
            if most is not None:
                most -= 1
        return out

    def next_deadline(self) -> datetime | None:
        """When something falls due next; None if nothing does."""
        return self.timers.next_deadline()

    @property
    def has_finite_deadline(self) -> bool:
        """Whether anything but endless playing is to come."""
        return self.timers.finite > 0

    def drop(self, call_id: str) -> None:
        """Forget an ended call, its legs and their names."""
        call = self.calls[call_id]
        if call.live:
            raise ValueError(f"call {call_id} is not over")
        self.recorders.forget(call)
        del self.calls[call_id]
        for leg in call.legs:
            del self.legs[leg.id]
            book = self.book(leg.vendor)
            book.ended.pop(leg.id, None)
            if leg.shelf:
                book.shelves[leg.shelf].pop(leg.id, None)
            if book.names.get(leg.name) is leg:
                del book.names[leg.name]
        call.legs.clear()  # no cycle is left: counting frees what nobody holds

    def recordings(self, vendor: str) -> Mapping[str, Recording]:
        """A vendor's recordings by its own ids, the oldest first, those that run among them."""
        return self.recorders.of(vendor)

    # --- commands ----------------------------------------------------------------------------------------------

    def _checked(self, command: Any, leg_id: str, early: bool = False) -> Leg:
        leg = self.legs.get(leg_id)
        if leg is None:
            raise Refused("unknown_leg", leg=leg_id, command=type(command).__name__)
        cell = TABLE[type(command)][leg.state]
        if cell in REASONS and not (early and leg.state != "ended"):
            raise Refused(cell, leg=leg_id, state=leg.state, command=type(command).__name__)
        return leg

    def _place(self, command: c.PlaceCall) -> None:
        call = self.new_call()
        leg = self.dialled(
            call, None, command.vendor, command.from_, command.to, command.memo, shelf=command.shelf
        )  # fmt: skip
        if leg.state == "ended":
            return
        leg.program, leg.beside = command.program, command.beside
        leg.ring_limit, leg.time_limit = command.ring_limit, command.time_limit
        if command.ring_timeout is not None:
            self.limit(leg, "ring", command.ring_timeout)

    def _arrive(self, command: c.Arrive) -> None:
        leg = self.new_leg(
            self.new_call(), None, command.vendor, "inbound", command.from_, command.to, command.memo, command.shelf
        )  # fmt: skip
        leg.state, leg.ringing_at, leg.time_limit = "ringing", self.now, command.time_limit
        self.book(leg.vendor).live[leg.id] = leg
        leg.changed()
        self.emit(e.Arrived(self.now, leg.snapshot()))
        if command.program is None:
            self.end(leg, command.cause or NO_ANSWER, "platform")
        else:
            leg.run = [Frame(command.program)]
            self.signal(leg, ENTER)

    def _ring(self, command: c.Ring) -> None:
        self.ring(self._checked(command, command.leg), "ringing")

    def _early(self, command: c.EarlyMedia) -> None:
        self.ring(self._checked(command, command.leg), "early media")

    def _answer(self, command: c.Answer) -> None:
        self.answer(self._checked(command, command.leg))

    def _fail(self, command: c.Fail) -> None:
        self.end(self._checked(command, command.leg), command.cause, command.by)

    def _press(self, command: c.Press) -> None:
        leg = self._checked(command, command.leg)
        for digit in command.digits:
            if leg.state == "ended":
                return
            self.emit(e.DigitPressed(self.now, leg.snapshot(), digit))
            self.signal(leg, Digit(digit))
            if (partner := leg.partner) is not None and not leg.is_muted:
                self.signal(partner, PeerDigit(digit))
            self.drain()

    def _speak(self, command: c.Speak) -> None:
        leg = self._checked(command, command.leg)
        by = tuple(other.id for other in hearers(leg))
        self.emit(e.FarEndSpoke(self.now, leg.snapshot(), command.text, command.seconds.total_seconds(), heard_by=by))
        leg.said = self.now + command.seconds, command.text
        self.signal(leg, Speech(command.text, command.seconds))

    def _greet(self, command: c.Greet) -> None:
        leg = self._checked(command, command.leg)
        leg.greeting = command.is_machine
        self.emit(e.FarEndSpoke(self.now, leg.snapshot(), command.text, command.seconds.total_seconds(), True))
        leg.said = self.now + command.seconds, command.text
        self.signal(leg, Greeted(command.is_machine))

    def _hold(self, command: c.Hold) -> None:
        leg = self._checked(command, command.leg)
        if leg.is_held != command.held:
            leg.is_held = command.held
            leg.changed()
            self.emit(e.HeldChanged(self.now, leg.snapshot(), command.held))

    def _hang_up(self, command: c.HangUp) -> None:
        leg = self._checked(command, command.leg)
        cause = CANCELLED if command.cause == HANGUP and leg.state != "answered" else command.cause
        partner = leg.partner
        self.end(leg, cause, command.by)
        if command.bridged and partner is not None:
            self.end(partner, cause, command.by)

    def _tag(self, command: c.Tag) -> None:
        leg = self._checked(command, command.leg)
        leg.memo = {**(leg.memo or {}), **command.values}
        leg.changed()

    def _in_call(self, command: c.InCall) -> None:
        leg = self._checked(command, command.leg)
        for verb in command.verbs:
            if not isinstance(verb, _BESIDE):
                raise ValueError(f"{type(verb).__name__} cannot run beside a program")
        self.begin_beside(leg, *command.verbs, name=command.name, limit=command.limit, loops=command.loops)

    def _stop_in_call(self, command: c.StopInCall) -> None:
        leg = self._checked(command, command.leg)
        self.stop_beside(leg, self.activities(leg, command.name))

    def _append(self, command: c.Append) -> None:
        leg = self._checked(command, command.leg)
        if leg.run:
            bottom = leg.run[0]
            bottom.program = replace(bottom.program, verbs=(*bottom.program.verbs, *command.verbs))
        elif leg.state == "answered" or leg.direction == "inbound":
            self.replace(leg, Program(command.verbs, "idle"))
        else:
            program = leg.program or Program((), "idle")
            leg.program = replace(program, verbs=(*program.verbs, *command.verbs))

    def _mute(self, command: c.Mute) -> None:
        leg = self._checked(command, command.leg)
        if leg.is_muted != command.muted:
            leg.is_muted = command.muted
            leg.changed()
            self.emit(e.MuteChanged(self.now, leg.snapshot(), command.muted))

    def _pause_recording(self, command: c.PauseRecording) -> None:
        paused(self, self._checked(command, command.leg), command.name, command.paused)

    def _delete_recording(self, command: c.DeleteRecording) -> None:
        self.recorders.delete(command.vendor, command.name)

    def _redirect(self, command: c.Redirect) -> None:
        taken = [(self._checked(command, leg_id, command.early), program) for leg_id, program in command.programs]
        self.moving = frozenset(leg.id for leg, _ in taken)
        for leg, program in taken:
            if leg.parent is not None and leg.parent.id not in self.moving:
                self.signal(leg.parent, Child(leg, "left"))
            self.unbridge(leg)
            if leg.state != "answered" and leg.direction == "outbound":
                leg.program = program
            else:
                self.replace(leg, program)
        self.moving = frozenset()

    def _reply(self, command: c.Reply) -> None:
        if (leg := self._asker(command.ask)) is not None:
            self.signal(leg, Replied(command.program), leg.asker)

    def _no_reply(self, command: c.NoReply) -> None:
        if (leg := self._asker(command.ask)) is not None:
            self.signal(leg, NoReplied(command.why, command.text), leg.asker)

    def _asker(self, ask: str) -> Leg | None:
        """The leg that waits for exactly this ask, which now waits no more."""
        leg = self.legs.get(ask.partition("#")[0])
        if leg is None or leg.awaiting != ask:
            self.emit(e.AnswerDropped(self.now, leg.snapshot() if leg else None, ask))
            return None
        leg.awaiting = None
        return leg
