"""The route for an API that looks its paths up in a table of its own: it takes every path, whatever is in it."""

from __future__ import annotations

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Everything"]


class Everything(BaseRoute):
    """`app` serves what begins with `prefix`, and finds the rest of the path in `path_params["path"]`.

    A framework's own pattern for this ends at a line break in a path, and the framework would answer for the vendor.
    """

    def __init__(self, prefix: str, app: ASGIApp) -> None:
        self.prefix, self.app = prefix, app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path: str = scope["path"]
        if scope["type"] != "http" or not path.startswith(self.prefix):
            return Match.NONE, {}
        return Match.FULL, {"path_params": {"path": path[len(self.prefix) :]}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
