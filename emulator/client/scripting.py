"""A finished call as a scenario: its far ends as they acted, what its client asked for, and how it came out.

Pure: made from what the control API answers. Addresses of the application become `{app}`, `{app2}`, … in the order in
which they were met, and what is the sandbox's own (credentials, numbers) its name in braces, so that the scenario holds
no secret and plays in any sandbox.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from emulator.client.outcomes import outcome_of, recorded
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.numbers import magic, spelled
from emulator.scenarios.spans import render_span

__all__ = ["requested", "scenario_of"]

Json = Mapping[str, Any]
Commands = Sequence[tuple[datetime, Json]]

_AFTER: Final = timedelta(hours=1)
_BETWEEN_KEYS: Final = timedelta(milliseconds=250)
_USUAL: Final = {"greeting": "Hello?", "greeting_for": 1}
_LOOPBACK: Final = re.compile(r"https?://(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?=/|$|\?)")


def scenario_of(
    call: Json, journal: Sequence[Json], account: Json, settings: Json, seed: int, *, with_heard: bool = False
) -> dict[str, Any]:
    """`call` in full, and over; `journal`: the sandbox's entries up to its end. `account`, `settings`: at its vendor,
    the settings without what is default."""
    acted = _acted(journal, call["id"])
    names = _Names(call, account)
    first, *others = call["legs"]
    numbers: dict[str, Any] = {}
    for number, scripts in _by_number(call, acted).items():
        key = names.named(number)
        if len(scripts) > 1:
            numbers[key] = {"in_turn": scripts}
        elif scripts[0] or magic(spelled(number)) is not None:
            numbers[key] = scripts[0]
    outcome = outcome_of(call, datetime.fromisoformat(call["created_at"]))
    made: dict[str, Any] = {
        "ringback": 1,
        "name": f"{call['direction'].capitalize()} call {'from' if _is_inbound(first) else 'to'} "
        f"{first['from'] if _is_inbound(first) else first['to']}: {outcome.cause}",
        "seed": seed,
        "vendor": call["vendor"],
    }
    if numbers:
        made["numbers"] = numbers
    if _is_inbound(first):
        to = names.named(first["to"])
        caller = {"from": first["from"], "to": to, "far_end": _script(first, acted.get(first["id"], ()))}
        made["calls"] = [{"at": "1s", **caller}]
    if settings:
        made["settings"] = {call["vendor"]: names.named(settings)}
    requests = [names.request(entry) for entry in _requests(journal, call)]
    expect = {"calls": [recorded(outcome, with_heard=with_heard)]}
    made["play"] = {**({"requests": requests} if requests else {}), "expect": names.named(expect)}
    if others and any(_is_inbound(leg) for leg in others):
        made["play"]["expect"]["others"] = True
    return made


def requested(entries: Iterable[Json], account: Json) -> list[dict[str, Any]]:
    """Rows of `play.requests` that do again what clients did: those of `entries`, of a journal, that made something."""
    names = _Names({"deliveries": ()}, account)
    return [
        names.request(entry)
        for entry in entries
        if entry["kind"] == "request" and "body" in entry and entry["status"] < 400
    ]


def _is_usual(key: str, item: Any, script: Json) -> bool:
    """What everybody does need not be said: two seconds till an answer, a short hello, no ring where nobody is rung."""
    if key == "rings_for":
        told = {"outcome": script["outcome"]} if "outcome" in script else {}
        return bool(item == render_span(FarEnd.from_json(told).ring_span))
    return key in _USUAL and bool(item == _USUAL[key])


def _is_inbound(leg: Json) -> bool:
    return bool(leg["direction"] == "inbound")


def _acted(journal: Iterable[Json], call: str) -> dict[str, list[tuple[datetime, Json]]]:
    """What the far ends of each leg did, in order."""
    by_leg: dict[str, list[tuple[datetime, Json]]] = {}
    for entry in journal:
        if entry["call"] == call and entry["kind"] == "command" and entry["source"] in ("far-end", "person"):
            command = entry["command"]
            if "leg" in command:
                by_leg.setdefault(command["leg"], []).append((datetime.fromisoformat(entry["at"]), command))
    return by_leg


def _by_number(call: Json, acted: Mapping[str, Commands]) -> dict[str, list[dict[str, Any]]]:
    """The scripts of everybody who was called, in order, by number."""
    scripts: dict[str, list[dict[str, Any]]] = {}
    for leg in call["legs"]:
        if not _is_inbound(leg):
            scripts.setdefault(leg["to"], []).append(_script(leg, acted.get(leg["id"], ())))
    return scripts


# --- far ends --------------------------------------------------------------------------------------------------


def _script(leg: Json, acted: Commands) -> dict[str, Any]:
    """The far end of one leg, as it acted."""
    began = datetime.fromisoformat(leg["created_at"])
    answered = _instant(leg["answered_at"])
    made = _before(leg, acted, began) if not _is_inbound(leg) else {}
    if answered is not None:
        made |= _greeting(acted) if not _is_inbound(leg) else {}
        reactions = list(_reactions(acted, answered))
        if reactions:
            made["reactions"] = reactions
    hung_up = next((at for at, command in acted if command["is"] == "HangUp"), None)
    if hung_up is not None:
        made |= _span("gives_up_after", began, hung_up) if answered is None else {}
        made |= _span("hangs_up_after", answered, hung_up) if answered is not None else {}
    return {key: item for key, item in made.items() if not _is_usual(key, item, made)}


def _before(leg: Json, acted: Commands, began: datetime) -> dict[str, Any]:
    """What a callee did until the answer, or till nothing came of it."""
    did = {command["is"]: (at, command) for at, command in reversed(acted)}
    made: dict[str, Any] = {}
    rang = did["Ring"][0] if "Ring" in did else None
    if rang is not None and rang > began:
        made |= _span("connects_after", began, rang)
    if "EarlyMedia" in did:
        made["early_media"] = True
    if "Answer" in did:
        return made | _span("rings_for", rang or began, did["Answer"][0])
    if "Fail" in did:
        at, command = did["Fail"]
        made["outcome"] = command["cause"]["kind"]
        if rang is None:
            return made | ({**_span("connects_after", began, at), "rings_for": 0} if at > began else {"rings_for": 0})
        return made | _span("rings_for", rang, at)
    if rang is None:
        ended = _instant(leg["ended_at"]) or began
        return {"connects_after": render_span(ended - began + _AFTER)}
    return {**made, "picks_up": False}


def _greeting(acted: Commands) -> dict[str, Any]:
    greeted = next((command for _, command in acted if command["is"] == "Greet"), None)
    if greeted is None:
        return {"greeting": ""}
    machine = {"is_machine": True} if greeted.get("is_machine") else {}
    return {**machine, "greeting": greeted["text"], "greeting_for": greeted["seconds"]}


def _reactions(acted: Commands, answered: datetime) -> Iterator[dict[str, Any]]:
    """Keys, words and holds, each at its time after the answer; keys that followed each other at once are one."""
    keys, began, due = "", answered, answered
    for at, command in acted:
        what = command["is"]
        if keys and (what != "Press" or at != due):
            yield {"press": keys, **_span("at", answered, began)}
            keys = ""
        if what == "Press":
            began = at if not keys else began
            keys += command["digits"]
            due = began + _BETWEEN_KEYS * len(keys)
        elif what == "Speak":
            yield {"say": command["text"], "seconds": command["seconds"], **_span("at", answered, at)}
        elif what == "Hold":
            yield {"hold": command.get("held", True), **_span("at", answered, at)}
    if keys:
        yield {"press": keys, **_span("at", answered, began)}


def _span(name: str, first: datetime, then: datetime) -> dict[str, Any]:
    return {name: render_span(max(then - first, timedelta()))}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# --- the client's part -----------------------------------------------------------------------------------------


def _requests(journal: Iterable[Json], call: Json) -> Iterator[Json]:
    """The request that placed the call, and those before it that made something at its vendor: applications, say."""
    for entry in journal:
        if entry["call"] == call["id"] and entry["kind"] != "request" and _is_inbound(call["legs"][0]):
            return
        if entry["kind"] == "request" and entry["vendor"] == call["vendor"] and "body" in entry:
            if entry["call"] in (None, call["id"]) and entry["status"] < 400:
                yield entry
            if entry["call"] == call["id"]:
                return


class _Names:
    """What stands for the application's addresses and for what is the sandbox's own."""

    def __init__(self, call: Json, account: Json) -> None:
        self._origins: list[str] = []
        for delivery in call["deliveries"]:
            parts = urlsplit(delivery["request"]["url"])
            self._origin(f"{parts.scheme}://{parts.netloc}")
        self._own = dict(_own(account))

    def request(self, entry: Json) -> dict[str, Any]:
        """A row of `play.requests`."""
        path: str = entry["path"]
        for text, name in self._own.items():
            path = path.replace(f"/{text}", f"/{{{name}}}")
        method = {} if entry["method"] == "POST" else {"method": entry["method"]}
        return {"api": {**method, "path": path, **self._body(entry["body"])}}

    def _body(self, body: Any) -> dict[str, Any]:
        text = body.get("text", "") if isinstance(body, Mapping) else str(body)
        try:
            return {"json": self.named(json.loads(text))}
        except ValueError:
            return {"form": self.named(dict(parse_qsl(text, keep_blank_values=True)))}

    def named(self, told: Any) -> Any:
        """The same JSON with names where there were addresses and what is the sandbox's own."""
        if isinstance(told, str):
            if told in self._own:
                return f"{{{self._own[told]}}}"
            return self._without_origins(re.sub(r"\{([a-z_][a-z0-9_.\[\]]*)\}", r"{{\1}}", told))
        if isinstance(told, Mapping):
            return {key: self.named(item) for key, item in told.items()}
        return [self.named(item) for item in told] if isinstance(told, list | tuple) else told

    def _without_origins(self, text: str) -> str:
        met = _LOOPBACK.match(text)
        if met is not None:
            self._origin(met[0])
        for number, origin in enumerate(self._origins, 1):
            if text == origin or text.startswith((f"{origin}/", f"{origin}?")):
                return f"{{app{number if number > 1 else ''}}}{text[len(origin) :]}"
        return text

    def _origin(self, origin: str) -> None:
        if origin not in self._origins:
            self._origins.append(origin)


def _own(account: Json) -> Iterator[tuple[str, str]]:
    """The sandbox's own texts, and what each is called."""
    for key, item in account.items():
        if isinstance(item, str) and len(item) >= 6 and key != "base_url":
            yield item, key
        elif isinstance(item, list):
            for index, each in enumerate(item):
                if isinstance(each, str):
                    yield each, f"{key}[{index}]"
                elif isinstance(each, Mapping):
                    yield from ((str(text), f"{key}[{index}].{name}") for name, text in each.items() if name != "name")
