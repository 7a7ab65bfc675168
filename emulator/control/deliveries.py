"""Deliveries: listed, shown, sent again."""

from __future__ import annotations

from collections.abc import Iterator

from emulator.control import requests as r
from emulator.control.answers import DeliveriesAnswer, DeliveryAnswer
from emulator.control.finding import call_named, check_callback, delivery_named, page
from emulator.control.operations import Operation, Visit
from emulator.control.views import delivery_in_full
from emulator.webhooks.deliveries import Delivery

__all__ = ["OPERATIONS"]


async def list_some(visit: Visit) -> DeliveriesAnswer:
    query: r.ListDeliveries = visit.query
    if query.callback is not None:
        check_callback(visit.exchange, query.callback)
    after = delivery_named(visit.sandbox, query.after) if query.after is not None else None
    found, is_more = page(_matching(visit, query, after), after, query.limit)
    return DeliveriesAnswer([delivery_in_full(delivery) for delivery in found], found[-1].id if is_more else None)


def _matching(visit: Visit, query: r.ListDeliveries, after: Delivery | None) -> Iterator[Delivery]:
    """Those asked for, and `after` itself, from which the page counts."""
    outbox = visit.sandbox.outbox
    if query.call is None:
        among = iter(outbox.deliveries.values())
    else:
        among = iter(outbox.of_call(call_named(visit.sandbox, query.call).id))
    for delivery in among:
        if query.callback in (None, delivery.callback) or delivery is after:
            yield delivery


async def get(visit: Visit) -> DeliveryAnswer:
    return delivery_in_full(delivery_named(visit.sandbox, visit.named("delivery")))


async def resend(visit: Visit) -> DeliveryAnswer:
    body: r.Resend = visit.body
    delivery = delivery_named(visit.sandbox, visit.named("delivery"))
    return delivery_in_full(visit.sandbox.resend(delivery.id, body.set))


OPERATIONS = (
    Operation("GET", "/sandboxes/{sandbox}/deliveries", "listDeliveries", "Messages to the application, in order.",
              list_some, DeliveriesAnswer, query=r.ListDeliveries, refusals=("unknown_call", "unknown_delivery"),
              tag="deliveries"),
    Operation("GET", "/sandboxes/{sandbox}/deliveries/{delivery}", "getDelivery",
              "One message: request, response, timing, signature and attempts.", get, DeliveryAnswer,
              refusals=("unknown_delivery",), tag="deliveries"),
    Operation("POST", "/sandboxes/{sandbox}/deliveries/{delivery}/resend", "resendDelivery",
              "Send it once more, signed anew. Nothing waits for its answer.", resend, DeliveryAnswer, 201, r.Resend,
              refusals=("unknown_delivery",), tag="deliveries"),
)  # fmt: skip
