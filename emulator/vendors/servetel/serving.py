"""One API request as a handler sees it, and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from emulator.vendor_api import VendorContext, VendorSandbox
from emulator.vendor_wire.bodies import NotJson, parse_body

__all__ = ["Answer", "Asking", "Handler", "read_body"]


class Asking:
    """`item` is the id in the path, `body` the fields of JSON or form, `base_url` ours, as it was sent there; `sandbox`
    only where a token was asked for."""

    __slots__ = ("_query", "_sandbox", "base_url", "body", "context", "item", "query_string", "token")

    def __init__(
        self,
        context: VendorContext,
        sandbox: VendorSandbox | None,
        token: str,
        item: str,
        query_string: bytes,
        base_url: str,
    ) -> None:
        self.context = context
        self._sandbox = sandbox
        self.token = token
        self.item = item
        self.base_url = base_url
        self.query_string = query_string
        self.body: Mapping[str, Any] = {}
        self._query: list[tuple[str, str]] | None = None

    @property
    def sandbox(self) -> VendorSandbox:
        assert self._sandbox is not None  # the handler's row says that it needs a token
        return self._sandbox

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every query parameter that has a value, in order (SERVETEL-14: an empty one counts as not given)."""
        if self._query is None:
            self._query = parse_qsl(self.query_string.decode("latin-1"))
        return self._query

    def query(self, name: str) -> str:
        """The last value of one, without blanks around it; "" without one."""
        return next((text.strip() for key, text in reversed(self.pairs) if key == name), "")


Answer = tuple[int, Any]
"""Status, and a body that JSON can hold."""

Handler = Callable[[Asking], Answer | Awaitable[Answer]]


def read_body(raw: bytes, content_type: str) -> Mapping[str, Any]:
    """The fields of a JSON object or a form; anything else has none, and is then refused for what it lacks
    (SERVETEL-9)."""
    try:
        body = parse_body(raw, content_type)
    except NotJson:
        return {}
    return body if isinstance(body, dict) else {}
