"""A test that holds for every story: many are told, and of those for which it does not hold, the shortest is reported.

Theory of operation. Hypothesis draws stories, the same ones every time; each is told, the webhooks' answers are looked
at, and the test is called with what it asks for by name. The first story that fails is made shorter step by step, for
`SHORTENING` seconds at most, and the shortest is what the report tells of and what is saved. Hypothesis would shrink
what it drew; a story is known better than that, so a dozen tries do what takes it a hundred.
"""

from __future__ import annotations

import inspect
import os
import re
import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import update_wrapper
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Flaky, HypothesisException

from contracts.storytelling.drawing import stories
from contracts.storytelling.making import App, from_app, maker
from contracts.storytelling.running import Place, Theatre, ToldStory, save
from contracts.storytelling.shortening import shorter
from contracts.storytelling.story import Story
from contracts.storytelling.telling import Failure, body, how_asked, lines_of
from contracts.under_pytest import is_pytest_failure, is_session_strict, session_seed
from emulator.client.server import Server
from emulator.errors import UsageError

__all__ = ["StoryFailed", "told"]

SHORTENING: Final = 30.0
"""Real seconds for making a story that failed shorter."""

PARTS: Final = ("story", "app", "ringback", "history", "told")
"""What a test may ask for by name; everything else it asks for is a fixture."""

Test = Callable[..., None]


class StoryFailed(AssertionError):
    """A story for which a test does not hold; the text is the report. `story` is the shortest one, `path` its file."""

    def __init__(self, text: str, story: Story, path: Path) -> None:
        self.story, self.path = story, path
        super().__init__(text)


def told(
    vendor: str, *, app: App, place: Place | None = None, watch: Callable[[Any], Any] | None = None,
    examples: int = 100, seed: int = 1, save_to: str | os.PathLike[str] = "", allow_failed: bool = False,
    strict: bool = False, **drawn: Any,
) -> Callable[[Test], Test]:  # fmt: skip
    """A test that is to hold for every story: `@told("acme", app=make_app)`, then `def test_it(story, app): ...`.

    `app` makes the application, ASGI or WSGI, anew for each story; one that needs an argument is given the account of
    the story's sandbox, what `ringback.acme` is. `place(number, account, url)`: the user's own client, which begins the
    calls. `watch(app)` is kept after each request that it answered, and is the test's
    `history`. The test takes what it needs by name: `story`, `app`, `history`, `ringback` (the sandbox), `told` (a
    `ToldStory`), and fixtures. `drawn`: as `stories` takes it. A story fails, too, if a webhook was not answered well,
    unless `allow_failed`, and with `strict`, or `--ringback-strict`, if a request breaks the provider's contract.
    `save_to`: the folder of saved stories, by default `.ringback` beside pytest's root.

    The test raises: StoryFailed; UsageError, if no story had a call. Raises: UsageError.
    """
    maker(app)
    if place is not None:
        drawn.setdefault("begins", "placed")
    strategy = stories(vendor, **drawn)
    if drawn.get("begins") == "placed" and place is None:
        raise UsageError("place: missing, expected the function that places a call: place(number, account, url)")

    def decorate(test: Test) -> Test:
        if inspect.iscoroutinefunction(test):
            raise UsageError(f"{test.__name__}: expected a plain function, got a coroutine function")
        wanted = list(inspect.signature(test).parameters.values())
        names = {each.name for each in wanted}

        def held(**given_: Any) -> None:
            __tracebackhide__ = True
            request = given_["request"] if "request" in names else given_.pop("request", None)
            server = given_["ringback_server"] if "ringback_server" in names else given_.pop("ringback_server", None)
            trial = _Trial(
                test, names, given_, app, place, watch, allow_failed, server,
                strict or is_session_strict(request),
            )  # fmt: skip
            failure = trial.run(strategy, examples, session_seed(seed, request))
            if failure is not None:
                trial.report(failure, *_place_of(save_to, request, test), examples)
            trial.check()

        others = [each for each in wanted if each.name not in PARTS]
        known = {each.name for each in others}
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
            for name in ("request", "ringback_server")
            if name not in known
        ]
        made: Any = update_wrapper(held, test)
        made.__signature__ = inspect.Signature([*others, *more])
        del made.__wrapped__  # pytest would ask that for its parameters
        return held

    return decorate


class _Trial:
    """One test and its stories."""

    def __init__(
        self, test: Test, names: set[str], fixtures: Mapping[str, Any], app: App, place: Place | None,
        watch: Callable[[Any], Any] | None, allow_failed: bool, server: Server | None, is_strict: bool,
    ) -> None:  # fmt: skip
        self._test, self._names, self._fixtures = test, names, fixtures
        self._app, self._place, self._watch = app, place, watch
        self._allow_failed, self._server, self._is_strict = allow_failed, server, is_strict
        self._failure: Failure | None = None
        self._count = self._steps = 0
        self._is_flaky = False
        self._has_call = False
        self._no_call: list[str] = []

    def check(self) -> None:
        """Raises: UsageError, if no story had a call: then nothing was tried."""
        __tracebackhide__ = True
        if not self._has_call:
            begun = [f"  {line}" for line in self._no_call]
            text = f"told: {self._test.__name__} was told {self._count} stories, and there was no call in any of them."
            raise UsageError("\n".join([text, *(["The first began so:", *begun] if begun else [])]))

    def run(self, strategy: Any, examples: int, seed: int) -> Failure | None:
        """A story that failed, made as short as it can be, if one did."""
        __tracebackhide__ = True
        with Theatre(self._server) as theatre:

            @seeded(seed)
            @settings(
                max_examples=examples, database=None, deadline=None, report_multiple_bugs=False, print_blob=False,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(strategy)
            def any_story(story: Story) -> None:
                if self._failure is None:
                    self._count += 1
                self._one(theatre, story)

            try:
                any_story()
            except Flaky:
                self._is_flaky = True
            except Exception as error:
                if self._failure is None:  # no story's doing
                    error.__notes__ = []
                    raise error.with_traceback(from_app(error.__traceback__)) from error.__cause__
            if self._failure is not None and not self._is_flaky:
                self._shorten(theatre, monotonic() + SHORTENING)
        return self._failure

    def _shorten(self, theatre: Theatre, until: float) -> None:
        assert self._failure is not None
        while monotonic() < until:
            before = self._failure
            for story in shorter(replace(before.story, requests=())):
                with suppress(Exception):
                    self._one(theatre, story)
                if self._failure is not before and type(self._failure.error) is type(before.error):
                    self._steps += 1
                    break
                self._failure = before
                if monotonic() > until:
                    return
            else:
                return

    def _one(self, theatre: Theatre, story: Story) -> None:
        """Tell it; a failure is kept, and raised."""
        how: dict[str, Any] = {"place": self._place, "watch": self._watch, "strict": self._is_strict}
        with theatre.tell(story, self._app, **how) as outcome:
            try:
                self._call(outcome)
            except HypothesisException:
                raise
            except Exception as error:
                self._failure = Failure(outcome.story, error, outcome.ladder(), list(outcome.problems))
                raise
            if not self._has_call:
                self._has_call = bool(outcome.calls)
                self._no_call = self._no_call or outcome.tried()

    def _call(self, outcome: ToldStory) -> None:
        parts = {
            "story": outcome.story, "app": outcome.app, "ringback": outcome.sandbox, "history": outcome.history,
            "told": outcome,
        }  # fmt: skip
        if outcome.error is not None:
            raise outcome.error
        wanted = {name: part for name, part in parts.items() if name in self._names}
        try:
            self._test(**wanted, **self._fixtures)
        except BaseException as raised:
            if not is_pytest_failure(raised):
                raise
            raise AssertionError(str(raised)).with_traceback(raised.__traceback__) from None
        outcome.check_requests()
        if not self._allow_failed:
            outcome.check()

    def report(self, failure: Failure, folder: Path, name: str, examples: int) -> None:
        """Save the story, and raise what tells of it."""
        __tracebackhide__ = True
        path = folder / f"{name}.scenario.yaml"
        again = f"ringback scenario play {shlex.quote(_near(path))} --app http://127.0.0.1:8000"
        first, *_ = str(failure.error).splitlines() or [""]
        save(
            failure.story, path, name,
            [f"{name} does not hold: {type(failure.error).__name__}: {first}", "", *lines_of(failure.story), "", again],
        )  # fmt: skip
        text = "\n".join([*self._head(name, examples), *body(failure), "See it again, with your application at:"])
        error = failure.error.with_traceback(_from_test(failure.error.__traceback__, self._test))
        error.__notes__ = []
        raise StoryFailed(
            "\n".join([text, f"  {again}", *how_asked(failure.story), ""]), failure.story, path
        ) from error

    def _head(self, name: str, examples: int) -> list[str]:
        steps = (
            f"made shorter in {self._steps} step{'' if self._steps == 1 else 's'}" if self._steps else "short already"
        )
        lines = [f"{name} does not hold: story {self._count} of at most {examples} failed, and was {steps}.", ""]
        if self._is_flaky:
            lines += [
                "The same story came out in another way when it was told again: something of the application outlives "
                "the one that `app` made, or it depends on chance or on the time of day.",
                "",
            ]
        return lines


def _from_test(at: TracebackType | None, test: Test) -> TracebackType | None:
    """The traceback from the test's own frame on; all of it, if it was not reached."""
    found = at
    while found is not None and found.tb_frame.f_code is not test.__code__:
        found = found.tb_next
    return found or at


def _place_of(save_to: str | os.PathLike[str], request: Any, test: Test) -> tuple[Path, str]:
    """The folder, and the test's name as that of a file."""
    root = Path(request.config.rootpath) if request is not None else Path()
    name = request.node.name if request is not None else test.__name__
    return root / (save_to or ".ringback"), re.sub(r"[^\w.-]+", "-", name).strip("-")


def _near(path: Path) -> str:
    """As seen from where we are."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
