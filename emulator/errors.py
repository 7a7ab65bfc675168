"""The families of errors: whose fault it is decides the class, and the fields make the text."""

from __future__ import annotations

from typing import Any

__all__ = ["EmulatorBug", "FlawedDocument", "InvalidDocument", "NotEmulated", "Refused", "RingbackError", "UsageError"]


class RingbackError(Exception):
    """Anything Ringback raises on purpose."""


class Refused(RingbackError):
    """The real provider would say no: nothing has changed.

    `reason` is one of `emulator.engine.states.REASONS`; a vendor's table turns it into status, code and text.
    """

    def __init__(self, reason: str, *, leg: str = "", state: str = "", command: str = "", hint: str = "") -> None:
        self.reason, self.leg, self.state, self.command, self.hint = reason, leg, state, command, hint
        where = f"leg {leg} is {state}: " if state else (f"leg {leg}: " if leg else "")
        super().__init__(f"{where}it cannot take {command or 'this'} ({reason}){'; ' + hint if hint else ''}")


class NotEmulated(RingbackError):
    """The provider can, we cannot yet: named, and never a made-up success."""

    def __init__(self, name: str, where: str = "") -> None:
        self.name, self.where = name, where
        super().__init__(f"{name} is not emulated yet{f' ({where})' if where else ''}; the README lists what is")


class InvalidDocument(RingbackError):
    """The application's answer is not a document the vendor accepts.

    `where` is `line:column` for XML, a path such as `[2].verb` for JSON, or "" for the body as a whole.
    """

    def __init__(self, problem: str, where: str = "") -> None:
        self.problem, self.where = problem, where
        super().__init__(f"{where}: {problem}" if where else problem)


class FlawedDocument(InvalidDocument):
    """It is wrong, and the vendor takes it all the same: the call goes on with `program`, a `Program`, or None where
    there is nothing to run. Told in the delivery and the journal."""

    def __init__(self, problem: str, where: str, program: Any) -> None:
        super().__init__(problem, where)
        self.program = program


class UsageError(RingbackError):
    """A wrong flag, file or setting: exit code 2."""


class EmulatorBug(RingbackError):
    """Ours: the message carries what is needed to find it."""
