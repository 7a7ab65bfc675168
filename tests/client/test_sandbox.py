"""`Sandbox`: what a test says to it, and what it tells a test."""

import pytest

from emulator.client.control_api import ControlRefused
from emulator.client.telling import DidNotHappen, tell_delivery
from emulator.errors import UsageError
from emulator.scenarios.far_end import FarEnd
from tests.fakes.reminder import CALLEE, application, place, wsgi

DIGITS = CALLEE.removeprefix("+")


@pytest.fixture
def url(serve_app):
    return serve_app(application)


@pytest.fixture
def willing(ringback):
    ringback.far_end(CALLEE).rings(3).answers().presses("1", on="press 1").hangs_up(after=20)


@pytest.mark.usefixtures("willing")
@pytest.mark.parametrize("app", [application, wsgi])
def test_a_call_runs_to_its_end_as_its_far_end_was_told(ringback, serve_app, app):
    place(ringback.vobiz, serve_app(app))
    ringback.run()
    call = ringback.calls.one()
    assert (call.state, call.cause.name, call.by) == ("ended", "NORMAL_CLEARING", "program")
    assert call.transcript.heard("press 1 to CONFIRM")
    assert not call.transcript.heard("press 2")
    assert call.transcript.said("hello")
    assert call.transcript.pressed == "1"
    assert [each.callback for each in call.deliveries] == ["ring", "answer", "gather", "hangup"]
    assert (call.answered_at - call.created_at).total_seconds() == 3
    assert "NORMAL_CLEARING" in call.ladder
    assert call.mermaid.startswith("sequenceDiagram")
    assert [leg.state for leg in call.legs] == ["ended"]


@pytest.mark.usefixtures("willing")
def test_a_call_always_tells_the_present(ringback, url):
    place(ringback.vobiz, url)
    call = ringback.calls.one()
    assert call.state == "ringing"
    ringback.advance("3s")
    assert call.state == "answered"
    call.far_end.hangs_up()
    assert (call.state, call.by) == ("ended", "callee")
    ringback.settle()


def test_every_word_of_a_far_end_takes_effect_at_once(ringback):
    told = ringback.far_end(CALLEE).is_busy()
    assert scripts(ringback) == {DIGITS: {"outcome": "busy"}}
    told.rings(4)
    assert scripts(ringback) == {DIGITS: {"outcome": "busy", "rings_for": 4}}


def scripts(ringback):
    return ringback.api.get(f"{ringback.path}/scenario")["numbers"]


def test_far_ends_of_other_numbers_stay(ringback):
    ringback.far_end(CALLEE).is_busy()
    ringback.far_end("+9180*").rejects()
    ringback.far_end().is_unreachable()
    assert set(scripts(ringback)) == {DIGITS, "9180*"}
    assert ringback.api.get(f"{ringback.path}/scenario")["default"] == {"outcome": "unreachable"}


def test_somebody_dials_in_and_gives_up(ringback):
    ringback.settings.put("vobiz", answer_url="")
    call = ringback.dial_in("vobiz", "+919800000001", far_end=FarEnd())
    ringback.run()
    assert (call.direction, call.from_, call.to) == ("inbound", "+919800000001", ringback.vobiz.numbers[0])


def test_a_provider_that_is_not_loaded_is_named_with_those_that_are(ringback):
    with pytest.raises(AttributeError, match="the providers here are jambonz, servetel, tryvox, vobiz"):
        _ = ringback.acme
    with pytest.raises(UsageError, match="expected jambonz or servetel"):
        ringback.dial_in("acme")
    with pytest.raises(AttributeError, match="no 'auth_key'"):
        _ = ringback.vobiz.auth_key


def test_without_a_vendor_meant_which_one_must_be_said(ringback):
    with pytest.raises(UsageError, match="say which one"):
        ringback.dial_in()


@pytest.mark.ringback(vendor="vobiz")
def test_the_vendor_meant_need_not_be_said(ringback):
    assert ringback.vendor.auth_id == ringback.vobiz["auth_id"]
    assert ringback.dial_in().vendor == "vobiz"
    ringback.run()


def test_calls_are_found_by_what_is_said_of_them(ringback, url):
    name = place(ringback.vobiz, url, CALLEE)
    place(ringback.vobiz, url, "+919800000002")
    assert len(ringback.calls) == 2
    assert ringback.calls.get(name).vendor_id == name
    assert ringback.calls.one(to="98000 00002".replace("98000", "+91 98000")) == ringback.calls[1]
    assert [call.id for call in ringback.calls.where(vendor="vobiz", state="ringing")] == ["c1", "c2"]
    assert list(ringback.calls.where(direction="inbound")) == []
    with pytest.raises(ControlRefused, match="unknown_call"):
        ringback.calls.get("c9")


def test_not_exactly_one_call_tells_every_call_there_is(ringback, url):
    with pytest.raises(DidNotHappen, match="expected one call; there are 0\n\nThere was no call"):
        ringback.calls.one()
    place(ringback.vobiz, url)
    with pytest.raises(DidNotHappen, match="expected one call, state 'ended'; there are 0") as told:
        ringback.calls.one(state="ended")
    assert "call c1  vobiz" in str(told.value)


# --- waiting ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("willing")
def test_waiting_stops_the_clock_at_the_instant(ringback, url):
    place(ringback.vobiz, url)
    began = ringback.now
    ringback.run_until(state="answered")
    assert (ringback.now - began).total_seconds() == 3
    ringback.run_until(callback="gather")
    assert ringback.calls.one().state == "answered"
    ringback.run_until(lambda: len(ringback.deliveries.where(callback="hangup")) == 1)
    assert ringback.calls.one().state == "ended"


def test_waiting_in_vain_tells_what_happened_instead(ringback, url):
    ringback.far_end(CALLEE).is_busy()
    place(ringback.vobiz, url)
    with pytest.raises(DidNotHappen) as told:
        ringback.run_until(callback="answer", within="1h")
    assert "waited for answer delivered; nothing is left that could happen" in str(told.value)
    assert "USER_BUSY" in str(told.value)
    assert "c1-d1 hangup (completed) POST" in str(told.value)
    assert isinstance(told.value, AssertionError)


def test_waiting_in_vain_for_a_condition_names_it(ringback, url):
    def three_calls():
        return len(ringback.calls) == 3

    place(ringback.vobiz, url)
    with pytest.raises(DidNotHappen, match="waited for three_calls"):
        ringback.run_until(three_calls, within="1h")


def test_what_does_not_come_within_the_time_is_waited_for_in_vain(ringback, url):
    ringback.far_end(CALLEE).rings(30)
    place(ringback.vobiz, url)
    with pytest.raises(DidNotHappen, match="5 s went by"):
        ringback.run_until(state="answered", within=5)


def test_nothing_may_come_while_it_is_waited_that_it_does_not(ringback, url):
    ringback.far_end(CALLEE).rings(30)
    place(ringback.vobiz, url)
    began = ringback.now
    ringback.run_without(callback="answer", within="29s")
    assert (ringback.now - began).total_seconds() == 29
    with pytest.raises(DidNotHappen, match="expected no answer within 2 s, and it came") as told:
        ringback.run_without(callback="answer", within=2)
    assert "answer · in-progress" in str(told.value)


@pytest.mark.ringback(clock={"mode": "real", "speed": 100})
def test_the_same_words_wait_on_a_real_clock(ringback, url):
    place(ringback.vobiz, url)
    ringback.run_until(state="answered", within="60s")
    ringback.run_without(callback="gather", within="3s")
    with pytest.raises(DidNotHappen, match="1 s went by"):
        ringback.run_until(callback="gather", within=1)
    ringback.run_until(callback="hangup", within="10m")


@pytest.mark.parametrize("said", [{}, {"callback": "ring", "state": "ended"}, {"state": "engaged"}])
def test_what_cannot_be_waited_for_is_a_usage_error(ringback, said):
    with pytest.raises(UsageError, match="expected one of"):
        ringback.run_until(**said)


# --- deliveries, journal, settings -----------------------------------------------------------------------------


def test_a_delivery_tells_what_was_sent_and_what_came_back(ringback, url):
    place(ringback.vobiz, url, hangup="/bad")
    ringback.run()
    hangup = ringback.deliveries.one(callback="hangup")
    assert (hangup.state, hangup.status, len(hangup.attempts)) == ("failed", 500, 4)
    assert hangup.request.fields["CallStatus"] == hangup.word == "completed"
    assert hangup.response.body == "<Response/>"
    with pytest.raises(DidNotHappen, match="expected one delivery gather; there are 0") as told:
        ringback.deliveries.one(callback="gather")
    assert "hangup (completed)" in str(told.value)


def test_a_delivery_that_may_not_leave_says_so_once_and_names_the_option(ringback):
    place(ringback.vobiz, "http://203.0.113.9")
    ringback.run()
    assert ringback.deliveries.unanswered
    told = tell_delivery(ringback.deliveries.told()[0])
    assert told.endswith(
        "POST http://203.0.113.9/noted: blocked, 203.0.113.9 is not on this machine or a private network: "
        "--allow-host 203.0.113.9 would allow it"
    )


@pytest.mark.ringback(allow_failed=True)
def test_a_document_that_something_is_wrong_with_is_no_good_answer(ringback, serve_app):
    def relative(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/xml")])
        return [b"<Response>\n  <Redirect>/next</Redirect></Response>"]

    place(ringback.vobiz, serve_app(relative))
    ringback.run()
    [missed] = ringback.deliveries.unanswered
    assert (missed.callback, missed.state) == ("answer", "delivered")
    [told] = [each for each in ringback.deliveries.told() if each["id"] == missed.id]
    assert "delivered, 2:3: <Redirect>: expected a whole URL" in tell_delivery(told)


def test_a_delivery_can_be_sent_again_changed(ringback, url):
    place(ringback.vobiz, url)
    ringback.run()
    again = ringback.deliveries.resend(ringback.deliveries.one(callback="hangup"), Duration="7")
    assert again.request.fields["Duration"] == "7"
    assert again.resend_of


@pytest.mark.parametrize(("held", "told"), [({"a": [1]}, '{"a": [1]}'), (None, "null"), (True, "true")])
def test_what_no_form_can_hold_is_not_sent(ringback, url, held, told):
    place(ringback.vobiz, url)
    ringback.run()
    before = len(ringback.deliveries.told())
    with pytest.raises(ControlRefused) as refused:
        ringback.deliveries.resend(ringback.deliveries.one(callback="hangup"), Duration=held)
    assert refused.value.message == f"set.Duration: a form holds texts and numbers, got {told}"
    assert len(ringback.deliveries.told()) == before


def test_settings_are_changed_one_by_one_or_replaced(ringback):
    ringback.settings.put("vobiz", sign=False)
    held = ringback.settings.change("vobiz", make_call_status=200)
    assert (held["sign"], held["make_call_status"]) == (False, 200)
    assert ringback.settings.put("vobiz")["sign"] is True
    with pytest.raises(ControlRefused, match="unknown_field"):
        ringback.settings.change("vobiz", sing=False)


def test_the_journal_is_all_of_it_and_a_reset_begins_it_anew(ringback, url):
    place(ringback.vobiz, url)
    ringback.run()
    journal = ringback.journal()
    assert [entry["seq"] for entry in journal] == list(range(1, len(journal) + 1))
    assert ringback.journal(after=len(journal)) == []
    assert all(entry["call"] == "c1" for entry in ringback.journal(call="c1"))
    ringback.reset()
    assert len(ringback.calls) == 0
    assert len(ringback.journal()) < len(journal)


def test_equal_seeds_give_equal_worlds(ringback_server):
    def world():
        with ringback_server.sandbox(seed=7) as sandbox:
            return sandbox.id, dict(sandbox.vobiz), sandbox.journal_lines()

    assert world() == world()


def test_its_environment_is_that_of_a_process_which_uses_it(ringback, ringback_server):
    told = ringback.environ()
    assert told["RINGBACK_URL"] == ringback_server.url
    assert told["RINGBACK_SANDBOX"] == ringback.id
    assert told["RINGBACK_VOBIZ_AUTH_TOKEN"] == ringback.vobiz.auth_token
    for name, account in ringback.accounts.items():
        assert told[f"RINGBACK_{name.upper()}_URL"] == account.base_url
        assert told[f"RINGBACK_{name.upper()}_NUMBER"] == account.numbers[0]


def test_providers_and_credentials_are_completed(ringback):
    assert "vobiz" in dir(ringback)
    assert "auth_token" in dir(ringback.vobiz)
