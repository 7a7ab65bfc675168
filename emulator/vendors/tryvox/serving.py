"""One API request as a handler sees it, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emulator.engine.legs import Leg
from emulator.vendor_api import VendorSandbox
from emulator.vendor_wire.bodies import NotJson, parse_json, parse_query
from emulator.vendors.tryvox.errors import Rejected, invalid
from emulator.vendors.tryvox.schemas import Fields

__all__ = ["Answer", "Asking", "Handler", "shelf_of"]


def shelf_of(is_test: bool, tenant: str) -> str:
    """TRYVOX-6, TRYVOX-7: calls of each kind of key, and of each tenant, stand in a list of their own."""
    return f"{'test' if is_test else 'live'} {tenant}"


class Asking:
    """An authenticated request: `ids` are those in its path after the account's, `raw` its body, `base_url` ours, as
    it was sent there."""

    __slots__ = ("_query_string", "base_url", "ids", "is_test", "raw", "sandbox", "tenant")

    def __init__(
        self,
        sandbox: VendorSandbox,
        is_test: bool,
        tenant: str,
        ids: list[str],
        query_string: bytes,
        raw: bytes,
        base_url: str,
    ) -> None:
        self.sandbox = sandbox
        self.is_test = is_test
        self.tenant = tenant
        self.ids = ids
        self.raw = raw
        self.base_url = base_url
        self._query_string = query_string

    @property
    def shelf(self) -> str:
        return shelf_of(self.is_test, self.tenant)

    @property
    def query(self) -> dict[str, str]:
        """The last value of each query parameter."""
        return parse_query(self._query_string)

    def fields(self) -> Fields:
        """Of the JSON body; no body at all is an object without fields. Raises `Rejected` (400): TRYVOX-22."""
        if not self.raw or self.raw.isspace():
            return Fields({})
        try:
            body = parse_json(self.raw)
        except NotJson as problem:
            raise Rejected(invalid((), "The body is not valid JSON")) from problem
        if not isinstance(body, Mapping):
            raise Rejected(invalid((), "The body must be a JSON object"))
        return Fields(body)

    def leg(self) -> Leg | None:
        """The call in the path, whichever list it stands in."""
        return self.sandbox.named(self.ids[0])


Answer = tuple[int, Any]
"""Status, and a body that JSON can hold, or None for no body at all."""

Handler = Callable[[Asking], Answer]
