"""conference, enqueue, dequeue and leave, and what their hooks are told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.program import Beep, Conference, Dequeue, Enqueue, Hook, Leave, Verb
from emulator.errors import InvalidDocument
from emulator.vendors.jambonz.reading import Reading, refuse, seconds

__all__ = [
    "IGNORED", "PLACES", "check_place", "conference_sid", "dequeued", "enqueued", "queue_sid", "queue_wait",
    "read_conference", "read_dequeue", "read_enqueue", "read_leave", "room_event",
]  # fmt: skip

IGNORED: Final = {
    "endConferenceDuration": "nobody says what it does",
}
"""Attributes that change nothing here, and why."""

PLACES: Final[dict[str, frozenset[str]]] = {
    "wait": frozenset({"say", "play", "pause"}),
    "enter": frozenset({"say", "play", "pause"}),
    "queue-wait": frozenset({"say", "play", "pause", "leave", "tag"}),
}
"""JAMBONZ-130, JAMBONZ-131: what may stand in the answer to a hook of that name."""

# JAMBONZ-130: what the engine calls an event, and what jambonz does
_EVENTS: Final[dict[str, str]] = {
    "start": "start", "end": "end", "join": "enter", "leave": "leave", "start-talking": "talk",
    "stop-talking": "silence",
}  # fmt: skip
_TOLD: Final = {theirs: ours for ours, theirs in _EVENTS.items()}
_LOWEST: Final = 999


def check_place(name: str, callback: str, where: str) -> None:
    """Raises `InvalidDocument` for a verb that may not stand in the answer to this hook."""
    allowed = PLACES.get(callback)
    if allowed is not None and name not in allowed:
        raise InvalidDocument(f"{name} may not stand here; only {', '.join(sorted(allowed))} may", f"{where}.verb")


def read_conference(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-130."""
    refuse("conference", body, ("record", "listen"), where)
    scope, most = reading.scope, body.get("maxParticipants")
    beep = Beep(where=where) if body.get("beep") else None
    wanted = body.get("statusEvents") or []
    tells = tuple(_EVENTS[name] for name in wanted if isinstance(name, str) and name in _EVENTS)
    told = scope.hook(body.get("statusHook"), "conference-status", f"{where}.statusHook", awaited=False)
    return (
        Conference(
            body["name"], muted=bool(body.get("joinMuted")), moderator=body.get("startConferenceOnEnter") is True,
            tag=body.get("memberTag") or "", starts=body.get("startConferenceOnEnter") is not False,
            ends=bool(body.get("endConferenceOnExit")), wait=_waiting(body, "waitHook", "wait", reading, where),
            enter=_waiting(body, "enterHook", "enter", reading, where), enter_sound=beep, exit_sound=beep,
            max_members=int(most) if most and most >= 1 else None, relay_digits=bool(body.get("distributeDtmf")),
            speaks_only_to=body.get("speakOnlyTo") or "",
            hook=_after(body, "conference", reading, where), events=told if tells else None, tells=tells, where=where,
        ),
    )  # fmt: skip


def read_enqueue(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-131: the smaller the priority, the sooner."""
    priority = body.get("priority")
    return (
        Enqueue(
            body["name"], priority=-int(priority if priority is not None else _LOWEST),
            wait=_waiting(body, "waitHook", "queue-wait", reading, where),
            hook=_after(body, "enqueue", reading, where), where=where,
        ),
    )  # fmt: skip


def read_dequeue(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-132: one who waits by its call_sid, or who is first."""
    timeout, wanted = body.get("timeout"), body.get("callSid") or ""
    return (
        Dequeue(
            body["name"], timeout=seconds(timeout) if timeout else None,
            leg=reading.waiters.get(wanted, wanted) if wanted else "", beep=bool(body.get("beep")),
            hook=_after(body, "dequeue", reading, where), where=where,
        ),
    )  # fmt: skip


def read_leave(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-123: only inside a queue's wait hook is there anything to leave."""
    return (Leave(where),)


def _after(body: Mapping[str, Any], purpose: str, reading: Reading, where: str) -> Hook | None:
    return reading.scope.hook(
        body.get("actionHook"), purpose, f"{where}.actionHook", on_failure="next", extra={"verb_id": body.get("id")}
    )


def _waiting(body: Mapping[str, Any], name: str, purpose: str, reading: Reading, where: str) -> Hook | None:
    return reading.scope.hook(body.get(name), purpose, f"{where}.{name}", on_failure="next")


# --- what hooks are told -------------------------------------------------------------------------------------------


def conference_sid(account_sid: str, name: str) -> str:
    return f"conf:{account_sid}:{name}"


def queue_sid(account_sid: str, name: str) -> str:
    return f"queue:{account_sid}:{name}"


def room_event(fields: Mapping[str, Any], account_sid: str, at: str) -> dict[str, Any]:
    """JAMBONZ-130."""
    return {
        "event": _TOLD[fields["event"]],
        "conference_sid": conference_sid(account_sid, fields["name"]),
        "friendly_name": fields["name"],
        "duration": fields["since"],
        "members": fields["members"],
        "time": at,
    }


def queue_wait(fields: Mapping[str, Any], info: Mapping[str, Any], account_sid: str) -> dict[str, Any]:
    """JAMBONZ-131: little of the call."""
    kept = {key: info[key] for key in ("call_sid", "call_id", "customerData") if key in info}
    return {
        "queue_sid": queue_sid(account_sid, fields["name"]),
        "queue_time": int(fields["waited"]),
        "queue_size": fields["size"],
        "queue_position": fields["position"] - 1,
        **kept,
    }


_ENQUEUED: Final = {"bridged": "bridged", "left": "leave", "hangup": "hangup"}
_DEQUEUED: Final = {"bridged": "complete", "timeout": "timeout", "hangup": "hangup"}


def enqueued(fields: Mapping[str, Any], account_sid: str) -> dict[str, Any]:
    """JAMBONZ-131."""
    return {
        "queue_sid": queue_sid(account_sid, fields["name"]),
        "queue_time": int(fields["waited"]),
        "queue_result": _ENQUEUED.get(fields["outcome"], "error"),
    }


def dequeued(fields: Mapping[str, Any]) -> dict[str, Any]:
    """JAMBONZ-132."""
    return {"dequeue_result": _DEQUEUED.get(fields["outcome"], "hangup")}
