"""A create-call request: every rule in its order, and the command it becomes. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.commands import PlaceCall
from emulator.engine.program import Fetch, Hook, Program, Verb
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendor_api import CallView
from emulator.vendors.jambonz.detecting import read_amd
from emulator.vendors.jambonz.errors import ENGINE_REFUSED, Rejected, message
from emulator.vendors.jambonz.hooks import Scope, is_absolute, is_socket, opening, origin, parse_hook
from emulator.vendors.jambonz.language import exhausted_of, read_verbs
from emulator.vendors.jambonz.reading import Reading, seconds
from emulator.vendors.jambonz.wire import is_integer, is_true, script_json, trimmed

__all__ = ["application_of", "defaults_of", "empty_hooks_filled", "memo_of", "parse_call", "static_program"]

_FIVE: Final = (
    "speech_synthesis_vendor", "speech_synthesis_language", "speech_synthesis_voice", "speech_recognizer_vendor",
    "speech_recognizer_language",
)  # fmt: skip
_HOOKS: Final = ("call_hook", "call_status_hook")
_ADDRESSES: Final = {"phone": "number", "sip": "sipUri", "user": "name", "teams": "number"}
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "fromHost": (str,), "callerName": (str,), "app_json": (str,), "tag": (dict,), "amd": (dict,), "headers": (dict,),
}  # fmt: skip
_KNOWN: Final = frozenset(
    ("from", "to", "application_sid", "account_sid", "timeout", "timeLimit", "sipRequestWithinDialogHook", "referHook",
     "dual_streams", *_FIVE, *_HOOKS, *_TYPES)
)  # fmt: skip
RING_TIMEOUT: Final = 60


def _wrong(text: str) -> Rejected:
    return Rejected(message(400, text))


def parse_call(body: Any, view: CallView, service: str) -> PlaceCall:
    """The command. `service`: where jambonz is for whoever asks. Raises `Rejected`, `NotEmulated`."""
    fields = {key: inner for key, inner in body.items() if inner is not None} if isinstance(body, dict) else {}
    _check_from_and_to(fields)
    application = _application(fields, view)
    source: Mapping[str, Any] = fields if application is None else application
    hooks = {name: _checked_hook(source.get(name), name) for name in _HOOKS}
    _check_types(fields, view.settings.strict_properties)
    _refuse_later(fields, hooks)
    call_hook, told = hooks["call_hook"], hooks["call_status_hook"]
    assert call_hook is not None
    memo = memo_of(application, source, call_hook, told)
    memo["service"] = service
    if isinstance(fields.get("tag"), dict):
        memo["tag"] = trimmed(fields["tag"])
    if fields.get("callerName"):
        memo["caller_name"] = fields["callerName"]
    to, limit = fields["to"], fields.get("timeLimit")
    beside: tuple[Verb, ...] = ()
    if "amd" in fields:
        try:
            beside = (read_amd(fields["amd"], Scope(memo["base"], memo["auth"], memo.get("socket")), "amd"),)
        except InvalidDocument as problem:
            raise Rejected(ENGINE_REFUSED) from problem
    return PlaceCall(
        "jambonz", fields["from"], to[_ADDRESSES[to["type"]]],
        _program(source.get("app_json"), call_hook, memo, view), beside,
        ring_timeout=seconds(fields.get("timeout") or RING_TIMEOUT),
        time_limit=seconds(limit) if limit else None, memo=memo,
    )  # fmt: skip


# --- the rules of the API ----------------------------------------------------------------------------------------


def _check_from_and_to(fields: Mapping[str, Any]) -> None:
    """JAMBONZ-40, JAMBONZ-41."""
    if not is_true(fields.get("from")):
        raise _wrong("missing from parameter")
    to = fields.get("to")
    address = _ADDRESSES.get(to["type"]) if isinstance(to, dict) and isinstance(to.get("type"), str) else None
    if not isinstance(to, dict) or address is None or not isinstance(to.get(address), str) or not to[address]:
        raise _wrong(f"missing or invalid to property: {'undefined' if to is None else script_json(to)}")


def application_of(view: CallView, sid: Any) -> Mapping[str, Any] | None:
    """The application, the empty hooks of the seeded one filled from the settings."""
    found = view.records.get("application", sid) if isinstance(sid, str) else None
    return None if found is None else empty_hooks_filled(found, view.settings)


def empty_hooks_filled(application: Mapping[str, Any], settings: Any) -> Mapping[str, Any]:
    filled = dict(application)
    for name in _HOOKS:
        hook = filled[name]
        if isinstance(hook, dict) and not hook["url"]:
            filled[name] = {**hook, "url": getattr(settings, name)}
    return filled


def _application(fields: Mapping[str, Any], view: CallView) -> Mapping[str, Any] | None:
    """JAMBONZ-42, JAMBONZ-46: what replaces the request's own hooks and speech, if anything."""
    sid = fields.get("application_sid")
    if is_true(sid):
        application = application_of(view, sid)
        if application is None:
            raise _wrong(f"application_sid not found {sid}")
        return application
    if not all(is_true(fields.get(name)) for name in _FIVE):
        raise _wrong(f"either application_sid or set of {', '.join(_FIVE)} required")
    if not is_true(fields.get("call_hook")):
        raise _wrong("either call_hook or application_sid required")
    return None


def _checked_hook(wire: Any, name: str) -> dict[str, Any] | None:
    """JAMBONZ-43."""
    if not is_true(wire):
        return None
    hook = parse_hook(wire)
    if hook is None:
        raise _wrong(f"{name} must be string or an object containing a url property")
    if name == "call_status_hook" and not hook["url"] and isinstance(wire, dict) and "webhook_sid" in wire:
        return None  # the seeded application's, which nobody has set
    if not is_absolute(hook["url"]):
        raise _wrong(f"{name} url be an absolute url")
    return hook


def _check_types(fields: Mapping[str, Any], is_strict: bool) -> None:
    """JAMBONZ-44, JAMBONZ-45: what the call engine refuses, which the API hides behind a 500."""
    from_ = fields["from"]
    is_good = isinstance(from_, str) and 1 <= len(from_) <= 256
    is_good &= all(isinstance(fields[name], kinds) for name, kinds in _TYPES.items() if name in fields)
    is_good &= all(is_integer(fields[name]) for name in ("timeout", "timeLimit") if name in fields)
    if not is_good or (is_strict and set(fields) - _KNOWN):
        raise Rejected(ENGINE_REFUSED)


def _refuse_later(fields: Mapping[str, Any], hooks: Mapping[str, Mapping[str, Any] | None]) -> None:
    for name, hook in hooks.items():
        if hook is None:
            continue
        if is_socket(hook):
            if name != "call_hook" and hook != hooks["call_hook"]:
                raise NotEmulated("a websocket for statuses alone", name)
        elif hook["method"] not in ("GET", "POST"):
            raise Rejected(ENGINE_REFUSED)
    if fields["to"]["type"] == "teams":
        raise NotEmulated("create call to teams", "to.type")
    if fields["to"].get("confirmHook"):
        raise NotEmulated("create call confirmHook", "to.confirmHook")


# --- what it becomes ---------------------------------------------------------------------------------------------


def defaults_of(source: Mapping[str, Any]) -> dict[str, Any]:
    """JAMBONZ-89: the speech settings of an application, or of a request without one."""

    def part(kind: str, *names: str) -> dict[str, Any]:
        found = {name: source.get(f"speech_{kind}_{name}") for name in names}
        for name in names:
            if source.get(f"fallback_speech_{kind}_{name}") is not None:
                found[f"fallback_{name}"] = source[f"fallback_speech_{kind}_{name}"]
        return found

    return {
        "synthesizer": part("synthesis", "vendor", "language", "voice", "label"),
        "recognizer": part("recognizer", "vendor", "language", "label"),
    }


def memo_of(
    application: Mapping[str, Any] | None,
    source: Mapping[str, Any],
    call_hook: Mapping[str, Any] | None,
    told: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What the hooks of a call will need."""
    url = call_hook["url"] if call_hook is not None else ""
    memo: dict[str, Any] = {
        "status": told,
        "base": origin(url) if url else "",
        "auth": call_hook["auth"] if call_hook is not None else None,
        "defaults": defaults_of(source),
    }
    if call_hook is not None and is_socket(call_hook):
        memo["socket"] = {"url": call_hook["url"], "auth": call_hook["auth"]}
    if application is not None:
        memo["app"] = application["application_sid"]
        if application.get("env_vars"):
            memo["env"] = application["env_vars"]
    return memo


def static_program(text: str, memo: Mapping[str, Any], settings: Any) -> Program:
    """JAMBONZ-49: an `app_json`. Raises `InvalidDocument`, `NotEmulated`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InvalidDocument(f"app_json is not JSON: {problem}") from problem
    if not isinstance(document, list):
        raise InvalidDocument("malformed jambonz payload: must be array")
    scope = Scope(memo["base"], memo["auth"], memo.get("socket"))
    return Program(read_verbs(document, Reading(scope, memo["defaults"], settings)), exhausted_of(scope))


def _program(app_json: Any, call_hook: Mapping[str, Any], memo: Mapping[str, Any], view: CallView) -> Program:
    if app_json:
        try:
            return static_program(app_json, memo, view.settings)
        except InvalidDocument as problem:
            raise Rejected(ENGINE_REFUSED) from problem
    if memo.get("socket"):
        return Program((Fetch(opening(call_hook, "answer", on_empty="idle")),))
    extra = {"base": memo["base"], "auth": memo["auth"]}
    # JAMBONZ-97: an answer that is no array is ignored, and the call stays up
    hook = Hook(call_hook["url"], call_hook["method"], "answer", on_empty="idle", extra=extra)
    return Program((Fetch(hook),))
