"""What a request names, found: calls by our id or a vendor's, deliveries, vendors. Raises `ControlError`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from emulator.control.errors import ControlError
from emulator.control.reading import nearest
from emulator.engine.legs import Call, Leg
from emulator.runtime.exchange import Exchange
from emulator.runtime.sandbox import Sandbox
from emulator.webhooks.deliveries import Delivery

__all__ = ["call_named", "check_callback", "check_vendor", "delivery_named", "leg_named", "page"]

T = TypeVar("T")


def call_named(sandbox: Sandbox, name: str) -> Call:
    """By its id, or by the vendor's id of one of its legs."""
    call = sandbox.engine.calls.get(name)
    if call is not None:
        return call
    for vendor in sandbox.vendors:
        leg = sandbox.engine.named(vendor, name)
        if leg is not None:
            return leg.call
    hint = f"Only the newest {sandbox.keep} ended calls are kept; {sandbox.dropped} were dropped."
    if not sandbox.dropped:
        hint = nearest(name, islice(reversed(sandbox.engine.calls), 20))
    raise ControlError("unknown_call", f"sandbox {sandbox.id} has no call {name!r}", hint)


def leg_named(call: Call, name: str) -> Leg:
    for leg in call.legs:
        if name in (leg.id, leg.name):
            return leg
    hint = nearest(name, [leg.id for leg in call.legs])
    raise ControlError("unknown_leg", f"call {call.id} has no leg {name!r}", hint)


def delivery_named(sandbox: Sandbox, name: str) -> Delivery:
    delivery = sandbox.outbox.deliveries.get(name)
    if delivery is None:
        hint = nearest(name, islice(reversed(sandbox.outbox.deliveries), 20))
        raise ControlError("unknown_delivery", f"sandbox {sandbox.id} has no delivery {name!r}", hint)
    return delivery


def check_vendor(exchange: Exchange, name: str) -> None:
    if name not in exchange.vendors:
        raise ControlError("unknown_vendor", f"vendor {name!r} is not loaded", nearest(name, exchange.vendors))


def check_callback(exchange: Exchange, name: str) -> None:
    """A name that no vendor uses would be waited for for ever, or filter everything out."""
    known = sorted({callback for vendor in exchange.vendors.values() for callback in vendor.callbacks_named})
    if name not in known:
        raise ControlError("invalid_field", f"callback: expected a callback name, got {name!r}", nearest(name, known))


def page(items: Iterable[T], after: T | None, limit: int) -> tuple[list[T], bool]:
    """The `limit` items that follow `after`, and whether there are more."""
    rest: Iterator[T] = iter(items)
    if after is not None:
        for item in rest:
            if item is after:
                break
    found = list(islice(rest, limit + 1))
    return found[:limit], len(found) > limit
