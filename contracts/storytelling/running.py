"""Tells stories: each in a fresh sandbox of one server, against the user's application, on the virtual clock.

Theory of operation. A story is told as `ringback scenario play` plays its file: the same sandbox, the same requests,
one webhook at a time, so that what was seen here is seen there. All applications play on one address, one after the
other, so that equal stories have equal journals. Two requests of the control API and one that places each call are all
that a story costs; what an invariant wants to know is asked when it asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from contracts.storytelling.making import App, maker
from contracts.storytelling.story import Story
from emulator.cli.scenario_writing import written
from emulator.client.calls import Call, every
from emulator.client.control_api import ControlApi
from emulator.client.playing import Asked, act, prepared
from emulator.client.sandbox import Sandbox
from emulator.client.scripting import requested
from emulator.client.server import Server
from emulator.client.telling import is_unanswered, tell_call, tell_delivery
from emulator.client.violations import tell_violations
from emulator.pytest_plugin.applications import Applications
from emulator.pytest_plugin.stage import Stage

__all__ = ["App", "Place", "Theatre", "ToldStory", "tell"]

Place = Callable[[str, Any, str], object]
"""The user's own client: places a call to a number, with an account, for an application at a URL."""

LONGEST: Final = 600.0
MOST_CALLS: Final = 4


@dataclass
class ToldStory:
    """A story that was told. `app` is what the factory made, `url` where it was; `sandbox` lives until the block ends.

    `history`: what `watch(app)` was after each request that the application answered. `problems`: what the application
    raised. `asked`: the requests that began the calls. `error`: what `place` or `watch` raised first.
    """

    story: Story
    app: Any
    sandbox: Sandbox
    url: str
    history: list[Any] = field(default_factory=list)
    problems: list[BaseException] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    error: Exception | None = None
    is_strict: bool = False

    @property
    def calls(self) -> list[Call]:
        return list(self.sandbox.calls)

    @cached_property
    def deliveries(self) -> list[Mapping[str, Any]]:
        """Every webhook as the control API shows it."""
        return list(every(self.sandbox.api, f"{self.sandbox.path}/deliveries", "deliveries"))

    @property
    def unanswered(self) -> list[str]:
        """A line for each webhook that the application did not answer well, and each call that could not begin."""
        missed = [f"{each.title} answered {each.status} {each.text}" for each in self.asked if not each.is_good]
        return missed + [tell_delivery(told) for told in self.deliveries if is_unanswered(told) and not _is_lost(told)]

    def ladder(self) -> str:
        """What happened in every call, in words."""
        api, path = self.sandbox.api, self.sandbox.path
        calls = [each["id"] for each in every(api, f"{path}/calls", "calls")]
        shown = [tell_call(api.get(f"{path}/calls/{call}"), only_unanswered=True) for call in calls[:MOST_CALLS]]
        left = len(calls) - len(shown)
        return "\n\n".join([*shown, *([f"and {left} more calls"] if left else [])]) or "\n".join(
            ["There was no call.", *self.tried()]
        )

    def tried(self) -> list[str]:
        """What was done to begin the calls, and what it led to, a line each."""
        return list(dict.fromkeys(self._tried()))

    def _tried(self) -> Iterator[str]:
        for each in self.asked if self.story.begins == "asked" else ():
            yield f"Your application was asked {each.title}, and {_said(each.status, each.text)}."
        journal = self.sandbox.journal()
        for entry in journal if self.story.begins == "inbound" else ():
            if entry["kind"] == "refused":
                yield f"{entry['command'].get('from', 'Somebody')} could not call: {entry['why']}."
        requests = [entry for entry in journal if entry["kind"] == "request"]
        for entry in requests:
            yield f"The provider was asked {entry['method']} {entry['path']}, and {_said(entry['status'])}."
        if not requests and self.story.begins == "asked":
            yield (
                "The provider was asked nothing with the account of the story's sandbox: `app` is given that account "
                "if it needs an argument, and has to have called when it answers."
            )
        elif not requests and self.story.begins == "placed":
            yield "`place` asked the provider nothing with the account that it was given."

    def scenario(self, name: str = "") -> dict[str, Any]:
        """The story as a scenario file says it, with what `place` asked."""
        return self.story.scenario(name)

    def check(self) -> None:
        """Raises: AssertionError, if a webhook was not answered well, or the application raised and was asked again."""
        missed = self.unanswered
        assert not missed, "not every webhook was answered well:\n" + "\n".join(missed)
        raised = dict.fromkeys(f"{type(each).__name__}: {each}" for each in self.problems)
        assert not raised, "the application raised, and answered well when it was asked again:\n" + "\n".join(raised)

    def check_requests(self) -> None:
        """Raises: AssertionError, if the story was told to be strict and a request breaks the provider's contract."""
        found = tell_violations(self.sandbox.violations) if self.is_strict else []
        assert not found, "\n".join(["a request breaks the provider's contract:", *found])


def _said(status: int, text: str = "") -> str:
    return f"answered {status}{f': {text}' if text else ''}" if status else f"did not answer: {text}"


def _is_lost(told: Mapping[str, Any]) -> bool:
    """Its last attempt failed on purpose: that is not the application's doing."""
    last = told["attempts"][-1]["fault"] if told["attempts"] else None
    return last is not None and last["fault"] in ("lost", "answer-lost")


class Theatre:
    """Where stories are told: a server, one of its own if none is given, and an address for the applications."""

    def __init__(self, server: Server | None = None) -> None:
        self._stack = ExitStack()
        known = self._stack.enter_context(Server.start()) if server is None else server
        self.server = Server(known.url, known.api.token)
        self.server.api = ControlApi(known.url, known.api.token, timeout=LONGEST, is_kept=True)
        self._stack.callback(self.server.api.close)
        self._stage = Stage(self._stack.enter_context(Applications()))
        self._url = self._stage.put(_nobody)

    @contextmanager
    def tell(
        self, story: Story, app: App, *, place: Place | None = None, watch: Callable[[Any], Any] | None = None,
        strict: bool = False,
    ) -> Iterator[ToldStory]:  # fmt: skip
        """Tell `story` to a new application; what came of it. Raises: UsageError, ControlRefused."""
        make, url = maker(app), self._url
        told, plan = prepared(story.scenario(), [url])
        seed = told.get("seed") or 0
        with self.server.sandbox(seed=seed, scenario=told, deliver="one_at_a_time", strict=strict) as sandbox:
            made = make(sandbox.accounts[story.vendor])
            watcher = _Watcher(made, watch)
            self._stage.put(made, after=watcher.look)
            outcome = ToldStory(
                story, made, sandbox, url, watcher.history, self._stage.problems, is_strict=strict
            )  # fmt: skip
            client = _Client(sandbox, story.vendor, url, place)
            began = sandbox.now
            outcome.asked, _ = act(sandbox, plan, [url], story.vendor, began, client)
            outcome.error = client.error or watcher.error
            if client.rows:
                outcome.story = replace(story, requests=tuple(client.rows))
            yield outcome

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Theatre:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


async def _nobody(scope: Any, receive: Any, send: Any) -> None:
    """The application before the first one: nobody asks it anything."""


class _Client:
    """Places calls with the user's own function, and keeps what that asked of the provider."""

    def __init__(self, sandbox: Sandbox, vendor: str, url: str, place: Place | None) -> None:
        self._sandbox, self._vendor, self._url, self._place = sandbox, vendor, url, place
        self.rows: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def __call__(self, row: Mapping[str, Any]) -> Asked:
        assert self._place is not None, "this story's calls are begun by a function of yours: say place="
        before = self._last() if self.rows else 0
        account = self._sandbox.accounts[self._vendor]
        try:
            self._place(row["place"], account, self._url)
        except Exception as error:
            self.error = self.error or error
        entries = [entry for entry in self._sandbox.journal(before) if entry.get("source") != "scenario"]
        when = {"at": row["at"]} if row.get("at") else {}
        self.rows += [{**when, **each} for each in requested(entries, account)]
        return Asked("place", 200)

    def _last(self) -> int:
        lines = self._sandbox.journal_lines().splitlines()
        return int(json.loads(lines[-1])["seq"]) if lines else 0


class _Watcher:
    """Keeps what the user's `watch` says of an application, until that raises."""

    def __init__(self, app: Any, watch: Callable[[Any], Any] | None) -> None:
        self._app, self._watch = app, watch
        self.history: list[Any] = []
        self.error: Exception | None = None

    def look(self) -> None:
        if self._watch is None or self.error is not None:
            return
        try:
            self.history.append(deepcopy(self._watch(self._app)))
        except Exception as error:
            self.error = error


@contextmanager
def tell(
    story: Story, app: App, *, place: Place | None = None, watch: Callable[[Any], Any] | None = None,
    server: Server | None = None, strict: bool = False,
) -> Iterator[ToldStory]:  # fmt: skip
    """Tell one story to the application that `app()` makes: `with tell(story, make_app) as told: ...`; an `app` that
    needs an argument is given the account.

    `place(number, account, url)` begins the calls of stories that begin so. `watch(app)`: see `ToldStory.history`.
    `server`: the one to tell it in; by default one is started. `strict`: see `ToldStory.check_requests`.

    Raises: UsageError, ControlRefused, CannotStart, and what `place` and `watch` do.
    """
    with Theatre(server) as theatre, theatre.tell(story, app, place=place, watch=watch, strict=strict) as told:
        if told.error is not None:
            raise told.error
        yield told


def save(story: Story, path: Path, name: str, notes: Sequence[str]) -> None:
    """The story as a scenario file; `notes` are lines of comment at its head."""
    text = written(story.scenario(name)).partition("\n")[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"# {line}".rstrip() + "\n" for line in notes) + text, encoding="utf-8")
