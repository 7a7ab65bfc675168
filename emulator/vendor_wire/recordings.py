"""A recording's audio as the answer to a GET or HEAD: whole, or the part that a `Range` asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulator import audio
from emulator.engine.recordings import Recording

__all__ = ["RecordingResponse", "serve_recording"]

_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class RecordingResponse(Response):
    """200 with all of it, 206 with a part, 416 with nothing. Made while it is sent, some seconds at a time.

    `format_`: `mp3` or `wav`, "" as it was recorded. A range that makes no sense, or several, get the whole.
    """

    def __init__(
        self,
        recording: Recording,
        headers: Mapping[str, str],
        format_: str = "",
        more: Mapping[str, str] | None = None,
    ) -> None:
        """`headers`: the request's, names in lower case. `more`: of the answer, on top."""
        self._recording = recording
        self._format = format_ or recording.format
        self._size = audio.size(recording, self._format)
        tag = f'"{recording.name}.{self._format}"'
        self._start, self._stop, status = 0, self._size, 200
        shown = {"accept-ranges": "bytes", "etag": tag, **(more or {})}
        part = _part(headers.get("range", ""), self._size)
        if part is not None and headers.get("if-range", tag) == tag:
            self._start, self._stop = part
            status = 206 if self._start < self._stop else 416
            shown["content-range"] = f"bytes {self._start}-{self._stop - 1}/{self._size}"
        if status == 416:
            self._start = self._stop = 0
            shown["content-range"] = f"bytes */{self._size}"
        super().__init__(None, status, shown, audio.CONTENT_TYPES[self._format])
        self.headers["content-length"] = str(self._stop - self._start)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] != "HEAD":
            for piece in audio.stream(self._recording, self._format, self._start, self._stop):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """From where to before where, which is nowhere if nothing of it is there; None for what is no range."""
    match = _RANGE.fullmatch(asked)
    if match is None or match.group(1, 2) == ("", ""):
        return None
    first, last = match.group(1, 2)
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size


def serve_recording(
    scope: Scope, recording: Recording, format_: str = "", more: Mapping[str, str] | None = None
) -> RecordingResponse:
    """The answer to this request: call it with ASGI's three, or return it from an endpoint."""
    headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
    return RecordingResponse(recording, headers, format_, more)
