"""Transfer: either leg, or both, go on with another document."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.responses import Response

from emulator.engine import events as e
from tests.fakes.receiver import Received
from tests.vendors.vobiz.conftest import CALLEE, Telco, wire
from tests.vendors.vobiz.far_ends import scripted
from tests.vendors.vobiz.test_dial import FIRST, LONG, dial, events, heard, journal, told
from tests.vendors.vobiz.test_whole_calls import ending


async def talking(telco: Telco) -> tuple[str, str]:
    """A bridge of two legs, ten seconds after the call was made: their UUIDs."""
    dial(telco, then="<Speak>after the dial</Speak>")
    telco.answers("<Speak>after the action</Speak>", path="/action")
    uuid = await telco.place()
    await telco.advance(10)
    return uuid, telco.sandbox.engine.legs["c1.1"].name


async def transfer(telco: Telco, uuid: str, **fields: Any) -> Any:
    return await telco.request("POST", f"Call/{uuid}/", json=fields)


def url(telco: Telco, path: str = "/a") -> str:
    return f"{telco.receiver.url}{path}"


# --- the answer ----------------------------------------------------------------------------------------------------


async def test_a_transfer_answers_202_and_names_the_call(telco: Telco) -> None:
    telco.answers(LONG)
    uuid = await telco.place()
    await telco.advance(10)
    response = await transfer(telco, uuid, aleg_url=url(telco))
    assert response.status_code == 202
    body = response.json()
    assert set(body) == {"api_id", "message", "call_uuid", "call_uuids"}
    assert (body["message"], body["call_uuid"], body["call_uuids"]) == ("call transferred", uuid, [uuid])


async def test_the_setting_leaves_the_list_out(telco: Telco) -> None:
    telco.sandbox.put_settings("vobiz", {"transfer_response": "single"})
    telco.answers(LONG)
    uuid = await telco.place()
    await telco.advance(10)
    assert set((await transfer(telco, uuid, aleg_url=url(telco))).json()) == {"api_id", "message", "call_uuid"}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "aleg_url is required"),
        ({"legs": "aleg", "bleg_url": "http://a/b"}, "aleg_url is required"),
        ({"legs": "bleg", "aleg_url": "http://a/b"}, "bleg_url is required"),
        ({"legs": "both", "aleg_url": "http://a/b"}, "bleg_url is required"),
        ({"legs": "cleg", "aleg_url": "http://a/b"}, "legs must be one of aleg, bleg, both, got 'cleg'"),
        ({"aleg_url": "/b"}, "aleg_url must be an http or https URL"),
        ({"aleg_url": "http://a/b", "aleg_method": "PUT"}, "aleg_method must be GET or POST"),
    ],
)
async def test_a_wrong_field_is_400_and_changes_nothing(telco: Telco, fields: dict[str, str], text: str) -> None:
    uuid, child = await talking(telco)
    before = list(telco.sandbox.engine.legs["c1.0"].run)
    response = await transfer(telco, uuid, **fields)
    assert (response.status_code, response.json()["error"]) == (400, text)
    assert set(response.json()) == {"api_id", "error"}
    assert telco.leg(uuid).run == before and telco.leg(child).partner is telco.leg(uuid)


async def test_an_unknown_call_is_404(telco: Telco) -> None:
    response = await transfer(telco, "00000000-0000-4000-8000-000000000000", aleg_url=url(telco))
    assert (response.status_code, response.json()["error"]) == (404, "call not found")


async def test_a_queued_call_a_ringing_call_and_one_that_is_over_are_404(telco: Telco) -> None:
    telco.script(scripted().connects(after=3).rings(3).hangs_up(after=3).far_end)
    telco.answers(LONG)
    uuid = await telco.place()
    for seconds, text in ((1, "call not in progress"), (3, "call not in progress"), (10, "call not found")):
        await telco.advance(seconds)
        response = await transfer(telco, uuid, aleg_url=url(telco))
        assert (response.status_code, response.json()["error"]) == (404, text)


@pytest.mark.parametrize("legs", ["bleg", "both"])
async def test_a_call_without_a_b_leg_is_404(telco: Telco, legs: str) -> None:
    telco.script(scripted().rings_for_ever().far_end, FIRST)
    dial(telco)
    uuid = await telco.place()
    await telco.advance(10)
    response = await transfer(telco, uuid, legs=legs, aleg_url=url(telco), bleg_url=url(telco))
    assert (response.status_code, response.json()["error"]) == (404, "call not in progress")
    assert telco.receiver.to("/a") == []


# --- what it does --------------------------------------------------------------------------------------------------


async def test_the_a_leg_alone_takes_the_bridge_down_and_runs_its_new_document(telco: Telco) -> None:
    uuid, child = await talking(telco)
    telco.answers("<Speak>elsewhere</Speak>", path="/a")
    await transfer(telco, uuid, aleg_url=url(telco))
    await telco.run()
    form = telco.sent("/a")
    assert set(form) == set(wire("callback_transfer")["request"]["form"])
    assert (form["Event"], form["CallUUID"], form["CallStatus"]) == ("Transfer", uuid, "in-progress")
    assert heard(telco, "c1.0") == ["elsewhere"]
    assert told(telco, "DialHangup")["DialBLegUUID"] == child
    assert telco.receiver.to("/action") == []
    assert ending(telco)[2] == "4010"


async def test_the_b_leg_alone_goes_and_the_a_leg_comes_back_to_its_action(telco: Telco) -> None:
    uuid, child = await talking(telco)
    telco.answers("<Speak>elsewhere</Speak>", path="/b")
    response = await transfer(telco, uuid, legs="bleg", bleg_url=url(telco, "/b"), bleg_method="GET")
    assert response.json()["call_uuids"] == [child]
    await telco.run()
    received = telco.only("/b")
    assert (received.method, received.query["CallUUID"], received.query["ALegUUID"]) == ("GET", child, uuid)
    assert heard(telco, "c1.1") == ["elsewhere"]
    assert heard(telco, "c1.0") == ["after the action"]
    action = telco.sent("/action")
    assert (action["DialStatus"], action["DialHangupCause"], action["DialBLegUUID"]) == (
        "completed",
        "NORMAL_CLEARING",
        child,
    )
    assert events(telco) == ["DialAnswer", "DialConnected"]


async def test_both_go_together_and_both_stay(telco: Telco) -> None:
    uuid, child = await talking(telco)
    telco.answers("<Speak>one</Speak>", LONG, path="/a")
    telco.answers("<Speak>two</Speak>", LONG, path="/b")
    fields = {"aleg_url": url(telco), "bleg_url": url(telco, "/b")}
    response = await transfer(telco, uuid, legs="both", **fields)
    assert response.json()["call_uuids"] == [uuid, child]
    await telco.advance(30)
    assert (heard(telco, "c1.0"), heard(telco, "c1.1")) == (["one"], ["two"])
    assert {leg.state for leg in telco.sandbox.engine.legs.values()} == {"answered"}
    assert len(journal(telco, e.Bridged)) == len(journal(telco, e.Unbridged)) == 1


async def test_named_by_the_b_leg_the_b_leg_is_the_one_that_goes(telco: Telco) -> None:
    _, child = await talking(telco)
    telco.answers("<Speak>elsewhere</Speak>", path="/a")
    response = await transfer(telco, child, aleg_url=url(telco))
    assert response.json()["call_uuid"] == child
    await telco.run()
    assert heard(telco, "c1.1") == ["elsewhere"]


async def test_a_transferred_b_leg_may_dial_in_its_turn(telco: Telco) -> None:
    uuid, _ = await talking(telco)
    telco.answers("<Dial timeLimit='5'>+919876543213</Dial>", path="/b")
    await transfer(telco, uuid, legs="bleg", bleg_url=url(telco, "/b"))
    await telco.run()
    pairs = [(event.leg.id, event.other.id) for event in journal(telco, e.Bridged)]
    assert pairs == [("c1.0", "c1.1"), ("c1.1", "c1.2")]


@pytest.mark.parametrize("leg", ["aleg", "bleg"])
@pytest.mark.parametrize(
    ("answer", "code", "name"),
    [
        (Response("", 500), 7013, "Error Reaching Transfer URL"),
        (Response("x", media_type="application/xml"), 8013, "Invalid Transfer XML"),
    ],
)
async def test_a_transfer_url_that_fails_ends_its_leg(
    telco: Telco, leg: str, answer: Response, code: int, name: str
) -> None:
    uuid, child = await talking(telco)
    telco.receiver.answers["/a"] = answer
    await transfer(telco, uuid, legs=leg, **{f"{leg}_url": url(telco)})
    await telco.run()
    record = (await telco.get(f"cdr/{uuid if leg == 'aleg' else child}"))["data"]
    assert (record["hangup_cause_code"], record["hangup_cause_name"]) == (code, name)


async def test_an_answer_that_comes_after_the_transfer_is_dropped(telco: Telco) -> None:
    """The application transfers the call while it is still thinking about its answer URL."""
    moved = asyncio.Event()

    async def answer(_: Received) -> Response:
        (uuid,) = (await telco.get("Call/?status=live"))["calls"]
        assert (await transfer(telco, uuid, aleg_url=url(telco))).status_code == 202
        moved.set()
        return Response("<Response><Speak>too late</Speak></Response>", media_type="application/xml")

    telco.receiver.answers["/answer"] = answer
    telco.answers("<Speak>elsewhere</Speak>", path="/a")
    await telco.place(CALLEE)
    await telco.run()
    assert moved.is_set()
    assert heard(telco, "c1.0") == ["elsewhere"]
    assert [event.ask for event in journal(telco, e.AskAbandoned)] == ["c1.0#1"]
