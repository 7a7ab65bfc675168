"""What happened in rooms, in queues and to those who supervise. `events` exports them all; import them from there.

`leg` is the one whose doing it is; what it was in is shown as it is afterwards.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from emulator.engine.snapshots import LegSnapshot, MemberSnapshot, QueueSnapshot, RoomSnapshot, WaiterSnapshot
from emulator.engine.values import value

__all__ = [
    "MemberChanged", "MemberJoined", "MemberLeft", "QueueJoined", "QueueLeft", "RoomEnded", "RoomOpened", "RoomStarted",
    "SupervisionChanged", "SupervisionEnded", "SupervisionStarted",
]  # fmt: skip


@value
class RoomOpened:
    """Its first member is about to join."""

    at: datetime
    leg: LegSnapshot
    room: RoomSnapshot


@value
class RoomStarted:
    """The members hear each other from now on; `leg` started it."""

    at: datetime
    leg: LegSnapshot
    room: RoomSnapshot


@value
class MemberJoined:
    at: datetime
    leg: LegSnapshot
    room: RoomSnapshot
    member: MemberSnapshot


@value
class MemberLeft:
    """`outcome` as in `Conference`, or `redirect`."""

    at: datetime
    leg: LegSnapshot
    room: RoomSnapshot
    member: MemberSnapshot
    outcome: str


@value
class MemberChanged:
    """`what`: a change of `ChangeMembers`, or `talk` or `silence`. `member` is as it is afterwards."""

    at: datetime
    leg: LegSnapshot
    room: RoomSnapshot
    member: MemberSnapshot
    what: str


@value
class RoomEnded:
    """The last member, `leg`, has left."""

    at: datetime
    leg: LegSnapshot
    room: RoomSnapshot


@value
class QueueJoined:
    at: datetime
    leg: LegSnapshot
    queue: QueueSnapshot
    waiter: WaiterSnapshot


@value
class QueueLeft:
    """`outcome`: `bridged`, `left`, `timeout`, `hangup` or `redirect`. `waiter` is as it was before."""

    at: datetime
    leg: LegSnapshot
    queue: QueueSnapshot
    waiter: WaiterSnapshot
    outcome: str


@value
class SupervisionStarted:
    """`leg` is with `other` and its partner now."""

    at: datetime
    leg: LegSnapshot
    other: LegSnapshot
    mode: Literal["listen", "whisper", "talk"]


@value
class SupervisionChanged:
    at: datetime
    leg: LegSnapshot
    other: LegSnapshot
    mode: Literal["listen", "whisper", "talk"]


@value
class SupervisionEnded:
    at: datetime
    leg: LegSnapshot
    other: LegSnapshot
    mode: Literal["listen", "whisper", "talk"]
