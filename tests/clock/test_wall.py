import time
from datetime import UTC, datetime, timedelta

import pytest

from emulator.clock import Clock, WallClock
from emulator.errors import UsageError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Machine:
    """The machine's monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_wall_clock_runs_as_many_times_as_fast_as_told() -> None:
    machine = Machine()
    clock: Clock = WallClock(20, NOON, tick=machine)

    machine.seconds += 1.5

    assert clock.now() == NOON + timedelta(seconds=30)
    assert (clock.mode, clock.speed) == ("real", 20)


def test_a_wall_clock_starts_now_unless_told() -> None:
    before = time.time()
    told = WallClock(tick=Machine()).now()
    after = time.time()

    assert told.tzinfo is UTC
    assert before - 1e-6 <= told.timestamp() <= after + 1e-6


def test_a_wall_clock_on_the_machine_never_goes_back() -> None:
    clock = WallClock(1000.0)

    told = [clock.now() for _ in range(1000)]

    assert told == sorted(told)
    assert told[0] < told[-1]


def test_seconds_until_are_real_seconds() -> None:
    machine = Machine()
    clock = WallClock(20, NOON, tick=machine)
    machine.seconds += 1

    assert clock.seconds_until(NOON + timedelta(seconds=60)) == pytest.approx(2.0)


def test_seconds_until_the_past_are_none() -> None:
    machine = Machine()
    clock = WallClock(20, NOON, tick=machine)
    machine.seconds += 1

    assert clock.seconds_until(NOON) == 0.0


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_that_does_not_move_forward_is_a_usage_error(speed: float) -> None:
    with pytest.raises(UsageError, match="above 0"):
        WallClock(speed)


def test_a_start_without_a_zone_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="time zone"):
        WallClock(1.0, datetime(2026, 1, 1))


def test_a_clock_that_is_behind_stands_a_moment_after_the_deadline_until_that_is_done() -> None:
    machine = Machine()
    clock = WallClock(20, NOON, tick=machine)
    due = [NOON + timedelta(seconds=1), NOON + timedelta(seconds=3)]
    clock.deadline = lambda: due[0] if due else None

    machine.seconds += 1.0

    assert clock.now() == clock.now() == due[0] + timedelta(milliseconds=20)
    assert clock.seconds_until(due[0]) == 0.0
    assert clock.seconds_until(NOON + timedelta(seconds=40)) == 1.0
    del due[0]
    assert clock.now() == due[0] + timedelta(milliseconds=20)
    del due[0]
    assert clock.now() == NOON + timedelta(seconds=20)


def test_a_clock_that_is_told_of_an_earlier_deadline_stands_and_does_not_go_back() -> None:
    machine = Machine()
    clock = WallClock(1.0, NOON, tick=machine)
    machine.seconds += 5.0
    told = clock.now()

    clock.deadline = lambda: NOON + timedelta(seconds=2)
    machine.seconds += 5.0

    assert clock.now() == told
