"""Where a leg stands, in jambonz's words: status, SIP code and reason, who ended it. Pure, one table per question."""

from __future__ import annotations

from typing import Final

from emulator.engine.events import LegSnapshot
from emulator.engine.values import value

__all__ = [
    "Standing", "changed_at", "duration", "ended_by", "has_session", "is_told", "sip_answer", "standing",
    "termination_reason",
]  # fmt: skip


@value
class Standing:
    """`call_status`, `sip_status` and `sip_reason` of a hook or record."""

    status: str
    code: int
    reason: str


TRYING: Final = Standing("trying", 100, "Trying")
IN_PROGRESS: Final = Standing("in-progress", 200, "OK")
COMPLETED: Final = Standing("completed", 200, "OK")
TERMINATED: Final = Standing("no-answer", 487, "Request Terminated")

# JAMBONZ-94: how an attempt that nobody answered ended; what the callee's side answered in SIP.
_UNANSWERED: Final[dict[str, Standing]] = {
    "hangup": TERMINATED,
    "program-end": TERMINATED,
    "busy": Standing("busy", 486, "Busy here"),
    "rejected": Standing("busy", 603, "Decline"),
    "ring-timeout": TERMINATED,
    "ring-limit": TERMINATED,
    "no-answer": TERMINATED,
    "cancelled": TERMINATED,
    "lost-race": TERMINATED,
    "time-limit": TERMINATED,
    "confirm-failed": TERMINATED,
    "machine": TERMINATED,
    "unreachable": Standing("failed", 480, "Temporarily Unavailable"),
    "unallocated": Standing("failed", 404, "Not Found"),
    "invalid-number": Standing("failed", 484, "Address Incomplete"),
    "carrier-timeout": Standing("failed", 408, "Request Timeout"),
    "congestion": Standing("failed", 503, "Service Unavailable"),
    "no-credit": Standing("failed", 402, "Payment Required"),
    "application-failure": Standing("failed", 500, "Internal Server Error"),
    "internal-error": Standing("failed", 500, "Internal Server Error"),
}
_FAULT: Final = Standing("failed", 500, "Internal Server Error")
_CHILD_DECLINED: Final = Standing("failed", 603, "Decline")  # JAMBONZ-94: 603 is busy on REST calls only


def has_session(leg: LegSnapshot) -> bool:
    """JAMBONZ-91: an inbound call is none before its call hook has answered with verbs."""
    return leg.direction == "outbound" or bool(leg.memo.get("session"))


def standing(leg: LegSnapshot) -> Standing:
    """As the hook of this very change says it, and as the record keeps it."""
    if leg.answered_at is not None:
        return COMPLETED if leg.state == "ended" else IN_PROGRESS
    if leg.direction == "inbound":
        return _inbound_end(leg) if is_told(leg) else TRYING
    if leg.state == "ended":
        kind = leg.cause.kind if leg.cause is not None else ""
        if kind == "rejected" and leg.parent is not None:
            return _CHILD_DECLINED
        return _UNANSWERED.get(kind, _FAULT)
    if leg.state == "queued":
        return TRYING
    is_ringing = leg.state == "ringing"
    # JAMBONZ-90: a REST call's reason is not updated on provisional answers, a child's is
    reason = "Trying" if leg.parent is None else "Ringing" if is_ringing else "Session Progress"
    return Standing("ringing", 180, reason) if is_ringing else Standing("early-media", 183, reason)


def _inbound_end(leg: LegSnapshot) -> Standing:
    if leg.by == "caller":
        return TERMINATED
    code, reason = leg.memo["declined"]
    return Standing("failed", code, reason)  # JAMBONZ-111: whatever the code


def is_told(leg: LegSnapshot) -> bool:
    """Whether the end of an ended leg is a status of its own.

    JAMBONZ-91: not that of an inbound call which ends unanswered, unless its caller gave up or `sip:decline` ended it.
    """
    if leg.state != "ended" or not has_session(leg):
        return False
    if leg.direction == "outbound" or leg.answered_at is not None:
        return True
    return leg.by == "caller" or (leg.by == "program" and "declined" in leg.memo)


def ended_by(leg: LegSnapshot) -> str:
    """JAMBONZ-92: `call_termination_by`, "" for a call that is not over or was never answered by anybody."""
    if leg.state != "ended" or not is_told(leg):
        return ""
    if leg.direction == "inbound":
        if leg.by == "caller":
            return "caller"
    elif leg.by == "callee" and leg.answered_at is not None:
        return "caller"
    if leg.by == "program" and leg.memo.get("referred"):
        return "caller"  # JAMBONZ-122: whoever was sent elsewhere has hung up
    return "jambonz" if leg.answered_at is not None else ""


def duration(leg: LegSnapshot) -> int | None:
    """JAMBONZ-93: whole seconds since the answer, only of what is completed."""
    if leg.answered_at is None or leg.ended_at is None:
        return None
    return int((leg.ended_at - leg.answered_at).total_seconds())


def changed_at(leg: LegSnapshot) -> float:
    """The instant of the last status change, in seconds."""
    if is_told(leg) and leg.ended_at is not None:
        return leg.ended_at.timestamp()
    ringing_at = leg.ringing_at if leg.direction == "outbound" else None
    return (leg.answered_at or ringing_at or leg.created_at).timestamp()


def sip_answer(leg: LegSnapshot) -> int:
    """What the network saw in the end, also of a call that no hook tells of (JAMBONZ-91, JAMBONZ-72)."""
    if leg.direction == "outbound" or is_told(leg):
        return standing(leg).code
    kind = leg.cause.kind if leg.cause is not None else ""
    if leg.by == "caller":
        return 487
    if leg.by == "api":
        return 503
    return {"program-end": 603, "unallocated": 404}.get(kind, 480)


def termination_reason(leg: LegSnapshot) -> str:
    """JAMBONZ-72."""
    if leg.answered_at is None:
        is_given_up = leg.by == "caller" or (leg.cause is not None and leg.cause.kind == "cancelled")
        return "caller abandoned" if is_given_up else "failed"
    if leg.direction == "inbound":
        return "caller hungup" if leg.by == "caller" else "called party hungup"
    return "called party hungup" if leg.by == "callee" else "caller hungup"
