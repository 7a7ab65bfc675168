"""A scenario, read: who is at which number, who calls and when, on what kind of day.

As JSON, everywhere the same; every key may be absent:

    {"ringback": 1, "name": "...", "seed": 7, "vendor": "...", "default": {...}, "numbers": {"+9198*": {...}},
     "calls": [{"at": "10s", "from": "+919876543210"}], "faults": [...], "settings": {vendor: {...}}, "play": {...}}

`play` is for whoever plays a scenario against an application: it is not looked into here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.values import field, value
from emulator.errors import UsageError
from emulator.scenarios.callers import IncomingCalls, parse_calls
from emulator.scenarios.casting import Casting
from emulator.scenarios.casting_json import parse_casting
from emulator.scenarios.directory import Directory
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.faults import Fault

__all__ = ["KEYS", "VERSION", "Scenario"]

VERSION: Final = 1
KEYS: Final = (
    "ringback", "name", "description", "seed", "vendor", "default", "numbers", "calls", "faults", "settings", "play",
)  # fmt: skip
_MOST_SEED: Final = 2**53 - 1


@value
class Scenario:
    """See the module. `seed` None: the sandbox's. `faults` None leaves those of the sandbox as they are."""

    default: Casting = field(default_factory=FarEnd)
    numbers: Mapping[str, Casting] = field(default_factory=dict, hash=False)
    calls: tuple[IncomingCalls, ...] = ()
    seed: int | None = None
    vendor: str = ""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    faults: tuple[Fault, ...] | None = None

    @staticmethod
    def from_json(data: Any, where: str = "scenario") -> Scenario:
        """Raises: UsageError, naming the path under `where`."""
        told = _object(data, where)
        for key in told:
            if key not in KEYS:
                raise UsageError(f"{where}.{key}: no such key; expected one of {', '.join(KEYS)}")
        _check_plain(told, where)
        numbers = {
            number: parse_casting(item, f"{where}.numbers[{number!r}]")
            for number, item in _object(told.get("numbers", {}), f"{where}.numbers").items()
        }
        _check_numbers(numbers, where)
        settings = _object(told.get("settings", {}), f"{where}.settings")
        return Scenario(
            default=parse_casting(told.get("default", {}), f"{where}.default"),
            numbers=numbers,
            calls=parse_calls(told.get("calls", ()), f"{where}.calls"),
            seed=told.get("seed"),
            vendor=told.get("vendor", ""),
            settings={name: _object(item, f"{where}.settings.{name}") for name, item in settings.items()},
            faults=Fault.list_from_json(told["faults"], f"{where}.faults") if told.get("faults") is not None else None,
        )


def _check_plain(told: Mapping[str, Any], where: str) -> None:
    version = told.get("ringback", VERSION)
    if version != VERSION or isinstance(version, bool):
        raise UsageError(f"{where}.ringback: expected {VERSION}, the version of the format, got {version!r:.40}")
    for key in ("name", "description", "vendor"):
        if not isinstance(told.get(key, ""), str):
            raise UsageError(f"{where}.{key}: expected text, got {told[key]!r:.40}")
    seed = told.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= _MOST_SEED):
        raise UsageError(f"{where}.seed: expected a whole number from 0 to 2**53 - 1, got {seed!r:.40}")
    _object(told.get("play", {}), f"{where}.play")


def _check_numbers(numbers: Mapping[str, Casting], where: str) -> None:
    directory = Directory()
    for number, casting in numbers.items():
        try:
            directory.set(number, casting)
        except UsageError as error:
            raise UsageError(f"{where}.numbers[{number!r}]: {str(error).partition(': ')[2]}") from None


def _object(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise UsageError(f"{where}: expected an object, got {data!r:.40}")
    for key in data:
        if not isinstance(key, str):
            raise UsageError(f"{where}: expected keys of text, got {key!r:.40}")
    return dict(data)
