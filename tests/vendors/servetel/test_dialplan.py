"""API dialplan: what is asked, what each action does, and where a bad answer leads."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import Response

from emulator.engine.events import AskFailed
from emulator.errors import UsageError
from emulator.scenarios.builder import FarEndBuilder
from tests.vendors.servetel.conftest import CUSTOMER, MAGIC_AGENTS, NO_ANSWER, Desk

AGENT, SECOND, THIRD = "+919811640001", "+919811640002", "+919811640003"
OUTSIDE = "+919812340000"
FAILOVER = {"failover": "agent||0501234560003"}
PROMPT = {"type": "url", "data": "http://a.example/menu.mp3"}
SALES = {"id": "21", "name": "Sales", "agents": ["0501234560001", "0501234560002"], "timeout": 10}


def scripted() -> FarEndBuilder:
    return FarEndBuilder()


def to_agent(eid: str) -> dict[str, Any]:
    return {"transfer": {"type": "agent", "data": eid}}


SILENT, SECOND_AGENT = to_agent(MAGIC_AGENTS["silent"]), to_agent("0501234560002")


async def problem_of(desk: Desk, answer: Any) -> str:
    """What the one bad answer is told to be; the caller got to the failover agent."""
    await desk.dialplan(answer, plan=FAILOVER)
    desk.arrive()
    await desk.advance(5)
    assert [leg[1] for leg in desk.legs] == [CUSTOMER, THIRD]
    assert desk.leg((await desk.live())[0]["call_id"]).partner is not None
    return desk.problems[0] if desk.problems else ""


# --- the question --------------------------------------------------------------------------------------------------


async def test_it_is_asked_with_the_default_body(desk: Desk) -> None:
    await desk.dialplan([SECOND_AGENT])
    desk.arrive()
    await desk.advance(1)
    (row,) = await desk.live()
    body = desk.only("/plan").json
    assert list(body) == ["uuid", "call_id", "call_to_number", "caller_id_number", "start_stamp", "last_dtmf"]
    assert body["call_id"] == row["call_id"] and len(body["uuid"]) == 13
    assert [body[key] for key in ("call_to_number", "caller_id_number", "start_stamp", "last_dtmf")] == [
        desk.number, CUSTOMER, "2026-01-01 05:30:00", [],
    ]  # fmt: skip


@pytest.mark.unjudged("the panel's own template says what is sent")
@pytest.mark.parametrize("how", ["json", "form", "GET"])
async def test_it_is_asked_with_a_template_as_the_panel_says(desk: Desk, how: str) -> None:
    body = {"from": "$caller_id_number", "flow": "$call_flow", "keys": "$last_dtmf", "x": "$nobody"}
    given = {"method": "GET"} if how == "GET" else {"format": how}
    await desk.dialplan([], plan={**given, "body": body, "headers": {"X-Token": "secret"}})
    desk.arrive()
    await desk.run()
    received = desk.only("/plan")
    got = {"json": lambda: received.json, "form": lambda: received.form, "GET": lambda: received.query}[how]()
    assert (got["from"], got["x"], received.headers["x-token"]) == (CUSTOMER, "$nobody", "secret")
    assert got["keys"] == ([] if how == "json" else "[]")
    flow = got["flow"]
    assert (flow[0]["type"] if how == "json" else "init" in flow) in ("init", True)


async def test_it_is_asked_before_the_call_is_answered_and_after_it_was_received(desk: Desk) -> None:
    await desk.dialplan([SECOND_AGENT])
    desk.arrive()
    await desk.advance(10)
    await desk.hang_up()
    assert desk.told == ["received", "plan", "dialed", "answered-by-agent", "hangup"]


# --- actions -------------------------------------------------------------------------------------------------------


async def test_a_recording_is_played_by_url_or_by_id_and_the_next_action_follows(desk: Desk) -> None:
    library = [{"id": "5", "name": "Welcome", "url": "http://a.example/w.mp3"}, {"id": "6", "name": "Bye"}]
    actions = [{"recording": {"type": "system", "data": 5}}, {"recording": {"type": "system", "data": "6"}}]
    await desk.dialplan([*actions, {"recording": PROMPT}, SECOND_AGENT], recordings=library)
    desk.arrive()
    await desk.run()
    assert desk.heard[:3] == ["http://a.example/w.mp3", "Bye", PROMPT["data"]]
    assert desk.legs[1][:2] == ("agent", SECOND)


async def test_after_the_last_action_the_call_ends(desk: Desk) -> None:
    await desk.dialplan([{"recording": PROMPT}])
    desk.arrive()
    await desk.run()
    body = desk.body("missed")
    assert (body["call_connected"], body["call_status"], body["duration"]) == ("1", "missed", "3")


async def test_no_action_at_all_ends_it_at_once(desk: Desk) -> None:
    await desk.dialplan([])
    desk.arrive()
    await desk.run()
    assert desk.body("missed")["call_connected"] == "0"
    assert desk.problems == []


@pytest.mark.parametrize("data", [9812340000, "9812340000", "+919812340000", ["09812340000"]])
async def test_a_transfer_rings_a_number_in_any_spelling(desk: Desk, data: Any) -> None:
    await desk.dialplan([{"transfer": {"type": "number", "data": data}}])
    desk.arrive()
    await desk.advance(10)
    assert desk.legs == [("customer", CUSTOMER, "answered"), ("agent", OUTSIDE, "answered")]
    await desk.hang_up()
    (record,) = (await desk.records())["results"]
    assert (record["status"], record["agent_name"], record["agent_number"]) == ("answered", "", "9812340000")
    assert (record["description"], record["service"]) == (f"Call answered by {OUTSIDE}", "")


async def test_several_numbers_ring_at_once_and_the_first_to_answer_has_it(desk: Desk) -> None:
    desk.script(scripted().rings(9), OUTSIDE)
    await desk.dialplan([{"transfer": {"type": "number", "data": [OUTSIDE, AGENT]}}])
    desk.arrive()
    await desk.advance(10)
    assert [leg[1:] for leg in desk.legs[1:]] == [(OUTSIDE, "lost-race"), (AGENT, "answered")]
    await desk.hang_up()
    body = desk.body("hangup")
    assert (body["answered_agent"]["name"], body["missed_agent"]) == ("Asha Verma", "")


async def test_an_agent_who_does_not_answer_leaves_the_caller_to_the_next_action(desk: Desk) -> None:
    await desk.dialplan([SILENT, {"recording": PROMPT}, SECOND_AGENT])
    desk.arrive()
    await desk.advance(60)
    assert desk.heard[:1] == [PROMPT["data"]]
    assert [leg[1:] for leg in desk.legs[1:]] == [("+919815550102", "ring-timeout"), (SECOND, "answered")]
    await desk.hang_up()
    body = desk.body("hangup")
    assert [agent["name"] for agent in body["missed_agent"]] == ["Silent Agent"]
    assert body["answered_agent_name"] == "Ravi Menon"
    (record,) = (await desk.records())["results"]
    assert (record["agent_name"], record["missed_agents"]) == ("Ravi Menon", body["missed_agent"])


async def test_whoever_talked_ends_the_call_for_both(desk: Desk) -> None:
    desk.script(scripted().hangs_up(after=7), SECOND)
    await desk.dialplan([SECOND_AGENT, {"recording": PROMPT}])
    desk.arrive()
    await desk.run()
    body = desk.body("hangup")
    assert (body["outbound_sec"], body["reason_key"]) == ("7", "Call Disconnected By Callee")
    assert PROMPT["data"] not in desk.heard


async def test_an_agent_who_is_offline_is_passed_over(desk: Desk) -> None:
    await desk.dialplan([to_agent(MAGIC_AGENTS["away"]), SECOND_AGENT])
    desk.arrive()
    await desk.advance(5)
    assert [leg[1] for leg in desk.legs[1:]] == [SECOND]


async def test_a_transfer_to_hangup_rejects(desk: Desk) -> None:
    await desk.dialplan([{"transfer": {"type": "hangup"}}])
    desk.arrive()
    await desk.run()
    assert desk.body("missed")["hangup_cause_key"] == "CALL_REJECTED"


async def test_a_transfer_to_a_department_rings_its_agents(desk: Desk) -> None:
    desk.script(scripted().rings(6), AGENT)
    desk.script(scripted().rings(4), SECOND)
    await desk.dialplan([{"transfer": {"type": "department", "data": 21}}], departments=[SALES])
    desk.listen(
        "received-on-department",
        "dialed",
        settings={"dialplans": [{"id": "7", "url": f"{desk.receiver.url}/plan"}], "departments": [SALES]},
    )
    desk.arrive()
    await desk.advance(10)
    assert desk.told == ["plan", "received-on-department", "dialed", "dialed"]
    assert desk.body("received-on-department")["department_name"] == "Sales"
    assert [received.json["agent_number"] for received in desk.receiver.to("/dialed")] == [AGENT, SECOND]
    await desk.hang_up()
    (record,) = (await desk.records(**{"department[]": "department|21"}))["results"]
    assert (record["department_name"], record["agent_name"]) == ("Sales", "Ravi Menon")
    assert (await desk.records(**{"department[]": "22"}))["results"] == []


async def test_a_sequential_department_rings_them_in_turn(desk: Desk) -> None:
    desk.script(scripted().rings_for_ever(), AGENT)
    await desk.lead("department||21", departments=[{**SALES, "ring_strategy": "sequential"}])
    desk.arrive()
    await desk.advance(20)
    assert [leg[1:] for leg in desk.legs[1:]] == [(AGENT, "ring-timeout"), (SECOND, "answered")]


async def test_a_department_of_nobody_is_missed(desk: Desk) -> None:
    await desk.lead("department||21", departments=[{**SALES, "agents": [MAGIC_AGENTS["away"]]}])
    desk.arrive()
    await desk.run()
    assert desk.body("missed")["hangup_cause_key"] == "NO_ANSWER"


async def test_departments_and_recordings_are_listed(desk: Desk) -> None:
    desk.script(scripted().hangs_up(after=3), AGENT)
    await desk.lead("department||21", departments=[SALES], recordings=[{"id": "5", "name": "Welcome"}])
    desk.arrive()
    await desk.run()
    (department,) = await desk.get("/v1/departments")
    assert (department["name"], department["agent_count"], department["calls_answered"]) == ("Sales", 2, 1)
    assert [agent["eid"] for agent in department["agents"]] == SALES["agents"]
    assert await desk.get("/v1/recordings") == [
        {"id": "5", "name": "Welcome", "url": "", "music_on_hold": False, "default": False}
    ]


@pytest.mark.parametrize("spelled", ["8", 8, {"data": "8"}])
async def test_another_dialplan_is_asked(desk: Desk, spelled: Any) -> None:
    await desk.dialplan([{"api_dialplan": spelled}])
    plans = [{"id": key, "url": f"{desk.receiver.url}/{path}"} for key, path in (("7", "plan"), ("8", "second"))]
    desk.settings(dialplans=plans)
    desk.receiver.answers["/second"] = [SECOND_AGENT]
    desk.arrive()
    await desk.advance(5)
    assert desk.told == ["plan", "second"]
    assert desk.legs[1][1] == SECOND


async def test_dialplans_that_ask_for_one_another_end_the_call(desk: Desk) -> None:
    await desk.dialplan([{"api_dialplan": "7"}])
    desk.arrive()
    await desk.run()
    assert len(desk.receiver.to("/plan")) <= 101
    assert desk.body("missed")["call_connected"] == "0"


# --- keys ----------------------------------------------------------------------------------------------------------


async def test_a_recording_with_keys_asks_again_and_drops_the_rest(desk: Desk) -> None:
    desk.script(scripted().presses("2", on="menu"))
    menu = {"recording": {**PROMPT, "dtmf": {"timeout": 3000, "maxLength": 1}}}
    await desk.dialplan([menu, SILENT], [SECOND_AGENT])
    desk.arrive()
    await desk.advance(20)
    assert [received.json["last_dtmf"] for received in desk.receiver.to("/plan")] == [[], ["2"]]
    assert desk.legs[1][1] == SECOND
    assert desk.body("dtmf")["digit_pressed"] == "2"
    await desk.hang_up()
    (record,) = (await desk.records())["results"]
    assert (record["dtmf_input"], desk.body("hangup")["digits_dialed"]) == ("2", "2")


async def test_without_a_key_it_is_asked_again_with_none_after_the_timeout(desk: Desk) -> None:
    await desk.dialplan([{"recording": {**PROMPT, "dtmf": {"timeout": 4000}}}], [])
    desk.arrive()
    drive = await desk.run()
    assert [received.json["last_dtmf"] for received in desk.receiver.to("/plan")] == [[], []]
    assert drive.now.second == 7


async def test_the_most_keys_and_the_time_between_them_count(desk: Desk) -> None:
    desk.script(scripted().presses("12WWW3", on="menu"))
    await desk.dialplan([{"recording": {**PROMPT, "dtmf": {"timeout": 2000, "maxLength": "3"}}}], [])
    desk.arrive()
    await desk.run()
    assert desk.receiver.to("/plan")[1].json["last_dtmf"] == ["12"]


async def test_keys_by_default_are_one_within_five_seconds(desk: Desk) -> None:
    desk.script(scripted().presses("34", on="menu"))
    await desk.dialplan([{"recording": {**PROMPT, "dtmf": {}}}], [])
    desk.arrive()
    await desk.run()
    assert desk.receiver.to("/plan")[1].json["last_dtmf"] == ["3"]


async def test_an_answer_to_keys_that_fails_leads_to_the_failover(desk: Desk) -> None:
    await desk.dialplan([{"recording": {**PROMPT, "dtmf": {}}}], Response("no", 500), plan=FAILOVER)
    desk.arrive()
    await desk.advance(20)
    assert desk.legs[1][1] == THIRD


@pytest.mark.parametrize("data", ["foo.mp3", "/foo.mp3", "ftp://a/b.mp3", "http://[::1"])
async def test_a_recording_that_nobody_can_fetch_is_heard_and_told(desk: Desk, data: str) -> None:
    await desk.dialplan([{"recording": PROMPT}, {"recording": {"type": "url", "data": data}}])
    desk.arrive()
    await desk.run()
    assert desk.heard[:2] == [PROMPT["data"], data]
    (problem,) = desk.problems
    wanted = "expected the whole URL of a file such as https://app.example/hello.mp3"
    then = "it is heard here as any file is, and cannot be fetched at Servetel"
    assert problem == f"[1].recording.data (line 1, column 109): {wanted}, got {data!r}; {then}"


# --- failures ------------------------------------------------------------------------------------------------------

BAD: list[tuple[Any, str]] = [
    (b"", "line 1, column 1: not JSON"),
    (b"[{", "line 1, column 3: not JSON"),
    (b'[{"x": 1,}]', "line 1, column 10: not JSON"),
    (b"<Response/>", "line 1, column 1: not JSON: expected an array of actions such as [{"),
    (b"transfer", "line 1, column 5: not JSON: expected an array of actions such as [{"),
    ({"action": "bridge"}, "expected an array of actions, got an object"),
    (["x"], "[0] (line 1, column 2): expected an object, got 'x'"),
    ([{}], "[0] (line 1, column 2): expected an object of one key, got 0"),
    ([{"transfer": {}, "recording": {}}], "[0] (line 1, column 2): expected an object of one key, got 2"),
    ([{"bridge": {}}], "[0] (line 1, column 2): expected recording, transfer or api_dialplan, got 'bridge'"),
    ([{"recording": "x"}], "[0].recording (line 1, column 16): expected an object, got 'x'"),
    ([{"recording": {"type": "url"}}], "[0].recording.data (line 1, column 16): required key missing"),
    ([{"recording": {"data": "x"}}], "[0].recording.type (line 1, column 16): required key missing"),
    ([{"recording": {"type": "url", "data": 1.5}}], "[0].recording.data (line 1, column 40): expected a text, got 1.5"),
    ([{"recording": {"type": "tts", "data": "x"}}], "[0].recording.type (line 1, column 25): expected system or url"),
    ([{"recording": {"type": "system", "data": 5}}], "[0].recording.data (line 1, column 43): no recording has the id"),
    ([{"recording": {**PROMPT, "loop": 2}}], "[0].recording.loop"),
    ([{"recording": {**PROMPT, "dtmf": 5}}], "[0].recording.dtmf"),
    ([{"recording": {**PROMPT, "dtmf": {"timeout": 0}}}], "[0].recording.dtmf.timeout"),
    ([{"recording": {**PROMPT, "dtmf": {"maxLength": True}}}], "[0].recording.dtmf.maxLength"),
    ([{"recording": {**PROMPT, "dtmf": {"finish": "#"}}}], "[0].recording.dtmf.finish"),
    ([{"transfer": {"data": 5}}], "[0].transfer.type"),
    ([{"transfer": {"type": "number"}}], "[0].transfer.data"),
    (
        [{"transfer": {"type": "number", "data": []}}],
        "[0].transfer.data (line 1, column 42): expected a number, got an",
    ),
    ([{"transfer": {"type": "number", "data": ["9812340000", "12"]}}], "[0].transfer.data[1]"),
    ([{"transfer": {"type": "number", "data": True}}], "[0].transfer.data"),
    ([{"transfer": {"type": "agent", "data": "1"}}], "[0].transfer.data (line 1, column 41): no agent has the id"),
    (
        [{"transfer": {"type": "agent", "data": None}}],
        "[0].transfer.data (line 1, column 41): expected a text, got null",
    ),
    ([{"transfer": {"type": "department", "data": "1"}}], "[0].transfer.data (line 1, column 46): no department"),
    ([{"transfer": {"type": ["x"], "data": "1"}}], "[0].transfer.type"),
    ([{"transfer": {"type": "moon", "data": "1"}}], "[0].transfer.type (line 1, column 24): expected number, agent,"),
    ([{"api_dialplan": "9"}], "[0].api_dialplan (line 1, column 19): no dialplan has the id '9'"),
    ([{"api_dialplan": {"id": "7"}}], "[0].api_dialplan.id"),
    ([{"recording": {**PROMPT, "dtmf": {}}}, {"bridge": 1}], "[1] (line 1, column 83): expected recording"),
]


@pytest.mark.parametrize(("answer", "says"), BAD)
async def test_a_bad_answer_leads_to_the_failover_and_is_told_where_it_is_bad(
    desk: Desk, answer: Any, says: str
) -> None:
    assert (await problem_of(desk, answer)).startswith(says)
    (failed,) = [entry.data for entry in desk.sandbox.journal.entries() if isinstance(entry.data, AskFailed)]
    assert (failed.why, failed.text) == ("invalid", desk.problems[0])


@pytest.mark.parametrize("status", [201, 204, 301, 404, 500])
async def test_so_does_any_status_but_200(desk: Desk, status: int) -> None:
    assert await problem_of(desk, Response("[]", status)) == ""


async def test_so_does_a_server_that_is_not_there(desk: Desk) -> None:
    await desk.dialplan([], plan={**FAILOVER, "url": "http://127.0.0.1:9/plan"})
    desk.arrive()
    await desk.advance(5)
    assert desk.legs[1][1] == THIRD


async def test_the_failover_is_rejection_unless_told(desk: Desk) -> None:
    await desk.dialplan(Response("", 500))
    desk.arrive()
    await desk.run()
    assert desk.body("missed")["hangup_cause_key"] == "CALL_REJECTED"


async def test_a_failover_may_be_another_dialplan_but_not_in_a_circle(desk: Desk) -> None:
    await desk.dialplan(Response("", 500))
    plans = [
        {"id": "7", "url": f"{desk.receiver.url}/plan", "failover": "api_dialplan||8"},
        {"id": "8", "url": f"{desk.receiver.url}/nothing", "failover": "api_dialplan||7"},
    ]
    desk.settings(dialplans=plans)
    desk.arrive()
    await desk.run()
    assert desk.told == ["plan", "nothing"]
    assert desk.legs == [("customer", CUSTOMER, "rejected")]


@pytest.mark.parametrize(("kind", "name"), [("ivr", "IVR"), ("auto_attendant", "auto attendant")])
async def test_a_kind_of_transfer_that_we_cannot_ends_the_call_by_name(desk: Desk, kind: str, name: str) -> None:
    await desk.dialplan([{"transfer": {"type": kind, "data": "1"}}], plan=FAILOVER)
    desk.arrive()
    await desk.run()
    assert desk.legs == [("customer", CUSTOMER, "application-failure")]
    (problem,) = desk.problems
    assert problem.startswith(f"{name} is not emulated") and "[0].transfer" in problem


@pytest.mark.parametrize("failover", ["ivr||9", "agent", "agent||", "moon||1"])
async def test_a_failover_is_something_that_we_can(desk: Desk, failover: str) -> None:
    with pytest.raises(UsageError, match="failover"):
        desk.settings(dialplans=[{"id": "7", "url": "http://a/", "failover": failover}])


async def test_an_answer_that_is_too_long_is_none(desk: Desk) -> None:
    await desk.dialplan(b"[" + b" " * (1 << 20) + b"]", plan=FAILOVER)
    desk.arrive()
    await desk.advance(5)
    assert (desk.problems, desk.legs[1][1]) == (["the body is too long"], THIRD)


async def test_a_dialplan_taken_out_of_the_settings_meanwhile_fails(desk: Desk) -> None:
    def goes(received: Any) -> Any:
        desk.settings()
        return []

    await desk.dialplan(goes)
    desk.receiver.answers["/plan"] = goes
    desk.arrive()
    await desk.run()
    assert desk.problems == ["the dialplan is no longer in the settings"]


async def test_a_caller_who_gives_up_while_it_is_asked_is_missed(desk: Desk) -> None:
    desk.script(scripted().gives_up(after=3))
    await desk.dialplan([to_agent(MAGIC_AGENTS["silent"])])
    desk.arrive()
    await desk.run()
    assert desk.body("missed")["reason_key"] == "Call Disconnected By Caller"


@pytest.mark.parametrize("destination", ["department||9", "api_dialplan||9"])
async def test_a_destination_that_is_not_there_cannot_be_set_and_rejects_when_it_is_gone(
    desk: Desk, destination: str
) -> None:
    (number, *_) = await desk.get("/v1/my_number")
    answer = await desk.ask("PUT", f"/v1/my_number/{number['id']}", json={"destination": destination})
    assert answer.status_code == 422
    kind = destination.partition("||")[0]
    plan = {"id": "9", "url": "http://127.0.0.1:9/"}
    await desk.lead(destination, departments=[{**SALES, "id": "9"}], dialplans=[plan])
    desk.settings()
    desk.arrive(NO_ANSWER)
    await desk.run()
    assert (kind, desk.legs) == (kind, [("customer", NO_ANSWER, "rejected")])
