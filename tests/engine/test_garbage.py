"""What is dropped is gone at once: the collector, whose pauses grow with what it looks at, has nothing to find."""

from __future__ import annotations

import gc

from emulator.engine import commands as c
from emulator.engine.program import Dial, Program, Say, Target
from tests.engine.desk import Desk

PROGRAM = Program((Say("Hello"), Dial((Target("+14155550101"), Target("+14155550102")))))


def test_a_dropped_call_leaves_no_cycle() -> None:
    desk = Desk()
    talk_and_drop(desk, "c1")  # what is made once, with the first of its kind, is not what we count
    gc.collect()
    gc.disable()
    try:
        talk_and_drop(desk, "c2")
        assert gc.collect() == 0
    finally:
        gc.enable()


def talk_and_drop(desk: Desk, call: str) -> None:
    desk.do(c.PlaceCall("acme", "+14155550100", "+919876543210", PROGRAM))
    desk.do(c.Answer(f"{call}.0"))
    desk.wait(30)
    desk.do(c.Answer(f"{call}.1"))
    desk.do(c.HangUp(f"{call}.0", "api"))
    desk.engine.drop(call)
    desk.events.clear()
