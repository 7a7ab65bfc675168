"""A scenario by the name of a preset, by a path, or as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from emulator.errors import UsageError
from emulator.scenario_files.checking import checked, placed, problem_of
from emulator.scenario_files.problems import BadScenario
from emulator.scenario_files.reading import read_yaml
from emulator.scenarios.places import fill_all, names_in

__all__ = ["More", "Preset", "app_names", "find", "load", "presets", "read", "with_apps"]

FOLDER: Final = Path(__file__).parent / "presets"
SUFFIXES: Final = (".yaml", ".yml", ".json")

More = Callable[[Any], object]
"""What else must hold of a scenario that is right so far: raises `UsageError`, its text beginning with the path."""


class Preset:
    """A scenario that comes with us."""

    def __init__(self, path: Path) -> None:
        self.name, self.path = path.stem, path

    def load(self) -> dict[str, Any]:
        return read(self.path.read_bytes(), self.name)


def presets() -> list[Preset]:
    """By name."""
    return [Preset(path) for path in sorted(FOLDER.glob("*.yaml"))]


def load(told: str | Path | Mapping[str, Any], base: Iterable[Path] = (Path(),)) -> dict[str, Any]:
    """The scenario as a sandbox takes it: a preset by name, a file by its path below one of `base`, or a mapping.

    Raises: BadScenario, UsageError for what is not there.
    """
    if isinstance(told, Mapping):
        return dict(told)
    path = find(told, base)
    name = str(told)
    return read(path.read_bytes(), name)


def find(told: str | Path, base: Iterable[Path] = (Path(),)) -> Path:
    """The file of a preset or a path. Raises: UsageError."""
    for folder in base:
        if (folder / told).is_file():
            return folder / told
    name = str(told)
    if isinstance(told, str) and "/" not in name and not name.endswith(SUFFIXES):
        wanted = "-".join(name.lower().split())
        names = [preset.name for preset in presets()]
        if wanted in names:
            return FOLDER / f"{wanted}.yaml"
        close = get_close_matches(wanted, names, 1)
        guess = f"; perhaps {close[0]!r}" if close else ""
        raise UsageError(f"scenario: no preset and no file {name!r}{guess}; the presets are {', '.join(names)}")
    raise UsageError(f"scenario: there is no file {name!r}")


def read(data: bytes, source: str, more: More | None = None) -> dict[str, Any]:
    """The scenario in a file's bytes, checked. Raises: BadScenario with everything that is wrong, in order."""
    document = read_yaml(data, source)
    made, found = checked(document)
    if not found and more is not None:
        try:
            more(made)
        except UsageError as error:
            found = [placed(str(error), document)]
    if found:
        problems = [problem_of(finding, document) for finding in found]
        raise BadScenario(source, sorted(problems, key=lambda problem: (problem.line, problem.column)))
    scenario: dict[str, Any] = made
    return scenario


def with_apps(scenario: Mapping[str, Any], apps: Iterable[str] = ()) -> dict[str, Any]:
    """The scenario with the addresses of applications in its settings: `{app}`, `{app2}`, ... in order.

    Raises: UsageError, when it names one that is not there.
    """
    if "settings" not in scenario:
        return dict(scenario)
    known = app_names(apps)
    for name in sorted(names_in(scenario["settings"])):
        if name not in known:
            raise UsageError(f"scenario.settings: it has to know where your application is, {{{name}}}: say --app URL")
    return {**scenario, "settings": fill_all(scenario["settings"], known, "scenario.settings")}


def app_names(apps: Iterable[str]) -> dict[str, str]:
    """`app`, `app2`, ..., by the addresses in order, without a slash at the end."""
    return {f"app{index if index > 1 else ''}": url.rstrip("/") for index, url in enumerate(apps, 1)}
