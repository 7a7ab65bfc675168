"""Programs drawn at random: a call ends or has something to wait for, and its spans add up."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.engine import Nominal
from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import BUSY, PROGRAM_END
from emulator.engine.legs import Leg
from emulator.engine.program import (
    AnswerVerb,
    Beep,
    Conference,
    Dequeue,
    Detect,
    Dial,
    Enqueue,
    Fetch,
    Gather,
    HangUp,
    Hook,
    Leave,
    Pause,
    PauseRecording,
    Play,
    Program,
    Record,
    RecordCall,
    Say,
    SendDigits,
    StopRecording,
    Supervise,
    Tag,
    Target,
    Verb,
)
from emulator.engine.recordings import Recording
from emulator.engine.speech import spoken_keys
from emulator.errors import Refused
from tests.engine.desk import START, Desk, dump, span

short = st.sampled_from([0, 0.5, 1, 2, 7]).map(span)
hooks = st.builds(
    Hook,
    url=st.just("u"),
    awaited=st.booleans(),
    on_failure=st.sampled_from(["end", "next"]),
    on_empty=st.sampled_from(["next", "end", "idle"]),
)
flags = st.booleans()
says = st.builds(Say, text=st.text("ab ", max_size=40), loop=st.integers(0, 2), early=flags)
plays = st.builds(Play, url=st.just("u"), loop=st.integers(0, 2), early=flags)
pauses = st.builds(Pause, length=short, media=flags)
keys = st.builds(SendDigits, digits=st.text("12wW", max_size=4), early=flags, beside=flags)
heard = st.one_of(says, plays, pauses, keys)


def gathers(prompts: st.SearchStrategy[Any]) -> st.SearchStrategy[Gather]:
    return st.builds(
        Gather,
        hook=st.none() | hooks,
        prompts=st.lists(prompts, max_size=2).map(tuple),
        digits=flags,
        speech=flags,
        max_digits=st.integers(1, 3),
        min_digits=st.integers(0, 3),
        valid=st.sampled_from(["", "12"]),
        first_timeout=st.none() | short,
        digit_timeout=st.none() | short,
        overall_timeout=st.none() | short,
        barge_in=st.sampled_from([True, False, "digits", "speech"]),
        ask_when_empty=flags,
        attempts=st.integers(1, 2),
        early=flags,
    )


nested = st.builds(Fetch, hooks, nested=st.just(True), repeats=flags)
asides = st.one_of(
    heard, nested, st.builds(Gather, valid=st.just("1"), max_digits=st.just(1), end_when_empty=st.just(BUSY))
)
dials = st.builds(
    Dial,
    targets=st.lists(st.sampled_from([Target("+911111111111"), Target("no where")]), max_size=3).map(tuple),
    ring_timeout=short,
    time_limit=st.none() | short,
    hook=st.none() | hooks,
    events=st.none() | st.just(Hook("u", awaited=False)),
    end_on_star=flags,
    end_with_child=flags,
    in_turn=flags,
    digits_match=st.sampled_from([(), ("1",), ("12", "2")]),
    digits_match_child=st.sampled_from([(), ("2*",)]),
    confirm=st.none() | st.builds(Program, st.lists(asides, max_size=2).map(tuple)),
    music=st.none() | st.builds(Program, st.lists(asides, max_size=2).map(tuple)),
)
detects = st.builds(Detect, limit=short, hang_up=flags, hook=st.none() | hooks)
hang_ups = st.builds(
    HangUp, after=st.none() | short, refuse=st.sampled_from([None, BUSY]), skip_unanswered=flags, skip_answered=flags
)
records = st.builds(
    Record,
    hook=st.none() | hooks,
    done=st.none() | st.just(Hook("u", awaited=False)),
    beep=flags,
    max_length=st.none() | short,
    silence_timeout=st.none() | short,
    finish_on=st.sampled_from(["", "#1"]),
)
tapes = st.builds(
    RecordCall,
    name=st.sampled_from(["a", "b"]),
    start=st.sampled_from(["answer", "bridge"]),
    until=st.sampled_from(["end", "unbridge"]),
    done=st.none() | st.just(Hook("u", awaited=False)),
    beep=flags,
    max_length=st.none() | short,
)
names_of_tapes = st.sampled_from(["", "a", "b"])
recorders = st.one_of(
    tapes, tapes, st.builds(StopRecording, names_of_tapes), st.builds(PauseRecording, names_of_tapes, flags)
)
rounds = st.builds(Program, st.lists(st.one_of(heard, nested, st.just(Leave())), max_size=2).map(tuple))
waits = st.one_of(st.none(), hooks.map(lambda hook: replace(hook, awaited=True)), rounds)
names = st.sampled_from(["a", "a", "b"])
tells = st.none() | st.just(Hook("u", awaited=False))
conferences = st.builds(
    Conference,
    room=names,
    muted=flags,
    deaf=flags,
    moderator=flags,
    starts=flags,
    ends=flags,
    stays_alone=st.sampled_from([True, True, False]),
    waits_alone=flags,
    wait=waits,
    enter=waits,
    enter_sound=st.sampled_from([None, Beep(), Play("u")]),
    exit_sound=st.sampled_from([None, Beep(), Say("bye")]),
    max_members=st.none() | st.integers(0, 2),
    time_limit=st.none() | short,
    leave_on=st.sampled_from(["", "*"]),
    digits_match=st.sampled_from([(), ("1", "12")]),
    relay_digits=flags,
    hook=st.none() | hooks,
    events=tells,
)
enqueues = st.builds(
    Enqueue,
    queue=names,
    priority=st.integers(0, 1),
    wait=waits,
    hook=st.none() | hooks,
    events=tells,
    max_size=st.none() | st.integers(0, 2),
    max_wait=st.none() | short,
)
dequeues = st.builds(
    Dequeue,
    queue=names,
    timeout=st.none() | short,
    leg=st.sampled_from(["", "", "c1.0"]),
    beep=flags,
    hook=st.none() | hooks,
)
supervisions = st.builds(
    Supervise,
    of=st.sampled_from(["c1.0", "c2.0", "c1.1"]),
    mode=st.sampled_from(["listen", "whisper", "talk"]),
    hook=st.none() | hooks,
)
company = st.one_of(conferences, conferences, enqueues, dequeues, supervisions, st.just(Leave()), st.just(Beep()))
plain = st.one_of(
    recorders, heard, detects, hang_ups, st.builds(Fetch, hooks), nested, st.builds(Tag, st.just({"a": 1}))
)
verbs: st.SearchStrategy[Verb] = st.one_of(
    plain, records, st.builds(AnswerVerb), gathers(heard), gathers(gathers(heard)), dials, dials, company, company
)
programs = st.builds(
    Program,
    verbs=st.lists(verbs, max_size=4).map(tuple),
    exhausted=st.sampled_from(["idle", "hang_up"]),
    exhausted_cause=st.sampled_from([None, "inherit"]),
)
limits = st.none() | st.sampled_from([1, 5]).map(span)
besides = st.lists(st.one_of(heard, detects, hang_ups, tapes), max_size=2).map(tuple)

leg = st.integers(0, 6)
deeds = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0, 0.3, 1, 5, 60])),
    st.tuples(st.just("reply"), leg, st.none() | programs),
    st.tuples(st.just("no reply"), leg),
    st.tuples(st.just("redirect"), leg, leg, programs, flags),
    st.tuples(st.just("press"), leg, st.text("12*#", max_size=2)),
    st.tuples(st.just("speak"), leg),
    st.tuples(
        st.just("in call"), leg, names_of_tapes, st.lists(heard | recorders, max_size=2).map(tuple), limits, flags
    ),
    st.tuples(st.just("stop"), leg, names_of_tapes),
    st.tuples(st.just("pause"), leg, names_of_tapes, flags),
    st.tuples(st.just("append"), leg, st.lists(plain | records, max_size=2).map(tuple)),
    st.tuples(st.just("mute"), leg, flags),
    st.tuples(st.just("greet"), leg, flags),
    st.tuples(
        st.just("change"), leg, st.sampled_from(["mute", "unmute", "deafen", "hold", "unhold", "kick", "kick"]), waits
    ),
    st.tuples(st.just("sound"), leg),
    st.tuples(st.just("end room"), leg),
    st.tuples(st.just("mode"), leg, st.sampled_from(["listen", "talk"])),
    *(st.tuples(st.just(kind), leg) for kind in ("ring", "early", "answer", "answer", "hold", "hang up", "fail")),
)
lives = st.tuples(
    st.lists(st.tuples(programs, besides, limits, flags), min_size=1, max_size=3), st.lists(deeds, max_size=25)
)


def live(life: tuple[list[Any], list[Any]]) -> Desk:
    """Give the engine all of it; what it refuses changes nothing."""
    desk = Desk()
    calls, things = life
    for plan, beside, limit, inbound in calls:
        if inbound:
            desk.arrive(plan, time_limit=limit)
        else:
            desk.place(plan, beside=beside, time_limit=limit)
    for what, *about in things:
        if what == "wait":
            desk.wait(*about)
            continue
        attempt(desk, what, about)
    return desk


def attempt(desk: Desk, what: str, about: list[Any]) -> None:
    """Do it to the leg that `about` begins with; if the engine refuses it, nothing has changed."""
    desk.settle()
    legs = list(desk.engine.legs)
    before = dump(desk.engine)
    try:
        desk.do(deed(desk, what, legs[about[0] % len(legs)], about[1:], legs))
    except Refused:
        assert dump(desk.engine) == before


def deed(desk: Desk, what: str, leg: str, about: list[Any], legs: list[str]) -> c.Command:
    ask = desk.engine.legs[leg].awaiting or "c1.0#0"
    seat = desk.engine.legs[leg].seat
    room, members = (seat.room.id, (seat.id,)) if seat else ("r1", ("1",))
    match what:
        case "reply":
            return c.Reply(ask, about[0])
        case "no reply":
            return c.NoReply(ask, "status")
        case "redirect":
            other, plan, early = about
            return c.Redirect(((leg, plan), (legs[other % len(legs)], plan)), early)
        case "press":
            return c.Press(leg, about[0])
        case "speak":
            return c.Speak(leg, "yes", span(1))
        case "in call":
            return c.InCall(leg, about[0] or "play", *about[1:])
        case "stop":
            return c.StopInCall(leg, about[0])
        case "pause":
            return c.PauseRecording(leg, *about)
        case "append":
            return c.Append(leg, about[0])
        case "mute":
            return c.Mute(leg, about[0])
        case "greet":
            return c.Greet(leg, about[0], "Hello?", span(1))
        case "change":
            what, wait = about
            return c.ChangeMembers(room, what, members, wait=wait)
        case "sound":
            return c.SoundToMembers(room, (Say("attention"), Beep()), members)
        case "end room":
            return c.EndRoom(room)
        case "mode":
            return c.SetSupervision(leg, about[0])
        case "hang up":
            return c.HangUp(leg, "callee")
        case "fail":
            return c.Fail(leg, BUSY)
    return {"ring": c.Ring, "early": c.EarlyMedia, "answer": c.Answer, "hold": c.Hold}[what](leg)


def waits_for(leg: Leg) -> str:
    """What a live leg may wait for when no finite deadline is left; "" if there is nothing."""
    if leg.state != "answered" and leg.direction == "outbound":
        return "the far end"
    if leg.awaiting:
        return "the application"
    if leg.bridge is not None:
        return "the partner"
    if not leg.run:
        return "a redirect"
    verb = leg.run[-1].verb
    if isinstance(verb, Gather | Record):
        return "a key, or a command"
    if isinstance(verb, Conference | Enqueue | Dequeue | Supervise):
        return "others"
    if leg.run[-1].is_endless:
        return "whatever ends its waiting"
    return "nothing, and sounds for ever" if isinstance(verb, Say | Play) and verb.loop == 0 else ""


@given(lives)
@settings(max_examples=300, deadline=None)
def test_a_call_ends_or_has_something_to_wait_for(life: Any) -> None:
    desk = live(life)

    desk.finish()

    for leg in desk.engine.legs.values():
        assert leg.state == "ended" or waits_for(leg), leg.run[-1].verb
    for call in desk.engine.calls.values():
        assert (call.live == 0) == (call.id in desk.audit.over)
        assert call.live == sum(1 for leg in call.legs if leg.state != "ended")


@given(lives)
@settings(max_examples=150, deadline=None)
def test_ended_legs_leave_nothing_behind(life: Any) -> None:
    desk = live(life)

    desk.settle()
    for leg in list(desk.engine.legs.values()):
        if leg.state != "ended":
            desk.do(c.HangUp(leg.id, "api", BUSY))

    assert desk.engine.next_deadline() is None
    assert len(desk.engine.timers) == desk.engine.timers.finite == 0
    for leg in desk.engine.legs.values():
        assert (leg.run, leg.background or None, leg.awaiting, leg.bridge, leg.limits) == ([], None, None, None, ())
    for call in list(desk.engine.calls):
        desk.engine.drop(call)
    assert not desk.engine.legs
    assert not any(book.names for book in desk.engine._books.values())


def is_its_start(start: e.SpeakingStarted, heard: e.Heard) -> bool:
    if (start.kind, heard.at - start.at) != (heard.kind, span(heard.seconds)):
        return False
    if heard.whole:
        return (start.text, start.seconds) == (heard.text, heard.seconds)
    return heard.seconds < start.seconds and start.text.startswith(heard.text)


@given(lives)
@settings(max_examples=150, deadline=None)
def test_spans_add_up(life: Any) -> None:
    desk = live(life)

    began: dict[str, list[e.SpeakingStarted]] = {}
    joined: dict[str, e.Bridged] = {}
    for event in desk.events:
        if isinstance(event, e.SpeakingStarted):
            began.setdefault(event.leg.id, []).append(event)
        elif isinstance(event, e.Heard):
            starts = [start for start in began[event.leg.id] if is_its_start(start, event)]
            assert starts, "what was heard began that long ago"
            began[event.leg.id].remove(starts[0])
        elif isinstance(event, e.Bridged):
            joined[event.other.id] = event
        elif isinstance(event, e.Asked | e.Told) and "child" in event.fields and "seconds" in event.fields:
            child = event.fields["child"]
            since = joined[child].at if child in joined else event.at
            assert span(event.fields["seconds"]) == event.at - since
        elif isinstance(event, e.Ended):
            leg = event.leg
            instants = [leg.created_at, leg.ringing_at, leg.answered_at, leg.ended_at]
            assert [at for at in instants if at] == sorted(at for at in instants if at)


@given(lives)
@settings(max_examples=200, deadline=None)
def test_a_recording_is_as_long_as_it_ran_and_has_what_was_heard(life: Any) -> None:
    desk = live(life)

    desk.finish()

    paused: dict[str, timedelta] = {}
    since: dict[str, Any] = {}
    for event in desk.events:
        if isinstance(event, e.RecordingPaused):
            name = event.recording.id
            if event.is_paused:
                since[name] = event.at
            else:
                paused[name] = paused.get(name, timedelta()) + (event.at - since.pop(name))
        elif isinstance(event, e.RecordingEnded):
            made = event.recording
            gone = paused.get(made.id, timedelta()) + (event.at - since.get(made.id, event.at))
            assert span(made.seconds) == event.at - made.started_at - gone
            assert all(0 <= sound.at <= sound.at + sound.seconds <= made.seconds + 1e-6 for sound in made.sounds)
            assert [sound.at for sound in made.sounds] == sorted(sound.at for sound in made.sounds)
            if not gone:
                missing = said_on(desk, made) - {(sound.kind, round(sound.at, 6)) for sound in made.sounds}
                assert not missing


def said_on(desk: Desk, made: Recording) -> set[tuple[str, float]]:
    """What began while it ran, out of the events; of a file that is played again only the first round."""
    out = set()
    assert made.ended_at is not None
    before: e.Heard | None = None
    for event in desk.all(e.Heard, made.leg):
        began = event.at - span(event.seconds)
        goes_on = before is not None and event.kind == "play" and (before.kind, before.at) == ("play", began)
        if event.seconds and made.started_at < began < made.ended_at and not goes_on and event.at <= made.ended_at:
            out.add((event.kind, round((began - made.started_at).total_seconds(), 6)))
        before = event
    for spoken in desk.all(e.FarEndSpoke, made.leg):
        if made.started_at < spoken.at < made.ended_at and not spoken.leg.is_muted:
            out.add(("speech", round((spoken.at - made.started_at).total_seconds(), 6)))
    return out


timed = st.lists(
    st.one_of(
        st.builds(Say, text=st.text("ab ", max_size=40), loop=st.integers(1, 3)),
        st.builds(Play, url=st.just("u"), loop=st.integers(1, 3)),
        st.builds(Pause, length=short),
        st.builds(SendDigits, digits=st.text("12wW", max_size=4)),
        st.builds(Gather, first_timeout=short, attempts=st.integers(1, 3), prompts=st.sampled_from([(), (Play("u"),)])),
        st.builds(Detect, limit=short),
        st.builds(Record, max_length=short, beep=flags),
        st.builds(RecordCall, max_length=short),
        st.builds(Tag, st.just({})),
    ),
    max_size=6,
)


def length(verb: Verb) -> timedelta:
    nominal = Nominal()
    match verb:
        case Say():
            return nominal.speech(verb.text) * verb.loop
        case Play():
            return nominal.play * verb.loop
        case Pause():
            return verb.length
        case SendDigits():
            return spoken_keys(verb.digits, verb.tone)[1]
        case Gather():
            assert verb.first_timeout is not None
            return (verb.first_timeout + sum((length(prompt) for prompt in verb.prompts), timedelta())) * verb.attempts
        case Detect():
            return verb.limit
        case Record():
            assert verb.max_length is not None
            return verb.max_length + (nominal.beep if verb.beep else timedelta())
    return timedelta()


@given(timed)
@settings(deadline=None)
def test_a_call_that_nobody_disturbs_is_as_long_as_its_verbs(plan: list[Verb]) -> None:
    desk = Desk()
    desk.talk(Program(tuple(plan)))

    desk.finish()

    ended = desk.last(e.Ended)
    assert ended.cause == PROGRAM_END
    assert ended.at - START == sum((length(verb) for verb in plan), timedelta())


# --- determinism ---------------------------------------------------------------------------------------------


@given(lives)
@settings(max_examples=100, deadline=None)
def test_equal_inputs_give_equal_events(life: Any) -> None:
    once, again = live(life), live(life)

    assert once.events == again.events
    assert once.engine.next_deadline() == again.engine.next_deadline()


@given(lives, st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_waking_in_small_steps_or_in_one_is_the_same(life: Any, most: int) -> None:
    steps, leap = live(life), live(life)
    until = steps.now + span(30)

    woken: list[e.Event] = []
    while (at := steps.engine.next_deadline()) is not None and at <= until:
        woken += steps.engine.wake(at, most)

    assert woken == leap.engine.wake(until)


LIFE = """
import hashlib
from emulator.engine.commands import *
from emulator.engine.program import *
from tests.engine.desk import Desk, span, stays
desk = Desk()
both = (Target("+911111111111", memo={"b": 1}), Target("+912222222222"))
desk.talk(stays(Gather(prompts=(Say("hello"),)), Dial(both, hook=Hook("u"))), memo={"a": 1})
desk.wait(30)
desk.do(Ring("c1.2"))
desk.do(Answer("c1.2"))
desk.do(Redirect((("c1.0", stays(Say("x"))), ("c1.2", stays(Say("y"))))))
desk.wait(30)
print(len(desk.events), hashlib.sha256(repr(desk.events).encode()).hexdigest())
"""


def test_events_are_the_same_in_every_process() -> None:
    root = Path(__file__).parents[2]
    said = {
        subprocess.run(
            [sys.executable, "-c", LIFE],
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(said) == 1
    assert json.loads(said.pop().split()[0]) > 10
