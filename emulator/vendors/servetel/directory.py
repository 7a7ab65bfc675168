"""Who and what the account has: agents and numbers, from its records and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.vendor_api import CallView
from emulator.vendors.servetel.wire import same_number

__all__ = ["agents", "find_agent", "find_number", "is_online", "known", "numbers"]

Agent = Mapping[str, Any]


def agents(view: CallView) -> list[Agent]:
    """Every agent; one in the settings takes the place of the record with its id."""
    found = {agent["id"]: agent for agent in view.records.all("agent")}
    for given in view.settings.agents:
        kept = found.get(given.id) or {}
        found[given.id] = {
            "id": given.id,
            "name": given.name,
            "number": given.number,
            "extension": given.extension or kept.get("extension", ""),
            "intercom": given.intercom or kept.get("intercom", ""),
            "user_id": kept.get("user_id") or 1_000_000_000 + view.ids.integer("servetel user", given.id, 10**9),
            "is_logged_in": given.is_logged_in,
        }
    return list(found.values())


def find_agent(view: CallView, text: str) -> Agent | None:
    """SERVETEL-21: by id, intercom, extension or telephone number."""
    everyone = agents(view)
    for agent in everyone:
        if text in (agent["id"], agent["intercom"], agent["extension"]):
            return agent
    digits = text.lstrip("+")
    if not digits.isdigit() or len(digits) < 10:
        return None
    return next((agent for agent in everyone if same_number(agent["number"], text)), None)


def known(agent: Agent) -> dict[str, str]:
    """What a call remembers of its agent, so that later changes do not rewrite it."""
    return {key: agent[key] for key in ("id", "name", "number", "extension")}


def is_online(view: CallView, agent: Agent) -> bool:
    """SERVETEL-24, SERVETEL-37: neither logged out nor blocked."""
    return agent.get("is_logged_in", True) and view.records.get("blocked", agent["id"]) is None


def numbers(view: CallView) -> list[Mapping[str, Any]]:
    return list(view.records.all("number"))


def find_number(view: CallView, text: str) -> Mapping[str, Any] | None:
    """The account's number, in any spelling."""
    return next((number for number in numbers(view) if same_number(number["did"], text)), None)
