"""TryVox, walked: every documented answer once, every webhook in each of its moods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contracts.walking.lists import check_list
from contracts.walking.walker import Walker

__all__ = ["headers", "real", "walk"]

CALLEE = "+919876543210"
NOBODY = "00000000-0000-4000-8000-000000000000"


def headers(account: Mapping[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {account['api_key']}"}


def real(account: Mapping[str, Any]) -> dict[str, list[str]]:
    numbers = list(account["numbers"])
    return {
        "path.auth_id": [account["auth_id"]], "path.e164": numbers, "body.from": numbers, "body.to": [CALLEE],
        "body.answer_url": ["http://127.0.0.1:9/answer"],
    }  # fmt: skip


def walk(walker: Walker) -> None:
    walker.documents["/answer"] = _voxml({"verb": "Pause", "length": 600})
    own = {"auth_id": walker.account.auth_id}
    _foreign(walker)
    walker.strangers(
        refused=(401,),
        **own,
        call_uuid=NOBODY,
        name="x",
        e164=walker.account.numbers[0],
        application_id="x",
        member_id="m1",
    )
    walker.steps(_foreign_call, _create, _applications, _actions, _documents, _ends, _lists, own=own)


def _voxml(*instructions: Mapping[str, Any]) -> tuple[str, bytes]:
    return "application/json", json.dumps({"voxml_version": "1.0", "instructions": instructions}).encode()


def _foreign(walker: Walker) -> None:
    """Another account's, with our key: 403, whatever is asked there."""
    for operation in walker.contract.operations.values():
        if "{auth_id}" in operation.path:
            path = operation.path
            for name, text in (("auth_id", walker.foreign.auth_id), ("call_uuid", NOBODY), ("name", "x"),
                               ("e164", walker.account.numbers[0]), ("member_id", "m1")):  # fmt: skip
                path = path.replace("{" + name + "}", text)
            body: Any = {} if operation.method == "POST" else None
            walker.send(operation.method, path, 403, headers=walker.credentials, json=body)


def _foreign_call(walker: Walker, own: Mapping[str, Any]) -> None:
    """A call of another account's is not found below ours."""
    theirs = {"auth_id": walker.foreign.auth_id}
    body = {"from": walker.foreign.numbers[0], "to": CALLEE, "answer_url": "http://127.0.0.1:9/answer"}
    call = walker.ask_as_foreign("createCall", 201, json=body, **theirs).json["call_uuid"]
    walker.ask("getCall", 404, call_uuid=call, **own)
    walker.ask("hangUp", 404, call_uuid=call, **own)
    walker.ask_as_foreign("getCall", 200, call_uuid=call, **theirs)
    walker.ask_as_foreign("hangUp", 204, call_uuid=call, **theirs)


def _place(walker: Walker, own: Mapping[str, Any], document: str = "/answer", **more: Any) -> str:
    names = ("ring", "hangup", "fallback", "status_callback")
    urls = {f"{name}_url": f"{walker.app}/{name}?order=7&to=%2B1" for name in names}
    body = {"from": walker.account.numbers[0], "to": CALLEE, "answer_url": walker.app + document, **urls, **more}
    return str(walker.ask("createCall", 201, json=body, **own).json["call_uuid"])


def _create(walker: Walker, own: Mapping[str, Any]) -> None:
    good = {"from": walker.account.numbers[0], "to": CALLEE, "answer_url": f"{walker.app}/answer"}
    wrong: list[dict[str, Any]] = [
        {}, {**good, "to": "9876543210"}, {**good, "answer_url": 7}, {**good, "ring_timeout": "x"},
        {**good, "machine_detection": "yes"}, {**good, "answer_method": "PUT"},
    ]  # fmt: skip
    for body in wrong:
        walker.ask("createCall", 400, json=body, **own)
    walker.ask("createCall", 400, body=b"{", **own)
    walker.ask("createCall", 403, json={**good, "from": "+14155550100"}, **own)
    walker.secrets.append("s3cret")
    call = _place(walker, own, webhook_secret="s3cret", machine_detection="Enable")
    walker.ask("getCall", 200, call_uuid=call, **own)
    walker.ask("hangUp", 204, call_uuid=call, **own)
    walker.ask("hangUp", 404, call_uuid=call, **own)
    walker.ask("hangUp", 404, call_uuid=NOBODY, **own)
    walker.ask("getCall", 404, call_uuid=NOBODY, **own)
    basic = walker.account.auth_id, walker.account.auth_token
    walker.send("GET", f"/v1/voice/accounts/{basic[0]}/calls", 200, auth=basic)


def _applications(walker: Walker, own: Mapping[str, Any]) -> None:
    number = walker.account.numbers[0]
    made = walker.ask("createApplication", 201, json={"answer_url": f"{walker.app}/answer"}).json["application_id"]
    walker.ask("createApplication", 400, json={"answer_url": 7})
    walker.ask("listApplications", 200)
    walker.ask("getApplication", 200, application_id=made)
    walker.ask("getApplication", 404, application_id="nobody")
    changes = {"answer_url": f"{walker.app}/answer", "hangup_url": f"{walker.app}/hangup", "answer_method": "POST"}
    walker.ask("changeApplication", 200, application_id=made, json=changes)
    walker.ask("changeApplication", 400, application_id=made, json={"answer_method": "PUT"})
    walker.ask("changeApplication", 404, application_id="nobody", json=changes)
    walker.ask("attachApplication", 200, e164=number, json={"application_id": made}, **own)
    walker.ask("attachApplication", 400, e164=number, json={}, **own)
    walker.ask("attachApplication", 404, e164="+14155550100", json={"application_id": made}, **own)
    walker.ringback.dial_in("tryvox", CALLEE, number)
    walker.ringback.run()
    check_list(walker, "listNumbers", **own)
    walker.ask("listNumbers", 400, query={"page": "x"}, **own)
    walker.ask("getNumber", 200, e164=number, **own)
    walker.ask("getNumber", 404, e164="+14155550100", **own)
    walker.ask("detachApplication", 204, e164=number, **own)
    walker.ask("detachApplication", 404, e164="+14155550100", **own)


def _actions(walker: Walker, own: Mapping[str, Any]) -> None:
    """Every action: too early, wrong, well, too late, and of nobody's call."""
    actions: list[tuple[str, int, Any, Any]] = [
        ("startRecording", 200, {"format": "wav"}, {"format": "ogg"}), ("stopRecording", 204, None, None),
        ("playIntoCall", 200, {"url": "http://127.0.0.1/a.mp3"}, {}), ("speakIntoCall", 200, {"text": "hello"}, {}),
        ("sendDigits", 200, {"digits": "12"}, {}),
        ("transferCall", 200, {"to": "+919876543211", "answer_url": f"{walker.app}/whisper"}, {}),
    ]  # fmt: skip
    walker.documents["/whisper"] = _voxml({"verb": "Say", "text": "a call for you"})
    ringing = _place(walker, own)
    for operation, _, body, _ in actions:
        if body is not None:
            walker.ask(operation, 400, call_uuid=ringing, json=body, **own)
    walker.ask("stopRecording", 400, call_uuid=ringing, **own)
    walker.ask("hangUp", 204, call_uuid=ringing, **own)
    call = _place(walker, own)
    walker.ringback.advance(10)
    for operation, status, body, wrong in actions:
        if wrong is not None:
            walker.ask(operation, 400, call_uuid=call, json=wrong, **own)
        walker.ask(operation, status, call_uuid=call, json=body, **own)
        walker.ringback.advance(1)
    walker.ringback.advance(30)
    walker.ask("hangUp", 204, call_uuid=call, **own)
    walker.ringback.run()
    for operation, _, body, _ in actions:
        walker.ask(operation, 404, call_uuid=call, json=body, **own)
        walker.ask(operation, 404, call_uuid=NOBODY, json=body, **own)


def _documents(walker: Walker, own: Mapping[str, Any]) -> None:
    """Every callback of the language."""
    app = walker.app
    walker.documents["/gather"] = _voxml(
        {"verb": "Gather", "action_url": f"{app}/dial", "num_digits": 1, "say": {"text": "press 1"}}
    )
    walker.documents["/dial"] = _voxml(
        {"verb": "Dial", "action_url": f"{app}/redirect", "numbers": [{"number": "+919876543211"}]}
    )
    walker.documents["/redirect"] = _voxml({"verb": "Redirect", "url": f"{app}/conference"})
    walker.documents["/conference"] = _voxml(
        {"verb": "Conference", "name": "daily", "status_callback_url": f"{app}/members"}
    )
    walker.documents["/record"] = _voxml(
        {"verb": "Record", "action_url": f"{app}/end", "max_length": 3, "transcribe": True,
         "transcription_url": f"{app}/words"}
    )  # fmt: skip
    walker.documents["/end"] = _voxml({"verb": "Hangup"})
    walker.ringback.far_end(CALLEE).answers().presses("1", on="press 1")
    walker.ringback.far_end("+919876543211").answers().hangs_up(after=5)
    _place(walker, own, "/gather")
    walker.ringback.advance(60)
    walker.ask("listConferences", 200, **own)
    walker.ask("getConference", 404, name="nobody", **own)
    walker.ask("endConference", 404, name="nobody", **own)
    room = {**own, "name": "daily"}
    [member] = walker.ask("getConference", 200, **room).json["members"]
    for operation, status, is_muted in (("muteMember", 200, True), ("unmuteMember", 204, False)):
        walker.ask(operation, status, member_id=member["member_id"], **room)
        if walker.ask("getConference", 200, **room).json["members"] != [{**member, "muted": is_muted}]:
            walker.wrong("GET /v1/voice/accounts/{auth_id}/conferences/{name} 200", f"{operation} was not done")
        walker.ask(operation, 404, member_id="m999", **room)
    walker.ask("endConference", 204, name="daily", **own)
    walker.ringback.run()
    walker.ringback.far_end(CALLEE).answers().says("one please", at=1)
    _run(walker, own, "/record")


def _ends(walker: Walker, own: Mapping[str, Any]) -> None:
    """Every status a call can end in, and a fallback."""
    far_end = walker.ringback.far_end
    for script in ("is_busy", "rejects", "does_not_answer", "is_unreachable"):
        getattr(far_end(CALLEE), script)()
        walker.ask("getCall", 200, call_uuid=_run(walker, own), **own)
    far_end(CALLEE).answers().hangs_up(after=7)
    walker.documents["/broken"] = "text/html", b"<h1>oops</h1>"
    walker.documents["/fallback"] = _voxml({"verb": "Hangup"})
    walker.ask("getCall", 200, call_uuid=_run(walker, own, "/broken"), **own)
    walker.ask("getCall", 200, call_uuid=_run(walker, own, time_limit=3), **own)


def _run(walker: Walker, own: Mapping[str, Any], document: str = "/answer", **more: Any) -> str:
    call = _place(walker, own, document, **more)
    walker.ringback.run()
    return call


def _lists(walker: Walker, own: Mapping[str, Any]) -> None:
    check_list(walker, "listCalls", **own)
    for edge in ({"page": 999}, {"per_page": 500}):
        walker.ask("listCalls", 200, query=edge, **own)
    for query in ({"status": "queued"}, {"direction": "sideways"}, {"page": "0"}, {"per_page": "x"}):
        walker.ask("listCalls", 400, query=query, **own)
