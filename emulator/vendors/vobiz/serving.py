"""One API request as a handler sees it, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import Scope

from emulator.vendor_api import VendorSandbox
from emulator.vendor_wire.bodies import NotJson, parse_body, parse_query
from emulator.vendor_wire.urls import origin
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.schemas import Fields

__all__ = ["Answer", "Asking", "Csv", "Handler", "read_body"]


class Asking:
    """An authenticated request: `id` is the id in its path, `part` a second one, `body` its fields, however encoded."""

    __slots__ = (
        "_number", "_query", "account", "body", "id", "method", "part", "query_string", "sandbox", "scope",
    )  # fmt: skip

    def __init__(
        self,
        sandbox: VendorSandbox,
        account: str,
        method: str,
        item: str,
        query_string: bytes,
        body: Mapping[str, Any],
        number: int,
        part: str = "",
    ) -> None:
        self.part = part
        self.sandbox = sandbox
        self.account = account
        self.method = method
        self.id = item
        self.query_string = query_string
        self.body = body
        self._number = number
        self._query: dict[str, str] | None = None
        self.scope: Scope = {}

    @property
    def query(self) -> dict[str, str]:
        """The last value of each query parameter."""
        if self._query is None:
            self._query = parse_query(self.query_string)
        return self._query

    @property
    def base_url(self) -> str:
        """Where Vobiz is for whoever asks."""
        headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in self.scope["headers"]}
        return origin(headers, self.scope["scheme"]) + str(self.scope.get("ringback.prefix", ""))

    def filters(self) -> Fields:
        return Fields(self.query)

    def fields(self) -> Fields:
        return Fields(self.body)

    def api_id(self) -> str:
        """VOBIZ-1: a UUID, new for each request: of the sandbox's n-th request here."""
        return self.sandbox.ids.uuid("vobiz api_id", str(self._number))


class Csv(str):
    """A body that is not JSON but a table."""

    __slots__ = ()


Answer = tuple[int, Any]
"""Status, and a body that JSON can hold, a `Csv`, or None for no body at all."""

Handler = Callable[[Asking], Answer]


def read_body(raw: bytes, content_type: str) -> Mapping[str, Any]:
    """The fields of a JSON object or a form; an empty body is an empty object. Raises `Rejected` (400): VOBIZ-1."""
    try:
        body = parse_body(raw, content_type)
    except NotJson as problem:
        raise Rejected(400, f"the body is not JSON: {problem}") from problem
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise Rejected(400, "the body must be a JSON object")
    return body
