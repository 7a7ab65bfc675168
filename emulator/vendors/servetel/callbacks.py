"""From an engine event to the webhooks of the panel: which trigger goes off, who is told, and how. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from emulator.engine import events as e
from emulator.engine.events import Event, LegSnapshot
from emulator.vendor_api import CallView
from emulator.vendor_wire.urls import with_query
from emulator.vendors.servetel.settings import ServetelSettings, Webhook
from emulator.vendors.servetel.story import story_of
from emulator.vendors.servetel.variables import Moment, fill, flat
from emulator.webhooks.values import Form, Json, Policy, Raw, Request

__all__ = ["NAMES", "render"]

NAMES: Final = ("received", "dialed", "answered-by-agent", "answered-by-customer", "dtmf", "missed", "hangup")

_TIMEOUT: Final = timedelta(seconds=10)


def render(event: Event, view: CallView) -> Sequence[Request]:
    """The webhooks that one event sets off, in the panel's order; most events none (SERVETEL-50)."""
    finder = _TRIGGERS.get(type(event))
    settings: ServetelSettings = view.settings
    if finder is None or not settings.webhooks:
        return ()
    moment = finder(event, view)
    if moment is None:
        return ()
    wanted = (moment.trigger, "missed-or-answered" if moment.is_end else "")
    return [_request(webhook, moment, settings) for webhook in settings.webhooks if webhook.trigger in wanted]


def _root(leg: LegSnapshot, view: CallView) -> LegSnapshot:
    if leg.parent is None:
        return leg
    root = view.leg(leg.parent)
    assert root is not None  # a child does not outlive its parent in the engine's books
    return root


def _moment(trigger: str, event: Any, view: CallView, digits: str = "") -> Moment:
    leg: LegSnapshot = event.leg
    return Moment(trigger, story_of(view, _root(leg, view)), leg, event.at, view, digits)


# --- SERVETEL-44: what sets off what -------------------------------------------------------------------------------


def _arrived(event: e.Arrived, view: CallView) -> Moment:
    return _moment("received", event, view)


def _dialed(event: e.Dialed, view: CallView) -> Moment | None:
    """An agent's telephone, for an inbound call."""
    leg = event.leg
    if leg.parent is None or leg.memo["kind"] != "inbound":
        return None
    return _moment("dialed", event, view)


def _answered(event: e.Answered, view: CallView) -> Moment | None:
    leg = event.leg
    if leg.direction == "inbound":  # nobody picked up there: the agent's leg says it
        return None
    return _moment(f"answered-by-{leg.memo['role']}", event, view)


def _digits(event: e.DigitsCollected, view: CallView) -> Moment | None:
    return _moment("dtmf", event, view, event.digits) if event.digits else None


def _ended(event: e.CallEnded, view: CallView) -> Moment:
    story = story_of(view, event.leg)
    return Moment("hangup" if story.is_answered else "missed", story, event.leg, event.at, view)


_TRIGGERS: Final[dict[type, Callable[[Any, CallView], Moment | None]]] = {
    e.Arrived: _arrived,
    e.Dialed: _dialed,
    e.Answered: _answered,
    e.DigitsCollected: _digits,
    e.CallEnded: _ended,
}


# --- the request ---------------------------------------------------------------------------------------------------


def _request(webhook: Webhook, moment: Moment, settings: ServetelSettings) -> Request:
    blank = settings.trailing_blank == "yes" or (
        settings.trailing_blank == "profile" and settings.profile == "smartflo"
    )
    fields = fill(webhook.body, moment, blank)
    url = webhook.url
    body: Form | Json | Raw
    if webhook.method == "GET":
        url = with_query(url, urlencode([(key, flat(given)) for key, given in fields.items()]))
        body = Raw()
    elif webhook.format == "form":
        body = Form(tuple((key, flat(given)) for key, given in fields.items()))
    else:
        body = Json(fields)
    wait = timedelta(seconds=settings.webhook_retry_wait)
    policy = Policy((wait,) * settings.webhook_retries, timeout=_TIMEOUT)  # SERVETEL-43
    return Request(
        "servetel", moment.leg.call, moment.leg.id, moment.trigger, url, webhook.method, body, policy,
        headers=tuple(webhook.headers.items()), word=moment.word(),
    )  # fmt: skip
