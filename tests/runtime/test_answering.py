"""Whoever judges requests and varies answers: asked at the right moment, and never where nobody asked for it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
import pytest

from emulator.cli.lines import line_of
from emulator.errors import NotEmulated, UsageError
from emulator.recorder.ladder import ladder
from emulator.runtime.answering import Answered, AnsweringSpec, Asked
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.replay import read_entries, rebuild
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Options
from tests.fakes.acme import vendor as acme
from tests.fakes.receiver import Receiver
from tests.runtime.conftest import Telco

WRONG = {"operation": "op", "field": "body.x", "rule": "unknown", "text": "no such field", "line": 7, "sent": '"1"',
         "right": "y", "standing": "documented"}  # fmt: skip


class Fake:
    """Answers `instead` where there is one; changes answers by `change`; finds something wrong with every POST."""

    def __init__(self, spec: AnsweringSpec) -> None:
        self.spec = spec
        self.asked: list[Asked] = []
        self.answered: list[Answered] = []
        self.instead: Answered | None = None
        self.change: Callable[[Answered], Answered] = lambda answered: answered

    def before(self, asked: Asked) -> Answered | None:
        self.asked.append(asked)
        return self.instead

    def after(self, asked: Asked, answered: Answered) -> tuple[Answered, Sequence[Mapping[str, Any]]]:
        self.answered.append(answered)
        return self.change(answered), [WRONG] if asked.method == "POST" else []


@asynccontextmanager
async def judged(receiver: Receiver) -> AsyncIterator[tuple[Telco, list[Fake]]]:
    made: list[Fake] = []

    def plug(spec: AnsweringSpec) -> Fake:
        made.append(Fake(spec))
        return made[-1]

    telco = Telco(Exchange(Options(), {"acme": acme}, plugs=[plug]), receiver)
    yield telco, made
    await telco.client.aclose()
    await telco.exchange.close()


def kinds(sandbox: Sandbox) -> list[str]:
    return [entry.kind for entry in sandbox.journal.entries() if entry.kind in ("request", "violation", "command")]


async def test_a_request_is_seen_whole_and_what_is_wrong_follows_it_in_the_journal(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(seed=1, strict=True)
        await telco.place(sandbox)
        [fake] = made
        assert fake.spec == AnsweringSpec("acme", 1, True, "plain")
        [asked] = fake.asked
        assert (asked.method, asked.path, asked.query) == ("POST", "/calls", "")
        assert json.loads(asked.body)["to"] == "+14155550000"
        assert dict(asked.headers)["content-type"] == "application/json"
        assert fake.answered[0].status == 201 and json.loads(fake.answered[0].body)["id"]
        assert kinds(sandbox)[-2:] == ["request", "violation"]
        [told] = sandbox.violations
        assert told == {"at": sandbox.clock.now(), "call": "c1", "vendor": "acme", "id": "v1", "method": "POST",
                        "path": "/calls", **WRONG}  # fmt: skip


async def test_a_sandbox_that_is_neither_strict_nor_varied_is_not_judged(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox()
        await telco.place(sandbox)
        assert made == [] and telco.exchange.answerers == {}
        telco.sandbox(name="other", strict=True)
        await telco.place(sandbox)
        assert made[0].asked == [] and not sandbox.violations


async def test_an_answer_given_instead_is_sent_and_nothing_is_done(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(answers="varied")
        made[0].instead = Answered(429, (("Retry-After", "1"), ("Content-Type", "text/plain")), b"later")
        response = await telco.client.post("/acme/calls", json={}, headers=telco.key(sandbox))
        assert (response.status_code, response.text, response.headers["retry-after"]) == (429, "later", "1")
        assert response.headers["content-length"] == "5"
        assert kinds(sandbox) == ["request", "violation"]


async def test_an_answer_can_be_changed_as_it_leaves(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(answers={"variations": []})
        made[0].change = lambda answered: Answered(202, (*answered.headers, ("X-More", "1")), b'{"id":"other"}')
        response = await telco.client.post("/acme/calls", json={"from": "+1"}, headers=telco.key(sandbox))
        assert (response.status_code, response.json(), response.headers["x-more"]) == (202, {"id": "other"}, "1")
        assert response.headers["content-length"] == str(len(response.content))
        [entry] = [entry for entry in sandbox.journal.entries() if entry.kind == "request"]
        assert entry.data["status"] == 202


async def test_what_a_fault_answers_is_judged_and_leaves_as_it_is(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(strict=True)
        sandbox.put_faults([{"fault": "status", "status": 503, "count": 1}])
        made[0].change = lambda answered: Answered(200, (), b"all is well")
        response = await telco.client.post("/acme/calls", json={}, headers=telco.key(sandbox))
        assert response.status_code == 503
        assert made[0].asked == [] and len(sandbox.violations) == 1


@pytest.mark.parametrize("kind", ["reset", "reply-lost"])
async def test_a_request_whose_connection_is_cut_is_judged_too(receiver: Receiver, kind: str) -> None:
    async with judged(receiver) as (telco, _):
        sandbox = telco.sandbox(strict=True)
        sandbox.put_faults([{"fault": kind, "count": 1}])
        with pytest.raises((httpx2.HTTPError, ConnectionResetError)):
            await telco.place(sandbox)
        assert [told["rule"] for told in sandbox.violations] == ["unknown"]


async def test_a_request_that_is_refused_before_anybody_knows_whose_it_is_belongs_to_whom_it_names(
    receiver: Receiver,
) -> None:
    async with judged(receiver) as (telco, _):
        sandbox = telco.sandbox(strict=True)
        telco.sandbox(name="other", strict=True)
        key = sandbox.public["acme"]["api_key"]
        basic = base64.b64encode(f"x:{key}".encode()).decode()
        for headers in ({"Authorization": f"Bearer {key}"}, {"Authorization": f"Basic {basic}"}, {"X-Key": key}):
            await telco.client.post("/acme/nowhere", headers=headers)
        await telco.client.post("/acme/nowhere", headers={"Authorization": "Bearer nobody", "X-Basic": "Basic ///"})
        assert [told["path"] for told in sandbox.violations] == ["/nowhere"] * 3
        assert not telco.exchange.sandboxes["other"].violations


async def test_a_request_that_names_nobody_belongs_to_the_only_judged_sandbox(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, _):
        telco.sandbox(name="default")
        sandbox = telco.sandbox(strict=True)
        assert (await telco.client.post("/acme/calls", json={})).status_code == 401
        assert [told["path"] for told in sandbox.violations] == ["/calls"]
        telco.sandbox(name="other", strict=True)
        await telco.client.post("/acme/calls", json={})
        assert len(sandbox.violations) == 1


async def test_violations_begin_anew_with_a_reset_and_a_replay_has_them_again(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(seed=1, strict=True)
        await telco.place(sandbox)
        again = rebuild(read_entries(sandbox.journal.lines()), {"acme": acme})
        assert list(again.violations) == list(sandbox.violations)
        assert b"".join(again.journal.lines()) == telco.journal(sandbox)
        fresh = await telco.exchange.reset(sandbox.id)
        assert not fresh.violations and len(made) == 2
        await telco.place(fresh)
        assert telco.journal(fresh) == telco.journal(sandbox)


async def test_a_request_that_did_not_come_whole_is_not_judged(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(strict=True)
        response = await telco.client.post("/acme/calls", content=b"x" * 2_000_000, headers=telco.key(sandbox))
        assert response.status_code == 413

        async def gone() -> dict[str, Any]:
            return parts.pop(0) if parts else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            """Nobody is there."""

        parts = [{"type": "http.request", "body": b'{"from":', "more_body": True}]
        headers = [(name.lower().encode(), text.encode()) for name, text in telco.key(sandbox).items()]
        scope = {
            "type": "http", "method": "POST", "path": "/acme/calls", "query_string": b"", "headers": headers,
            "http_version": "1.1",
        }  # fmt: skip
        with suppress(Exception):
            await build(telco.exchange)(scope, gone, send)
        assert not sandbox.violations and made[0].asked == made[0].answered == []


async def test_answers_set_for_a_sandbox_that_is_gone_leave_nothing_behind(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, _):
        telco.sandbox(name="other", strict=True)
        gone = telco.sandbox(name="gone")
        await telco.exchange.delete("gone")
        gone.put_answers("varied")
        assert list(telco.exchange.answerers) == ["other"]
        before = telco.sandbox(name="again")
        await telco.exchange.reset("again")
        before.put_answers("varied")
        assert list(telco.exchange.answerers) == ["other"]
        response = await telco.client.post("/acme/calls", json={}, headers={"X-Key": "nobody's"})
        assert response.status_code < 500


async def test_answers_can_be_set_later_and_a_replay_knows(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(seed=1)
        sandbox.put_answers("varied")
        assert made[0].spec.answers == "varied" and sandbox.answers == "varied"
        assert rebuild(read_entries(sandbox.journal.lines()), {"acme": acme}).answers == "varied"
        sandbox.put_answers("plain")
        assert telco.exchange.answerers == {}
        await telco.exchange.delete(sandbox.id)


@pytest.mark.parametrize("error", [ImportError("No module named 'jsonschema_rs'"), UsageError("strict: no such thing")])
async def test_a_judge_that_cannot_be_had_is_said_and_no_sandbox_is_made(error: Exception) -> None:
    def plug(spec: AnsweringSpec) -> None:
        raise error

    exchange = Exchange(Options(), {"acme": acme}, plugs=[plug])
    telco = Telco(exchange, Receiver())
    with pytest.raises(UsageError, match=r"ringback\[contracts\]" if isinstance(error, ImportError) else "no such"):
        telco.sandbox(strict=True)
    assert exchange.sandboxes == {} and exchange.answerers == {}
    await telco.client.aclose()


async def test_without_any_judge_a_strict_sandbox_is_refused() -> None:
    telco = Telco(Exchange(Options(), {"acme": acme}, plugs=[]), Receiver())
    with pytest.raises(UsageError, match=r"strict: nothing here judges .* pip install 'ringback\[contracts\]'"):
        telco.sandbox(strict=True)
    await telco.client.aclose()


async def test_what_is_not_emulated_leaves_as_it_is(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(strict=True)

        def not_there(asked: Asked) -> Answered | None:
            raise NotEmulated("flying")

        made[0].before = not_there  # type: ignore[method-assign]
        made[0].change = lambda answered: Answered(200, (), b"all is well")
        response = await telco.client.post("/acme/calls", json={}, headers=telco.key(sandbox))
        assert response.status_code == 501 and response.headers["x-ringback-not-emulated"] == "flying"


async def test_the_query_that_is_done_may_be_another_and_is_judged_as_it_came(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(strict=True)
        judged_queries: list[str] = []

        def at_once(asked: Asked) -> Asked:
            return Asked(asked.method, asked.path, "", asked.headers, asked.body)

        def after(asked: Asked, answered: Answered) -> tuple[Answered, list[Mapping[str, Any]]]:
            judged_queries.append(asked.query)
            return answered, []

        made[0].before, made[0].after = at_once, after  # type: ignore[assignment, method-assign]
        body = {"from": "+1", "to": "+14155550000", "answer_url": f"{telco.receiver.url}/answer"}
        response = await telco.client.post("/acme/calls?wait=answer", json=body, headers=telco.key(sandbox))
        assert response.status_code == 201, response.text
        assert judged_queries == ["wait=answer"]


async def test_what_was_varied_is_journalled_behind_its_request_and_a_replay_has_it_again(receiver: Receiver) -> None:
    async with judged(receiver) as (telco, made):
        sandbox = telco.sandbox(seed=1, answers="varied")
        told = {"operation": "op", "nth": 1, "status": 200, "changes": [{"text": "it was another"}]}
        made[0].after = lambda asked, answered: (answered, [told])  # type: ignore[method-assign]
        await telco.place(sandbox)
        *_, request, varied = list(sandbox.journal.entries())
        assert (request.kind, varied.kind, varied.call) == ("request", "varied", "c1")
        assert varied.data == {"method": "POST", "path": "/calls", **told}
        assert list(sandbox.violations) == []
        assert "op varied: it was another" in ladder(sandbox.journal.entries())
        line = line_of(sandbox, varied)
        assert line is not None and line[0].endswith(" c1    POST /acme/calls -> varied: it was another")
        again = rebuild(read_entries(sandbox.journal.lines()), {"acme": acme})
        assert b"".join(again.journal.lines()) == telco.journal(sandbox)
