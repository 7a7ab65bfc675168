"""The Dial of a VoxML document. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from emulator.engine import program as p
from emulator.engine.program import Hook, Target, Verb
from emulator.errors import InvalidDocument
from emulator.vendors.tryvox.documents import Node
from emulator.vendors.tryvox.rooms import recorded_dial
from emulator.vendors.tryvox.wire import is_e164

__all__ = ["CHILD_MEMO", "read_dial"]

CHILD_MEMO: Final[dict[str, Any]] = {"urls": {}, "detects": False, "transferred_at": None}
"""What a dialled leg has of its own: no URLs, so nobody is told of it but by the leg that dialled it."""

_SENT: Final = re.compile(r"[0-9*#A-DwW]+")


def read_dial(node: Node) -> tuple[Verb, ...]:
    """TRYVOX-55, TRYVOX-67."""
    is_recorded = node.boolean("record")
    caller_id, url = node.text("caller_id"), node.url("action_url", is_required=False)
    targets = [_number(each, caller_id) for each in node.nodes("numbers")]
    targets += [_sip(each, caller_id) for each in node.nodes("sip")]
    targets += [Target(each.required("name"), caller_id, CHILD_MEMO) for each in node.nodes("client")]
    if not targets:
        raise InvalidDocument("expected numbers, sip or client to dial", node.path)
    tone = node.text("ring_tone")
    dial = p.Dial(
        tuple(targets),
        ring_timeout=node.span("timeout", 30),
        time_limit=node.span("time_limit", 14_400),
        hook=Hook(url, purpose="dial") if url else None,
        where=node.path,
        music=p.Program((p.Play(tone, 0, where=f"{node.path}.ring_tone"),)) if tone else None,
    )
    return recorded_dial(dial) if is_recorded else (dial,)


def _number(node: Node, caller_id: str) -> Target:
    number, digits = node.required("number"), node.text("send_digits")
    if not is_e164(number):
        raise node.wrong("number", f"expected E.164, got {number!r}")
    if digits and not _SENT.fullmatch(digits):
        raise node.wrong("send_digits", f"expected 0-9, *, #, A-D, w and W, got {digits!r}")
    return Target(number, caller_id, CHILD_MEMO, p.SendDigits(digits) if digits else None)


def _sip(node: Node, caller_id: str) -> Target:
    """Nobody asks for the user name and the password."""
    uri = node.required("uri")
    node.text("username")
    node.text("password")
    return Target(uri, caller_id, CHILD_MEMO)
