"""Answers that vary as a real provider's do, within the contract: which, and what becomes of each one.

Theory of operation. A `Varier` belongs to one provider of one sandbox and counts the answers of each operation, in the
order in which the requests came. `before` decides about the request: a documented error may be answered instead, or a
shorter page asked for than the client did; `after` changes the body. What is done is told by a plan, or, with `varied`,
drawn from the seed by what it is for (operation, count, change, place), so that equal requests get equal answers
whatever else is going on. Errors never come twice in a row, and not before the provider knows whose request it is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from contracts.checks import media_type
from contracts.document import Answer, Contract, Operation, contract_names, load
from contracts.varying.changing import Changed, Changing
from contracts.varying.exemplary import exemplary
from contracts.varying.places import Place, check_variation, errors_of, fields_of, pages_of
from contracts.varying.telling import told_change
from contracts.varying.variation import Variation, read_plan
from emulator.engine.values import value
from emulator.ids import Ids
from emulator.runtime.answering import Answered, Asked

__all__ = ["Varier", "checked_plan"]

ERRORS: Final = 1 / 15
"""How many answers are errors nobody asked for."""
PAGES: Final = 1 / 3
FIELDS: Final = 1 / 5
"""How likely a place varies, where there are few; in a large body about `MOST` do."""
MOST: Final = 2.0
JSON: Final = "application/json"


@value
class _Step:
    """What was decided about one request, before it was done."""

    operation: Operation
    nth: int
    done: tuple[Changed, ...]
    is_error: bool


def checked_plan(vendor: str, answers: str | Mapping[str, Any]) -> tuple[Variation, ...] | None:
    """What `Varier` takes; None for `varied`. Raises `UsageError` for a plan that no contract allows."""
    if answers == "varied":
        return None
    plan = read_plan(answers)
    for index, variation in enumerate(plan):
        check_variation(_candidates(vendor), variation, f"answers.variations[{index}]")
    return plan


class Varier:
    """`plan`: these variations alone, whoever's operations they are of; None for what the seed says."""

    def __init__(self, contract: Contract, seed: int, plan: Sequence[Variation] | None) -> None:
        self._contract, self._ids, self._plan = contract, Ids(seed), plan
        self._counts: Counter[str] = Counter()
        self._steps: dict[int, _Step] = {}
        """Of the requests that are being answered, by identity: equal ones may be answered in any order."""

    def before(self, asked: Asked) -> Answered | Asked | None:
        """An answer instead, or what is asked instead; None for neither."""
        self._steps.pop(id(asked), None)  # of a request that was never answered, and is gone
        operation = self._contract.find("GET" if asked.method == "HEAD" else asked.method, asked.path)
        if operation is None:
            return None
        self._counts[operation.id] += 1
        nth = self._counts[operation.id]
        error = self._error(operation, nth)
        if error is not None:
            status, _, shape = str(error.value).partition("/")
            answer = operation.answers.get(int(status)) or self._contract.anywhere[int(status)]
            instead = self._instead(operation, nth, answer, int(shape or 0))
            done = Changed(
                error, "status", None, answer.status, 1, self._contract.line(answer.pointer), answer.standing,
                instead.body.decode(),
            )  # fmt: skip
            self._steps[id(asked)] = _Step(operation, nth, (done,), True)
            return instead
        shorter, told = self._shorter(asked, operation, nth)
        self._steps[id(asked)] = _Step(operation, nth, told, False)
        return shorter

    def after(self, asked: Asked, answered: Answered) -> tuple[Answered, list[Mapping[str, Any]]]:
        """What leaves, and what was varied: nothing, or one entry of the journal."""
        step = self._steps.pop(id(asked), None)
        if step is None:
            return answered, []
        done = list(step.done) if step.is_error or answered.status < 400 else []
        if not step.is_error:
            answered, changed = self._body(step, answered)
            done += changed
        if not done:
            return answered, []
        entry = {"operation": step.operation.id, "nth": step.nth, "status": answered.status}
        return answered, [{**entry, "changes": [told_change(each) for each in done]}]

    # --- what -------------------------------------------------------------------------------------------------

    def _drawn(self, operation: Operation, nth: int, place: Place, odds: float) -> bool:
        key = f"{self._contract.name} {operation.id} {nth} {place.change} {place.where} {place.value}"
        return self._ids.fraction("varied", key) < odds

    def _planned(self, operation: Operation, nth: int) -> Iterable[Variation]:
        return (each for each in self._plan or () if each.operation == operation.id and each.nth in (0, nth))

    def _error(self, operation: Operation, nth: int) -> Variation | None:
        if self._plan is not None:
            return next((each for each in self._planned(operation, nth) if each.change == "error"), None)
        if self._has_failed(operation, nth - 1):
            return None
        return self._failure(operation, nth)

    def _has_failed(self, operation: Operation, nth: int) -> bool:
        """Of errors in a row, every other one is left out."""
        if nth < 1 or self._failure(operation, nth) is None:
            return False
        return not self._has_failed(operation, nth - 1)

    def _failure(self, operation: Operation, nth: int) -> Variation | None:
        places = list(errors_of(self._contract, operation))
        key = f"{self._contract.name} {operation.id} {nth}"
        if self._ids.fraction("varied error", key) >= ERRORS:
            return None
        return places[self._ids.integer("varied status", key, len(places))].at(operation.id, nth)

    def _pages(self, operation: Operation, nth: int) -> Iterable[Variation]:
        if self._plan is not None:
            return (each for each in self._planned(operation, nth) if each.change == "many-pages")
        return (
            place.at(operation.id, nth)
            for place in pages_of(self._contract, operation)
            if self._drawn(operation, 0, place, PAGES)
        )  # for a whole walk through the pages: one that is short now and then loses what was on it

    def _fields(self, operation: Operation, nth: int, answer: Answer) -> Sequence[Variation]:
        if self._plan is not None:
            return [each for each in self._planned(operation, nth) if each.change not in ("error", "many-pages")]
        places = fields_of(self._contract, answer)
        odds = min(FIELDS, MOST / max(1, len(places)))
        return [place.at(operation.id, nth) for place in places if self._drawn(operation, nth, place, odds)]

    # --- how --------------------------------------------------------------------------------------------------

    def _instead(self, operation: Operation, nth: int, answer: Answer, shape: int) -> Answered:
        kind, body = exemplary(self._contract, answer, shape, self._ids, f"{operation.id} {nth}")
        raw = self._contract.at(answer.pointer)
        headers = [(name.lower(), str(told["schema"]["const"])) for name, told in raw.get("headers", {}).items()]
        return Answered(answer.status, (*([("content-type", kind)] if kind else []), *headers), body)

    def _shorter(self, asked: Asked, operation: Operation, nth: int) -> tuple[Asked | None, tuple[Changed, ...]]:
        """The same with a shorter page, if there are pages."""
        query = parse_qsl(asked.query, keep_blank_values=True)
        names = dict(query)
        for variation in self._pages(operation, nth):
            name = variation.where.removeprefix("query.")
            parameter = next(each for each in operation.parameters if each.name == name)
            term = self._contract.at(parameter.pointer)["x-page-size"]
            was, size = names.get(name), int(variation.value or 1)
            if (isinstance(term, str) and term not in names) or (was is not None and not _is_longer(was, size)):
                continue
            rest = [(key, text) for key, text in query if key != name]
            shorter = Asked(
                asked.method, asked.path, urlencode([*rest, (name, str(size))]), asked.headers, asked.body
            )  # fmt: skip
            line = self._contract.line(parameter.pointer)
            return shorter, (Changed(variation, f"query.{name}", was, size, 1, line),)
        return None, ()

    def _body(self, step: _Step, answered: Answered) -> tuple[Answered, list[Changed]]:
        answer = step.operation.answers.get(answered.status)
        schema = answer.content.get(JSON) if answer is not None else None
        if answer is None or schema is None or media_type(answered.headers) != JSON:
            return answered, []
        variations = self._fields(step.operation, step.nth, answer)
        try:
            changing = Changing(self._contract, answer, schema, json.loads(answered.body)) if variations else None
        except ValueError:
            return answered, []
        done = [each for variation in variations if changing and (each := changing.vary(variation)) is not None]
        if changing is None or not done:
            return answered, []
        body = json.dumps(changing.body, ensure_ascii=False, separators=(",", ":")).encode()
        return Answered(answered.status, answered.headers, body), done


def _candidates(vendor: str) -> Iterator[Contract]:
    """This provider's, then every one: a plan is the sandbox's, and providers have operations of the same name."""
    yield from map(load, sorted(contract_names(), key=lambda name: name != vendor))


def _is_longer(asked: str, size: int) -> bool:
    return asked.isdecimal() and int(asked) > size
