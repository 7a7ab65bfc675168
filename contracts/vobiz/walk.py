"""Vobiz, walked: every documented answer once, every webhook in each of its moods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from contracts.walking.lists import check_list
from contracts.walking.walker import Walker

__all__ = ["headers", "real", "walk"]

CALLEE, OTHER = "+919876543210", "+919876543211"
NOBODY = "00000000-0000-4000-8000-000000000000"
NO_APP = "12345678901234567"
NOWHERE = "http://127.0.0.1:9/answer"
INDIA = timedelta(hours=5, minutes=30)
XML = "application/xml"


def headers(account: Mapping[str, Any]) -> dict[str, str]:
    return {"X-Auth-ID": str(account["auth_id"]), "X-Auth-Token": str(account["auth_token"])}


def real(account: Mapping[str, Any]) -> dict[str, list[str]]:
    numbers = list(account["numbers"])
    return {
        "path.auth_id": [account["auth_id"]], "path.e164": numbers, "body.from": numbers, "body.to": [CALLEE, OTHER],
        "body.answer_url": [NOWHERE],
    }  # fmt: skip


def walk(walker: Walker) -> None:
    _document(walker, "/answer", "<Wait length='600'/>")
    own = {"auth_id": walker.account.auth_id}
    ids = {"call_uuid": NOBODY, "app_id": NO_APP, "recording_id": NOBODY, "name": "nobody", "member": "1",
           "e164": walker.account.numbers[0]}  # fmt: skip
    walker.strangers(**own, **ids)
    _foreign(walker, ids)
    walker.steps(
        _foreign_call, _make, _transfer, _in_call, _applications, _documents, _rooms, _ends, _history, _recordings,
        own=own,
    )  # fmt: skip
    walker.ask("concurrency", 200, **own)
    walker.ask("me", 200)


def _document(walker: Walker, path: str, inner: str) -> str:
    return walker.answer(path, XML, f"<Response>{inner}</Response>")


def _foreign(walker: Walker, ids: Mapping[str, str]) -> None:
    """An account that is not ours is forbidden, and one that nobody has is not found."""
    for operation in walker.contract.operations.values():
        if "{auth_id}" not in operation.path:
            continue
        for account, status in ((walker.foreign.auth_id, 403), ("MA_NOBODY00", 404)):
            path = operation.path.replace("{auth_id}", str(account))
            for name, text in ids.items():
                path = path.replace("{" + name + "}", text)
            body: Any = {} if operation.method == "POST" else None
            walker.send(operation.method, path, status, headers=walker.credentials, json=body)


def _foreign_call(walker: Walker, own: Mapping[str, Any]) -> None:
    """A call of another account's is not found below ours."""
    theirs = {"auth_id": walker.foreign.auth_id}
    body = {"from": walker.foreign.numbers[0], "to": CALLEE, "answer_url": NOWHERE}
    call = walker.ask_as_foreign("makeCall", 201, json=body, **theirs).json["request_uuid"]
    for status in ("queued", "live"):
        walker.ask("getCall", 404, call_uuid=call, query={"status": status}, **own)
    walker.ask("hangUp", 404, call_uuid=call, **own)
    walker.ask("cancelRequest", 404, call_uuid=call, **own)
    walker.ask_as_foreign("cancelRequest", 204, call_uuid=call, **theirs)


def _place(walker: Walker, own: Mapping[str, Any], document: str = "/answer", **more: Any) -> str:
    urls = {f"{name}_url": f"{walker.app}/{name}?order=7&to=%2B1" for name in ("ring", "hangup", "fallback")}
    body = {"from": walker.account.numbers[0], "to": CALLEE, "answer_url": walker.app + document, **urls, **more}
    return str(walker.ask("makeCall", 201, json=body, **own).json["request_uuid"])


def _run(walker: Walker, own: Mapping[str, Any], document: str = "/answer", **more: Any) -> str:
    call = _place(walker, own, document, **more)
    walker.ringback.run()
    return call


def _make(walker: Walker, own: Mapping[str, Any]) -> None:
    good = {"from": walker.account.numbers[0], "to": CALLEE, "answer_url": f"{walker.app}/answer"}
    wrong: list[dict[str, Any]] = [
        {}, {**good, "from": ""}, {**good, "answer_url": "ftp://x"}, {**good, "answer_method": "PUT"},
        {**good, "caller_name": "x" * 51}, {**good, "machine_detection_time": 1}, {**good, "ring_timeout": "x"},
        {**good, "to": "<".join([CALLEE] * 1001)}, {**good, "machine_detection": "perhaps"},
    ]  # fmt: skip
    for body in wrong:
        walker.ask("makeCall", 400, json=body, **own)
    walker.ask("makeCall", 400, body=b"{", **own)
    walker.ringback.far_end(CALLEE).connects(3).answers()
    call = _place(walker, own, sip_headers="order=7", caller_name="Ada", send_digits="1w2", machine_detection="true")
    _are(walker, own, queued=[call], live=[])
    walker.ask("getCall", 200, call_uuid=call, query={"status": "queued"}, **own)
    walker.ask("listCalls", 400, query={"status": "past"}, **own)
    walker.ask("getCall", 400, call_uuid=call, query={"status": "past"}, **own)
    walker.ringback.advance(4)
    walker.ask("getCall", 200, call_uuid=call, query={"status": "live"}, **own)
    walker.ringback.advance(20)
    _are(walker, own, queued=[], live=[call])
    walker.ask("getCall", 200, call_uuid=call, query={"status": "live"}, **own)
    walker.ask("hangUp", 204, call_uuid=call, **own)
    walker.ask("hangUp", 404, call_uuid=call, **own)
    walker.ask("getCall", 404, call_uuid=call, query={"status": "live"}, **own)
    walker.ask("getCall", 200, call_uuid=call, **own)
    _run(walker, own, to=f"{CALLEE}<{OTHER}", time_limit=5)


def _are(walker: Walker, own: Mapping[str, Any], **calls: list[str]) -> None:
    """The ids of the calls, by status; and how many are live at once."""
    for status, wanted in calls.items():
        told = walker.ask("listCalls", 200, query={"status": status}, **own).json["calls"]
        if told != wanted:
            walker.wrong("GET /api/v1/Account/{auth_id}/Call/ 200", f"{status}: expected {wanted}, got {told}")
    told = walker.ask("concurrency", 200, **own).json["concurrent_calls"]
    if told != len(calls["live"]):
        walker.wrong("GET /api/v1/Account/{auth_id}/concurrency 200", f"{told} concurrent calls beside {calls}")


def _transfer(walker: Walker, own: Mapping[str, Any]) -> None:
    _document(walker, "/elsewhere", "<Wait length='3'/>")
    call = _place(walker, own)
    body = {"legs": "aleg", "aleg_url": f"{walker.app}/elsewhere"}
    walker.ask("transferCall", 404, call_uuid=call, json=body, **own)
    walker.ringback.advance(20)
    walker.ask("transferCall", 400, call_uuid=call, json={"legs": "aleg"}, **own)
    walker.ask("transferCall", 202, call_uuid=call, json=body, **own)
    walker.ringback.run()


def _in_call(walker: Walker, own: Mapping[str, Any]) -> None:
    """Every action in a call: well, wrong, and in a call that is over."""
    actions: list[tuple[str, int, Any, Any]] = [
        ("play", 202, {"urls": "http://127.0.0.1/a.mp3"}, {}), ("stopPlay", 204, None, None),
        ("speak", 202, {"text": "hello"}, {}), ("stopSpeak", 204, None, None),
        ("sendDigits", 202, {"digits": "12"}, {"digits": "x"}),
        (
            "startRecording", 200,
            {"callback_url": f"{walker.app}/recorded", "transcription_url": f"{walker.app}/written"},
            {"file_format": "ogg"},
        ),
        ("stopRecording", 204, None, None),
    ]  # fmt: skip
    call = _place(walker, own)
    walker.ringback.advance(20)
    for operation, status, body, wrong in actions:
        if wrong is not None:
            walker.ask(operation, 400, call_uuid=call, json=wrong, **own)
        walker.ask(operation, status, call_uuid=call, json=body, **own)
        walker.ringback.advance(2)
    walker.ask("stopRecording", 400, call_uuid=call, body=b"{", **own)
    walker.ask("hangUp", 204, call_uuid=call, **own)
    for operation, _, body, _ in actions:
        walker.ask(operation, 404, call_uuid=call, json=body, **own)
    walker.ringback.run()


def _applications(walker: Walker, own: Mapping[str, Any]) -> None:
    number = walker.account.numbers[0]
    body = {"app_name": "shop", "answer_url": f"{walker.app}/answer", "hangup_url": f"{walker.app}/hangup"}
    app = walker.ask("createApplication", 201, json=body, **own).json["app_id"]
    walker.ask("createApplication", 400, json={}, **own)
    check_list(walker, "listApplications", **own)
    walker.ask("listApplications", 400, query={"limit": -1}, **own)
    walker.ask("getApplication", 200, app_id=app, **own)
    walker.ask("changeApplication", 202, app_id=app, json={"answer_method": "GET"}, **own)
    walker.ask("changeApplication", 202, app_id=app, json={"answer_method": "POST"}, **own)
    walker.ask("changeApplication", 400, app_id=app, json={"answer_method": "PUT"}, **own)
    walker.ask("attachApplication", 200, e164=number, json={"application_id": app}, **own)
    walker.ask("attachApplication", 400, e164=number, json={}, **own)
    walker.ask("deleteApplication", 409, app_id=app, **own)
    walker.ringback.dial_in("vobiz", CALLEE, number)
    walker.ringback.run()
    walker.ask("detachApplication", 200, e164=number, **own)
    walker.ask("deleteApplication", 204, app_id=app, **own)
    check_list(walker, "listNumbers", **own)
    walker.ask("listNumbers", 400, query={"page": "x"}, **own)


def _documents(walker: Walker, own: Mapping[str, Any]) -> None:
    """Every callback of the language."""
    app = walker.app
    _document(walker, "/redirect", f"<Redirect>{app}/gather</Redirect>")
    _document(
        walker, "/gather",
        f"<Gather action='{app}/dial' inputType='dtmf speech' numDigits='1' "
        f"interimSpeechResultsCallback='{app}/partial'><Speak>press 1</Speak></Gather>",
    )  # fmt: skip
    _document(
        walker, "/dial",
        f"<Dial action='{app}/record' callbackUrl='{app}/events' digitsMatch='9' dialMusic='{app}/music' "
        f"confirmSound='{app}/confirm' confirmKey='5'><Number>{OTHER}</Number></Dial>",
    )  # fmt: skip
    _document(walker, "/music", "<Play>http://127.0.0.1/ring.mp3</Play>")
    _document(walker, "/confirm", "<Speak>press 5</Speak>")
    _document(
        walker,
        "/record",
        f"<Record action='{app}/end' redirect='true' callbackUrl='{app}/recorded' "
        f"transcriptionUrl='{app}/written' maxLength='5'/>",
    )
    _document(walker, "/end", "<Hangup/>")
    far_end = walker.ringback.far_end
    far_end(OTHER).answers().presses("5", on="press 5").hangs_up(after=9)
    far_end(CALLEE).answers().presses("1", on="press 1").presses("9", at=12)
    _run(walker, own, "/redirect")
    far_end(CALLEE).answers().says("one please", on="press 1")
    _run(walker, own, "/gather")
    far_end(CALLEE).is_machine()
    _run(walker, own, machine_detection="true", machine_detection_url=f"{app}/machine")
    far_end(CALLEE).answers().hangs_up(after=600)


def _rooms(walker: Walker, own: Mapping[str, Any]) -> None:
    app = walker.app
    _document(walker, "/wait", "<Play>http://127.0.0.1/wait.mp3</Play>")
    _document(
        walker, "/room",
        f"<Conference callbackUrl='{app}/members' action='{app}/end' digitsMatch='7' waitSound='{app}/wait'>"
        "daily</Conference>",
    )  # fmt: skip
    walker.ringback.far_end(CALLEE).answers().presses("7", at=30)
    _place(walker, own, "/room")
    walker.ringback.advance(20)
    walker.ringback.far_end(OTHER).answers()
    _place(walker, own, "/room", to=OTHER)
    walker.ringback.advance(20)
    walker.ask("listConferences", 200, **own)
    room = {**own, "name": "daily"}
    members = walker.ask("getConference", 200, **room).json["members"]
    member = {**room, "member": members[-1]["member_id"]}
    for operation in ("muteMember", "deafMember"):
        walker.ask(operation, 202, **member)
    for operation in ("unmuteMember", "undeafMember"):
        walker.ask(operation, 204, **member)
    walker.ask("playToMember", 400, json={}, **member)
    walker.ask("playToMember", 202, json={"url": "http://127.0.0.1/a.mp3"}, **member)
    walker.ask("stopPlayToMember", 204, **member)
    walker.ask("speakToMember", 400, json={}, **member)
    walker.ask("speakToMember", 202, json={"text": "hello"}, **member)
    walker.ask("recordConference", 400, json={"file_format": "ogg"}, **room)
    walker.ask("recordConference", 200, json={"callback_url": f"{app}/recorded"}, **room)
    walker.ringback.advance(5)
    walker.ask("stopConferenceRecording", 204, **room)
    walker.ask("kickMember", 202, **member)
    walker.ask("hangUpMember", 204, **{**room, "member": members[0]["member_id"]})
    walker.ringback.run()
    for end in ("endConference", "endConferences"):
        _place(walker, own, "/room")
        walker.ringback.advance(20)
        walker.ask(end, 204, **(room if end == "endConference" else own))
        walker.ringback.run()


def _ends(walker: Walker, own: Mapping[str, Any]) -> None:
    """Every way a call can end, and a fallback."""
    far_end = walker.ringback.far_end
    for script in ("is_busy", "rejects", "does_not_answer", "is_unreachable"):
        getattr(far_end(CALLEE), script)()
        walker.ask("getCall", 200, call_uuid=_run(walker, own), **own)
    far_end(CALLEE).answers().hangs_up(after=7)
    walker.answer("/broken", "text/html", "<h1>oops</h1>")
    _document(walker, "/fallback", "<Hangup/>")
    told = walker.ask("getCall", 200, call_uuid=_run(walker, own, "/broken"), **own).json
    walker.check_instants("getCall", told, "%Y-%m-%d %H:%M:%S", INDIA)


def _history(walker: Walker, own: Mapping[str, Any]) -> None:
    for operation in ("listRecords", "searchRecords", "exportRecords"):
        check_list(walker, operation, **own)
    for operation in ("listRecords", "searchRecords", "exportRecords"):
        walker.ask(operation, 400, query={"start_date": "yesterday", "end_date": "2026-01-02"}, **own)
    walker.ask("recentRecords", 400, query={"limit": "x"}, **own)
    records = walker.ask("recentRecords", 200, query={"limit": 5}, **own).json["data"]
    if records != walker.ask("listRecords", 200, **own).json["data"][:5]:
        walker.wrong("GET /api/v1/Account/{auth_id}/cdr/recent 200", "limit=5: not the first five of all")
    walker.ask("getRecord", 200, call_uuid=records[0]["uuid"], **own)


def _recordings(walker: Walker, own: Mapping[str, Any]) -> None:
    walker.ask("listRecordings", 400, query={"limit": "x"}, **own)
    check_list(walker, "listRecordings", **own)
    recordings = walker.ask("listRecordings", 200, query={"limit": 2}, **own)
    for recording in recordings.json["objects"][:1]:
        walker.ask("getRecording", 200, recording_id=recording["recording_id"], **own)
        walker.ask("deleteRecording", 204, recording_id=recording["recording_id"], **own)
