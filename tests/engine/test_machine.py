"""The engine against its model: whatever is done, in whatever order, the next events are those foretold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import BUSY, HANGUP, REJECTED
from emulator.engine.program import Dial, Fetch, Gather, HangUp, Hook, Pause, Program, Record, Say, Target, Verb
from emulator.errors import Refused
from tests.engine.desk import Desk
from tests.engine.model import Model, Party, seen

seconds = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]).map(lambda n: timedelta(seconds=n))
maybe = st.none() | seconds
flags = st.booleans()
hooks = st.builds(
    Hook,
    url=st.just("http://app/"),
    awaited=st.sampled_from([True, True, False]),
    on_failure=st.sampled_from(["end", "next"]),
    on_empty=st.sampled_from(["next", "end", "idle"]),
    cause=st.sampled_from([None, REJECTED]),
)
says = st.builds(Say, text=st.sampled_from(["", "x" * 15, "y" * 30]), loop=st.sampled_from([1, 1, 2, 0]))
pauses = st.builds(Pause, length=seconds)
gathers = st.builds(
    Gather,
    hook=st.none() | hooks,
    prompts=st.lists(says | pauses, max_size=2).map(tuple),
    max_digits=st.sampled_from([1, 2, 3, 4]),
    valid=st.sampled_from(["", "", "12"]),
    first_timeout=seconds,
    digit_timeout=seconds,
    barge_in=flags,
    ask_when_empty=flags,
    attempts=st.sampled_from([1, 2]),
)
dials = st.builds(
    Dial,
    targets=st.sampled_from([(Target("+911111111111"),), (Target("+911111111111"), Target("+912222222222"))]),
    ring_timeout=seconds,
    time_limit=maybe,
    hook=st.none() | hooks,
    end_on_star=flags,
    end_with_child=flags,
)
records = st.builds(
    Record,
    hook=st.none() | hooks,
    done=st.sampled_from([None, Hook("http://app/done", awaited=False)]),
    beep=flags,
    max_length=maybe,
    silence_timeout=maybe,
    finish_on=st.sampled_from(["", "#", "12"]),
    tell_on_end=flags,
)
hang_ups = st.builds(HangUp, refuse=st.sampled_from([None, BUSY]), after=maybe)
fetches = st.builds(Fetch, hooks)
verbs: st.SearchStrategy[Verb] = st.one_of(
    gathers, gathers, dials, dials, dials, records, says, pauses, hang_ups, fetches
)
programs = st.builds(
    Program,
    verbs=st.lists(verbs, max_size=3).map(tuple),
    exhausted=st.sampled_from(["idle", "hang_up"]),
    exhausted_cause=st.sampled_from([None, "inherit"]),
)
any_leg = st.integers(0, 1000)
orders = st.sampled_from([(0, 1), (1, 0), (0,), (1,)])
gaps = st.sampled_from([0.0, 0.25, 0.25, 0.5, 1.0, 1.0, 2.0, 3.0, 7.5])

REFUSALS = {
    "Ring": {"ringing": "already_ringing", "early media": "already_ringing", "answered": "already_answered"},
    "EarlyMedia": {"early media": "already_ringing", "answered": "already_answered"},
    "Answer": {"answered": "already_answered"},
    "Fail": {"answered": "already_answered"},
    "Press": {"queued": "not_answered", "ringing": "not_answered"},
    "Hold": {"queued": "not_answered", "ringing": "not_answered", "early media": "not_answered"},
    "Redirect": {"queued": "not_answered", "ringing": "not_answered", "early media": "not_answered"},
}


def room(machine: CallMachine) -> bool:
    return machine.model.calls < 3


def legs(machine: CallMachine) -> bool:
    return bool(machine.model.parties)


def targets(machine: CallMachine) -> list[Party]:
    """Children that still ring."""
    return [leg for leg in machine.model.parties.values() if leg.parent and leg.state not in ("answered", "ended")]


def bridged(machine: CallMachine) -> list[Party]:
    return [leg for leg in machine.model.parties.values() if leg.partner]


def waiting(machine: CallMachine) -> list[Party]:
    return [leg for leg in machine.model.parties.values() if leg.ask]


def timers(machine: CallMachine) -> bool:
    return bool(machine.model.timers)


class CallMachine(RuleBasedStateMachine):
    """Catches, each planted once by hand and seen:

    - deadlines: unsorted ones (a later timer of an equal instant first); `<` for `<=`; an agenda that is a
      stack; an endless prompt counted as finite;
    - limits: a ring timer that outlives the answer; a ring limit that starts anew with early media; a time limit
      counted from dialling;
    - programs: a signal to a frame that has not begun; a verb entered twice; a scheduled hang-up that dies with its
      program; what is cut reported as heard whole; a hang-up before the answer that is not a cancellation;
    - asks: a reply taken for an older ask; an ask that outlives a redirect;
    - dials: a loser that rings on; a ring timer that outlives the dial; a child that survives its parent's redirect;
      one of a transfer that falls; a child taken away that ends its parent, or that its parent still dials; a cause
      that is not inherited; a snapshot that is older than the bridge; a hold that outlives the leg;
    - recordings: a key that ends one without its hook; silence that counts from the start; one that is left untold;
    - gathers: a barge-in that leaves the prompt sounding; an ignored key that puts off a timeout; a digit timeout that
      the next key does not start anew; one attempt too many.
    """

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.model = Model()

    # --- what is done ----------------------------------------------------------------------------------------

    def do(self, command: c.Command) -> None:
        """Give it to both; the model has already said what it thinks of it."""
        self.model.drain()
        self.expect(self.desk.engine.handle(command, self.desk.now))

    def expect(self, events: list[e.Event]) -> None:
        foretold, self.model.said = self.model.said, []
        assert [seen(event) for event in events] == foretold
        self.desk._kept(events)

    def settle(self) -> None:
        self.model.wake(self.desk.now)
        self.expect(self.desk.engine.wake(self.desk.now))

    def chosen(self, number: int, of_all: bool = False) -> Party:
        """A live leg rather than an ended one, unless of all."""
        everybody = [*self.model.parties.values()]
        parties = everybody if of_all else [leg for leg in everybody if leg.state != "ended"] or everybody
        return parties[number % len(parties)]

    @precondition(room)
    @rule(plan=programs, ring_timeout=maybe, ring_limit=maybe, time_limit=maybe)
    def place(self, plan: Program, **limits: Any) -> None:
        self.settle()
        self.model.calls += 1
        leg = self.model.party(f"c{self.model.calls}")
        leg.plan, leg.ring_limit, leg.time_limit = plan, limits["ring_limit"], limits["time_limit"]
        self.model.say("Dialed", leg)
        self.model.due(leg, "ring", limits["ring_timeout"])
        self.do(c.PlaceCall("acme", "+14155550100", "+919876543210", plan, **limits))

    @precondition(room)
    @rule(plan=programs, time_limit=maybe)
    def arrive(self, plan: Program, time_limit: timedelta | None) -> None:
        self.settle()
        self.model.calls += 1
        leg = self.model.party(f"c{self.model.calls}")
        leg.state, leg.has_rung, leg.time_limit = "ringing", True, time_limit
        self.model.say("Arrived", leg)
        self.model.become(leg, plan)
        leg.is_inbound = True
        self.do(c.Arrive("acme", "+919876543210", "+14155550100", plan, time_limit))

    def command(self, number: int, make: Any, apply: Any, of_all: bool = False) -> None:
        """Legal by the law: apply; else expect the refusal."""
        leg = self.chosen(number, of_all)
        self.settle()
        command = make(leg.id)
        reason = "call_ended" if leg.state == "ended" else REFUSALS.get(type(command).__name__, {}).get(leg.state)
        if reason is not None and not (getattr(command, "early", False) and leg.state != "ended"):
            with pytest.raises(Refused, match=reason):
                self.desk.engine.handle(command, self.desk.now)
            return
        apply(leg)
        self.do(command)

    @precondition(legs)
    @rule(number=any_leg)
    def ring(self, number: int) -> None:
        self.command(number, c.Ring, lambda leg: self.model.ring(leg, "ringing"))

    @precondition(legs)
    @rule(number=any_leg)
    def early_media(self, number: int) -> None:
        self.command(number, c.EarlyMedia, lambda leg: self.model.ring(leg, "early media"))

    @precondition(legs)
    @rule(number=any_leg)
    def answer(self, number: int) -> None:
        self.command(number, c.Answer, self.model.answer)

    @precondition(room)
    @rule(plan=programs, ring_limit=seconds, gap=gaps)
    def ring_at_length(self, plan: Program, ring_limit: timedelta, gap: float) -> None:
        """A call that rings, and then rings with a tune."""
        self.place(plan, ring_timeout=None, ring_limit=ring_limit, time_limit=None)
        number = [*self.model.parties].index(f"c{self.model.calls}.0")
        self.command(number, c.Ring, lambda leg: self.model.ring(leg, "ringing"), of_all=True)
        self.time_passes(gap)
        self.command(number, c.EarlyMedia, lambda leg: self.model.ring(leg, "early media"), of_all=True)

    @precondition(room)
    @rule(plan=programs)
    def talk(self, plan: Program) -> None:
        """A call that is answered at once."""
        self.place(plan, ring_timeout=None, ring_limit=None, time_limit=None)
        leg = self.model.parties[f"c{self.model.calls}.0"]
        self.model.answer(leg)
        self.do(c.Answer(leg.id))

    @precondition(targets)
    @rule(number=any_leg, fails=flags)
    def child_decides(self, number: int, fails: bool) -> None:
        self.settle()
        if ringing := targets(self):
            leg = ringing[number % len(ringing)]
            if fails:
                self.model.end(leg, "busy", "carrier")
            else:
                self.model.answer(leg)
            self.do(c.Fail(leg.id, BUSY) if fails else c.Answer(leg.id))

    @precondition(room)
    @rule(verb=dials, plan=programs, fates=st.sampled_from([[False], [True], [True, False], [True, True]]))
    def targets_are_dialled(self, verb: Dial, plan: Program, fates: list[bool]) -> None:
        self.talk(Program((verb, *plan.verbs), plan.exhausted, plan.exhausted_cause))
        for fails in fates:
            self.child_decides(0, fails)

    @precondition(room)
    @rule(verb=dials, plans=st.tuples(programs, programs), order=orders)
    def two_are_bridged_and_parted(self, verb: Dial, plans: tuple[Program, Program], order: tuple[int, ...]) -> None:
        self.talk(Program((verb,), "idle"))
        self.child_decides(0, fails=False)
        self.transfer(-1, plans, order)

    @precondition(room)
    @rule(verb=gathers, keys=st.lists(st.tuples(st.sampled_from("1111229#"), gaps), min_size=1, max_size=4))
    def keys_are_gathered(self, verb: Gather, keys: list[tuple[str, float]]) -> None:
        """A call that begins with a gather, and somebody who types."""
        self.talk(Program((verb,), "idle"))
        for digit, gap in keys:
            self.time_passes(gap)
            self.press([*self.model.parties].index(f"c{self.model.calls}.0"), digit, of_all=True)

    @precondition(room)
    @rule(verb=records, keys=st.lists(st.tuples(st.sampled_from("1259#"), gaps), max_size=4), then=says)
    def keys_are_recorded(self, verb: Record, keys: list[tuple[str, float]], then: Say) -> None:
        """A call that records, and somebody who types."""
        self.talk(Program((verb, then), "idle"))
        for digit, gap in keys:
            self.time_passes(gap)
            self.press([*self.model.parties].index(f"c{self.model.calls}.0"), digit, of_all=True)

    @precondition(legs)
    @rule(number=any_leg)
    def fail(self, number: int) -> None:
        self.command(number, lambda leg: c.Fail(leg, BUSY), lambda leg: self.model.end(leg, "busy", "carrier"))

    @precondition(legs)
    @rule(number=any_leg, digits=st.text("112299#*", min_size=1, max_size=2))
    def press(self, number: int, digits: str, of_all: bool = False) -> None:
        def press(leg: Party) -> None:
            for digit in digits:
                if leg.state != "ended":
                    self.model.say("DigitPressed", leg, digit)
                    self.model.agenda.append((leg, ("digit", digit)))
                    self.model.drain()

        self.command(number, lambda leg: c.Press(leg, digits), press, of_all)

    @precondition(legs)
    @rule(number=any_leg, held=flags)
    def hold(self, number: int, held: bool) -> None:
        def hold(leg: Party) -> None:
            if leg.is_held != held:
                leg.is_held = held
                self.model.say("HeldChanged", leg, held)

        self.command(number, lambda leg: c.Hold(leg, held), hold)

    @precondition(legs)
    @rule(number=any_leg, bridged=flags)
    def hang_up(self, number: int, bridged: bool) -> None:
        def hang_up(leg: Party) -> None:
            cause = "hangup" if leg.state == "answered" else "cancelled"
            partner = leg.partner
            self.model.end(leg, cause, "callee")
            if bridged and partner is not None:
                self.model.end(partner, cause, "callee")

        self.command(number, lambda leg: c.HangUp(leg, "callee", HANGUP, bridged), hang_up)

    @precondition(legs)
    @rule(number=any_leg, plans=st.lists(programs, min_size=1, max_size=2), early=flags)
    def redirect(self, number: int, plans: list[Program], early: bool) -> None:
        """A leg that is named twice runs the last."""
        self.command(
            number,
            lambda leg: c.Redirect(tuple((leg, plan) for plan in plans), early),
            lambda leg: self.move([(leg, plan) for plan in plans]),
        )

    @precondition(bridged)
    @rule(number=any_leg, plans=st.tuples(programs, programs), order=orders)
    def transfer(self, number: int, plans: tuple[Program, Program], order: tuple[int, ...]) -> None:
        """Both legs of a bridge at once, or one of them."""
        self.settle()
        if not (up := bridged(self)):
            return
        leg = up[number % len(up)]
        assert leg.partner
        both = [*zip((leg, leg.partner), plans, strict=True)]
        taken = [both[index] for index in order]
        self.move(taken)
        self.do(c.Redirect(tuple((leg.id, plan) for leg, plan in taken)))

    def move(self, both: list[tuple[Party, Program]]) -> None:
        model = self.model
        model.moving = [leg for leg, _ in both]
        for leg, plan in both:
            if leg.parent and leg.parent not in model.moving:
                model.agenda.append((leg.parent, ("left", leg)))
            model.part(leg)
            if leg.state != "answered" and not leg.is_inbound:
                leg.plan = plan
            else:
                model.become(leg, plan)
        model.moving = []

    @precondition(waiting)
    @rule(number=any_leg, plan=st.none() | programs)
    def reply(self, number: int, plan: Program | None) -> None:
        self.answered(number, ("reply", plan), lambda ask: c.Reply(ask, plan))

    @precondition(waiting)
    @rule(number=any_leg)
    def no_reply(self, number: int) -> None:
        self.answered(number, ("no reply", "status", "500"), lambda ask: c.NoReply(ask, "status", "500"))

    def answered(self, number: int, signal: tuple[Any, ...], make: Any) -> None:
        self.settle()
        if asking := waiting(self):
            leg = asking[number % len(asking)]
            ask, leg.ask = leg.ask, ""
            self.model.agenda.append((leg, signal))
            self.desk.audit.waiting.pop(leg.id)
            self.do(make(ask))

    @precondition(legs)
    @rule(number=any_leg, older=st.integers(0, 3))
    def stale_reply(self, number: int, older: int) -> None:
        leg = self.chosen(number)
        self.settle()
        if leg.ask != f"{leg.id}#{older}":
            self.model.say("AnswerDropped", leg, f"{leg.id}#{older}")
            self.do(c.Reply(f"{leg.id}#{older}", Program(())))

    @rule(step=gaps)
    def time_passes(self, step: float) -> None:
        self.desk.now += timedelta(seconds=step)
        self.settle()

    @precondition(timers)
    @rule(before=flags)
    def time_passes_to_the_next_deadline(self, before: bool) -> None:
        """Or to just before it."""
        if timers(self):
            at, _ = min(self.model.timers.values())
            self.desk.now = max(self.desk.now, at - timedelta.resolution if before else at)
            self.settle()

    # --- what holds ----------------------------------------------------------------------------------------------

    @invariant()
    def deadlines_are_those_foretold(self) -> None:
        first = min(self.model.timers.values(), default=(None, 0))[0]
        assert self.desk.engine.next_deadline() == first
        assert len(self.desk.engine.timers) == len(self.model.timers)

    @invariant()
    def legs_are_as_foretold(self) -> None:
        for leg in self.model.parties.values():
            real = self.desk.engine.legs[leg.id]
            assert (real.state, real.awaiting or "") == (leg.state, leg.ask)

    @invariant()
    def books_hold_each_leg_once(self) -> None:
        book = self.desk.engine.book("acme")
        where = {leg: name for name in ("queued", "live", "ended") for leg in getattr(book, name)}
        expected = {"queued": "queued", "ended": "ended"}
        assert where == {leg.id: expected.get(leg.state, "live") for leg in self.model.parties.values()}

    def teardown(self) -> None:
        self.settle()
        for leg in [*self.model.parties.values()]:
            if leg.state != "ended":
                self.model.end(leg, "rejected", "api")
                self.do(c.HangUp(leg.id, "api", REJECTED))
        engine = self.desk.engine
        assert engine.next_deadline() is None
        assert not engine.has_finite_deadline
        assert not any(call.live for call in engine.calls.values())


TestCalls = CallMachine.TestCase
TestCalls.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
