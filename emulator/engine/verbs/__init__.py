"""How each verb runs: one pure step per kind, `step(core, leg, frame, verb, signal)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from emulator.engine import program as p
from emulator.engine.signals import Step
from emulator.engine.verbs import (
    conferencing,
    detecting,
    dialling,
    flow,
    gathering,
    media,
    queueing,
    recording,
    supervising,
)  # fmt: skip

__all__ = ["STEPS"]

STEPS: Final[dict[type, Callable[..., Step]]] = {
    p.Fetch: flow.fetch,
    p.HangUp: flow.hang_up,
    p.AnswerVerb: flow.answer,
    p.Tag: flow.tag,
    p.Beside: flow.beside,
    p.Say: media.say,
    p.Play: media.play,
    p.Pause: media.pause,
    p.SendDigits: media.send_digits,
    p.Beep: media.beep,
    p.Gather: gathering.gather,
    p.Detect: detecting.detect,
    p.Dial: dialling.dial,
    p.Conference: conferencing.conference,
    p.Enqueue: queueing.enqueue,
    p.Dequeue: queueing.dequeue,
    p.Leave: queueing.leave,
    p.Supervise: supervising.supervise,
    p.Record: recording.record,
    p.RecordCall: recording.record_call,
    p.StopRecording: recording.stop_recording,
    p.PauseRecording: recording.pause_recording,
}


def _check(steps: dict[type, Any]) -> None:
    missing = {kind.__name__ for kind in p.Verb.__args__} - {kind.__name__ for kind in steps}
    if missing:
        raise TypeError(f"verbs without a step: {missing}")


_check(STEPS)
