"""What can be done to a call in progress: transfer it, record it, and let its far end hear something."""

from __future__ import annotations

import re
from typing import Any, Final

from emulator.engine.commands import InCall, Redirect, StopInCall
from emulator.engine.events import RecordingStarted
from emulator.engine.legs import Leg
from emulator.engine.program import (
    Dial,
    Fetch,
    Hook,
    Play,
    Program,
    RecordCall,
    Say,
    SendDigits,
    Tag,
    Target,
)
from emulator.engine.states import REASONS, TABLE
from emulator.errors import Refused
from emulator.vendors.tryvox.dialling import CHILD_MEMO
from emulator.vendors.tryvox.errors import Rejected, not_found
from emulator.vendors.tryvox.language import LANGUAGE, VOICE
from emulator.vendors.tryvox.recordings import of_leg
from emulator.vendors.tryvox.schemas import TIME_LIMIT
from emulator.vendors.tryvox.serving import Answer, Asking
from emulator.vendors.tryvox.wire import iso

__all__ = ["dtmf", "play", "record", "speak", "stop_record", "transfer"]

_RECORDING: Final = "recording"
_SOUND: Final = "sound"
_KEYS: Final = "keys"
"""What runs beside a call's document, each of them once: a new one stops the old."""

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


def record(asking: Asking) -> Answer:
    """TRYVOX-74: once more stops what was recorded before. There is no silence to trim."""
    leg, fields = _checked(asking), asking.fields()
    kind: Any = fields.choice("format", "mp3", ("mp3", "wav"))
    longest = fields.span("max_length", 14_400)
    fields.boolean("trim_silence")
    fields.check()
    events = asking.sandbox.do(InCall(leg.id, _RECORDING, (RecordCall(max_length=longest, format=kind),)))
    (started,) = [event.recording for event in events if isinstance(event, RecordingStarted)]
    return 200, {"recording_uuid": started.name, "status": "recording", "format": kind}


def stop_record(asking: Asking) -> Answer:
    """TRYVOX-74."""
    leg, sandbox = _checked(asking), asking.sandbox
    if not any(each.activity == _RECORDING and each.ended_at is None for each in of_leg(leg, sandbox)):
        raise Rejected(not_found("Recording"))
    sandbox.do(StopInCall(leg.id, _RECORDING))
    return 204, None


def play(asking: Asking) -> Answer:
    """TRYVOX-29, TRYVOX-75, for this and the two that follow."""
    leg, fields = _checked(asking), asking.fields()
    url, loop = fields.url("url", required=True), fields.integer("loop", 1, least=0)
    fields.check()
    asking.sandbox.do(InCall(leg.id, _SOUND, (Play(url, loop),)))
    return 200, {"status": "playing"}


def speak(asking: Asking) -> Answer:
    leg, fields = _checked(asking), asking.fields()
    text, loop = fields.text("text", required=True), fields.integer("loop", 1, least=0)
    voice, language = fields.text("voice") or VOICE, fields.text("language") or LANGUAGE
    fields.check()
    asking.sandbox.do(InCall(leg.id, _SOUND, (Say(text, loop, voice, language),)))
    return 200, {"status": "speaking"}


def dtmf(asking: Asking) -> Answer:
    leg, fields = _checked(asking), asking.fields()
    digits = fields.text("digits", required=True)
    if digits and not _DIGITS.fullmatch(digits):
        fields.wrong("digits", "must be made of 0-9, *, #, A-D, w and W")
    fields.check()
    asking.sandbox.do(InCall(leg.id, _KEYS, (SendDigits(digits),)))
    return 200, {"status": "sent", "digits": digits}
