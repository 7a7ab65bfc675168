"""jambonz, as the suites use it."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from emulator.engine.legs import Leg
from emulator.webhooks.deliveries import Delivery
from tests.suites.vendors.adapter import CALLEE, Adapter, Ending, Seen
from tests.suites.vendors.operations import ANY, NOTHING, TEXT, Operation, bodies, either, obj, queries

TRYING, RINGING, TALKING = ("status", "trying"), ("status", "ringing"), ("status", "in-progress")
TALK = (TRYING, RINGING, TALKING, ("answer", "in-progress"), ("status", "completed"))
INBOUND = (("answer", "trying"), ("status", "trying"), TALKING, ("status", "completed"))
OVER = {"completed": "ended", "busy": "ended", "no-answer": "ended", "failed": "ended"}
SPEECH = {
    "speech_synthesis_vendor": "google", "speech_synthesis_language": "en-US", "speech_synthesis_voice": "en-US-A",
    "speech_recognizer_vendor": "google", "speech_recognizer_language": "en-US",
}  # fmt: skip

OUT, IN = "callee hangs up", "inbound, caller hangs up"


HOOK = obj("webhook_sid url method username password")
CALL = obj(
    "account_sid call_id call_sid call_status direction from service_url sip_status to application_sid caller_name "
    "duration originating_sip_trunk_name parent_call_sid sip_reason trace_id sbc_callid call_termination_by"
)
APPLICATION = obj(
    "application_sid name service_provider_sid account_sid app_json use_for_fallback_speech env_vars record_all_calls "
    "created_at speech_synthesis_vendor speech_synthesis_language speech_synthesis_voice speech_synthesis_label "
    "speech_recognizer_vendor speech_recognizer_language speech_recognizer_label fallback_speech_synthesis_vendor "
    "fallback_speech_synthesis_language fallback_speech_synthesis_voice fallback_speech_synthesis_label "
    "fallback_speech_recognizer_vendor fallback_speech_recognizer_language fallback_speech_recognizer_label",
    call_hook=either(HOOK, ANY), call_status_hook=either(HOOK, ANY), messaging_hook=either(HOOK, ANY),
)  # fmt: skip
RECENT = obj(
    "attempted_at terminated_at answered_at account_sid call_sid application_sid from to answered sip_callid "
    "sip_parent_callid sip_status duration termination_reason host remote_host direction trunk trace_id recording_url "
    "service_provider_sid"
)
ALERT = obj("time account_sid alert_type message detail target_sid vendor")
MESSAGE = either(obj("msg"), obj("status message"), TEXT, NOTHING)
NO = {400: MESSAGE, 403: MESSAGE, 404: MESSAGE, 422: MESSAGE, 501: MESSAGE}
BASE = "/v1/Accounts/{account}"
URLS = [
    "http://127.0.0.1:9/x#rc=2&rp=all",
    "{app}/more",
    "ws://127.0.0.1:9/",
    "",
    {"url": "{app}/answer", "method": "GET"},
]
OPERATIONS = (
    # JAMBONZ-44: what its call engine refuses is a 500 of the vendor's own, in these words
    Operation(
        "POST",
        f"{BASE}/Calls",
        {201: obj("sid callId"), 500: b"Internal Server Error", **NO},
        bodies(
            {
                "from": "{number}",
                "to": {"type": "phone", "number": CALLEE},
                "call_hook": "{app}/answer",
                "call_status_hook": "{app}/status",
                **SPEECH,
            },
            to=[{"type": "phone", "number": f"+91983555010{digit}"} for digit in "15678"]
            + [{"type": "user", "name": "a@b"}],
            call_hook=URLS,
            call_status_hook=URLS,
            timeout=[1, 5, "x"],
            timeLimit=[1, 3],
            tag=[{"a": 1}],
            amd=[{}],
            app_json=['[{"verb":"say","text":"hi"}]', "[]", "x"],
            application_sid=["{application}", "x"],
            callerName=["Ada"],
        ),
    ),
    Operation(
        "GET",
        f"{BASE}/Calls",
        {200: [CALL], **NO},
        query=queries(
            callStatus=["in-progress", "completed"],
            direction=["inbound"],
            to=[CALLEE],
        ),
    ),
    Operation("GET", f"{BASE}/Calls/{{call}}", {200: CALL, **NO}),
    Operation(
        "PUT",
        f"{BASE}/Calls/{{call}}",
        {202: TEXT, **NO},
        bodies(
            {"call_status": "completed"},
            call_status=["no-answer", "completed"],
            call_hook=["{app}/more"],
            tag=[{"a": 1}],
            mute_status=["mute"],
            child_call_hook=["{app}/more"],
            listen_status=["pause"],
        ),
    ),
    Operation("DELETE", f"{BASE}/Calls/{{call}}", {204: NOTHING, **NO}),
    Operation("GET", f"{BASE}/CallCount", {200: obj("inbound outbound"), **NO}),
    Operation(
        "GET",
        f"{BASE}/RecentCalls",
        {200: obj("total page_size page", data=[RECENT]), **NO},
        query=queries(
            page=["1"],
            count=["25", "500"],
            days=["1"],
            answered=["true"],
            direction=["inbound"],
        ),
    ),
    Operation(
        "GET",
        f"{BASE}/Alerts",
        {200: obj("total page_size page", data=[ALERT]), **NO},
        query=queries(
            page=["1"],
            count=["25"],
            days=["1"],
        ),
    ),
    Operation("GET", f"{BASE}/Queues", {200: [obj("name length")], **NO}),
    Operation("GET", f"{BASE}/Conferences", {200: [ANY], **NO}),
    Operation("GET", f"{BASE}/WebhookSecret", {200: obj("webhook_secret"), **NO}, query=queries(regenerate=["true"])),
    Operation(
        "GET",
        "/v1/Applications",
        {200: either([APPLICATION], obj("total page page_size", data=[APPLICATION])), **NO},
        query=queries(page=["1"], page_size=["1"], name=["shop"]),
    ),
    Operation(
        "POST",
        "/v1/Applications",
        {201: obj("sid"), 500: obj("msg"), **NO},
        bodies(
            {"name": "shop", "call_hook": {"url": "{app}/answer"}, "call_status_hook": {"url": "{app}/status"}},
            app_json=['[{"verb":"say","text":"hi"}]', "x"],
            call_hook=URLS,
        ),
    ),
    Operation("GET", "/v1/Applications/{application}", {200: APPLICATION, **NO}),
    Operation(
        "PUT", "/v1/Applications/{application}", {204: NOTHING, **NO}, bodies({"call_hook": {"url": "{app}/answer"}})
    ),
    Operation("DELETE", "/v1/Applications/{application}", {204: NOTHING, **NO}),
    Operation("GET", "/v1/PhoneNumbers", {200: ANY, **NO}, query=queries(page=["1"], filter=["1"])),
    Operation("POST", f"{BASE}/Calls/{{call}}", {202: TEXT, **NO}, bodies({"call_status": "completed"})),
    Operation("PATCH", f"{BASE}/Calls/{{call}}", NO),
)
MORE = tuple(json.dumps(verbs) for verbs in (
    [{"verb": "say", "text": "hello"}, {"verb": "pause", "length": 3}],
    [{"verb": "gather", "actionHook": "/gather", "numDigits": 1, "say": {"text": "press 1"}}, {"verb": "hangup"}],
    [{"verb": "redirect", "actionHook": "/more"}],
    [{"verb": "dial", "actionHook": "/dial", "timeout": 9, "target": [
        {"type": "phone", "number": "+919835550107"}, {"type": "phone", "number": "+919835550101"},
    ]}],
    [{"verb": "play", "url": "http://a/b.mp3", "actionHook": "/play"}],
    [{"verb": "sip:decline", "status": 480}],
    [],
    {"no": "array"},
))  # fmt: skip


class Jambonz(Adapter):
    vendor = "jambonz"
    OPERATIONS = OPERATIONS
    DOCUMENTS_AT_RANDOM = MORE
    WORDS: ClassVar = {
        "queued": "trying", "ringing": "ringing", "early media": "early-media", "answered": "in-progress",
    }  # fmt: skip
    ENDINGS: ClassVar = {
        "callee hangs up": "completed 200",
        "our side hangs up": "completed 200",
        "API hangs up": "completed 200",
        "API cancels while queued": "completed 200",
        "API cancels while ringing": "no-answer 487",
        "busy": "busy 486",
        "no answer": "no-answer 487",
        "carrier reports no answer": "no-answer 487",
        "rejected": "busy 603",
        "unreachable": "failed 480",
        "inbound, caller hangs up": "completed 200",
        "inbound, our side hangs up": "completed 200",
        "inbound, API hangs up": "completed 200",
        "inbound, caller gives up": "no-answer 487",
        "inbound, refused": "failed 486",
        "answer lost": "completed 200",
        "inbound, answer lost": "- 480",
    }
    CALLBACKS: ClassVar = {
        "callee hangs up": TALK,
        "our side hangs up": TALK,
        "API hangs up": TALK,
        "API cancels while queued": TALK,
        "API cancels while ringing": (TRYING, RINGING, ("status", "no-answer")),
        "busy": (TRYING, ("status", "busy")),
        "no answer": (TRYING, RINGING, ("status", "no-answer")),
        "carrier reports no answer": (TRYING, RINGING, ("status", "no-answer")),
        "rejected": (TRYING, RINGING, ("status", "busy")),
        "unreachable": (TRYING, ("status", "failed")),
        "inbound, caller hangs up": INBOUND,
        "inbound, our side hangs up": INBOUND,
        "inbound, API hangs up": INBOUND,
        "inbound, caller gives up": (("answer", "trying"), ("status", "trying"), ("status", "no-answer")),
        "inbound, refused": (("answer", "trying"), ("status", "trying"), ("status", "failed")),
    }
    REFUSED = frozenset({"API cancels while queued"})
    LOST: ClassVar = {(OUT, "answer"): "answer lost", (IN, "answer"): "inbound, answer lost"}
    GARBAGE: ClassVar = {OUT: "answer lost", IN: "inbound, answer lost"}
    DOCUMENTS: ClassVar = {
        "stay": [{"verb": "answer"}, {"verb": "pause", "length": 3600}],
        "talk": [{"verb": "answer"}, {"verb": "pause", "length": 10}, {"verb": "hangup"}],
        "wait": [{"verb": "pause", "length": 3600}],
        "refuse": [{"verb": "sip:decline", "status": 486}],
        "garbage": [{"verb": "nonsense"}],
    }

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account['api_key']}"}

    def hear(self, document: str) -> None:
        for path in ("/answer", "/more", "/gather", "/dial", "/play"):
            self.receiver.answers[path] = document

    async def names(self) -> dict[str, list[str]]:
        applications = await self.ask("GET", "/v1/Applications")
        return {
            "account": [self.account["account_sid"]],
            "number": [self.number, CALLEE],
            "application": [each["application_sid"] for each in applications],
        }

    def unit(self, delivery: Delivery) -> str:
        """Each leg has status hooks of its own, the last of which is its own too."""
        return delivery.leg

    @property
    def base(self) -> str:
        return f"/v1/Accounts/{self.account['account_sid']}"

    def prepare(self, document: str) -> None:
        self.receiver.answers["/answer"] = self.DOCUMENTS[document]
        self.sandbox.put_settings("jambonz", {"call_hook": self.url("answer"), "call_status_hook": self.url("status")})

    async def place(self) -> str:
        body = {
            "from": self.number, "to": {"type": "phone", "number": CALLEE}, "call_hook": self.url("answer"),
            "call_status_hook": self.url("status"), **SPEECH,
        }  # fmt: skip
        made: str = (await self.ask("POST", f"{self.base}/Calls", json=body, ok=(201,)))["sid"]
        return made

    async def lists(self) -> dict[str, list[str]]:
        every = await self.ask("GET", f"{self.base}/Calls")
        groups: dict[str, list[str]] = {"queued": [], "ringing": [], "early media": [], "answered": [], "ended": []}
        states = {word: state for state, word in self.WORDS.items()} | OVER
        for row in every:
            is_inbound = row["direction"] == "inbound" and row["call_status"] == "trying"
            groups["ringing" if is_inbound else states[row["call_status"]]].append(row["call_sid"])
        for word in states:
            filtered = await self.ask("GET", f"{self.base}/Calls", params={"callStatus": word})
            assert filtered == [row for row in every if row["call_status"] == word]
        return groups

    def is_shown(self, leg: Leg) -> bool:
        """JAMBONZ-91: an inbound call has no record before its hook answered with verbs."""
        return leg.direction == "outbound" or bool(leg.memo.get("session"))

    def word(self, leg: Leg) -> str:
        return "trying" if leg.direction == "inbound" and leg.state == "ringing" else super().word(leg)

    async def get(self, id_: str) -> Seen | None:
        seen = await self.ask("GET", f"{self.base}/Calls/{id_}")
        if seen is None:
            return None
        rows = [row for row in await self.ask("GET", f"{self.base}/Calls") if row["call_sid"] == id_]
        assert rows == [seen]
        return Seen(seen["call_sid"], seen["call_status"], seen["from"], seen["to"], seen["direction"])

    async def record(self, id_: str) -> Ending | None:
        page = await self.ask("GET", f"{self.base}/RecentCalls", params={"page": 1, "count": 25})
        rows: list[Any] = [row for row in page["data"] if row["call_sid"] == id_]
        if not rows:
            return None
        (row,) = rows
        seen = await self.ask("GET", f"{self.base}/Calls/{id_}")
        status = "-"
        if seen is not None:
            status = seen["call_status"]
            assert (seen["sip_status"], seen.get("duration", 0)) == (row["sip_status"], row["duration"])
        assert row["answered"] == (row["answered_at"] is not None)
        word = f"{status} {row['sip_status']}"
        return Ending(id_, word, row["from"], row["to"], row["direction"], row["duration"])

    def over(self, record: Ending) -> str:
        return record.word.partition(" ")[0]

    def is_final(self, delivery: Delivery) -> bool:
        return delivery.callback == "status" and delivery.request.word in OVER

    def told(self, delivery: Delivery) -> Ending:
        body = json.loads(delivery.body())
        word = f"{body['call_status']} {body['sip_status']}"
        return Ending(body["call_sid"], word, body["from"], body["to"], body["direction"], body.get("duration", 0))

    async def hang_up(self, id_: str) -> None:
        leg = self.leg(id_)
        word = "completed" if leg.answered_at else "no-answer"
        status = 422 if leg.state == "queued" else 202  # JAMBONZ-54: nothing to cancel before it rings
        await self.ask("PUT", f"{self.base}/Calls/{id_}", json={"call_status": word}, ok=(status,))


adapter = Jambonz
