"""Instants on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from emulator.vendor_wire.times import india_time, iso, iso_milliseconds, whole_seconds

AT = datetime(2026, 1, 1, 23, 59, 59, 999_999, tzinfo=UTC)
instants = st.datetimes(datetime(1971, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))


def test_fractions_are_cut() -> None:
    assert iso(AT) == "2026-01-01T23:59:59Z"
    assert iso_milliseconds(AT) == "2026-01-01T23:59:59.999Z"
    assert india_time(AT) == "2026-01-02 05:29:59"


def test_what_never_was_is_nothing() -> None:
    assert iso(None) is None
    assert india_time(None) == ""
    assert whole_seconds(None, AT) == whole_seconds(AT, None) == 0


def test_zeros_are_shown() -> None:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    assert iso(midnight) == "2026-01-01T00:00:00Z"
    assert iso_milliseconds(midnight) == "2026-01-01T00:00:00.000Z"


@given(instants)
def test_every_instant_is_spelled_as_the_calendar_does(at: datetime) -> None:
    assert iso(at) == at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert iso_milliseconds(at) == f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
    assert india_time(at) == (at + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%d %H:%M:%S")


def test_india_is_where_its_zone_is() -> None:
    assert india_time(AT) == AT.astimezone(ZoneInfo("Asia/Kolkata")).strftime("%Y-%m-%d %H:%M:%S")


@given(instants, instants)
def test_a_difference_is_that_of_the_instants_shown(since: datetime, until: datetime) -> None:
    shown = datetime.fromisoformat(iso(until) or "") - datetime.fromisoformat(iso(since) or "")
    assert whole_seconds(since, until) == shown.total_seconds()
