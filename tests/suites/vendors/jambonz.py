"""jambonz, as the suites use it."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from emulator.engine.legs import Leg
from emulator.webhooks.deliveries import Delivery
from tests.suites.vendors.adapter import CALLEE, Adapter, Ending, Seen

TRYING, RINGING, TALKING = ("status", "trying"), ("status", "ringing"), ("status", "in-progress")
TALK = (TRYING, RINGING, TALKING, ("answer", "in-progress"), ("status", "completed"))
INBOUND = (("answer", "trying"), ("status", "trying"), TALKING, ("status", "completed"))
OVER = {"completed": "ended", "busy": "ended", "no-answer": "ended", "failed": "ended"}
SPEECH = {
    "speech_synthesis_vendor": "google", "speech_synthesis_language": "en-US", "speech_synthesis_voice": "en-US-A",
    "speech_recognizer_vendor": "google", "speech_recognizer_language": "en-US",
}  # fmt: skip

OUT, IN = "callee hangs up", "inbound, caller hangs up"


class Jambonz(Adapter):
    vendor = "jambonz"
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
