"""Bad days said in Python."""

import urllib.error

import pytest

from emulator.client.control_api import ControlRefused
from emulator.scenarios.faults import KINDS, Fault
from tests.fakes.reminder import CALLEE, application, place


@pytest.fixture
def url(serve_app):
    return serve_app(application)


@pytest.fixture
def willing(ringback):
    ringback.far_end(CALLEE).rings(3).answers().presses("1", on="press 1").hangs_up(after=20)


def every_word(faults):
    return [
        faults.status(503, retry_after="2s", route="POST /api/**"),
        faults.rate_limit(),
        faults.latency("1s"),
        faults.slow_body(2),
        faults.reset(number="+9198*"),
        faults.lose_reply(vendor="vobiz"),
        faults.lose(callback="hangup", count=1),
        faults.lose_answer(callback="hangup", skip=1),
        faults.delay("10s"),
        faults.duplicate(),
        faults.send_twice(probability=0.5, seed=3),
        faults.reorder(),
        faults.break_signature(name="forged"),
        faults.break_signature("stale", "2h"),
        faults.break_signature("missing"),
    ]


def test_there_is_a_word_for_every_kind(ringback):
    assert [fault.fault for fault in every_word(ringback.faults)] == list(KINDS)
    assert len(ringback.faults) == len(KINDS)
    assert [fault.name for fault in ringback.faults][:13] == [*(f"f{number}" for number in range(1, 13)), "forged"]


async def test_there_is_a_word_for_every_kind_in_a_loop(async_ringback):
    assert [(await fault).fault for fault in every_word(async_ringback.faults)] == list(KINDS)
    assert [fault.fault async for fault in async_ringback.faults] == list(KINDS)
    await async_ringback.faults.clear()
    assert await async_ringback.faults.all() == []


@pytest.mark.usefixtures("willing")
def test_a_fault_tells_how_often_it_struck(ringback, url):
    outage = ringback.faults.status(503, count=1)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        place(ringback.vobiz, url)
    place(ringback.vobiz, url)
    assert outage.struck == 1
    assert repr(outage) == "<Fault f1: status, count=1, status=503>"


@pytest.mark.usefixtures("willing")
def test_a_webhook_lost_on_purpose_does_not_fail_the_test(ringback, url):
    lost = ringback.faults.lose(callback="hangup")
    place(ringback.vobiz, url)
    ringback.run()
    call = ringback.calls.one()
    assert [fault.name for fault in ringback.faults if fault.struck] == [lost.name]
    assert "fault f1: lost" in call.ladder


@pytest.mark.usefixtures("willing")
def test_a_delivery_tells_what_was_done_to_it(ringback, url):
    ringback.faults.duplicate("3s", callback="hangup", name="again")
    place(ringback.vobiz, url)
    ringback.run()
    told, copy = ringback.deliveries.where(callback="hangup")
    assert (told.attempts[0].fault.name, told.attempts[0].fault.fault) == ("again", "duplicated")
    assert (copy.copied_by.name, copy.copied_by.seconds, copy.resend_of) == ("again", 3.0, told.id)
    assert told.copied_by is copy.attempts[0].fault is None


def test_setting_another_leaves_the_count_of_those_before(ringback, url):
    first = ringback.faults.reset(count=1)
    with pytest.raises(OSError):
        place(ringback.vobiz, url)
    ringback.faults.lose()
    assert first.struck == 1


def test_faults_are_put_whole_and_as_values(ringback):
    given = ringback.faults.put([Fault("lost", callback="hangup"), {"fault": "reset", "name": "cut"}])
    assert [fault.to_json() for fault in given] == [
        {"fault": "lost", "name": "f1", "callback": "hangup"},
        {"fault": "reset", "name": "cut"},
    ]
    assert ringback.faults.get("cut").fault == "reset"
    ringback.faults.clear()
    with pytest.raises(KeyError, match="there is no fault 'cut' any more; there are none"):
        _ = given[1].struck


def test_what_cannot_be_is_refused_with_its_reason(ringback):
    with pytest.raises(ControlRefused, match=r"faults\[0\].callback: expected one of"):
        ringback.faults.lose(callback="hangups")
    with pytest.raises(ControlRefused, match="servetel signs no webhook"):
        ringback.faults.break_signature(vendor="servetel")
    assert len(ringback.faults) == 0
