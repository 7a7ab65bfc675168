from datetime import UTC, datetime, timedelta, timezone

import pytest

from emulator.clock import Clock, VirtualClock
from emulator.errors import EmulatorBug, UsageError


def test_a_virtual_clock_starts_with_the_year_2026() -> None:
    clock: Clock = VirtualClock()

    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert (clock.mode, clock.speed) == ("virtual", 1.0)


def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC))
    before = clock.now()

    clock.move_to(before + timedelta(seconds=3.5))

    assert before == datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert clock.now() == before + timedelta(seconds=3.5)


def test_moving_to_the_present_is_no_move() -> None:
    clock = VirtualClock()

    clock.move_to(clock.now())

    assert clock.now() == VirtualClock().now()


def test_a_virtual_clock_never_goes_back_and_stays_where_it_was() -> None:
    clock = VirtualClock()
    before = clock.now()

    with pytest.raises(EmulatorBug, match=r"stands at 2026-01-01T00:00:00\+00:00 .* 2025-12-31T23:59:59"):
        clock.move_to(before - timedelta(seconds=1))

    assert clock.now() == before


def test_a_start_in_another_zone_is_told_in_utc() -> None:
    india = timezone(timedelta(hours=5, minutes=30))

    clock = VirtualClock(datetime(2026, 1, 1, 5, 30, tzinfo=india))

    assert clock.now().isoformat() == "2026-01-01T00:00:00+00:00"


def test_a_start_without_a_zone_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="time zone"):
        VirtualClock(datetime(2026, 1, 1))
