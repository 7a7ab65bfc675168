"""A walk: real calls through a provider's API, step by step, until every documented answer and webhook has come.

Each provider's `walk` module says how (`contracts.<provider>.walk`): `headers(account)` are its credentials,
`real(account)` the values that random requests may take (see `fuzz`), `walk(walker)` its steps. What is the same
everywhere is here: the wrong credentials, the wrong methods, the check of every answer. The application to which the
provider talks is a `WalkedApplication`, lists are asked in `lists`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Final
from urllib.parse import quote, unquote

import requests

from contracts.checks import Finding, check_answer
from contracts.document import METHODS, Contract, Operation
from contracts.walking.application import WalkedApplication
from contracts.walking.ledger import Ledger
from emulator.client.records import Account
from emulator.client.sandbox import Sandbox
from emulator.errors import RingbackError
from emulator.pytest_plugin.applications import Applications

__all__ = ["Said", "Walker", "walk"]

LONGEST: Final = 30.0
"""Real seconds that one answer may take."""
UNKNOWN: Final = "0"
NOT_EMULATED: Final = "x-ringback-not-emulated"


class Said:
    """One answer: `status`, `headers`, `body` as bytes, `json` parsed (None if it is none)."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self.headers = list(response.headers.items())
        self.body = response.content
        self.not_emulated = response.headers.get(NOT_EMULATED, "")

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Walker(WalkedApplication):
    """One provider's API of one sandbox, every answer checked and counted.

    `account` has the credentials, `foreign` those of another sandbox of the same server.
    """

    def __init__(self, contract: Contract, ringback: Sandbox, foreign: Account, ledger: Ledger, app: str) -> None:
        super().__init__(contract, ringback, ledger, app)
        self.foreign = foreign
        self._guide = import_module(f"contracts.{contract.name}.walk")
        self.credentials: dict[str, str] = self._guide.headers(self.account)
        self._begun = ringback.now
        self._session = requests.Session()
        self._session.trust_env = False

    def ask(
        self,
        operation_id: str,
        expect: int,
        *,
        headers: Mapping[str, str] | None = None,
        query: Any = None,
        body: bytes | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        method: str = "",
        **path: object,
    ) -> Said:
        """Ask one operation, its path's variables filled from `path`. Another status than `expect` is a finding.

        `headers` replace the credentials; `body` is sent as it is, as JSON; `method` stands in for the operation's."""
        operation = self.contract.operations[operation_id]
        filled = operation.path
        for name, told in path.items():
            filled = filled.replace("{" + name + "}", quote(str(told), safe=""))
        told_headers = dict(self.credentials if headers is None else headers)
        if body is not None:
            told_headers.setdefault("Content-Type", "application/json")
        return self.send(
            method or operation.method, filled, expect, headers=told_headers, params=query, data=body or form, json=json
        )

    def send(self, method: str, path: str, expect: int, **how: Any) -> Said:
        """Any request below the provider's base URL."""
        response = self._session.request(
            method, self.account.base_url + path, timeout=LONGEST, allow_redirects=False, **how
        )  # fmt: skip
        said = Said(response)
        decoded = unquote(path)
        if said.not_emulated:
            self._not_emulated(method, decoded, expect, said)
            return said
        operation, findings = check_answer(self.contract, method, decoded, said.status, said.headers, said.body)
        if operation is not None:
            self.ledger.answers[operation.id, said.status] += 1
        self.ledger.find(findings)
        if said.status != expect:
            self._unexpected(method, decoded, expect, said)
        return said

    def steps(self, *steps: Callable[..., Any], **given: Any) -> None:
        """Each step in turn, `step(walker, **given)`. One that an answer keeps from going on is a finding."""
        for step in steps:
            try:
                step(self, **given)
            except (LookupError, TypeError, ValueError, OSError, RingbackError) as error:
                told = (step.__doc__ or step.__name__.strip("_")).splitlines()[0]
                self.wrong(f"walk {step.__name__.strip('_')}", f"could not go on: {error!r}. It was: {told}")

    def check_instants(self, operation_id: str, told: Mapping[str, Any], form: str, ahead: timedelta) -> None:
        """Every field of `told` that is an instant of this form was in this walk, told so far `ahead` of UTC."""
        operation = self.contract.operations[operation_id]
        now = self.ringback.now
        for name, text in told.items():
            try:
                at = datetime.strptime(str(text), form).replace(tzinfo=UTC) - ahead
            except ValueError:
                continue
            if not self._begun - timedelta(seconds=1) <= at <= now:
                line = self.contract.line(operation.pointer)
                told_so = f"{name}: {text} is not between {self._begun + ahead} and {now + ahead}, when this call was"
                subject = f"{operation.method} {operation.path} 200"
                self.ledger.find([Finding(self.contract.name, subject, "walk", "walk", told_so, line)])

    def _not_emulated(self, method: str, path: str, expect: int, said: Said) -> None:
        """A finding, if the contract has the operation: what is not emulated has no place in it."""
        self.ledger.not_emulated[said.not_emulated] += 1
        if self.contract.find(method, path) is not None:
            self._unexpected(method, path, expect, said)

    def _unexpected(self, method: str, path: str, expect: int, said: Said) -> None:
        operation = self.contract.find(method, path)
        line = self.contract.line(operation.pointer if operation else "")
        text = f"expected {expect}, got {said.status}: {said.body[:200].decode(errors='replace')}"
        self.ledger.find([Finding(self.contract.name, f"{method} {path}", "status", "walk", text, line)])

    # --- what is the same everywhere ---------------------------------------------------------------------------

    def ask_as_foreign(self, operation_id: str, expect: int, **how: Any) -> Said:
        """As `ask`, by the other account."""
        return self.ask(operation_id, expect, headers=self._guide.headers(self.foreign), **how)

    def strangers(self, refused: Iterable[int] = (401,), **path: object) -> None:
        """Every operation that needs credentials is asked without any, with wrong ones, and with a foreign account's,
        which must be refused, or find nothing of ours."""
        for operation in self.contract.operations.values():
            if not operation.needs_credentials:
                continue
            wrong = {name: f"{text[:-3]}xyz" for name, text in self.credentials.items()}
            for headers in ({}, wrong):
                said = self._as(operation, headers, path)
                if said.status not in refused:
                    self._unexpected(operation.method, operation.path, next(iter(refused)), said)

    def _as(self, operation: Operation, headers: Mapping[str, str], path: Mapping[str, object]) -> Said:
        filled = operation.path
        for parameter in operation.parameters:
            if parameter.place == "path":
                filled = filled.replace("{" + parameter.name + "}", str(path.get(parameter.name, UNKNOWN)))
        return self._quietly(operation.method, filled, headers)

    def _quietly(self, method: str, path: str, headers: Mapping[str, str]) -> Said:
        """Checked and counted, whatever the status."""
        response = self._session.request(
            method, self.account.base_url + path, timeout=LONGEST, allow_redirects=False, headers=dict(headers),
            json={} if method in ("POST", "PUT", "PATCH") else None,
        )  # fmt: skip
        said = Said(response)
        if not said.not_emulated:
            operation, findings = check_answer(
                self.contract, method, unquote(path), said.status, said.headers, said.body
            )
            if operation is not None:
                self.ledger.answers[operation.id, said.status] += 1
            self.ledger.find(findings)
        return said

    def wrong_methods(self, status: int, **path: object) -> None:
        """Every path is asked with a method that it does not have; the answer is that of its operations."""
        by_path: dict[str, list[Operation]] = {}
        for operation in self.contract.operations.values():
            by_path.setdefault(operation.path, []).append(operation)
        for template, operations in by_path.items():
            known = {operation.method for operation in operations}
            filled = template
            for parameter in operations[0].parameters:
                if parameter.place == "path":
                    filled = filled.replace("{" + parameter.name + "}", str(path.get(parameter.name, UNKNOWN)))
            for method in ("PATCH", "DELETE", "PUT"):
                if method not in known and method.lower() in METHODS:
                    self._other(method, filled, operations, status)
                    break

    def _other(self, method: str, path: str, operations: list[Operation], status: int) -> None:
        response = self._session.request(
            method, self.account.base_url + path, headers=self.credentials, timeout=LONGEST
        )  # fmt: skip
        said = Said(response)
        if said.not_emulated:
            self._not_emulated(method, unquote(path), status, said)
            return
        if said.status != status:
            self._unexpected(method, path, status, said)
        for operation in operations:
            answer = operation.answers.get(said.status)
            if answer is None or not answer.is_wrong_method:
                continue
            _, findings = check_answer(self.contract, operation.method, path, said.status, said.headers, said.body)
            self.ledger.answers[operation.id, said.status] += 1
            self.ledger.find(findings)

    def bad_days(self, **path: object) -> None:
        """Every answer that only a bad day brings, brought by a fault."""
        for operation in self.contract.operations.values():
            for answer in operation.answers.values():
                if answer.is_injected:
                    route = f"{operation.method} {_starred(operation)}"
                    fault = self.ringback.faults.status(answer.status, vendor=self.contract.name, route=route, count=1)
                    self._as(operation, self.credentials, path)
                    if fault.struck != 1:
                        self.wrong(f"{route} {answer.status}", "the fault did not strike")
        self.ringback.faults.clear()


def _starred(operation: Operation) -> str:
    """Its path with a star for each variable, as a fault matches routes."""
    path = operation.path
    for parameter in operation.parameters:
        if parameter.place == "path":
            path = path.replace("{" + parameter.name + "}", "*")
    return path


def walk(contract: Contract, ringback: Sandbox, foreign: Account, ledger: Ledger) -> None:
    """Walk one provider, in a fresh sandbox on a virtual clock."""
    with Applications() as applications:
        walkers: list[Walker] = []

        def application(environ: Any, start_response: Any) -> list[bytes]:
            return walkers[0].application(environ, start_response)

        walker = Walker(contract, ringback, foreign, ledger, applications.serve(application, interface="wsgi"))
        walkers.append(walker)
        walker._guide.walk(walker)
        ringback.run()
        walker.check_webhooks()
