"""Deliveries over the control API: listed, shown, sent again."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from starlette.responses import Response

from tests.control.conftest import Control


async def delivered(control: Control) -> str:
    """A sandbox's path in which one call has begun and ended: `c1-d1` the answer's delivery, `c1-d2` the hangup's."""
    path = await control.sandbox()
    await control.place(path)
    await control.post(f"{path}/clock/run")
    return path


async def test_a_delivery_shows_what_went_and_what_came(control: Control) -> None:
    path = await delivered(control)
    shown = await control.get(f"{path}/deliveries/c1-d1")
    assert (shown["call"], shown["leg"], shown["vendor"], shown["callback"]) == ("c1", "c1.0", "acme", "answer")
    assert shown["request"]["fields"]["event"] == "answer"
    (attempt,) = shown["attempts"]
    assert (attempt["number"], attempt["at"], attempt["is_hung"]) == (1, "2026-01-01T00:00:02Z", False)
    assert attempt["response"]["status"] == 200
    assert attempt["response"]["body"] == '[{"say": "hello there"}]'
    assert attempt["seconds"] > 0


async def test_a_delivery_shows_its_signature(control: Control) -> None:
    path = await delivered(control)
    shown = await control.get(f"{path}/deliveries/c1-d2")
    headers = dict(shown["attempts"][0]["headers"])
    (received,) = control.receiver.to("/hangup")
    assert headers["X-Acme"] == received.headers["x-acme"]


async def test_an_answer_that_is_no_text_is_base64(control: Control) -> None:
    control.receiver.answers["/answer"] = lambda _: Response(b"\xff\x00", media_type="application/octet-stream")
    path = await delivered(control)
    shown = await control.get(f"{path}/deliveries/c1-d1")
    response = shown["attempts"][0]["response"]
    assert (response["encoding"], base64.b64decode(response["body"])) == ("base64", b"\xff\x00")
    assert shown["state"] == "failed"
    assert shown["problem"]


async def test_a_receiver_that_is_down_is_told_in_words(control: Control) -> None:
    await control.receiver.stop()
    path = await delivered(control)
    shown = await control.get(f"{path}/deliveries/c1-d1")
    assert [attempt["error"] for attempt in shown["attempts"]] == ["connection"] * 3
    assert all(attempt["response"] is None and attempt["text"] for attempt in shown["attempts"])


async def test_deliveries_are_listed_by_call_and_callback(control: Control) -> None:
    path = await delivered(control)
    await control.place(path)
    await control.post(f"{path}/clock/run")

    async def listed(query: str) -> list[str]:
        return [one["id"] for one in (await control.get(f"{path}/deliveries{query}"))["deliveries"]]

    assert await listed("") == ["c1-d1", "c1-d2", "c2-d1", "c2-d2"]
    assert await listed("?call=c2") == ["c2-d1", "c2-d2"]
    assert await listed("?callback=hangup") == ["c1-d2", "c2-d2"]
    assert await listed("?callback=hangup&call=c1") == ["c1-d2"]
    assert await listed("?after=c1-d2&limit=1") == ["c2-d1"]
    assert (await control.get(f"{path}/deliveries?limit=3"))["next"] == "c2-d1"
    await control.refused("unknown_call", "GET", f"{path}/deliveries?call=c3")
    await control.refused("invalid_field", "GET", f"{path}/deliveries?callback=hangups")


async def test_an_unknown_delivery_is_refused_with_the_nearest(control: Control) -> None:
    path = await delivered(control)
    error = await control.refused("unknown_delivery", "GET", f"{path}/deliveries/c1-d3")
    assert "c1-d2" in error["hint"]
    await control.refused("unknown_delivery", "POST", f"{path}/deliveries/c1-d3/resend")


async def test_a_delivery_is_sent_again_at_once_and_signed_anew(control: Control) -> None:
    path = await delivered(control)
    made = await control.post(f"{path}/deliveries/c1-d2/resend", {"set": {"state": "odd"}}, 201)
    assert (made["resend_of"], made["request"]["fields"]["state"]) == ("c1-d2", "odd")
    await control.post(f"{path}/clock/advance", {"seconds": 0})
    assert [one.json["state"] for one in control.receiver.to("/hangup")] == ["ended", "odd"]
    first, second = (one.headers["x-acme"] for one in control.receiver.to("/hangup"))
    assert first != second
    assert (await control.get(f"{path}/deliveries/{made['id']}"))["state"] == "delivered"


@pytest.mark.parametrize(("body", "code"), [({"sett": {}}, "unknown_field"), ({"set": []}, "invalid_field")])
async def test_a_wrong_resend_sends_nothing(control: Control, body: Any, code: str) -> None:
    path = await delivered(control)
    await control.refused(code, "POST", f"{path}/deliveries/c1-d2/resend", body)
    assert len(control.inside(path).outbox.deliveries) == 2
