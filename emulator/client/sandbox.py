"""`Sandbox`: one isolated world of a server, from Python. All of it goes over the control API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from emulator.client import BASE
from emulator.client.calls import Call, Calls, Deliveries, id_of
from emulator.client.control_api import ControlApi, ControlRefused, NoServer
from emulator.client.faults import Faults
from emulator.client.records import Account, Drive, State
from emulator.client.violations import Violation
from emulator.errors import UsageError
from emulator.scenarios.builder import FarEndBuilder, Span
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.spans import parse_span

if TYPE_CHECKING:
    from emulator.client.waiting import Awaited

__all__ = ["Sandbox", "Settings"]

ANYBODY = "+919876543210"


class Sandbox:
    """One isolated world: its own credentials, calls and clock, which stands still until it is told to move.

    A provider's account is an attribute by the provider's name: `.base_url`, the credentials, `.numbers`. Leaving the
    `with` block deletes the sandbox, unless it was there before. Raises `ControlRefused` where the server says no.
    """

    def __init__(
        self,
        api: ControlApi,
        told: Mapping[str, Any],
        *,
        vendor: str = "",
        is_ours: bool = True,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self.api = api
        self.id: str = told["id"]
        self.seed: int = told["seed"]
        self.path = f"/sandboxes/{quote(self.id)}"
        self.is_virtual: bool = told["clock"]["mode"] == "virtual"
        self.speed: float = told["clock"]["speed"]
        self.accounts = {name: Account(name, account) for name, account in told["vendors"].items()}
        self.settings = Settings(self)
        self.faults = Faults(self)
        self.is_deleted = False
        self._seen: set[str] = set()
        self._default, self._is_ours, self._on_close = vendor, is_ours, on_close
        if vendor and vendor not in self.accounts:
            raise UsageError(f"vendor: expected {' or '.join(self.accounts)}, got {vendor!r}")

    # --- providers ---------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Account:
        accounts: dict[str, Account] = self.__dict__.get("accounts", {})
        if name not in accounts:
            raise AttributeError(f"a sandbox has no {name!r}; the providers here are {', '.join(accounts)}")
        return accounts[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.accounts]

    @property
    def vendor(self) -> Account:
        """The account at the one provider meant: the one named when the sandbox was made, or the only one loaded."""
        return self.accounts[self._vendor("")]

    def _vendor(self, name: str) -> str:
        if not name and not self._default and len(self.accounts) != 1:
            raise UsageError(f"vendor: say which one: {', '.join(self.accounts)}")
        return name or self._default or next(iter(self.accounts))

    def environ(self) -> dict[str, str]:
        """The environment for a process that is to use this sandbox, as `ringback run` sets it."""
        from emulator.client.environment import environ

        return {**environ(self.api.url, self.accounts, self.api.token), "RINGBACK_SANDBOX": self.id}

    # --- who is on the other end -------------------------------------------------------------------------------

    def far_end(self, number: str = "") -> FarEndBuilder:
        """Script whoever is at `number` (`+9198*` for many, nothing for everybody else): every word takes effect at
        once, for every leg that starts later. It begins anew: what was said of that number before is forgotten."""
        return FarEndBuilder(lambda far_end: self.put_far_end(number, far_end))

    def put_far_end(self, number: str, far_end: FarEnd | Mapping[str, Any]) -> None:
        """The same with a whole far end at once."""
        told = far_end.to_json() if isinstance(far_end, FarEnd) else dict(far_end)
        scenario = self.api.get(f"{self.path}/scenario")
        changed = {"numbers": {**scenario["numbers"], number: told}} if number else {"default": told}
        self.api.put(f"{self.path}/scenario", {**scenario, **changed})

    def put_scenario(self, scenario: Mapping[str, Any] | str | Path, *apps: str) -> None:
        """Everybody anew: the name of a preset, a file, or what stands in one. `apps`: what `{app}`, `{app2}` in its
        settings are. Inbound calls come from now on. Raises: UsageError, ControlRefused."""
        from emulator.scenario_files.loading import load, with_apps

        told = with_apps(load(scenario), apps)
        if self._default and told.get("calls") and not told.get("vendor"):
            told["vendor"] = self._default
        self.api.put(f"{self.path}/scenario", told)

    def dial_in(
        self,
        vendor: str = "",
        from_: str = ANYBODY,
        to: str = "",
        *,
        far_end: FarEndBuilder | FarEnd | Mapping[str, Any] | None = None,
    ) -> Call:
        """Somebody at `from_` calls one of your numbers, by default the first at `vendor`. `far_end` scripts them."""
        return Call(self, self.call_in(vendor, from_, to, far_end))

    def call_in(self, vendor: str, from_: str, to: str, far_end: Any) -> Mapping[str, Any]:
        """`dial_in`, as the control API answers it."""
        name = self._vendor(vendor)
        if name not in self.accounts:
            raise UsageError(f"vendor: expected {' or '.join(self.accounts)}, got {name!r}")
        body = {"vendor": name, "from": from_, "to": to or self.accounts[name].numbers[0]}
        if far_end is not None:
            script = far_end.far_end if isinstance(far_end, FarEndBuilder) else far_end
            body["scenario"] = script.to_json() if isinstance(script, FarEnd) else dict(script)
        made: Mapping[str, Any] = self.api.post(f"{self.path}/calls", body)
        return made

    # --- what answers are like ---------------------------------------------------------------------------------

    @property
    def answers(self) -> str | dict[str, Any]:
        """`plain`; `varied`: within the providers' contracts, by the seed; or `{"variations": [...]}`, which can be
        drawn with `contracts.answers`. It can be set, for what is asked from then on."""
        told: str | dict[str, Any] = self.api.get(f"{self.path}/answers")["answers"]
        return told

    @answers.setter
    def answers(self, answers: str | Mapping[str, Any]) -> None:
        self.put_answers(answers)

    def put_answers(self, answers: str | Mapping[str, Any]) -> None:
        """As `answers = ...`. Raises: ControlRefused for what no contract allows."""
        told = answers if isinstance(answers, str) else dict(answers)
        self.api.put(f"{self.path}/answers", {"answers": told})

    # --- time --------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """What time it is in here."""
        return datetime.fromisoformat(self.api.get(f"{self.path}/clock")["now"])

    @property
    def next_at(self) -> datetime | None:
        """When something falls due next."""
        told = self.api.get(f"{self.path}/clock")["next_at"]
        return datetime.fromisoformat(told) if told else None

    def advance(self, span: Span) -> Drive:
        """Let `span` go by, stopping at everything due on the way; every webhook is answered when this returns."""
        return self.drive("advance", {"seconds": parse_span(span, "advance").total_seconds()})

    def settle(self) -> Drive:
        """Let everything that happens at this instant happen: no webhook is left unanswered, the clock stands still."""
        return self.advance(0)

    def run(self, within: Span = "24h") -> Drive:
        """Let time go by until nothing is left to happen but endless playing or waiting, or `within` is over."""
        return self.drive("run", {"limit_seconds": parse_span(within, "within").total_seconds()})

    def run_until(
        self,
        condition: Callable[[], object] | None = None,
        *,
        callback: str = "",
        state: State | str = "",
        call: Call | str | None = None,
        count: int = 1,
        within: Span | None = None,
    ) -> Drive:
        """Let time go by until `condition()` holds, `callback` was delivered `count` times (of `call`, if given), or
        `call` (by default the only one) came into `state`; all count from the sandbox's beginning. `within`: by default
        a day on a virtual clock, 10 s on a real one.

        Raises: DidNotHappen, which tells what happened instead.
        """
        __tracebackhide__ = True
        from emulator.client import waiting

        awaited = self._awaited(condition, callback, state, call, count)
        return waiting.run_until(self, awaited, None if within is None else parse_span(within, "within"))

    def run_without(
        self, *, callback: str = "", state: State | str = "", call: Call | str | None = None, within: Span
    ) -> Drive:
        """Let `within` go by, in which no `callback` is sent, or `call` does not come into `state`: not once more.

        Raises: DidNotHappen, when it came.
        """
        __tracebackhide__ = True
        from emulator.client import waiting

        awaited = self._awaited(None, callback, state, call, 1)
        return waiting.run_without(self, awaited, parse_span(within, "within"))

    def _awaited(self, condition: Any, callback: str, state: str, call: Call | str | None, count: int) -> Awaited:
        from emulator.client.waiting import Awaited

        return Awaited(self, condition, callback, state, call, count)

    def drive(self, how: str, body: Mapping[str, Any]) -> Drive:
        """`advance` or `run`, as the control API takes them."""
        return Drive.read(self.api.post(f"{self.path}/clock/{how}", body))

    # --- what happened -----------------------------------------------------------------------------------------

    @property
    def calls(self) -> Calls:
        return Calls(self)

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(self)

    @property
    def violations(self) -> list[Violation]:
        """What was wrong with the requests so far, if the sandbox is strict; each reads as text."""
        return [Violation.read(told) for told in self.api.get(f"{self.path}/violations")["violations"]]

    def journal(self, after: int = 0, call: Call | str | None = None) -> list[dict[str, Any]]:
        """Everything that happened, in order, from the entry after `seq` `after` on."""
        return [json.loads(line) for line in self.journal_lines(after, call).splitlines()]

    def journal_lines(self, after: int = 0, call: Call | str | None = None) -> bytes:
        """The same as JSON Lines: byte for byte equal for equal seeds, scenarios and applications."""
        query = urlencode({"after": after, **({"call": id_of(call)} if call else {})})
        headers = {"Authorization": f"Bearer {self.api.token}"} if self.api.token else {}
        status, body = self.api.send("GET", f"{BASE}{self.path}/journal?{query}", headers)
        if status >= 400:
            error = json.loads(body)["error"]
            raise ControlRefused(status, error["code"], error["message"], error["hint"])
        return body

    def looked(self, delivery: str) -> None:
        """Somebody looked at how a delivery went."""
        self._seen.add(delivery)

    @property
    def seen(self) -> frozenset[str]:
        """The deliveries that somebody looked at."""
        return frozenset(self._seen)

    # --- its end -----------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """The same sandbox as on its first instant: same id, seed and accounts, no calls."""
        self.api.post(f"{self.path}/reset")
        self._seen.clear()

    def delete(self) -> None:
        """End it at once, calls and deliveries with it. Once is enough."""
        if not self.is_deleted:
            self.is_deleted = True
            self.api.delete(self.path)

    def close(self) -> None:
        """Delete it if it was made here, and stop the server if that was started for it."""
        try:
            if self._is_ours:
                self.delete()
        except NoServer:
            pass  # it went with its server
        finally:
            if self._on_close is not None:
                self._on_close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Sandbox {self.id} at {self.api.url}, seed {self.seed}>"


class Settings:
    """What each provider keeps in its web panel, by the name of the setting."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def get(self, vendor: str) -> dict[str, Any]:
        settings: dict[str, Any] = self._sandbox.api.get(self._path(vendor))
        return settings

    def put(self, vendor: str, **settings: Any) -> dict[str, Any]:
        """Replace them whole: what is not named takes its default. What holds then."""
        held: dict[str, Any] = self._sandbox.api.put(self._path(vendor), settings)
        return held

    def change(self, vendor: str, **settings: Any) -> dict[str, Any]:
        """Change these alone. What holds then."""
        return self.put(vendor, **{**self.get(vendor), **settings})

    def _path(self, vendor: str) -> str:
        return f"{self._sandbox.path}/settings/{quote(vendor, safe='')}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._sandbox.accounts)
