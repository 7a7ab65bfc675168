"""Record, recording beside the program: when it begins and ends, who is told, and what is on it."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.program import (
    Dial,
    Gather,
    Hook,
    Pause,
    PauseRecording,
    Play,
    Record,
    RecordCall,
    Say,
    SendDigits,
    StopRecording,
    Target,
)
from emulator.engine.recordings import Recording, Sound
from emulator.engine.tapes import MOST
from tests.engine.desk import ASK, START, TELL, Desk, names, program, span, stays

LEG = "c1.0"
BEEP = 0.5
DONE = Hook("http://app/done", awaited=False, purpose="done")
BEGUN = Hook("http://app/begun", awaited=False, purpose="begun")


def recording(desk: Desk) -> Recording:
    return desk.last(e.RecordingEnded).recording


def told(desk: Desk) -> list[str]:
    return [event.hook.purpose for event in desk.all(e.Told)]


def on_air(**more: Any) -> Desk:
    """A `Record` that has just beeped."""
    desk = Desk()
    desk.talk(stays(Record(**more), Say("after")))
    desk.wait(BEEP)
    return desk


# --- Record ------------------------------------------------------------------------------------------------------


def test_a_recording_begins_after_the_beep() -> None:
    desk = on_air()

    beep = desk.last(e.Heard)
    assert (beep.kind, beep.seconds, beep.whole) == ("beep", BEEP, True)
    begun = desk.last(e.RecordingStarted)
    assert desk.since_start(begun) == BEEP
    assert (begun.recording.id, begun.recording.format, begun.recording.ended_at) == ("c1.0-r1", "mp3", None)


def test_without_a_beep_it_begins_at_once() -> None:
    desk = Desk()
    desk.talk(stays(Record(beep=False)))

    assert desk.since_start(desk.last(e.RecordingStarted)) == 0
    assert not desk.all(e.SpeakingStarted)


def test_it_answers_an_inbound_leg() -> None:
    desk = Desk()
    leg = desk.arrive(stays(Record()))

    assert desk.state(leg) == "answered"


def test_it_ends_at_its_length() -> None:
    desk = on_air(max_length=span(7))

    desk.wait(7)

    made = recording(desk)
    assert (made.seconds, made.ended_by, made.key) == (7.0, "max", "")
    assert made.ended_at == START + span(7 + BEEP)
    assert desk.last(e.SpeakingStarted).text == "after"


def test_it_ends_when_the_far_end_is_silent() -> None:
    desk = on_air(silence_timeout=span(3))

    desk.wait(2)
    desk.do(c.Speak(LEG, "hello", span(4)))
    desk.wait(6.9)
    assert not desk.all(e.RecordingEnded)
    desk.wait(0.1)

    assert (recording(desk).seconds, recording(desk).ended_by) == (9.0, "silence")


def test_a_key_that_does_not_end_it_is_no_silence_and_is_lost() -> None:
    desk = on_air(silence_timeout=span(3), finish_on="#")

    desk.wait(2)
    desk.do(c.Press(LEG, "5"))
    desk.wait(2.5)
    assert not desk.all(e.RecordingEnded)
    desk.wait(0.5)

    assert (recording(desk).seconds, recording(desk).ended_by) == (5.0, "silence")


def test_a_finish_key_ends_it() -> None:
    desk = on_air(finish_on="1#", hook=TELL)

    desk.wait(2)
    desk.do(c.Press(LEG, "#"))

    assert (recording(desk).ended_by, recording(desk).key) == ("key", "#")
    fields = desk.last(e.Told).fields
    assert (fields["ended_by"], fields["key"], fields["seconds"]) == ("key", "#", 2.0)


def test_a_key_during_the_beep_ends_nothing() -> None:
    desk = Desk()
    desk.talk(stays(Record(finish_on="#")))

    desk.do(c.Press(LEG, "#"))
    desk.wait(BEEP)

    assert desk.all(e.RecordingStarted)


def test_hooks_hear_of_the_start_then_of_the_end_then_are_asked() -> None:
    desk = on_air(hook=ASK, done=DONE, started=BEGUN, max_length=span(2), format="wav", channels=2)
    begun = desk.last(e.Told)
    assert begun.fields == {
        "recording": "c1.0-r1", "name": "c1.0-r1", "format": "wav", "channels": 2, "started_at": START + span(BEEP),
    }  # fmt: skip

    desk.wait(2)

    assert told(desk) == ["begun", "done"]
    asked = desk.last(e.Asked)
    assert asked.fields == begun.fields | {
        "seconds": 2.0, "ended_at": START + span(2 + BEEP), "ended_by": "max", "key": "",
    }  # fmt: skip
    assert desk.last(e.Told).fields == asked.fields
    desk.reply(None)
    assert desk.last(e.SpeakingStarted).text == "after"


def test_the_answer_to_the_hook_replaces_the_program() -> None:
    desk = on_air(hook=ASK, max_length=span(2))
    desk.wait(2)

    desk.reply(stays(Say("other")))

    assert desk.last(e.SpeakingStarted).text == "other"


@pytest.mark.parametrize("tell_on_end", [True, False])
def test_a_caller_who_hangs_up_ends_it_and_the_hooks_are_told_before_the_end(tell_on_end: bool) -> None:
    desk = on_air(hook=ASK, done=DONE, tell_on_end=tell_on_end)
    desk.wait(3)

    events = desk.do(c.HangUp(LEG, "caller"))

    wanted = ["RecordingEnded", "Told", "Told"] if tell_on_end else ["RecordingEnded", "Told"]
    assert names(events) == [*wanted, "Ended", "CallEnded"]
    assert (recording(desk).seconds, recording(desk).ended_by) == (3.0, "hangup")


def test_a_redirect_ends_it_and_the_hook_is_told() -> None:
    desk = on_air(hook=ASK)
    desk.wait(3)

    desk.do(c.Redirect(((LEG, stays(Say("other"))),)))

    assert recording(desk).ended_by == "redirect"
    assert (told(desk), desk.all(e.Asked)) == (["answer"], [])


def test_a_hang_up_during_the_beep_records_nothing() -> None:
    desk = Desk()
    desk.talk(stays(Record(hook=ASK, done=DONE)))
    desk.wait(0.2)

    events = desk.do(c.HangUp(LEG, "caller"))

    assert names(events) == ["Heard", "Ended", "CallEnded"]
    assert not desk.all(e.RecordingStarted)


def test_a_leg_counts_its_recordings() -> None:
    desk = Desk()
    desk.talk(stays(Record(beep=False, max_length=span(1)), Record(beep=False, max_length=span(1))))
    desk.finish()

    assert [event.recording.id for event in desk.all(e.RecordingEnded)] == ["c1.0-r1", "c1.0-r2"]


def test_it_is_the_far_ends_turn_when_a_recording_begins() -> None:
    desk = on_air(where="3:5")

    assert [(desk.since_start(event), event.where) for event in desk.all(e.Listening)] == [(BEEP, "3:5")]


# --- beside the program ------------------------------------------------------------------------------------------


def test_the_next_verb_begins_at_once_and_the_recording_outlives_the_program() -> None:
    desk = Desk()
    desk.talk(stays(RecordCall(), Say("x" * 15)))
    desk.wait(1)
    desk.do(c.Redirect(((LEG, stays(Pause(span(5)))),)))
    desk.wait(5)

    desk.do(c.HangUp(LEG, "callee"))

    made = recording(desk)
    assert (made.seconds, made.ended_by, made.activity) == (6.0, "hangup", "recording")


def test_one_that_begins_on_the_answer_waits_for_it() -> None:
    desk = Desk()
    leg = desk.arrive(stays(RecordCall(), Pause(span(3)), Say("hello")))
    assert not desk.all(e.RecordingStarted)

    desk.wait(3)

    assert desk.since_start(desk.last(e.RecordingStarted)) == 3
    assert desk.state(leg) == "answered"


def bridged(verb: RecordCall) -> Desk:
    desk = Desk()
    desk.talk(stays(verb, Dial((Target("+911111111111"),)), Say("alone")))
    desk.wait(2)
    desk.do(c.Ring("c1.1"))
    desk.do(c.Answer("c1.1"))
    return desk


def test_one_that_begins_in_a_bridge_waits_for_it_and_may_end_with_it() -> None:
    desk = bridged(RecordCall(start="bridge", until="unbridge", done=DONE))
    assert desk.since_start(desk.last(e.RecordingStarted)) == 2

    desk.wait(4)
    desk.do(c.HangUp("c1.1", "callee"))

    assert (recording(desk).seconds, recording(desk).ended_by) == (4.0, "unbridge")
    assert told(desk) == ["done"]


def test_one_until_the_end_outlives_the_bridge() -> None:
    desk = bridged(RecordCall())
    desk.do(c.HangUp("c1.1", "callee"))

    assert not desk.all(e.RecordingEnded)


def test_it_ends_at_its_length_beside_the_program() -> None:
    desk = Desk()
    desk.talk(stays(RecordCall(max_length=span(2), beep=True)))
    desk.finish()

    assert (recording(desk).seconds, recording(desk).ended_by) == (2.0, "max")
    assert desk.since_start(desk.last(e.RecordingEnded)) == 2 + BEEP


def test_another_of_its_name_stops_it_and_one_of_another_name_does_not() -> None:
    desk = Desk()
    desk.talk(stays(RecordCall(name="a"), RecordCall(name="b"), Pause(), RecordCall(name="a")))
    desk.wait(1)

    assert [event.recording.activity for event in desk.all(e.RecordingStarted)] == ["a", "b", "a"]
    (ended,) = desk.all(e.RecordingEnded)
    assert (ended.recording.id, ended.recording.ended_by) == ("c1.0-r1", "stop")


@pytest.mark.parametrize(("name", "left"), [("a", ["b"]), ("", []), ("nobody", ["a", "b"])])
def test_a_verb_stops_the_one_it_names_or_all(name: str, left: list[str]) -> None:
    desk = Desk()
    desk.talk(stays(RecordCall(name="a"), RecordCall(name="b"), StopRecording(name)))

    running = {event.recording.activity for event in desk.all(e.RecordingStarted)} - {
        event.recording.activity for event in desk.all(e.RecordingEnded)
    }
    assert sorted(running) == left


def test_what_passes_in_a_pause_is_not_on_it() -> None:
    desk = Desk()
    plan = (RecordCall(), Pause(span(2)), PauseRecording(), Say("x" * 15), PauseRecording(paused=False), Say("y" * 15))
    desk.talk(program(*plan))
    desk.finish()

    assert [event.is_paused for event in desk.all(e.RecordingPaused)] == [True, False]
    made = recording(desk)
    assert made.seconds == 3.0
    assert made.sounds == (Sound(2.0, 1.0, "out", "say", "y" * 15),)


def test_a_second_pause_changes_nothing() -> None:
    desk = Desk()
    desk.talk(stays(RecordCall()))

    assert names(desk.do(c.PauseRecording(LEG))) == ["RecordingPaused"]
    assert desk.do(c.PauseRecording(LEG)) == []
    assert names(desk.do(c.PauseRecording(LEG, paused=False))) == ["RecordingPaused"]


# --- what is on it -----------------------------------------------------------------------------------------------


def test_both_sides_are_on_it_with_their_instants() -> None:
    desk = Desk()
    desk.talk(program(RecordCall(), Say("x" * 30), Play("http://app/a.mp3"), Pause(span(9))))
    desk.wait(1)
    desk.do(c.Speak(LEG, "yes", span(1.5)))
    desk.wait(2)
    desk.do(c.Press(LEG, "5"))
    desk.finish()

    assert recording(desk).sounds == (
        Sound(0.0, 2.0, "out", "say", "x" * 30),
        Sound(1.0, 1.5, "in", "speech", "yes"),
        Sound(2.0, 3.0, "out", "play", "http://app/a.mp3"),
        Sound(3.0, 0.2, "in", "key", "5"),
    )


def test_what_sounds_when_it_begins_is_on_it_from_there_and_what_sounds_when_it_ends_is_cut() -> None:
    desk = Desk()
    desk.talk(stays(Say("x" * 60)))
    desk.do(c.Speak(LEG, "hello there", span(3)))
    desk.wait(1)
    desk.do(c.InCall(LEG, "tape", (RecordCall(),)))
    desk.wait(1.5)
    desk.do(c.Speak(LEG, "and more", span(3)))
    desk.wait(0.5)
    desk.do(c.StopInCall(LEG, "tape"))

    assert recording(desk).sounds == (
        Sound(0.0, 2.0, "in", "speech", "hello there"),
        Sound(0.0, 2.0, "out", "say", "x" * 60),
        Sound(1.5, 0.5, "in", "speech", "and more"),
    )


def test_the_partner_is_on_it_and_what_the_partner_alone_hears_is_not() -> None:
    desk = bridged(RecordCall())
    desk.do(c.InCall("c1.1", "play", (Say("for you alone"),)))
    desk.do(c.Speak("c1.1", "hi", span(1)))
    desk.do(c.Press("c1.1", "7"))
    desk.wait(5)
    desk.do(c.HangUp(LEG, "callee"))

    assert recording(desk).sounds == (
        Sound(2.0, 1.0, "out", "speech", "hi"),
        Sound(2.0, 0.2, "out", "key", "7"),
    )


def test_nobody_hears_a_muted_far_end() -> None:
    desk = bridged(RecordCall())
    desk.do(c.InCall("c1.1", "tape", (RecordCall(),)))
    desk.do(c.Mute("c1.1"))
    desk.do(c.Speak("c1.1", "hi", span(1)))
    desk.wait(1)
    desk.do(c.Mute("c1.1", muted=False))
    desk.do(c.Speak("c1.1", "again", span(1)))
    desk.wait(1)
    desk.do(c.HangUp(LEG, "callee", bridged=True))

    assert [[sound.text for sound in event.recording.sounds] for event in desk.all(e.RecordingEnded)] == [
        ["again"], ["again"],
    ]  # fmt: skip


def test_beeps_and_keys_that_are_sent_are_on_it() -> None:
    desk = Desk()
    desk.talk(stays(RecordCall(name="a"), SendDigits("1w2"), RecordCall(name="b", beep=True), Pause(span(9))))
    desk.wait(3)
    desk.do(c.StopInCall(LEG, "a"))

    assert recording(desk).sounds == (
        Sound(0.5, 0.4, "out", "digits", "12"), Sound(0.9, 0.5, "out", "beep"),
    )  # fmt: skip


def test_what_sounds_while_it_is_paused_is_not_on_it() -> None:
    desk = Desk()
    desk.talk(stays(RecordCall(), Pause(span(99))))
    desk.do(c.PauseRecording(LEG))
    desk.do(c.Speak(LEG, "off the record", span(1)))
    desk.do(c.Press(LEG, "1"))
    desk.wait(2)
    desk.do(c.PauseRecording(LEG, paused=False))
    desk.wait(1)
    desk.do(c.StopInCall(LEG))

    assert (recording(desk).seconds, recording(desk).sounds) == (1.0, ())


def test_a_tape_has_an_end() -> None:
    desk = Desk()
    desk.talk(stays(RecordCall(), Pause(span(99))))
    for _ in range(MOST + 5):
        desk.do(c.Press(LEG, "1"))
    desk.do(c.StopInCall(LEG))

    assert len(recording(desk).sounds) == MOST


def test_the_end_of_the_leg_cuts_the_beep_of_a_recording_beside_the_program() -> None:
    desk = Desk()
    desk.talk(stays(RecordCall(beep=True, done=DONE)))
    desk.wait(0.2)

    (heard, *_) = desk.do(c.HangUp(LEG, "callee"))

    assert isinstance(heard, e.Heard)
    assert (heard.kind, heard.seconds, heard.whole) == ("beep", 0.2, False)
    assert (desk.all(e.RecordingStarted), told(desk)) == ([], [])


def test_a_file_without_end_is_one_sound() -> None:
    desk = Desk()
    desk.talk(stays(RecordCall(max_length=span(100)), Play("http://app/a.mp3", loop=0)))
    desk.wait(100)

    (sound,) = recording(desk).sounds
    assert (sound.at, sound.seconds) == (0.0, 100.0)


# --- kept, deleted, forgotten ------------------------------------------------------------------------------------


def test_the_engine_keeps_what_was_recorded_until_its_call_is_dropped() -> None:
    desk = on_air(max_length=span(2))
    (running,) = desk.engine.recordings("acme").values()
    assert (running.ended_at, running.sounds) == (None, ())
    desk.wait(2)
    desk.do(c.HangUp(LEG, "callee"))
    assert [*desk.engine.recordings("acme").values()] == [recording(desk)]

    desk.engine.drop("c1")

    assert not desk.engine.recordings("acme")


@pytest.mark.parametrize("is_running", [True, False])
def test_a_deleted_recording_is_gone_for_good(is_running: bool) -> None:
    desk = on_air(max_length=span(2))
    if not is_running:
        desk.wait(2)

    assert desk.do(c.DeleteRecording("acme", "c1.0-r1")) == []
    desk.finish()

    assert desk.all(e.RecordingEnded)
    assert not desk.engine.recordings("acme")


def test_deleting_what_is_not_there_does_nothing() -> None:
    assert Desk().do(c.DeleteRecording("acme", "c9.0-r1")) == []


# --- over the API ------------------------------------------------------------------------------------------------


def test_verbs_beside_the_program_run_one_after_another() -> None:
    desk = Desk()
    desk.talk(stays(Gather(hook=ASK, first_timeout=span(60))))
    desk.do(c.InCall(LEG, "play", (Say("x" * 15), Pause(), Say("y" * 15))))
    desk.wait(10)

    assert [(event.text[0], desk.since_start(event)) for event in desk.all(e.Heard)] == [("x", 1.0), ("y", 3.0)]


def test_another_of_its_name_cuts_it_and_a_stop_cuts_that() -> None:
    desk = Desk()
    desk.talk()
    desk.do(c.InCall(LEG, "play", (Play("http://app/a.mp3", loop=0),)))
    desk.wait(1)
    assert names(desk.do(c.InCall(LEG, "play", (Say("x" * 15),)))) == ["Heard", "SpeakingStarted"]

    (heard,) = desk.do(c.StopInCall(LEG, "play"))

    assert isinstance(heard, e.Heard)
    assert (heard.whole, heard.seconds) == (False, 0.0)
    assert desk.do(c.StopInCall(LEG, "play")) == []


def test_its_limit_cuts_it_and_is_forgotten_with_it() -> None:
    desk = Desk()
    desk.talk()
    desk.do(c.InCall(LEG, "play", (Play("http://app/a.mp3", loop=0),), limit=span(4)))
    desk.do(c.InCall(LEG, "short", (Say("x" * 15),), limit=span(60)))

    desk.wait(4)

    assert [event.seconds for event in desk.all(e.Heard)] == [1.0, 3.0, 1.0]
    assert desk.engine.next_deadline() is None


def test_a_loop_goes_round_until_it_is_stopped_and_keeps_no_clock_running() -> None:
    desk = Desk()
    desk.talk()
    desk.do(c.InCall(LEG, "play", (Say("x" * 15), Say("y" * 15)), loops=True))
    desk.wait(4.5)

    assert [event.text[0] for event in desk.all(e.Heard)] == ["x", "y", "x", "y"]
    assert not desk.engine.has_finite_deadline
    desk.do(c.StopInCall(LEG, "play"))
    assert desk.engine.next_deadline() is None


def test_a_loop_that_takes_no_time_is_run_once() -> None:
    desk = Desk()
    desk.talk()

    desk.do(c.InCall(LEG, "play", (Pause(span(0)),), loops=True))
    desk.finish()

    assert desk.engine.legs[LEG].background == []


def test_keys_sent_beside_the_program_hold_it_up_for_the_first() -> None:
    desk = Desk()
    desk.talk(stays(SendDigits("123", beside=True), Say("x" * 15)))
    desk.finish()

    assert desk.since_start(desk.last(e.SpeakingStarted)) == 0.2
    assert [(event.digits, desk.since_start(event)) for event in desk.all(e.DigitsSent)] == [("123", 0.6)]


def test_it_goes_on_over_a_redirect_and_ends_with_the_leg() -> None:
    desk = Desk()
    desk.talk()
    desk.do(c.InCall(LEG, "play", (Play("http://app/a.mp3", loop=0),), limit=span(60)))
    desk.do(c.Redirect(((LEG, stays(Say("other"))),)))
    desk.wait(4)

    assert names(desk.do(c.HangUp(LEG, "callee"))) == ["Heard", "Ended", "CallEnded"]
    assert desk.engine.next_deadline() is None


def test_a_verb_that_takes_keys_cannot_run_beside_a_program() -> None:
    desk = Desk()
    desk.talk()

    with pytest.raises(ValueError, match="Gather cannot run beside a program"):
        desk.do(c.InCall(LEG, "gather", (Gather(),)))


def test_what_is_appended_comes_last() -> None:
    desk = Desk()
    desk.talk(program(Say("x" * 15), Gather(prompts=(Say("y" * 15),), first_timeout=span(1))))
    desk.wait(1.5)
    desk.do(c.Append(LEG, (Say("z" * 15), Say("end"))))
    desk.finish()

    assert [event.text[:3] for event in desk.all(e.Heard)] == ["xxx", "yyy", "zzz", "end"]
    assert desk.state(LEG) == "ended"


def test_an_idle_leg_runs_what_is_appended_and_idles_again() -> None:
    desk = Desk()
    desk.talk()

    desk.do(c.Append(LEG, (Say("x"),)))
    desk.finish()

    assert names(desk.events)[-3:] == ["SpeakingStarted", "Heard", "BecameIdle"]


def test_what_is_appended_before_the_answer_waits_for_it() -> None:
    desk = Desk()
    leg = desk.place(program(Say("x" * 15)))
    assert desk.do(c.Append(leg, (Say("y" * 15),))) == []

    desk.do(c.Answer(leg))
    desk.finish()

    assert [event.text[0] for event in desk.all(e.Heard)] == ["x", "y"]


def test_mute_is_an_event_once_and_ends_with_the_leg() -> None:
    desk = Desk()
    desk.talk()

    assert names(desk.do(c.Mute(LEG))) == ["MuteChanged"]
    assert desk.do(c.Mute(LEG)) == []
    assert desk.leg(LEG).is_muted
    desk.do(c.HangUp(LEG, "callee"))
    assert not desk.leg(LEG).is_muted


def test_a_muted_far_end_presses_nothing_on_its_partner() -> None:
    desk = Desk()
    desk.talk(stays(Dial((Target("+911111111111"),), digits_match_child=("1",), events=TELL)))
    desk.do(c.Answer("c1.1"))
    desk.do(c.Mute("c1.1"))
    before = len(desk.all(e.Told))

    desk.do(c.Press("c1.1", "1"))

    assert len(desk.all(e.Told)) == before
