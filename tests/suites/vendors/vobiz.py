"""Vobiz, as the suites use it."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import parse_qsl

from emulator.webhooks.deliveries import Delivery
from tests.suites.vendors.adapter import CALLEE, Adapter, Ending, Seen

RING, ANSWER = ("ring", "ringing"), ("answer", "in-progress")


def end(word: str) -> tuple[str, str]:
    return ("hangup", word)


def plus(number: str) -> str:
    return f"+{number.removeprefix('+')}"


OUT, IN = "callee hangs up", "inbound, caller hangs up"


class Vobiz(Adapter):
    vendor = "vobiz"
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
