"""Servetel, walked: every documented answer once, every webhook in each of its moods."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from contracts.walking.lists import check_list
from contracts.walking.walker import Walker

__all__ = ["headers", "real", "walk"]

INDIA = timedelta(hours=5, minutes=30)
CUSTOMER = "+919876543210"


def headers(account: Mapping[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {account['token']}"}


def real(account: Mapping[str, Any]) -> dict[str, list[str]]:
    agents = [agent["id"] for agent in account["agents"]]
    return {
        "path.eid": agents, "body.agent_number": agents, "body.agent_id": agents,
        "body.destination_number": [CUSTOMER], "body.caller_id": list(account["numbers"]),
        "body.api_key": [account["support_api_key"]],
    }  # fmt: skip


def walk(walker: Walker) -> None:
    plan = {"id": "front", "url": f"{walker.app}/plan", "failover": f"agent||{walker.account.agents[0]['id']}"}
    department = {"id": "7", "name": "Sales", "agents": [agent["id"] for agent in walker.account.agents]}
    webhooks = [
        {"name": trigger, "url": f"{walker.app}/{trigger}?order=7", "trigger": trigger}
        for trigger in (
            "received", "received-on-department", "dialed", "answered-by-agent", "answered-by-customer", "dtmf",
            "missed", "hangup",
        )
    ]  # fmt: skip
    prompts = [{"id": "1", "name": "welcome", "url": f"{walker.app}/welcome.mp3"}]
    walker.ringback.settings.change(
        "servetel", webhooks=webhooks, dialplans=[plan], departments=[department], recordings=prompts
    )
    ids = _directory(walker)
    walker.strangers(id=ids["user"], eid=ids["agent"])
    walker.wrong_methods(405, id=ids["user"], eid=ids["agent"])
    walker.bad_days()
    walker.steps(_foreign_call, _tokens, _talk, _options, _missed, _dialplan, _inbound, _support, _records)


def _directory(walker: Walker) -> dict[str, Any]:
    check_list(walker, "listUsers")
    _flags(walker)
    prompts = [(each["name"], each["default"]) for each in walker.ask("listRecordings", 200).json]
    if prompts != [("welcome", False)]:
        walker.wrong("GET /v1/recordings 200", f"expected the one prompt that is set, got {prompts}")
    users = walker.ask("listUsers", 200, query={"limit": 1}).json["data"]
    user, agent = users[0]["id"], users[0]["agent"]["id"]
    walker.ask("listUsers", 422, query={"limit": "x"})
    walker.ask("getUser", 200, id=user)
    walker.ask("getUser", 400, id=999_999_999)
    for operation in ("blockAgent", "unblockAgent"):
        walker.ask(operation, 200, eid=agent)
        walker.ask(operation, 400, eid="0599999999999")
    numbers = walker.ask("listNumbers", 200).json
    number = numbers[0]["id"]
    walker.ask("changeNumber", 200, id=number, json={"name": "front desk", "destination": f"agent||{agent}"})
    walker.ask("changeNumber", 422, id=number, json={"destination": "nobody"})
    walker.ask("changeNumber", 400, id=999_999_999, json={"name": "x"})
    return {"user": user, "agent": agent, "number": number}


def _flags(walker: Walker) -> None:
    """Users by what is on or off."""
    whole = walker.ask("listUsers", 200).json["data"]
    flags: dict[str, Callable[[Any], bool]] = {
        "is_extension_created": lambda user: user["extension"] is not None,
        "is_login_based_calling": lambda user: user["is_login_based_calling_enabled"] is True,
        "is_international_calling": lambda user: user["is_international_outbound_enabled"] is True,
        "is_web_login": lambda user: True, "user_status": lambda user: user["user_status"] == 1,
    }  # fmt: skip
    for name, is_on in flags.items():
        for asked in ("1", "0"):
            wanted = [user["id"] for user in whole if is_on(user) is (asked == "1")]
            come = [user["id"] for user in walker.ask("listUsers", 200, query={name: asked}).json["data"]]
            if come != wanted:
                walker.wrong("GET /v1/users 200", f"{name}={asked}: expected {wanted}, got {come}")


def _tokens(walker: Walker) -> None:
    login = {"email": walker.account.email, "password": walker.account.password}
    token = walker.ask("login", 200, headers={}, json=login).json["access_token"]
    for wrong in ({**login, "password": "x"}, {**login, "email": "x@example.com"}, {}):
        walker.ask("login", 401, headers={}, json=wrong)
    fresh = walker.ask("refresh", 200, headers={"Authorization": token}).json["access_token"]
    walker.ask("listLiveCalls", 200, headers={"Authorization": fresh})
    walker.ask("logout", 200, headers={"Authorization": fresh})
    walker.ask("listLiveCalls", 401, headers={"Authorization": fresh})


def _foreign_call(walker: Walker) -> None:
    """A call of another account's is not listed among ours, and cannot be hung up."""
    body = {"agent_number": walker.foreign.agents[0]["id"], "destination_number": CUSTOMER, "async": 1}
    walker.ask_as_foreign("clickToCall", 200, json=body)
    call = walker.ask_as_foreign("listLiveCalls", 200).json[-1]["call_id"]
    if any(each["call_id"] == call for each in walker.ask("listLiveCalls", 200).json):
        walker.wrong("GET /v1/live_calls 200", f"lists the call {call} of another account")
    walker.ask("hangUp", 400, json={"call_id": call})
    walker.ask_as_foreign("hangUp", 200, json={"call_id": call})


def _place(walker: Walker, **more: Any) -> str:
    """A click to call; the id of the call."""
    agent = walker.account.agents[0]["id"]
    walker.ask(
        "clickToCall", 200, json={"agent_number": agent, "destination_number": CUSTOMER, "async": 1, **more}
    )  # fmt: skip
    return str(walker.ask("listLiveCalls", 200).json[-1]["call_id"])


def _talk(walker: Walker) -> None:
    """Agent and customer talk; then the API hangs up, by a prefixed id."""
    call = _place(walker, custom_identifier="order-7", caller_id=walker.account.numbers[0])
    for wrong in (
        {},
        {"agent_number": "1", "destination_number": CUSTOMER},
        {"destination_number": CUSTOMER},
        {"agent_number": walker.account.agents[0]["id"], "destination_number": "x"},
        {"agent_number": walker.account.agents[0]["id"], "destination_number": CUSTOMER, "caller_id": "1"},
    ):
        walker.ask("clickToCall", 422, json=wrong)  # fmt: skip
    walker.ringback.advance(20)
    _live(walker, call)
    walker.ask("hangUp", 422, json={})
    walker.ask("hangUp", 200, json={"call_id": f"h01.02-{call}"})
    walker.ask("hangUp", 400, json={"call_id": call})
    walker.ringback.run()


def _live(walker: Walker, call: str) -> None:
    """The list of live calls, by each of its filters: beside this call of the first agent's there is one of another's,
    from another number."""
    agent, other = walker.account.agents[:2]
    body = {"agent_number": other["id"], "destination_number": CUSTOMER, "caller_id": walker.account.numbers[1]}
    walker.ask("clickToCall", 200, json={**body, "async": 1})
    check_list(walker, "listLiveCalls")
    for row in walker.ask("listLiveCalls", 200).json:
        if walker.ask("getLiveCall", 200, call_id=row["call_id"]).json != row:
            walker.wrong("GET /v1/live_calls/{call_id} 200", f"not the row of {row['call_id']} in the list")
    walker.ask("getLiveCall", 404, call_id="1.1")
    for name in ("number", "extension"):
        for each, wanted in ((agent, call), (other, None), ({name: "0"}, "")):
            parameter = "agent_number" if name == "number" else name
            told = [row["call_id"] for row in walker.ask("listLiveCalls", 200, query={parameter: each[name]}).json]
            if len(told) != (wanted != "") or (call in told) != (wanted == call):
                walker.wrong("GET /v1/live_calls 200", f"{parameter}={each[name]}: got {told} beside the call {call}")
    for row in walker.ask("listLiveCalls", 200).json:
        if row["call_id"] != call:
            walker.ask("hangUp", 200, json={"call_id": row["call_id"]})


def _options(walker: Walker) -> None:
    """Every option on a call that rings, which is too early, and on one that is answered."""
    other = walker.account.agents[1]["id"]
    options: list[dict[str, Any]] = [
        {"type": 1, "agent_id": other}, {"type": 2, "agent_id": other}, {"type": 3, "agent_id": other},
        {"type": 4, "intercom": "9876500000"},
    ]  # fmt: skip
    call = _place(walker)
    walker.ask("callOptions", 400, json={**options[0], "call_id": call})
    walker.ask("callOptions", 422, json={"type": 9, "call_id": call})
    walker.ask("callOptions", 422, json={"type": 1, "call_id": call})
    walker.ringback.advance(20)
    for option in options:
        walker.ask("callOptions", 200, json={**option, "call_id": call})
        walker.ringback.advance(5)
    walker.ask("hangUp", 200, json={"call_id": call})
    walker.ringback.run()


def _missed(walker: Walker) -> None:
    """The customer does not answer; then the agent does not."""
    far_end = walker.ringback.far_end
    far_end(CUSTOMER).is_busy()
    _place(walker)
    walker.ringback.run()
    agent = walker.account.agents[0]
    far_end(agent["number"]).does_not_answer()
    _place(walker)
    walker.ringback.run()
    said = walker.ask(
        "clickToCall", 200, json={"agent_number": agent["id"], "destination_number": CUSTOMER, "async": 0}
    )
    if said.json.get("success") is not False:
        walker.wrong("POST /v1/click_to_call 200", f"success although the agent did not answer: {said.json}")
    far_end(agent["number"]).answers()
    far_end(CUSTOMER).answers().hangs_up(after=5)
    walker.ask("clickToCall", 200, json={"agent_number": agent["id"], "destination_number": CUSTOMER, "async": 0})
    walker.ringback.run()


def _inbound(walker: Walker) -> None:
    walker.ringback.dial_in("servetel", CUSTOMER)
    walker.ringback.advance(30)
    walker.ask("listLiveCalls", 200)
    walker.ringback.run()
    for agent in walker.account.agents:
        walker.ringback.far_end(agent["number"]).does_not_answer()
    walker.ringback.dial_in("servetel", CUSTOMER)
    walker.ringback.run()


def _dialplan(walker: Walker) -> None:
    """A number whose calls an application routes: keys first, then a department, then nobody."""
    number = walker.ask("listNumbers", 200).json[0]["id"]
    walker.ask("changeNumber", 200, id=number, json={"destination": "api_dialplan||front"})
    asks = {
        "recording": {"type": "url", "data": "http://127.0.0.1/menu.mp3", "dtmf": {"timeout": 5000, "maxLength": 1}}
    }
    walker.answer("/plan", "application/json", json.dumps([asks]))
    walker.ringback.far_end(CUSTOMER).answers().presses("1", at=1).hangs_up(after=60)
    walker.ringback.dial_in("servetel", CUSTOMER)
    walker.ringback.advance(1)
    walker.answer("/plan", "application/json", json.dumps([{"transfer": {"type": "department", "data": "7"}}]))
    walker.ringback.run()
    walker.answer("/plan", "application/json", "[]")
    walker.ringback.dial_in("servetel", CUSTOMER)
    walker.ringback.run()
    walker.ask("changeNumber", 200, id=number, json={"destination": f"agent||{walker.account.agents[0]['id']}"})


def _support(walker: Walker) -> None:
    body = {"customer_number": CUSTOMER, "api_key": walker.account.support_api_key, "async": 1}
    walker.ask("clickToCallSupport", 200, headers={}, json=body)
    walker.ask("clickToCallSupport", 422, headers={}, json={**body, "api_key": "x"})
    walker.ask("clickToCallSupport", 422, headers={}, json={})
    walker.ringback.run()


def _records(walker: Walker) -> None:
    walker.ask("listRecords", 422, query={"duration": "x"})
    [department] = walker.ask("listDepartments", 200).json
    agents = sorted(agent["eid"] for agent in department["agents"])
    if agents != sorted(agent["id"] for agent in walker.account.agents) or not department["calls_answered"]:
        walker.wrong("GET /v1/departments 200", f"not the agents of the account, or no call of theirs: {department}")
    check_list(walker, "listRecords")
    whole = walker.ask("listRecords", 200, query={"limit": 100}).json["results"]
    for record in whole:
        told = {"date and time": f"{record['date']} {record['time']}"}
        walker.check_instants("listRecords", told, "%Y-%m-%d %H:%M:%S", INDIA)
    agent = walker.account.agents[0]
    fits: list[tuple[dict[str, Any], Callable[[Any], bool]]] = [
        ({"agents[]": f"agent|{agent['id']}"}, lambda record: record["agent_name"] == agent["name"]),
        ({"department[]": "department|7"}, lambda record: record["department_name"] == "Sales"),
        ({"services": f"agent: {agent['name'].lower()}"},
         lambda record: record["service"] == f"Agent: {agent['name']}"),
        ({"destination": whole[0]["did_number"]},
         lambda record: (record["direction"], record["did_number"]) == ("inbound", whole[0]["did_number"])),
        ({"ivr[]": "ivr|1"}, lambda record: record["ivr_id"] is not None),
        ({"duration": 32}, lambda record: record["call_duration"] == 32),
        ({"duration": 32, "operator": "<"}, lambda record: record["call_duration"] < 32),
    ]  # fmt: skip
    for query, is_so in fits:
        wanted = [record["call_id"] for record in whole if is_so(record)]
        come = [record["call_id"] for record in walker.ask("listRecords", 200, query=query).json["results"]]
        if come != wanted:
            walker.wrong("GET /v1/call/records 200", f"{query}: expected {wanted}, got {come}")
