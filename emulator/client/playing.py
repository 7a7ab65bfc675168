"""Plays a scenario against an application: a fresh sandbox, what a client does in it, and how every call came out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from emulator.client.calls import every
from emulator.client.outcomes import Difference, Outcome, differences, outcome_of, title
from emulator.client.records import Drive
from emulator.client.sandbox import Sandbox
from emulator.client.server import Server
from emulator.errors import UsageError
from emulator.scenario_files.loading import app_names, with_apps
from emulator.scenarios.places import fill_all, names_in
from emulator.scenarios.spans import parse_span
from emulator.vendor_wire.urls import is_http_url

__all__ = ["Asked", "Played", "act", "check_apps", "led", "play", "prepared"]

DAY: Final = timedelta(days=1)
PATIENCE: Final = 30.0
"""Real seconds that an application may take to answer what it is asked to do."""

MOST_TOLD: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a client made. `status` 0: nobody answered; `text`: how an answer that was no good begins."""

    title: str
    status: int
    text: str = ""

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 400

    def to_json(self) -> dict[str, Any]:
        return {"request": self.title, "status": self.status, **({"answer": self.text} if self.text else {})}


@dataclass(slots=True)
class Played:
    """What came of it.

    `seconds`: how long it was on the sandbox's clock; `stopped`: why it ended, `idle` or `limit`. `notes`: what the
    sandbox had to remark, such as a number without an application. `expected`: what each expected call is called;
    `differences` is None where nothing was expected.
    """

    seed: int
    outcomes: list[Outcome] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    differences: list[Difference] | None = None
    expected: list[str] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = "idle"
    failures: list[str] = field(default_factory=list)
    journal: bytes = b""
    may_fail: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """As expected; where nothing was expected, every request and webhook was answered well."""
        return not self.differences and (
            self.may_fail or (not self.failures and all(one.is_good for one in self.asked))
        )


def play(
    scenario: Mapping[str, Any], server: Server, apps: Sequence[str] = (), *, vendor: str = "", seed: int | None = None,
    watch: Callable[[Sandbox], None] = lambda sandbox: None,
) -> Played:  # fmt: skip
    """`watch` is given the sandbox before anything happens in it. Raises: UsageError, ControlRefused."""
    told, plan = prepared(scenario, apps, vendor=vendor, seed=seed)
    with server.sandbox(seed=told.get("seed") or 0, scenario=told, deliver="one_at_a_time") as sandbox:
        watch(sandbox)
        played = Played(sandbox.seed, may_fail=bool(plan.get("allow_failed")))
        began = sandbox.now
        played.asked, drive = act(sandbox, plan, apps, told.get("vendor", ""), began)
        played.stopped = drive.stopped
        _look(played, sandbox, began)
        client = _Client(sandbox, apps, told.get("vendor", ""), {})
        expect = client.filled(plan["expect"], "play.expect") if "expect" in plan else None
        if expect is not None:
            played.expected = [title(wanted) for wanted in expect.get("calls", ())]
            played.differences = differences(
                expect.get("calls", ()), played.outcomes, others=expect.get("others", "calls" not in expect),
                allow_failed=played.may_fail,
            )  # fmt: skip
        return played


def prepared(
    scenario: Mapping[str, Any], apps: Sequence[str], *, vendor: str = "", seed: int | None = None
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """What a sandbox takes of it, and its `play`. Raises: UsageError."""
    told = dict(scenario)
    plan = told.pop("play", {})
    if vendor:
        told["vendor"] = vendor
    _check_apps(plan, apps)
    if seed is not None:
        told["seed"] = seed
    return led(with_apps(told, apps), plan.get("urls", {}), apps), plan


def act(
    sandbox: Sandbox, plan: Mapping[str, Any], apps: Sequence[str], vendor: str, began: datetime,
    place: Callable[[Mapping[str, Any]], Asked] | None = None,
) -> tuple[list[Asked], Drive]:  # fmt: skip
    """Do what `plan` says, and let time go by until nothing is left to happen; `began`: what the clock shows now.

    `place` does those of `plan["requests"]` that have `place`, which is for Python alone. Raises: UsageError.
    """
    client = _Client(sandbox, apps, vendor, plan.get("urls", {}))
    rows = list(enumerate(plan.get("requests", ())))
    asked, now = [], began
    end = began + parse_span(plan.get("within", DAY), "play.within")
    for count, (index, row) in enumerate(sorted(rows, key=lambda pair: parse_span(pair[1].get("at", 0), "at")), 1):
        at = began + parse_span(row.get("at", 0), f"play.requests[{index}].at")
        if at > now:
            now = sandbox.advance(at - now).now
        is_ours = place is not None and "place" in row
        asked.append(place(row) if place and is_ours else client.ask(row, f"play.requests[{index}]"))
        if count < len(rows):
            now = sandbox.settle().now  # what it caused comes before the next, however fast we are
    return asked, sandbox.run(max(end - now, timedelta()))


def led(told: dict[str, Any], urls: Mapping[str, str], apps: Sequence[str]) -> dict[str, Any]:
    """With the settings that lead inbound calls to the application, at providers of which the scenario says nothing."""
    from emulator.runtime.vendors import load_vendors

    meant = {row.get("vendor") or told.get("vendor", "") for row in told.get("calls", ())} - set(
        told.get("settings", {})
    )
    if not apps or not meant:
        return told
    base = apps[0].rstrip("/")
    whole = {name: url if "://" in url else f"{base}/{url.lstrip('/')}" for name, url in urls.items()}
    settings = dict(told.get("settings", {}))
    for name, vendor in load_vendors().items():
        if name in meant and vendor.inbound_settings is not None:
            settings[name] = dict(vendor.inbound_settings(whole or {"answer": apps[0]}))
    return {**told, "settings": settings}


def _look(played: Played, sandbox: Sandbox, began: datetime) -> None:
    """How it came out."""
    for summary in every(sandbox.api, f"{sandbox.path}/calls", "calls"):
        outcome = outcome_of(sandbox.api.get(f"{sandbox.path}/calls/{summary['id']}"), began)
        played.outcomes.append(outcome)
    played.seconds = (sandbox.now - began).total_seconds()
    played.journal = sandbox.journal_lines()
    played.notes = list(dict.fromkeys(_noted(played.journal)))
    played.failures = [
        f"{outcome.id}: {name} was not answered well" for outcome in played.outcomes for name in outcome.unanswered
    ]


def _noted(journal: bytes) -> Iterator[str]:
    for line in journal.splitlines():
        if b'"kind":"note"' in line or b'"source":"scenario"' in line:
            entry = json.loads(line)
            if entry["kind"] == "note":
                yield entry["text"]
            elif entry["kind"] == "refused":
                yield f"{entry['command'].get('from', 'a caller')} could not call: {entry['why']}"


def check_apps(apps: Iterable[str]) -> None:
    """Raises: UsageError for what is no address."""
    for url in apps:
        if not is_http_url(url):
            raise UsageError(f"--app: expected an address such as http://127.0.0.1:8000, got {url!r}")


def _check_apps(plan: Mapping[str, Any], apps: Sequence[str]) -> None:
    check_apps(apps)
    known = app_names(apps)
    wanted = {name for name in names_in(plan) if name.removeprefix("app").isdigit() or name == "app"}
    if any("call" in row or "app" in row for row in plan.get("requests", ())):
        wanted.add("app")
    missing = sorted(wanted - set(known))
    if missing:
        count = max([1, *(int(name[3:] or 1) for name in missing)])
        times = f"{count} times, in the order of {{app}}, {{app2}}, …" if count > 1 else "URL"
        raise UsageError(f"--app: the scenario has to know where your application is: say --app {times}")


class _Client:
    """Whoever uses the provider's API, and the application, in one sandbox."""

    def __init__(self, sandbox: Sandbox, apps: Sequence[str], vendor: str, urls: Mapping[str, str]) -> None:
        self._sandbox, self._vendor, self._urls = sandbox, vendor, urls
        self._apps = app_names(apps)

    def filled(self, told: Any, where: str, vendor: str = "") -> Any:
        name = (
            vendor or self._vendor or (next(iter(self._sandbox.accounts)) if len(self._sandbox.accounts) == 1 else "")
        )
        account: Mapping[str, Any] = self._sandbox.accounts.get(name) or {}
        return fill_all(told, {**account, **self._apps, "url": self._sandbox.api.url}, where)

    def ask(self, row: Mapping[str, Any], where: str) -> Asked:
        """Do what a row of `requests` says."""
        if "app" in row:
            told = self.filled(row["app"], where, row.get("vendor", ""))
            url = told["path"] if "://" in told["path"] else f"{self._apps['app']}/{told['path'].lstrip('/')}"
            return _sent(told.get("method", "POST"), url, {}, told)
        from emulator.runtime.vendors import load_vendors

        name = self._name(row, where)
        account = self._sandbox.accounts[name]
        vendor = load_vendors()[name]
        if "call" in row:
            told = self.filled(row["call"], f"{where}.call", name)
            urls = {key: self._url(url) for key, url in {**self._urls, **told.get("urls", {})}.items()}
            request = vendor.call_request(account, told.get("from", account.numbers[0]), told["to"], self._answer(urls))
            body = {"json": request.json}
            return _sent(request.method, account.base_url + request.path, dict(request.headers), body)
        told = self.filled(row["api"], f"{where}.api", name)
        headers = dict(vendor.call_request(account, account.numbers[0], account.numbers[0], {}).headers)
        return _sent(told.get("method", "POST"), account.base_url + told["path"], headers, told)

    def _answer(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return urls or {"answer": self._apps["app"]}

    def _url(self, told: str) -> str:
        url = self.filled(told, "play.urls")
        return str(url) if "://" in url else f"{self._apps['app']}/{url.lstrip('/')}"

    def _name(self, row: Mapping[str, Any], where: str) -> str:
        accounts = self._sandbox.accounts
        name = row.get("vendor") or self._vendor or (next(iter(accounts)) if len(accounts) == 1 else "")
        if name not in accounts:
            got = f"got {name!r}" if name else "or say it once: `vendor` of the scenario, or --vendor"
            raise UsageError(f"{where}.vendor: expected one of {', '.join(accounts)}; {got}")
        return str(name)


def _sent(method: str, url: str, headers: Mapping[str, str], told: Mapping[str, Any]) -> Asked:
    """One request; whatever comes of it is an `Asked`."""
    parts = urlsplit(url)
    title = f"{method} {parts.path or '/'}"
    data, kind = _encoded(told)
    connecting = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connecting(parts.hostname or "", parts.port, timeout=PATIENCE)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, data, {**({"Content-Type": kind} if kind else {}), **headers})
        response = connection.getresponse()
        body = response.read(1 << 20).decode(errors="replace").strip()
        is_good = 200 <= response.status < 400
        return Asked(title, response.status, "" if is_good else body[:MOST_TOLD])
    except (OSError, HTTPException) as error:
        return Asked(title, 0, f"{parts.netloc}: {str(error) or type(error).__name__}")
    finally:
        connection.close()


def _encoded(told: Mapping[str, Any]) -> tuple[bytes | None, str]:
    if told.get("json") is not None:
        return json.dumps(told["json"], ensure_ascii=False).encode(), "application/json"
    if told.get("form") is not None:
        return urlencode(told["form"]).encode(), "application/x-www-form-urlencoded"
    return None, ""
