"""A vendor's own id of a leg."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from emulator.engine import Engine
from emulator.engine import commands as c
from emulator.engine import program as p

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_leg_is_named_by_the_instant_its_call_began() -> None:
    engine = Engine(lambda vendor, leg, at: f"{at:%S}.{leg.partition('.')[0]}")
    engine.handle(c.PlaceCall("acme", "+1", "+14155550000", p.Program((p.Dial((p.Target("+14155550001"),)),))), START)
    engine.handle(c.Answer("c1.0"), START + timedelta(seconds=5))
    assert [leg.name for leg in engine.legs.values()] == ["00.c1", "00.c1"]
    assert engine.named("acme", "00.c1") is engine.legs["c1.0"]
