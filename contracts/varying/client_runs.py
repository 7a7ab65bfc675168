"""A client under answers that vary: run again and again, until one of them breaks it, which is then made as small as
it can be.

Theory of operation. Every run is a fresh sandbox with a plan of variations. The first has none, and tells which
operations the client asks. Then everything that their contract lets vary is tried, several fields at once and each
error at each step alone; operations that come up on the way are tried, too. What is left of the budget goes to plans
that Hypothesis draws. The first plan that breaks the client is cut down until each of its variations is needed.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from math import ceil
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings

from contracts.document import Contract
from contracts.under_pytest import is_pytest_failure
from contracts.varying.interruption import Interrupted, Interruption
from contracts.varying.plans import plans, possible
from contracts.varying.telling import told_answers
from contracts.varying.variation import Variation, read_plan, render_plan
from emulator.client.sandbox import Sandbox
from emulator.client.server import Server
from emulator.client.violations import tell_violations
from emulator.engine.values import field, value
from emulator.errors import RingbackError, UsageError

__all__ = ["Broke", "Client", "OutOfContract", "Run", "TookTooLong", "run_varied", "smallest"]

SWEPT: Final = 0.7
"""How much of the budget goes to trying everything once."""
MOST: Final = 8
"""How many fields vary at once."""


class Broke(AssertionError):
    """The client broke. The text is the report; `plan` does it again."""

    def __init__(self, text: str, plan: Mapping[str, Any]) -> None:
        self.plan = plan
        super().__init__(text)


class TookTooLong(Exception):
    """The client went on and on, until its sandbox was taken from it."""


class OutOfContract(AssertionError):
    """The client of a strict sandbox sent what its provider does not document."""


@value
class Run:
    """One run: what was wrong, what was varied, and which operations were asked with which status, in order; nobody
    knows, unless `is_known`, if the client ended its sandbox itself."""

    variations: tuple[Variation, ...]
    error: BaseException | None = field(hash=False)
    varied: tuple[Mapping[str, Any], ...] = field(hash=False)
    asked: tuple[tuple[str, int], ...]
    is_known: bool = True


class Client:
    """The user's function, and what it takes to run it. `may_raise`: what is right after an error was answered."""

    def __init__(
        self, function: Callable[[Sandbox], Any], contract: Contract, server: Server, *, spec: Mapping[str, Any],
        may_raise: tuple[type[BaseException], ...], longest: float, name: str = "the client",
    ) -> None:  # fmt: skip
        self._function, self.contract, self._server = function, contract, server
        self._spec, self._may_raise, self._longest = spec, may_raise, longest
        self.name = name
        self.seed = spec.get("seed", 1)
        self.is_strict = bool(spec.get("strict"))
        self.runs = 0

    def run(self, variations: Iterable[Variation]) -> Run:
        """Run it once."""
        variations = tuple(variations)
        self.runs += 1
        plan = render_plan(variations)
        with self._server.sandbox(vendor=self.contract.name, answers=plan, **self._spec) as sandbox:
            entries, error = self._watched(sandbox)
            is_known = not sandbox.is_deleted
        varied = tuple(each for each in entries if each["kind"] == "varied")
        asked = [each for each in entries if each["kind"] == "request"]
        if error is not None and isinstance(error, self._may_raise) and _has_failed(varied):
            error = None
        return Run(variations, error, varied, tuple(self._named(each) for each in asked), is_known)

    def _watched(self, sandbox: Sandbox) -> tuple[list[dict[str, Any]], BaseException | None]:
        """The journal, and what the function raised. One that does not end finds its sandbox gone; one that goes on
        even so is interrupted."""
        __tracebackhide__ = True
        late: list[list[dict[str, Any]]] = []
        interruption = Interruption()

        def end() -> None:
            late.append([])
            with suppress(RingbackError):  # the client may have ended it itself
                late[0] += sandbox.journal()
                sandbox.delete()
            interruption.send(after=self._longest)

        timer = threading.Timer(self._longest, end)
        timer.start()
        error: BaseException | None = None
        try:
            try:
                self._function(sandbox)
            finally:
                interruption.over()
        except (Exception, Interrupted) as raised:
            error = raised
        except BaseException as raised:
            if not is_pytest_failure(raised):
                raise
            error = raised
        finally:
            timer.cancel()
            timer.join()
        if late:
            told = TookTooLong(f"it was not done after {self._longest:g} s")
            told.__cause__ = error
            return late[0], told
        with suppress(RingbackError):
            return sandbox.journal(), error or self._violation(sandbox)
        return [], error

    def _violation(self, sandbox: Sandbox) -> OutOfContract | None:
        found = tell_violations(sandbox.violations) if self.is_strict else []
        return OutOfContract("\n".join(["what was sent is not in the contract:", *found])) if found else None

    def _named(self, entry: Mapping[str, Any]) -> tuple[str, int]:
        """By the contract's name of it; as it was sent, if it has none."""
        vendor, method, path = entry["vendor"], entry["method"], entry["path"]
        is_its = vendor == self.contract.name
        operation = self.contract.find(method, path) if is_its else None
        return (operation.id if operation is not None else f"{vendor} {method} {path}"), entry["status"]


def _has_failed(varied: Iterable[Mapping[str, Any]]) -> bool:
    return any(change["change"] == "error" for entry in varied for change in entry["changes"])


def run_varied(
    client: Client, examples: int, operations: Collection[str], changes: Collection[str], seeded: int,
    plan: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """With `plan`: under this one alone. Raises what the client raises without any variation, or `Broke`; UsageError,
    if there is nothing to vary."""
    __tracebackhide__ = True
    first = client.run(() if plan is None else read_plan(plan))
    if first.error is not None and plan is not None and first.variations:
        raise Broke(_report(client, first), plan) from first.error
    if isinstance(first.error, OutOfContract):
        raise OutOfContract("\n".join([str(first.error), *_again(client, first)]))
    if first.error is not None:
        raise first.error
    if not first.asked and first.is_known:
        raise UsageError(f"varied: {client.name} asks the provider nothing in its sandbox, so no answer can vary")
    if plan is not None:
        return
    search = _Search(client, examples, operations, changes)
    failed = search.sweep(first) or search.draw(seeded)
    if not search.has_varied and first.asked:
        steps = ", ".join(dict.fromkeys(name for name, _ in first.asked))
        narrowed = {"operations": operations, "changes": changes}
        meant = "".join(f" by {name}={list(told)!r}" for name, told in narrowed.items() if told)
        name = client.contract.name
        raise UsageError(f"varied: nothing of what {client.name} asks varies{meant} ({name} contract); it asks {steps}")
    if failed is not None:
        small = smallest(client, failed)
        raise Broke(_report(client, small), render_plan(small.variations)) from small.error


class _Search:
    def __init__(self, client: Client, examples: int, operations: Collection[str], changes: Collection[str]) -> None:
        self._client, self._examples = client, examples
        self._operations, self._changes = operations, changes
        self._counts: dict[str, int] = {}
        self._statuses: dict[str, set[int]] = {}
        self._known: list[Variation] = []

    @property
    def has_varied(self) -> bool:
        """Whether there was anything to vary."""
        return bool(self._known)

    def sweep(self, first: Run) -> Run | None:
        """Everything once. The run that failed."""
        budget = max(1, int(self._examples * SWEPT))
        todo = deque(self._new(first, budget))
        while todo and self._client.runs <= budget:
            run = self._client.run(todo.popleft())
            if run.error is not None:
                return run
            todo += self._new(run, budget - self._client.runs - len(todo))
        return None

    def _new(self, run: Run, budget: int) -> list[list[Variation]]:
        """Plans of what was not known before this run."""
        known = self._client.contract.operations
        asked = [
            each for each in run.asked if each[0] in known and (not self._operations or each[0] in self._operations)
        ]
        for name, count in Counter(name for name, _ in asked).items():
            self._counts[name] = max(count, self._counts.get(name, 0))
        for name, status in asked:
            self._statuses.setdefault(name, set()).add(status)
        told = possible(self._client.contract, self._counts, self._changes, self._statuses)
        before = set(self._known)
        found = [each for each in told if each not in before]
        self._known += found
        return _batches(found, budget)

    def draw(self, seeded: int) -> Run | None:
        """What Hypothesis draws of it, for the rest of the budget. The run that failed."""
        left = self._examples - self._client.runs
        if left <= 0 or not self._known:
            return None
        failed: list[Run] = []

        @seed(seeded)
        @settings(
            max_examples=left, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(plans(self._known, min(2, len(_fields(self._known)))))
        def any_plan(variations: list[Variation]) -> None:
            if not failed:
                run = self._client.run(variations)
                if run.error is not None:
                    failed.append(run)

        any_plan()
        return failed[0] if failed else None


def _batches(found: Sequence[Variation], budget: int) -> list[list[Variation]]:
    """Plans of fields that are not in each other's way, as few as the budget wants; each error alone."""
    errors = [[each] for each in found if each.change == "error"]
    fields = _fields(found)
    size = min(MOST, max(1, ceil(len(fields) / max(1, budget - len(errors)))))
    batches: list[list[Variation]] = []
    for variation in fields:
        for batch in batches:
            if len(batch) < size and not any(_are_close(variation, other) for other in batch):
                batch.append(variation)
                break
        else:
            batches.append([variation])
    return [*batches, *errors]


def _fields(found: Iterable[Variation]) -> list[Variation]:
    return [each for each in found if each.change != "error"]


def _are_close(one: Variation, other: Variation) -> bool:
    """One would hide what the other does."""
    if one.operation != other.operation:
        return "many-pages" in (one.change, other.change) or "empty" in (one.change, other.change)
    return one.where.startswith(other.where) or other.where.startswith(one.where)


def smallest(client: Client, failed: Run) -> Run:
    """The same with nothing in it that is not needed, and of every answer rather than one."""
    for variation in failed.variations if len(failed.variations) > 1 else ():
        alone = client.run([variation])
        if alone.error is not None:
            failed = alone
            break
    for variation in failed.variations if len(failed.variations) > 1 else ():
        fewer = client.run(each for each in failed.variations if each != variation)
        if fewer.error is not None:
            failed = fewer
    for variation in failed.variations:
        if variation.nth and variation.change != "error":
            every = Variation(variation.operation, variation.change, variation.where, variation.value)
            simpler = client.run(every if each == variation else each for each in failed.variations)
            failed = simpler if simpler.error is not None else failed
    return failed


def _report(client: Client, run: Run) -> str:
    name, error = client.contract.name, run.error
    said = str(error).strip().partition("\n")[0]
    lines = [f"{client.name} breaks when {name} answers so: {type(error).__name__}{f': {said}' if said else ''}", ""]
    lines += [f"  {line}" for line in told_answers(name, run.varied)]
    return "\n".join([*lines, *_again(client, run)])


def _again(client: Client, run: Run) -> list[str]:
    """What it had asked, and how to see that again."""
    steps = ", ".join(f"{operation} {status}" for operation, status in run.asked)
    runs = "1 run" if client.runs == 1 else f"{client.runs} runs"
    seeded = f", seed={client.seed}" if client.seed != 1 else ""
    strict = ", strict=True" if client.is_strict else ""
    plan = json.dumps(render_plan(run.variations))
    return [
        "", f"It had asked: {steps or 'nothing'}.", f"Found in {runs}. The same again:",
        f"    @contracts.varied({client.contract.name!r}, plan={plan}{seeded}{strict})",
    ]  # fmt: skip
