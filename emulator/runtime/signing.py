"""What an attempt is signed with: the vendor's own signature, or a bad one where a fault strikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from emulator.webhooks.deliveries import Attempt, Delivery
from emulator.webhooks.values import Request

if TYPE_CHECKING:
    from emulator.runtime.sandbox import Sandbox

__all__ = ["Ingredients", "ingredients", "signature_headers"]

Ingredients = tuple[Request, datetime, bytes]
"""The request with its secret, the instant and the 32 random bytes that `Vendor.sign` is given."""


def signature_headers(
    sandbox: Sandbox, delivery: Delivery, attempt: Attempt, body: bytes, at: datetime
) -> Sequence[tuple[str, str]]:
    """The signature of one attempt that is signed at `at`, which is kept with it."""
    attempt.signed_at = at
    if attempt.fault is not None and attempt.fault.kind == "no-signature":
        return ()
    request, at, nonce = ingredients(sandbox, delivery, attempt, at)
    return sandbox.vendors[delivery.vendor].sign(request, body, at, nonce)


def ingredients(sandbox: Sandbox, delivery: Delivery, attempt: Attempt, at: datetime) -> Ingredients:
    """What the vendor signs with; of a struck attempt, what it wrongly signs with."""
    request, name = delivery.request, f"{delivery.id}#{attempt.number}"
    fault = attempt.fault
    if fault is not None:
        if fault.kind == "wrong-signature":
            request = replace(request, key=sandbox.ids.hex("fault", "wrong secret", 32))
        elif fault.kind == "stale-signature":
            at -= fault.span
            name = f"{delivery.call}-d1#1"  # a nonce that the receiver has seen, unless this is the call's first
    return request, at, sandbox.ids.digest("nonce", name)
