"""A control API in this process, whose every JSON answer is held against its own OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from emulator.control.app import app as control_app
from emulator.control.app import operations
from emulator.control.document import BASE, openapi
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Options
from emulator.vendor_api import Vendor
from tests.fakes.acme import vendor as acme
from tests.fakes.receiver import Receiver

ADDRESS = "http://127.0.0.1:5550"


def tightened(schema: Any) -> Any:
    """The same schemas, in which an object has no key that is not written down."""
    if isinstance(schema, list):
        return [tightened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: tightened(part) for key, part in schema.items()}
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


class Control:
    """`await control.post("/sandboxes", {...})` gives the parsed answer, after checking it."""

    def __init__(self, exchange: Exchange, receiver: Receiver) -> None:
        self.exchange = exchange
        self.receiver = receiver
        self.guard = control_app(exchange, more=())
        self.document = openapi(operations(exchange), exchange)
        self.components = tightened(self.document["components"])
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(build(exchange, {BASE: self.guard}), raise_app_exceptions=False),
            base_url=ADDRESS,
        )

    async def ask(self, method: str, path: str, json: Any = None, **more: Any) -> httpx2.Response:
        """Any request; its answer is one that the document foresees."""
        if json is not None:
            more["json"] = json
        response = await self.client.request(method, BASE + path, **more)
        self.check(method, path.partition("?")[0], response)
        return response

    def check(self, method: str, path: str, response: httpx2.Response) -> None:
        if response.status_code in (404, 405) and response.json()["error"]["code"] in _NOWHERE:
            self.validate({"$ref": "#/components/schemas/Error"}, response.json())
            return
        foreseen = self.operation(method, path)["responses"]
        assert str(response.status_code) in foreseen, (method, path, response.status_code, response.text)
        content = foreseen[str(response.status_code)].get("content")
        if content is None:
            assert response.content == b""
            return
        media = response.headers["content-type"].partition(";")[0]
        assert media in content
        if media == "application/json":
            self.validate(content[media]["schema"], response.json())
            if response.status_code >= 400:
                described = foreseen[str(response.status_code)]["description"]
                assert f"`{response.json()['error']['code']}`" in described

    def operation(self, method: str, path: str) -> Any:
        """The document's operation for a path with its parameters filled in."""
        found = [
            by_method
            for template, by_method in self.document["paths"].items()
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) and method.lower() in by_method
        ]
        assert found, f"{method} {path} is not in the document"
        return found[0][method.lower()]

    def validate(self, schema: Any, instance: Any) -> None:
        checker = Draft202012Validator.FORMAT_CHECKER
        Draft202012Validator({**tightened(schema), "components": self.components}, format_checker=checker).validate(
            instance
        )

    async def get(self, path: str, status: int = 200) -> Any:
        return self._parsed(await self.ask("GET", path), status)

    async def post(self, path: str, json: Any = None, status: int = 200) -> Any:
        return self._parsed(await self.ask("POST", path, json), status)

    async def put(self, path: str, json: Any, status: int = 200) -> Any:
        return self._parsed(await self.ask("PUT", path, json), status)

    async def refused(self, code: str, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """The error of a request that is refused with `code`."""
        response = await self.ask(method, path, json, **more)
        error = response.json()["error"]
        assert error["code"] == code, error
        return error

    def _parsed(self, response: httpx2.Response, status: int) -> Any:
        assert response.status_code == status, response.text
        return response.json()

    # --- what a test begins with -------------------------------------------------------------------------------

    async def sandbox(self, **spec: Any) -> str:
        """A new sandbox's path below the base."""
        return f"/sandboxes/{(await self.post('/sandboxes', spec, 201))['id']}"

    def inside(self, path: str) -> Sandbox:
        return self.exchange.sandboxes[path.removeprefix("/sandboxes/")]

    async def place(self, path: str, to: str = "+14155550000", vendor: str = "acme") -> str:
        """Place a call through a vendor's own API, as `ringback call` does; our id of it."""
        sandbox = self.inside(path)
        public = sandbox.public[vendor]
        urls = {"answer": f"{self.receiver.url}/answer", "hangup": f"{self.receiver.url}/hangup"}
        request = self.exchange.vendors[vendor].call_request(public, public["numbers"][0], to, urls)
        response = await self.client.request(
            request.method, f"/{vendor}{request.path}", headers=dict(request.headers), json=request.json
        )
        assert response.is_success, response.text
        return next(reversed(sandbox.engine.calls))


_NOWHERE = ("unknown_path", "method_not_allowed")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await Receiver().start()
    made.answers["/answer"] = [{"say": "hello there"}]
    yield made
    await made.stop()


@pytest.fixture
async def control_with(receiver: Receiver) -> AsyncIterator[Callable[..., Control]]:
    made: list[Control] = []

    def build_one(vendors: dict[str, Vendor] | None = None, **options: Any) -> Control:
        made.append(Control(Exchange(Options(**options), vendors or {"acme": acme}), receiver))
        return made[-1]

    yield build_one
    for control in made:
        await control.client.aclose()
        await control.exchange.close()


@pytest.fixture
def control(control_with: Callable[..., Control]) -> Control:
    return control_with()
