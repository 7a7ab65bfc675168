"""The Applications resource, and what an inbound call finds there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from emulator.engine.causes import UNALLOCATED
from emulator.engine.commands import Arrive
from emulator.engine.program import Fetch, Hook, Program
from emulator.errors import InvalidDocument, NotEmulated, Refused
from emulator.vendor_api import CallView
from emulator.vendors.jambonz import accounts
from emulator.vendors.jambonz.errors import EMPTY_404, Rejected, message
from emulator.vendors.jambonz.hooks import is_socket, opening, parse_hook
from emulator.vendors.jambonz.language import SESSION
from emulator.vendors.jambonz.schemas import application_of, memo_of, static_program
from emulator.vendors.jambonz.serving import Answer, Asking
from emulator.vendors.jambonz.verbs import check_verb, split_verb
from emulator.vendors.jambonz.wire import is_true, iso

__all__ = ["arrive", "create", "delete", "list_applications", "listing", "retrieve", "update"]

PAGE_SIZE: Final = 50
_HOOKS: Final = ("call_hook", "call_status_hook", "messaging_hook")
_PLAIN: Final = ("name", "app_json", "env_vars", "record_all_calls", *accounts.SPEECH)


def _wrong(text: str) -> Rejected:
    return Rejected(message(400, text))


# --- what is taken ------------------------------------------------------------------------------------------------


def _check_url(name: str, url: Any) -> None:
    """JAMBONZ-63."""
    if not isinstance(url, str) or not url:
        raise _wrong(f"{name}: url is invalid")
    if url != url.strip():
        raise _wrong(f"{name}: url has surrounding whitespace")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as problem:
        raise _wrong(f"{name}: url is invalid") from problem
    if parts.scheme.lower() not in ("http", "https", "ws", "wss") or "://" not in url:
        raise _wrong(f"{name}: url has a missing or invalid protocol")
    if not host or port == 0 or any(letter.isspace() for letter in host):
        raise _wrong(f"{name}: url has an invalid hostname")


def _hook(asking: Asking, name: str, wire: Mapping[str, Any], key: str) -> dict[str, Any]:
    hook = parse_hook(wire)
    _check_url(name, wire.get("url"))
    assert hook is not None
    if hook["method"] not in ("GET", "POST", "WS"):
        raise _wrong(f"{name}: method is invalid")
    for part in ("username", "password"):
        if not isinstance(wire.get(part), str | None):
            raise _wrong(f"{name}: {part} is invalid")
    return {
        "webhook_sid": asking.sandbox.ids.uuid("jambonz webhook", f"{key} {name}"),
        "url": hook["url"],
        "method": hook["method"],
        "username": wire.get("username"),
        "password": wire.get("password"),
    }


def _check_app_json(text: Any) -> None:
    try:
        document = json.loads(text) if isinstance(text, str) else text
        if not isinstance(document, list):
            raise InvalidDocument("malformed jambonz payload: must be array")
        for index, element in enumerate(document):
            name, body = split_verb(element, f"[{index}]")
            check_verb(name, body, f"[{index}]", is_strict=False)
    except InvalidDocument as problem:
        raise _wrong(problem.problem) from problem
    except (ValueError, RecursionError) as problem:
        raise _wrong(f"invalid app_json: {problem}") from problem


def _check_plain(name: str, told: Any) -> None:
    """JAMBONZ-63: what its columns could not hold."""
    if name in ("record_all_calls", "use_for_fallback_speech"):
        is_right = told in (0, 1)
    elif name == "env_vars":
        is_right = isinstance(told, dict | None)
    elif name == "app_json":
        is_right = isinstance(told, str | list | None)
    else:
        is_right = isinstance(told, str | None)
    if not is_right:
        raise _wrong(f"{name} is invalid")


def _changes(asking: Asking, key: str, is_new: bool) -> dict[str, Any]:
    """The properties given, as the record keeps them. Raises `Rejected`."""
    body = asking.fields()
    hooks = {name: body[name] for name in _HOOKS if is_true(body.get(name))}
    for name, wire in hooks.items():
        if not isinstance(wire, dict):
            doing = "adding" if is_new else "updating"
            raise _wrong(f"'{name}' must be an object when {doing} an application")
    changes: dict[str, Any] = {name: _hook(asking, name, wire, key) for name, wire in hooks.items()}
    if is_true(body.get("app_json")):
        _check_app_json(body["app_json"])
    for name in _PLAIN:
        if name in body:
            _check_plain(name, body[name])
            changes[name] = body[name]
    if changes.get("app_json") is not None and not isinstance(changes["app_json"], str):
        changes["app_json"] = json.dumps(changes["app_json"], separators=(",", ":"))
    return changes


def _check_name(asking: Asking, name: Any, own: str = "") -> None:
    """JAMBONZ-64."""
    for other in asking.sandbox.records.all("application"):
        if other["name"] == name and other["application_sid"] != own:
            raise Rejected(message(422, f"application name {name} is already in use"))


# --- the resource --------------------------------------------------------------------------------------------------


def create(asking: Asking) -> Answer:
    """JAMBONZ-61, JAMBONZ-62, JAMBONZ-63."""
    records = asking.sandbox.records
    made = int((records.get("counter", "application") or {"count": 0})["count"]) + 1
    sid = asking.sandbox.ids.uuid("jambonz application", str(made))
    changes = _changes(asking, f"{sid} 0", is_new=True)
    for name in ("call_hook", "call_status_hook"):
        if name not in changes:
            raise Rejected(message(500, "Cannot read properties of undefined (reading 'url')"))
    if not is_true(changes.get("name")):
        raise _wrong("missing field name")
    _check_name(asking, changes["name"])
    records.put("counter", "application", {"count": made})
    owner, at = accounts.account(asking.sandbox), iso(asking.sandbox.now()) or ""
    defaults = {name: text for name, text in changes.items() if text is not None or name not in accounts.SPEECH}
    records.put("application", sid, accounts.application(sid, defaults.pop("name"), owner, at, **defaults))
    return 201, {"sid": sid}


def _application(asking: Asking) -> Mapping[str, Any]:
    found = asking.sandbox.records.get("application", asking.sid())
    if found is None:
        raise Rejected(EMPTY_404)
    return found


def retrieve(asking: Asking) -> Answer:
    return 200, _application(asking)


def list_applications(asking: Asking) -> Answer:
    name = asking.query.get("name", "")
    found = [record for record in asking.sandbox.records.all("application") if name in record["name"]]
    return 200, listing(asking, found)


def listing(asking: Asking, found: Iterable[Mapping[str, Any]]) -> Any:
    """JAMBONZ-65: a bare array, or a page of it in an envelope when a page is asked for."""
    rows = list(found)
    if "page" not in asking.query:
        return rows
    page, size = _number(asking.query["page"], 1), _number(asking.query.get("page_size", ""), PAGE_SIZE)
    data = rows[(page - 1) * size : page * size]
    return {"total": len(rows), "page": page, "page_size": size, "data": data}


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else default


def update(asking: Asking) -> Answer:
    """JAMBONZ-64."""
    record = _application(asking)
    sid = record["application_sid"]
    if asking.fields().get("application_sid") not in (None, sid):
        raise _wrong("primary key application_sid is immutable")
    at = iso(asking.sandbox.now())
    changes = _changes(asking, f"{sid} {at}", is_new=False)
    if "name" in changes:
        _check_name(asking, changes["name"], sid)
    asking.sandbox.records.put("application", sid, {**record, **changes})
    return 204, None


def delete(asking: Asking) -> Answer:
    """JAMBONZ-64."""
    sid, records = asking.sid(), asking.sandbox.records
    if records.get("application", sid) is None:
        raise _wrong("application does not exist")
    if any(number["application_sid"] == sid for number in records.all("number")):
        raise Rejected(message(422, "cannot delete application with phone numbers"))
    records.delete("application", sid)
    return 204, None


# --- inbound calls -------------------------------------------------------------------------------------------------


def arrive(view: CallView, from_: str, to: str) -> Arrive:
    """JAMBONZ-69: the number's application decides; where nobody is, the hint says what to do about it.

    Raises `Refused("unknown_number")`, `NotEmulated`.
    """
    digits = "".join(letter for letter in to if letter.isdigit())
    number = next((record for record in view.records.all("number") if record["number"] == digits), None)
    if number is None:
        known = ", ".join(f"+{record['number']}" for record in view.records.all("number"))
        raise Refused("unknown_number", leg=to, command="Arrive", hint=f"the numbers of this account are {known}")
    application = application_of(view, number["application_sid"])
    if application is None:
        hint = f"{to} has no application: PUT its PhoneNumbers resource with an application_sid"
        return Arrive("jambonz", from_, to, None, cause=UNALLOCATED, memo={"defaults": {}}, hint=hint)
    call_hook = _stored(application["call_hook"], "call_hook")
    told = None if is_socket(call_hook) else _stored(application["call_status_hook"], "call_status_hook")
    memo = memo_of(application, application, call_hook, told)
    memo["trunk"] = accounts.carrier(view)["name"]
    if application["app_json"]:  # JAMBONZ-49: no call hook is asked
        try:
            program = static_program(application["app_json"], memo, view.settings)
        except InvalidDocument as problem:
            raise NotEmulated(f"app_json of the application: {problem}", application["name"]) from problem
        return Arrive("jambonz", from_, to, Program((*SESSION, *program.verbs)), memo=memo)
    if call_hook is None:
        hint = (
            f"the application {application['name']!r} of {to} has no call_hook: PUT its Applications resource, or set "
            "call_hook in the settings of jambonz"
        )
        return Arrive("jambonz", from_, to, None, cause=UNALLOCATED, memo=memo, hint=hint)
    if is_socket(call_hook):
        return Arrive("jambonz", from_, to, Program((Fetch(opening(call_hook, "answer")),)), memo=memo)
    extra = {"base": memo["base"], "auth": memo["auth"]}
    hook = Hook(call_hook["url"], call_hook["method"], "answer", extra=extra)
    return Arrive("jambonz", from_, to, Program((Fetch(hook),)), memo=memo)


def _stored(wire: Any, name: str) -> dict[str, Any] | None:
    """A hook of an application; None without a URL. Raises `NotEmulated` for a websocket that only takes statuses."""
    hook = parse_hook(wire) if wire else None
    if hook is None or not hook["url"]:
        return None
    if name != "call_hook" and is_socket(hook):
        raise NotEmulated("a websocket for statuses alone", name)
    return hook
