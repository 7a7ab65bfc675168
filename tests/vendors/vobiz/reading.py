"""A reply to read, and the view that reading needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emulator.engine.program import Program
from emulator.errors import FlawedDocument
from emulator.vendors.vobiz.language import parse
from emulator.vendors.vobiz.settings import VobizSettings
from emulator.webhooks.values import Form, Policy, Reply, Request

REQUEST = Request("vobiz", "c1", "c1.0", "answer", "http://127.0.0.1:1/answer", "POST", Form(()), Policy())


class Settings:
    """The only part of a `CallView` that reading a document looks at."""

    def __init__(self, **settings: Any) -> None:
        self.settings = VobizSettings(**settings)


def reply(body: str | bytes, content_type: str = "application/xml", **more: Any) -> Reply:
    headers = (("Content-Type", content_type), *more.pop("headers", ()))
    return Reply(200, headers, body.encode() if isinstance(body, str) else body, **more)


def read(body: str | bytes, content_type: str = "application/xml", **settings: Any) -> Program:
    """What runs, be the document flawed or not."""
    try:
        return parse(reply(body, content_type), REQUEST, Settings(**settings))  # type: ignore[arg-type]
    except FlawedDocument as flawed:
        assert isinstance(flawed.program, Program)
        return flawed.program


def flaw_of(body: str, callback: str = "answer") -> str:
    """What is told of a document that is taken all the same; "" if nothing is wrong."""
    try:
        parse(reply(body), replace(REQUEST, callback=callback), Settings())  # type: ignore[arg-type]
    except FlawedDocument as flawed:
        return str(flawed)
    return ""
