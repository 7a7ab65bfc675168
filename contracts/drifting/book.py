"""The findings of a probe, each once, with the contract's line, how that is known, what to do, and how to see it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Set
from importlib import import_module
from typing import Any
from urllib.parse import quote

from contracts.document import Contract, Operation
from contracts.drifting.differences import BREAKING, NOTICE, Difference
from contracts.drifting.report import Finding

__all__ = ["Book"]


class Book:
    """Of one contract, beside what answers at `base`."""

    def __init__(self, contract: Contract, base: str) -> None:
        self._contract, self._base = contract, base
        self._findings: dict[tuple[str, ...], Finding] = {}
        names: Mapping[str, str] = import_module(f"contracts.{contract.name}.account").ENVIRONMENT
        self._shell = {key: f"${name}" for key, name in names.items()}
        self._headers: Mapping[str, str] = import_module(f"contracts.{contract.name}.walk").headers(self._shell)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(self._findings.values())

    def differs(self, operation: Operation, found: Difference, query: Mapping[str, Any]) -> None:
        """The first of its kind is kept, and the others counted."""
        key = (operation.id, found.where, found.rule, found.wanted)
        before = self._findings.get(key)
        if before is not None:
            told = {name: getattr(before, name) for name in Finding.__match_args__}
            self._findings[key] = Finding(**{**told, "times": before.times + 1})
            return
        standing, source = self._evidence(operation, found.pointer)
        self._findings[key] = Finding(
            found.severity, operation.id, found.where, found.rule, found.came, found.wanted,
            self._contract.line(found.pointer), standing, source, _advice(found, standing),
            self._curl(operation, query),
        )  # fmt: skip

    def notice(self, operation: Operation, where: str, came: str, do: str, pointer: str = "") -> None:
        """Nothing is wrong with it that we know of."""
        pointer = pointer or operation.pointer
        standing, source = self._evidence(operation, pointer)
        self._findings[operation.id, where, came] = Finding(
            NOTICE, operation.id, where, "not-seen", came, "", self._contract.line(pointer), standing, source, do
        )  # fmt: skip

    def never(self, operation: Operation, where: str, pointer: str) -> None:
        """Something that the contract has there, and no answer had."""
        told = "empty, so nothing in it was compared" if where.endswith("[*]") else "documented, and never came"
        self.notice(operation, where, told, "have something there, and run it again", pointer)

    def not_for_us(self, asked: Set[str]) -> None:
        """Every operation that is not among those which may be asked."""
        names = [name for name in self._contract.operations if name not in asked]
        if names:
            came = f"{len(names)} operations are never asked, because they change something: {', '.join(names)}"
            self._findings["", "", came] = Finding(
                NOTICE, "", "", "not-seen", came, "", self._contract.line("/paths"), "", "",
                "compare them in a test of yours",
            )  # fmt: skip

    def _evidence(self, operation: Operation, pointer: str) -> tuple[str, str]:
        """Of the nearest part around it that has some; else the operation's."""
        while pointer:
            raw = self._contract.at(pointer)
            if isinstance(raw, dict) and isinstance(raw.get("x-evidence"), dict):
                return str(raw["x-evidence"].get("standing", "")), str(raw["x-evidence"].get("source", ""))
            pointer = pointer.rpartition("/")[0]
        raw = self._contract.at(operation.pointer).get("x-evidence", {})
        return str(raw.get("standing", "")), str(raw.get("source", ""))

    def _curl(self, operation: Operation, query: Mapping[str, Any]) -> str:
        """The request, with variables of the shell for credentials, and `<call_id>` for what a list has."""
        path = operation.path
        for each in operation.parameters:
            if each.place == "path":
                path = path.replace("{" + each.name + "}", self._shell.get(each.name, f"<{each.name}>"))
        told = "&".join(f"{name}={quote(str(each), safe='')}" for name, each in query.items())
        sent = " ".join(f'-H "{name}: {text}"' for name, text in self._headers.items())
        return f'curl -i {sent} "{shlex.quote(self._base)}{path}{"?" if told else ""}{told}"'


def _advice(found: Difference, standing: str) -> str:
    if found.severity != BREAKING:
        kind = "a key" if found.rule == "new-key" else "a word"
        return f"let your client pass over {kind} that it does not know, and report this to Ringback"
    if found.rule in ("timeout", "connection", "too-large", "refused"):
        return "try it again; if it stays so, ask the provider what has changed"
    if standing == "inferred":
        return "this was a guess of ours: believe the provider, and report it to Ringback"
    return "let your client take both, ask the provider which is meant, and report it to Ringback"
