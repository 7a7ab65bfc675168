"""What the API does on a live call: play, speak, send digits, record. Each handler is a command for every leg named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, Literal

from emulator.engine.commands import InCall, StopInCall
from emulator.engine.events import RecordingStarted
from emulator.engine.legs import Leg
from emulator.engine.program import Play, RecordCall, Say, SendDigits, Verb
from emulator.errors import Refused
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.record_forms import recording_url
from emulator.vendors.vobiz.recording import done_hook
from emulator.vendors.vobiz.serving import Answer, Asking
from emulator.vendors.vobiz.wire import read_keys

__all__ = ["play", "record", "send_digits", "speak", "stop_play", "stop_record", "stop_speak"]

_LEGS: Final = {"aleg": ("aleg",), "bleg": ("bleg",), "both": ("aleg", "bleg")}
_TIME_LIMIT: Final = timedelta(seconds=60)


def play(asking: Asking) -> Answer:
    """VOBIZ-101: one file after another; `length` seconds at most, `loop`: over and over."""
    fields = asking.fields()
    urls = _urls(asking)
    limit = fields.seconds("length", 1)
    fields.boolean("mix", True)
    _run(asking, "play", [Play(url) for url in urls], limit, fields.boolean("loop"))
    return 202, {"api_id": asking.api_id(), "message": "play started"}


def stop_play(asking: Asking) -> Answer:
    return _stop(asking, "play")


def speak(asking: Asking) -> Answer:
    """VOBIZ-102."""
    fields = asking.fields()
    text = " ".join(fields.required("text").split())
    voice = fields.choice("voice", "WOMAN", ("WOMAN", "MAN"))
    language = fields.text("language", "en-US")
    fields.boolean("mix", True)
    _run(asking, "speak", [Say(text, voice=voice, language=language)], None, fields.boolean("loop"))
    return 202, {"api_id": asking.api_id(), "message": "speak started"}


def stop_speak(asking: Asking) -> Answer:
    return _stop(asking, "speak")


def send_digits(asking: Asking) -> Answer:
    """VOBIZ-103: `leg`, or `legs` as elsewhere."""
    fields = asking.fields()
    digits = fields.required("digits")
    found = read_keys(digits)
    if found is None or "@" in digits:
        raise Rejected(400, "digits must be made of 0-9, *, #, w and W")
    verb = SendDigits(found.digits)
    _run(asking, f"digits {asking.api_id()}", [verb], None, False, "leg" if "leg" in asking.body else "legs")
    return 202, {"api_id": asking.api_id(), "message": "digits sent"}


def record(asking: Asking) -> Answer:
    """VOBIZ-104: several may run beside each other; every one has 60 s unless told."""
    fields = asking.fields()
    limit = fields.seconds("time_limit", 1) or _TIME_LIMIT
    format_: Literal["mp3", "wav"] = "wav" if fields.choice("file_format", "mp3", ("mp3", "wav")) == "wav" else "mp3"
    channels = 2 if fields.choice("record_channel_type", "mono", ("mono", "stereo")) == "stereo" else 1
    fields.choice("transcription_type", "auto", ("auto",))
    done = done_hook(
        fields.url("callback_url"), fields.method("callback_method"), (fields.url("transcription_url"), "POST"),
        api_id=asking.api_id(),
    )  # fmt: skip
    leg = _named(asking)
    verb = RecordCall(done=done, max_length=limit, format=format_, channels=channels)
    events = asking.sandbox.do(InCall(leg.id, f"record {leg.recordings + 1}", (verb,)))
    (name,) = [event.recording.name for event in events if isinstance(event, RecordingStarted)]
    url = recording_url(name, format_, leg.memo.get("base", ""), asking.sandbox)
    return 200, {"api_id": asking.api_id(), "message": "recording started", "recording_id": name, "url": url}


def stop_record(asking: Asking) -> Answer:
    """VOBIZ-105: the one whose file is at `URL`, or all that run beside the document."""
    leg = _named(asking)
    wanted = asking.fields().text("URL")
    running = [
        recording for recording in asking.sandbox.recordings()
        if recording.leg == leg.id and recording.ended_at is None and recording.activity
    ]  # fmt: skip
    asking.sandbox.do(StopInCall(leg.id, "-"))  # refused where nothing can be stopped
    for recording in running:
        url = recording_url(recording.name, recording.format, leg.memo.get("base", ""), asking.sandbox)
        if wanted in ("", url):
            asking.sandbox.do(StopInCall(leg.id, recording.activity))
    return 204, None


# --- legs --------------------------------------------------------------------------------------------------------


def _named(asking: Asking) -> Leg:
    leg = asking.sandbox.named(asking.id)
    if leg is None or leg.state != "answered":
        raise Refused("not_answered" if leg is not None else "unknown_leg", leg=leg.id if leg is not None else "")
    return leg


def _legs(asking: Asking, which: str = "legs") -> list[str]:
    """VOBIZ-101: `aleg` is the leg that the path names, `bleg` the one it is bridged with; both must be there."""
    wanted = _LEGS[asking.fields().choice(which, "aleg", tuple(_LEGS))]
    leg = _named(asking)
    partner = leg.partner
    if "bleg" in wanted and partner is None:
        raise Refused("not_answered", leg=leg.id)
    both = {"aleg": leg.id, "bleg": partner.id if partner is not None else ""}
    return [both[each] for each in wanted]


def _run(
    asking: Asking, name: str, verbs: Iterable[Verb], limit: timedelta | None, loops: bool, which: str = "legs"
) -> None:
    for leg_id in _legs(asking, which):
        asking.sandbox.do(InCall(leg_id, name, tuple(verbs), limit, loops))


def _stop(asking: Asking, name: str) -> Answer:
    """VOBIZ-101: on both legs, and no harm if nothing sounds."""
    leg = _named(asking)
    for each in (leg, leg.partner):
        if each is not None:
            asking.sandbox.do(StopInCall(each.id, name))
    return 204, None


def _urls(asking: Asking) -> list[str]:
    """A comma list, or an array. Raises `Rejected` (400)."""
    got = asking.body.get("urls")
    listed = got if isinstance(got, list) else str(got or "").split(",")
    urls = [url.strip() if isinstance(url, str) else "" for url in listed]
    if not all(is_http_url(url) for url in urls) or not urls:
        raise Rejected(400, "urls must be one or several http or https URLs")
    return urls
