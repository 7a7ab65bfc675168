"""A list, asked for in every way that its contract knows: in one piece, page by page, and by each of its filters.

`x-page-size` stands at the parameter that says how much a page has (`page`: pages come only if one is asked for);
`page`, `offset`, or one with `x-page-cursor` (the key of the answer that it takes) turns them. Places in the answer
are named by the operation: `x-total`, of the whole list's length; `x-next`, of what is true, or the next page's
address, before the last page alone.

A filter has `x-filters`: the key of an item that it is held against (several with a blank between them, as a date and
a time, are one; `any` has several, of which one is enough), and `by`, how. Each is asked for what items have, and for
what none has. The answer must have every item that is so, in the list's order, and no other. A filter that left
nothing out has shown nothing, which is a finding, too.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from io import StringIO
from typing import Any, Final

from contracts.checks import Finding
from contracts.document import Operation, Parameter
from contracts.walking.walker import Said, Walker
from emulator.engine.values import field, value

__all__ = ["check_list"]

MOST: Final = 500
"""Items asked for at once, where the contract has no limit."""
VALUES: Final = 3
"""So many of the values that items have are asked for."""
NOBODYS: Final = ("nobody-has-this", "+19990000000", "00000000-0000-4000-8000-00000000dead", "2147483000")
Item = Any


def _number(told: str) -> float:
    return float(told) if told else 0.0


def _digits(told: str) -> str:
    return "".join(each for each in told if each.isdigit())[-10:]


HOLDS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "equal": lambda told, asked: told == asked,
    "part": lambda told, asked: bool(told) and asked.lstrip("+") in told,
    "begin": lambda told, asked: told.startswith(asked),
    "digits": lambda told, asked: _digits(told) == _digits(asked),
    "pattern": fnmatchcase,
    "least": lambda told, asked: _number(told) >= float(asked),
    "number": lambda told, asked: _number(told) == float(asked),
    "from": lambda told, asked: bool(told) and told[: len(asked)] >= asked,
    "until": lambda told, asked: bool(told) and told[: len(asked)] <= asked,
    "after": lambda told, asked: bool(told) and told[: len(asked)] > asked,
    "before": lambda told, asked: bool(told) and told[: len(asked)] < asked,
}
"""Whether an item's text is what was asked for, by the word after `by`."""


@value
class _Filter:
    """`words` says what stands for a value of the parameter in an item; `more` is sent beside it; `length` cuts what
    is asked for, as a date is of an instant."""

    parameter: Parameter
    keys: tuple[str, ...]
    by: str
    words: Mapping[str, str] = field(hash=False)
    more: Mapping[str, str] = field(hash=False)
    length: int | None

    def fits(self, item: Item, asked: str) -> bool:
        return any(HOLDS[self.by](told, self.words.get(asked, asked)) for told in self.told(item))

    def told(self, item: Item) -> list[str]:
        return [" ".join(_text(item.get(name)) for name in key.split()) for key in self.keys]


def check_list(walker: Walker, operation_id: str, **path: Any) -> None:
    """Everything that the contract says of how this list is asked for; `path` fills the variables of its path."""
    operation = walker.contract.operations[operation_id]
    listed = _List(walker, operation, path)
    whole = listed.whole()
    if listed.size is not None:
        _check_pages(listed, whole)
    for each in _filters(operation):
        _check_filter(listed, each, whole)


class _List:
    """One operation that answers with a list."""

    def __init__(self, walker: Walker, operation: Operation, path: Mapping[str, Any]) -> None:
        self.walker, self.operation, self._path = walker, operation, path
        asked = {each.name: each for each in operation.parameters if each.place == "query"}
        self.size = next((each for each in asked.values() if "x-page-size" in self._raw(each)), None)
        self.cursor = next((each for each in asked.values() if "x-page-cursor" in self._raw(each)), None)
        self._turns = next((name for name in ("page", "offset") if name in asked), "")
        raw = walker.contract.at(operation.pointer)
        self.total_at, self.next_at = raw.get("x-total", ""), raw.get("x-next", "")

    def _raw(self, parameter: Parameter) -> Mapping[str, Any]:
        raw: Mapping[str, Any] = self.walker.contract.at(parameter.pointer)
        return raw

    def whole(self, **query: str) -> list[Item]:
        """All its items, in as few pages as there may be."""
        if self.size is None or self._raw(self.size)["x-page-size"] == "page":
            return self.items(self._ask(query))
        most = schema_of(self.size).get("maximum", MOST)
        return [item for page in self.pages(most, **query) for item in self.items(page)]

    def pages(self, size: int, **query: str) -> Iterator[Said]:
        """Each page that is not empty; the first alone, if they cannot be turned."""
        assert self.size is not None
        before: list[Item] = []
        come, turn = 0, dict[str, Any](page=1, offset=0).get(self._turns)
        while True:
            turned = {} if turn is None else {self.cursor.name if self.cursor else self._turns: turn}
            said = self._ask({**query, self.size.name: size, **turned})
            items = self.items(said)
            if items and items == before:
                self.find(self.size, "x-page-size", f"pages of {size}: the next page is the one before again")
                return
            if items:
                yield said
            before = items
            come += len(items)
            if self.cursor is not None:
                turn = said.json[self._raw(self.cursor)["x-page-cursor"]]
            elif turn is not None:
                turn = come if self._turns == "offset" else turn + 1
            if not items or turn is None:
                return

    def follow(self, address: str) -> list[Item]:
        """The items of the page that the answer before has the path and query of."""
        path, _, query = address.partition("?")
        return self.items(self.walker.send("GET", path, 200, headers=self.walker.credentials, params=query))

    def _ask(self, query: Mapping[str, object]) -> Said:
        return self.walker.ask(self.operation.id, 200, query=query, **self._path)

    def items(self, said: Said) -> list[Item]:
        if dict(said.headers).get("content-type", "").startswith("text/csv"):
            return list(csv.DictReader(StringIO(said.body.decode())))
        told = said.json
        if isinstance(told, dict):
            told = next((each for each in told.values() if isinstance(each, list)), None)
        if not isinstance(told, list):
            raise ValueError(f"{self.operation.id} answered with no list")
        return told

    def find(self, parameter: Parameter, rule: str, text: str) -> None:
        contract, operation = self.walker.contract, self.operation
        subject, where = f"{operation.method} {operation.path} 200", f"query.{parameter.name}"
        self.walker.ledger.find([Finding(contract.name, subject, where, rule, text, contract.line(parameter.pointer))])

    def passed(self, parameter: Parameter) -> None:
        self.walker.ledger.lists[self.operation.id, parameter.name] += 1


def schema_of(parameter: Parameter) -> Mapping[str, Any]:
    """As it is written, references followed."""
    contract = parameter.schema.contract
    raw: Mapping[str, Any] = contract.at(contract.followed(parameter.schema.pointer))
    return raw


# --- pages -----------------------------------------------------------------------------------------------------------


def _check_pages(listed: _List, whole: Sequence[Item]) -> None:
    size = listed.size
    assert size is not None
    listed.passed(size)
    if listed.cursor is not None:
        listed.passed(listed.cursor)
    if len(whole) < 2:
        listed.find(size, "x-page-size", f"{len(whole)} items are too few to turn pages")
        return
    each = max(1, len(whole) // 3)
    said = list(listed.pages(each))
    pages = [listed.items(page) for page in said]
    come = [item for page in pages for item in page]
    wanted = list(whole) if len(pages) > 1 else list(whole[:each])
    if [len(page) for page in pages[:-1]] != [each] * (len(pages) - 1) or len(pages[-1]) > each:
        listed.find(size, "x-page-size", f"pages of {each} had {', '.join(str(len(page)) for page in pages)} items")
    elif come != wanted:
        listed.find(size, "x-page-size", f"pages of {each} are not the list of {len(whole)}: {_differ(come, wanted)}")
    _check_places(listed, size, said, pages, len(whole))


def _check_places(
    listed: _List, size: Parameter, said: Sequence[Said], pages: Sequence[list[Item]], total: int
) -> None:
    """What each page says of all, and of the next."""
    for index, page in enumerate(said):
        told = _at(page, listed.total_at)
        if listed.total_at and told != total:
            listed.find(size, "x-total", f"page {index + 1}: expected {total} in all, got {told!r}")
        told, is_last = _at(page, listed.next_at), index == len(said) - 1
        if not listed.next_at:
            continue
        if bool(told) is is_last:
            listed.find(size, "x-next", f"page {index + 1} of {len(said)} says {told!r} of another behind it")
        elif isinstance(told, str) and told and listed.follow(told) != pages[index + 1]:
            listed.find(size, "x-next", f"page {index + 1} of {len(said)} is followed by another than {told}")


def _at(said: Said, pointer: str) -> Any:
    found: Any = said.json
    for key in pointer.split("/")[1:]:
        found = found.get(key, "nothing") if isinstance(found, dict) else "nothing"
    return found


def _differ(come: Sequence[Item], wanted: Sequence[Item]) -> str:
    if len(come) != len(wanted):
        return f"{len(come)} items came"
    first = next(index for index, (one, other) in enumerate(zip(come, wanted, strict=True)) if one != other)
    return f"the {first + 1}. item is another"


# --- filters ---------------------------------------------------------------------------------------------------------


def _filters(operation: Operation) -> Iterator[_Filter]:
    for parameter in operation.parameters:
        told = parameter.schema.contract.at(parameter.pointer).get("x-filters")
        if told is not None:
            raw: Mapping[str, Any] = {"key": told} if isinstance(told, str) else told
            keys = tuple(raw["any"]) if "any" in raw else (raw["key"],)
            more = {name: str(text) for name, text in raw.get("with", {}).items()}
            yield _Filter(parameter, keys, raw.get("by", "equal"), raw.get("words", {}), more, raw.get("length"))


def _check_filter(listed: _List, by: _Filter, whole: Sequence[Item]) -> None:
    name, has_left_out = by.parameter.name, False
    listed.passed(by.parameter)
    for asked in _values(by, whole):
        come = listed.whole(**{**by.more, name: asked})
        wanted = [item for item in whole if by.fits(item, asked)]
        has_left_out = has_left_out or len(wanted) < len(whole)
        if come != wanted:
            wrong = [item for item in come if not by.fits(item, asked)]
            lacks = [item for item in wanted if item not in come]
            text = (
                f"asked for {asked!r}: {len(wrong)} of {len(come)} items do not fit, {len(lacks)} that fit are left out"
            )
            for each in (wrong or lacks)[:1]:
                keys = zip(by.keys, by.told(each), strict=True)
                text += f"; the first has {', '.join(f'{key} {told!r}' for key, told in keys)}"
            listed.find(by.parameter, "x-filters", text)
            return
    if not has_left_out:
        listed.find(by.parameter, "x-filters", f"of {len(whole)} items it left out none, whatever it was asked for")


def _values(by: _Filter, whole: Sequence[Item]) -> list[str]:
    """What to ask for: of an enum everything, else some of what there is; and something that there is not."""
    known = schema_of(by.parameter).get("enum")
    if known is not None:
        return [str(each) for each in known]
    told = [text for item in whole for text in by.told(item) if text.strip()]
    distinct = list(dict.fromkeys(told))
    some = list(dict.fromkeys([*distinct[:1], *distinct[len(distinct) // 2 :][:1], *distinct[-1:]]))[:VALUES]
    return list(dict.fromkeys([*(_asked(by, text) for text in some), *_nobodys(by, distinct)]))


def _asked(by: _Filter, told: str) -> str:
    if by.by == "part":
        return told[2:-2] if len(told) > 6 else told[:-1] or told
    if by.by == "pattern":
        return f"{told[:1]}*{told[-1:]}"
    if by.by == "begin":
        return told[: max(1, len(told) - 3)]
    return told[: by.length]


def _nobodys(by: _Filter, distinct: Sequence[str]) -> list[str]:
    """What no item has, or what all are before or after."""
    if by.by in ("least", "number"):
        return [f"{max(map(_number, distinct), default=0) + 1:g}"]
    if by.by in ("from", "after", "until", "before") and distinct:
        year = "2999" if by.by in ("from", "after") else "1999"
        return [(year + distinct[0][4:])[: by.length]]
    free = [text for text in NOBODYS if not any(HOLDS[by.by](told, text) for told in distinct)]
    return [text for text in free if not by.parameter.schema.problems(text)][:1]


def _text(told: Any) -> str:
    if told is None:
        return ""
    return str(told).lower() if isinstance(told, bool) else str(told)
