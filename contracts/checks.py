"""Held against a contract: one request, one answer, one webhook. Each check says everything that is wrong at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from contracts.document import Answer, Contract, Operation, Problem, Webhook
from contracts.texts import form_problems, query_problems
from emulator.engine.values import value

__all__ = ["Finding", "check_answer", "check_webhook", "parse_body"]

_CARRIERS: Final = {"GET": "get", "WS": "socket"}
"""What a webhook may come by, although its description is that of a POST, if the contract has `x-by-…`."""
FORM: Final = "application/x-www-form-urlencoded"
Headers = Sequence[tuple[str, str]]


@value
class Finding:
    """One thing that is not as the contract says. `subject` is what was looked at, `line` the contract's."""

    contract: str
    subject: str
    where: str
    rule: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.subject}: {self.where}: {self.text} ({self.contract} contract, line {self.line}: {self.rule})"


def check_answer(
    contract: Contract, method: str, path: str, status: int, headers: Headers, body: bytes
) -> tuple[Operation | None, list[Finding]]:
    """An answer to `method path` (decoded, without the query), and whose answer it is."""
    subject = f"{method} {path} {status}"
    operation = contract.find("GET" if method == "HEAD" else method, path)
    if operation is None:
        return None, []
    answer = operation.answers.get(status)
    if answer is None:
        known = ", ".join(map(str, operation.answers))
        line = contract.line(f"{operation.pointer}/responses")
        return operation, [
            Finding(contract.name, subject, "status", "responses", f"{status} is not documented, only {known}", line)
        ]
    if method == "HEAD":
        return operation, []
    problems = _body_problems(contract, answer, headers, body)
    return operation, [_found(contract, subject, problem) for problem in problems]


def _body_problems(contract: Contract, answer: Answer, headers: Headers, body: bytes) -> list[Problem]:
    line = contract.line(answer.pointer)
    if answer.text:
        what = f"expected {answer.text!r}, got {body[:80]!r}"
        return [] if body == answer.text.encode() else [Problem("body", "x-text", what, line)]
    if not answer.content:
        return [Problem("body", "content", f"expected none, got {body[:80]!r}", line)] if body else []
    kind = media_type(headers)
    schema = answer.content.get(kind)
    if schema is None:
        return [
            Problem("content-type", "content", f"expected {' or '.join(answer.content)}, got {kind or 'none'}", line)
        ]
    try:
        parsed = parse_body(kind, body)
    except ValueError as problem:
        return [Problem("body", "content", f"not {kind}: {problem}", line)]
    return schema.problems(parsed)


def check_webhook(
    contract: Contract, callback: str, method: str, url: str, headers: Headers, body: bytes
) -> list[Finding]:
    """A webhook that was sent. It has to be what one of the callback's descriptions says."""
    subject = f"webhook {callback}"
    rule = f"x-by-{_CARRIERS[method]}" if method in _CARRIERS else ""
    known = [each for each in contract.webhooks_of(callback) if each.method == method or rule in contract.document]
    if not known:
        line = contract.line("/webhooks")
        return [Finding(contract.name, subject, "webhook", "webhooks", f"{method} {callback} is not documented", line)]
    best: list[Problem] | None = None
    for webhook in known:
        problems = _webhook_problems(contract, webhook, method, url, headers, body)
        if not problems:
            return []
        if best is None or len(problems) < len(best):
            best = problems
    return [_found(contract, subject, problem) for problem in best or ()]


def _webhook_problems(
    contract: Contract, webhook: Webhook, method: str, url: str, headers: Headers, body: bytes
) -> list[Problem]:
    line, kind = contract.line(webhook.pointer), media_type(headers)
    posted = next(iter(webhook.content.values()))
    schema = webhook.content.get(kind)
    try:
        if method == "GET":
            told = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
            rule = contract.at(webhook.pointer).get("x-by-get") or contract.document["x-by-get"]
            return query_problems(posted, told, rule)
        if method == "WS":
            return posted.problems(json.loads(body).get(contract.document["x-by-socket"]["field"]))
        if schema is not None:
            return schema.problems(parse_body(kind, body))
        if kind == FORM and "x-by-form" in contract.document:
            return form_problems(posted, parse_body(kind, body))
    except ValueError as problem:
        return [Problem("body", "content", f"not {kind}: {problem}", line)]
    return [Problem("content-type", "content", f"expected {' or '.join(webhook.content)}, got {kind or 'none'}", line)]


def media_type(headers: Headers) -> str:
    """Of the Content-Type, in lower case without parameters; "" if there is none."""
    for name, text in headers:
        if name.lower() == "content-type":
            return text.partition(";")[0].strip().lower()
    return ""


def parse_body(kind: str, body: bytes) -> Any:
    """JSON, an object of texts for a form, or the text itself. Raises `ValueError`."""
    if kind.endswith("json"):
        return json.loads(body)
    if kind == FORM:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body)))
    return body.decode()


def _found(contract: Contract, subject: str, problem: Problem) -> Finding:
    return Finding(contract.name, subject, problem.where, problem.rule, problem.text, problem.line)
