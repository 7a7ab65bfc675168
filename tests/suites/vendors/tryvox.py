"""TryVox, as the suites use it."""

from __future__ import annotations

import json
from typing import ClassVar

from emulator.webhooks.deliveries import Delivery
from tests.suites.vendors.adapter import CALLEE, Adapter, Ending, Seen

START = (("status", "queued"), ("ring", "ringing"), ("status", "ringing"))
TALK = (("status", "answered"), ("answer", "answered"))
END = (("hangup", "ended"), ("status", "ended"))
ARRIVED = (("ring", "ringing"), ("status", "ringing"), ("answer", "ringing"))
OVER = ("completed", "busy", "no-answer", "failed", "canceled")

OUT, IN = "callee hangs up", "inbound, caller hangs up"


class Tryvox(Adapter):
    vendor = "tryvox"
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
