"""API dialplan, the JSON by which an application routes an inbound call: not emulated yet."""

from __future__ import annotations

from emulator.engine.program import Program
from emulator.errors import NotEmulated
from emulator.vendor_api import CallView
from emulator.webhooks.values import Reply, Request

__all__ = ["parse"]


def parse(reply: Reply, request: Request, view: CallView) -> Program | None:
    """Raises `NotEmulated`: no webhook of Servetel's asks anything, a dialplan would."""
    raise NotEmulated("API dialplan")
