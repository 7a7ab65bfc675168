"""What is heard meanwhile: rounds of a program, given or asked for, on top of the verb that waits.

A round is a program pushed on the leg's stack, or an ask whose answer is pushed. When one is through, the verb decides
whether another begins. A source that gave no program, or one that took no time, is quiet from then on: nothing loops
in zero time. A program that is run again is endless: no reason for a clock to go on.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.engine.events import AskFailed
from emulator.engine.program import Hook, Program
from emulator.engine.signals import NoReplied, Replied

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["Rounds", "Source"]

Source = Hook | Program | None


class Rounds:
    """`kind` names what runs or is asked for, "" is nothing. `quiet`: kinds that have nothing more to say."""

    __slots__ = ("again", "is_asking", "kind", "quiet", "since", "sound")

    def __init__(self) -> None:
        self.kind = ""
        self.is_asking = False
        self.again = ""  # the kind of program that was through: it is run once more
        self.since: datetime | None = None
        self.quiet: tuple[str, ...] = ()
        self.sound: Hook | None = None  # asked for this round

    def begin(self, core: Core, leg: Leg, frame: Frame, kind: str, source: Source, fields: dict[str, Any]) -> None:
        """The first or next round; nothing when the source is quiet, or none."""
        if source is None or kind in self.quiet:
            return
        self.kind = kind
        if isinstance(source, Program):
            self._push(core, leg, source, self.again == kind)
        else:
            self.is_asking, self.sound = True, source
            core.ask(leg, frame, source, fields)

    def replied(self, core: Core, leg: Leg, signal: Replied | NoReplied) -> None:
        """The answer to an ask; that to one of before is none of ours."""
        if not self.is_asking or self.sound is None:
            return
        self.is_asking = False
        if isinstance(signal, Replied) and signal.program is not None and signal.program.verbs:
            self._push(core, leg, signal.program)
            return
        hook = self.sound
        self._hush()
        if isinstance(signal, NoReplied):
            if hook.on_failure == "end" or signal.why == "not-emulated":  # going on would hide our gap
                core.fail_application(leg, hook.purpose, signal.why, signal.text)
            else:
                core.emit(AskFailed(core.now, leg.snapshot(), hook, signal.why, signal.text))

    def returned(self, core: Core) -> str:
        """A round is through: its kind."""
        kind = self.again = self.kind
        if core.now == self.since:
            self._hush()
        self.kind = ""
        return kind

    def stop(self, core: Core, leg: Leg, frame: Frame) -> None:
        """Cut what runs, forget what is asked for; nothing if there is neither."""
        if not self.kind:
            return
        if self.is_asking:
            core.abandon(leg, frame)
        else:
            core.pop_above(leg, frame)
        self.kind, self.is_asking, self.again = "", False, ""

    def _push(self, core: Core, leg: Leg, program: Program, is_endless: bool = False) -> None:
        self.since = core.now
        core.push(leg, program, is_endless)

    def _hush(self) -> None:
        self.quiet = (*self.quiet, self.kind)
        self.kind = ""
