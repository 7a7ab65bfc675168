"""Which path leads where, who may go there, and how an answer leaves. Nothing here knows about calls.

Paths are looked up in one table; a `*` stands for the id in a path. Order of refusals: no such path, wrong method,
no good token, not emulated.
"""

from __future__ import annotations

from inspect import isawaitable
from typing import Final

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
from emulator.vendors.servetel import auth, calls, control, history, panel, recordings
from emulator.vendors.servetel.errors import (
    NO_SUCH_PATH,
    UNAUTHENTICATED,
    Rejected,
    forbidden_method,
    render,
    render_rejected,
)  # fmt: skip
from emulator.vendors.servetel.serving import Answer, Asking, Handler, read_body

__all__ = ["NOT_EMULATED", "build"]

_encode: Final = msgspec.json.Encoder().encode
_JSON: Final = (b"content-type", b"application/json")


def _login(asking: Asking) -> Answer:
    return auth.login(asking.context, asking.body)


def _refresh(asking: Asking) -> Answer:
    return auth.refresh(asking.sandbox)


def _logout(asking: Asking) -> Answer:
    return auth.logout(asking.sandbox, asking.token)


_RECORDING: Final = "*/file/recording"
_ORIGIN: Final = ("x-forwarded-proto", "x-forwarded-host", "host")

# SERVETEL-1: paths after the host; a text is the name of what is not emulated.
_TABLE: Final[dict[str, dict[str, Handler | str]]] = {
    "v1/auth/login": {"POST": _login},
    "v1/auth/refresh": {"POST": _refresh},
    "v1/auth/logout": {"POST": _logout},
    "v1/live_calls": {"GET": calls.list_live},
    "v1/live_calls/*": {"GET": calls.retrieve_live},
    "v1/click_to_call": {"POST": calls.click_to_call},
    "v1/click_to_call_support": {"POST": calls.support_call},
    "v1/call/hangup": {"POST": control.hang_up},
    "v1/call/options": {"POST": control.options},
    "v1/call/records": {"GET": history.list_records},
    "v1/call/note/*": {"POST": "call notes"},
    "v1/call/notes/*": {"GET": "call notes"},
    "v1/dialer/disconnect_call": {"POST": "dialer/disconnect_call"},
    "v1/users": {"GET": panel.list_users},
    "v1/user": {"POST": "creating users"},
    "v1/user/*": {"GET": panel.retrieve_user, "PUT": "updating users"},
    "v1/agent/*/block": {"POST": panel.block},
    "v1/agent/*/unblock": {"POST": panel.unblock},
    "v1/my_number": {"GET": panel.list_numbers},
    "v1/my_number/*": {"PUT": panel.update_number},
    "v1/departments": {"GET": panel.list_departments},
    "v1/recordings": {"GET": panel.list_recordings},
    "v1/auto_attendant": {"POST": "auto attendant"},
    "v1/broadcasts": {"GET": "broadcasts"},
    "v1/broadcast": {"POST": "broadcasts"},
    "v1/broadcast/*": {"GET": "broadcasts"},
    "v1/broadcast/lead/*": {"POST": "broadcasts"},
    "v1/broadcast/dnd/leads": {"GET": "broadcasts"},
    "v1/send_sms": {"POST": "send_sms"},
    _RECORDING: {"GET": ""},  # served apart: audio is no JSON
}


# Paths that ask for no token; every other one wants a good one, `refresh` one that was good lately.
_OPEN: Final = frozenset({"v1/auth/login", "v1/click_to_call_support", _RECORDING})

NOT_EMULATED: Final = tuple(sorted(names_of(_TABLE.values()) - {""}))

_PATHS: Final = Table({row: row for row in _TABLE})


def find(path: str) -> tuple[str, str]:
    """The row of a path and the id in it; "" and "" if Servetel has no such path."""
    row, ids = _PATHS.find(path.strip("/").split("/")) or ("", [])
    if not ids:
        return row, ""
    return (row, ids[0]) if ids[0] else ("", "")


def build(context: VendorContext) -> list[BaseRoute]:
    """One endpoint for everything."""
    return [Everything("/", Api(context))]


class Api:
    """An ASGI endpoint: one request, from path to answer."""

    def __init__(self, context: VendorContext) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        row, item = find(scope["path_params"]["path"])
        if not row:
            await _refuse(send, NO_SUCH_PATH)
            return
        methods = _TABLE[row]
        method = method_of(scope)
        if method not in methods:
            await _refuse(send, forbidden_method(", ".join(sorted(methods))))
            return
        token = auth.read_token(scope["headers"])
        sandbox = None
        if row not in _OPEN:
            owner = auth.refreshable if row == "v1/auth/refresh" else auth.owner
            sandbox = owner(self._context, token)
            if sandbox is None:
                await _refuse(send, UNAUTHENTICATED)
                return
        asking = Asking(self._context, sandbox, token, item, scope["query_string"], _base_url(scope))
        if row == _RECORDING:
            await self._play(asking, scope, receive, send)
            return
        if method != "GET":
            asking.body = read_body(await read(receive), header(scope["headers"], b"content-type").lower())
        await self._serve(methods[method], asking, send)

    async def _play(self, asking: Asking, scope: Scope, receive: Receive, send: Send) -> None:
        recording = recordings.find(self._context, asking.item, asking.query("callId"), asking.query("token"))
        if recording is None:
            await _refuse(send, NO_SUCH_PATH)
        else:
            await serve_recording(scope, recording)(scope, receive, send)

    async def _serve(self, handler: Handler | str, asking: Asking, send: Send) -> None:
        try:
            if isinstance(handler, str):
                raise NotEmulated(handler)
            answer = handler(asking)
            status, body = await answer if isawaitable(answer) else answer
        except Rejected as error:
            await _refuse(send, render_rejected(error))
        except (Refused, NotEmulated) as error:
            await _refuse(send, render(error))
        else:
            await respond(send, status, [_JSON], _encode(body))


def _base_url(scope: Scope) -> str:
    """Where we are for whoever asks."""
    headers = {name: header(scope["headers"], name.encode()) for name in _ORIGIN}
    prefix: str = scope.get("ringback.prefix", "")
    return origin(headers, scope["scheme"]) + prefix


async def _refuse(send: Send, error: WireError) -> None:
    await respond(send, error.status, [_JSON, *encoded(error.headers)], _encode(error.body))
