"""Which path leads where, who may go there, and how an answer leaves. Nothing here knows about calls.

Paths are looked up in one table, because most of Vobiz's are `Account/{auth_id}/Family/{id}/Part` and matching forty
patterns one after another costs more than serving the request. A path is taken with and without its trailing slash
(VOBIZ-5). Order of refusals: no such route, credentials, wrong case, the path's account, method, not emulated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from emulator.engine.values import value
from emulator.errors import NotEmulated, Refused
from emulator.vendor_api import VendorContext, VendorSandbox, WireError
from emulator.vendor_wire.asgi import encoded, header, method_of, read, respond
from emulator.vendor_wire.credentials import read_basic
from emulator.vendor_wire.everything import Everything
from emulator.vendor_wire.paths import Table, names_of
from emulator.vendors.vobiz import (
    applications,
    calls,
    conferences,
    history,
    in_call,
    numbers,
    recordings,
    streams,
    transfers,
)
from emulator.vendors.vobiz.accounts import credential, path_credential
from emulator.vendors.vobiz.auth import read_credentials
from emulator.vendors.vobiz.errors import INVALID_CREDENTIALS, NOT_FOUND, Rejected, render, render_rejected
from emulator.vendors.vobiz.serving import Asking, Csv, Handler, read_body

__all__ = ["NOT_EMULATED", "build"]

_encode: Final = msgspec.json.Encoder().encode
_JSON: Final = (b"content-type", b"application/json")
_CSV: Final = (b"content-type", b"text/csv")


@value
class Resource:
    """One path: its spelling (`*` for an id), and a handler, or the name of what is not emulated, for each method."""

    spelling: str
    methods: dict[str, Handler | str]


def _table(*resources: Resource) -> dict[str, Resource]:
    return {resource.spelling.lower(): resource for resource in resources}


_TABLE: Final = _table(
    Resource("Call", {"POST": calls.make_call, "GET": calls.list_calls, "DELETE": "hang up all calls"}),
    Resource("Call/*", {"GET": calls.retrieve, "DELETE": calls.hang_up, "POST": transfers.transfer}),
    Resource("Request/*", {"DELETE": calls.hang_up}),  # VOBIZ-64
    Resource("Call/*/Play", {"POST": in_call.play, "DELETE": in_call.stop_play}),
    Resource("Call/*/Speak", {"POST": in_call.speak, "DELETE": in_call.stop_speak}),
    Resource("Call/*/DTMF", {"POST": in_call.send_digits}),
    Resource("Call/*/Record", {"POST": in_call.record, "DELETE": in_call.stop_record}),
    Resource("Call/*/Stream", {"POST": streams.start_stream, "GET": "call stream", "DELETE": "call stream"}),
    Resource("Call/*/Stream/*", {"GET": "call stream", "DELETE": "call stream"}),
    Resource("Application", {"POST": applications.create, "GET": applications.list_applications}),
    Resource(
        "Application/*",
        {"GET": applications.retrieve, "POST": applications.update, "DELETE": applications.delete},
    ),
    Resource("Conference", {"GET": conferences.list_rooms, "DELETE": conferences.hang_up_all}),
    Resource("Conference/*", {"GET": conferences.retrieve, "DELETE": conferences.hang_up}),
    Resource("Conference/*/Record", {"POST": conferences.record, "DELETE": conferences.stop_record}),
    Resource("Conference/*/Member/*", {"DELETE": conferences.hang_up_member}),
    Resource("Conference/*/Member/*/Mute", {"POST": conferences.mute, "DELETE": conferences.unmute}),
    Resource("Conference/*/Member/*/Deaf", {"POST": conferences.deaf, "DELETE": conferences.undeaf}),
    Resource("Conference/*/Member/*/Kick", {"POST": conferences.kick}),
    Resource("Conference/*/Member/*/Play", {"POST": conferences.play, "DELETE": conferences.stop_sound}),
    Resource("Conference/*/Member/*/Speak", {"POST": conferences.speak, "DELETE": conferences.stop_sound}),
    Resource("Recording", {"GET": recordings.list_recordings}),
    Resource("Recording/*", {"GET": recordings.retrieve, "DELETE": recordings.delete}),
    Resource("Recording/BulkDelete", {"DELETE": "delete recordings in bulk"}),
    Resource("cdr", {"GET": history.list_records}),
    Resource("cdr/search", {"GET": history.search}),
    Resource("cdr/recent", {"GET": history.recent}),
    Resource("cdr/export", {"GET": history.export}),
    Resource("cdr/*", {"GET": history.retrieve}),
    Resource("numbers", {"GET": numbers.list_numbers}),
    Resource("numbers/*", {"DELETE": "release number"}),
    Resource("numbers/*/application", {"POST": numbers.attach, "DELETE": numbers.detach}),
    Resource("numbers/*/assign", {"POST": "trunks", "DELETE": "trunks"}),
    Resource("numbers/purchase-from-inventory", {"POST": "number inventory"}),
    Resource("concurrency", {"GET": numbers.concurrency}),
)

# Whole families, whatever follows: documented, and not emulated yet.
_FAMILIES: Final = {
    "export": "export of recordings", "endpoint": "endpoints", "inventory": "number inventory",
    "balance": "balance", "transactions": "transactions", "trunks": "trunks", "sub-accounts": "sub-accounts",
    "campaigns": "campaigns", "credentials": "trunks", "ip-acl": "trunks", "origination-uris": "trunks",
}  # fmt: skip

# VOBIZ-6: families whose case is enforced; the others take `Account` and `account`.
_PASCAL: Final = {"call": "Call", "application": "Application", "request": "Request", "endpoint": "Endpoint",
                  "conference": "Conference", "recording": "Recording"}  # fmt: skip

NOT_EMULATED: Final = tuple(
    sorted(names_of(resource.methods for resource in _TABLE.values()) | set(_FAMILIES.values()))
)

_PATHS: Final = Table(_TABLE)
_ME: Final = Resource("auth/me", {"GET": numbers.me})


def build(context: VendorContext) -> list[BaseRoute]:
    """The API under `/api/v1`, and Vobiz's own 404 for everything else."""
    api = Api(context)
    return [Everything("/api/v1/", api), Everything("/v1/", Files(api)), Everything("/", _Nowhere())]


class _Nowhere:
    """An object, because Starlette calls a plain function in another way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _refuse(send, NOT_FOUND)


class _Found:
    """What a path means: whose account, which resource, which id, and whether its case is as Vobiz wants it."""

    __slots__ = ("account", "id", "is_spelled", "part", "resource")

    def __init__(
        self, account: str | None, resource: Resource, item: str = "", is_spelled: bool = True, part: str = ""
    ) -> None:
        self.part = part
        self.account = account
        self.resource = resource
        self.id = item
        self.is_spelled = is_spelled


def find(path: str) -> _Found | None:
    """Look up what follows `/api/v1/`; None if Vobiz has no such route."""
    parts = path.removesuffix("/").split("/")
    if len(parts) < 3:
        return _Found(None, _ME) if parts == ["auth", "me"] else None
    head, account, family, *rest = parts
    if head == "Account" and not rest and family == "Call":
        return _Found(account, _TABLE["call"])
    kind = family.lower()
    if head.lower() == "accounts" and kind in _FAMILIES:
        return _Found(account, _whole(_FAMILIES[kind]))
    if head.lower() != "account":
        return None
    resource = _resource(kind, [part.lower() for part in rest])
    if resource is None:
        return None
    if kind in _PASCAL:
        words = resource.spelling.split("/")[1:]
        cased = all(word in ("*", part) for word, part in zip(words, rest, strict=False))
        is_spelled = head == "Account" and family == _PASCAL[kind] and cased
        return _Found(account, resource, rest[0] if rest else "", is_spelled, rest[2] if len(rest) > 2 else "")
    return _Found(account, resource, rest[0] if rest else "") if family == kind else None


def _resource(kind: str, rest: list[str]) -> Resource | None:
    found = _PATHS.find([kind, *rest])
    if found is not None:
        return found[0]
    return _whole(_FAMILIES[kind]) if kind in _FAMILIES else None


def _whole(name: str) -> Resource:
    return Resource("", dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), name))


class Api:
    """An ASGI endpoint: one request, from path to answer."""

    def __init__(self, context: VendorContext) -> None:
        self._context = context
        self._counts: dict[str, int] = {}  # requests served, by sandbox: what an `api_id` is made of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = find(scope["path_params"]["path"])
        if found is None:
            await _refuse(send, NOT_FOUND)
            return
        sandbox, account = self.sandbox(scope["headers"])
        if sandbox is None or not (found.is_spelled or sandbox.settings.lenient_paths):
            await _refuse(send, INVALID_CREDENTIALS)
            return
        asking = self._asking(sandbox, account, scope, found)
        asking.scope = scope
        try:
            if found.account is not None and found.account != account:
                raise self.foreign(found.account, account)
            handler = _handler(found.resource, asking.method)
            if asking.method == "POST" or handler is in_call.stop_record:  # VOBIZ-105: its body says which
                asking.body = read_body(await read(receive), header(scope["headers"], b"content-type").lower())
            status, body = handler(asking)
        except Rejected as error:
            await _refuse(send, render_rejected(error, asking.api_id()))
        except (Refused, NotEmulated) as error:
            await _refuse(send, render(error, asking.api_id()))
        else:
            await _answer(send, status, body)

    def sandbox(self, headers: Iterable[tuple[bytes, bytes]]) -> tuple[VendorSandbox | None, str]:
        """Whose credentials these are, and the account's id. VOBIZ-2, VOBIZ-4."""
        auth_id, token, authorization = read_credentials(headers)
        if auth_id or token:
            found = self._context.sandbox(credential(auth_id, token))
            if found is None:
                self._context.sandbox(path_credential(auth_id))  # so that its journal shows the refusal
            return found, auth_id
        user, password = read_basic(authorization)
        found = self._context.sandbox(credential(user, password)) if user else None
        return (found, user) if found is not None and found.settings.accept_basic else (None, "")

    def _asking(self, sandbox: VendorSandbox, account: str, scope: Scope, found: _Found) -> Asking:
        number = self._counts[sandbox.name] = self._counts.get(sandbox.name, 0) + 1
        return Asking(sandbox, account, method_of(scope), found.id, scope["query_string"], {}, number, found.part)

    def foreign(self, named: str, account: str) -> Rejected:
        """VOBIZ-7: an account nobody has is not found, another's is forbidden."""
        is_known = self._context.sandbox(path_credential(named)) is not None
        self._context.sandbox(path_credential(account))  # the request belongs to whoever sent it
        return Rejected(403, "forbidden") if is_known else Rejected(404, "account not found")


class Files:
    """What `media.vobiz.ai` serves: the file of a recording, to whoever has the account's credentials (VOBIZ-100)."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        words = scope["path_params"]["path"].split("/")
        if len(words) != 4 or words[0] != "Account" or words[2] not in ("Recording", "Transcription"):
            await _refuse(send, NOT_FOUND)
            return
        sandbox, account = self._api.sandbox(scope["headers"])
        if sandbox is None:
            await _refuse(send, INVALID_CREDENTIALS)
            return
        try:
            if words[1] != account:
                raise self._api.foreign(words[1], account)
            if method_of(scope) != "GET":
                raise Rejected(405, "method not allowed", headers=(("Allow", "GET, HEAD"),))
            await recordings.serve_file(sandbox, words[2], words[3], scope, receive, send)
        except Rejected as error:
            await _refuse(send, render_rejected(error, sandbox.ids.uuid("vobiz file", scope["path"])))


def _handler(resource: Resource, method: str) -> Handler:
    """Raises `NotEmulated`, or `Rejected` (405)."""
    handler = resource.methods.get(method)
    if handler is None:
        allowed = ", ".join(sorted(resource.methods))
        raise Rejected(405, "method not allowed", headers=(("Allow", allowed),))
    if isinstance(handler, str):
        raise NotEmulated(handler)
    return handler


async def _answer(send: Send, status: int, body: Any) -> None:
    if body is None:
        await respond(send, status, [], b"")
    elif isinstance(body, Csv):
        await respond(send, status, [_CSV], body.encode())
    else:
        await respond(send, status, [_JSON], _encode(body))


async def _refuse(send: Send, error: WireError) -> None:
    await respond(send, error.status, [_JSON, *encoded(error.headers)], _encode(error.body))
