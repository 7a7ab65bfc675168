"""A fifth provider, made up: the smallest vendor that uses every part of the seam. Its test is the suite that runs it.

API: `Authorization: Bearer KEY`; `POST /calls` `{from, to, answer_url, hangup_url?, status_url?}` → 201 `{id, state}`;
`GET /calls` → `{live, queued}`; `GET|DELETE /calls/{id}`. Webhooks are JSON `{event, id, state}`, signed
`X-Acme: hex(HMAC-SHA256(key, body))`. The answer is a JSON list of `{"say": text}`, `{"gather": {...}}`,
`{"dial": [numbers]}`, `{"hangup": true}`; `{"fly": …}` is something Acme can and we cannot.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine import program as p
from emulator.engine.values import value
from emulator.errors import InvalidDocument, NotEmulated, Refused
from emulator.ids import Ids
from emulator.vendor_api import CallRequest, CallView, Part, Seed, Vendor, VendorContext, VendorSandbox, WireError
from emulator.webhooks.values import Json, Policy, Reply, Request

__all__ = ["vendor"]

SECOND = timedelta(seconds=1)
RETRIES = Policy(waits=(SECOND, 2 * SECOND), timeout=10 * SECOND)


@value
class AcmeSettings:
    """`tone`: how Acme greets."""

    tone: Literal["warm", "cold"] = "warm"


def hook(url: str, purpose: str, **more: Any) -> p.Hook:
    return p.Hook(url, purpose=purpose, **more)


def routes(context: VendorContext) -> Sequence[BaseRoute]:
    def owner(request: HttpRequest) -> VendorSandbox | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        return context.sandbox(key) if scheme == "Bearer" else None

    async def calls(request: HttpRequest) -> Response:
        sandbox = owner(request)
        if sandbox is None:
            return JSONResponse({"error": "unauthorized"}, 401)
        if request.method == "GET":
            live = [leg.name for leg in sandbox.live().values()]
            return JSONResponse({"live": live, "queued": [leg.name for leg in sandbox.queued().values()]})
        try:
            body = json.loads(await request.body())
            made = c.PlaceCall(
                "acme", body["from"], body["to"], p.Program((p.Fetch(hook(body["answer_url"], "answer")),)),
                ring_timeout=60 * SECOND, time_limit=3600 * SECOND,
                memo={**body, "key": sandbox.ids.hex("acme", "", 8)},
            )  # fmt: skip
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": "bad request"}, 400)
        leg = sandbox.do(made)[0].leg
        assert leg is not None
        return JSONResponse({"id": leg.name, "state": leg.state}, 201)

    async def call(request: HttpRequest) -> Response:
        sandbox = owner(request)
        if sandbox is None:
            return JSONResponse({"error": "unauthorized"}, 401)
        leg = sandbox.named(request.path_params["id"])
        if leg is None:
            raise Refused("unknown_leg", leg=request.path_params["id"])
        if request.method == "DELETE":
            sandbox.do(c.HangUp(leg.id, "api", bridged=True))
            return Response(status_code=204)
        if request.query_params.get("wait") == "answer":
            await sandbox.until(lambda event: isinstance(event, e.Answered) and event.leg.id == leg.id)
        return JSONResponse({"id": leg.name, "state": leg.state, "cause": leg.cause.name if leg.cause else None})

    async def elsewhere(request: HttpRequest) -> Response:
        return JSONResponse({"error": "not found"}, 404)

    return [
        Route("/calls", calls, methods=["GET", "POST"]),
        Route("/calls/{id}", call, methods=["GET", "DELETE"]),
        Route("/{path:path}", elsewhere),
    ]


def callbacks(event: e.Event, view: CallView) -> Sequence[Request]:
    leg = event.leg
    if leg is None:
        return ()
    memo = leg.memo or {}
    if isinstance(event, e.Asked | e.Told):
        ask = event.ask if isinstance(event, e.Asked) else None
        body = {"event": event.hook.purpose, "id": leg.name, "state": leg.state, **_plain(event.fields)}
        request = Request(
            "acme", leg.call, leg.id, event.hook.purpose, event.hook.url, "POST", Json(body), RETRIES, ask,
            key=memo.get("key", ""), word=leg.state,
        )  # fmt: skip
        if event.hook.purpose == "answer" and memo.get("fallback_url"):
            again = Request(
                "acme", leg.call, leg.id, "fallback", memo["fallback_url"], "POST", Json(body), Policy(), ask,
                word=leg.state,
            )  # fmt: skip
            request.fallback = again  # type: ignore[misc]
        return (request,)
    url = None
    if isinstance(event, e.Ended) and leg.parent is None:
        url, name = memo.get("hangup_url"), "hangup"
    elif isinstance(event, e.RingingStarted):
        url, name = memo.get("status_url"), "status"
    if not url:
        return ()
    body = {"event": name, "id": leg.name, "state": leg.state}
    return (Request("acme", leg.call, leg.id, name, url, "POST", Json(body), RETRIES, key=memo["key"], word=leg.state),)


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: getattr(item, "name", item) for key, item in fields.items()}


def read_program(reply: Reply, request: Request, view: CallView) -> p.Program | None:
    if reply.is_cut or len(reply.body) > 100_000:
        raise InvalidDocument("the document is over 100 kB")
    try:
        steps = json.loads(reply.body)
    except ValueError as problem:
        raise InvalidDocument(f"not JSON: {problem}") from problem
    if not isinstance(steps, list):
        raise InvalidDocument(f"expected a list, got {type(steps).__name__}")
    return p.Program(tuple(_verb(step, f"[{index}]") for index, step in enumerate(steps)))


def _verb(step: Any, where: str) -> p.Verb:
    match step:
        case {"say": str(text)}:
            return p.Say(text, where=where)
        case {"pause": int(seconds)}:
            return p.Pause(seconds * SECOND, where=where)
        case {"gather": {"url": str(url), **more}}:
            prompts = (p.Say(more["say"], where=where),) if "say" in more else ()
            return p.Gather(hook(url, "gather"), prompts, max_digits=more.get("digits", 1), where=where)
        case {"redirect": str(url)}:
            return p.Fetch(hook(url, "redirect"), where=where)
        case {"dial": [*numbers]}:
            return p.Dial(tuple(p.Target(number) for number in numbers), where=where)
        case {"hangup": True}:
            return p.HangUp(where=where)
        case {"fly": _}:
            raise NotEmulated("fly", where)
    raise InvalidDocument(f"no such step: {step!r}", where)


def sign(request: Request, body: bytes, at: datetime, nonce: bytes) -> Sequence[tuple[str, str]]:
    return (("X-Acme", hmac.new(request.key.encode(), body, hashlib.sha256).hexdigest()),)


def refuse(error: Refused | NotEmulated) -> WireError:
    if isinstance(error, NotEmulated):
        return WireError(501, {"error": str(error)})
    return WireError(404 if error.reason in ("unknown_leg", "unknown_number") else 409, {"error": error.reason})


def arrive(view: CallView, from_: str, to: str) -> c.Arrive:
    record = view.records.get("number", to)
    if record is None:
        raise Refused("unknown_number", leg=to, command="Arrive", hint="it is none of this sandbox's numbers")
    memo = {"key": view.ids.hex("acme", "", 8), "hangup_url": record.get("hangup_url")}
    return c.Arrive("acme", from_, to, p.Program((p.Fetch(hook(record["answer_url"], "answer")),)), memo=memo)


def seed(ids: Ids, is_default: bool) -> Seed:
    key = "acme-default" if is_default else ids.hex("acme-key", "", 16)
    number = {"number": "+12025550000", "answer_url": "http://127.0.0.1:9/answer"}
    return Seed((key,), {"api_key": key, "numbers": ["+12025550000"]}, (("number", "+12025550000", number),))


def call_request(public: Mapping[str, Any], from_: str, to: str, urls: Mapping[str, str]) -> CallRequest:
    body = {"from": from_, "to": to, **{f"{name}_url": url for name, url in urls.items()}}
    return CallRequest("POST", "/calls", (("Authorization", f"Bearer {public['api_key']}"),), body)


vendor = Vendor(
    name="acme",
    title="Acme Telephone",
    routes=routes,
    callbacks=callbacks,
    read_program=read_program,
    sign=sign,
    refuse=refuse,
    name_leg=lambda ids, leg_id, at: ids.uuid("acme", leg_id),
    arrive=arrive,
    seed=seed,
    environ=lambda public, base_url: {"RINGBACK_ACME_URL": base_url, "RINGBACK_ACME_KEY": public["api_key"]},
    call_request=call_request,
    hosts=("api.acme.example",),
    settings=AcmeSettings,
    callbacks_named=("answer", "fallback", "hangup", "gather", "redirect", "status"),
    parts=(Part("calls", "inferred"),),
    not_emulated=("fly",),
)
