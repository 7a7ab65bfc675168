"""Which path leads where, who may go there, and how an answer leaves. Nothing here knows about calls.

Paths are looked up in one table, every id in it as `*`. Order of refusals: no such route, credentials, the path's
account, method, not emulated, body (TRYVOX-4, TRYVOX-5, TRYVOX-10).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from emulator.errors import NotEmulated, Refused
from emulator.vendor_api import VendorContext, WireError
from emulator.vendor_wire.asgi import encoded, header, method_of, read, respond
from emulator.vendor_wire.everything import Everything
from emulator.vendor_wire.paths import Table, names_of
from emulator.vendor_wire.recordings import serve_recording
from emulator.vendor_wire.urls import origin
from emulator.vendors.tryvox import actions, applications, auth, calls, conferences, numbers, recordings
from emulator.vendors.tryvox.errors import (
    FORBIDDEN,
    NO_RECORDING,
    NO_ROUTE,
    UNAUTHORIZED,
    Rejected,
    not_allowed,
    render,
)
from emulator.vendors.tryvox.serving import Asking, Handler

__all__ = ["NOT_EMULATED", "build"]

Methods = dict[str, Handler | str]

_encode: Final = msgspec.json.Encoder().encode
_ORIGIN: Final = ("x-forwarded-proto", "x-forwarded-host", "host")
_JSON: Final = (b"content-type", b"application/json")

# TRYVOX-1. A text instead of a handler names what is documented and not emulated yet.
_VOICE: Final = "v1/voice/accounts/*"
_ACCOUNT: Final = "v1/account/*"
_ROWS: Final[dict[str, Methods]] = {
    f"{_VOICE}/calls": {"GET": calls.list_calls, "POST": calls.create},
    f"{_VOICE}/calls/*": {"GET": calls.retrieve, "DELETE": calls.hang_up},
    f"{_VOICE}/calls/*/transfer": {"POST": actions.transfer},
    f"{_VOICE}/calls/*/record": {"POST": actions.record, "DELETE": actions.stop_record},
    f"{_VOICE}/calls/*/play": {"POST": actions.play},
    f"{_VOICE}/calls/*/speak": {"POST": actions.speak},
    f"{_VOICE}/calls/*/dtmf": {"POST": actions.dtmf},
    f"{_VOICE}/conferences": {"GET": conferences.list_conferences},
    f"{_VOICE}/conferences/*": {"GET": conferences.retrieve, "DELETE": conferences.end},
    f"{_VOICE}/conferences/*/members/*/mute": {"POST": conferences.mute, "DELETE": conferences.unmute},
    f"{_ACCOUNT}/numbers": {"GET": numbers.list_numbers},
    f"{_ACCOUNT}/numbers/*": {"GET": numbers.retrieve},
    f"{_ACCOUNT}/numbers/*/application": {"POST": numbers.attach, "DELETE": numbers.detach},
    f"{_ACCOUNT}/numbers/*/assign": {"POST": "trunks", "DELETE": "trunks"},
    f"{_ACCOUNT}/numbers/purchase-from-inventory": {"POST": "number purchase"},
    "v1/voice/applications": {"GET": applications.list_applications, "POST": applications.create},
    "v1/voice/applications/*": {"GET": applications.retrieve, "PATCH": applications.update},
}

_TABLE: Final = Table(_ROWS)

NOT_EMULATED: Final = tuple(sorted(names_of(_ROWS.values())))


def build(context: VendorContext) -> list[BaseRoute]:
    return [Everything("/", Api(context))]


def find(path: str) -> tuple[Methods, str | None, list[str]] | None:
    """What follows the base URL: its methods, the account in it (None where there is none) and the other ids."""
    found = _TABLE.find(path.split("/"))
    if found is None:
        return None
    methods, ids = found
    account = ids.pop(0) if path.startswith((_VOICE[:-1], _ACCOUNT[:-1])) else None
    return (methods, account, ids) if all(ids) else None


class Api:
    """An ASGI endpoint: one request, from path to answer. An object, because Starlette calls a function otherwise."""

    def __init__(self, context: VendorContext) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        words = scope["path_params"]["path"].split("/")
        if words[0] == "recordings" and len(words) == 3 and method_of(scope) == "GET":  # TRYVOX-73
            await self._play(words[1], words[2], scope, receive, send)
            return
        try:
            status, body = await self._answer(scope, receive)
        except Rejected as error:
            await _refuse(send, error.wire)
        except (Refused, NotEmulated) as error:
            await _refuse(send, render(error))
        else:
            await _send(send, status, [], b"" if body is None else _encode(body))

    async def _play(self, sandbox: str, file: str, scope: Scope, receive: Receive, send: Send) -> None:
        found = recordings.find(self._context, sandbox, file)
        if found is None:
            await _refuse(send, NO_RECORDING)
        else:
            await serve_recording(scope, *found)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, Any]:
        found = find(scope["path_params"]["path"])
        if found is None:
            raise Rejected(NO_ROUTE)
        methods, account, ids = found
        credential = auth.read(header(scope["headers"], b"authorization"))
        sandbox = self._context.sandbox(credential) if credential else None
        if sandbox is None:
            raise Rejected(UNAUTHORIZED)
        if account is not None and account != (sandbox.records.get("account", "main") or {}).get("auth_id"):
            raise Rejected(FORBIDDEN)
        handler = methods.get(method_of(scope))
        if handler is None:
            raise Rejected(not_allowed(tuple(methods)))
        if isinstance(handler, str):
            raise NotEmulated(handler)
        tenant = header(scope["headers"], b"x-tenant-id").strip()
        raw = await read(receive)
        return handler(
            Asking(sandbox, auth.is_test(credential), tenant, ids, scope["query_string"], raw, _base_url(scope))
        )


def _base_url(scope: Scope) -> str:
    """Where we are for whoever asks."""
    headers = {name: header(scope["headers"], name.encode()) for name in _ORIGIN}
    prefix: str = scope.get("ringback.prefix", "")
    return origin(headers, scope["scheme"]) + prefix


async def _refuse(send: Send, error: WireError) -> None:
    await _send(send, error.status, encoded(error.headers), _encode(error.body))


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    if body:
        headers.append(_JSON)
    await respond(send, status, headers, body)
