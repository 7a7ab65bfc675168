"""jambonz, walked: every documented answer once, every webhook in each of its moods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contracts.walking.lists import check_list
from contracts.walking.walker import Walker

__all__ = ["headers", "real", "walk"]

CALLEE, OTHER = "+919876543210", "+919876543211"
NOBODY = "00000000-0000-4000-8000-000000000000"
SPEECH = {
    "speech_synthesis_vendor": "google", "speech_synthesis_language": "en-US",
    "speech_synthesis_voice": "en-US-Standard-C", "speech_recognizer_vendor": "google",
    "speech_recognizer_language": "en-US",
}  # fmt: skip


def headers(account: Mapping[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {account['api_key']}"}


def real(account: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        "path.account_sid": [account["account_sid"]], "body.from": list(account["numbers"]),
        "body.call_hook": ["http://127.0.0.1:9/answer"], "body.application_sid": [account["application_sid"]],
    }  # fmt: skip


def walk(walker: Walker) -> None:
    _verbs(walker, "/answer", {"verb": "pause", "length": 600})
    own = {"account_sid": walker.account.account_sid}
    walker.strangers(**own, call_sid=NOBODY, application_sid=NOBODY, phone_number_sid=NOBODY)
    walker.wrong_methods(404, **own, call_sid=NOBODY, application_sid=NOBODY, phone_number_sid=NOBODY)
    _elsewhere(walker)
    walker.steps(_foreign_call, _create, _update, _resources, _documents, _inbound, _ends, _lists, own=own)


def _verbs(walker: Walker, path: str, *verbs: Mapping[str, Any]) -> str:
    return walker.answer(path, "application/json", json.dumps(verbs))


def _elsewhere(walker: Walker) -> None:
    """Another account's, and an account that is no uuid."""
    for operation in walker.contract.operations.values():
        if "{account_sid}" not in operation.path:
            continue
        for account, status in ((walker.foreign.account_sid, 403), ("AC123", 400)):
            path = operation.path.replace("{account_sid}", str(account)).replace("{call_sid}", NOBODY)
            query = {"page": 1, "count": 25} if any(each.name == "count" for each in operation.parameters) else None
            body: Any = {"call_status": "completed"} if operation.method in ("POST", "PUT") else None
            walker.send(operation.method, path, status, headers=walker.credentials, params=query, json=body)


def _foreign_call(walker: Walker, own: Mapping[str, Any]) -> None:
    """A call of another account's is not found below ours."""
    theirs = {"account_sid": walker.foreign.account_sid}
    body = {
        "from": walker.foreign.numbers[0], "to": {"type": "phone", "number": CALLEE},
        "call_hook": "http://127.0.0.1:9/answer", **SPEECH,
    }  # fmt: skip
    call = walker.ask_as_foreign("createCall", 201, json=body, **theirs).json["sid"]
    walker.ask("getCall", 404, call_sid=call, **own)
    walker.ask("updateCall", 404, json={"call_status": "completed"}, call_sid=call, **own)
    walker.ask("deleteCall", 404, call_sid=call, **own)
    walker.ask_as_foreign("deleteCall", 204, call_sid=call, **theirs)


def _place(walker: Walker, own: Mapping[str, Any], document: str = "/answer", **more: Any) -> str:
    body = {
        "from": walker.account.numbers[0], "to": {"type": "phone", "number": CALLEE},
        "call_hook": walker.app + document, "call_status_hook": f"{walker.app}/status", **SPEECH, **more,
    }  # fmt: skip
    return str(walker.ask("createCall", 201, json=body, **own).json["sid"])


def _run(walker: Walker, own: Mapping[str, Any], document: str = "/answer", **more: Any) -> str:
    call = _place(walker, own, document, **more)
    walker.ringback.run()
    return call


def _create(walker: Walker, own: Mapping[str, Any]) -> None:
    good: dict[str, Any] = {
        "from": walker.account.numbers[0], "to": {"type": "phone", "number": CALLEE},
        "call_hook": f"{walker.app}/answer", **SPEECH,
    }  # fmt: skip
    wrong: list[dict[str, Any]] = [
        {}, {**good, "from": ""}, {**good, "to": {"type": "phone"}}, {**good, "call_hook": {}},
        {**good, "call_hook": "answer"}, {**good, "application_sid": NOBODY}, {**good, "speech_synthesis_voice": None},
        {key: told for key, told in good.items() if key != "call_hook"},
    ]  # fmt: skip
    for body in wrong:
        walker.ask("createCall", 400, json=body, **own)
    walker.ask("createCall", 400, body=b"{", **own)
    walker.ask("createCall", 500, json={**good, "timeout": "soon"}, **own)
    call = _place(walker, own, tag={"order": 7})
    walker.ask("getCall", 200, call_sid=call, **own)
    walker.ask("getCall", 404, call_sid=NOBODY, **own)
    walker.ask("deleteCall", 204, call_sid=call, **own)
    walker.ask("deleteCall", 404, call_sid=NOBODY, **own)
    walker.ringback.run()


def _update(walker: Walker, own: Mapping[str, Any]) -> None:
    _verbs(walker, "/more", {"verb": "pause", "length": 60})
    call = _place(walker, own)
    ringing = {**own, "call_sid": call}
    walker.ask("updateCall", 422, json={"call_status": "completed"}, **ringing)
    walker.ringback.advance(20)
    wrong: list[dict[str, Any]] = [
        {}, {"call_status": "over"}, {"mute_status": "loud"}, {"tag": "x"},
        {"tag": {"a": 1}, "call_status": "completed"},
    ]  # fmt: skip
    for body in wrong:
        walker.ask("updateCall", 400, json=body, **ringing)
    changes: list[dict[str, Any]] = [
        {"tag": {"order": 8}}, {"mute_status": "mute"}, {"call_hook": f"{walker.app}/more"},
    ]  # fmt: skip
    for body in changes:
        walker.ask("updateCall", 202, json=body, **ringing)
        walker.ringback.advance(1)
    walker.ask("updateCallByPost", 202, json={"tag": {"order": 9}}, **ringing)
    walker.ask("updateCall", 202, json={"call_status": "completed"}, **ringing)
    walker.ringback.run()
    for operation in ("updateCall", "updateCallByPost"):
        walker.ask(operation, 422, json={"call_status": "completed"}, **ringing)
        walker.ask(operation, 400, json={}, **ringing)
        walker.ask(operation, 404, json={"call_status": "completed"}, **{**own, "call_sid": NOBODY})


def _resources(walker: Walker, own: Mapping[str, Any]) -> None:
    hooks = {"call_hook": {"url": f"{walker.app}/answer"}, "call_status_hook": {"url": f"{walker.app}/status"}}
    app = walker.ask("createApplication", 201, json={"name": "shop", **hooks}).json["sid"]
    walker.ask("createApplication", 422, json={"name": "shop", **hooks})
    walker.ask("createApplication", 400, json={"name": "x", **hooks, "call_hook": "http://127.0.0.1/x"})
    walker.ask("createApplication", 500, json={"name": "x"})
    check_list(walker, "listApplications")
    check_list(walker, "listAccountApplications", **own)
    walker.ask("getApplication", 200, application_sid=app)
    for operation, status in (("getApplication", 404), ("changeApplication", 404), ("deleteApplication", 400)):
        walker.ask(operation, status, application_sid=NOBODY, json={"name": "y"})
        walker.ask(operation, 400, application_sid="x", json={"name": "y"})
    walker.ask("changeApplication", 204, application_sid=app, json={"name": "shop 2"})
    walker.ask("changeApplication", 422, application_sid=app, json={"name": "default"})
    number = walker.ask("createNumber", 201, json={"number": "+14155550177", "application_sid": app}).json["sid"]
    walker.ask("createNumber", 422, json={"number": "+14155550177"})
    walker.ask("createNumber", 400, json={})
    walker.ask("deleteApplication", 422, application_sid=app)
    check_list(walker, "listNumbers")
    walker.ask("getNumber", 200, phone_number_sid=number)
    walker.ask("changeNumber", 204, phone_number_sid=number, json={"application_sid": app})
    walker.ask("changeNumber", 400, phone_number_sid=number, json={"number": "1"})
    for operation in ("getNumber", "changeNumber", "deleteNumber"):
        walker.ask(operation, 404, phone_number_sid=NOBODY, json={"application_sid": app})
        walker.ask(operation, 400, phone_number_sid="x", json={"application_sid": app})
    walker.ask("deleteNumber", 204, phone_number_sid=number)
    walker.ask("deleteApplication", 204, application_sid=app)
    walker.ask("getAccount", 200, **own)
    walker.ask("listAccounts", 200)
    walker.ask("webhookSecret", 200, **own)
    walker.ask("listQueues", 200, **own)
    walker.ask("listConferences", 200, **own)


def _documents(walker: Walker, own: Mapping[str, Any]) -> None:
    """Every action hook of the verbs."""
    prompt = {"verb": "say", "text": "press 1"}
    _verbs(walker, "/menu", {"verb": "redirect", "actionHook": "/gather"})
    _verbs(walker, "/gather", {
        "verb": "gather", "input": ["digits", "speech"], "numDigits": 1, "actionHook": "/play",
        "partialResultHook": "/partial", "say": prompt,
    })  # fmt: skip
    _verbs(walker, "/play", {"verb": "play", "url": "http://127.0.0.1/a.mp3", "actionHook": "/dial"})
    target = {"type": "phone", "number": OTHER}
    _verbs(walker, "/dial", {"verb": "dial", "target": [target], "actionHook": "/end"})
    _verbs(walker, "/end", {"verb": "hangup"})
    _more(walker, own)
    walker.ringback.far_end(OTHER).answers().hangs_up(after=9)
    walker.ringback.far_end(CALLEE).answers().presses("1", on="press 1")
    _run(walker, own, "/menu")
    walker.ringback.far_end(CALLEE).answers().says("one please", on="press 1")
    _run(walker, own, "/gather")


def _more(walker: Walker, own: Mapping[str, Any]) -> None:
    """Every hook of dials, rooms, queues, machines and requests."""
    target = {"type": "phone", "number": OTHER, "confirmHook": "/confirm"}
    _verbs(walker, "/confirm", {"verb": "say", "text": "a call for you"})
    _verbs(walker, "/dial-2", {
        "verb": "dial", "target": [target], "actionHook": "/end", "dtmfHook": "/keys", "dtmfCapture": ["*9"],
        "onHoldHook": "/hold", "confirmHook": "/confirm",
    })  # fmt: skip
    walker.ringback.far_end(OTHER).answers().holds(at=4).hangs_up(after=9)
    walker.ringback.far_end(CALLEE).answers().presses("*9", at=8)
    _run(walker, own, "/dial-2")
    walker.ringback.far_end(CALLEE).answers()
    _verbs(walker, "/wait", {"verb": "play", "url": "http://127.0.0.1/wait.mp3"})
    _verbs(walker, "/enter", {"verb": "say", "text": "welcome"})
    room = {"verb": "conference", "name": "daily", "actionHook": "/end", "waitHook": "/wait", "enterHook": "/enter",
            "statusHook": "/members", "statusEvents": ["start", "end", "join", "leave"]}  # fmt: skip
    _verbs(walker, "/room", {**room, "startConferenceOnEnter": False})
    _verbs(walker, "/host", {**room, "startConferenceOnEnter": True})
    _place(walker, own, "/room")
    walker.ringback.advance(20)
    host = _place(walker, own, "/host")
    walker.ringback.advance(20)
    walker.ask("listConferences", 200, **own)
    walker.ask("updateCall", 202, json={"conf_mute_status": "mute"}, **{**own, "call_sid": host})
    walker.ask("updateCall", 202, json={"call_status": "completed"}, **{**own, "call_sid": host})
    walker.ringback.advance(60)
    _verbs(walker, "/queue", {"verb": "enqueue", "name": "support", "actionHook": "/end", "waitHook": "/wait"})
    _verbs(walker, "/agent", {"verb": "dequeue", "name": "support", "actionHook": "/end", "timeout": 30})
    _place(walker, own, "/queue")
    walker.ringback.advance(20)
    check_list(walker, "listQueues", **own)
    walker.ringback.far_end(CALLEE).answers().hangs_up(after=20)
    _run(walker, own, "/agent")
    walker.ringback.far_end(CALLEE).is_machine()
    _run(walker, own, amd={"actionHook": "/amd"})
    walker.ringback.far_end(CALLEE).answers().says("yes please", at=2).hangs_up(after=20)
    _verbs(walker, "/words", {"verb": "transcribe", "transcriptionHook": "/words-are",
                              "recognizer": {"vendor": "google", "language": "en-US"}},
           {"verb": "pause", "length": 10})  # fmt: skip
    _run(walker, own, "/words")
    _verbs(walker, "/refer", {"verb": "sip:refer", "referTo": OTHER, "actionHook": "/end", "eventHook": "/refer-event"})
    _run(walker, own, "/refer")
    _verbs(walker, "/request", {"verb": "sip:request", "method": "INFO", "body": "x", "actionHook": "/end"})
    _run(walker, own, "/request")


def _inbound(walker: Walker, own: Mapping[str, Any]) -> None:
    number = walker.account.numbers[0]
    numbers = walker.ask("listNumbers", 200).json
    sid = next(each["application_sid"] for each in numbers if each["number"] in number)
    hooks = {"call_hook": {"url": f"{walker.app}/end"}, "call_status_hook": {"url": f"{walker.app}/status"}}
    walker.ask("changeApplication", 204, application_sid=sid, json=hooks)
    _verbs(walker, "/end", {"verb": "say", "text": "bye"}, {"verb": "hangup"})
    before = walker.ask("countCalls", 200, **own).json
    for caller in (CALLEE, OTHER):
        walker.ringback.dial_in("jambonz", caller, number)
    _place(walker, own)
    count = walker.ask("countCalls", 200, **own).json
    if count != {"inbound": before["inbound"] + 2, "outbound": before["outbound"] + 1}:
        told = f"two calls came in and one went out: {before} became {count}"
        walker.wrong("GET /v1/Accounts/{account_sid}/CallCount 200", told)
    walker.ringback.run()


def _ends(walker: Walker, own: Mapping[str, Any]) -> None:
    """Every status a call can end in."""
    far_end = walker.ringback.far_end
    for script in ("is_busy", "rejects", "does_not_answer", "is_unreachable"):
        getattr(far_end(CALLEE), script)()
        walker.ask("getCall", 200, call_sid=_run(walker, own), **own)
    far_end(CALLEE).answers().hangs_up(after=7)
    guarded = {"username": "hook-user", "password": "hook-password"}
    for path in ("/guarded", "/guarded-status"):
        walker.authorized[path] = guarded["username"], guarded["password"]
    _verbs(walker, "/guarded", {"verb": "hangup"})
    status = {"url": f"{walker.app}/guarded-status?order=7", **guarded}
    _run(walker, own, call_hook={"url": f"{walker.app}/guarded?order=7", **guarded}, call_status_hook=status)
    walker.answer("/broken", "application/json", '[{"verb": "sing"}]')
    for _ in range(2):
        walker.ask("getCall", 200, call_sid=_run(walker, own, "/broken"), **own)
    walker.ask("getCall", 200, call_sid=_run(walker, own, timeLimit=3), **own)


def _lists(walker: Walker, own: Mapping[str, Any]) -> None:
    check_list(walker, "listCalls", **own)
    for operation in ("recentCalls", "listAlerts"):
        check_list(walker, operation, **own)
        walker.ask(operation, 400, query={"page": 1}, **own)
    walker.ringback.advance("48h")
    _run(walker, own, "/broken")
    for operation in ("recentCalls", "listAlerts"):
        whole = walker.ask(operation, 200, query={"page": 1, "count": 1}, **own).json["total"]
        for days, wanted in ((1, 1), (3, whole)):
            told = walker.ask(operation, 200, query={"page": 1, "count": 1, "days": days}, **own).json["total"]
            if told != wanted:
                walker.wrong(f"{operation} 200", f"of the last {days} days: expected {wanted}, got {told}")
