"""Which path leads where, who may go there, and how an answer leaves. Nothing here knows about calls.

One table, looked up by the path's words in lower case with `*` for a sid (JAMBONZ-1). Order of refusals: a body that is
no JSON, the token, the route, the sid, the account.
"""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from emulator.engine.values import value
from emulator.errors import NotEmulated
from emulator.vendor_api import VendorContext, VendorSandbox
from emulator.vendor_wire.asgi import encoded, method_of, read, respond
from emulator.vendor_wire.bodies import parse_query
from emulator.vendor_wire.everything import Everything
from emulator.vendor_wire.paths import Table
from emulator.vendor_wire.urls import origin
from emulator.vendors.jambonz import applications, calls, history, numbers, resources
from emulator.vendors.jambonz.accounts import account
from emulator.vendors.jambonz.auth import read_token
from emulator.vendors.jambonz.errors import (
    EMPTY_404,
    JSON,
    Rejected,
    bad_sid,
    no_route,
    privileges,
    unauthorized,
    wrong_account,
)  # fmt: skip
from emulator.vendors.jambonz.limiting import count_request
from emulator.vendors.jambonz.serving import Answer, Asking, Handler, Plain, read_body
from emulator.vendors.jambonz.wire import is_sid

__all__ = ["NOT_EMULATED", "build"]

_encode: Final = msgspec.json.Encoder().encode
_TEXT: Final = "text/plain; charset=utf-8"
_ALWAYS: Final = [(b"cache-control", b"no-store"), (b"access-control-allow-origin", b"*")]


@value
class Resource:
    """A handler, or the name of what is not emulated, for each method. `says_fail`: its account errors have the other
    envelope (JAMBONZ-8)."""

    methods: dict[str, Handler | str]
    says_fail: bool = False


def _crud(create: Handler, list_them: Handler, one: dict[str, Handler | str], path: str) -> dict[str, Resource]:
    return {path: Resource({"GET": list_them, "POST": create}), f"{path}/*": Resource(one)}


_APPLICATION: Final[dict[str, Handler | str]] = {
    "GET": applications.retrieve, "PUT": applications.update, "DELETE": applications.delete,
}  # fmt: skip
_ACCOUNT: Final = "accounts/*"

_TABLE: Final = Table[Resource]({
    "accounts": Resource({"GET": resources.list_accounts, "POST": "account changes"}),
    _ACCOUNT: Resource(
        {"GET": resources.retrieve_account, "PUT": "account changes", "DELETE": "account changes"},
    ),
    f"{_ACCOUNT}/calls": Resource({"GET": calls.list_calls, "POST": calls.create}),
    f"{_ACCOUNT}/calls/*": Resource(
        {"GET": calls.retrieve, "PUT": calls.update, "POST": calls.update, "DELETE": calls.delete},
    ),
    f"{_ACCOUNT}/callcount": Resource({"GET": calls.count}),
    f"{_ACCOUNT}/recentcalls": Resource({"GET": history.recent}, says_fail=True),
    f"{_ACCOUNT}/alerts": Resource({"GET": history.alerts}, says_fail=True),
    f"{_ACCOUNT}/conferences": Resource({"GET": resources.conferences}),
    f"{_ACCOUNT}/queues": Resource({"GET": resources.queues}),
    f"{_ACCOUNT}/webhooksecret": Resource({"GET": resources.webhook_secret}),
    **_crud(applications.create, applications.list_applications, _APPLICATION, "applications"),
    **_crud(applications.create, applications.list_applications, _APPLICATION, f"{_ACCOUNT}/applications"),
    **_crud(
        numbers.create, numbers.list_numbers,
        {"GET": numbers.retrieve, "PUT": numbers.update, "DELETE": numbers.delete}, "phonenumbers",
    ),
})  # fmt: skip

# Whole families, whatever follows: they exist, and are not emulated.
_FAMILIES: Final = (
    "ApiKeys", "AppEnv", "Availability", "Clients", "GoogleCustomVoices", "Lcrs", "LcrRoutes", "LcrCarrierSetEntries",
    "Messages", "PredefinedCarriers", "Sbcs", "ServiceProviders", "SipGateways", "SmppGateways", "SpeechCredentials",
    "SystemInformation", "Tenants", "Users", "VoipCarriers", "login", "register",
)  # fmt: skip
_ACCOUNT_FAMILIES: Final = (
    "ApiKeys", "Charges", "Clients", "Limits", "Messages", "PredefinedCarriers", "RegisteredSipUsers", "SipRealms",
    "SpeechCredentials", "TtsCache", "VoipCarriers",
)  # fmt: skip
_LATER: Final = Table(
    {name.lower(): name for name in _FAMILIES} | {f"{_ACCOUNT}/{name.lower()}": name for name in _ACCOUNT_FAMILIES}
)
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

NOT_EMULATED: Final = tuple(sorted({"account changes", "swagger page", *_FAMILIES, *_ACCOUNT_FAMILIES}))


def build(context: VendorContext) -> list[BaseRoute]:
    """Everything: jambonz answers any path itself."""
    return [Everything("/", Api(context))]


def find(words: list[str]) -> Resource | None:
    """By the words behind `/v1/`, in lower case."""
    found = _TABLE.find(words)
    if found is not None:
        return found[0]
    later = _LATER.find(words[:1]) or _LATER.find(words[:3])
    return Resource(dict.fromkeys(_METHODS, later[0])) if later is not None else None


class Api:
    """The whole API as one ASGI application."""

    def __init__(self, context: VendorContext) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = await read(receive)
        limits: list[tuple[str, str]] = []
        try:
            answer = self._serve(scope, raw, limits)
        except Rejected as rejected:
            error = rejected.error
            await _send(scope, send, error.status, error.content_type, (*limits, *error.headers), error.body)
        else:
            await _answer(scope, send, answer, tuple(limits))

    def _serve(self, scope: Scope, raw: bytes, limits: list[tuple[str, str]]) -> Answer:
        """Raises `Rejected`, `Refused`, `NotEmulated`."""
        headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
        body = read_body(raw, headers.get("content-type", ""))
        path, method = scope["path"], method_of(scope)
        words = path.strip("/").split("/")
        if words[0] == "api":
            words = words[1:]
        if method == "GET" and path in ("/", "/health"):
            return 200, Plain("OK")
        if words[:1] == ["swagger"]:
            raise NotEmulated("swagger page")
        if words[0].lower() != "v1":
            raise Rejected(no_route(method, path))
        asked = scope["query_string"]
        query = parse_query(asked)
        token = read_token(headers.get("authorization"), query, body)
        sandbox = self._context.sandbox(token)
        if scope["query_string"] is not asked:  # where answers vary, once it is known whose it is
            query = parse_query(scope["query_string"])
        if sandbox is None:
            raise Rejected(unauthorized(is_known_scheme=True))
        limits += count_request(sandbox)
        words = words[1:]
        resource = find([word.lower() for word in words])
        if resource is None and len(words) > 3 and words[2].lower() == "recentcalls":
            raise Rejected(EMPTY_404)  # JAMBONZ-73
        handler = resource.methods.get(method) if resource is not None else None
        if resource is None or handler is None:
            raise Rejected(no_route(method, path))
        if words[0].lower() == "accounts" and len(words) > 1:
            _check_account(sandbox, words[1], resource.says_fail)
        if isinstance(handler, str):
            raise NotEmulated(handler)
        item = words[-1] if len(words) % 2 == 0 else ""
        base_url = origin(headers, scope["scheme"]) + scope.get("ringback.prefix", "")
        return handler(Asking(sandbox, item, query, body, base_url))


def _check_account(sandbox: VendorSandbox, sid: str, says_fail: bool) -> None:
    """JAMBONZ-7, JAMBONZ-8."""
    if not is_sid(sid):
        raise Rejected(privileges(400, "Bad request") if says_fail else bad_sid())
    if sid.lower() == account(sandbox)["account_sid"]:
        return
    if says_fail:
        raise Rejected(privileges(403, "insufficient privileges"))
    raise Rejected(wrong_account())


# --- on and off the wire -------------------------------------------------------------------------------------------


async def _answer(scope: Scope, send: Send, answer: Answer, more: tuple[tuple[str, str], ...]) -> None:
    status, body = answer
    if body is None:
        await _send(scope, send, status, "", more, b"")
    elif isinstance(body, Plain):
        await _send(scope, send, status, _TEXT, more, body.encode())
    else:
        await _send(scope, send, status, JSON, more, _encode(body))


async def _send(
    scope: Scope, send: Send, status: int, content_type: str, more: tuple[tuple[str, str], ...], body: bytes
) -> None:
    """JAMBONZ-15."""
    headers = [*_ALWAYS, *encoded(more)]
    if content_type:
        headers.append((b"content-type", content_type.encode()))
    await respond(send, status, headers, body, is_head=scope["method"] == "HEAD")
