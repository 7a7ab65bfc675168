"""What a Servetel account keeps in its panel, and switches for behaviour on which the facts disagree.

The records of the panel are msgspec structs, not `@value`s: a key that is misspelt in a list of webhooks must be
refused by name, and only they can do that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from emulator.engine.values import field, value
from emulator.vendor_wire.settings import DAY, Span, check_url

__all__ = ["Agent", "Department", "Dialplan", "Recording", "ServetelSettings", "Trigger", "Webhook", "inbound"]

Destination = Annotated[str, msgspec.Meta(pattern=r"^(agent|department|api_dialplan|hangup)\|\|\S+$")]

Trigger = Literal[
    "received",
    "dialed",
    "answered-by-agent",
    "answered-by-customer",
    "dtmf",
    "missed",
    "hangup",
    "missed-or-answered",
    "received-on-department",
]
"""SERVETEL-44, in the panel's words: Call received on Server; Dialed on Agent; Call answered by Agent; Call answered by
Customer; DTMF Option; Call Missed; Call Hangup (that is: answered); Call Missed or Answered; Received on Department."""


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One webhook of the panel (SERVETEL-40).

    `format` of a POST; a GET carries its fields in the query. `body`: key → text with `$variables`, nested as you like;
    null takes the trigger's default template (SERVETEL-45). `headers` are sent as they are.
    """

    url: str
    trigger: Trigger
    method: Literal["POST", "GET"] = "POST"
    format: Literal["json", "form"] = "json"
    headers: dict[str, str] = {}
    body: dict[str, Any] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        check_url(self, "url", is_optional=False)


class Agent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One more agent, or another version of one that the sandbox was created with (the same `id`)."""

    id: Annotated[str, msgspec.Meta(pattern=r"^\d{1,20}$")]
    name: str
    number: Annotated[str, msgspec.Meta(pattern=r"^\+\d{7,15}$")]
    extension: str = ""
    intercom: str = ""
    is_logged_in: bool = True


class Department(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Agents who are rung together, or one after another (SERVETEL-66). `agents` are ids; `timeout` seconds of ringing:
    for all of them, or for each in turn. `intercom`: where `call/options` may transfer to."""

    id: Annotated[str, msgspec.Meta(pattern=r"^\w{1,20}$")]
    name: str
    agents: tuple[str, ...]
    ring_strategy: Literal["simultaneous", "sequential"] = "simultaneous"
    timeout: Span = 30
    intercom: str = ""
    description: str = ""


class Dialplan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An API dialplan (SERVETEL-60): a URL of yours that routes calls to a number whose destination is
    `api_dialplan||id`, and `failover`, the destination when it does not. `method`, `format`, `headers` and `body` as of
    a webhook."""

    id: Annotated[str, msgspec.Meta(pattern=r"^\w{1,20}$")]
    url: str
    failover: Destination = "hangup||1"
    method: Literal["POST", "GET"] = "POST"
    format: Literal["json", "form"] = "json"
    headers: dict[str, str] = {}
    body: dict[str, Any] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        check_url(self, "url", is_optional=False)


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A prompt out of the account's library, for dialplans to play."""

    id: Annotated[str, msgspec.Meta(pattern=r"^\w{1,20}$")]
    name: str
    url: str = ""
    music_on_hold: bool = False

    def __post_init__(self) -> None:
        check_url(self, "url")


@value
class ServetelSettings:
    """Settings of one sandbox's Servetel account; the defaults follow the best evidence.

    `webhooks` ([]): the panel's webhooks, in the order in which they are told of one event. For example
    `{"webhooks": [{"url": "http://127.0.0.1:9000/hook", "trigger": "answered-by-agent"}, {"url":
    "http://127.0.0.1:9000/end", "trigger": "missed-or-answered", "format": "form", "headers": {"X-Token": "secret"},
    "body": {"id": "$call_id", "status": "$call_status", "order": "$custom_identifier"}}]}`. Without any, nothing is
    sent.
    `agents` ([]): more agents, `{"id", "name", "number"}` and perhaps `extension`, `intercom`, `is_logged_in`.
    `departments` ([]): `{"id", "name", "agents": [ids]}` and perhaps `ring_strategy` (`simultaneous`, `sequential`),
    `timeout` (30), `intercom`, `description`: what a number, a dialplan or a transfer may lead to (SERVETEL-66).
    `dialplans` ([]): `{"id", "url"}` and perhaps `failover` (`hangup||1`), `method`, `format`, `headers`, `body`,
    `name`: what `api_dialplan||id` means, each asked at its `url` (SERVETEL-60).
    `recordings` ([]): prompts, `{"id", "name"}` and perhaps `url`, `music_on_hold`, which a dialplan plays by id.
    `profile` (`servetel`): `smartflo` adds `queue_state` and `customer_number` to live calls and `number_of_days_left`
    to logins, and refuses `async` 0 (SERVETEL-19).
    `trailing_blank` (`profile`): whether the default templates spell `customer_no_with_prefix` with a blank at its end:
    as the profile does (Smartflo yes, Servetel no), `yes`, `no` (SERVETEL-42).
    `webhook_retries` (0) and `webhook_retry_wait` (5): how often a failed webhook is tried again, and the seconds
    before each (SERVETEL-43).
    `agent_ring_timeout` (30) and `customer_ring_timeout` (60): seconds, where the request names none (SERVETEL-54).
    `record_calls` (`false`): whether calls are recorded, and `recording_url` leads to their audio (SERVETEL-55).
    `support_agent` (""): id of the agent to whom the support API key leads; "" is the first (SERVETEL-29).
    """

    profile: Literal["servetel", "smartflo"] = "servetel"
    trailing_blank: Literal["profile", "yes", "no"] = "profile"
    webhook_retries: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    webhook_retry_wait: Annotated[float, msgspec.Meta(ge=0, le=DAY)] = 5
    agent_ring_timeout: Span = 30
    customer_ring_timeout: Span = 60
    support_agent: str = ""
    record_calls: bool = False
    webhooks: tuple[Webhook, ...] = field(default=(), hash=False)
    agents: tuple[Agent, ...] = field(default=(), hash=False)
    departments: tuple[Department, ...] = field(default=(), hash=False)
    dialplans: tuple[Dialplan, ...] = field(default=(), hash=False)
    recordings: tuple[Recording, ...] = field(default=(), hash=False)


_LED: Final = ("answered-by-agent", "answered-by-customer", "missed-or-answered")


def inbound(urls: Mapping[str, str]) -> dict[str, Any]:
    """Those by which inbound calls are led to an application at `urls`, by neutral callback name."""
    url = urls.get("hangup") or urls.get("status") or urls.get("answer", "")
    return {"webhooks": [{"url": url, "trigger": trigger} for trigger in _LED]} if url else {}
