"""Applications at their worst, through Vobiz from the API request to the call record.

Whatever a receiver does, the call ends as the vendor says, the delivery says why, and the next call works.
"""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from emulator.webhooks.deliveries import Delivery
from tests.fakes.hostile import PAUSE, Behaviour, Hostile, answer, answers, says
from tests.suites.bounds import within
from tests.vendors.vobiz.conftest import Telco
from tests.vendors.vobiz.far_ends import ONE, scripted

XML = [("Content-Type", "application/xml")]
LIMIT = 30


def xml(body: bytes | str) -> Behaviour:
    return answers(200, body.encode() if isinstance(body, str) else body, XML)


BOMB = '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
CUT = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 90\r\n\r\n<Response>"

# What reaches no answer at all, or one that is no success: tried four times, then 7011.
UNREACHABLE: dict[str, tuple[Behaviour, str]] = {
    "closes without a word": (says(), "connection"),
    "closes in the status line": (says(b"HTTP/1.1 2"), "connection"),
    "closes in the body": (says(CUT.encode()), "connection"),
    "resets": (says(then="reset"), "connection"),
    "resets in the body": (says(CUT.encode(), then="reset"), "connection"),
    "is no web server": (says(b"220 mail.example ESMTP\r\n"), "connection"),
    "answers 500": (answers(500, b"<Response/>", XML), "500"),
    "answers 404": (answers(404, b"<Response/>", XML), "404"),
    "redirects": (answers(302, b"", [("Location", "/elsewhere")]), "302"),
    "redirects to the internet": (answers(307, b"", [("Location", "http://192.0.2.1/")]), "307"),
}
# A success whose document cannot be taken: never tried again, 8011.
INVALID: dict[str, tuple[Behaviour, str]] = {
    "HTML": (answers(200, b"<html><body>hi</body></html>", [("Content-Type", "text/html")]), "Content-Type"),
    "JSON": (answers(200, b'{"say": "hi"}', [("Content-Type", "application/json")]), "Content-Type"),
    "XML without a type": (answers(200, b"<Response/>"), "Content-Type"),
    "HTML called XML": (xml("<html><body>hi</body></html>"), "Response"),
    "not XML": (xml("hello there"), "not well-formed"),
    "half a document": (xml("<Response><Speak>hello"), "not well-formed"),
    "nothing": (xml(b""), "empty"),
    "10 MB": (xml(b"<Response>" + b" " * 10_000_000 + b"</Response>"), "100 KB"),
    "10 MB without end": (says(answer(200, b" " * 10_000_000, XML).replace(b"10000000", b"99999999")), "100 KB"),
    "a gzip bomb": (
        answers(200, gzip.compress(b" " * 50_000_000), [*XML, ("Content-Encoding", "gzip")]), "100 KB",
    ),
    "a billion laughs": (xml(f"{BOMB}]><Response><Speak>&j;</Speak></Response>"), "DOCTYPE"),
    "deep nesting": (xml(f"<Response>{'<Gather>' * 9000}{'</Gather>' * 9000}</Response>"), ""),
    "deep nesting in words": (xml(f"<Response><Speak>{'<s>' * 9000}{'</s>' * 9000}</Speak></Response>"), ""),
    "another encoding than said": (
        xml('<?xml version="1.0" encoding="UTF-16"?><Response/>'), "not well-formed",
    ),
    "an unknown encoding": (
        xml('<?xml version="1.0" encoding="klingon"?><Response><Speak>x</Speak></Response>'), "not well-formed",
    ),
    "bytes that are no text": (xml(b"<Response><Speak>\xff\xfe\xfd</Speak></Response>"), "not well-formed"),
    "zeros": (xml(b"\x00" * 5000), "not well-formed"),
}  # fmt: skip


def delivery(telco: Telco, callback: str) -> Delivery:
    (found,) = [each for each in telco.sandbox.outbox.deliveries.values() if each.callback == callback]
    return found


def tries(of: Delivery) -> list[str]:
    """What each attempt came to: a status, or an error."""
    outcomes = [attempt.outcome for attempt in of.attempts]
    return [str(each.reply.status) if each and each.reply else each.error if each else "" for each in outcomes]


async def ended_with(telco: Telco, uuid: str) -> tuple[int, str]:
    """Code and source in the call's record."""
    record = (await telco.get(f"cdr/{uuid}"))["data"]
    assert (await telco.get("Call/?status=live"))["calls"] == []
    assert telco.leg(uuid).state == "ended"
    return record["hangup_cause_code"], record["hangup_source"]


async def check_still_up(telco: Telco) -> None:
    """The next call, to an application that behaves, works."""
    uuid = await telco.place(answer_url=f"{telco.receiver.url}/answer")
    await telco.run()
    assert await ended_with(telco, uuid) == (4010, "Vobiz")


@pytest.mark.parametrize("name", UNREACHABLE)
@within(LIMIT)
async def test_an_answer_url_that_cannot_be_reached_ends_the_call_with_7011_after_three_retries(
    telco: Telco, name: str
) -> None:
    behave, came = UNREACHABLE[name]
    async with Hostile(behave) as hostile:
        uuid = await telco.place(answer_url=hostile.url)
        await telco.run()
        assert await ended_with(telco, uuid) == (7011, "Error")
        asked = delivery(telco, "answer")
        assert (asked.state, tries(asked)) == ("failed", [came] * 4)
        assert all(attempt.outcome and attempt.outcome.text for attempt in asked.attempts if came == "connection")
        assert len(hostile.received) == 4
    assert telco.leg(uuid).failure.why == ("unreachable" if came == "connection" else "status")
    assert telco.sent("/hangup")["HangupCauseCode"] == "7011"
    await check_still_up(telco)


@pytest.mark.parametrize("name", INVALID)
@within(LIMIT)
async def test_a_document_that_cannot_be_read_ends_the_call_with_8011_at_once(telco: Telco, name: str) -> None:
    behave, why = INVALID[name]
    async with Hostile(behave) as hostile:
        uuid = await telco.place(answer_url=hostile.url)
        await telco.run()
        assert await ended_with(telco, uuid) == (8011, "Error")
        asked = delivery(telco, "answer")
        assert (asked.state, tries(asked)) == ("failed", ["200"])
        assert asked.problem and why in asked.problem, asked.problem
    assert telco.leg(uuid).failure.why == "invalid"
    assert telco.sent("/hangup")["HangupCauseCode"] == "8011"
    await check_still_up(telco)


@pytest.mark.parametrize("name", ["resets", "answers 500"])
@within(LIMIT)
async def test_the_fallback_is_asked_after_the_retries(telco: Telco, name: str) -> None:
    telco.answers("<Speak>sorry</Speak>", path="/fallback")
    async with Hostile(UNREACHABLE[name][0]) as hostile:
        uuid = await telco.place(answer_url=hostile.url, fallback_url=f"{telco.receiver.url}/fallback")
        await telco.run()
    assert await ended_with(telco, uuid) == (4010, "Vobiz")
    assert len(delivery(telco, "answer").attempts) == 4
    assert telco.sent("/fallback")["Event"] == "StartApp"


@pytest.mark.parametrize("name", ["HTML", "10 MB", "a billion laughs", "zeros"])
@within(LIMIT)
async def test_a_document_that_cannot_be_read_goes_straight_to_the_fallback(telco: Telco, name: str) -> None:
    telco.answers("<Speak>sorry</Speak>", path="/fallback")
    async with Hostile(INVALID[name][0]) as hostile:
        uuid = await telco.place(answer_url=hostile.url, fallback_url=f"{telco.receiver.url}/fallback")
        await telco.run()
    assert await ended_with(telco, uuid) == (4010, "Vobiz")
    assert len(delivery(telco, "answer").attempts) == 1


@pytest.mark.parametrize(("name", "code"), [("resets", 7011), ("HTML", 8011)])
@within(LIMIT)
async def test_a_fallback_that_fails_too_ends_the_call(telco: Telco, name: str, code: int) -> None:
    behave, _ = UNREACHABLE.get(name) or INVALID[name]
    async with Hostile(behave) as hostile:
        uuid = await telco.place(answer_url=hostile.url, fallback_url=hostile.url)
        await telco.run()
    assert await ended_with(telco, uuid) == (code, "Error")
    assert len(delivery(telco, "fallback").attempts) == 1


@pytest.mark.parametrize(
    ("name", "document", "code"),
    [
        ("answers 500", "<Gather action='{url}' numDigits='1'/>", 7012),
        ("a billion laughs", "<Gather action='{url}' numDigits='1'/>", 8012),
        ("closes in the body", "<Redirect>{url}</Redirect>", 7014),
        ("10 MB", "<Redirect>{url}</Redirect>", 8014),
    ],
)
@within(LIMIT)
async def test_a_verbs_url_that_fails_has_its_own_code(telco: Telco, name: str, document: str, code: int) -> None:
    telco.script(ONE)
    behave, _ = UNREACHABLE.get(name) or INVALID[name]
    async with Hostile(behave) as hostile:
        telco.answers(document.format(url=hostile.url))
        uuid = await telco.place()
        await telco.run()
    assert await ended_with(telco, uuid) == (code, "Error")
    telco.answers("<Speak>hi</Speak>")
    await check_still_up(telco)


# --- silence -------------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 90\r\n\r\n<Resp"


@pytest.mark.parametrize("said", [b"", HEAD], ids=["says nothing", "stops in the body"])
@within(LIMIT)
async def test_a_receiver_that_hangs_times_out_on_the_sandboxs_clock(hasty: Telco, said: bytes) -> None:
    async with Hostile(says(said, then="hang")) as hostile:
        uuid = await hasty.place(answer_url=hostile.url)
        await hasty.run()
    assert await ended_with(hasty, uuid) == (7011, "Error")
    asked = delivery(hasty, "answer")
    assert tries(asked) == ["timeout"] * 4
    assert all(attempt.is_hung for attempt in asked.attempts)
    left = [(attempt.at - asked.attempts[0].at).total_seconds() for attempt in asked.attempts]
    assert left == [0, 11, 23, 37]  # VOBIZ-38: ten seconds each, then 1, 2 and 4
    assert hasty.leg(uuid).ended_at - hasty.leg(uuid).answered_at < asked.attempts[0].timeout * 6
    await check_still_up(hasty)


@within(LIMIT)
async def test_the_callee_may_hang_up_while_the_receiver_hangs(hasty: Telco) -> None:
    hasty.script(scripted().hangs_up(after=3).far_end)
    async with Hostile(says(then="hang")) as hostile:
        uuid = await hasty.place(answer_url=hostile.url)
        await hasty.run()
        assert await ended_with(hasty, uuid) == (4000, "Callee")
    assert delivery(hasty, "answer").state == "abandoned"
    assert delivery(hasty, "hangup").state == "delivered"


@within(LIMIT)
async def test_the_clock_stands_still_while_a_slow_receiver_thinks(telco: Telco) -> None:
    document = b"<Response><Speak>slowly</Speak></Response>"
    head = answer(200, document, XML)[: -len(document)]
    async with Hostile(says(head, PAUSE, document, then="keep")) as hostile:
        uuid = await telco.place(answer_url=hostile.url)
        running = asyncio.create_task(telco.run())
        await hostile.arrived(1)
        before = telco.sandbox.clock.now()
        assert (await telco.get("Call/?status=live"))["calls"] == [uuid]  # the API answers meanwhile
        hostile.go_on()
        await running
        asked = delivery(telco, "answer")
        assert (asked.attempts[0].at, tries(asked)) == (before, ["200"])
        assert await ended_with(telco, uuid) == (4010, "Vobiz")


@within(LIMIT)
async def test_a_receiver_that_hangs_in_one_call_holds_up_no_other(hasty: Telco) -> None:
    async with Hostile(says(then="hang")) as hostile:
        stuck = await hasty.place(answer_url=hostile.url)
        other = await hasty.place(to="+919876543211")
        await hasty.run()
    assert await ended_with(hasty, stuck) == (7011, "Error")
    assert await ended_with(hasty, other) == (4010, "Vobiz")
    assert hasty.leg(other).ended_at < hasty.leg(stuck).ended_at


# --- notifications -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resets", "answers 500", "redirects"])
@within(LIMIT)
async def test_a_notification_that_fails_is_retried_and_leaves_the_call_alone(telco: Telco, name: str) -> None:
    behave, came = UNREACHABLE[name]
    async with Hostile(behave) as hostile:
        uuid = await telco.place(ring_url=hostile.url, hangup_url=hostile.url)
        await telco.run()
    assert await ended_with(telco, uuid) == (4010, "Vobiz")
    for callback in ("ring", "hangup"):
        assert (delivery(telco, callback).state, tries(delivery(telco, callback))) == ("failed", [came] * 4)
    first = {each.callback: each.attempts[0].at for each in telco.sandbox.outbox.deliveries.values()}
    assert first["ring"] <= first["answer"] <= first["hangup"]


@pytest.mark.parametrize("name", ["10 MB", "a billion laughs", "HTML"])
@within(LIMIT)
async def test_what_a_notification_is_answered_is_never_read(telco: Telco, name: str) -> None:
    async with Hostile(INVALID[name][0]) as hostile:
        await telco.place(ring_url=hostile.url, hangup_url=hostile.url)
        await telco.run()
    assert [each.state for each in telco.sandbox.outbox.deliveries.values()] == ["delivered"] * 3
    assert telco.problems == []


@within(LIMIT)
async def test_a_notification_receiver_that_hangs_does_not_keep_the_call(hasty: Telco) -> None:
    async with Hostile(says(then="hang")) as hostile:
        uuid = await hasty.place(ring_url=hostile.url)
        await hasty.run()
    assert await ended_with(hasty, uuid) == (4010, "Vobiz")
    assert tries(delivery(hasty, "ring")) == ["timeout"] * 4


# --- what an entity could reach ------------------------------------------------------------------------------------


@within(LIMIT)
async def test_an_external_entity_reaches_no_file(telco: Telco, tmp_path: Any) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the cake is a lie")
    body = f'<!DOCTYPE a [<!ENTITY f SYSTEM "{secret.as_uri()}">]><Response><Speak>&f;</Speak></Response>'
    async with Hostile(xml(body)) as hostile:
        uuid = await telco.place(answer_url=hostile.url)
        await telco.run()
    assert await ended_with(telco, uuid) == (8011, "Error")
    assert b"cake" not in b"".join(telco.sandbox.journal.lines())


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY f SYSTEM "{url}">]><Response><Speak>&f;</Speak></Response>',
        '<!DOCTYPE Response SYSTEM "{url}"><Response><Speak>x</Speak></Response>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "{url}"> %p;]><Response><Speak>x</Speak></Response>',
        '<?xml-stylesheet href="{url}"?><Response><x:include xmlns:x="http://www.w3.org/2001/XInclude" '
        'href="{url}"/></Response>',
    ],
)
@within(LIMIT)
async def test_an_external_entity_reaches_no_server(telco: Telco, document: str) -> None:
    async with Hostile(xml("<Speak>stolen</Speak>")) as internal, Hostile(xml(document.format(url=internal.url))) as it:
        uuid = await telco.place(answer_url=it.url)
        await telco.run()
        assert internal.connections == []
    assert await ended_with(telco, uuid) == (8011, "Error")
