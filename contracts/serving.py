"""The contracts, shown by a running server: `GET /_control/v1/contracts` and `/_control/v1/contracts/VENDOR.json`.

Plugged in as `emulator.control_routes`, so it stands behind the control API's door and is imported at every start:
nothing is read before the first request, and that in a thread of its own, because YAML is slow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from emulator.engine.values import value

if TYPE_CHECKING:
    from emulator.runtime.exchange import Exchange

__all__ = ["routes"]

BASE: Final = "/_control/v1"


@value
class _Page:
    """One answer: `body` is JSON, `tag` its ETag."""

    body: bytes
    tag: str


class _Shelf:
    """What has been read so far. Two that ask at once may both read it, to the same end."""

    def __init__(self) -> None:
        self._pages: dict[str, _Page] = {}

    def page(self, name: str) -> _Page:
        """The contract of this name, or for "" the list. Raises `ControlError` for a name that there is not."""
        found = self._pages.get(name)
        if found is None:
            found = self._pages[name] = _made(_one(name) if name else _list())
        return found


def routes(exchange: Exchange) -> Sequence[BaseRoute]:
    """Plug of `emulator.control_routes`."""
    shelf = _Shelf()
    return (
        Route("/contracts", partial(_answer, shelf), methods=["GET"]),
        Route("/contracts/{name}.json", partial(_answer, shelf), methods=["GET"]),
        Route("/contracts/{name}", partial(_answer, shelf), methods=["GET"]),
    )


def _answer(shelf: _Shelf, request: Request) -> Response:
    page = shelf.page(request.path_params.get("name", ""))
    headers = {"ETag": page.tag, "Cache-Control": "no-cache"}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if page.tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers=headers, media_type="application/json")


def _made(told: Any) -> _Page:
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return _Page(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"')


def _one(name: str) -> dict[str, Any]:
    from contracts.shelf import contract_names, parsed
    from emulator.control.errors import ControlError
    from emulator.control.reading import nearest

    if name not in contract_names():
        raise ControlError("unknown_vendor", f"there is no contract with {name!r}", nearest(name, contract_names()))
    return parsed(name)


def _list() -> dict[str, Any]:
    from contracts.shelf import contract_names

    return {"contracts": [_row(name) for name in contract_names()]}


def _row(name: str) -> dict[str, Any]:
    document = _one(name)
    methods = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
    return {
        "id": name, "title": document["info"]["title"], "version": document["info"]["version"],
        "summary": document["info"].get("summary", ""), "openapi": document["openapi"],
        "operations": sum(method in item for item in document["paths"].values() for method in methods),
        "webhooks": len(document.get("webhooks", {})), "url": f"{BASE}/contracts/{name}.json",
    }  # fmt: skip
