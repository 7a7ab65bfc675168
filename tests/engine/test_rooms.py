"""Conference: who is in a room, who hears whom, what starts and ends it, and what the application is told."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import HANGUP, PROGRAM_END
from emulator.engine.program import Beep, Conference, Fetch, Hook, Leave, Pause, Play, Program, Say
from emulator.engine.snapshots import MemberSnapshot, RoomSnapshot
from emulator.errors import Refused
from tests.engine.desk import ASK, TELL, Desk, dump, names, program, span, stays

ROOM = "r1"
EVENTS = Hook("http://app/room", awaited=False, purpose="room")
MUSIC = program(Play("http://app/music"))


def joins(desk: Desk, *then: Any, **more: Any) -> str:
    """A leg that is in the room, and idles after it."""
    return desk.talk(stays(Conference("sales", **more), *then))


def meeting(**more: Any) -> tuple[Desk, list[str]]:
    """Three in a started room."""
    desk = Desk()
    return desk, [joins(desk, **more) for _ in range(3)]


def room(desk: Desk) -> RoomSnapshot:
    return desk.engine.rooms.by_id[ROOM].snapshot()


def member(desk: Desk, member_id: str) -> MemberSnapshot:
    return next(each for each in room(desk).members if each.id == member_id)


def told(desk: Desk, hook: Hook = EVENTS) -> list[dict[str, Any]]:
    return [event.fields for event in desk.all(e.Told) if event.hook == hook]


def heard_by(desk: Desk, leg: str) -> tuple[str, ...]:
    desk.do(c.Speak(leg, "hello", span(1)))
    return desk.last(e.FarEndSpoke, leg).heard_by


def over(desk: Desk, leg: str) -> str:
    return str(desk.last(e.Told, leg).fields["outcome"])


# --- in --------------------------------------------------------------------------------------------------------


def test_the_first_member_opens_and_starts_the_room() -> None:
    desk = Desk()

    leg = joins(desk)

    assert names(desk.events)[-4:] == ["Answered", "RoomOpened", "MemberJoined", "RoomStarted"]
    assert desk.leg(leg).room == ROOM
    shown = room(desk)
    assert (shown.name, shown.vendor, shown.scope, shown.state, shown.joined) == ("sales", "acme", "", "started", 1)
    assert (shown.opened_at, shown.started_at, shown.ended_at) == (desk.now, desk.now, None)
    assert [(each.id, each.leg, each.joined_at, each.entered_at) for each in shown.members] == [
        ("1", leg, desk.now, desk.now)
    ]


def test_an_inbound_caller_is_answered_by_the_room() -> None:
    desk = Desk()
    leg = desk.arrive(stays(Conference("sales")))

    assert names(desk.events) == ["Arrived", "Answered", "RoomOpened", "MemberJoined", "RoomStarted"]
    assert desk.state(leg) == "answered"


def test_members_are_in_the_order_they_came_and_keep_their_numbers() -> None:
    desk, legs = meeting()
    desk.do(c.HangUp(legs[1], "callee"))
    joins(desk)

    assert [each.id for each in room(desk).members] == ["1", "3", "4"]
    assert room(desk).joined == 4


@pytest.mark.parametrize(("other", "vendor"), [(Conference("Sales"), "acme"), (Conference("sales", "sub"), "acme")])
def test_rooms_are_told_apart_by_exact_name_and_scope(other: Conference, vendor: str) -> None:
    desk = Desk()
    one = joins(desk)
    two = desk.talk(stays(other))

    assert heard_by(desk, one) == heard_by(desk, two) == ()
    assert len(desk.engine.rooms.of(vendor)) == 2


def test_rooms_of_one_name_at_two_vendors_are_two() -> None:
    desk = Desk()
    joins(desk)
    desk.do(c.PlaceCall("other", "+14155550100", "+919876543210", stays(Conference("sales"))))
    desk.do(c.Answer("c2.0"))

    assert [each.id for each in desk.engine.rooms.of("other")] == ["r2"]


# --- who hears whom --------------------------------------------------------------------------------------------


def test_everybody_hears_everybody_else() -> None:
    desk, (one, two, three) = meeting()

    assert heard_by(desk, two) == (one, three)


def test_nobody_is_heard_before_the_start() -> None:
    desk, (one, *_) = meeting(starts=False)

    assert heard_by(desk, one) == ()
    assert member(desk, "1").entered_at is None


@pytest.mark.parametrize(
    ("change", "speaker", "hears"),
    [
        ("mute", 1, []),
        ("deafen", 0, [2]),
        ("deafen", 1, [0, 2]),
        ("hold", 0, [2]),
        ("hold", 1, []),
    ],
)
def test_the_muted_are_not_heard_and_the_deaf_and_the_held_do_not_hear(
    change: Any, speaker: int, hears: list[int]
) -> None:
    desk, legs = meeting()

    desk.do(c.ChangeMembers(ROOM, change, ("2",)))
    assert heard_by(desk, legs[speaker]) == tuple(legs[each] for each in hears)

    undo: Any = {"mute": "unmute", "deafen": "undeafen", "hold": "unhold"}[change]
    desk.do(c.ChangeMembers(ROOM, undo, ("2",)))
    assert len(heard_by(desk, legs[speaker])) == 2


def test_a_member_comes_muted_and_deaf_when_its_verb_says_so() -> None:
    desk = Desk()
    one, two = joins(desk, muted=True), joins(desk, deaf=True)

    assert (heard_by(desk, one), heard_by(desk, two)) == ((), (one,))
    assert (member(desk, "1").muted, member(desk, "2").deaf) == (True, True)


def test_a_telephone_on_hold_neither_hears_nor_is_heard() -> None:
    desk, (one, two, three) = meeting()

    desk.do(c.Hold(two))

    assert heard_by(desk, one) == (three,)
    assert heard_by(desk, two) == ()


def test_a_coach_is_heard_only_by_members_with_the_tag() -> None:
    desk = Desk()
    coach, agent, client = joins(desk, speaks_only_to="agent"), joins(desk, tag="agent"), joins(desk)

    assert heard_by(desk, coach) == (agent,)
    assert heard_by(desk, client) == (coach, agent)
    desk.do(c.ChangeMembers(ROOM, "uncoach", ("1",)))
    assert heard_by(desk, coach) == (agent, client)
    desk.do(c.ChangeMembers(ROOM, "coach", ("1",), tag="boss"))
    desk.do(c.ChangeMembers(ROOM, "tag", ("3",), tag="boss"))
    assert heard_by(desk, coach) == (client,)


def test_talking_begins_with_a_word_and_ends_with_silence() -> None:
    desk, (one, *_) = meeting()

    desk.do(c.Speak(one, "hello", span(2)))
    assert member(desk, "1").talking
    desk.wait(1)
    desk.do(c.Speak(one, "again", span(2)))
    desk.wait(10)

    changes = [(desk.since_start(event), event.what) for event in desk.all(e.MemberChanged)]
    assert changes == [(0, "talk"), (3, "silence")]


@pytest.mark.parametrize("change", ["mute", "hold"])
def test_who_is_silenced_talks_no_more(change: Any) -> None:
    desk, (one, *_) = meeting()
    desk.do(c.Speak(one, "hello", span(2)))

    desk.do(c.ChangeMembers(ROOM, change, ("1",)))

    assert [event.what for event in desk.all(e.MemberChanged)] == ["talk", "silence", change]
    assert desk.wait(10) == []


# --- waiting ---------------------------------------------------------------------------------------------------


def test_the_wait_program_repeats_until_a_member_starts_the_room() -> None:
    desk = Desk()
    waits = joins(desk, starts=False, wait=MUSIC)
    desk.wait(7)
    assert len(desk.all(e.SpeakingStarted, waits)) == 3

    joins(desk)

    assert names(desk.wait(10)) == []
    assert (desk.last(e.Heard, waits).whole, desk.last(e.Heard, waits).seconds) == (False, 1.0)
    assert room(desk).state == "started"
    assert member(desk, "1").entered_at == desk.last(e.RoomStarted).at
    assert desk.last(e.RoomStarted).leg.id != waits


def test_waiting_with_music_is_no_reason_for_a_clock_to_go_on() -> None:
    desk = Desk()
    joins(desk, starts=False, wait=MUSIC)
    desk.wait(4)

    assert not desk.engine.has_finite_deadline


def test_a_wait_hook_is_asked_for_every_round() -> None:
    desk = Desk()
    leg = joins(desk, starts=False, wait=ASK)
    asked = desk.last(e.Asked, leg)
    assert asked.fields == {"event": "wait", "room": ROOM, "name": "sales", "member": "1", "members": 1}

    desk.reply(program(Say("you are not alone")), leg)
    desk.wait(5)
    assert desk.engine.legs[leg].awaiting == f"{leg}#2"
    joins(desk)
    assert desk.last(e.AskAbandoned, leg).ask == f"{leg}#2"
    assert names(desk.do(c.Reply(f"{leg}#2", MUSIC))) == ["AnswerDropped"]


@pytest.mark.parametrize("answer", [None, program(), program(Leave(), Say("never"))])
def test_a_wait_hook_without_a_sounding_program_is_asked_once(answer: Program | None) -> None:
    desk = Desk()
    leg = joins(desk, starts=False, wait=ASK, hook=TELL)

    desk.reply(answer, leg)
    desk.wait(60)

    assert len(desk.all(e.Asked, leg)) == 1


@pytest.mark.parametrize(("on_failure", "state"), [("next", "answered"), ("end", "ended")])
def test_a_wait_hook_that_fails_does_what_it_says(on_failure: Any, state: str) -> None:
    desk = Desk()
    leg = joins(desk, starts=False, wait=Hook("u", on_failure=on_failure))

    desk.do(c.NoReply(f"{leg}#1", "status", "500"))

    assert desk.state(leg) == state
    assert (desk.leg(leg).room is None) == (state == "ended")


def test_a_held_member_hears_what_the_command_says_and_then_the_room_again() -> None:
    desk, (one, *_) = meeting(wait=MUSIC)

    desk.do(c.ChangeMembers(ROOM, "hold", ("1",), wait=program(Say("please hold"))))
    assert desk.last(e.SpeakingStarted, one).text == "please hold"
    desk.do(c.ChangeMembers(ROOM, "unhold", ("1",)))
    assert not desk.last(e.Heard, one).whole
    desk.do(c.ChangeMembers(ROOM, "hold", ("1",)))
    assert desk.last(e.SpeakingStarted, one).text == "http://app/music"


def test_waits_alone_hears_music_until_somebody_comes_and_after_they_go() -> None:
    desk = Desk()
    alone = joins(desk, waits_alone=True, wait=MUSIC)
    assert desk.last(e.SpeakingStarted, alone).text == "http://app/music"
    other = joins(desk)
    assert not desk.last(e.Heard, alone).whole
    desk.wait(10)
    assert len(desk.all(e.SpeakingStarted, alone)) == 1
    desk.do(c.HangUp(other, "callee"))
    assert len(desk.all(e.SpeakingStarted, alone)) == 2


def test_enter_is_heard_once_when_the_waiting_is_over() -> None:
    desk = Desk()
    leg = joins(desk, starts=False, wait=MUSIC, enter=program(Say("welcome")))
    assert desk.last(e.SpeakingStarted, leg).kind == "play"

    joins(desk)
    assert desk.last(e.SpeakingStarted, leg).text == "welcome"
    desk.wait(10)
    assert [event.text for event in desk.all(e.SpeakingStarted, leg) if event.kind == "say"] == ["welcome"]


def test_an_enter_hook_is_asked_once() -> None:
    desk = Desk()
    leg = joins(desk, enter=ASK)
    assert desk.last(e.Asked, leg).fields["event"] == "enter"

    desk.reply(program(Say("welcome")), leg)
    desk.wait(10)
    joins(desk)

    assert len(desk.all(e.Asked, leg)) == 1


def test_sounds_of_coming_and_going_are_heard_by_all_who_are_in() -> None:
    desk = Desk()
    one = joins(desk)
    two = joins(desk, enter_sound=Beep(), exit_sound=Play("bye"))
    assert [event.kind for event in desk.all(e.SpeakingStarted, one)] == ["beep"]
    assert [event.kind for event in desk.all(e.SpeakingStarted, two)] == ["beep"]
    desk.wait(5)
    desk.do(c.HangUp(two, "callee"))
    assert [event.text for event in desk.all(e.SpeakingStarted, one)] == ["", "bye"]


# --- keys ------------------------------------------------------------------------------------------------------


def test_a_leave_key_leaves_and_the_next_verb_runs() -> None:
    desk = Desk()
    leg = joins(desk, Say("bye"), leave_on="*", hook=TELL)
    desk.wait(4)

    desk.do(c.Press(leg, "1*"))

    assert told(desk, TELL) == [
        {"outcome": "key", "room": ROOM, "name": "sales", "member": "1", "seconds": 4.0, "key": "*"}
    ]
    assert desk.last(e.SpeakingStarted, leg).text == "bye"
    assert desk.last(e.RoomEnded).room.state == "ended"


def test_matched_digits_are_told_and_used_up() -> None:
    desk = Desk()
    leg = joins(desk, digits_match=("12", "2"), events=EVENTS, tells=("digits",))

    desk.do(c.Press(leg, "31212"))

    assert [fields["digits"] for fields in told(desk)] == ["12", "12"]


def test_relayed_digits_reach_everybody_else_who_hears() -> None:
    desk = Desk()
    one, two, three = joins(desk, relay_digits=True), joins(desk), joins(desk, deaf=True)

    desk.do(c.Press(one, "5"))

    assert [(event.leg.id, event.digits) for event in desk.all(e.DigitsSent)] == [(two, "5")]
    assert three not in [event.leg.id for event in desk.all(e.DigitsSent)]


# --- limits, start and end -------------------------------------------------------------------------------------


def test_a_full_room_lets_nobody_in() -> None:
    desk = Desk()
    joins(desk)
    leg = joins(desk, Say("full"), max_members=1, hook=TELL)

    assert (over(desk, leg), desk.leg(leg).room) == ("full", None)
    assert desk.last(e.SpeakingStarted, leg).text == "full"
    assert len(room(desk).members) == 1


def test_a_stay_has_its_limit() -> None:
    desk = Desk()
    leg = joins(desk, time_limit=span(10), hook=TELL)
    desk.do(c.Speak(leg, "a long speech", span(30)))
    desk.wait(20)

    assert (over(desk, leg), desk.last(e.Told, leg).fields["seconds"]) == ("time-limit", 10.0)
    assert [event.what for event in desk.all(e.MemberChanged)] == ["talk", "silence"]


def test_the_moderators_leaving_ends_the_room_for_all() -> None:
    desk = Desk()
    boss = joins(desk, moderator=True, ends=True, events=EVENTS)
    two, three = joins(desk, Say("after"), hook=TELL), joins(desk, hook=TELL, events=EVENTS)

    desk.do(c.HangUp(boss, "callee"))

    assert [(event.leg.id, event.outcome) for event in desk.all(e.MemberLeft)] == [
        (boss, "hangup"), (two, "ended"), (three, "ended"),
    ]  # fmt: skip
    assert over(desk, two) == "ended"
    assert desk.last(e.SpeakingStarted, two).text == "after"
    assert [fields["event"] for fields in told(desk)] == ["enter", "start", "enter", "leave", "leave", "end"]
    assert desk.last(e.RoomEnded).leg.id == three
    assert not desk.engine.rooms.by_id


def test_a_room_of_the_same_name_opens_while_those_thrown_out_are_on_their_way() -> None:
    desk = Desk()
    boss = joins(desk, ends=True)
    back = desk.talk(stays(Conference("sales"), Conference("sales")))

    desk.do(c.HangUp(boss, "callee"))

    assert desk.leg(back).room == "r2"
    assert [event.room.id for event in desk.all(e.RoomEnded)] == [ROOM]


def test_who_was_thrown_out_ends_as_hung_up_when_its_program_says_so() -> None:
    desk = Desk()
    leg = desk.talk(program(Conference("sales"), exhausted_cause="inherit"))

    desk.do(c.ChangeMembers(ROOM, "kick", ("1",)))

    assert desk.fate(leg) == (HANGUP, "partner")


def test_the_room_ends_with_its_last_member() -> None:
    desk, legs = meeting(events=EVENTS, tells=("leave", "end"))

    for leg in legs:
        desk.do(c.HangUp(leg, "callee"))

    assert [(each["event"], each["members"], each["is_last"]) for each in told(desk)] == [
        ("leave", 2, False), ("leave", 1, False), ("leave", 0, True), ("end", 0, True),
    ]  # fmt: skip
    assert names(desk.events)[-5:] == ["Told", "RoomEnded", "Told", "Ended", "CallEnded"]
    assert desk.last(e.RoomEnded).room.members == ()


def test_a_started_room_stays_started_when_the_starter_leaves() -> None:
    desk = Desk()
    boss, guest = joins(desk), joins(desk, starts=False)
    late = joins(desk, starts=False)

    desk.do(c.HangUp(boss, "callee"))

    assert room(desk).state == "started"
    assert heard_by(desk, guest) == (late,)


def test_who_does_not_stay_alone_leaves_an_empty_room() -> None:
    desk = Desk()
    leg = joins(desk, stays_alone=False, hook=TELL)
    assert over(desk, leg) == "alone"

    other = joins(desk)
    again = joins(desk, stays_alone=False, hook=TELL)
    assert desk.leg(again).room == "r2"
    desk.do(c.HangUp(other, "callee"))
    assert over(desk, again) == "alone"


@pytest.mark.parametrize("who", [0, 1, 2])
def test_two_hang_up_at_one_instant(who: int) -> None:
    desk, legs = meeting(ends=True, hook=TELL)

    desk.do(c.HangUp(legs[who], "callee"))
    desk.do(c.HangUp(legs[(who + 1) % 3], "callee"))

    outcomes = [(event.leg.id, event.outcome) for event in desk.all(e.MemberLeft)]
    assert sorted(leg for leg, _ in outcomes) == legs
    assert [outcome for _, outcome in outcomes] == ["hangup", "ended", "ended"]
    assert not desk.engine.rooms.by_id


# --- commands --------------------------------------------------------------------------------------------------


def test_a_kick_while_a_hook_is_in_flight_abandons_it() -> None:
    desk = Desk()
    leg = joins(desk, Say("kicked"), enter=ASK, hook=TELL)

    desk.do(c.ChangeMembers(ROOM, "kick", ("1",)))

    assert desk.last(e.AskAbandoned).ask == f"{leg}#1"
    assert names(desk.do(c.Reply(f"{leg}#1", MUSIC))) == ["AnswerDropped"]
    assert desk.last(e.SpeakingStarted, leg).text == "kicked"


def test_an_awaited_hook_decides_what_comes_after_the_stay() -> None:
    desk = Desk()
    leg = joins(desk, Say("not this"), hook=ASK)
    desk.do(c.EndRoom(ROOM))
    assert desk.last(e.Asked, leg).fields["outcome"] == "stopped"

    desk.reply(stays(Say("this")), leg)

    assert [event.text for event in desk.all(e.SpeakingStarted)] == ["this"]


def test_a_redirect_takes_a_member_out_and_tells_no_hook_of_its_end() -> None:
    desk, (one, two, _) = meeting(hook=ASK, events=EVENTS, tells=("leave",))

    desk.do(c.Redirect(((one, stays(Say("elsewhere"))),)))

    assert [(event.leg.id, event.outcome) for event in desk.all(e.MemberLeft)] == [(one, "redirect")]
    assert desk.all(e.Asked) == []
    assert [fields["outcome"] for fields in told(desk)] == ["redirect"]
    assert heard_by(desk, two) == (desk.leg("c3.0").id,)


def test_the_end_of_a_leg_tells_its_hooks_before_ended() -> None:
    desk = Desk()
    leg = joins(desk, hook=ASK, events=EVENTS)

    desk.do(c.HangUp(leg, "callee"))

    assert names(desk.events)[-7:] == [
        "MemberLeft", "Told", "RoomEnded", "Told", "Told", "Ended", "CallEnded",
    ]  # fmt: skip
    assert desk.last(e.Told).fields["outcome"] == "hangup"


def test_mute_spares_moderators_when_asked_to() -> None:
    desk = Desk()
    joins(desk, moderator=True)
    joins(desk)

    desk.do(c.ChangeMembers(ROOM, "mute", spare_moderators=True))

    assert [each.muted for each in room(desk).members] == [False, True]


def test_what_is_so_already_is_left() -> None:
    desk, _ = meeting(muted=True)

    assert desk.do(c.ChangeMembers(ROOM, "mute")) == []


def test_members_hear_what_the_room_is_made_to_hear_and_only_while_they_are_in() -> None:
    desk, (one, two, three) = meeting()
    desk.do(c.ChangeMembers(ROOM, "deafen", ("3",)))
    desk.do(c.SoundToMembers(ROOM, (Say("a long announcement"), Play("jingle"))))
    assert [event.leg.id for event in desk.all(e.SpeakingStarted)] == [one, two]

    desk.wait(1)
    desk.do(c.ChangeMembers(ROOM, "kick", ("1",)))
    desk.do(c.SilenceMembers(ROOM, ("2",)))
    desk.wait(20)

    assert [(event.leg.id, event.whole, event.seconds) for event in desk.all(e.Heard)] == [
        (one, False, 1.0), (two, False, 1.0),
    ]  # fmt: skip
    assert three not in [event.leg.id for event in desk.all(e.Heard)]


COMMANDS: list[Any] = [
    c.ChangeMembers("ROOM", "mute"),
    c.SoundToMembers("ROOM", (Say("x"),)),
    c.SilenceMembers("ROOM"),
    c.EndRoom("ROOM"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_no_such_room_is_refused_and_changes_nothing(command: Any) -> None:
    desk, legs = meeting()
    before = dump(desk.engine)

    with pytest.raises(Refused, match="unknown_room"):
        desk.do(command)
    assert dump(desk.engine) == before
    for leg in legs:
        desk.do(c.HangUp(leg, "callee"))
    command.room = ROOM
    with pytest.raises(Refused, match="unknown_room"):
        desk.do(command)
    command.room = "ROOM"


@pytest.mark.parametrize("members", [("4",), ("1", "9"), ("",)])
def test_no_such_member_is_refused_and_changes_nothing(members: tuple[str, ...]) -> None:
    desk, _ = meeting()
    before = dump(desk.engine)

    for command in (
        c.ChangeMembers(ROOM, "mute", members),
        c.SoundToMembers(ROOM, (Say("x"),), members),
        c.SilenceMembers(ROOM, members),
    ):
        with pytest.raises(Refused, match="unknown_member"):
            desk.do(command)
    assert dump(desk.engine) == before


CHANGES: Any = [
    "mute", "unmute", "deafen", "undeafen", "hold", "unhold", "kick", "tag", "untag", "coach", "uncoach",
]  # fmt: skip
STATES: dict[str, Any] = {
    "waiting": {"starts": False},
    "waiting with music": {"starts": False, "wait": MUSIC},
    "waiting for a hook": {"starts": False, "wait": ASK},
    "started": {},
    "entering": {"enter": program(Say("welcome"))},
    "muted and deaf": {"muted": True, "deaf": True},
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("held", [False, True])
def test_every_change_in_every_state_of_a_member_is_told_or_is_none(change: Any, state: str, held: bool) -> None:
    desk = Desk()
    leg = joins(desk, events=EVENTS, **STATES[state])
    if held:
        desk.do(c.ChangeMembers(ROOM, "hold"))
    before = member(desk, "1")
    tells = len(told(desk))

    events = desk.do(c.ChangeMembers(ROOM, change, tag="x"))

    if change == "kick":
        assert desk.leg(leg).room is None
        return
    changed = [event for event in events if isinstance(event, e.MemberChanged)]
    assert len(told(desk)) - tells == len(changed) <= 1
    assert (member(desk, "1") != before) == bool(changed)
    assert bool(changed) == (not change.startswith("un") or {
        "unmute": before.muted, "undeafen": before.deaf, "unhold": before.held, "untag": False, "uncoach": False,
    }[change]) - ({"mute": before.muted, "deafen": before.deaf, "hold": before.held}.get(change, False))  # fmt: skip


def test_leave_in_a_wait_program_leaves_the_room_and_nothing_elsewhere() -> None:
    desk = Desk()
    leg = joins(desk, starts=False, wait=program(Pause(span(3)), Leave()), hook=TELL)
    desk.wait(5)
    assert over(desk, leg) == "left"

    other = desk.talk(program(Leave(), Pause()))
    desk.wait(5)
    assert desk.fate(other) == (PROGRAM_END, "platform")


def test_a_fetch_may_ask_for_the_wait_program_once_and_repeat_it() -> None:
    desk = Desk()
    leg = joins(desk, starts=False, wait=program(Fetch(ASK, nested=True, repeats=True)))

    desk.reply(MUSIC, leg)
    desk.wait(10)

    assert len(desk.all(e.Asked)) == 1
    assert len(desk.all(e.SpeakingStarted)) == 4
    assert not desk.engine.has_finite_deadline
