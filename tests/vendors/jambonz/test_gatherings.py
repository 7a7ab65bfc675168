"""conference, enqueue, dequeue and leave: whole calls, what their hooks are told, and what the API shows of them."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine.events import Bridged, DigitsSent, Heard
from emulator.scenarios.far_end import FarEnd
from tests.vendors.jambonz.conftest import Telco

FIRST, SECOND, THIRD = "+15085551201", "+15085551202", "+15085551203"


def heard(telco: Telco, sid: str) -> list[str]:
    leg = telco.leg(sid).id
    return [
        entry.data.text or entry.data.kind
        for entry in telco.sandbox.journal.entries()
        if entry.kind == "event" and isinstance(entry.data, Heard) and entry.data.leg.id == leg
    ]


def stays(telco: Telco, number: str, seconds: float) -> None:
    telco.script(FarEnd.from_json({"hangs_up_after": seconds}), number)


async def meet(telco: Telco, number: str, **more: Any) -> str:
    """A call whose application puts it in a conference, and then says so."""
    path = f"/{number[1:]}"
    telco.answers({"conference": {"name": "room", **more}}, {"say": {"text": "left"}}, path=path)
    sid = await telco.place(number, call_hook=f"{telco.receiver.url}{path}")
    await telco.advance(3)
    return sid


# --- conference ----------------------------------------------------------------------------------------------------


async def test_who_is_in_a_conference_is_listed_by_its_name(telco: Telco) -> None:
    assert await telco.get("Conferences") == []
    await meet(telco, FIRST)
    await meet(telco, SECOND)

    assert await telco.get("Conferences") == ["room"]
    assert len(telco.sandbox.engine.book("jambonz").live) == 2


async def test_the_status_hook_is_told_the_events_that_were_asked_for(telco: Telco) -> None:
    stays(telco, FIRST, 20)
    events = ["start", "join", "leave", "end"]
    sid = await meet(telco, FIRST, statusHook="/room", statusEvents=events, id="c1")
    await telco.run()

    told = [received.json for received in telco.receiver.to("/room")]
    assert [(each["event"], each["members"]) for each in told] == [
        ("join", 1), ("start", 1), ("leave", 0), ("end", 0),
    ]  # fmt: skip
    assert {each["conference_sid"] for each in told} == {f"conf:{telco.sid}:room"}
    assert {each["friendly_name"] for each in told} == {"room"}
    assert {each["call_sid"] for each in told} == {sid}
    assert told[-1]["duration"] == 20.0 - 0.0
    assert told[0]["time"].endswith("Z")


async def test_without_status_events_nothing_is_told(telco: Telco) -> None:
    await meet(telco, FIRST, statusHook="/room")
    await telco.run()

    assert telco.receiver.to("/room") == []


async def test_the_wait_hook_is_asked_again_until_somebody_starts_the_conference(telco: Telco) -> None:
    telco.answers({"say": {"text": "one moment"}}, {"pause": {"length": 2}}, path="/wait")
    waiting = await meet(telco, FIRST, startConferenceOnEnter=False, waitHook="/wait")
    await telco.advance(10)
    asked = len(telco.receiver.to("/wait"))
    assert asked > 2
    assert set(heard(telco, waiting)) == {"one moment"}

    await meet(telco, SECOND)
    await telco.advance(30)
    assert len(telco.receiver.to("/wait")) <= asked + 2


async def test_a_wait_hook_with_anything_but_say_play_and_pause_has_failed_and_there_is_silence(telco: Telco) -> None:
    telco.answers({"gather": {}}, path="/wait")
    sid = await meet(telco, FIRST, startConferenceOnEnter=False, waitHook="/wait")
    await telco.run()

    assert len(telco.receiver.to("/wait")) == 1
    assert telco.problems == ["[0].verb: gather may not stand here; only pause, play, say may"]
    assert telco.leg(sid).state == "answered"


async def test_the_enter_hook_is_asked_once_on_entry(telco: Telco) -> None:
    telco.answers({"say": {"text": "welcome"}}, path="/enter")
    sid = await meet(telco, FIRST, enterHook="/enter")
    await telco.advance(60)

    assert telco.only("/enter").json["call_sid"] == sid
    assert heard(telco, sid) == ["welcome"]


async def test_the_tag_arrives_at_a_wait_hook_as_customer_data(telco: Telco) -> None:
    telco.answers({"tag": {"data": {"a": 1}}}, {"conference": {"name": "r", "enterHook": "/enter"}})
    await telco.place()
    await telco.advance(3)

    asked = telco.only("/enter").json
    assert asked["customer_data"] == {"a": 1}
    assert "customerData" not in asked


async def test_the_end_for_one_with_end_conference_on_exit_is_the_end_for_all(telco: Telco) -> None:
    stays(telco, FIRST, 10)
    await meet(telco, FIRST, endConferenceOnExit=True)
    other = await meet(telco, SECOND, actionHook="/after")
    await telco.run()

    assert heard(telco, other) == ["left"]
    assert telco.only("/after").json["call_sid"] == other


async def test_a_full_conference_lets_nobody_in(telco: Telco) -> None:
    await meet(telco, FIRST)
    other = await meet(telco, SECOND, maxParticipants=1)
    await telco.advance(5)

    assert heard(telco, other) == ["left"]
    assert telco.leg(other).state == "ended"


async def test_a_beep_is_heard_by_all_at_each_entry(telco: Telco) -> None:
    first = await meet(telco, FIRST, beep=True)
    await meet(telco, SECOND, beep=True)

    assert heard(telco, first) == ["beep", "beep"]


@pytest.mark.parametrize(
    ("more", "is_muted"), [({"joinMuted": True}, True), ({"joinMuted": False}, False), ({}, False)]
)
async def test_one_may_join_muted(telco: Telco, more: Any, is_muted: bool) -> None:
    await meet(telco, FIRST, **more)
    view = telco.sandbox.views["jambonz"]

    assert [member.muted for member in view.rooms()[0].members] == [is_muted]


async def test_labels_of_a_member_are_kept(telco: Telco) -> None:
    await meet(telco, FIRST, memberTag="boss", speakOnlyTo="staff", startConferenceOnEnter=True)
    (member,) = telco.sandbox.views["jambonz"].rooms()[0].members

    assert (member.tag, member.coaches, member.moderator) == ("boss", "staff", True)


async def test_keys_are_relayed_to_the_others(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"press": "5", "at": "9s"}]}), FIRST)
    await meet(telco, FIRST, distributeDtmf=True)
    other = await meet(telco, SECOND)
    await telco.advance(10)

    sent = [entry.data for entry in telco.sandbox.journal.entries() if isinstance(entry.data, DigitsSent)]
    assert [(event.leg.name, event.digits) for event in sent] == [(other, "5")]


# --- live control of a conference ----------------------------------------------------------------------------------


async def test_a_member_is_muted_held_and_tagged_by_update(telco: Telco) -> None:
    sid = await meet(telco, FIRST)
    await meet(telco, SECOND)
    view = telco.sandbox.views["jambonz"]

    def member() -> Any:
        return view.rooms()[0].members[0]

    for body, is_so in (
        ({"mute_status": "mute"}, lambda: member().muted),
        ({"mute_status": "unmute"}, lambda: not member().muted),
        ({"conf_hold_status": "hold", "wait_hook": "/held"}, lambda: member().held),
        ({"conf_hold_status": "unhold"}, lambda: not member().held),
        ({"conferenceParticipantAction": {"action": "tag", "tag": "vip"}}, lambda: member().tag == "vip"),
        ({"conferenceParticipantAction": {"action": "untag"}}, lambda: not member().tag),
        ({"conferenceParticipantAction": {"action": "coach", "tag": "vip"}}, lambda: member().coaches == "vip"),
        ({"conferenceParticipantAction": {"action": "uncoach"}}, lambda: not member().coaches),
        ({"conferenceParticipantAction": {"action": "mute"}}, lambda: member().muted),
        ({"conferenceParticipantAction": {"action": "unmute"}}, lambda: not member().muted),
        ({"conferenceParticipantAction": {"action": "hold"}}, lambda: member().held),
        ({"conferenceParticipantAction": {"action": "unhold"}}, lambda: not member().held),
    ):
        assert (await telco.put(sid, **body)).status_code == 202
        assert is_so(), body
    await telco.advance(1)
    assert "/held" in telco.receiver.paths


async def test_all_but_moderators_are_muted_at_once(telco: Telco) -> None:
    sid = await meet(telco, FIRST, startConferenceOnEnter=True)
    await meet(telco, SECOND)
    await telco.put(sid, conf_mute_status="mute")

    assert [member.muted for member in telco.sandbox.views["jambonz"].rooms()[0].members] == [False, True]


# --- queues --------------------------------------------------------------------------------------------------------


async def wait_in(telco: Telco, number: str, **more: Any) -> str:
    path = f"/{number[1:]}"
    telco.answers(
        {"enqueue": {"name": "support", "actionHook": "/queued", **more}}, {"say": {"text": "done"}}, path=path
    )
    sid = await telco.place(number, call_hook=f"{telco.receiver.url}{path}")
    await telco.advance(3)
    return sid


async def serve(telco: Telco, **more: Any) -> str:
    """An agent who takes a caller."""
    telco.answers({"dequeue": {"name": "support", "actionHook": "/served", **more}}, path="/agent")
    sid = await telco.place(THIRD, call_hook=f"{telco.receiver.url}/agent")
    await telco.advance(3)
    return sid


async def test_queues_are_listed_with_their_length_and_searched_by_a_pattern(telco: Telco) -> None:
    await wait_in(telco, FIRST)
    await wait_in(telco, SECOND)

    assert await telco.get("Queues") == [{"name": "support", "length": 2}]
    assert await telco.get("Queues?search=sup*") == [{"name": "support", "length": 2}]
    assert await telco.get("Queues?search=sales") == []


async def test_a_caller_waits_is_taken_and_both_are_told_how_it_went(telco: Telco) -> None:
    caller = await wait_in(telco, FIRST)
    await telco.advance(12)
    stays(telco, THIRD, 20)
    agent = await serve(telco)
    assert telco.leg(caller).partner is telco.leg(agent)
    await telco.run()

    queued, served = telco.only("/queued").json, telco.only("/served").json
    assert (queued["queue_sid"], queued["queue_result"]) == (f"queue:{telco.sid}:support", "bridged")
    assert queued["queue_time"] >= 12
    assert (served["call_sid"], served["dequeue_result"]) == (agent, "complete")
    assert heard(telco, caller) == ["done"]


async def test_the_wait_hook_is_sparse_and_asked_again_and_again(telco: Telco) -> None:
    telco.answers({"say": {"text": "please hold"}}, path="/hold")
    first = await wait_in(telco, FIRST, waitHook="/hold")
    second = await wait_in(telco, SECOND, waitHook="/hold")
    await telco.advance(5)

    asked = [received.json for received in telco.receiver.to("/hold")]
    assert len(asked) > 4
    assert asked[-1].keys() == {"queue_sid", "queue_time", "queue_size", "queue_position", "call_sid", "call_id"}
    assert {each["call_sid"]: each["queue_position"] for each in asked[-2:]} == {first: 0, second: 1}
    assert asked[-1]["queue_size"] == 2


async def test_leave_in_a_wait_hook_leaves_the_queue(telco: Telco) -> None:
    telco.answers({"say": {"text": "goodbye"}}, {"leave": {}}, path="/hold")
    sid = await wait_in(telco, FIRST, waitHook="/hold")
    await telco.run()

    assert telco.only("/queued").json["queue_result"] == "leave"
    assert heard(telco, sid) == ["goodbye", "done"]


async def test_a_caller_who_hangs_up_in_the_queue_is_told_of(telco: Telco) -> None:
    stays(telco, FIRST, 9)
    await wait_in(telco, FIRST)
    await telco.run()

    told = telco.only("/queued").json
    assert (told["queue_result"], told["queue_time"], told["call_status"]) == ("hangup", 9, "in-progress")


async def test_a_smaller_priority_is_served_first(telco: Telco) -> None:
    await wait_in(telco, FIRST)
    urgent = await wait_in(telco, SECOND, priority=1)
    agent = await serve(telco)

    assert telco.leg(agent).partner is telco.leg(urgent)


async def test_a_certain_caller_is_taken_by_call_sid(telco: Telco) -> None:
    await wait_in(telco, FIRST)
    second = await wait_in(telco, SECOND)
    agent = await serve(telco, callSid=second, beep=True)

    assert telco.leg(agent).partner is telco.leg(second)
    assert heard(telco, agent) == ["beep"]


async def test_nobody_in_the_queue_times_out(telco: Telco) -> None:
    await serve(telco, timeout=30)
    await telco.run()

    assert telco.only("/served").json["dequeue_result"] == "timeout"


async def test_a_timeout_of_zero_waits_for_ever(telco: Telco) -> None:
    sid = await serve(telco, timeout=0)
    await telco.run()

    assert telco.leg(sid).state == "answered"
    caller = await wait_in(telco, FIRST)
    assert telco.leg(sid).partner is telco.leg(caller)


async def test_both_legs_agree_on_when_they_were_bridged(telco: Telco) -> None:
    await wait_in(telco, FIRST)
    await serve(telco)
    events = [entry.data for entry in telco.sandbox.journal.entries() if isinstance(entry.data, Bridged)]

    assert [(event.leg.partner, event.other.partner) for event in events] == [(events[0].other.id, events[0].leg.id)]
