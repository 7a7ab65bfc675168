"""What is wrong with a scenario file, and where in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.engine.values import value
from emulator.errors import UsageError

__all__ = ["BadScenario", "Path", "Problem", "shown_path", "shown_problem"]

Path = tuple[str | int, ...]


@value
class Problem:
    """`line` and `column` count from 1; 0 is nowhere in particular. `path` is for people: `numbers."+91*".outcome`."""

    message: str
    path: str = ""
    line: int = 0
    column: int = 0
    width: int = 1
    """How many characters are meant."""

    def to_json(self) -> dict[str, Any]:
        return {"line": self.line, "column": self.column, "path": self.path, "message": self.message}


class BadScenario(UsageError):
    """A scenario that cannot be read. `problems` in order of their places, at least one; `source` is what it was."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source, self.problems = source, tuple(problems)
        super().__init__("\n".join(shown_problem(source, problem) for problem in problems))


def shown_problem(source: str, problem: Problem) -> str:
    """`file.yaml:6:7: default.outcom: no such key; perhaps 'outcome'`."""
    where = f"{source}:{problem.line}:{problem.column}" if problem.line else source
    return f"{where}: {f'{problem.path}: ' if problem.path else ''}{problem.message}"


def shown_path(path: Path) -> str:
    """`("numbers", "+91*", "reactions", 0)` as `numbers."+91*".reactions[0]`."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        else:
            plain = step.replace("_", "").replace("-", "").isalnum()
            out += f"{'.' if out else ''}{step if plain else chr(34) + step + chr(34)}"
    return out
