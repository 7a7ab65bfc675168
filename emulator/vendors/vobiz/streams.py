"""Audio streams: what asks for one is read whole, and then refused by name. Pure."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from emulator.errors import NotEmulated
from emulator.vendor_wire.urls import SOCKET, is_http_url, is_url
from emulator.vendors.vobiz.documents import Element
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.serving import Answer, Asking

__all__ = ["read_stream", "start_stream"]

_TRACKS: Final = ("inbound", "outbound", "both")
_TYPES: Final = ("audio/x-l16;rate=8000", "audio/x-l16;rate=16000", "audio/x-mulaw;rate=8000")
_HEADERS: Final = re.compile(r"[A-Za-z0-9]+=[A-Za-z0-9]+(?:,[A-Za-z0-9]+=[A-Za-z0-9]+)*")
MOST_HEADERS: Final = 512
MOST_RETRIES: Final = 10


def read_stream(element: Element) -> NoReturn:
    """VOBIZ-107: a mistake makes the document bad, as anywhere else. Raises `InvalidDocument`, `NotEmulated`."""
    if not is_url(element.words(), SOCKET):
        raise element.wrong("a ws or wss URL is required")
    for name in ("bidirectional", "keepCallAlive"):
        element.boolean(name, False)
    element.choice("audioTrack", "inbound", _TRACKS)
    element.choice("contentType", _TYPES[0], _TYPES)
    element.integer("streamTimeout", 86_400, least=1)
    if element.integer("maxRetries", 0) > MOST_RETRIES:
        raise element.wrong(f"maxRetries must be at most {MOST_RETRIES}")
    url = element.attribute("statusCallbackUrl")
    if url and not is_http_url(url):
        raise element.wrong(f"statusCallbackUrl must be an http or https URL, got {url!r}")
    element.choice("statusCallbackMethod", "POST", ("GET", "POST"))
    headers = element.attribute("extraHeaders")
    if headers and (len(headers) > MOST_HEADERS or not _HEADERS.fullmatch(headers)):
        raise element.wrong(f"extraHeaders must be key=value pairs of letters and digits, {MOST_HEADERS} bytes at most")
    raise NotEmulated("Stream", f"<Stream> at {element.where}")


def start_stream(asking: Asking) -> Answer:
    """VOBIZ-107. Raises `Rejected` (400), `NotEmulated`."""
    fields = asking.fields()
    if not is_url(fields.required("service_url"), SOCKET):
        raise Rejected(400, "service_url must be a ws or wss URL")
    fields.boolean("bidirectional")
    fields.choice("audio_track", "both", _TRACKS)
    fields.choice("content_type", _TYPES[0], _TYPES)
    fields.integer("stream_timeout", 1)
    fields.url("status_callback_url")
    fields.method("status_callback_method")
    raise NotEmulated("call stream")
