"""Who hears whom: over bridges, as supervisors, in rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.engine.legs import Leg

__all__ = ["heard", "hearers"]


def hearers(speaker: Leg) -> list[Leg]:
    """Whose far ends hear this leg's far end, if it speaks now."""
    return [other for other in _company(speaker) if _is_heard(speaker, other)]


def heard(listener: Leg) -> list[Leg]:
    """Whose far ends this leg's far end hears, if they speak now."""
    return [other for other in _company(listener) if _is_heard(other, listener)]


def _company(leg: Leg) -> list[Leg]:
    """Everybody else who is where this leg is."""
    legs: list[Leg] = []
    bridge = leg.bridge or (leg.watch.bridge if leg.watch is not None else None)
    if bridge is not None:
        legs += [*bridge.members, *(watch.leg for watch in bridge.watches)]
    if leg.seat is not None:
        legs += [member.leg for member in leg.seat.room.members.values()]
    return [other for other in legs if other is not leg]


def _is_heard(speaker: Leg, listener: Leg) -> bool:
    if speaker.is_muted or speaker.is_held or listener.is_held:
        return False
    one, other = speaker.seat, listener.seat
    if one is not None and other is not None and one.room is other.room:
        return (
            one.room.state == "started"
            and not (one.muted or one.held or other.deaf or other.held)
            and one.coaches in ("", other.tag)
        )
    watch = speaker.watch
    if watch is None or speaker.bridge is not None:
        return True
    return watch.mode == "talk" or (watch.mode == "whisper" and watch.of is listener)
