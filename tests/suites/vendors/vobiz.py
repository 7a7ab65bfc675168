"""Vobiz, as the suites use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from emulator.webhooks.deliveries import Delivery
from tests.suites.vendors.adapter import CALLEE, Adapter, Ending, Seen
from tests.suites.vendors.operations import ANY, NOTHING, Operation, bodies, either, obj, queries

RING, ANSWER = ("ring", "ringing"), ("answer", "in-progress")


def end(word: str) -> tuple[str, str]:
    return ("hangup", word)


def plus(number: str) -> str:
    return f"+{number.removeprefix('+')}"


OUT, IN = "callee hangs up", "inbound, caller hangs up"


def wire(name: str) -> Any:
    return json.loads((Path(__file__).parents[3] / "fixtures" / "vobiz" / f"{name}.json").read_text())


URLS = ["http://127.0.0.1:9/x", "{app}/fallback", "ftp://a", ""]
NO = {
    400: either(obj("api_id error"), obj("error details")),
    404: obj("api_id error message"),
    501: obj("api_id error"),
}
RECORD = obj(wire("cdr")["record"])
CDR = {"account_id": ANY, "count": ANY, "success": ANY, "data": [RECORD]}
PAGES = {"pagination": obj(wire("cdr")["pagination"]), "summary": obj(wire("cdr")["summary"])}
APPLICATION = obj(wire("application")["object"])
LIVE, QUEUED, OVER = (obj(list(wire(n)["response"]["json"])) for n in ("live_call", "queued_call", "finished_call"))
RECORDING = obj(
    "add_time call_uuid conference_name from_number monthly_recording_storage_amount recording_duration_ms "
    "recording_end_ms recording_format recording_id recording_start_ms recording_storage_duration "
    "recording_storage_rate recording_type recording_url resource_uri rounded_recording_duration to_number"
)
META = obj("limit next offset previous total_count")
OPERATIONS = (
    Operation(
        "POST",
        "Call/",
        {201: obj("api_id message request_uuid"), **NO},
        bodies(
            {
                "from": "{number}",
                "to": CALLEE,
                "answer_url": "{app}/answer",
                "ring_url": "{app}/ring",
                "hangup_url": "{app}/hangup",
            },
            to=["+919835550101", "+919835550106", "+919835550108", "+919876543210<+919835550105", "a,b", "sip:a@b"],
            fallback_url=URLS,
            machine_detection=["true", "hangup", "false", True],
            machine_detection_url=URLS,
            ring_timeout=["5", 0, "1", 100000],
            time_limit=["3", 1, 0],
            hangup_on_ring=[0, "1"],
            answer_method=["GET", "PUT"],
            send_digits=["1w2", "x"],
            sip_headers=["a=b"],
            caller_name=["Ada"],
            machine_detection_time=[2000, 1],
        ),
    ),
    Operation(
        "GET", "Call/", {200: obj("api_id calls"), **NO}, query=queries(status=["live", "queued", "no"], limit=["1"])
    ),
    Operation("GET", "Call/{call}/", {200: either(LIVE, QUEUED, OVER), **NO}, query=queries(status=["live", "queued"])),
    Operation("DELETE", "Call/{call}/", {204: NOTHING, **NO}),
    Operation(
        "POST",
        "Call/{call}/",
        {202: obj("api_id message call_uuid call_uuids"), **NO},
        bodies(
            {"legs": "aleg", "aleg_url": "{app}/more"},
            legs=["aleg", "bleg", "both"],
            bleg_url=["{app}/answer"],
            aleg_method=["GET"],
        ),
    ),
    Operation("DELETE", "Request/{call}/", {204: NOTHING, **NO}),
    Operation(
        "POST",
        "Call/{call}/Play/",
        {202: obj("api_id message"), **NO},
        bodies({"urls": "http://a/b.mp3"}, urls=["", ["http://a/b.mp3"]], loop=[True], length=["2"], legs=["both"]),
    ),
    Operation("DELETE", "Call/{call}/Play/", {204: NOTHING, **NO}),
    Operation(
        "POST",
        "Call/{call}/Speak/",
        {202: obj("api_id message"), **NO},
        bodies({"text": "hello"}, loop=["true"], legs=["bleg"]),
    ),
    Operation("DELETE", "Call/{call}/Speak/", {204: NOTHING, **NO}),
    Operation("POST", "Call/{call}/DTMF/", {202: obj("api_id message"), **NO}, bodies({"digits": "1"}, leg=["bleg"])),
    Operation(
        "POST",
        "Call/{call}/Record/",
        {200: obj("api_id message recording_id url"), **NO},
        bodies({}, time_limit=["2", 0], callback_url=URLS, file_format=["wav"]),
    ),
    Operation("DELETE", "Call/{call}/Record/", {204: NOTHING, **NO}),
    Operation(
        "GET",
        "Recording/",
        {200: obj("api_id", meta=META, objects=[RECORDING]), **NO},
        query=queries(limit=["1"], offset=["1"]),
    ),
    Operation(
        "GET",
        "cdr",
        {200: obj(**CDR, **PAGES), **NO},
        query=queries(
            page=["1", "2"],
            per_page=["1"],
            call_direction=["inbound"],
            start_date=["2026-01-01"],
            min_duration=["3"],
        ),
    ),
    Operation(
        "GET",
        "cdr/search",
        {
            200: obj(filters=obj("call_direction from_number hangup_cause to_number"), **CDR, **PAGES),
            **NO,
        },
        query=queries(to_number=["98"], hangup_cause=["USER_BUSY"]),
    ),
    Operation("GET", "cdr/recent", {200: obj(**CDR), **NO}, query=queries(limit=["1", "5"])),
    Operation("GET", "cdr/{call}", {200: obj("success", data=RECORD), **NO}),
    Operation(
        "GET", "Application/", {200: obj("api_id", meta=META, objects=[APPLICATION]), **NO}, query=queries(limit=["1"])
    ),
    Operation(
        "POST",
        "Application/",
        {201: obj("api_id app_id message"), **NO},
        bodies(
            {"app_name": "shop", "answer_url": "{app}/answer"},
            default_number_app=[True],
            hangup_url=URLS,
            answer_method=["GET"],
        ),
    ),
    Operation("GET", "Application/{application}/", {200: {**APPLICATION, "api_id": ANY}, **NO}),
    Operation(
        "POST",
        "Application/{application}/",
        {202: obj("api_id message"), **NO},
        bodies(
            {"answer_url": "{app}/answer"},
            hangup_url=URLS,
        ),
    ),
    Operation("DELETE", "Application/{application}/", {204: NOTHING, 409: obj("api_id error"), **NO}),
    Operation(
        "POST", "numbers/{number}/application", {200: obj("message"), **NO}, bodies({"application_id": "{application}"})
    ),
    Operation("DELETE", "numbers/{number}/application", {200: obj("message"), 204: NOTHING, **NO}),
    Operation(
        "GET",
        "concurrency",
        {
            200: obj("account_id concurrent_calls max_concurrent utilization_pct request_id"),
            **NO,
        },
    ),
    Operation("PATCH", "Call/{call}/", {404: obj("message api_id error"), 405: ANY}),
    Operation("GET", "Conference/", {200: obj("api_id conferences"), **NO}),
)
MORE = (
    "<Response><Gather action='{app}/gather' numDigits='1'><Speak>press 1</Speak></Gather>"
    "<Speak>none</Speak></Response>",
    "<Response><Redirect>{app}/more</Redirect></Response>",
    "<Response><Dial action='{app}/dial' timeout='9'>"
    "<Number>+919835550107</Number><Number>+919835550101</Number></Dial>"
    "<Speak>bye</Speak></Response>",
    "<Response><Speak>hello</Speak><Wait length='3'/></Response>",
    "<Response><Record action='{app}/more' callbackUrl='{app}/more' maxLength='5' recordSession='true'/>"
    "<Record action='{app}/gather' redirect='true' timeout='2'/></Response>",
    "<Response><Hangup schedule='5'/><Play loop='0'>http://a/b.mp3</Play></Response>",
    "<Response>",
    "",
)


class Vobiz(Adapter):
    vendor = "vobiz"
    OPERATIONS = OPERATIONS
    DOCUMENTS_AT_RANDOM = MORE
    WORDS: ClassVar = {"queued": "queued", "ringing": "ringing", "early media": "ringing", "answered": "in-progress"}
    ENDINGS: ClassVar = {
        "callee hangs up": "4000 Callee",
        "our side hangs up": "4000 Answer XML",
        "API hangs up": "4000 API Request",
        "API cancels while queued": "1000 API Request",
        "API cancels while ringing": "1000 API Request",
        "busy": "3010 Carrier",
        "no answer": "6010 Vobiz",
        "carrier reports no answer": "3000 Carrier",
        "rejected": "3020 Carrier",
        "unreachable": "2010 Carrier",
        "inbound, caller hangs up": "4000 Caller",
        "inbound, our side hangs up": "4000 Answer XML",
        "inbound, API hangs up": "4000 API Request",
        "inbound, caller gives up": "1000 Caller",
        "inbound, refused": "3020 Answer XML",
        "answer lost": "7011 Error",
        "answer garbage": "8011 Error",
    }
    CALLBACKS: ClassVar = {
        "callee hangs up": (RING, ANSWER, end("completed")),
        "our side hangs up": (RING, ANSWER, end("completed")),
        "API hangs up": (RING, ANSWER, end("completed")),
        "API cancels while queued": (end("cancel"),),
        "API cancels while ringing": (RING, end("cancel")),
        "busy": (end("busy"),),
        "no answer": (RING, end("no-answer")),
        "carrier reports no answer": (RING, end("no-answer")),
        "rejected": (RING, end("failed")),
        "unreachable": (end("failed"),),
        "inbound, caller hangs up": (("answer", "ringing"), end("completed")),
        "inbound, our side hangs up": (("answer", "ringing"), end("completed")),
        "inbound, API hangs up": (("answer", "ringing"), end("completed")),
        "inbound, caller gives up": (("answer", "ringing"), end("completed")),
        "inbound, refused": (("answer", "ringing"), end("completed")),
    }
    LOST: ClassVar = {(story, "answer"): "answer lost" for story in (OUT, IN)}
    GARBAGE: ClassVar = dict.fromkeys((OUT, IN), "answer garbage")
    DOCUMENTS: ClassVar = {
        "stay": "<Play loop='0'>http://a/b.mp3</Play>",
        "talk": "<Speak/><Play>http://a/10s.mp3</Play><Hangup/>",
        "wait": "<Wait length='3600'/>",
        "refuse": "<Hangup/>",
        "garbage": "<Nonsense/>",
    }

    def headers(self) -> dict[str, str]:
        return {"X-Auth-ID": self.account["auth_id"], "X-Auth-Token": self.account["auth_token"]}

    def hear(self, document: str) -> None:
        self.receiver.content_type = "application/xml"
        for path in ("/answer", "/more", "/gather", "/dial", "/fallback"):
            self.receiver.answers[path] = document

    async def names(self) -> dict[str, list[str]]:
        applications = (await self.ask("GET", f"{self.base}/Application/"))["objects"]
        return {"number": [self.number, CALLEE], "application": [each["app_id"] for each in applications]}

    @property
    def base(self) -> str:
        return f"/api/v1/Account/{self.account['auth_id']}"

    def prepare(self, document: str) -> None:
        self.receiver.content_type = "application/xml"
        self.receiver.answers["/answer"] = f"<Response>{self.DOCUMENTS[document]}</Response>"
        self.sandbox.put_settings("vobiz", {
            "hangup_call_status": "detailed", "answer_url": self.url("answer"), "hangup_url": self.url("hangup"),
        })  # fmt: skip

    async def place(self) -> str:
        body = {"from": self.number, "to": CALLEE, **{f"{n}_url": self.url(n) for n in ("answer", "ring", "hangup")}}
        made: str = (await self.ask("POST", f"{self.base}/Call/", json=body, ok=(201,)))["request_uuid"]
        return made

    async def lists(self) -> dict[str, list[str]]:
        live, queued = [(await self.ask("GET", f"{self.base}/Call/?status={word}")) for word in ("live", "queued")]
        over = (await self.ask("GET", f"{self.base}/cdr"))["data"]
        return {
            "queued": queued["calls"],
            "ringing+answered": live["calls"],
            "ended": [row["uuid"] for row in reversed(over)],
        }

    async def get(self, id_: str) -> Seen | None:
        found = [await self.ask("GET", f"{self.base}/Call/{id_}/?status={word}") for word in ("live", "queued")]
        (seen,) = [body for body in found if body is not None] or [None]
        if seen is None:
            return None
        assert seen["request_uuid"] == seen["call_uuid"]
        return Seen(seen["call_uuid"], seen["call_status"], plus(seen["from"]), plus(seen["to"]), seen["direction"])

    async def record(self, id_: str) -> Ending | None:
        row = await self.ask("GET", f"{self.base}/cdr/{id_}")
        over = await self.ask("GET", f"{self.base}/Call/{id_}/")
        assert (row is None) == (over is None)
        if row is None:
            return None
        row = row["data"]
        word = f"{row['hangup_cause_code']} {row['hangup_source']}"
        assert word == f"{over['hangup_cause_code']} {over['hangup_source']}"
        assert row["billsec"] == over["call_duration"] and row["duration"] == row["billsec"] + row["ring_time"]
        parties = plus(row["caller_id_number"]), plus(row["destination_number"])
        assert parties == (plus(over["from_number"]), plus(over["to_number"]))
        assert (row["answer_time"] is None) == (over["answer_time"] is None)
        assert row["answer_time"] is not None or row["billsec"] == 0
        return Ending(row["uuid"], word, *parties, row["call_direction"], row["billsec"])

    def told(self, delivery: Delivery) -> Ending:
        form: dict[str, Any] = dict(parse_qsl(delivery.body().decode(), keep_blank_values=True))
        word = f"{form['HangupCauseCode']} {form['HangupSource']}"
        return Ending(
            form["CallUUID"], word, plus(form["From"]), plus(form["To"]), form["Direction"], int(form["Duration"])
        )

    async def hang_up(self, id_: str) -> None:
        await self.ask("DELETE", f"{self.base}/Call/{id_}/", ok=(204,))


adapter = Vobiz
