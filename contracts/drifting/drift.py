"""A contract beside the account that it is about: what a live API answers to harmless questions, and where it differs.

Theory of operation. Every GET that changes nothing is asked once, lists first: what the contract's links point at in
their answers fills the variables of further paths. A request that is right ought to succeed, so a refusal of one is a
difference, too. Then lists are asked for their first and second page of one item; for each path with a variable, one
that nobody has; and one operation without credentials. Whatever is not asked, or never came, is told as a notice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from importlib import import_module
from typing import Any, Final
from urllib.parse import quote, urlsplit

from contracts.document import Contract, Operation, load
from contracts.drifting.book import Book
from contracts.drifting.differences import BREAKING, NOTHING, Difference, Sightings, compared
from contracts.drifting.probing import Limited, Prober, Said, Silence, Unreachable, wait
from contracts.drifting.questions import Linked, links_of, nobody, paged, readable, required, resolved
from contracts.drifting.report import Report
from contracts.drifting.scrubbing import Scrubber
from emulator.errors import UsageError

__all__ = ["check_drift", "credentials"]

MOST_SECONDS: Final = 600
"""Of a pause, and of a time-out."""
SILENT: Final = 2
"""So many time-outs one after the other end the run."""


class _Over(Exception):
    """Enough was seen, or nothing more will be. Its text is the note."""


def credentials(vendor: str, environ: Mapping[str, str]) -> dict[str, str]:
    """By their names in paths and headers. Raises `UsageError` naming the variables that are not set, or that no
    header can carry."""
    names: Mapping[str, str] = import_module(f"contracts.{load(vendor).name}.account").ENVIRONMENT
    found = {key: environ.get(name) or environ.get(f"RINGBACK_{name}", "") for key, name in names.items()}
    lacking = [name for key, name in names.items() if not found[key]]
    if lacking:
        raise UsageError(
            f"{vendor}: set {' and '.join(lacking)} in the environment (or RINGBACK_{lacking[0]}, ...): "
            "credentials are taken from nowhere else, and never written down"
        )
    for key, name in names.items():
        if not (found[key].isascii() and found[key].isprintable()) or found[key] != found[key].strip():
            raise UsageError(
                f"{vendor}: {name} in the environment (or RINGBACK_{name}) cannot stand in a header: "
                "expected printable ASCII, and neither a blank nor a line break around it"
            )
    return found


def check_drift(
    vendor: str, against: str, environ: Mapping[str, str], *, pause: float = 0.5, timeout: float = 10.0,
    only: Sequence[str] = (), skip: Sequence[str] = (), show_values: bool = False,
    wait: Callable[[float], None] = wait, tell: Callable[[str], None] = lambda line: None,
) -> Report:  # fmt: skip
    """Hold the API at `against` beside the contract with `vendor`, as the account that `environ` has credentials of.

    `only` and `skip` are ids of operations. Raises: `UsageError` for what is wrong with these, and for credentials that
    are not taken; `Unreachable` if there is nobody.
    """
    contract = load(vendor)
    _check_seconds(pause, timeout)
    for name in (*only, *skip):
        if name not in contract.operations:
            raise UsageError(f"{vendor} has no operation {name!r}; it has {', '.join(readable(contract))}")
    for name in only:
        if name not in readable(contract):
            raise UsageError(f"{vendor}: {name} is never asked, because it changes something; do without it in --only")
    wanted = [each for each in readable(contract).values() if not only or each.id in only]
    if all(each.id in skip for each in wanted):
        raise UsageError(
            f"{vendor}: --only and --skip leave nothing to ask; of {', '.join(readable(contract))}, skip less"
        )
    account = credentials(vendor, environ)
    headers: Mapping[str, str] = import_module(f"contracts.{vendor}.walk").headers(account)
    scrub = Scrubber([*account.values(), *headers.values()], show=show_values)
    with closing(Prober(against, headers, pause=pause, timeout=timeout, wait=wait)) as prober:
        drift = _Drift(contract, account, prober, scrub, tell)
        drift.run(wanted, skip)
        return drift.report()


def _check_seconds(pause: float, timeout: float) -> None:
    if not 0 <= pause <= MOST_SECONDS:
        raise UsageError(f"--pause: expected seconds from 0 to {MOST_SECONDS}, got {pause:g}")
    if not 0 < timeout <= MOST_SECONDS:
        raise UsageError(f"--timeout: expected seconds above 0, up to {MOST_SECONDS}, got {timeout:g}")


class _Drift:
    def __init__(
        self, contract: Contract, account: Mapping[str, str], prober: Prober, scrub: Scrubber,
        tell: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.contract, self.account, self.prober, self.scrub, self.tell = contract, account, prober, scrub, tell
        self.links = links_of(contract)
        self.found: dict[tuple[str, str], tuple[Any, Operation]] = {}
        self.asked: dict[str, Sightings] = {}
        self.book = Book(contract, prober.base)
        self.taken = self.refused = self.silent = 0
        self.note = ""

    def report(self) -> Report:
        return Report(
            self.contract.name, self.prober.base, tuple(self.asked), len(readable(self.contract)), self.prober.count,
            self.book.findings, self.note,
        )  # fmt: skip

    # --- in which order ----------------------------------------------------------------------------------------

    def run(self, operations: Sequence[Operation], skip: Iterable[str]) -> None:
        todo = [each for each in operations if each.id not in skip]
        try:
            while ready := next((each for each in todo if self._variables(each) is not None), None):
                todo.remove(ready)
                self._probe(ready)
            for operation in operations:
                self._nobody(operation)
            self._stranger(operations)
        except _Over as over:
            self.note = str(over)
        except Limited as limited:
            self.note = f"asked to come later: {limited}"
        self._tell_unseen(operations, todo, skip)

    def _tell_unseen(self, operations: Sequence[Operation], todo: Sequence[Operation], skip: Iterable[str]) -> None:
        """What was not asked, and what never came."""
        for operation in operations:
            if operation.id in skip:
                self.book.notice(operation, "", "not asked, as you wished", "leave out --skip")
            elif operation in todo and self.note:
                self.book.notice(operation, "", f"not asked: {self.note}", "run it again")
            elif operation in todo:
                lacking = [name for name in _names(operation) if name not in self.account]
                told = f"not asked: no list had its {' or '.join(lacking)}"
                self.book.notice(operation, "", told, "make one in the account, and run it again")
            elif operation.id in self.asked:
                for where, pointer in self.asked[operation.id].missed().items():
                    self.book.never(operation, where, pointer)
        self.book.not_for_us(set(readable(self.contract)))

    def _variables(self, operation: Operation) -> dict[str, Any] | None:
        """Of its path; None if one is not known yet."""
        known: dict[str, Any] = {}
        for name in _names(operation):
            if name in self.account:
                known[name] = self.account[name]
            elif (operation.id, name) in self.found:
                known[name] = self.found[operation.id, name][0]
            else:
                return None
        return known

    # --- questions ---------------------------------------------------------------------------------------------

    def _probe(self, operation: Operation) -> None:
        self.tell(f"{operation.id}: GET {operation.path}")
        variables = self._variables(operation) or {}
        query = {**required(operation), **self._queried(operation)}
        said = self._ask(operation, variables, query)
        if said is None:
            return
        sightings = self.asked.setdefault(operation.id, Sightings(self.contract))
        parsed = self._judged(operation, said, query)
        if parsed is NOTHING:
            return
        answer = operation.answers[said.status]
        for schema in answer.content.values():
            sightings.look(schema.pointer, parsed)
        for link in self.links.get(operation.id, ()):
            self._follow(link, operation, query, parsed)
        self._pages(operation, variables, query, parsed)

    def _queried(self, operation: Operation) -> dict[str, Any]:
        """What its query has to say of an id that was found, by the link that found it."""
        return {
            name.removeprefix("query."): told
            for (id, name), (told, _) in self.found.items()
            if id == operation.id and name.startswith("query.")
        }

    def _follow(self, link: Linked, source: Operation, query: Mapping[str, Any], parsed: Any) -> None:
        """All that it says of the other operation, or nothing: an id belongs to the query that found it."""
        told = {name: resolved(expression, query, parsed) for name, expression in link.parameters.items()}
        if any(not isinstance(each, str | int) or each == "" for each in told.values()):
            return
        if not any((link.target, name) in self.found for name in told):
            self.found.update({(link.target, name): (each, source) for name, each in told.items()})

    def _pages(self, operation: Operation, variables: Mapping[str, Any], query: Mapping[str, Any], whole: Any) -> None:
        """A page of one has one, and the next another."""
        pages = paged(self.contract, operation, whole)
        if pages is None:
            return
        before: list[Any] = []
        for turn in pages.turns:
            said = self._ask(operation, variables, {**query, **turn})
            parsed = NOTHING if said is None else self._judged(operation, said, turn)
            items = pages.items(parsed)
            if items is None:
                return
            asked = "&".join(f"{name}={told}" for name, told in turn.items())
            if len(items) > 1:
                self.book.differs(operation, Difference(BREAKING, f"$ with {asked}", "paging", f"{len(items)} items",
                                                    "a page of one item", pages.pointer), turn)  # fmt: skip
                return
            if before and items == before:
                self.book.differs(operation, Difference(BREAKING, f"$ with {asked}", "paging", "the item before",
                                                    "the next item", pages.pointer), turn)  # fmt: skip
            before = items

    def _nobody(self, operation: Operation) -> None:
        """Its path with an id that nobody has, which has to be refused as documented."""
        unknown = {
            each.name: nobody(each) for each in operation.parameters
            if each.place == "path" and each.name not in self.account
        }  # fmt: skip
        if not unknown or None in unknown.values():
            return
        variables = {**{name: self.account[name] for name in _names(operation) if name in self.account}, **unknown}
        said = self._ask(operation, variables, required(operation))
        if said is None or said.status in (401, 403):
            return
        if said.status < 300:
            self.book.differs(operation, Difference(
                BREAKING, "status", "unknown-id", f"{said.status} for an id that nobody has", "a refusal",
                f"{operation.pointer}/responses"), {})  # fmt: skip
            return
        self._documented(operation, said, {}, "for an id that nobody has")

    def _stranger(self, operations: Sequence[Operation]) -> None:
        """One that wants credentials, without any."""
        guarded = next((each for each in operations if each.needs_credentials and each.id in self.asked), None)
        if guarded is None:
            return
        said = self._ask(guarded, self._variables(guarded) or {}, required(guarded), is_anonymous=True)
        if said is None:
            return
        if said.status < 300:
            self.book.differs(guarded, Difference(
                BREAKING, "status", "no-credentials", f"{said.status} without credentials", "a refusal",
                f"{guarded.pointer}/responses"), {})  # fmt: skip
            return
        self._documented(guarded, said, {}, "without credentials")

    def _ask(
        self, operation: Operation, path_is: Mapping[str, Any], query: Mapping[str, Any], *, is_anonymous: bool = False
    ) -> Said | None:  # fmt: skip
        """What it says; None, and a finding, if it says nothing."""
        path = operation.path
        for name, told in path_is.items():
            path = path.replace("{" + name + "}", quote(str(told), safe=""))
        try:
            said = self.prober.get(path, query, is_anonymous=is_anonymous)
        except Silence as silence:
            self._silence(operation, silence, query)
            return None
        self.silent = 0
        if said.status == 401 and not is_anonymous:
            self._unauthorized(operation)
        else:
            self.refused = 0
        return said

    def _silence(self, operation: Operation, silence: Silence, query: Mapping[str, Any]) -> None:
        told = self.scrub.prose(silence.text) if silence.rule == "connection" else silence.text
        if silence.rule == "connection" and not self.taken and not self.asked:
            raise Unreachable(f"nobody to compare at {self.prober.base}: {told}")
        self.book.differs(operation, Difference(BREAKING, "answer", silence.rule, told, "an answer",
                                            f"{operation.pointer}/responses"), query)  # fmt: skip
        self.silent += 1
        if self.silent == SILENT:
            raise _Over(f"{SILENT} requests one after the other had no answer; the last: {told}")

    def _unauthorized(self, operation: Operation) -> None:
        if not self.taken:
            names = import_module(f"contracts.{self.contract.name}.account").ENVIRONMENT.values()
            raise UsageError(
                f"{self.prober.base} does not take these credentials (401 to GET {operation.path}): "
                f"look at {' and '.join(names)} in the environment"
            )
        self.refused += 1
        if self.refused == SILENT:
            raise _Over("the credentials were taken before, and are refused now (401)")

    # --- answers -----------------------------------------------------------------------------------------------

    def _judged(self, operation: Operation, said: Said, query: Mapping[str, Any]) -> Any:
        """The parsed body of the success that it ought to be, or `NOTHING`."""
        if said.status == 403 and 403 in operation.answers:
            self.book.notice(operation, "status", "403: this account may not", "ask with an account that may")
            return NOTHING
        if said.status < 300 or said.status not in operation.answers:
            parsed = self._documented(operation, said, query, "")
            self.taken += said.status < 300
            return parsed if said.status < 300 else NOTHING
        if said.status in (400, 404, 410, 422) and self._is_gone(operation):
            told = f"{said.status}: what the list had was gone by then"
            self.book.notice(operation, "status", told, "run it again")
            return NOTHING
        wanted = " or ".join(str(status) for status in operation.answers if status < 300)
        begins = self.scrub.begin(said.body)
        self.book.differs(operation, Difference(
            BREAKING, "status", "refused", f"{said.status} to a request that is right: {begins!r}", wanted,
            f"{operation.pointer}/responses/{said.status}"), query)  # fmt: skip
        return NOTHING

    def _documented(self, operation: Operation, said: Said, query: Mapping[str, Any], when: str) -> Any:
        """Held against the answer that the contract has with this status."""
        answer = operation.answers.get(said.status)
        if answer is None:
            came = f"{said.status} {when}".strip()
            if 300 <= said.status < 400:
                came += f", a redirect to {self._target(said)}, not followed"
            else:
                came += f": {self.scrub.begin(said.body)!r}"
            wanted = ", ".join(map(str, operation.answers))
            rule = "redirect" if 300 <= said.status < 400 else "status"
            self.book.differs(operation, Difference(
                BREAKING, "status", rule, came, f"only {wanted}", f"{operation.pointer}/responses"), query)  # fmt: skip
            return NOTHING
        parsed, differences = compared(self.contract, answer, said.headers, said.body, self.scrub)
        for each in differences:
            self.book.differs(operation, each, query)
        return parsed

    def _target(self, said: Said) -> str:
        target = urlsplit(said.header("location"))
        other = target.netloc and target.netloc != urlsplit(self.prober.base).netloc
        host = f"another host, {self.scrub.prose(target.hostname or '')}" if other else "this host"
        return f"{host}, path {self.scrub.prose(target.path)!r}"

    def _is_gone(self, operation: Operation) -> bool:
        """Whether the list that had the id of its path has it no longer."""
        for name in _names(operation):
            told = self.found.get((operation.id, name))
            if told is not None:
                id, source = told
                said = self._ask(source, self._variables(source) or {}, {**required(source), **self._queried(source)})
                return said is not None and json.dumps(id).encode() not in said.body
        return False


def _names(operation: Operation) -> list[str]:
    return [each.name for each in operation.parameters if each.place == "path"]
