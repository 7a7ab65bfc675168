"""YAML to plain data, with the place of everything in it.

Theory of operation. PyYAML's parser gives events, which are not recursive and construct nothing; the tree is built
here, from what JSON knows and nothing else: no tags, no dates, no `yes` for true. A file is small (`MOST_TEXT`),
shallow (`DEEPEST`) and, its aliases followed, not longer than `MOST_NODES`, so no file makes us work for long. A key is
always the text that stands there: `+919876543210` is no number, and `on` is no boolean. What a plain value was in the
file is kept beside it (`sources`), for whoever wanted text: `press: 1` presses 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.scenario_files.problems import BadScenario, Path, Problem

__all__ = ["DEEPEST", "MOST_NODES", "MOST_TEXT", "Document", "read_yaml"]

MOST_TEXT: Final = 256 * 1024
"""How long a file may be, in bytes."""

DEEPEST: Final = 32
MOST_NODES: Final = 50_000

_INT: Final = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_STR: Final = "tag:yaml.org,2002:str"
_MOST_DIGITS: Final = 300


@dataclass
class Document:
    """`data` as JSON would have it. `marks` and `key_marks`: where each value and each key begins, and how wide it is;
    `sources`: the text of each value that was written plainly."""

    data: Any = None
    marks: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    key_marks: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    sources: dict[Path, str] = field(default_factory=dict)

    def problem(self, message: str, path: Path, shown: str, *, is_key: bool = False) -> Problem:
        """At `path`, or at the nearest place above that the file has."""
        key = self.key_marks.get(path) if is_key else None
        while key is None and path and path not in self.marks:
            path = path[:-1]
        line, column, width = key or self.marks.get(path, (1, 1, 1))
        return Problem(message, shown, line, column, width)


def read_yaml(data: bytes, source: str) -> Document:
    """Raises: BadScenario, with line and column."""
    if len(data) > MOST_TEXT:
        message = f"expected no more than {MOST_TEXT // 1024} KiB of scenario, got {len(data) // 1024} KiB"
        raise BadScenario(source, [Problem(message)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise BadScenario(source, [Problem("expected text in UTF-8", "", line, column)]) from None
    return _Builder(text, source).build()


class _Builder:
    def __init__(self, text: str, source: str) -> None:
        import yaml

        self._yaml: Any = yaml
        self._text, self._source = text, source
        self._document = Document()
        self._anchors: dict[str, tuple[Any, Path]] = {}
        self._nodes = 0

    def build(self) -> Document:
        yaml = self._yaml
        try:
            events = iter(yaml.parse(self._text, Loader=yaml.SafeLoader))
            next(events)  # the stream begins
            if isinstance(next(events), yaml.StreamEndEvent):
                raise BadScenario(
                    self._source, [Problem("nothing is in it; expected at least `ringback: 1`", "", 1, 1)]
                )
            self._document.data = self._value(next(events), events, ())
            next(events)  # the document ends
            after = next(events)
            if not isinstance(after, yaml.StreamEndEvent):
                raise self._bad("expected one document in a file, got another", after.start_mark)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._bad(f"no YAML: {error.problem or error.context}", mark) from None
        except yaml.reader.ReaderError as error:
            before = self._text[: error.position]
            place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
            message = f"no YAML: there is no such character in it as U+{error.character:04X}"
            raise BadScenario(self._source, [Problem(message, "", *place)]) from None
        return self._document

    def _bad(self, message: str, mark: Any) -> BadScenario:
        place = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        return BadScenario(self._source, [Problem(message, "", *place)])

    def _value(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        yaml = self._yaml
        self._count(event, path)
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        is_one_line = event.end_mark.line == event.start_mark.line
        width = event.end_mark.column - event.start_mark.column if is_one_line else 1
        self._document.marks[path] = (line, column, max(width, 1))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        if event.tag is not None and event.tag not in ("!", _STR):
            raise self._bad(f"expected no tags, got {event.tag}", event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            made = self._scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            made = self._list(events, path)
        else:
            made = self._mapping(events, path)
        if event.anchor is not None:
            self._anchors[event.anchor] = (made, path)
        return made

    def _count(self, event: Any, path: Path, more: int = 1) -> None:
        self._nodes += more
        if self._nodes > MOST_NODES:
            raise self._bad(f"expected no more than {MOST_NODES} values, aliases followed", event.start_mark)
        if len(path) > DEEPEST:
            raise self._bad(f"expected no more than {DEEPEST} levels within each other", event.start_mark)

    def _scalar(self, event: Any, path: Path) -> Any:
        text = _whole(event.value)
        if event.style is not None or event.tag is not None:
            return text
        self._document.sources[path] = text
        if text in _WORDS:
            return _WORDS[text]
        if len(text) <= _MOST_DIGITS:
            if _INT.fullmatch(text):
                return int(text)
            if _FLOAT.fullmatch(text):
                return float(text)
        return text

    def _list(self, events: Iterator[Any], path: Path) -> list[Any]:
        made: list[Any] = []
        while not isinstance(event := next(events), self._yaml.SequenceEndEvent):
            made.append(self._value(event, events, (*path, len(made))))
        return made

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while not isinstance(event := next(events), self._yaml.MappingEndEvent):
            if not isinstance(event, self._yaml.ScalarEvent):
                raise self._bad("expected a key of text", event.start_mark)
            key = _whole(event.value)
            if key in made:
                first = self._document.key_marks[(*path, key)][0]
                raise self._bad(
                    f"the key {key!r} stands here for the second time, first in line {first}", event.start_mark
                )
            mark = event.start_mark
            self._document.key_marks[(*path, key)] = (mark.line + 1, mark.column + 1, max(len(key), 1))
            made[key] = None
            made[key] = self._value(next(events), events, (*path, key))
        return made

    def _alias(self, event: Any, path: Path) -> Any:
        if event.anchor not in self._anchors:
            raise self._bad(f"nothing before this is called &{event.anchor}", event.start_mark)
        made, origin = self._anchors[event.anchor]
        self._copy(event, made, origin, path)
        return made

    def _copy(self, event: Any, made: Any, origin: Path, path: Path) -> None:
        """What stands at `origin` stands at `path`, too, and is wrong there, if it is."""
        self._count(event, path)
        if origin in self._document.sources:
            self._document.sources[path] = self._document.sources[origin]
        steps = made.items() if isinstance(made, dict) else enumerate(made) if isinstance(made, list) else ()
        for step, item in steps:
            self._document.marks[(*path, step)] = self._document.marks[(*origin, step)]
            if (*origin, step) in self._document.key_marks:
                self._document.key_marks[(*path, step)] = self._document.key_marks[(*origin, step)]
            self._copy(event, item, (*origin, step), (*path, step))


def _whole(text: str) -> str:
    """With the pairs of surrogates that JSON writes beyond U+FFFF put together; half a pair is no character."""
    if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
