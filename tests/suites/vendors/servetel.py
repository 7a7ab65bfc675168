"""Servetel, as the suites use it: its calls have an agent, and no document; `our side` is the agent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from emulator.engine.legs import Leg
from emulator.scenarios.builder import FarEndBuilder
from emulator.webhooks.deliveries import Delivery
from tests.suites.vendors.adapter import CALLEE, Adapter, Ending, Seen
from tests.suites.vendors.operations import Operation, bodies, either, obj, queries

TRIGGERS = ("received", "dialed", "answered-by-agent", "answered-by-customer", "missed", "hangup")
AGENT, CUSTOMER = ("answered-by-agent", "Answered by agent"), ("answered-by-customer", "Answered by customer")
HANGUP, MISSED = ("hangup", "answered"), ("missed", "missed")
ARRIVED = (("received", ""), ("dialed", ""))
CALLEE_LEFT, CALLER_LEFT = "Call Disconnected By Callee", "Call Disconnected By Caller"


def wire(name: str) -> Any:
    return json.loads((Path(__file__).parents[3] / "fixtures" / "servetel" / f"{name}.json").read_text())


USERS = wire("users")
ROW = obj(list(wire("live_call")["ringing"]))
SAID = obj("success message errors login_failed_count")
NO = {400: SAID, 401: SAID, 404: SAID, 405: SAID, 422: SAID, 501: SAID}
PLACED = {200: either(obj("success message ref_id call_id"), SAID), **NO}
USER = {**obj(USERS["user"]), "agent": obj(USERS["user.agent"]), "user_role": obj("id name")}
OPERATIONS = (
    Operation(
        "POST",
        "/v1/click_to_call",
        PLACED,
        bodies(
            {"agent_number": "{agent}", "destination_number": CALLEE, "async": 1},
            destination_number=["+919835550101", "9835550106", "09835550108", 919835550105, "x"],
            caller_id=["{number}", "1"],
            call_timeout=[3, "x"],
            customer_ring_timeout=[1, 5],
            ref_id=["mine"],
            custom_identifier=["order", {"a": 1}],
            get_call_id=[1],
            agent_number=["1001", "{number}"],
            **{"async": [0, "0", "1", 2]},
        ),
    ),
    Operation(
        "POST",
        "/v1/click_to_call_support",
        PLACED,
        bodies(
            {"customer_number": CALLEE, "api_key": "{key}", "async": 1},
            customer_number=["+919835550102"],
        ),
    ),
    Operation(
        "GET",
        "/v1/live_calls",
        {200: [ROW], **NO},
        query=queries(
            call_id=["{call}"],
            agent_number=["{agent}"],
            extension=["1"],
            did_number=["{number}"],
        ),
    ),
    Operation("GET", "/v1/live_calls/{call}", {200: ROW, **NO}),
    Operation("POST", "/v1/call/hangup", {200: SAID, **NO}, bodies({"call_id": "{call}"})),
    Operation(
        "POST",
        "/v1/call/options",
        {200: SAID, **NO},
        bodies(
            {"type": 1, "call_id": "{call}", "agent_id": "{agent}"},
            type=[1, 2, 3, 4, 5],
            intercom=["1001", ["1002"]],
        ),
    ),
    Operation(
        "GET",
        "/v1/call/records",
        {
            200: {**obj(wire("records")["envelope"]), "results": [obj(wire("records")["keys"])]},
            **NO,
        },
        query=queries(
            from_date=["2026-01-01"],
            to_date=["2026-01-01"],
            page=["1", "2"],
            limit=["1"],
            call_type=["c", "m"],
            direction=["inbound"],
            duration=["3"],
            operator=[">=", "?"],
            callerid=["98"],
        ),
    ),
    Operation(
        "GET",
        "/v1/users",
        {200: {**obj(USERS["list"]), "data": [USER]}, **NO},
        query=queries(
            last_seen_id=["1"],
            limit=["1"],
            user_status=["1"],
        ),
    ),
    Operation(
        "GET",
        "/v1/user/{user}",
        {
            200: {
                **obj(USERS["one"]),
                "team_member": obj(USERS["one.team_member"]),
                "agent": obj(USERS["one.agent"]),
            },
            **NO,
        },
    ),
    Operation("POST", "/v1/agent/{agent}/block", {200: SAID, **NO}),
    Operation("POST", "/v1/agent/{agent}/unblock", {200: SAID, **NO}),
    Operation("GET", "/v1/my_number", {200: [obj(USERS["number"])], **NO}),
    Operation("GET", "/v1/broadcasts", {501: SAID}),
    Operation("DELETE", "/v1/live_calls", {405: SAID}),
)


class Servetel(Adapter):
    vendor = "servetel"
    OPERATIONS = OPERATIONS
    DOCUMENTS_AT_RANDOM = ("",)
    WORDS: ClassVar = {"queued": "Ringing", "ringing": "Ringing", "early media": "Ringing", "answered": "Answered"}
    ENDINGS: ClassVar = {
        "callee hangs up": f"answered, Normal call clearing, {CALLEE_LEFT}",
        "our side hangs up": f"answered, Normal call clearing, {CALLER_LEFT}",
        "API hangs up": f"answered, Normal call clearing, {CALLER_LEFT}",
        "API cancels while queued": "missed, Originator cancel, noanswer",
        "API cancels while ringing": "missed, Originator cancel, noanswer",
        "busy": "missed, User busy, noanswer",
        "no answer": "missed, No answer from user (user alerted), noanswer",
        "carrier reports no answer": "missed, No answer from user (user alerted), noanswer",
        "rejected": "missed, Call rejected, noanswer",
        "unreachable": "missed, Destination out of order, noanswer",
        "inbound, caller hangs up": f"answered, Normal call clearing, {CALLER_LEFT}",
        "inbound, our side hangs up": f"answered, Normal call clearing, {CALLEE_LEFT}",
        "inbound, API hangs up": f"answered, Normal call clearing, {CALLER_LEFT}",
        "inbound, caller gives up": f"missed, Originator cancel, {CALLER_LEFT}",
        "inbound, refused": "missed, Call rejected, noanswer",
    }
    CALLBACKS: ClassVar = {
        "callee hangs up": (AGENT, CUSTOMER, HANGUP),
        "our side hangs up": (AGENT, CUSTOMER, HANGUP),
        "API hangs up": (AGENT, CUSTOMER, HANGUP),
        "API cancels while queued": (AGENT, MISSED),
        "API cancels while ringing": (AGENT, MISSED),
        "busy": (AGENT, MISSED),
        "no answer": (AGENT, MISSED),
        "carrier reports no answer": (AGENT, MISSED),
        "rejected": (AGENT, MISSED),
        "unreachable": (AGENT, MISSED),
        "inbound, caller hangs up": (*ARRIVED, AGENT, HANGUP),
        "inbound, our side hangs up": (*ARRIVED, AGENT, HANGUP),
        "inbound, API hangs up": (*ARRIVED, AGENT, HANGUP),
        "inbound, caller gives up": (*ARRIVED, MISSED),
        "inbound, refused": (*ARRIVED, MISSED),
    }
    LOST: ClassVar = {}  # nothing is asked, so nothing is lost
    GARBAGE: ClassVar = {}
    FINAL = frozenset({"hangup", "missed"})

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account['token']}"}

    def prepare(self, document: str) -> None:
        self.document = document
        hooks = [{"url": self.url(name), "trigger": name} for name in TRIGGERS]
        self.sandbox.put_settings("servetel", {"webhooks": hooks})

    def hear(self, document: str) -> None:
        """It asks for no documents."""

    async def names(self) -> dict[str, list[str]]:
        agents = self.account["agents"]
        users = (await self.ask("GET", "/v1/users"))["data"]
        return {
            "number": [self.number, CALLEE],
            "agent": [agents[0]["id"], agents[1]["number"], "0"],
            "key": [self.account["support_api_key"]],
            "user": [str(each["id"]) for each in users],
        }

    def agent(self, inbound: bool) -> None:
        """Answers after two seconds; the customer talks three seconds later, a caller at once."""
        far_end = FarEndBuilder()
        if self.document == "talk":
            far_end.hangs_up(after=10 if inbound else 13)
        elif self.document == "refuse":
            far_end.rejects()
        elif self.document == "wait":
            far_end.rings_for_ever()
        self.sandbox.put_far_end(self.account["agents"][0]["number"], far_end.far_end)

    async def place(self) -> str:
        self.agent(inbound=False)
        body = {"agent_number": self.account["agents"][0]["id"], "destination_number": CALLEE, "async": 1}
        await self.ask("POST", "/v1/click_to_call", json=body)
        return self.roots()[-1].name

    def arrive(self) -> str:
        self.agent(inbound=True)
        return super().arrive()

    def second(self, id_: str) -> Leg | None:
        """The leg dialled from the first: the customer of a call that was placed, the agent of an inbound one."""
        legs = self.leg(id_).call.legs
        return legs[1] if len(legs) > 1 else None

    def state(self, id_: str) -> str:
        leg = self.leg(id_)
        if leg.direction == "inbound":
            return leg.state
        second = self.second(id_)
        return second.state if second is not None else ""

    async def lists(self) -> dict[str, list[str]]:
        live = await self.ask("GET", "/v1/live_calls")
        over = await self.ask("GET", "/v1/call/records")
        return {
            "queued+ringing+early media+answered": [row["call_id"] for row in live],
            "ended": [row["call_id"] for row in reversed(over["results"])],
        }

    async def get(self, id_: str) -> Seen | None:
        row = await self.ask("GET", f"/v1/live_calls/{id_}")
        filtered = await self.ask("GET", "/v1/live_calls", params={"call_id": id_})
        assert filtered == ([] if row is None else [row])
        if row is None:
            return None
        if row["direction"] == 1:
            assert row["destination"] == self.account["agents"][0]["number"].removeprefix("+")
            return Seen(row["call_id"], row["state"], row["source"], row["did"], "inbound")
        assert row["destination"] == CALLEE.removeprefix("+")
        return Seen(row["call_id"], row["state"], row["did"], row["source"], "outbound")

    def expected(self, id_: str, story: str) -> Ending:
        leg, second = self.leg(id_), self.second(id_)
        assert leg.ended_at is not None
        talked = 0
        if second is not None and second.answered_at is not None and second.ended_at is not None:
            talked = round((second.ended_at - second.answered_at).total_seconds())
        return Ending(
            id_, self.ENDINGS[story], *self.parties(leg.direction, CALLEE, self.number), leg.direction, talked
        )

    @staticmethod
    def parties(direction: str, customer: str, did: str) -> tuple[str, str]:
        return (customer, did) if direction == "inbound" else (did, customer)

    async def record(self, id_: str) -> Ending | None:
        rows = [row for row in (await self.ask("GET", "/v1/call/records"))["results"] if row["call_id"] == id_]
        if not rows:
            return None
        (row,) = rows
        word = f"{row['status']}, {row['hangup_cause']}, {row['reason']}"
        parties = self.parties(row["direction"], row["client_number"], row["did_number"])
        return Ending(id_, word, *parties, row["direction"], row["answered_seconds"])

    def told(self, delivery: Delivery) -> Ending:
        body = json.loads(delivery.body())
        word = f"{body['call_status']}, {body['hangup_cause']}, {body['reason_key']}"
        customer = body["customer_no_with_prefix"]
        if body["direction"] == "inbound":
            assert body["caller_id_number"] == customer
            direction, did = "inbound", body["call_to_number"]
        else:
            assert body["call_to_number"] == customer.removeprefix("+")
            direction, did = "outbound", f"+91{body['caller_id_number']}"
        parties = self.parties(direction, customer, did)
        return Ending(body["call_id"], word, *parties, direction, int(body["outbound_sec"]))

    async def hang_up(self, id_: str) -> None:
        await self.ask("POST", "/v1/call/hangup", json={"call_id": id_})


adapter = Servetel
