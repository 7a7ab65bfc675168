"""Users, agents and numbers: what the account's panel shows, as far as the API does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.vendor_api import VendorSandbox
from emulator.vendors.servetel.destinations import check_destination
from emulator.vendors.servetel.directory import agents, find_agent, is_online, numbers
from emulator.vendors.servetel.errors import Rejected, invalid
from emulator.vendors.servetel.fields import Fields
from emulator.vendors.servetel.history import over_calls
from emulator.vendors.servetel.serving import Answer, Asking
from emulator.vendors.servetel.story import story_of

__all__ = [
    "block",
    "list_departments",
    "list_numbers",
    "list_recordings",
    "list_users",
    "retrieve_user",
    "unblock",
    "update_number",
]

PER_PAGE: Final = 10
_ROLE: Final = {"id": 3, "name": "Agent"}


# --- agents --------------------------------------------------------------------------------------------------------


def _agent(asking: Asking) -> Mapping[str, Any]:
    for agent in agents(asking.sandbox):
        if agent["id"] == asking.item:
            return agent
    raise Rejected(400, "Agent not found")  # SERVETEL-10


def block(asking: Asking) -> Answer:
    """SERVETEL-37: twice is as good as once."""
    agent = _agent(asking)
    asking.sandbox.records.put("blocked", agent["id"], {"id": agent["id"]})
    return 200, {"success": True, "message": "Agent blocked successfully"}


def unblock(asking: Asking) -> Answer:
    asking.sandbox.records.delete("blocked", _agent(asking)["id"])
    return 200, {"success": True, "message": "Agent unblocked successfully"}


# --- users ---------------------------------------------------------------------------------------------------------


def _is_enabled(sandbox: VendorSandbox, agent: Mapping[str, Any]) -> int:
    return int(is_online(sandbox, agent))


def _user(sandbox: VendorSandbox, agent: Mapping[str, Any]) -> dict[str, Any]:
    """SERVETEL-35: every agent is a user."""
    return {
        "id": agent["user_id"],
        "name": agent["name"],
        "agent": {
            "id": agent["id"],
            "name": agent["name"],
            "status": _is_enabled(sandbox, agent),
            "follow_me_number": agent["number"],
        },
        "login_id": _login_id(agent),
        "is_login_based_calling_enabled": False,
        "is_international_outbound_enabled": False,
        "user_role": _ROLE,
        "extension": agent["extension"] or None,
        "user_status": 1,
    }


def _login_id(agent: Mapping[str, Any]) -> str:
    return f"agent{agent['user_id']}"


_FLAGS: Final[dict[str, Callable[[Mapping[str, Any]], bool]]] = {
    "is_extension_created": lambda user: user["extension"] is not None,
    "is_login_based_calling": lambda user: user["is_login_based_calling_enabled"],
    "is_international_calling": lambda user: user["is_international_outbound_enabled"],
    "is_web_login": lambda user: True,
    "user_status": lambda user: user["user_status"] == 1,
}


def list_users(asking: Asking) -> Answer:
    """SERVETEL-35: in order of id, a page after `last_seen_id`."""
    sandbox = asking.sandbox
    fields = Fields(dict(asking.pairs))
    after, limit = fields.integer("last_seen_id", 0) or 0, fields.integer("limit", 1) or PER_PAGE
    wanted = {name: fields.switch(name, True) for name in _FLAGS if asking.query(name)}
    fields.check()
    users = sorted((_user(sandbox, agent) for agent in agents(sandbox)), key=lambda user: int(user["id"]))
    found = [
        user for user in users
        if user["id"] > after and all(_FLAGS[name](user) is given for name, given in wanted.items())
    ]  # fmt: skip
    page = found[:limit]
    return 200, {
        "has_more": len(found) > limit,
        "count": len(page),
        "last_seen_id": page[-1]["id"] if page else None,
        "data": page,
    }


def retrieve_user(asking: Asking) -> Answer:
    """SERVETEL-36."""
    sandbox = asking.sandbox
    agent = next((agent for agent in agents(sandbox) if str(agent["user_id"]) == asking.item), None)
    if agent is None:
        raise Rejected(400, "User not found")
    login_id = _login_id(agent)
    return 200, {
        "data": {
            "id": agent["user_id"],
            "name": agent["name"],
            "number": agent["number"],
            "team_member": {
                "designation": "",
                "email": f"{login_id}@servetel.ringback.test",
                "login_id": login_id,
                "status": 1,
                "role": _ROLE,
                "is_login_based_calling": False,
                "is_web_login_block": False,
                "users_for_cdr": [],
            },
            "agent": {
                "id": agent["id"],
                "intercom": agent["intercom"],
                "number": agent["number"],
                "agent_status": _is_enabled(sandbox, agent),
                "extension": {"username": agent["extension"], "outbound_block": False} if agent["extension"] else None,
                "sticky_Agent": False,
                "time_group": None,
                "failover_destination": {"id": None, "name": None, "type": None},
                "is_international_outbound_enabled": False,
            },
        }
    }


# --- numbers -------------------------------------------------------------------------------------------------------


def list_numbers(asking: Asking) -> Answer:
    """SERVETEL-38."""
    return 200, [dict(number) for number in numbers(asking.sandbox)]


def update_number(asking: Asking) -> Answer:
    """SERVETEL-39: fields that are not given stay."""
    sandbox = asking.sandbox
    number = next((number for number in numbers(sandbox) if str(number["id"]) == asking.item), None)
    if number is None:
        raise Rejected(400, "Number not found")
    fields = Fields(asking.body)
    changes = {name: fields.text(name) for name in ("name", "destination", "description") if name in asking.body}
    fields.check()
    if "destination" in changes:
        wrong = check_destination(sandbox, changes["destination"])
        if wrong:
            raise invalid("destination", wrong)
    sandbox.records.put("number", number["did"], {**number, **changes})
    return 200, {"success": True, "message": "Number updated successfully"}


# --- departments and recordings (SERVETEL-69) ----------------------------------------------------------------------


def list_departments(asking: Asking) -> Answer:
    """Calls are counted as `call/records` shows them."""
    sandbox = asking.sandbox
    over = [story_of(sandbox, root) for root in over_calls(sandbox)]
    rows = []
    for department in sandbox.settings.departments:
        answered = [story.is_answered for story in over if story.noted("department_id") == department.id]
        agents_in = [agent for key in department.agents if (agent := find_agent(sandbox, key)) is not None]
        rows.append(
            {
                "id": department.id,
                "name": department.name,
                "description": department.description,
                "ring_strategy": department.ring_strategy,
                "agent_count": len(agents_in),
                "calls_answered": answered.count(True),
                "calls_missed": answered.count(False),
                "use_as_queue": False,
                "queue_timeout": None,
                "agents": [
                    {"id": agent["user_id"], "name": agent["name"], "eid": agent["id"], "timeout": department.timeout}
                    for agent in agents_in
                ],
            }
        )
    return 200, rows


def list_recordings(asking: Asking) -> Answer:
    return 200, [
        {"id": each.id, "name": each.name, "url": each.url, "music_on_hold": each.music_on_hold, "default": False}
        for each in asking.sandbox.settings.recordings
    ]
