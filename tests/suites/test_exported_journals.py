"""A whole random run of Vobiz, exported as JSON Lines, is the sandbox: read back, it gives the same lines again, and
cut anywhere it goes on to the same end.

The run is made the way a user makes it: API requests, an application on a real port, a person at the far end, the
clock. The twin is another exchange in which the rebuilt sandbox is served.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from emulator.engine.commands import HangUp, Press
from emulator.errors import Refused, UsageError
from emulator.recorder import Entry
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.replay import read_entries, rebuild
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Options, SandboxSpec
from emulator.scenarios.far_end import FarEnd
from emulator.vendors.vobiz import vendor
from tests.fakes.receiver import Received, Receiver

VENDORS = {"vobiz": vendor}
LIMIT = 20
CALLEES = ["+919876543210", "+919835550101", "+919835550105", "+919835550106", "+919835550107", "+919835550108", "x"]
DOCUMENTS = [
    "<Speak>hello there</Speak>",
    "<Gather action='{url}/doc/0' numDigits='1'><Speak>press one please</Speak></Gather><Speak>nothing came</Speak>",
    "<Redirect>{url}/doc/1</Redirect>",
    "<Wait length='40'/><Hangup/>",
    "<Play loop='3'>http://a/b.mp3</Play>",
    "<Hangup reason='busy'/>",
    "<Nonsense/>",
    "<Dial>+911234567890</Dial>",
    "500",
]


def answer_for(url: str) -> Any:
    def answer(received: Received) -> Response:
        _, _, number = received.path.rpartition("/")
        text = DOCUMENTS[int(number)] if number.isdigit() else ""
        if text == "500":
            return Response("oops", 500)
        return Response(f"<Response>{text.format(url=url)}</Response>", media_type="application/xml")

    return answer


class Desk:
    """One sandbox in an exchange of its own, and everybody who has to do with it."""

    def __init__(self, exchange: Exchange, sandbox: Sandbox, url: str) -> None:
        self.exchange, self.sandbox, self.url = exchange, sandbox, url
        self.pump = exchange.pumps[sandbox.id]
        account = sandbox.public["vobiz"]
        self.base = f"/api/v1/Account/{account['auth_id']}"
        self.number = account["numbers"][0]
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(build(exchange)), base_url="http://ringback.test/vobiz",
            headers={"X-Auth-ID": account["auth_id"], "X-Auth-Token": account["auth_token"]},
        )  # fmt: skip

    async def act(self, kind: str, what: Any) -> None:
        """One step of the run; one that makes no sense now does nothing. Settled afterwards."""
        await getattr(self, f"do_{kind}")(what)
        await self.pump.settle()

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        response = await self.client.request(method, f"{self.base}/{path}", json=body)
        assert response.status_code < 500 or response.status_code == 501, response.text
        return response.json() if response.content else None

    async def do_place(self, what: Any) -> None:
        to, document, more = what
        names = ("ring", "hangup", "machine_detection") if more.get("machine_detection_url") else ("ring", "hangup")
        urls = {f"{name}_url": f"{self.url}/{name}" for name in names}
        body = {"from": self.number, "to": to, "answer_url": f"{self.url}/doc/{document}", **more, **urls}
        await self.ask("POST", "Call/", body)

    async def do_arrive(self, what: int) -> None:
        self.sandbox.arrive("vobiz", CALLEES[what], self.number)

    async def do_hang_up(self, what: int) -> None:
        for status in ("live", "queued"):
            calls = (await self.ask("GET", f"Call/?status={status}"))["calls"]
            if calls:
                await self.ask("DELETE", f"Call/{calls[what % len(calls)]}/")

    async def do_application(self, document: int) -> None:
        body = {"app_name": f"app{document}", "answer_url": f"{self.url}/doc/{document}"}
        made = await self.ask("POST", "Application/", body)
        await self.ask("POST", f"numbers/{self.number}/application", {"application_id": made["app_id"]})

    async def do_detach(self, what: int) -> None:
        await self.ask("DELETE", f"numbers/{self.number}/application")
        applications = (await self.ask("GET", "Application/"))["objects"]
        await self.ask("DELETE", f"Application/{applications[what % len(applications)]['app_id']}/")

    async def do_settings(self, what: str) -> None:
        self.sandbox.put_settings("vobiz", {"hangup_call_status": what, "answer_url": f"{self.url}/doc/1"})

    async def do_far_end(self, what: Any) -> None:
        number, far_end = what
        self.sandbox.put_far_end(number, FarEnd.from_json(far_end))

    async def do_scenario(self, what: Any) -> None:
        self.sandbox.put_scenario(what)

    async def do_faults(self, what: Any) -> None:
        self.sandbox.put_faults(what)

    async def do_by_hand(self, what: Any) -> None:
        index, digits = what
        legs = [leg for leg in self.sandbox.engine.legs.values() if leg.state != "ended"]
        if legs:
            leg = legs[index % len(legs)].id
            try:
                self.sandbox.by_hand([Press(leg, digits) if digits else HangUp(leg, "callee")])
            except Refused:
                return

    async def do_resend(self, what: int) -> None:
        ids = list(self.sandbox.outbox.deliveries)
        if ids:
            self.sandbox.resend(ids[what % len(ids)])

    async def do_time(self, seconds: float) -> None:
        await self.pump.advance(timedelta(seconds=seconds))

    async def do_bad(self, what: Any) -> None:
        await self.ask("POST", "Call/", what)

    @property
    def lines(self) -> list[bytes]:
        return list(self.sandbox.journal.lines())


@asynccontextmanager
async def desk(receiver: Receiver, rebuilt: Sandbox | None = None) -> AsyncIterator[Desk]:
    exchange = Exchange(Options(), VENDORS)
    if rebuilt is None:
        sandbox = exchange.create(SandboxSpec(seed=7))
    else:
        sandbox = rebuilt
        exchange.adopt(sandbox)
    made = Desk(exchange, sandbox, receiver.url)
    try:
        yield made
    finally:
        await made.client.aclose()
        await exchange.close()


indices = st.integers(0, 9)
documents = st.integers(0, len(DOCUMENTS) - 1)
extras = st.sampled_from(
    [
        {}, {"ring_timeout": "20"}, {"time_limit": 30}, {"machine_detection": "true"}, {"send_digits": "1w2"},
        {"machine_detection": "hangup", "machine_detection_url": "x"}, {"hangup_on_ring": 1}, {"sip_headers": "a=b"},
    ]
)  # fmt: skip
far_ends = st.sampled_from(
    [
        {"outcome": "busy"}, {"picks_up": False}, {"rings_for": 5, "hangs_up_after": 7}, {"is_machine": True},
        {"rings_for": 1, "rings_up_to": 9}, {"reactions": [{"press": "1", "on": "press", "barge_in": True}]},
    ]
)  # fmt: skip
faults = st.lists(
    st.builds(
        lambda fault, count, probability: {**fault, "count": count, "probability": probability},
        st.sampled_from(
            [
                {"fault": "lost"}, {"fault": "delayed", "span": 3}, {"fault": "duplicated"}, {"fault": "twice"},
                {"fault": "reordered"}, {"fault": "wrong-signature"}, {"fault": "lost", "callback": "answer"},
                {"fault": "status", "status": 429, "route": "POST /**/Call"}, {"fault": "delayed", "span": 0},
                {"fault": "reordered", "callback": "ring"},
            ]
        ),
        st.sampled_from([None, 1, 2]),
        st.sampled_from([1, 0.5]),
    ),
    max_size=3,
)  # fmt: skip
steps = st.one_of(
    st.tuples(st.just("faults"), faults),
    st.tuples(st.just("place"), st.tuples(st.sampled_from(CALLEES), documents, extras)),
    st.tuples(st.just("time"), st.floats(0, 50).map(lambda seconds: round(seconds, 3))),
    st.tuples(st.just("arrive"), st.integers(0, 5)),
    st.tuples(st.just("hang_up"), indices),
    st.tuples(st.just("application"), documents),
    st.tuples(st.just("detach"), indices),
    st.tuples(st.just("settings"), st.sampled_from(["completed", "detailed"])),
    st.tuples(st.just("far_end"), st.tuples(st.sampled_from(["", *CALLEES[:2]]), far_ends)),
    st.tuples(st.just("scenario"), st.builds(lambda far_end: {"default": far_end}, far_ends)),
    st.tuples(st.just("by_hand"), st.tuples(indices, st.sampled_from(["1", "12#", ""]))),
    st.tuples(st.just("resend"), indices),
    st.tuples(st.just("bad"), st.sampled_from([{}, {"from": 1}, []])),
)
Steps = list[tuple[str, Any]]


def read_back(lines: list[bytes]) -> Sandbox:
    return rebuild(read_entries(lines), VENDORS)


async def check_run(before: Steps, after: Steps, choose: Any) -> None:
    async with asyncio.timeout(LIMIT):
        receiver = await Receiver().start()
        for path in ("/ring", "/hangup", "/machine_detection"):
            receiver.answers[path] = b""
        for number in range(len(DOCUMENTS)):
            receiver.answers[f"/doc/{number}"] = answer_for(receiver.url)
        try:
            async with desk(receiver) as original:
                for kind, what in before:
                    await original.act(kind, what)
                cut = original.lines
                assert b"".join(read_back(cut).journal.lines()) == b"".join(cut)
                async with desk(receiver, read_back(cut)) as twin:
                    for each in (original, twin):
                        for kind, what in after:
                            await each.act(kind, what)
                    assert twin.lines == original.lines
                    last = len(original.lines)
                    await original.pump.run()
                    whole = original.lines
                seq = choose(last, len(whole))
                async with desk(receiver, read_back(whole[:seq])) as late:
                    await late.pump.run()
                    assert late.lines == whole, f"cut after entry {seq}"
        finally:
            await receiver.stop()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=1, max_size=12), st.lists(steps, max_size=5), st.data())
def test_an_exported_run_gives_the_same_lines_again_and_goes_on_to_the_same_end(
    before: Steps, after: Steps, data: st.DataObject
) -> None:
    asyncio.run(check_run(before, after, lambda least, most: data.draw(st.integers(least, most), label="cut")))


# --- what is read --------------------------------------------------------------------------------------------------


@pytest.fixture
async def exported() -> list[bytes]:
    exchange = Exchange(Options(), VENDORS)
    sandbox = exchange.create(SandboxSpec(seed=7))
    sandbox.put_settings("vobiz", {"sign": False})
    sandbox.put_scenario({"default": {"outcome": "busy"}})
    sandbox.arrive("vobiz", CALLEES[0], sandbox.public["vobiz"]["numbers"][0])
    return list(sandbox.journal.lines())


async def test_an_entry_read_back_is_the_entry(exported: list[bytes]) -> None:
    entries = read_entries(exported)
    assert [entry.line() for entry in entries] == exported
    assert all(isinstance(entry, Entry) for entry in entries)


async def test_empty_lines_and_text_are_taken(exported: list[bytes]) -> None:
    text = b"\n".join(exported).decode() + "\n\n"
    assert [entry.line() for entry in read_entries(text.split("\n"))] == exported


def spoilt(line: bytes, **changes: Any) -> bytes:
    return json.dumps({**json.loads(line), **changes}).encode()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"seq": 1}, "journal line 2: expected a seq over 1, got 1"),
        ({"seq": "2"}, "journal line 2.seq"),
        ({"at": "noon"}, "journal line 2.at: expected an instant"),
        ({"call": 3}, "journal line 2.call"),
        ({"sandbox": "other"}, "journal line 2: expected an entry of sandbox"),
        ({"kind": None}, "journal line 2.kind"),
        ({"settings": {"is": "Bomb"}}, "journal line 2.settings.is: no value is called 'Bomb'"),
    ],
)
async def test_a_line_that_is_no_entry_is_named(exported: list[bytes], changes: Any, problem: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_entries([exported[0], spoilt(exported[1], **changes)])
    assert str(raised.value).startswith(problem)


@pytest.mark.parametrize(("line", "problem"), [(b"{", "journal line 1: not JSON"), (b"[]", "journal line 1: expected")])
async def test_a_line_that_is_no_object_is_named(line: bytes, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read_entries([line])


async def test_a_journal_without_its_head_cannot_be_rebuilt(exported: list[bytes]) -> None:
    with pytest.raises(UsageError, match="expected an entry of kind `created` first"):
        read_back(exported[1:])


async def test_the_date_of_an_answer_is_in_the_delivery_and_not_in_the_journal(receiver: Receiver) -> None:
    async with asyncio.timeout(LIMIT), desk(receiver) as there:
        date = {"Date": "Fri, 13 Mar 2026 12:00:00 GMT", "X-Kept": "yes"}
        receiver.answers["/doc/0"] = Response("<Response/>", headers=date, media_type="application/xml")
        await there.act("place", (CALLEES[0], 0, {}))
        await there.pump.run()
        (asked,) = [each for each in there.sandbox.outbox.deliveries.values() if each.callback == "answer"]
        outcome = asked.attempts[0].outcome
        assert outcome is not None and outcome.reply is not None and outcome.reply.header("date") == date["Date"]
        journal = b"".join(there.lines)
        assert b"X-Kept" in journal or b"x-kept" in journal
        assert b"13 Mar 2026" not in journal
