"""A second, smaller engine that predicts the first one's events, made another way: each leg runs one generator.

A verb is a generator that yields how long it waits and is sent what happens. Closing it is leaving it: what sounds is
cut, what is asked abandoned, what was dialled falls. It knows the verbs that `programs` makes and no others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from emulator.engine import Nominal
from emulator.engine import events as e
from emulator.engine import program as p
from tests.engine.desk import START

KEEP = "keep"
Wait = timedelta | str | None
Run = Generator[Wait, Any, None]
OUTCOMES = {"busy": "busy", "rejected": "rejected", "ring-timeout": "no-answer", "cancelled": "cancelled"}


class Become(Exception):
    """Another program stands in place of this one."""


class Over(Exception):
    """The leg ends: cause's kind, by."""


class Idle(Exception):
    """The program is over and the leg stays."""


class Party:
    """One leg, as far as it matters."""

    def __init__(self, leg: str, parent: Party | None) -> None:
        self.id, self.parent = leg, parent
        self.call = leg.partition(".")[0]
        self.state = "queued"
        self.has_rung = False
        self.is_inbound = False
        self.plan: p.Program | None = None
        self.run: Run | None = None
        self.has_begun = False
        self.ring_limit: timedelta | None = None
        self.time_limit: timedelta | None = None
        self.partner: Party | None = None
        self.is_held = False
        self.ask = ""
        self.asks = 0
        self.cause: str | None = None
        self.inherited: str | None = None
        self.recordings = 0


class Model:
    """`said` holds what the engine should say next; whoever compares takes it away."""

    def __init__(self) -> None:
        self.now: datetime = START
        self.parties: dict[str, Party] = {}
        self.calls = 0
        self.said: list[tuple[Any, ...]] = []
        self.timers: dict[tuple[str, str], tuple[datetime, int]] = {}
        self.set = 0
        self.scheduled: dict[str, p.HangUp] = {}
        self.agenda: deque[tuple[Party, Any]] = deque()
        self.moving: list[Party] = []

    # --- what is said, what is due ---------------------------------------------------------------------------

    def say(self, name: str, leg: Party, *detail: Any) -> None:
        partner = leg.partner.id if leg.partner else None
        self.said.append((name, self.now, leg.id, leg.state, partner, leg.is_held, *detail))

    def due(self, leg: Party, key: str, span: timedelta | None) -> None:
        self.timers.pop((leg.id, key), None)
        if span is not None:
            self.set += 1
            self.timers[leg.id, key] = (self.now + span, self.set)

    def wake(self, now: datetime) -> None:
        while self.timers and min(self.timers.values())[0] <= now:
            leg_id, key = min(self.timers, key=self.timers.__getitem__)
            self.now, _ = self.timers.pop((leg_id, key))
            leg = self.parties[leg_id]
            if key == "verb":
                self.send(leg, ("timer",))
            elif key.startswith("scheduled"):
                self.end(leg, self.hung_up(leg, self.scheduled[key]), "program")
            else:
                self.end(leg, {"ring": "ring-timeout", "time": "time-limit"}.get(key, key), "platform")
            self.drain()
        self.now = now

    def drain(self) -> None:
        while self.agenda:
            leg, signal = self.agenda.popleft()
            if signal == "enter":
                if not leg.has_begun:
                    leg.has_begun = True
                    self.send(leg, None)
            elif leg.has_begun:
                self.send(leg, signal)

    def send(self, leg: Party, signal: Any) -> None:
        if leg.state == "ended" or leg.run is None:
            return
        try:
            wait = leg.run.send(signal)
        except Become as other:
            self.become(leg, other.args[0])
        except Over as over:
            leg.run = None
            self.end(leg, *over.args)
        except Idle:
            leg.run = None
            self.due(leg, "verb", None)
            self.say("BecameIdle", leg)
        else:
            if not isinstance(wait, str):
                self.due(leg, "verb", wait)

    # --- legs --------------------------------------------------------------------------------------------------

    def party(self, call: str, parent: Party | None = None) -> Party:
        count = sum(1 for leg in self.parties.values() if leg.call == call)
        leg = self.parties[f"{call}.{count}"] = Party(f"{call}.{count}", parent)
        return leg

    def become(self, leg: Party, plan: p.Program) -> None:
        if leg.run is not None:
            leg.run.close()
        self.due(leg, "verb", None)
        leg.run, leg.has_begun = self.body(leg, plan), False
        self.agenda.append((leg, "enter"))

    def ring(self, leg: Party, state: str) -> None:
        leg.state = state
        if not leg.has_rung:
            leg.has_rung = True
            self.due(leg, "ring-limit", leg.ring_limit)
        self.say("RingingStarted" if state == "ringing" else "EarlyMediaStarted", leg)
        if leg.parent:
            self.agenda.append((leg.parent, ("ringing", leg)))

    def answer(self, leg: Party) -> None:
        leg.state = "answered"
        for key in ("ring", "ring-limit"):
            self.due(leg, key, None)
        self.due(leg, "time", leg.time_limit)
        self.say("Answered", leg)
        if leg.parent:
            self.agenda.append((leg.parent, ("up", leg)))
        if leg.plan is not None:
            plan, leg.plan = leg.plan, None
            self.become(leg, plan)

    def end(self, leg: Party, cause: str, by: str) -> None:
        if leg.state == "ended":
            return
        leg.cause = cause  # before it is left: a dial left by an ending leg speaks up
        if leg.run is not None:
            leg.run.close()
        self.part(leg)
        self.timers = {key: timer for key, timer in self.timers.items() if key[0] != leg.id}
        leg.state, leg.is_held = "ended", False
        self.say("Ended", leg, cause, by)
        if leg.parent:
            self.agenda.append((leg.parent, ("down", leg)))
        if all(other.state == "ended" for other in self.parties.values() if other.call == leg.call):
            self.say("CallEnded", self.parties[f"{leg.call}.0"])

    def part(self, leg: Party) -> None:
        if leg.partner is not None:
            other = leg.partner
            leg.partner = other.partner = None
            self.say("Unbridged", leg, other.id)

    # --- verbs ---------------------------------------------------------------------------------------------------

    def body(self, leg: Party, plan: p.Program) -> Run:
        for verb in plan.verbs:
            yield from getattr(self, f"run_{type(verb).__name__.lower()}")(leg, verb)
        if plan.exhausted == "idle":
            raise Idle
        if plan.exhausted_cause == "inherit" and leg.inherited:
            raise Over(leg.inherited, "partner")
        raise Over("program-end", "platform")

    def media(self, leg: Party) -> None:
        if leg.state != "answered":
            self.answer(leg)

    def run_say(self, leg: Party, verb: p.Say) -> Run:
        self.media(leg)
        length = Nominal().speech(verb.text)
        left = verb.loop
        while True:
            began = self.now
            self.say("SpeakingStarted", leg, verb.text, length.total_seconds())
            try:
                signal = yield length
                while signal != ("timer",):
                    signal = yield KEEP
            except GeneratorExit:
                heard = self.now - began
                cut = verb.text[: len(verb.text) * (heard // timedelta.resolution) // (length // timedelta.resolution)]
                self.say("Heard", leg, cut, heard.total_seconds(), heard == length)
                raise
            self.say("Heard", leg, verb.text, length.total_seconds(), True)
            left -= 1
            if left == 0:
                return

    def run_pause(self, leg: Party, verb: p.Pause) -> Run:
        signal = yield verb.length
        while signal != ("timer",):
            signal = yield KEEP

    def run_hangup(self, leg: Party, verb: p.HangUp) -> Run:
        if verb.after is None:
            raise Over(self.hung_up(leg, verb), "program")
        key = f"scheduled {self.set}"
        self.scheduled[key] = verb
        self.due(leg, key, verb.after)
        yield from ()

    def hung_up(self, leg: Party, verb: p.HangUp) -> str:
        return verb.refuse.kind if verb.refuse and leg.state != "answered" else verb.cause.kind

    def run_fetch(self, leg: Party, verb: p.Fetch) -> Run:
        yield from self.consult(leg, verb.hook, ())

    def consult(self, leg: Party, hook: p.Hook | None, fields: tuple[Any, ...]) -> Run:
        if hook is None:
            return
        if not hook.awaited:
            self.say("Told", leg, fields)
            return
        leg.asks += 1
        leg.ask = f"{leg.id}#{leg.asks}"
        self.say("Asked", leg, leg.ask, fields)
        try:
            what, *answer = yield None
            while what not in ("reply", "no reply"):
                what, *answer = yield KEEP
        except GeneratorExit:
            self.say("AskAbandoned", leg, leg.ask)
            raise
        finally:
            leg.ask = ""
        if what == "no reply":
            if hook.on_failure == "end":
                raise Over("application-failure", "application")
            self.say("AskFailed", leg, *answer)
        elif answer[0] is not None:
            raise Become(answer[0])
        elif hook.on_empty == "end":
            raise Over(hook.cause.kind if hook.cause else "program-end", "platform")
        elif hook.on_empty == "idle":
            raise Idle

    def run_gather(self, leg: Party, verb: p.Gather) -> Run:
        self.media(leg)
        for _ in range(max(1, verb.attempts)):
            key = yield from self.prompt(leg, verb)
            digits = ""
            wait: Wait = verb.first_timeout
            if not key:
                self.say("Listening", leg)
            while True:
                if not key:
                    signal = yield wait
                    wait = KEEP
                    if signal == ("timer",):
                        break
                    if signal[0] != "digit" or (verb.valid and signal[1] not in verb.valid + verb.finish_on):
                        continue
                    key = signal[1]
                pressed, key = key, ""
                if pressed in verb.finish_on:
                    yield from self.collected(leg, verb, digits, "key", pressed)
                    return
                digits += pressed
                if len(digits) == verb.max_digits:
                    yield from self.collected(leg, verb, digits, "max")
                    return
                wait = verb.digit_timeout
            if digits:
                yield from self.collected(leg, verb, digits, "timeout")
                return
        if verb.ask_when_empty:
            yield from self.consult(leg, verb.hook, ("", "", "nothing", ""))

    def prompt(self, leg: Party, verb: p.Gather) -> Generator[Wait, Any, str]:
        """The key that barged in, "" if none did. Prompts take their turn behind what else happens at this instant."""
        if verb.prompts:
            self.agenda.append((leg, ("prompt",)))
            signal = yield None
            while signal != ("prompt",):
                signal = yield KEEP
        for prompt in verb.prompts:
            inner = getattr(self, f"run_{type(prompt).__name__.lower()}")(leg, prompt)
            try:
                wait = next(inner)
                while True:
                    signal = yield wait
                    if signal[0] != "digit":
                        wait = inner.send(signal)
                        continue
                    wait = KEEP
                    if verb.barge_in and (not verb.valid or signal[1] in verb.valid + verb.finish_on):
                        return str(signal[1])
            except StopIteration:
                continue
            finally:
                inner.close()
        return ""

    def collected(self, leg: Party, verb: p.Gather, digits: str, by: str, key: str = "") -> Run:
        self.say("DigitsCollected", leg, digits, by)
        yield from self.consult(leg, verb.hook, (digits, "digits", by, key))

    def run_record(self, leg: Party, verb: p.Record) -> Run:
        self.media(leg)
        if verb.beep:
            yield from self.beep(leg)
        leg.recordings += 1
        name = f"{leg.id}-r{leg.recordings}"
        self.say("RecordingStarted", leg, name)
        self.say("Listening", leg)
        since = quiet = self.now
        wait = self.soonest(since, quiet, verb)
        key = ""
        try:
            signal = yield wait[0] if wait else None
            while signal != ("timer",) and not key:
                if signal[0] != "digit":
                    signal = yield KEEP
                elif signal[1] in verb.finish_on:
                    key = signal[1]
                else:
                    quiet = self.now
                    wait = self.soonest(since, quiet, verb)
                    signal = yield wait[0] if wait else KEEP
        except GeneratorExit:
            self.over(leg, verb, name, since, "hangup" if leg.cause else "redirect", "", is_left=True)
            raise
        why = "key" if key else wait[1] if wait else ""
        told = self.over(leg, verb, name, since, why, key, is_left=False)
        yield from self.consult(leg, verb.hook, told)

    def beep(self, leg: Party) -> Run:
        began, length = self.now, Nominal().beep
        self.say("SpeakingStarted", leg, "", length.total_seconds())
        try:
            signal = yield length
            while signal != ("timer",):
                signal = yield KEEP
        except GeneratorExit:
            heard = self.now - began
            self.say("Heard", leg, "", heard.total_seconds(), heard == length)
            raise
        self.say("Heard", leg, "", length.total_seconds(), True)

    def soonest(self, since: datetime, quiet: datetime, verb: p.Record) -> tuple[timedelta, str] | None:
        """What ends it by itself, and when; of two at one instant the length."""
        ends = [(since + verb.max_length, "max")] if verb.max_length is not None else []
        ends += [(quiet + verb.silence_timeout, "silence")] if verb.silence_timeout is not None else []
        at, why = min(ends) if ends else (None, "")
        return (at - self.now, why) if at else None

    def over(self, leg: Party, verb: p.Record, name: str, since: datetime, by: str, key: str, *, is_left: bool) -> Any:
        told = (name, (self.now - since).total_seconds(), by, key)
        self.say("RecordingEnded", leg, *told)
        if verb.done is not None:
            self.say("Told", leg, told)
        if is_left and verb.hook is not None and verb.tell_on_end:
            self.say("Told", leg, told)
        return told

    def run_dial(self, leg: Party, verb: p.Dial) -> Run:
        children = []
        for _ in verb.targets:
            children.append(self.party(leg.call, leg))
            self.say("Dialed", children[-1])
        last: Party | None = None
        winner: Party | None = None
        since, rang = self.now, False
        wait: Wait = verb.ring_timeout
        while True:
            try:
                what, *about = yield wait
            except GeneratorExit:
                for child in children:
                    if child not in self.moving:
                        self.end(child, "hangup" if child.state == "answered" else "cancelled", "partner")
                        last = child
                if leg.cause and verb.hook:
                    child = winner or last or leg
                    ran = since if winner else self.now
                    self.say("Told", leg, self.dialled("answered" if winner else "cancelled", child, rang, ran))
                raise
            wait = KEEP
            if what == "timer":
                for child in children:
                    self.end(child, "time-limit" if winner else "ring-timeout", "platform")
            elif what == "digit" and about == ["*"] and verb.end_on_star and winner:
                self.end(winner, "hangup", "partner")
            elif not about or about[0] not in children:
                continue
            elif what == "ringing":
                rang = True
            elif what == "up":
                winner, since = about[0], self.now
                for child in children:
                    if child is not winner:
                        self.end(child, "lost-race", "platform")
                self.media(leg)
                leg.partner, winner.partner = winner, leg
                self.say("Bridged", leg, winner.id)
                wait = verb.time_limit
            else:
                last = about[0]
                children.remove(last)
                if last is winner or not children:
                    break
        assert last
        leg.inherited = last.cause or leg.inherited
        outcome = OUTCOMES.get(last.cause or "", "failed")
        if winner:
            outcome = "time-limit" if last.cause == "time-limit" else "answered"
        self.due(leg, "verb", None)
        fields = self.dialled(outcome, last, rang, since if winner else self.now)
        if winner and verb.end_with_child and last.cause:
            if verb.hook:
                self.say("Told", leg, fields)
            raise Over(last.cause, "partner")
        yield from self.consult(leg, verb.hook, fields)

    def dialled(self, outcome: str, child: Party, rang: bool, since: datetime) -> tuple[Any, ...]:
        return outcome, child.id, rang, child.cause, (self.now - since).total_seconds()


def fields(said: dict[str, Any]) -> tuple[Any, ...]:
    """A hook's fields in the model's order."""
    if "outcome" in said:
        cause = said["cause"]
        return said["outcome"], said["child"], said["rang"], cause.kind if cause else None, said["seconds"]
    if "recording" in said:
        return said["recording"], said["seconds"], said["ended_by"], said["key"]
    return (said["digits"], said["input"], said["ended_by"], said["key"]) if "digits" in said else ()


def seen(event: e.Event) -> tuple[Any, ...]:
    """An engine's event as the model says it."""
    leg = event.leg
    if leg is None:
        return (type(event).__name__, event.at)
    common = (type(event).__name__, event.at, leg.id, leg.state, leg.partner, leg.is_held)
    match event:
        case e.Ended():
            return (*common, event.cause.kind, event.by)
        case e.SpeakingStarted():
            return (*common, event.text, event.seconds)
        case e.Heard():
            return (*common, event.text, event.seconds, event.whole)
        case e.DigitPressed():
            return (*common, event.digit)
        case e.DigitsCollected():
            return (*common, event.digits, event.ended_by)
        case e.Bridged() | e.Unbridged():
            return (*common, event.other.id)
        case e.RecordingStarted():
            return (*common, event.recording.id)
        case e.RecordingEnded():
            made = event.recording
            return (*common, made.id, made.seconds, made.ended_by, made.key)
        case e.HeldChanged():
            return (*common, event.is_held)
        case e.Asked():
            return (*common, event.ask, fields(event.fields))
        case e.Told():
            return (*common, fields(event.fields))
        case e.AskAbandoned() | e.AnswerDropped():
            return (*common, event.ask)
        case e.AskFailed():
            return (*common, event.why, event.text)
    return common
