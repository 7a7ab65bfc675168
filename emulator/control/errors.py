"""The one table of what the control API refuses: a code, its status, and what it means."""

from __future__ import annotations

from typing import Final, NamedTuple

from emulator.errors import EmulatorBug, NotEmulated, Refused, RingbackError, UsageError
from emulator.runtime.spec import ClockBusy, SandboxGone, WrongClock

__all__ = ["CODES", "SOURCE_CODES", "Code", "ControlError", "translated"]


class Code(NamedTuple):
    """A row of the table."""

    status: int
    meaning: str


CODES: Final[dict[str, Code]] = {
    "malformed_json": Code(400, "The body is not JSON."),
    "invalid_field": Code(
        400, "A field is missing, of the wrong type, or outside what is allowed; the message names it."
    ),
    "unknown_field": Code(400, "A key nobody knows; the hint names the nearest known one."),
    "unauthorized": Code(401, "The control API is guarded and the bearer token is missing or wrong."),
    "foreign_origin": Code(403, "A web page of another origin sent this."),
    "foreign_host": Code(403, "The Host header names neither this machine nor the public URL."),
    "unknown_path": Code(404, "There is no such path."),
    "unknown_sandbox": Code(404, "There is no such sandbox: never made, or deleted."),
    "unknown_call": Code(404, "The sandbox has no such call, or has forgotten it: only so many ended calls are kept."),
    "unknown_leg": Code(404, "The call has no such leg."),
    "unknown_delivery": Code(404, "The sandbox has no such delivery, or has forgotten it with its call."),
    "unknown_vendor": Code(404, "No such vendor is loaded."),
    "unknown_number": Code(404, "The number is none of the sandbox's numbers at this vendor."),
    "method_not_allowed": Code(405, "The path is right, the method is not; `Allow` lists those that are."),
    "clock_busy": Code(409, "The clock is being driven by another advance or run."),
    "wrong_clock": Code(409, "The sandbox has a real clock, which nobody can drive."),
    "name_taken": Code(409, "There is a sandbox of this name already."),
    "sandbox_deleted": Code(409, "The sandbox was deleted or reset while this request waited."),
    "call_ended": Code(409, "The leg has ended: it takes nothing."),
    "not_answered": Code(409, "The leg is not answered yet."),
    "already_answered": Code(409, "The leg is answered already."),
    "already_ringing": Code(409, "The leg rings already."),
    "wrong_side": Code(409, "The far end of an inbound leg is the caller, who cannot answer or refuse."),
    "too_large": Code(413, "The body is longer than this API reads."),
    "internal_error": Code(500, "Ours: please report it, with the message."),
    "not_emulated": Code(501, "It is meant to be here and is not yet; the message names it."),
}

SOURCE_CODES: Final = frozenset({"unauthorized", "foreign_origin", "foreign_host", "internal_error"})
"""What any request can be answered, before anybody looks at what it wants."""


class ControlError(RingbackError):
    """An answer other than success. `code` is a key of `CODES`; `hint` says what would have done."""

    def __init__(self, code: str, message: str, hint: str = "", headers: dict[str, str] | None = None) -> None:
        self.code, self.message, self.hint, self.headers = code, message, hint, headers
        self.status = CODES[code].status
        super().__init__(message)

    def to_json(self) -> dict[str, dict[str, str]]:
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


def translated(error: RingbackError) -> ControlError:
    """The answer that an error of the rooms below becomes."""
    match error:
        case ControlError():
            return error
        case Refused():
            code = error.reason if error.reason in CODES else "internal_error"
            return ControlError(code, str(error), error.hint or CODES[code].meaning)
        case NotEmulated():
            return ControlError("not_emulated", str(error), "The README lists what is emulated.")
        case UsageError():
            return ControlError("invalid_field", str(error), "Nothing was changed.")
        case ClockBusy():
            return ControlError("clock_busy", str(error), "Drive one sandbox's clock from one place at a time.")
        case SandboxGone():
            return ControlError("sandbox_deleted", str(error), "Nothing more will happen in it.")
        case WrongClock():
            return ControlError("wrong_clock", str(error), "On a real clock, wait, or watch the events.")
    return ControlError("internal_error", str(error) or type(error).__name__, _REPORT)


_REPORT: Final = f"This is a bug of ours ({EmulatorBug.__name__}): please report it with the sandbox's journal."
