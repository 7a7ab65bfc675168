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
from emulator.vendors.servetel.destinations import dialplan_of
from emulator.vendors.servetel.settings import Dialplan, ServetelSettings, Webhook
from emulator.vendors.servetel.story import root_of, story_of
from emulator.vendors.servetel.variables import Moment, fill, flat
from emulator.webhooks.values import Form, Json, Policy, Raw, Request

__all__ = ["NAMES", "render"]

NAMES: Final = (
    "received", "received-on-department", "dialed", "answered-by-agent", "answered-by-customer", "dtmf", "missed",
    "hangup", "answer", "gather",
)  # fmt: skip
"""The last two are the questions of an API dialplan: at first, and after a recording that asks for keys."""

_TIMEOUT: Final = timedelta(seconds=10)


def render(event: Event, view: CallView) -> Sequence[Request]:
    """The webhooks that one event sets off, in the panel's order; most events none (SERVETEL-50). And the questions of
    a dialplan. Of a supervisor's own call nobody is told (SERVETEL-70)."""
    finder = _TRIGGERS.get(type(event))
    settings: ServetelSettings = view.settings
    if finder is None or event.leg is None or event.leg.memo["kind"] == "supervision":
        return ()
    if isinstance(event, e.Asked):
        return (_question(event, view),)
    if not settings.webhooks:
        return ()
    moment = finder(event, view)
    if moment is None:
        return ()
    wanted = (moment.trigger, "missed-or-answered" if moment.is_end else "")
    return [_request(webhook, moment, settings) for webhook in settings.webhooks if webhook.trigger in wanted]


def _moment(trigger: str, event: Any, view: CallView, digits: str = "") -> Moment:
    leg: LegSnapshot = event.leg
    return Moment(trigger, story_of(view, root_of(view, leg)), leg, event.at, view, digits)


# --- SERVETEL-44: what sets off what -------------------------------------------------------------------------------


def _arrived(event: e.Arrived, view: CallView) -> Moment:
    return _moment("received", event, view)


def _dialed(event: e.Dialed, view: CallView) -> Moment | None:
    """An agent's telephone, for an inbound call; by a transfer, too."""
    leg = event.leg
    if leg.parent is None or leg.memo["kind"] != "inbound":
        return None
    return _moment("dialed", event, view)


def _answered(event: e.Answered, view: CallView) -> Moment | None:
    leg = event.leg
    if leg.direction == "inbound":  # nobody picked up there: the agent's leg says it
        return None
    return _moment(f"answered-by-{leg.memo['role']}", event, view)


def _told(event: e.Told, view: CallView) -> Moment | None:
    return _moment(event.hook.purpose, event, view) if event.hook.purpose == "received-on-department" else None


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
    e.Told: _told,
    e.CallEnded: _ended,
    e.Asked: lambda event, view: None,
}


# --- the request ---------------------------------------------------------------------------------------------------


def _request(webhook: Webhook, moment: Moment, settings: ServetelSettings) -> Request:
    blank = settings.trailing_blank == "yes" or (
        settings.trailing_blank == "profile" and settings.profile == "smartflo"
    )
    url, body = _filled(webhook, fill(webhook.body, moment, blank))
    wait = timedelta(seconds=settings.webhook_retry_wait)
    policy = Policy((wait,) * settings.webhook_retries, timeout=_TIMEOUT)  # SERVETEL-43
    return Request(
        "servetel", moment.leg.call, moment.leg.id, moment.trigger, url, webhook.method, body, policy,
        headers=tuple(webhook.headers.items()), word=moment.word(),
    )  # fmt: skip


def _question(event: e.Asked, view: CallView) -> Request:
    """SERVETEL-60: asked once; nothing but a 200 is an answer."""
    leg, hook = event.leg, event.hook
    dialplan = dialplan_of(view, hook.extra["dialplan"]) or Dialplan(hook.extra["dialplan"], hook.url)
    keys = event.fields.get("digits", "")
    moment = Moment("dialplan", story_of(view, root_of(view, leg)), leg, event.at, view, keys)
    url, body = _filled(dialplan, fill(dialplan.body, moment, False))
    return Request(
        "servetel", leg.call, leg.id, hook.purpose, url, dialplan.method, body,
        Policy(timeout=_TIMEOUT, ok=frozenset({200})), event.ask, headers=tuple(dialplan.headers.items()),
        context={"dialplan": dialplan.id, "keys": keys},
    )  # fmt: skip


def _filled(about: Webhook | Dialplan, fields: dict[str, Any]) -> tuple[str, Form | Json | Raw]:
    """URL and body (SERVETEL-40)."""
    if about.method == "GET":
        return with_query(about.url, urlencode([(key, flat(given)) for key, given in fields.items()])), Raw()
    if about.format == "form":
        return about.url, Form(tuple((key, flat(given)) for key, given in fields.items()))
    return about.url, Json(fields)
