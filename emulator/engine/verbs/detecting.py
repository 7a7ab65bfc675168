"""Detect: who answered, a person or a machine. What the far end's greeting is decides; no greeting is a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.engine import program as p
from emulator.engine.causes import MACHINE
from emulator.engine.events import MachineDetected
from emulator.engine.signals import Enter, Greeted, NoReplied, Replied, Signal, Step, TimedOut

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["detect"]


def detect(core: Core, leg: Leg, frame: Frame, verb: p.Detect, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        frame.state = core.now + verb.limit
        if leg.greeting is None:
            core.wait(leg, frame, "limit", verb.limit)
        else:
            _decide_soon(core, leg, frame)
        return Step.WAIT
    if isinstance(signal, Greeted):
        if frame.state is not None:
            _decide_soon(core, leg, frame)
        return Step.PASS
    if isinstance(signal, TimedOut):
        return _decided(core, leg, frame, verb)
    if isinstance(signal, Replied | NoReplied):
        return Step.DONE if verb.hook is None else core.answered(leg, verb.hook, signal)
    return Step.PASS


def _decide_soon(core: Core, leg: Leg, frame: Frame) -> None:
    nominal = core.nominal
    span = nominal.machine_decision if leg.greeting else nominal.human_decision
    core.wait(leg, frame, "decide", min(span, frame.state - core.now))


def _decided(core: Core, leg: Leg, frame: Frame, verb: p.Detect) -> Step:
    frame.state = None  # decided: a later greeting changes nothing
    leg.machine = bool(leg.greeting)
    leg.changed()
    core.emit(MachineDetected(core.now, leg.snapshot(), leg.machine))
    ends = verb.hang_up and leg.machine
    hook = verb.hook
    if ends and hook is not None and hook.awaited and not frame.is_beside:
        hook = None
    step = core.consult(leg, frame, hook, {"machine": leg.machine, "heard": leg.greeting is not None})
    if ends:
        core.end(leg, MACHINE, "platform")
        return Step.WAIT
    return step
