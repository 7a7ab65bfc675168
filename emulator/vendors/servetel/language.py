"""API dialplan, the JSON by which an application routes an inbound call, read into a program. Pure.

An array of objects of one key each, executed in order (SERVETEL-61). Everything is read before anything runs: a mistake
anywhere leads to the failover destination.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.engine.program import Gather, Play, Program, Tag, Verb
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendor_api import CallView
from emulator.vendor_wire.answers import not_json
from emulator.vendor_wire.bodies import NotJson, parse_json
from emulator.vendor_wire.flaws import flawed
from emulator.vendor_wire.places import located
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.servetel.destinations import (
    KINDS,
    agent_target,
    department_of,
    dialplan_of,
    dialplan_verbs,
    hook_of,
    number_target,
    ring,
    to_department,
    verbs_of,
)  # fmt: skip
from emulator.vendors.servetel.directory import find_agent, is_online
from emulator.vendors.servetel.schemas import program_of
from emulator.vendors.servetel.settings import Dialplan
from emulator.vendors.servetel.wire import e164
from emulator.webhooks.values import Reply, Request

__all__ = ["parse"]

WANTED: Final = 'an array of actions such as [{"transfer": {"type": "number", "data": "919812340000"}}]'
MOST_MILLISECONDS: Final = 3_600_000
TIMEOUT: Final = 5_000
MOST_KEYS: Final = 1

Verbs = tuple[Verb, ...]


def parse(reply: Reply, request: Request, view: CallView) -> Program:
    """The array's actions; after the last the call ends. Raises `InvalidDocument`, `NotEmulated`; `FlawedDocument` for
    one with a recording that nobody can fetch (SERVETEL-73).

    `request.context` names the dialplan, and the keys that were collected before it was asked.
    """
    dialplan = dialplan_of(view, request.context["dialplan"])
    try:
        if dialplan is None:
            raise InvalidDocument("the dialplan is no longer in the settings")
        body = _body(reply)
        verbs = _read(body, dialplan, view)
    except InvalidDocument as problem:
        raise located(problem, reply.body) from problem
    if keys := request.context.get("keys"):
        verbs = (Tag({"keys": keys}), *verbs)
    program = program_of(*verbs)
    if flaws := [located(flaw, reply.body) for flaw in _bad_files(body)]:
        raise flawed([(flaw.where, flaw.problem) for flaw in flaws], program)
    return program


def _body(reply: Reply) -> list[Any]:
    if reply.is_cut:
        raise InvalidDocument("the body is too long")
    try:
        body = parse_json(reply.body)
    except NotJson as problem:
        raise InvalidDocument(not_json(problem, reply, WANTED)) from problem
    if not isinstance(body, list):
        raise InvalidDocument(f"expected an array of actions, got {_kind(body)}")
    return body


def _bad_files(body: list[Any]) -> Iterator[InvalidDocument]:
    for index, action in enumerate(body):
        parts = action.get("recording")
        if parts is not None and parts["type"] == "url" and not is_http_url(url := str(parts["data"])):
            wanted = "expected the whole URL of a file such as https://app.example/hello.mp3"
            then = "it is heard here as any file is, and cannot be fetched at Servetel"
            yield InvalidDocument(f"{wanted}, got {url!r}; {then}", f"[{index}].recording.data")


def _read(body: list[Any], dialplan: Dialplan, view: CallView) -> Verbs:
    verbs: list[Verb] = []
    is_over = False  # what follows a recording that asks for keys is dropped, but must be right (SERVETEL-62)
    for index, action in enumerate(body):
        read = _action(action, f"[{index}]", dialplan, view)
        if not is_over:
            verbs += read
        is_over = is_over or any(isinstance(verb, Gather) for verb in read)
    return tuple(verbs)


def _action(action: Any, path: str, dialplan: Dialplan, view: CallView) -> Verbs:
    if not isinstance(action, Mapping):
        raise InvalidDocument(f"expected an object, got {_kind(action)}", path)
    if len(action) != 1:
        raise InvalidDocument(f"expected an object of one key, got {len(action)}", path)
    ((name, about),) = action.items()
    reader = _READERS.get(name)
    if reader is None:
        raise InvalidDocument(f"expected recording, transfer or api_dialplan, got {name!r}", path)
    return reader(about, f"{path}.{name}", dialplan, view)


def _parts(about: Any, path: str, known: tuple[str, ...], required: tuple[str, ...]) -> Mapping[str, Any]:
    """An object with these keys. SERVETEL-61: an unknown one is a failure."""
    if not isinstance(about, Mapping):
        raise InvalidDocument(f"expected an object, got {_kind(about)}", path)
    for key in about:
        if key not in known:
            raise InvalidDocument(f"expected {', '.join(known)}, got {key!r}", f"{path}.{key}")
    for key in required:
        if about.get(key) in (None, ""):
            raise InvalidDocument("required key missing", f"{path}.{key}")
    return about


# --- recording -----------------------------------------------------------------------------------------------------


def _recording(about: Any, path: str, dialplan: Dialplan, view: CallView) -> Verbs:
    parts = _parts(about, path, ("type", "data", "dtmf"), ("type", "data"))
    kind, data = parts["type"], _id(parts["data"], f"{path}.data")
    if kind == "system":
        found = next((each for each in view.settings.recordings if each.id == data), None)
        if found is None:
            raise InvalidDocument(f"no recording has the id {data!r}", f"{path}.data")
        data = found.url or found.name
    elif kind != "url":
        raise InvalidDocument(f"expected system or url, got {_kind(kind)}", f"{path}.type")
    play = Play(data, where=path)
    if parts.get("dtmf") is None:
        return (play,)
    return (_keys(parts["dtmf"], f"{path}.dtmf", play, dialplan), *verbs_of(view, dialplan.failover))


def _keys(about: Any, path: str, play: Play, dialplan: Dialplan) -> Gather:
    """SERVETEL-62: keys or none, the same URL is asked again."""
    parts = _parts(about, path, ("timeout", "maxLength"), ())
    span = timedelta(milliseconds=_integer(parts, "timeout", TIMEOUT, MOST_MILLISECONDS, path))
    most = _integer(parts, "maxLength", MOST_KEYS, 32, path)
    return Gather(
        hook_of(dialplan, "gather"), (play,), max_digits=most, finish_on="", first_timeout=span, digit_timeout=span,
        ask_when_empty=True, where=path,
    )  # fmt: skip


def _integer(parts: Mapping[str, Any], name: str, default: int, most: int, path: str) -> int:
    given = parts.get(name)
    if given is None:
        return default
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given[:9])
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= most:
        raise InvalidDocument(f"expected an integer from 1 to {most}, got {_kind(given)}", f"{path}.{name}")
    return given


# --- transfer ------------------------------------------------------------------------------------------------------


def _transfer(about: Any, path: str, dialplan: Dialplan, view: CallView) -> Verbs:
    """SERVETEL-61, SERVETEL-65."""
    parts = _parts(about, path, ("type", "data"), ("type",))
    kind, data = parts["type"], parts.get("data")
    if kind == "number":
        return _numbers(data, f"{path}.data", view)
    if kind == "hangup":
        return verbs_of(view, "hangup||1")
    named = {"ivr": "ivr", "auto_attendant": "auto_attend"}.get(kind) if isinstance(kind, str) else None
    if named is not None:
        raise NotEmulated(KINDS[named], f"at {path}")
    key = _id(data, f"{path}.data")
    if kind == "agent":
        agent = find_agent(view, key)
        if agent is None:
            raise InvalidDocument(f"no agent has the id {key!r}", f"{path}.data")
        return (ring(view, (agent_target(agent),)),) if is_online(view, agent) else ()
    if kind == "department":
        department = department_of(view, key)
        if department is None:
            raise InvalidDocument(f"no department has the id {key!r}", f"{path}.data")
        return to_department(view, department)
    wanted = "number, agent, department, ivr, auto_attendant or hangup"
    raise InvalidDocument(f"expected {wanted}, got {_kind(kind)}", f"{path}.type")


def _numbers(data: Any, path: str, view: CallView) -> Verbs:
    """SERVETEL-63: one, or several that ring at once."""
    given = data if isinstance(data, list) else [data]
    if not given:
        raise InvalidDocument("expected a number, got an empty list", path)
    for index, each in enumerate(given):
        spelled = str(each) if isinstance(each, int) and not isinstance(each, bool) else each
        if not isinstance(spelled, str) or not e164(spelled):
            where = f"{path}[{index}]" if isinstance(data, list) else path
            raise InvalidDocument(f"expected a number of 10 to 15 digits, got {_kind(each)}", where)
    return (ring(view, tuple(number_target(view, str(each)) for each in given)),)


def _nested(about: Any, path: str, dialplan: Dialplan, view: CallView) -> Verbs:
    """SERVETEL-64: the id alone, or in an object under `data`."""
    data, where = about, path
    if isinstance(about, Mapping):
        data, where = _parts(about, path, ("data",), ("data",))["data"], f"{path}.data"
    key = _id(data, where)
    found = dialplan_of(view, key)
    if found is None:
        raise InvalidDocument(f"no dialplan has the id {key!r}", where)
    return dialplan_verbs(view, found, where=path)


def _id(data: Any, path: str) -> str:
    if isinstance(data, int) and not isinstance(data, bool):
        return str(data)
    if not isinstance(data, str) or not data:
        raise InvalidDocument(f"expected a text, got {_kind(data)}", path)
    return data


def _kind(got: Any) -> str:
    """What came, for people: short, and without what it holds."""
    names = {dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(got)) or repr(got)[:40]


_READERS: Final[dict[str, Callable[[Any, str, Dialplan, CallView], Verbs]]] = {
    "recording": _recording,
    "transfer": _transfer,
    "api_dialplan": _nested,
}
