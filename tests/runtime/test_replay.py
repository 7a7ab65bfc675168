"""A sandbox is the fold of its inputs: any prefix of its journal goes on to the same end.

The network is played by the test: an outcome for every attempt that leaves, drawn by Hypothesis, applied in an order it
draws too. No task, no socket: the sandbox is synchronous, and the pump only carries.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.clock import VirtualClock
from emulator.engine import commands as c
from emulator.engine import program as p
from emulator.errors import Refused
from emulator.ids import Ids
from emulator.runtime.replay import rebuild
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import SandboxSpec
from emulator.webhooks.values import Outcome, Reply
from tests.fakes.acme import hook, vendor

START = datetime(2026, 1, 1, tzinfo=UTC)
VENDORS = {"acme": vendor}
NUMBERS = ["+14155550000", "+14155550101", "+14155550106", "+14155550108", "bad,number"]
DOCUMENTS: list[Any] = [
    [{"say": "hello there"}],
    [{"gather": {"url": "http://app/gather", "say": "press one", "digits": 1}}, {"say": "nothing came"}],
    [{"dial": ["+14155550102", "+14155550107"]}, {"say": "bye"}],
    [{"redirect": "http://app/next"}],
    [{"hangup": True}],
    [{"fly": 1}],
    [],
    "no list",
]
MUSIC = p.Program((p.Play("http://app/music"),))
COMPANY: list[p.Verb] = [
    p.Conference("team", starts=False, wait=hook("http://app/wait", "wait"), events=hook("http://app/event", "event")),
    p.Conference("team", ends=True, moderator=True, wait=MUSIC, hook=hook("http://app/over", "over")),
    p.Enqueue("team", priority=1, wait=MUSIC, hook=hook("http://app/over", "over")),
    p.Dequeue("team", timeout=timedelta(seconds=9), beep=True),
    p.Supervise("c1.0", "whisper"),
]
CHANGES: list[Any] = ["mute", "unmute", "hold", "unhold", "kick", "coach"]
outcomes = st.one_of(
    st.sampled_from(DOCUMENTS).map(lambda doc: Outcome(Reply(200, (), json.dumps(doc).encode()))),
    st.just(Outcome(Reply(500, (), b"oops"))),
    st.just(Outcome(None, "connection", "refused")),
)
steps = st.one_of(
    st.tuples(st.just("place"), st.sampled_from(NUMBERS)),
    st.tuples(st.just("arrive"), st.just("")),
    st.tuples(st.just("meet"), st.sampled_from(COMPANY)),
    st.tuples(st.just("room"), st.sampled_from(CHANGES)),
    st.tuples(st.just("sound"), st.just(0)),
    st.tuples(st.just("deliver"), st.tuples(st.integers(0, 9), outcomes)),
    st.tuples(st.just("hang"), st.integers(0, 9)),
    st.tuples(st.just("hang up"), st.integers(0, 9)),
    st.tuples(st.just("press"), st.integers(0, 9)),
    st.tuples(st.just("time"), st.floats(0, 40).map(lambda seconds: round(seconds, 3))),
    st.tuples(st.just("deadline"), st.just(0)),
    st.tuples(st.just("settings"), st.sampled_from(["warm", "cold"])),
    st.tuples(st.just("resend"), st.integers(0, 9)),
)


def new_sandbox() -> Sandbox:
    spec = SandboxSpec(name="replayed", seed=3)
    return Sandbox("replayed", spec, 3, Ids(3), VirtualClock(START), VENDORS, keep=1000)


def act(sandbox: Sandbox, kind: str, what: Any) -> None:
    """One input from outside; one that makes no sense now does nothing."""
    clock = sandbox.clock
    assert isinstance(clock, VirtualClock)
    legs = [leg for leg in sandbox.engine.legs.values() if leg.state != "ended"]
    if kind == "place":
        memo = {"hangup_url": "http://app/hangup", "status_url": "http://app/status", "key": "k"}
        program = p.Program((p.Fetch(hook("http://app/answer", "answer")),))
        sandbox.do(c.PlaceCall("acme", "+12025550000", what, program, ring_timeout=timedelta(seconds=30), memo=memo))
    elif kind == "meet":
        plan = p.Program((what,), exhausted="idle")
        sandbox.do(c.PlaceCall("acme", "+12025550000", NUMBERS[0], plan, memo={"key": "k"}))
    elif kind in ("room", "sound"):
        for room in list(sandbox.engine.rooms.by_id):
            command = c.SoundToMembers(room, (p.Say("attention"), p.Beep()))
            sandbox.do(c.ChangeMembers(room, what, tag="x", wait=MUSIC) if kind == "room" else command)
    elif kind == "arrive":
        sandbox.arrive("acme", "+14155550108", "+12025550000")
    elif kind in ("deliver", "hang") and sandbox.to_send:
        index = what[0] if kind == "deliver" else what
        sandbox.to_send.rotate(-(index % len(sandbox.to_send)))
        delivery, attempt = sandbox.to_send.popleft()
        if kind == "deliver":
            sandbox.finish(delivery, attempt, what[1])
        else:
            sandbox.hang(delivery, attempt)
    elif kind in ("hang up", "press") and legs:
        leg = legs[what % len(legs)].id
        try:
            sandbox.do(c.HangUp(leg, "api", bridged=True) if kind == "hang up" else c.Press(leg, "1"))
        except Refused:
            return
    elif kind in ("time", "deadline"):
        at = sandbox.next_deadline() if kind == "deadline" else clock.now() + timedelta(seconds=what)
        while (due := sandbox.next_deadline()) is not None and at is not None and due <= at:
            clock.move_to(max(due, clock.now()))
            sandbox.reach(clock.now())
        if at is not None and at > clock.now():
            clock.move_to(at)
            sandbox.note_clock()
    elif kind == "settings":
        sandbox.put_settings("acme", {"tone": what})
    elif kind == "resend" and sandbox.outbox.deliveries:
        ids = list(sandbox.outbox.deliveries)
        sandbox.resend(ids[what % len(ids)])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=1, max_size=25), st.lists(steps, max_size=8), st.data())
def test_a_sandbox_rebuilt_from_any_prefix_of_its_journal_goes_on_to_the_same_end(before, after, data) -> None:
    original = new_sandbox()
    marks = []
    for kind, what in before:
        act(original, kind, what)
        marks.append((original.journal.last.seq, [(d.id, a.number) for d, a in original.to_send]))
    cut = data.draw(st.integers(0, len(marks) - 1))
    seq, waiting = marks[cut]
    prefix = [entry for entry in original.journal.entries() if entry.seq <= seq]
    twin = rebuild(prefix, VENDORS)
    in_order = {(d.id, a.number): (d, a) for d, a in twin.to_send}
    assert sorted(in_order) == sorted(waiting)
    twin.to_send.clear()
    twin.to_send.extend(in_order[key] for key in waiting)
    for kind, what in before[cut + 1 :] + after:
        act(twin, kind, what)
    for kind, what in after:
        act(original, kind, what)
    assert b"".join(twin.journal.lines()) == b"".join(original.journal.lines())
