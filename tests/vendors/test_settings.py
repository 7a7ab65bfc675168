"""Settings of every vendor: what cannot be is refused by its key, with what came and what is expected."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.control.operations import ControlError
from emulator.control.reading import read_settings as read_wire_settings
from emulator.errors import UsageError
from emulator.runtime.changes import read_settings
from emulator.runtime.vendors import load_vendors
from emulator.vendor_api import Vendor

VENDORS = load_vendors()
URLS = ["nope", "not a url", "/answer", "ftp://a/b", "http://", "http://[::1", "http://a:99999"]
LISTED = {
    "servetel": {
        "webhooks": {"trigger": "hangup"},
        "dialplans": {"id": "a"},
        "recordings": {"id": "a", "name": "b"},
    }
}  # fmt: skip
HUGE = 10**15


def refused(vendor: str, values: dict[str, Any]) -> str:
    """The same from both ways in: their paths, and what came."""
    settings = VENDORS[vendor].settings
    with pytest.raises(UsageError) as told:
        read_settings(settings, values)
    with pytest.raises(ControlError) as answered:
        read_wire_settings(values, settings, "settings")
    path, _, _ = str(told.value).partition(": expected ")
    assert answered.value.message.startswith(f"{path}: expected ")
    assert str(told.value).rpartition(", got ")[2].strip("'") == answered.value.message.rpartition(", got ")[2].strip(
        "\"'"
    )
    return str(told.value)


def _named(vendor: Vendor, ending: str) -> list[str]:
    return [name for name in vendor.settings.__dataclass_fields__ if name.endswith(ending)]


def _urls(vendor: Vendor) -> list[str]:
    return _named(vendor, "_url") + _named(vendor, "_hook")


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(("vendor", "key"), [(name, key) for name, each in VENDORS.items() for key in _urls(each)])
def test_a_url_that_is_none_is_refused(vendor: str, key: str, url: str) -> None:
    told = refused(vendor, {key: url})
    assert told.startswith(f"settings.{key}: expected an http") and told.endswith(f"got {url!r}")


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    ("vendor", "key", "row"), [(name, key, row) for name, rows in LISTED.items() for key, row in rows.items()]
)
def test_a_url_in_a_list_that_is_none_is_refused_with_its_place(
    vendor: str, key: str, row: dict[str, Any], url: str
) -> None:
    good = {**row, "url": "http://[::1]:8000/a"}
    told = refused(vendor, {key: [good, {**good, "url": url}]})
    assert told.startswith(f"settings.{key}[1].url: expected an http or https URL") and told.endswith(f"got {url!r}")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_url_may_be_any_that_can_be_asked_or_none(vendor: str) -> None:
    for url in ("", "http://127.0.0.1:8000/a?b=c", "https://[::1]/"):
        for key in _urls(VENDORS[vendor]):
            assert getattr(read_settings(VENDORS[vendor].settings, {key: url}), key) == url


NUMBERS: list[tuple[str, str, float, float]] = [
    ("jambonz", "rate_limit", 0, 1_000_000_000),
    ("jambonz", "rate_limit_seconds", 1, 31_622_400),
    ("jambonz", "record_seconds", 0, 31_622_400),
    ("jambonz", "unanswered_record_seconds", 0, 31_622_400),
    ("servetel", "webhook_retries", 0, 10),
    ("servetel", "webhook_retry_wait", 0, 86_400),
    ("servetel", "agent_ring_timeout", 0.5, 86_400),
    ("servetel", "customer_ring_timeout", 0.5, 86_400),
]


def test_every_number_has_bounds() -> None:
    found = {
        (name, field.name)
        for name, vendor in VENDORS.items()
        for field in vendor.settings.__dataclass_fields__.values()
        if not isinstance(field.default, bool)
        and isinstance(field.default, int | float)
        and not str(field.type).startswith("Literal")
    }
    assert found == {(vendor, key) for vendor, key, _, _ in NUMBERS}


@pytest.mark.parametrize(("vendor", "key", "least", "most"), NUMBERS)
def test_a_number_beyond_its_bounds_is_refused(vendor: str, key: str, least: float, most: float) -> None:
    settings = VENDORS[vendor].settings
    for good in (least, most):
        assert getattr(read_settings(settings, {key: good}), key) == good
    for bad in (-5, -1, int(least) - 1, int(most) + 1, HUGE):
        assert refused(vendor, {key: bad}).startswith(f"settings.{key}: expected ")


def test_a_department_rings_for_some_time_and_no_longer_than_a_day() -> None:
    for bad in (0, -1, 86_401):
        row = {"id": "1", "name": "a", "agents": [], "timeout": bad}
        assert refused("servetel", {"departments": [row]}).startswith("settings.departments[0].timeout: expected ")
