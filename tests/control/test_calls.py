"""Calls over the control API: listed, shown, coming in, played by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from emulator.runtime.vendors import load_vendors
from tests.control.conftest import Control
from tests.fakes.acme import vendor as acme


async def talking(control: Control, document: Any = None, **scenario: Any) -> tuple[str, str]:
    """A sandbox's path and an answered call in it, whose document has run as far as it goes by itself."""
    path = await control.sandbox(scenario={"default": scenario})
    control.receiver.answers["/answer"] = document or [{"pause": 3600}]
    call = await control.place(path)
    await control.post(f"{path}/clock/run", {"until": {"callback": "answer"}})
    return path, call


async def test_a_call_is_shown_whole(control: Control) -> None:
    path = await control.sandbox()
    call = await control.place(path)
    await control.post(f"{path}/clock/run")
    shown = await control.get(f"{path}/calls/{call}")
    assert (shown["vendor"], shown["direction"], shown["from"], shown["to"], shown["state"]) == (
        "acme", "outbound", "+12025550000", "+14155550000", "ended",
    )  # fmt: skip
    assert shown["cause"] == {"kind": "program-end", "name": "NORMAL_CLEARING", "q850": 16}
    assert [state["state"] for state in shown["states"]] == ["queued", "ringing", "answered", "ended"]
    assert shown["states"][2] == {"at": "2026-01-01T00:00:02Z", "leg": "c1.0", "state": "answered"}
    assert [(one["kind"], one["text"]) for one in shown["transcript"]] == [
        ("greeting", "Hello?"),
        ("say", "hello there"),
    ]
    assert [(one["callback"], one["state"]) for one in shown["deliveries"]] == [
        ("answer", "delivered"), ("hangup", "delivered"),
    ]  # fmt: skip
    assert "hello there" in shown["ladder"]["text"]
    assert shown["ladder"]["mermaid"].startswith("sequenceDiagram")


@pytest.mark.parametrize("vendor", sorted(load_vendors()))
async def test_every_vendors_call_is_shown_in_the_same_words(control_with: Callable[..., Control], vendor: str) -> None:
    control = control_with(load_vendors())
    path = await control.sandbox()
    call = await control.place(path, "+14155550101", vendor)
    await control.post(f"{path}/clock/run")
    shown = await control.get(f"{path}/calls/{call}")
    assert (shown["state"], shown["cause"]["name"]) == ("ended", "USER_BUSY")
    assert shown["by"] in ("callee", "partner")  # the first leg's partner, where the customer is dialled second
    assert await control.get(f"{path}/calls/{shown['vendor_id']}") == shown


async def test_a_call_is_found_by_the_vendors_own_id(control: Control) -> None:
    path = await control.sandbox()
    call = await control.place(path)
    shown = await control.get(f"{path}/calls/{call}")
    assert await control.get(f"{path}/calls/{shown['vendor_id']}") == shown


async def test_an_unknown_call_is_refused_with_the_nearest(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    error = await control.refused("unknown_call", "GET", f"{path}/calls/c2")
    assert error["hint"] == "Did you mean c1? Known: c1."


async def test_a_forgotten_call_is_said_to_be_forgotten(control_with: Callable[..., Control]) -> None:
    control = control_with(keep=1)
    path = await control.sandbox()
    for _ in range(3):
        await control.place(path)
        await control.post(f"{path}/clock/run")
    error = await control.refused("unknown_call", "GET", f"{path}/calls/c1")
    assert error["hint"].startswith("Only the newest 1 ended calls are kept")
    assert (await control.get(path))["forgotten_calls"] >= 1


async def test_calls_are_listed_in_order_by_state_and_vendor(control: Control) -> None:
    path = await control.sandbox()
    first = await control.place(path)
    await control.post(f"{path}/clock/run")
    second = await control.place(path)

    async def listed(query: str) -> list[str]:
        return [call["id"] for call in (await control.get(f"{path}/calls{query}"))["calls"]]

    assert await listed("") == [first, second]
    assert await listed("?state=ended") == [first]
    assert await listed("?state=ringing&vendor=acme") == [second]
    assert await listed("?state=answered") == []
    await control.refused("unknown_vendor", "GET", f"{path}/calls?vendor=acne")
    await control.refused("invalid_field", "GET", f"{path}/calls?state=busy")
    await control.refused("unknown_field", "GET", f"{path}/calls?states=busy")


async def test_calls_are_listed_by_pages(control: Control) -> None:
    path = await control.sandbox()
    made = [await control.place(path) for _ in range(5)]
    seen, after = [], ""
    while True:
        page = await control.get(f"{path}/calls?limit=2{after}")
        seen.append([call["id"] for call in page["calls"]])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [made[:2], made[2:4], made[4:]]


async def test_a_call_with_two_legs_shows_both(control: Control) -> None:
    path, call = await talking(control, [{"dial": ["+14155550001"]}])
    await control.post(f"{path}/clock/advance", {"seconds": 5})
    root, child = (await control.get(f"{path}/calls/{call}"))["legs"]
    assert (child["parent"], child["to"], child["state"]) == (root["id"], "+14155550001", "answered")
    assert (root["partner"], child["partner"]) == (child["id"], root["id"])


# --- inbound ---------------------------------------------------------------------------------------------------


def inbound(**more: Any) -> Mapping[str, Any]:
    return {"vendor": "acme", "from": "+919876543210", "to": "+12025550000", **more}


async def test_somebody_calls_in(control: Control) -> None:
    path = await control.sandbox()
    shown = await control.post(f"{path}/calls", inbound(), 201)
    assert (shown["direction"], shown["from"], shown["state"]) == ("inbound", "+919876543210", "ringing")
    await control.post(f"{path}/clock/run")
    assert (await control.get(f"{path}/calls/{shown['id']}"))["state"] == "ended"


async def test_a_caller_follows_their_script(control: Control) -> None:
    path = await control.sandbox()
    shown = await control.post(f"{path}/calls", inbound(scenario={"gives_up_after": 0}), 201)
    await control.post(f"{path}/clock/advance", {"seconds": 1})
    ended = await control.get(f"{path}/calls/{shown['id']}")
    assert (ended["state"], ended["by"]) == ("ended", "caller")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (inbound(vendor="acne"), "unknown_vendor"),
        (inbound(to="+1999"), "unknown_number"),
        (inbound(to="+1999", scenario={"outcome": "busy"}), "unknown_number"),
        (inbound(scenario={"outcome": "x"}), "invalid_field"),
        (inbound(**{"from": ""}), "invalid_field"),
        ({"vendor": "acme"}, "invalid_field"),
        (inbound(form="+1"), "unknown_field"),
    ],
)
async def test_a_call_that_cannot_come_in_changes_nothing(control: Control, body: Any, code: str) -> None:
    path = await control.sandbox()
    before = control.inside(path).journal.last
    await control.refused(code, "POST", f"{path}/calls", body)
    assert control.inside(path).journal.last is before


# --- by hand ---------------------------------------------------------------------------------------------------


async def by_hand(control: Control, path: str, call: str, do: str, **more: Any) -> Any:
    return await control.post(f"{path}/calls/{call}/far-end", {"do": do, **more})


async def test_a_person_answers(control: Control) -> None:
    path = await control.sandbox(scenario={"default": {"picks_up": False}})
    call = await control.place(path)
    shown = await by_hand(control, path, call, "answer")
    assert shown["state"] == "answered"
    assert shown["transcript"] == [{"at": "2026-01-01T00:00:00Z", "leg": "c1.0", "kind": "greeting", "text": "Hello?"}]


@pytest.mark.parametrize(("text", "said"), [("Who is it?", ["Who is it?"]), ("", [])])
async def test_a_person_answers_in_their_own_words(control: Control, text: str, said: list[str]) -> None:
    path = await control.sandbox(scenario={"default": {"picks_up": False}})
    shown = await by_hand(control, path, await control.place(path), "answer", text=text)
    assert [one["text"] for one in shown["transcript"]] == said


@pytest.mark.parametrize(("do", "cause"), [("busy", "USER_BUSY"), ("reject", "CALL_REJECTED")])
async def test_a_person_refuses(control: Control, do: str, cause: str) -> None:
    path = await control.sandbox()
    shown = await by_hand(control, path, await control.place(path), do)
    assert (shown["state"], shown["cause"]["name"], shown["by"]) == ("ended", cause, "callee")


async def test_a_person_presses_keys(control: Control) -> None:
    document = [{"gather": {"url": f"{control.receiver.url}/gather", "digits": 2}}]
    control.receiver.answers["/gather"] = [{"say": "thank you"}]
    path, call = await talking(control, document)
    await by_hand(control, path, call, "press", digits="42")
    await control.post(f"{path}/clock/run")
    shown = await control.get(f"{path}/calls/{call}")
    assert [one["text"] for one in shown["transcript"] if one["kind"] == "pressed"] == ["42"]
    assert "gather" in [one["callback"] for one in shown["deliveries"]]


async def test_a_person_speaks(control: Control) -> None:
    path, call = await talking(control)
    shown = await by_hand(control, path, call, "say", text="no thank you")
    assert shown["transcript"][-1]["text"] == "no thank you"
    assert shown["transcript"][-1]["kind"] == "spoken"


async def test_a_person_hangs_up(control: Control) -> None:
    path, call = await talking(control)
    shown = await by_hand(control, path, call, "hang_up")
    assert (shown["state"], shown["by"]) == ("ended", "callee")


async def test_a_caller_hangs_up_as_the_caller(control: Control) -> None:
    path = await control.sandbox()
    call = (await control.post(f"{path}/calls", inbound(), 201))["id"]
    assert (await by_hand(control, path, call, "hang_up"))["by"] == "caller"


async def test_a_script_stops_where_a_person_acts(control: Control) -> None:
    path, call = await talking(control, hangs_up_after=60)
    await by_hand(control, path, call, "say", text="hold on")
    await control.post(f"{path}/clock/advance", {"seconds": 120})
    assert (await control.get(f"{path}/calls/{call}"))["state"] == "answered"


async def test_the_leg_that_can_do_it_is_meant(control: Control) -> None:
    path, call = await talking(control, [{"dial": ["+14155550001"]}, {"pause": 3600}])
    shown = await by_hand(control, path, call, "busy")
    assert [leg["state"] for leg in shown["legs"]] == ["answered", "ended"]


async def test_a_leg_may_be_named(control: Control) -> None:
    path, call = await talking(control, [{"dial": ["+14155550001"]}])
    await control.post(f"{path}/clock/advance", {"seconds": 5})
    shown = await by_hand(control, path, call, "hang_up", leg="c1.1")
    assert shown["legs"][1]["by"] == "callee"
    await control.refused("unknown_leg", "POST", f"{path}/calls/{call}/far-end", {"do": "hang_up", "leg": "c2.0"})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"do": "answer"}, "already_answered"),
        ({"do": "busy"}, "already_answered"),
        ({"do": "press"}, "invalid_field"),
        ({"do": "press", "digits": "1w"}, "invalid_field"),
        ({"do": "press", "digits": "1", "text": "x"}, "invalid_field"),
        ({"do": "say"}, "invalid_field"),
        ({"do": "say", "text": ""}, "invalid_field"),
        ({"do": "hang_up", "digits": "1"}, "invalid_field"),
        ({"do": "hangup"}, "invalid_field"),
        ({}, "invalid_field"),
    ],
)
async def test_what_a_person_cannot_do_changes_nothing(control: Control, body: Any, code: str) -> None:
    path, call = await talking(control)
    before = control.inside(path).journal.last
    await control.refused(code, "POST", f"{path}/calls/{call}/far-end", body)
    assert control.inside(path).journal.last is before


@pytest.mark.parametrize("body", [{"do": "press", "digits": "1"}, {"do": "say", "text": "hi"}])
async def test_nobody_speaks_before_the_answer(control: Control, body: Any) -> None:
    path = await control.sandbox()
    call = await control.place(path)
    await control.refused("not_answered", "POST", f"{path}/calls/{call}/far-end", body)


@pytest.mark.parametrize("do", ["answer", "busy", "reject", "hang_up"])
async def test_an_ended_call_takes_nothing(control: Control, do: str) -> None:
    path = await control.sandbox()
    call = await control.place(path)
    await control.post(f"{path}/clock/run")
    await control.refused("call_ended", "POST", f"{path}/calls/{call}/far-end", {"do": do})


@pytest.mark.parametrize("do", ["answer", "busy", "reject"])
async def test_a_caller_cannot_answer_or_refuse(control: Control, do: str) -> None:
    path = await control.sandbox()
    call = (await control.post(f"{path}/calls", inbound(), 201))["id"]
    await control.refused("wrong_side", "POST", f"{path}/calls/{call}/far-end", {"do": do})


async def test_two_sandboxes_do_not_see_each_others_calls(control: Control) -> None:
    one, other = await control.sandbox(), await control.sandbox()
    call = await control.place(one)
    await control.refused("unknown_call", "GET", f"{other}/calls/{call}")
    assert (await control.get(f"{other}/calls"))["calls"] == []


def test_the_made_up_vendor_is_not_installed() -> None:
    assert acme.name not in load_vendors()
