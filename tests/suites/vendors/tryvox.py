"""TryVox, as the suites use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from emulator.webhooks.deliveries import Delivery
from tests.suites.vendors.adapter import CALLEE, Adapter, Ending, Seen
from tests.suites.vendors.operations import ANY, NOTHING, Operation, bodies, either, obj, queries

START = (("status", "queued"), ("ring", "ringing"), ("status", "ringing"))
TALK = (("status", "answered"), ("answer", "answered"))
END = (("hangup", "ended"), ("status", "ended"))
ARRIVED = (("ring", "ringing"), ("status", "ringing"), ("answer", "ringing"))
OVER = ("completed", "busy", "no-answer", "failed", "canceled")

OUT, IN = "callee hangs up", "inbound, caller hangs up"


def wire(name: str) -> Any:
    return json.loads((Path(__file__).parents[3] / "fixtures" / "tryvox" / f"{name}.json").read_text())


URLS = ["http://127.0.0.1:9/x", "{app}/fallback", "ftp://a", ""]
FAULT = obj("", error=obj("code message", details=[obj("field reason")]))
ACTION = either(FAULT, obj("error message"))
NO = {400: FAULT, 403: FAULT, 404: ACTION, 405: FAULT, 409: ACTION, 501: ACTION}
CALL = obj(list(wire("call")["response"]["json"]))
ROW = obj("call_uuid from to direction status duration start_time answer_time end_time end_reason")
APPLICATION = obj(list(wire("application")["response"]["json"]))
NUMBER = obj(list(wire("numbers")["list"]["data"][0]))
PAGE = obj("total count per_page current_page total_pages")
VOICE = "/v1/voice/accounts/{account}"
OPERATIONS = (
    Operation("POST", f"{VOICE}/calls", {201: obj(list(wire("create_call")["response"]["json"])), **NO}, bodies(
        {"from": "{number}", "to": CALLEE, "answer_url": "{app}/answer", "ring_url": "{app}/ring",
         "hangup_url": "{app}/hangup", "status_callback_url": "{app}/status"},
        to=["+919835550101", "+919835550106", "+919835550108", "+919835550105"], ring_timeout=[1, 5, 0],
        time_limit=[1, 3], fallback_url=URLS, machine_detection=["Enable", "maybe"], answer_method=["GET", "PUT"],
        webhook_secret=["s"], status_callback_method=["GET"],
    )),
    Operation("GET", f"{VOICE}/calls", {
        200: obj("", calls=[ROW], pagination=obj("page per_page total_pages total_count")), **NO,
    }, query=queries(status=["ringing", "completed", "in-progress", "no"], page=["1", "2"], per_page=["1"],
                     direction=["inbound"], to=[CALLEE])),
    Operation("GET", f"{VOICE}/calls/{{call}}", {200: CALL, **NO}),
    Operation("DELETE", f"{VOICE}/calls/{{call}}", {204: NOTHING, **NO}),
    Operation("POST", f"{VOICE}/calls/{{call}}/transfer", {200: ANY, 202: ANY, **NO}, bodies(
        {"to": "+919835550107"}, answer_url=["{app}/more"],
    )),
    Operation("POST", f"{VOICE}/calls/{{call}}/speak", {**NO}, bodies({"text": "hello"})),
    Operation("POST", f"{VOICE}/calls/{{call}}/dtmf", {**NO}, bodies({"digits": "12"})),
    Operation("GET", f"{VOICE}/conferences", {200: ANY, **NO}),
    Operation("GET", "/v1/account/{account}/numbers", {200: obj("", data=[NUMBER], pagination=PAGE), **NO},
              query=queries(page=["1"], per_page=["1"], status=["active"])),
    Operation("GET", "/v1/account/{account}/numbers/{number}", {200: NUMBER, **NO}),
    Operation("POST", "/v1/account/{account}/numbers/{number}/application", {
        200: obj("e164 trunk_id application_id status updated_at"), **NO,
    }, bodies({"application_id": "{application}"})),
    Operation("DELETE", "/v1/account/{account}/numbers/{number}/application", {204: NOTHING, **NO}),
    Operation("GET", "/v1/voice/applications", {200: obj("", data=[APPLICATION], pagination=PAGE), **NO}),
    Operation("POST", "/v1/voice/applications", {201: APPLICATION, **NO}, bodies(
        {"name": "shop", "answer_url": "{app}/answer"}, hangup_url=URLS,
    )),
    Operation("PATCH", "/v1/voice/applications/{application}", {200: APPLICATION, **NO}, bodies(
        {"answer_url": "{app}/answer"}, status_callback_url=["{app}/status"], answer_method=["GET"],
    )),
    Operation("PUT", f"{VOICE}/calls/{{call}}", {405: FAULT}),
)  # fmt: skip


def voxml(*instructions: Any) -> str:
    return json.dumps({"voxml_version": "1.0", "instructions": instructions})


MORE = (
    voxml({"verb": "Say", "text": "hello"}, {"verb": "Pause", "length": 3}),
    voxml({"verb": "Gather", "action_url": "APP/gather", "num_digits": 1, "say": {"text": "press 1"}}),
    voxml({"verb": "Redirect", "url": "APP/more"}),
    voxml({"verb": "Dial", "number": "+919835550107", "action_url": "APP/dial"}, {"verb": "Hangup"}),
    voxml(),
    "{}",
    "",
)


class Tryvox(Adapter):
    vendor = "tryvox"
    OPERATIONS = OPERATIONS
    DOCUMENTS_AT_RANDOM = MORE
    WORDS: ClassVar = {"queued": "ringing", "ringing": "ringing", "early media": "ringing", "answered": "in-progress"}
    ENDINGS: ClassVar = {
        "callee hangs up": "completed callee-hangup",
        "our side hangs up": "completed voxml-hangup",
        "API hangs up": "completed api-hangup",
        "API cancels while queued": "canceled api-hangup",
        "API cancels while ringing": "canceled api-hangup",
        "busy": "busy busy",
        "no answer": "no-answer timeout",
        "carrier reports no answer": "no-answer timeout",
        "rejected": "busy rejected",
        "unreachable": "failed error",
        "inbound, caller hangs up": "completed caller-hangup",
        "inbound, our side hangs up": "completed voxml-hangup",
        "inbound, API hangs up": "completed api-hangup",
        "inbound, caller gives up": "canceled caller-hangup",
        "inbound, refused": "busy rejected",
        "answer lost": "failed error",
    }
    CALLBACKS: ClassVar = {
        "callee hangs up": (*START, *TALK, *END),
        "our side hangs up": (*START, *TALK, *END),
        "API hangs up": (*START, *TALK, *END),
        "API cancels while queued": (("status", "queued"), *END),
        "API cancels while ringing": (*START, *END),
        "busy": (("status", "queued"), *END),
        "no answer": (*START, *END),
        "carrier reports no answer": (*START, *END),
        "rejected": (*START, *END),
        "unreachable": (("status", "queued"), *END),
        "inbound, caller hangs up": (*ARRIVED, ("status", "answered"), *END),
        "inbound, our side hangs up": (*ARRIVED, ("status", "answered"), *END),
        "inbound, API hangs up": (*ARRIVED, ("status", "answered"), *END),
        "inbound, caller gives up": (*ARRIVED, *END),
        "inbound, refused": (*ARRIVED, *END),
    }
    LOST: ClassVar = {(story, "answer"): "answer lost" for story in (OUT, IN)}
    GARBAGE: ClassVar = dict.fromkeys((OUT, IN), "answer lost")
    DOCUMENTS: ClassVar = {
        "stay": [{"verb": "Pause", "length": 3600}],
        "talk": [{"verb": "Pause", "length": 10}, {"verb": "Hangup"}],
        "refuse": [{"verb": "Reject"}],
        "garbage": [{"verb": "Nonsense"}],
    }

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account['api_key']}"}

    def hear(self, document: str) -> None:
        for path in ("/answer", "/more", "/gather", "/dial", "/fallback"):
            self.receiver.answers[path] = document

    async def names(self) -> dict[str, list[str]]:
        applications = (await self.ask("GET", "/v1/voice/applications"))["data"]
        return {
            "account": [self.account["auth_id"]],
            "number": [self.number, CALLEE],
            "application": [each["application_id"] for each in applications],
        }

    @property
    def calls(self) -> str:
        return f"/v1/voice/accounts/{self.account['auth_id']}/calls"

    def urls(self) -> dict[str, str]:
        names = {"status": "status_callback_url"}
        return {names.get(n, f"{n}_url"): self.url(n) for n in ("answer", "ring", "hangup", "status")}

    def prepare(self, document: str) -> None:
        if document == "wait":
            self.receiver.answers["/answer"] = self.never
        else:
            body = {"voxml_version": "1.0", "instructions": self.DOCUMENTS[document]}
            self.receiver.answers["/answer"] = body
        self.sandbox.put_settings("tryvox", self.urls())

    async def place(self) -> str:
        body = {"from": self.number, "to": CALLEE, **self.urls()}
        made: str = (await self.ask("POST", self.calls, json=body, ok=(201,)))["call_uuid"]
        return made

    async def listed(self, **query: str) -> list[str]:
        return [row["call_uuid"] for row in reversed((await self.ask("GET", self.calls, params=query))["calls"])]

    async def lists(self) -> dict[str, list[str]]:
        by_word = {word: await self.listed(status=word) for word in ("ringing", "in-progress", *OVER)}
        every = await self.listed()
        assert sorted(id_ for ids in by_word.values() for id_ in ids) == sorted(every)
        return {
            "queued+ringing+early media": by_word["ringing"],
            "answered": by_word["in-progress"],
            "ended": [id_ for id_ in every if any(id_ in by_word[word] for word in OVER)],
        }

    async def get(self, id_: str) -> Seen | None:
        seen = await self.ask("GET", f"{self.calls}/{id_}")
        (row,) = [row for row in (await self.ask("GET", self.calls))["calls"] if row["call_uuid"] == id_]
        assert row == {key: seen[key] for key in row}
        return Seen(seen["call_uuid"], seen["status"], seen["from"], seen["to"], seen["direction"])

    async def record(self, id_: str) -> Ending | None:
        seen = await self.ask("GET", f"{self.calls}/{id_}")
        assert (seen["end_time"] is None) == (seen["end_reason"] is None) == (seen["status"] not in OVER)
        if seen["end_time"] is None:
            return None
        word = f"{seen['status']} {seen['end_reason']}"
        return Ending(id_, word, seen["from"], seen["to"], seen["direction"], seen["duration"])

    def over(self, record: Ending) -> str:
        return record.word.partition(" ")[0]

    def told_word(self, record: Ending) -> str:
        """Its webhooks tell the reason alone."""
        return record.word.partition(" ")[2]

    def is_final(self, delivery: Delivery) -> bool:
        return delivery.request.word == "ended"

    def told(self, delivery: Delivery) -> Ending:
        body = json.loads(delivery.body())
        return Ending(
            body["call_uuid"], body["end_reason"], body["from"], body["to"], body["direction"], body["duration"]
        )

    async def hang_up(self, id_: str) -> None:
        await self.ask("DELETE", f"{self.calls}/{id_}", ok=(204,))


adapter = Tryvox
