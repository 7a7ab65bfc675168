"""Supervise: a third leg on the bridge of two others; it listens, whispers to one, or talks with both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.engine import events as e
from emulator.engine import program as p
from emulator.engine.legs import Watch
from emulator.engine.signals import Enter, Gone, Leave, NoReplied, Replied, Signal, Step

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["supervise"]


def supervise(core: Core, leg: Leg, frame: Frame, verb: p.Supervise, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        return _begin(core, leg, frame, verb)
    watch: Watch | None = frame.state
    if isinstance(signal, Leave):
        if leg.watch is watch and watch is not None:
            fields = _end(core, leg, verb, watch, "hangup")
            if signal.is_end and verb.hook is not None:
                core.emit(e.Told(core.now, leg.snapshot(), verb.hook, fields))
    elif isinstance(signal, Gone) and watch is not None:
        return core.consult(leg, frame, verb.hook, _end(core, leg, verb, watch, "over"))
    elif isinstance(signal, Replied | NoReplied) and verb.hook is not None:
        return core.answered(leg, verb.hook, signal)
    return Step.PASS


def _begin(core: Core, leg: Leg, frame: Frame, verb: p.Supervise) -> Step:
    of = core.legs.get(verb.of)
    if of is None or of.bridge is None or leg in of.bridge.members:
        return core.consult(
            leg, frame, verb.hook, {"outcome": "none", "of": verb.of, "mode": verb.mode, "seconds": 0.0}
        )
    watch = frame.state = leg.watch = Watch(leg, of, of.bridge, verb.mode, frame, core.now)
    of.bridge.watches.append(watch)
    leg.changed()
    core.emit(e.SupervisionStarted(core.now, leg.snapshot(), of.snapshot(), watch.mode))
    return Step.WAIT


def _end(core: Core, leg: Leg, verb: p.Supervise, watch: Watch, outcome: str) -> dict[str, Any]:
    watch.bridge.watches.remove(watch)
    leg.watch = None
    core.emit(e.SupervisionEnded(core.now, leg.snapshot(), watch.of.snapshot(), watch.mode))
    seconds = (core.now - watch.since).total_seconds()
    return {"outcome": outcome, "of": verb.of, "mode": watch.mode, "seconds": seconds}
