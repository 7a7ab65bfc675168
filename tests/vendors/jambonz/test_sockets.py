"""The application on a websocket: session, acknowledgements, hooks, statuses, commands, and how a socket ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from emulator.engine.commands import Press
from emulator.engine.events import Heard
from emulator.recorder.ladder import ladder
from emulator.runtime.replay import rebuild
from emulator.scenarios.far_end import FarEnd
from emulator.vendors.jambonz import vendor
from tests.vendors.jambonz.conftest import SPEECH, Telco
from tests.vendors.jambonz.socket_app import SILENT, SocketApp

MENU = {"verb": "gather", "input": ["digits"], "numDigits": 1, "actionHook": "/menu", "say": {"text": "press one"}}
HOOK = {"url": "", "method": "POST", "username": "ada", "password": "secret"}


@pytest.fixture
async def app() -> AsyncIterator[SocketApp]:
    made = await SocketApp().start()
    made.answers["session:new"] = [{"verb": "say", "text": "hello there"}]
    yield made
    await made.stop()


def heard(telco: Telco) -> list[str]:
    return [
        entry.data.text
        for entry in telco.sandbox.journal.entries()
        if entry.kind == "event" and isinstance(entry.data, Heard)
    ]


async def place(telco: Telco, app: SocketApp, **more: Any) -> str:
    fields = {
        "from": telco.number, "to": {"type": "phone", "number": telco.callee}, "call_hook": app.url, **SPEECH, **more,
    }  # fmt: skip
    response = await telco.request("POST", "Calls", json=fields)
    assert response.status_code == 201, response.text
    made: str = response.json()["sid"]
    return made


async def arrive(telco: Telco, app: SocketApp) -> str:
    telco.sandbox.put_settings("jambonz", {"call_hook": app.url})
    return telco.arrive()


def presses(telco: Telco, keys: str) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"press": keys, "on_prompt": True}], "hangs_up_after": "30s"}))


# --- a session -----------------------------------------------------------------------------------------------------


async def test_an_inbound_call_is_answered_by_the_verbs_of_the_acknowledgement(telco: Telco, app: SocketApp) -> None:
    presses(telco, "1")
    app.answers["session:new"] = [MENU]
    app.answers["/menu"] = [{"verb": "say", "text": "one it is"}, {"verb": "hangup"}]
    sid = await arrive(telco, app)
    await telco.run()

    assert await app.over() == [1000]
    assert heard(telco) == ["press one", "one it is"]
    assert app.kinds == ["session:new", "call:status", "call:status", "/menu", "call:status"]
    assert app.statuses == ["trying", "in-progress", "completed"]
    assert {message["call_sid"] for message in app.messages} == {sid}
    new, hook = app.told("session:new")[0]["data"], app.told("verb:hook")[0]["data"]
    assert (new["direction"], new["call_status"], new["sip"]["method"]) == ("inbound", "trying", "INVITE")
    assert (hook["reason"], hook["digits"]) == ("dtmfDetected", "1")


async def test_a_call_that_is_over_closes_its_socket_with_1000(telco: Telco, app: SocketApp) -> None:
    app.answers["session:new"] = [{"verb": "say", "text": "bye"}, {"verb": "hangup"}]
    await arrive(telco, app)
    await telco.run()

    assert await app.over() == [1000]


async def test_what_is_sent_says_who_we_are(telco: Telco, app: SocketApp) -> None:
    await place(telco, app, call_hook={**HOOK, "url": app.url})
    await telco.run()

    assert app.connections[0].request is not None
    headers = app.connections[0].request.headers
    assert headers["User-Agent"] == "jambonz"
    assert headers["Authorization"] == "Basic YWRhOnNlY3JldA=="
    assert headers["Sec-WebSocket-Protocol"] == "ws.jambonz.org"
    assert "Jambonz-Signature" not in headers


async def test_an_outbound_calls_statuses_go_over_the_socket_and_its_session_begins_with_the_answer(
    telco: Telco, app: SocketApp
) -> None:
    await place(telco, app)
    await telco.advance(4)

    assert app.kinds == ["call:status", "call:status", "call:status", "session:new"]
    assert app.statuses == ["trying", "ringing", "in-progress"]
    assert len(app.connections) == 1


async def test_a_status_hook_elsewhere_takes_the_statuses(telco: Telco, app: SocketApp) -> None:
    await place(telco, app, call_status_hook=f"{telco.receiver.url}/status")
    await telco.advance(4)

    assert app.kinds == ["session:new"]
    assert [status for status, _, _ in telco.statuses()] == ["trying", "ringing", "in-progress"]


async def test_a_socket_program_idles_at_its_end_and_run_says_so(telco: Telco, app: SocketApp) -> None:
    sid = await place(telco, app)
    drive = await telco.run()

    assert drive.stopped == "idle"
    assert (telco.leg(sid).state, heard(telco)) == ("answered", ["hello there"])


async def test_no_verbs_refuse_an_inbound_call_with_480_and_close_with_1001(telco: Telco, app: SocketApp) -> None:
    app.answers["session:new"] = None
    await arrive(telco, app)
    await telco.run()

    assert await app.over() == [1001]
    assert (await telco.get("RecentCalls?page=1&count=1"))["data"][0]["sip_status"] == 480
    assert app.kinds == ["session:new"]


async def test_no_verbs_let_an_outbound_call_idle(telco: Telco, app: SocketApp) -> None:
    app.answers["session:new"] = None
    sid = await place(telco, app)
    await telco.run()

    assert telco.leg(sid).state == "answered"


async def test_a_hook_acknowledged_without_verbs_goes_on(telco: Telco, app: SocketApp) -> None:
    presses(telco, "1")
    app.answers["session:new"] = [MENU, {"verb": "say", "text": "next"}, {"verb": "hangup"}]
    await place(telco, app)
    await telco.run()

    assert heard(telco) == ["press one", "next"]


async def test_a_hook_over_http_leaves_the_socket_for_that_one_request(telco: Telco, app: SocketApp) -> None:
    presses(telco, "1")
    telco.answers({"verb": "gather", "timeout": 1, "actionHook": "/later"}, path="/got")
    app.answers["session:new"] = [{**MENU, "actionHook": f"{telco.receiver.url}/got"}]
    await place(telco, app)
    await telco.run()

    assert telco.only("/got").json["digits"] == "1"
    assert "/later" in app.kinds


async def test_a_dialled_leg_is_told_of_on_its_parents_socket(telco: Telco, app: SocketApp) -> None:
    telco.script(FarEnd.from_json({"hangs_up_after": "5s"}), "+15085551313")
    target = [{"type": "phone", "number": "+15085551313"}]
    app.answers["session:new"] = [{"verb": "dial", "target": target, "actionHook": "/dialled"}, {"verb": "hangup"}]
    sid = await place(telco, app)
    await telco.run()
    await app.over()

    children = [each for each in app.told("call:status") if "parent_call_sid" in each["data"]]
    assert [each["data"]["call_status"] for each in children] == ["trying", "ringing", "in-progress", "completed"]
    assert {each["call_sid"] for each in children} == {sid}
    assert app.told("verb:hook")[0]["data"]["dial_call_status"] == "completed"


async def test_a_webhook_application_may_move_to_a_socket_and_back(telco: Telco, app: SocketApp) -> None:
    telco.answers({"verb": "redirect", "actionHook": app.url})
    app.answers["session:new"] = [{"verb": "redirect", "actionHook": f"{telco.receiver.url}/back"}]
    telco.answers({"verb": "say", "text": "home"}, path="/back")
    await telco.place()
    await telco.run()

    assert heard(telco) == ["home"]
    assert app.kinds[0] == "session:new"
    assert telco.statuses()[-1] == ("completed", 200, "OK")


async def test_a_relative_redirect_is_asked_as_session_redirect(telco: Telco, app: SocketApp) -> None:
    app.answers["session:new"] = [{"verb": "redirect", "actionHook": "/next"}]
    app.answers["session:redirect"] = [{"verb": "say", "text": "redirected"}]
    await place(telco, app)
    await telco.run()

    assert heard(telco) == ["redirected"]
    assert app.told("session:redirect")[0]["hook"] == "/next"


async def test_a_new_call_hook_is_asked_on_the_socket(telco: Telco, app: SocketApp) -> None:
    sid = await place(telco, app)
    await telco.advance(5)
    app.answers["/moved"] = [{"verb": "say", "text": "moved"}]
    await telco.put(sid, call_hook="/moved")
    await telco.run()

    assert heard(telco)[-1] == "moved"
    assert app.told("session:redirect")[0]["hook"] == "/moved"


async def test_a_child_that_leaves_has_a_socket_of_its_own(telco: Telco, app: SocketApp) -> None:
    app.answers["session:new"] = [{"verb": "dial", "target": [{"type": "phone", "number": "+15085551313"}]}]
    app.answers["session:adulting"] = [{"verb": "say", "text": "grown up"}]
    sid = await place(telco, app)
    await telco.advance(8)
    await telco.put(sid, child_call_hook="/child")
    await telco.run()

    (adult,) = app.told("session:adulting")
    assert adult["data"]["parent_call_info"]["call_sid"] == sid
    assert adult["call_sid"] == adult["data"]["call_sid"] != sid
    assert [connection.request.path for connection in app.connections if connection.request] == [
        "/app",
        "/app/adulting",
    ]
    assert "grown up" in heard(telco)


async def test_events_are_told_on_a_socket_that_asked_for_them(telco: Telco, app: SocketApp) -> None:
    app.answers["session:new"] = [
        {"config": {"notifyEvents": True}}, {"say": {"text": "hello there"}}, {"config": {"notifyEvents": False}},
        {"say": {"text": "bye"}}, {"hangup": {}},
    ]  # fmt: skip
    await place(telco, app)
    await telco.run()
    await app.over()

    told = [(message["data"]["event"], message["data"]["verb"]) for message in app.told("verb:status")]
    assert told == [("start-playback", "say"), ("stop-playback", "say")]


# --- commands ------------------------------------------------------------------------------------------------------


async def idle(telco: Telco, app: SocketApp, **more: Any) -> str:
    """A call that has said hello and idles."""
    sid = await place(telco, app, **more)
    await telco.run()
    return sid


async def test_a_redirect_command_runs_its_verbs_at_once(telco: Telco, app: SocketApp) -> None:
    await idle(telco, app)
    await app.command("redirect", [{"verb": "say", "text": "and now"}, {"verb": "hangup"}])
    await telco.run()

    assert heard(telco) == ["hello there", "and now"]
    assert await app.over() == [1000]


async def test_queued_verbs_run_behind_those_that_stand(telco: Telco, app: SocketApp) -> None:
    app.answers["session:new"] = [{"verb": "say", "text": "a rather long sentence to begin with"}]
    await place(telco, app)
    await telco.advance(3)
    await app.command("redirect", [{"verb": "say", "text": "second"}], queueCommand=True)
    await telco.run()

    assert heard(telco) == ["a rather long sentence to begin with", "second"]


async def test_an_app_that_commands_as_soon_as_it_has_acknowledged_is_heard_before_time_passes(
    telco: Telco, app: SocketApp
) -> None:
    async def both(connection: Any, message: Any) -> None:
        verbs = [{"verb": "say", "text": "a rather long sentence to begin with"}]
        await connection.send(json.dumps({"type": "ack", "msgid": message["msgid"], "data": verbs}))
        await connection.send(json.dumps({"type": "command", "command": "redirect", "data": [{"say": {"text": "no"}}]}))

    app.answers["session:new"] = both
    await place(telco, app)
    await telco.run()

    assert heard(telco) == ["", "no"]


async def test_an_idle_call_waits_for_the_quiet_time(telco: Telco, app: SocketApp) -> None:
    """The application answers in its own time, within the quiet time, before the clock goes on."""

    async def later(connection: Any, message: Any) -> None:
        await connection.send(json.dumps({"type": "ack", "msgid": message["msgid"], "data": []}))
        for _ in range(20):
            await asyncio.sleep(0)
        await connection.send(json.dumps({"type": "command", "command": "redirect", "data": [{"hangup": {}}]}))

    app.answers["session:new"] = later
    telco.script(FarEnd.from_json({"hangs_up_after": "1h"}))
    await place(telco, app)
    await telco.run()
    await app.over()

    assert app.told("call:status")[-1]["data"]["duration"] == 0


async def test_a_call_status_command_hangs_up(telco: Telco, app: SocketApp) -> None:
    await idle(telco, app)
    await app.command("call:status", {"call_status": "completed"})
    await telco.run()
    await app.over()

    last = app.told("call:status")[-1]["data"]
    assert (last["call_status"], last["call_termination_by"]) == ("completed", "jambonz")


async def test_a_redirect_command_to_a_hook_asks_it(telco: Telco, app: SocketApp) -> None:
    await idle(telco, app)
    app.answers["/hook"] = [{"verb": "say", "text": "from the hook"}]
    await app.command("redirect", {"call_hook": "/hook"})
    await telco.run()

    assert heard(telco)[-1] == "from the hook"


async def test_a_tag_command_and_a_config_command_hold_from_then_on(telco: Telco, app: SocketApp) -> None:
    sid = await idle(telco, app)
    await app.command("tag", {"a": 1})
    await app.command("config", {"recognizer": {"vendor": "deepgram", "language": "de-DE"}})
    await telco.run()

    memo = telco.leg(sid).memo
    assert memo["tag"] == {"a": 1}
    assert memo["defaults"]["recognizer"]["language"] == "de-DE"


async def test_a_config_command_listens_and_records_beside_the_call(telco: Telco, app: SocketApp) -> None:
    app.answers["/barged"] = [{"verb": "say", "text": "five it is"}]
    sid = await idle(telco, app)
    record, listen = {"action": "startCallRecording"}, {"enable": True, "actionHook": "/barged", "numDigits": 1}
    await app.command("config", {"record": record, "bargeIn": listen})
    await telco.run()
    telco.sandbox.do(Press(telco.leg(sid).id, "5"))
    await telco.run()

    kinds = [type(entry.data).__name__ for entry in telco.sandbox.journal.entries() if entry.kind == "event"]
    assert "RecordingStarted" in kinds
    assert heard(telco) == ["hello there", "five it is"]


async def test_keys_are_sent_by_command(telco: Telco, app: SocketApp) -> None:
    await idle(telco, app)
    await app.command("dtmf", {"digit": "5", "duration": 250})
    await telco.run()
    await telco.advance(5)

    sent = [entry.data for entry in telco.sandbox.journal.entries() if type(entry.data).__name__ == "DigitsSent"]
    assert [event.digits for event in sent] == ["5"]


async def test_a_dial_command_places_a_call(telco: Telco, app: SocketApp) -> None:
    await idle(telco, app)
    await app.command("dial", telco.fields("+15085551313"))
    await telco.run()

    assert len(telco.sandbox.engine.calls) == 2
    assert "/call" in telco.receiver.paths


@pytest.mark.parametrize(
    ("said", "details"),
    [
        ("{no json", "not JSON"),
        (json.dumps({"type": "hello"}), "the type is neither ack nor command"),
        (json.dumps([1]), "the type is neither ack nor command"),
        (json.dumps({"type": "command", "data": []}), "missing command"),
        (json.dumps({"type": "command", "command": "redirect"}), "missing data"),
        (json.dumps({"type": "command", "command": "redirect", "data": 5}), "must be array"),
        (json.dumps({"type": "command", "command": "redirect", "data": [{"verb": "sing"}]}), "[0].verb: invalid"),
        (json.dumps({"type": "command", "command": "mute:status", "data": {"mute_status": "loud"}}), "invalid mute"),
        (json.dumps({"type": "command", "command": "dial", "data": {}}), "missing from parameter"),
        (json.dumps({"type": "command", "command": "config", "data": [1]}), "not an object"),
    ],
)
async def test_what_cannot_be_understood_is_answered_by_an_error_and_changes_nothing(
    telco: Telco, app: SocketApp, said: str, details: str
) -> None:
    sid = await idle(telco, app)
    await app.connections[0].send(said)
    await telco.run()

    (error,) = app.told("jambonz:error")
    assert error["data"]["msg"] == "InvalidMessage"
    assert details in error["data"]["details"]
    assert error["data"]["content"] == said
    assert (telco.leg(sid).state, heard(telco)) == ("answered", ["hello there"])


@pytest.mark.parametrize(
    "said",
    [
        b"binary", json.dumps({"type": "ack", "msgid": "unknown", "data": [{"verb": "hangup"}]}),
        json.dumps({"type": "command", "command": "room:say", "data": {}}),
        json.dumps({"type": "command", "command": "mute:status", "data": "mute"}),
        json.dumps({"type": "command", "command": "call:status", "data": {"call_status": "completed"}, "callSid": "?"}),
    ],
    ids=["binary", "a late acknowledgement", "an unknown command", "an impossible command", "an unknown leg"],
)  # fmt: skip
async def test_what_means_nothing_is_ignored_and_journalled(telco: Telco, app: SocketApp, said: Any) -> None:
    await idle(telco, app)
    await app.connections[0].send(said)
    await telco.run()

    assert app.told("jambonz:error") == []
    (entry,) = [entry for entry in telco.sandbox.journal.entries() if entry.kind == "message"]
    assert entry.data["text"] == (said.decode() if isinstance(said, bytes) else said)


async def test_a_command_that_is_not_emulated_ends_the_call_by_name(telco: Telco, app: SocketApp) -> None:
    sid = await idle(telco, app)
    await app.command("tts:flush")
    await telco.run()

    (entry,) = [entry for entry in telco.sandbox.journal.entries() if entry.kind == "refused"]
    assert "command tts:flush is not emulated yet" in entry.data["why"]
    assert telco.leg(sid).state == "ended"


# --- hostile sockets -----------------------------------------------------------------------------------------------


async def test_an_application_that_never_acknowledges_times_out_after_five_seconds(
    telco: Telco, app: SocketApp
) -> None:
    telco.sandbox.spec = telco.sandbox.spec.__class__(seed=1, patience=0.5)
    app.answers["session:new"] = SILENT
    sid = await arrive(telco, app)
    await telco.run()

    leg = telco.leg(sid)
    assert leg.ended_at is not None
    assert (leg.ended_at - leg.created_at).total_seconds() == 5
    assert (await telco.get("RecentCalls?page=1&count=1"))["data"][0]["sip_status"] == 480
    assert await app.over() == [1001]


async def test_a_gather_hook_that_is_never_acknowledged_goes_on_with_the_next_verb(
    telco: Telco, app: SocketApp
) -> None:
    telco.sandbox.spec = telco.sandbox.spec.__class__(seed=1, patience=0.5)
    presses(telco, "1")
    app.answers["session:new"] = [MENU, {"verb": "say", "text": "next"}, {"verb": "hangup"}]
    app.answers["/menu"] = SILENT
    await place(telco, app)
    await telco.run()
    await app.over()

    assert heard(telco) == ["press one", "next"]
    assert "invalid actionHook response" in [each["data"].get("error") for each in app.told("call:status")]


@pytest.mark.parametrize("protocols", [(), ("wrong.example",)], ids=["none", "another"])
async def test_a_server_that_chooses_another_protocol_or_none_is_refused(
    telco: Telco, protocols: tuple[str, ...]
) -> None:
    app = await SocketApp(protocols).start()
    await arrive(telco, app)
    await telco.run()
    await app.stop()

    assert app.messages == []
    assert (await telco.get("RecentCalls?page=1&count=1"))["data"][0]["sip_status"] == 480


@pytest.mark.parametrize(("fragment", "attempts"), [("", 6), ("#rc=0", 1), ("#rc=2&rp=ct", 3), ("#rc=2&rp=rt", 1)])
async def test_nobody_there_is_tried_as_often_as_the_url_says(telco: Telco, fragment: str, attempts: int) -> None:
    app = await SocketApp().start()
    await app.stop()
    telco.sandbox.put_settings("jambonz", {"call_hook": app.url + fragment})
    sid = telco.arrive()
    await telco.run()

    (delivery,) = telco.sandbox.outbox.deliveries.values()
    assert len(delivery.attempts) == attempts
    assert "#" not in delivery.request.url
    assert telco.leg(sid).state == "ended"
    assert (await telco.get("Alerts?page=1&count=1"))["data"][0]["alert_type"] == "webhook-connection-failure"


async def test_an_outbound_call_whose_socket_cannot_be_opened_is_ended(telco: Telco) -> None:
    app = await SocketApp().start()
    await app.stop()
    sid = await place(telco, app)
    await telco.run()

    assert telco.leg(sid).state == "ended"
    assert telco.leg(sid).answered_at is not None


async def test_a_server_that_closes_at_connect_is_tried_again_with_growing_pauses(telco: Telco, app: SocketApp) -> None:
    async def close(connection: Any) -> None:
        if len(app.connections) < 3:
            await connection.close(1011)

    app.on_open = close
    app.answers["session:new"] = [{"verb": "hangup"}, {"verb": "say", "text": "third time lucky"}]
    sid = await arrive(telco, app)
    await telco.run()

    leg = telco.leg(sid)
    assert heard(telco) == ["third time lucky"]
    assert leg.answered_at is not None
    assert (leg.answered_at - leg.created_at).total_seconds() == 1.5


@pytest.mark.parametrize("frame", ["x" * 30_000, "x" * 10_000_000], ids=["30 kB", "10 MB"])
async def test_a_frame_beyond_24_kib_breaks_the_connection_which_is_opened_anew(
    telco: Telco, app: SocketApp, frame: str
) -> None:
    sid = await idle(telco, app)
    try:
        await app.connections[0].send(frame)
    except ConnectionError:
        pass
    await app.connections[0].wait_closed()
    await telco.advance(2)

    assert app.connections[0].close_code == 1009
    assert app.kinds[-1] == "session:reconnect"
    assert telco.leg(sid).state == "answered"


async def test_a_public_address_is_blocked_and_the_option_named(telco: Telco) -> None:
    telco.sandbox.put_settings("jambonz", {"call_hook": "ws://8.8.8.8/app"})
    telco.arrive()
    await telco.run()

    (delivery,) = telco.sandbox.outbox.deliveries.values()
    outcome = delivery.attempts[-1].outcome
    assert delivery.state == "blocked"
    assert outcome is not None and "--allow-host" in outcome.text


# --- lost and found ------------------------------------------------------------------------------------------------


async def test_a_lost_socket_is_opened_anew_after_half_a_second_with_the_same_data(
    telco: Telco, app: SocketApp
) -> None:
    await idle(telco, app)
    before = telco.sandbox.clock.now()
    await app.connections[0].close(1011)
    await telco.run()

    again = app.told("session:reconnect")[0]
    assert again["data"] == app.told("session:new")[0]["data"]
    assert (telco.sandbox.clock.now() - before).total_seconds() == 0.5
    await app.command("redirect", [{"verb": "say", "text": "still here"}])
    await telco.run()
    assert heard(telco)[-1] == "still here"


async def test_what_is_to_be_said_meanwhile_waits_for_the_new_socket(telco: Telco, app: SocketApp) -> None:
    presses(telco, "1")
    app.answers["session:new"] = [{"verb": "say", "text": "hm"}, {**MENU, "say": {"text": "a"}}, {"verb": "hangup"}]
    await place(telco, app)
    await telco.advance(2.6)
    await app.connections[0].close(1011)
    await telco.run()
    await app.over()

    kinds = app.kinds[app.kinds.index("session:reconnect") :]
    assert kinds == ["session:reconnect", "/menu", "call:status"]


async def test_an_application_that_closes_with_1000_is_not_called_back_and_the_call_goes_on(
    telco: Telco, app: SocketApp
) -> None:
    presses(telco, "1")
    app.answers["session:new"] = [MENU, {"verb": "say", "text": "on my own"}, {"verb": "hangup"}]
    sid = await place(telco, app)
    await telco.advance(2)
    await app.connections[0].close(1000)
    await telco.run()

    assert len(app.connections) == 1
    assert heard(telco) == ["press one", "on my own"]
    assert telco.leg(sid).state == "ended"


def closing(code: int) -> Any:
    async def close(connection: Any, message: Any) -> None:
        await connection.close(code)

    return close


async def test_a_hook_that_was_unanswered_when_the_socket_was_lost_opens_no_socket_of_its_own(
    telco: Telco, app: SocketApp
) -> None:
    presses(telco, "1")
    app.answers |= {"session:new": [MENU, {"verb": "say", "text": "on my own"}], "/menu": closing(1011)}
    await place(telco, app)
    await telco.advance(30)
    assert app.kinds[app.kinds.index("/menu") + 1] == "session:reconnect"
    assert len(app.connections) == 2


async def test_a_hook_at_which_the_application_closes_for_good_is_the_last_it_hears(
    telco: Telco, app: SocketApp
) -> None:
    presses(telco, "1")
    app.answers |= {"session:new": [MENU, {"verb": "say", "text": "on my own"}, {"verb": "hangup"}]}
    app.answers |= {"/menu": closing(1000)}
    sid = await place(telco, app)
    await telco.run()
    assert (app.kinds[-1], len(app.connections)) == ("/menu", 1)
    assert telco.leg(sid).state == "ended"
    last = list(telco.sandbox.outbox.deliveries.values())[-1].attempts[-1].outcome
    assert last is not None
    assert (last.error, last.text) == ("", "the application has closed its socket for good: nothing was sent")


async def test_a_session_that_is_closed_for_good_instead_of_begun_has_failed_in_words(
    telco: Telco, app: SocketApp
) -> None:
    app.answers["session:new"] = closing(1000)
    sid = await arrive(telco, app)
    await telco.run()
    first = next(each for each in telco.sandbox.outbox.deliveries.values() if each.callback == "answer")
    assert first.state == "failed"
    assert [each.outcome.text for each in first.attempts if each.outcome is not None] == [
        "the application closed its socket (1000)"
    ]
    assert telco.leg(sid).state == "ended"
    assert len(app.connections) == 1


@pytest.mark.parametrize("code", [1000, 1011])
async def test_a_socket_that_is_lost_for_good_while_it_is_reopened_keeps_nothing_waiting(
    telco: Telco, app: SocketApp, code: int
) -> None:
    presses(telco, "1")
    app.answers["session:new"] = [{"verb": "say", "text": "hm"}, {**MENU, "say": {"text": "a"}}, {"verb": "hangup"}]
    app.answers["session:reconnect"] = closing(code)
    sid = await place(telco, app)
    await telco.advance(2.6)
    await app.connections[0].close(1011)
    await telco.run()
    assert telco.leg(sid).state == "ended"
    assert all(each.state not in ("waiting", "retrying") for each in telco.sandbox.outbox.deliveries.values())


async def test_a_socket_that_stays_lost_ends_the_call(telco: Telco, app: SocketApp) -> None:
    sid = await idle(telco, app)
    await app.stop()
    await telco.run()

    reconnect = [each for each in telco.sandbox.outbox.deliveries.values() if each.callback == "reconnect"]
    assert [len(each.attempts) for each in reconnect] == [5]
    leg = telco.leg(sid)
    assert (leg.state, leg.by) == ("ended", "application")


async def test_a_reconnect_that_is_not_acknowledged_ends_the_call(telco: Telco, app: SocketApp) -> None:
    sid = await idle(telco, app)
    telco.sandbox.spec = telco.sandbox.spec.__class__(seed=1, patience=0.5)
    app.answers["session:reconnect"] = SILENT
    await app.connections[0].close(1011)
    await telco.run()

    assert telco.leg(sid).state == "ended"


# --- journal, replay, clocks ---------------------------------------------------------------------------------------


async def converse(telco: Telco, app: SocketApp) -> None:
    """A call with a question, a command, a lost socket, and an end."""
    presses(telco, "1")
    app.answers["session:new"] = [MENU]
    app.answers["/menu"] = [{"verb": "say", "text": "one it is"}]
    await place(telco, app)
    await telco.advance(10)
    await app.command("redirect", [{"verb": "say", "text": "commanded"}], queueCommand=True)
    await telco.advance(10)
    await app.connections[-1].close(1011, "back soon")
    await telco.run()
    await app.over()


async def test_the_same_conversation_is_the_same_journal(telco: Telco, app: SocketApp) -> None:
    await converse(telco, app)
    lines = list(telco.sandbox.journal.lines())
    await telco.exchange.delete(telco.sandbox.id)  # its accounts are free for the next of that seed
    twin = Telco(telco.exchange, telco.receiver, seed=1)
    await converse(twin, app)
    await twin.client.aclose()

    assert list(twin.sandbox.journal.lines()) == lines


async def test_a_conversation_is_rebuilt_from_any_prefix_of_its_journal(telco: Telco, app: SocketApp) -> None:
    await converse(telco, app)
    entries = list(telco.sandbox.journal.entries())
    for count in range(1, len(entries) + 1, 7):
        rebuild(entries[:count], {"jambonz": vendor})

    twin = rebuild(entries, {"jambonz": vendor})
    assert [entry.to_json() for entry in twin.journal.entries() if entry.kind != "request"] == [
        {**entry.to_json(), "seq": at}
        for at, entry in zip(
            [entry.seq for entry in twin.journal.entries() if entry.kind != "request"],
            [entry for entry in entries if entry.kind != "request"],
            strict=True,
        )
    ]


async def test_the_ladder_shows_what_went_over_the_socket(telco: Telco, app: SocketApp) -> None:
    await converse(telco, app)
    drawn = ladder(list(telco.sandbox.journal.entries()))

    for word in ("session:new", "verb:hook", "call:status", "message", "closes its socket", "session:reconnect"):
        assert word in drawn, word
    assert "closes the socket" in drawn


async def test_a_sandbox_that_is_deleted_leaves_its_applications_at_once(telco: Telco, app: SocketApp) -> None:
    await idle(telco, app)
    await telco.exchange.delete(telco.sandbox.id)

    assert await app.over() == [1001]


async def test_on_a_real_clock_a_command_is_carried_out_as_it_comes(telco: Telco, app: SocketApp) -> None:
    real = Telco(telco.exchange, telco.receiver, mode="real", speed=100.0)
    said = asyncio.Event()

    async def hello(connection: Any, message: Any) -> None:
        await connection.send(json.dumps({"type": "ack", "msgid": message["msgid"], "data": [{"say": {"text": "a"}}]}))
        await connection.send(json.dumps({"type": "command", "command": "redirect", "data": [{"hangup": {}}]}))
        said.set()

    app.answers["session:new"] = hello
    sid = await place(real, app)
    await asyncio.wait_for(said.wait(), 5)
    await asyncio.wait_for(app.connections[0].wait_closed(), 5)

    assert real.leg(sid).state == "ended"
    assert app.connections[0].close_code == 1000
    await real.client.aclose()


async def test_a_message_sent_twice_is_acknowledged_once_for_both(telco: Telco, app: SocketApp) -> None:
    telco.sandbox.put_faults([{"fault": "twice", "callback": "answer"}])
    await place(telco, app)
    await telco.run()

    assert len(app.told("session:new")) == 2
    assert heard(telco) == ["hello there"]


async def test_one_at_a_time_works_on_a_socket_too(telco: Telco, app: SocketApp) -> None:
    one = Telco(telco.exchange, telco.receiver, deliver="one_at_a_time")
    await place(one, app)
    await one.run()
    await one.client.aclose()

    assert heard(one) == ["hello there"]
