"""The limit on API requests, where a sandbox has one."""

from __future__ import annotations

from typing import Final

from emulator.vendor_api import VendorSandbox
from emulator.vendors.jambonz.errors import Rejected, too_many

__all__ = ["count_request"]

Headers = tuple[tuple[str, str], ...]
_KEY: Final = ("counter", "requests")


def count_request(sandbox: VendorSandbox) -> Headers:
    """JAMBONZ-16: what the answer says of the limit, nothing without one. Raises `Rejected` (429) beyond it."""
    most, span = sandbox.settings.rate_limit, sandbox.settings.rate_limit_seconds
    if not most:
        return ()
    now = sandbox.now().timestamp()
    found = sandbox.records.get(*_KEY)
    if found is None or now >= found["since"] + span:
        found = {"since": now, "count": 0}
    count = int(found["count"]) + 1
    left = max(1, round(found["since"] + span - now))
    headers = (
        ("RateLimit-Policy", f"{most};w={span}"),
        ("RateLimit-Limit", str(most)),
        ("RateLimit-Remaining", str(max(0, most - count))),
        ("RateLimit-Reset", str(left)),
    )
    if count > most:
        raise Rejected(too_many((*headers, ("Retry-After", str(left)))))
    sandbox.records.put(*_KEY, {"since": found["since"], "count": count})
    return headers
