"""An application of the tests: it asks the callee to press 1, and says goodbye. As ASGI and as WSGI.

Its paths: `/answer`, `/choice`, `/noted` (good), `/bad` (500), `/silent` (never answers), `/stream` (asks for
something Vobiz can and we cannot). `place` is its outbound side, as its author would write it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

__all__ = ["CALLEE", "application", "place", "wsgi"]

CALLEE = "+919876543210"
ASKS = "Press 1 to confirm your appointment"


def document(path: str, base: str) -> str:
    return {
        "/answer": f'<Response><Gather action="{base}/choice" numDigits="1"><Speak>{ASKS}</Speak></Gather></Response>',
        "/choice": "<Response><Speak>See you tomorrow</Speak><Hangup/></Response>",
        "/stream": "<Response><Stream>wss://127.0.0.1:9</Stream></Response>",
    }.get(path, "<Response/>")


async def application(scope: Any, receive: Any, send: Any) -> None:
    """ASGI; of the lifespan protocol it knows nothing, and says so by raising."""
    assert scope["type"] == "http"
    path = scope["path"]
    if path == "/silent":
        await asyncio.Event().wait()
    body = document(path, f"http://{dict(scope['headers'])[b'host'].decode()}").encode()
    headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500 if path == "/bad" else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def wsgi(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    start_response("500 Oh" if path == "/bad" else "200 OK", [("Content-Type", "application/xml")])
    return [document(path, f"http://{environ['HTTP_HOST']}").encode()]


def place(
    account: Mapping[str, Any], url: str, to: str = CALLEE, *, answer: str = "/answer", hangup: str = "/noted"
) -> str:
    """Place a call at Vobiz; what Vobiz calls it."""
    body = {
        "from": account["numbers"][0], "to": to, "answer_url": url + answer, "ring_url": f"{url}/noted",
        "hangup_url": url + hangup,
    }  # fmt: skip
    headers = {
        "X-Auth-ID": account["auth_id"], "X-Auth-Token": account["auth_token"], "Content-Type": "application/json",
    }  # fmt: skip
    path = f"{account['base_url']}/api/v1/Account/{account['auth_id']}/Call/"
    with build_opener(ProxyHandler({})).open(Request(path, json.dumps(body).encode(), headers)) as response:
        name: str = json.load(response)["request_uuid"]
        return name
