"""Callbacks as they arrive: every key, its spelling, its order, its signature, and what happens when nobody answers."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

import pytest
from starlette.responses import Response

from emulator.scenarios.far_end import FarEnd
from tests.vendors.vobiz.conftest import CALLEE, Telco, wire
from tests.vendors.vobiz.far_ends import ONE

SECOND = timedelta(seconds=1)


def keys(example: str) -> set[str]:
    return set(wire(example)["request"]["form"])


def statuses(*codes: int) -> Any:
    """An answer that goes through these statuses, then says nothing wrong."""
    left = iter(codes)

    def answer(_: Any) -> Response:
        code = next(left, 200)
        return Response("<Response/>", code, media_type="application/xml")

    return answer


def at(telco: Telco, callback: str) -> list[float]:
    """When each attempt of one callback left, in seconds after the call was made."""
    (delivery,) = [each for each in telco.sandbox.outbox.deliveries.values() if each.callback == callback]
    start = delivery.attempts[0].at
    return [(attempt.at - start).total_seconds() for attempt in delivery.attempts]


# --- the forms -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def finished(telco: Telco) -> Telco:
    """One call that rang, was answered at 2 s, talked for 4 s and was hung up by the callee."""
    telco.script(FarEnd(hangs_up_after=4 * SECOND))
    telco.answers("<Wait length='60'/>")
    telco.uuid = await telco.place(sip_headers="Order=42")  # type: ignore[attr-defined]
    await telco.run()
    return telco


async def test_ring_answer_and_hangup_are_told_in_this_order(finished: Telco) -> None:
    assert finished.receiver.paths == ["/ring", "/answer", "/hangup"]
    assert finished.callbacks == ["ring", "answer", "hangup"]


@pytest.mark.parametrize(
    ("path", "example"), [("/ring", "callback_ring"), ("/answer", "callback_answer"), ("/hangup", "callback_hangup")]
)
async def test_a_callback_has_exactly_the_keys_of_the_wire(finished: Telco, path: str, example: str) -> None:
    assert set(finished.sent(path)) == keys(example) | {"X-PH-Order"}


async def test_all_the_ids_of_a_call_are_one(finished: Telco) -> None:
    for path in ("/ring", "/answer", "/hangup"):
        form = finished.sent(path)
        found = {form[key] for key in form if key.endswith("UUID")}
        assert found == {finished.uuid}  # type: ignore[attr-defined]


async def test_what_every_callback_says_alike(finished: Telco) -> None:
    for path, event, status in [
        ("/ring", "Ring", "ringing"),
        ("/answer", "StartApp", "in-progress"),
        ("/hangup", "Hangup", "completed"),
    ]:
        form = finished.sent(path)
        assert (form["Event"], form["CallStatus"], form["Direction"]) == (event, status, "outbound")
        assert (form["From"], form["To"]) == (finished.number[1:], CALLEE[1:])
        assert form["SessionStart"] == "2026-01-01 00:00:00.000000"
        assert form["ParentAuthID"] == finished.auth_id
        assert (form["BillRate"], form["STIRAttestation"]) == ("0.00000", "Not Applicable")
        assert form["X-PH-Order"] == "42"


async def test_the_hangup_tells_times_durations_and_cause(finished: Telco) -> None:
    form = finished.sent("/hangup")
    example = wire("callback_hangup")["request"]["form"]
    for key in (
        "StartTime", "AnswerTime", "EndTime", "Duration", "BillDuration", "TotalCost", "HangupCause", "HangupCauseCode",
        "HangupCauseName", "HangupSource", "STIRVerification", "stir_verification",
    ):  # fmt: skip
        assert form[key] == example[key], key


async def test_a_form_is_in_ascii_order_with_plus_for_blanks(finished: Telco) -> None:
    body = finished.only("/hangup").body.decode()
    names = [unquote_plus(pair.partition("=")[0]) for pair in body.split("&")]
    assert names == sorted(names)
    assert "HangupCauseName=Normal+Hangup" in body


async def test_headers_are_the_vendors(finished: Telco) -> None:
    for path in ("/ring", "/answer", "/hangup"):
        headers = finished.only(path).headers
        wanted = wire("callback_ring")["request"]["headers"]
        assert {key: headers[key.lower()] for key in wanted} == wanted


async def test_every_callback_is_signed_over_its_url(finished: Telco) -> None:
    token = finished.account["auth_token"].encode()

    def signed(text: str) -> str:
        return b64encode(hmac.new(token, text.encode(), hashlib.sha256).digest()).decode()

    for path in ("/ring", "/answer", "/hangup"):
        headers, url = finished.only(path).headers, f"{finished.receiver.url}{path}"
        nonce = headers["x-vobiz-signature-v3-nonce"]
        assert headers["x-vobiz-signature-v3"] == headers["x-vobiz-signature-ma-v3"] == signed(f"{url}.{nonce}")
        nonce = headers["x-vobiz-signature-v2-nonce"]
        assert headers["x-vobiz-signature-v2"] == headers["x-vobiz-signature-ma-v2"] == signed(f"{url}{nonce}")


async def test_a_setting_turns_signatures_off(telco: Telco) -> None:
    telco.sandbox.put_settings("vobiz", {"sign": False})
    await telco.place()
    await telco.run()
    assert not any(name.startswith("x-vobiz") for received in telco.receiver.requests for name in received.headers)


async def test_a_get_callback_has_its_parameters_behind_the_urls_own(telco: Telco) -> None:
    url = f"{telco.receiver.url}/hangup?mine=1&from=x#part"
    uuid = await telco.place(hangup_url=url, hangup_method="GET")
    await telco.run()
    received = telco.only("/hangup")
    assert (received.method, received.body) == ("GET", b"")
    assert (received.query["mine"], received.query["CallUUID"]) == ("1", uuid)
    assert set(received.query) == keys("callback_hangup") | {"mine", "from"}


async def test_without_urls_only_the_answer_url_is_asked(telco: Telco) -> None:
    await telco.request("POST", "Call/", json=telco.fields())
    await telco.run()
    assert telco.receiver.paths == ["/answer"]


async def test_a_number_that_cannot_be_dialled_never_rings_and_is_told_of_its_end(telco: Telco) -> None:
    await telco.place("919876543210,919876543211")
    await telco.run()
    assert telco.receiver.paths == ["/hangup"]
    form = telco.sent("/hangup")
    assert (form["HangupCauseCode"], form["AnswerTime"], form["Duration"]) == ("2000", "", "0")
    assert form["SessionStart"] == "2026-01-01 00:00:00.000000"


async def test_gather_posts_every_field_and_the_empty_ones_too(telco: Telco) -> None:
    telco.script(ONE)
    telco.answers(f"<Gather action='{telco.receiver.url}/key' numDigits='1'><Speak>press 1</Speak></Gather>")
    telco.answers("<Speak>thanks</Speak>", path="/key")
    await telco.place()
    await telco.run()
    form = telco.sent("/key")
    assert set(form) == keys("callback_gather")
    assert (form["Event"], form["InputType"], form["Digits"]) == ("Redirect", "dtmf", "1")
    assert (form["Speech"], form["SpeechConfidenceScore"], form["BilledAmount"]) == ("", "", "")


async def test_redirect_says_so(telco: Telco) -> None:
    telco.answers(f"<Redirect>{telco.receiver.url}/next</Redirect>")
    telco.answers("<Speak>here</Speak>", path="/next")
    await telco.place()
    await telco.run()
    form = telco.sent("/next")
    assert set(form) == keys("callback_redirect")
    assert (form["Event"], form["CallStatus"]) == ("Redirect", "in-progress")


# --- when the application does not answer --------------------------------------------------------------------------


async def test_a_document_is_asked_for_four_times_then_the_fallback_once(telco: Telco) -> None:
    telco.receiver.answers["/answer"] = statuses(500, 404, 302, 503)
    telco.receiver.answers["/fallback"] = "<Response><Speak>sorry</Speak></Response>"
    await telco.place(fallback_url=f"{telco.receiver.url}/fallback")
    await telco.run()
    assert telco.receiver.paths == ["/ring", *["/answer"] * 4, "/fallback", "/hangup"]
    assert at(telco, "answer") == [0, 1, 3, 7]
    assert telco.sent("/fallback") == telco.receiver.to("/answer")[0].form
    assert telco.sent("/hangup")["HangupCauseCode"] == "4010"


async def test_a_retry_that_succeeds_goes_on_as_if_nothing_had_happened(telco: Telco) -> None:
    telco.receiver.answers["/answer"] = statuses(500, 500)
    await telco.place()
    await telco.run()
    assert len(telco.receiver.to("/answer")) == 3
    assert telco.sent("/hangup")["HangupCauseCode"] == "4010"


async def test_each_attempt_is_signed_with_a_nonce_of_its_own(telco: Telco) -> None:
    telco.receiver.answers["/answer"] = statuses(500)
    await telco.place()
    await telco.run()
    nonces = {received.headers["x-vobiz-signature-v3-nonce"] for received in telco.receiver.to("/answer")}
    assert len(nonces) == 2


async def test_without_a_fallback_an_unreachable_answer_url_is_7011(telco: Telco) -> None:
    await telco.place(answer_url="http://127.0.0.1:9/answer")
    await telco.run()
    form = telco.sent("/hangup")
    assert (form["HangupCauseCode"], form["HangupCauseName"]) == ("7011", "Error Reaching Answer URL")
    assert (form["HangupSource"], form["HangupCause"]) == ("Error", "NORMAL_CLEARING")


async def test_a_fallback_that_fails_is_7011_and_is_asked_once(telco: Telco) -> None:
    for path in ("/answer", "/fallback"):
        telco.receiver.answers[path] = Response("", 500)
    await telco.place(fallback_url=f"{telco.receiver.url}/fallback")
    await telco.run()
    assert len(telco.receiver.to("/fallback")) == 1
    assert telco.sent("/hangup")["HangupCauseCode"] == "7011"


BAD: list[tuple[str, Any]] = [
    ("html", Response("<html></html>", media_type="text/html")),
    ("not well-formed", Response("<Response>", media_type="application/xml")),
    ("unknown element", Response("<Response><Foo/></Response>", media_type="application/xml")),
    ("entity bomb", Response("<!DOCTYPE a [<!ENTITY b 'c'>]><Response/>", media_type="application/xml")),
    ("deep", Response("<Response>" + "<Speak>" * 9000, media_type="application/xml")),
    ("10 MB", Response(b"<Response>" + b" " * 10_000_000 + b"</Response>", media_type="application/xml")),
    ("empty", Response("", media_type="application/xml")),
]


@pytest.mark.parametrize("answer", [answer for _, answer in BAD], ids=[name for name, _ in BAD])
async def test_a_bad_document_is_8011_and_not_asked_for_again(telco: Telco, answer: Response) -> None:
    telco.receiver.answers["/answer"] = answer
    await telco.place()
    await telco.run()
    assert len(telco.receiver.to("/answer")) == 1
    form = telco.sent("/hangup")
    assert (form["HangupCauseCode"], form["HangupCauseName"]) == ("8011", "Invalid Answer XML")
    assert len(telco.problems) == 1


async def test_a_bad_document_goes_straight_to_the_fallback(telco: Telco) -> None:
    telco.answers("<Foo/>")
    telco.receiver.answers["/fallback"] = "<Response><Hangup/></Response>"
    await telco.place(fallback_url=f"{telco.receiver.url}/fallback")
    await telco.run()
    assert telco.receiver.paths == ["/ring", "/answer", "/fallback", "/hangup"]
    assert telco.sent("/hangup")["HangupSource"] == "Answer XML"


async def test_a_verb_not_emulated_ends_the_call_and_the_delivery_names_it(telco: Telco) -> None:
    telco.answers("<Speak>hi</Speak>", "<Stream>ws://app/</Stream>")
    await telco.place()
    await telco.run()
    assert telco.sent("/hangup")["HangupCauseCode"] == "8011"
    assert "Stream" in telco.problems[0] and "1:" in telco.problems[0]


@pytest.mark.parametrize(
    ("document", "answer", "code"),
    [
        ("<Redirect>{}/next</Redirect>", Response("", 500), "7014"),
        ("<Redirect>{}/next</Redirect>", Response("x", media_type="application/xml"), "8014"),
        ("<Redirect>/next</Redirect>", Response(""), "7024"),
        ("<Redirect method='PUT'>{}/next</Redirect>", Response(""), "7034"),
        ("<Gather action='{}/next' numDigits='1'/>", Response("", 500), "7012"),
        ("<Gather action='{}/next' numDigits='1'/>", Response("x", media_type="application/xml"), "8012"),
        ("<Gather action='next' numDigits='1'/>", Response(""), "7022"),
        ("<Gather action='{}/next' method='PUT' numDigits='1'/>", Response(""), "7032"),
        ("<Gather action='{}/next' redirect='false' numDigits='1'/>", Response("", 500), "4010"),
        ("<Gather action='{}/next' redirect='false' numDigits='1'/>", Response("x"), "4010"),
    ],
)
async def test_each_hook_that_fails_has_codes_of_its_own(
    telco: Telco, document: str, answer: Response, code: str
) -> None:
    telco.script(ONE)
    telco.answers(document.format(telco.receiver.url))
    telco.receiver.answers["/next"] = answer
    await telco.place()
    await telco.run()
    assert telco.sent("/hangup")["HangupCauseCode"] == code


async def test_a_notification_is_tried_four_times_and_holds_up_nothing(telco: Telco) -> None:
    telco.receiver.answers["/ring"] = statuses(201, 500, 204, 400)
    await telco.place()
    await telco.run()
    assert at(telco, "ring") == [0, 1, 3, 7]
    assert telco.sent("/hangup")["HangupCauseCode"] == "4010"


async def test_a_hook_that_is_told_is_not_asked(telco: Telco) -> None:
    telco.script(ONE)
    telco.answers(
        f"<Gather action='{telco.receiver.url}/key' redirect='false' numDigits='1'/>", "<Speak>and on</Speak>"
    )
    telco.answers("<Hangup/>", path="/key")
    await telco.place()
    await telco.run()
    assert telco.sent("/key")["Event"] == "Gather"
    assert telco.sent("/hangup")["HangupCauseCode"] == "4010"
