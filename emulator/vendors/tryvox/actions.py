"""What can be done to a call in progress: transfer, and what is checked and then refused by name."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from emulator.engine.commands import Redirect
from emulator.engine.legs import Leg
from emulator.engine.program import Dial, Fetch, Hook, Program, Tag, Target
from emulator.engine.states import REASONS, TABLE
from emulator.errors import NotEmulated, Refused
from emulator.vendors.tryvox.dialling import CHILD_MEMO
from emulator.vendors.tryvox.schemas import TIME_LIMIT, Fields
from emulator.vendors.tryvox.serving import Answer, Asking
from emulator.vendors.tryvox.wire import iso

__all__ = ["dtmf", "play", "record", "speak", "stop_record", "transfer"]

_DIGITS: Final = re.compile(r"[0-9*#A-DwW]+")


def _checked(asking: Asking) -> Leg:
    """A call in progress; what the engine's table would refuse is refused before the body is read (TRYVOX-30)."""
    leg = asking.leg()
    if leg is None:
        raise Refused("unknown_leg", leg=asking.ids[0])
    cell = TABLE[Redirect][leg.state]
    if cell in REASONS:
        raise Refused(cell, leg=leg.id, state=leg.state, command="this action")
    return leg


def transfer(asking: Asking) -> Answer:
    """TRYVOX-31: the far end is connected with `to` by a leg of its own; what the call ran is left.

    TRYVOX-68: with an answer URL, whoever answers `to` is first asked what to do there, and is connected after it.
    """
    leg, fields = _checked(asking), asking.fields()
    to, caller_id = fields.number("to", required=True), fields.number("caller_id")
    url = fields.url("answer_url")
    fields.check()
    first = Program((Fetch(Hook(url, purpose="transfer"), nested=True),)) if url else None
    sandbox = asking.sandbox
    count = leg.memo.get("transfers", 0) + 1
    program = Program(
        (
            Tag({"transfers": count, "transferred_at": iso(sandbox.now())}),
            Dial((Target(to, caller_id, CHILD_MEMO),), time_limit=TIME_LIMIT, confirm=first),
        ),
        exhausted_cause="inherit",
    )
    sandbox.do(Redirect(((leg.id, program),)))
    transfer_uuid = sandbox.ids.uuid("tryvox transfer", f"{leg.id} {count}")
    return 200, {"transfer_uuid": transfer_uuid, "status": "transferring", "to": to}


def record(asking: Asking) -> NoReturn:
    fields = _fields(asking)
    fields.choice("format", "mp3", ("mp3", "wav"))
    fields.integer("max_length", 14_400)
    fields.boolean("trim_silence")
    fields.check()
    raise NotEmulated("call record")


def stop_record(asking: Asking) -> NoReturn:
    _checked(asking)
    raise NotEmulated("call record")


def play(asking: Asking) -> NoReturn:
    """TRYVOX-29, for this and the two that follow."""
    fields = _fields(asking)
    fields.url("url", required=True)
    fields.integer("loop", 1, least=0)
    fields.check()
    raise NotEmulated("call play")


def speak(asking: Asking) -> NoReturn:
    fields = _fields(asking)
    fields.text("text", required=True)
    for name in ("voice", "language"):
        fields.text(name)
    fields.integer("loop", 1, least=0)
    fields.check()
    raise NotEmulated("call speak")


def dtmf(asking: Asking) -> NoReturn:
    fields = _fields(asking)
    digits = fields.text("digits", required=True)
    if digits and not _DIGITS.fullmatch(digits):
        fields.wrong("digits", "must be made of 0-9, *, #, A-D, w and W")
    fields.check()
    raise NotEmulated("call dtmf")


def _fields(asking: Asking) -> Fields:
    _checked(asking)
    return asking.fields()
