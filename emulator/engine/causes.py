"""Why a leg ended, in the trade's terms (Q.850 and the names FreeSWITCH gives them), and who did it."""

from __future__ import annotations

from typing import Final, Literal

from emulator.engine.values import value

__all__ = [
    "BUSY",
    "CANCELLED",
    "CARRIER_TIMEOUT",
    "CAUSES",
    "CONFIRM_FAILED",
    "CONGESTION",
    "FAILED_APPLICATION",
    "HANGUP",
    "INTERNAL_ERROR",
    "INVALID_NUMBER",
    "LOST_RACE",
    "MACHINE",
    "NO_ANSWER",
    "NO_CREDIT",
    "PROGRAM_END",
    "REJECTED",
    "RING_LIMIT",
    "RING_TIMEOUT",
    "TIME_LIMIT",
    "UNALLOCATED",
    "UNREACHABLE",
    "Cause",
    "Failure",
    "Who",
]

Who = Literal["caller", "callee", "api", "program", "platform", "carrier", "application", "partner"]
"""caller and callee are the people; api, the client's request; program, the document's own hang-up; platform, us
(limits, end of program); carrier, the network; application, a webhook that failed; partner, the leg
it was dialled from or bridged with."""


@value
class Cause:
    """`kind` says how it ended and is unique; `name` and `q850` are what the network would report."""

    kind: str
    name: str
    q850: int


@value
class Failure:
    """The webhook that failed and ended the leg. `purpose` is the callback's neutral name.

    `why`: `unreachable` (no answer after all attempts), `status` (an answer that is not a success),
    `invalid` (a document the vendor refuses), `not-emulated`, `too-many` (over 100 documents at one instant).
    """

    purpose: str
    why: str
    text: str = ""


HANGUP: Final = Cause("hangup", "NORMAL_CLEARING", 16)
PROGRAM_END: Final = Cause("program-end", "NORMAL_CLEARING", 16)
BUSY: Final = Cause("busy", "USER_BUSY", 17)
RING_TIMEOUT: Final = Cause("ring-timeout", "NO_ANSWER", 19)
RING_LIMIT: Final = Cause("ring-limit", "NO_ANSWER", 19)
NO_ANSWER: Final = Cause("no-answer", "NO_ANSWER", 19)
REJECTED: Final = Cause("rejected", "CALL_REJECTED", 21)
UNREACHABLE: Final = Cause("unreachable", "DESTINATION_OUT_OF_ORDER", 27)
UNALLOCATED: Final = Cause("unallocated", "UNALLOCATED_NUMBER", 1)
INVALID_NUMBER: Final = Cause("invalid-number", "INVALID_NUMBER_FORMAT", 28)
CARRIER_TIMEOUT: Final = Cause("carrier-timeout", "RECOVERY_ON_TIMER_EXPIRE", 102)
CONGESTION: Final = Cause("congestion", "SWITCH_CONGESTION", 42)
CANCELLED: Final = Cause("cancelled", "ORIGINATOR_CANCEL", 487)
TIME_LIMIT: Final = Cause("time-limit", "ALLOTTED_TIMEOUT", 602)
LOST_RACE: Final = Cause("lost-race", "LOSE_RACE", 502)
CONFIRM_FAILED: Final = Cause("confirm-failed", "NORMAL_CLEARING", 16)
MACHINE: Final = Cause("machine", "NORMAL_CLEARING", 16)
FAILED_APPLICATION: Final = Cause("application-failure", "NORMAL_CLEARING", 16)
NO_CREDIT: Final = Cause("no-credit", "OUTGOING_CALL_BARRED", 52)
INTERNAL_ERROR: Final = Cause("internal-error", "NORMAL_TEMPORARY_FAILURE", 41)

CAUSES: Final[dict[str, Cause]] = {
    cause.kind: cause
    for cause in (
        HANGUP, PROGRAM_END, BUSY, RING_TIMEOUT, RING_LIMIT, NO_ANSWER, REJECTED, UNREACHABLE, UNALLOCATED,
        INVALID_NUMBER, CARRIER_TIMEOUT, CONGESTION, CANCELLED, TIME_LIMIT, LOST_RACE, CONFIRM_FAILED, MACHINE,
        FAILED_APPLICATION, NO_CREDIT, INTERNAL_ERROR,
    )
}  # fmt: skip
