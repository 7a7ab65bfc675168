"""The judge of clients: right ones are left alone, and each planted mistake is found, cut down and told."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

import contracts
from contracts.document import load
from contracts.varying.client_runs import Broke, Client, OutOfContract, TookTooLong, smallest
from contracts.varying.interruption import Interrupted, Interruption
from contracts.varying.places import pages_of
from contracts.varying.variation import Variation, render_plan
from emulator.client.asynchronous import AsyncSandbox
from emulator.client.sandbox import Sandbox
from emulator.client.server import CannotStart, Server
from emulator.errors import UsageError
from tests.contracts import clients as c

KINDS = ("python", "text")
RIGHT = (c.Vobiz, c.Servetel, c.Tryvox, c.Jambonz)


def judged(kind: type[c.Client], server: Server, **how: Any) -> None:
    """Run a client of this kind under answers that vary."""

    @contracts.varied(kind.vendor, may_raise=c.ProviderError, **how)
    def place_calls(ringback: Sandbox) -> None:
        client = kind(ringback)
        try:
            client.work()
        finally:
            client.close()

    place_calls(ringback_server=server)


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_client_gives_no_finding_in_a_thousand_examples_of_them_all(
    kind: type[c.Client], ringback_server: Server
) -> None:
    judged(kind, ringback_server, examples=250)


MUTANTS = [
    (c.VobizKnownWords, "getCall", "new-member", "$.call_status", 'is "something-new"; it was "ringing"'),
    (c.VobizAnswered, "getCall", "null", "$.answer_time", "is null; it was"),
    (c.VobizAmountText, "getCall", "as-number", "$.total_amount", 'is 0.45; it was "0.45000"'),
    (c.VobizClosed, "getCall", "extra-key", "$.x_added_later", 'is there, "added later", which nobody announced'),
    (c.VobizFirstPage, "listRecords", "many-pages", "query.per_page", "a page of at most 1, where 20 were asked for"),
    (c.VobizErrorBody, "makeCall", "error", "", "503, and nothing was done"),
    (c.ServetelAgentName, "listRecords", "absent", "$.results[*].agent_name", "is left out; it was"),
    (c.ServetelFirstCall, "listLiveCalls", "empty", "$", "$ is empty; it was [{"),
    (c.ServetelNoErrors, "", "error", "", "and nothing was done"),
    (c.ServetelOneClock, "listLiveCalls", "clock-skew", "$", "a clock 300 s ahead: $[0].created_at is"),
    (c.ServetelAllUsers, "listUsers", "many-pages", "query.limit", "a page of at most 1, where 50 were asked for"),
    (c.TryvoxFullPages, "listCalls", "many-pages", "query.per_page", "a page of at most 1"),
    (c.TryvoxEnded, "listCalls", "null", "$.calls[*].end_time", "is null; it was"),
    (c.TryvoxOneShape, "hangUp", "error", "", "404, and nothing was done"),
    (c.TryvoxTwoWays, "getCall", "new-member", "$.direction", 'is "something-new"; it was "outbound"'),
    (c.TryvoxHurried, "", "error", "", "429, and nothing was done"),
    (c.JambonzTraced, "getCall", "absent", "$.trace_id", "is left out; it was"),
    (c.JambonzJsonErrors, "", "error", "", "401, and nothing was done"),
    (c.JambonzAnswered, "recentCalls", "", "$.data[*].answered_at", "it was"),
]


@pytest.mark.parametrize(
    ("kind", "operation", "change", "where", "text"), MUTANTS, ids=[each[0].__name__ for each in MUTANTS]
)
def test_a_planted_mistake_is_found_and_cut_down_to_one_variation(
    kind: type[c.Client], operation: str, change: str, where: str, text: str, ringback_server: Server
) -> None:
    with pytest.raises(Broke) as broke:
        judged(kind, ringback_server)
    [variation] = broke.value.plan["variations"]
    assert variation["operation"] == (operation or variation["operation"])
    assert variation["change"] == (change or variation["change"])
    assert variation.get("where", "") == where
    told = str(broke.value)
    first, _, what, why, _, asked, runs, again = told.splitlines()
    assert first.startswith(f"place_calls breaks when {kind.vendor} answers so: ")
    assert what.startswith(f"  {variation['operation']}, answer ") and text in what
    assert f"({kind.vendor} contract, line " in why
    assert asked.startswith("It had asked: ") and variation["operation"] in asked
    assert runs.startswith("Found in ") and int(runs.split()[2]) <= 100 + 10
    assert json.loads(again.partition("plan=")[2].removesuffix(")")) == broke.value.plan
    with pytest.raises(Broke):
        judged(kind, ringback_server, plan=broke.value.plan)


def test_a_client_that_never_ends_is_a_finding(ringback_server: Server) -> None:
    plan = {"variations": [{
        "operation": "getCall", "change": "new-member", "where": "$.call_status", "value": "something-new",
    }]}  # fmt: skip
    with pytest.raises(Broke, match=r"TookTooLong: it was not done after 0.5 s") as broke:
        judged(c.JambonzPatient, ringback_server, plan=plan, longest=0.5)
    assert isinstance(broke.value.__cause__, TookTooLong)


def test_the_line_that_is_told_is_where_the_contract_says_so(ringback_server: Server) -> None:
    with pytest.raises(Broke) as broke:
        judged(c.JambonzTraced, ringback_server, changes=["absent"])
    line = int(str(broke.value).partition("contract, line ")[2].partition(")")[0])
    assert load("jambonz")._text.splitlines()[line - 1].strip().startswith("trace_id:")


def test_a_client_that_breaks_anyway_says_so_itself(ringback_server: Server) -> None:
    with pytest.raises(ZeroDivisionError):
        contracts.varied("vobiz")(lambda ringback: 1 / 0)(ringback_server=ringback_server)


def test_an_error_of_the_clients_own_is_right_only_where_one_was_answered(ringback_server: Server) -> None:
    def touchy(ringback: Sandbox) -> None:
        client = c.Tryvox(ringback)
        try:
            if client.ask("GET", f"{client.base}/calls").get("x_added_later"):
                raise c.ProviderError("what is this?")
        finally:
            client.close()

    with pytest.raises(Broke, match="ProviderError: what is this"):
        contracts.varied("tryvox", may_raise=c.ProviderError)(touchy)(ringback_server=ringback_server)
    contracts.varied("tryvox", may_raise=c.ProviderError, changes=["error"])(touchy)(ringback_server=ringback_server)


def test_what_pytest_fails_is_a_failure_of_the_client_and_a_plan_that_breaks_nothing_passes(
    ringback_server: Server,
) -> None:
    def calls(ringback: Sandbox) -> None:
        with closing(c.Tryvox(ringback)) as client:
            if "x_added_later" in client.ask("GET", f"{client.base}/calls"):
                pytest.fail("what is this?")

    with pytest.raises(Broke, match="Failed: what is this") as broke:
        contracts.varied("tryvox", changes=["extra-key"])(calls)(ringback_server=ringback_server)
    assert broke.value.plan["variations"][0]["change"] == "extra-key"
    other = {"variations": [{"operation": "listCalls", "change": "empty", "where": "$.calls"}]}
    contracts.varied("tryvox", plan=other)(calls)(ringback_server=ringback_server)


def test_a_client_that_breaks_the_contract_of_a_strict_sandbox_is_a_finding(ringback_server: Server) -> None:
    def lists(ringback: Sandbox) -> None:
        with closing(c.Tryvox(ringback)) as client:
            calls = client.ask("GET", f"{client.base}/calls")["calls"]
            client.ask("GET", f"{client.base}/calls?per_page={len(calls) or 500}")

    with pytest.raises(OutOfContract, match=r"query.per_page: 500 is not a whole number from 1 to 100"):
        contracts.varied("tryvox", strict=True)(lists)(ringback_server=ringback_server)
    contracts.varied("tryvox", examples=3, may_raise=c.ProviderError)(lists)(ringback_server=ringback_server)


def test_a_request_that_breaks_the_contract_only_after_some_answer_is_told_with_that_answer(
    ringback_server: Server,
) -> None:
    def lists(ringback: Sandbox) -> None:
        with closing(c.Tryvox(ringback)) as client:
            is_known = "x_added_later" not in client.ask("GET", f"{client.base}/calls")
            client.ask("GET", f"{client.base}/calls?{'per_page' if is_known else 'perPage'}=5")

    with pytest.raises(Broke, match="OutOfContract: what was sent is not in the contract") as broke:
        contracts.varied("tryvox", strict=True, changes=["extra-key"])(lists)(ringback_server=ringback_server)
    assert "query.perPage: perPage is written per_page" in str(broke.value.__cause__)


@pytest.mark.parametrize(
    ("vendor", "how", "said"),
    [
        ("vobiz", {}, r"\(vobiz contract\); it asks tryvox GET /v1/voice/accounts/"),
        ("tryvox", {"operations": ["getCal"]}, r"by operations=\['getCal'\] \(tryvox contract\); it asks listCalls"),
    ],
)
def test_a_client_of_whose_answers_nothing_varies_is_told_so(
    vendor: str, how: dict[str, Any], said: str, ringback_server: Server
) -> None:
    def lists(ringback: Sandbox) -> None:
        with closing(c.Tryvox(ringback)) as client:
            client.ask("GET", f"{client.base}/calls")

    with pytest.raises(UsageError, match=said):
        contracts.varied(vendor, **how)(lists)(ringback_server=ringback_server)


def test_a_client_that_ends_its_sandbox_and_goes_on_is_a_finding(ringback_server: Server) -> None:
    def goes_on(ringback: Sandbox) -> None:
        ringback.delete()
        threading.Event().wait(0.5)

    with pytest.raises(TookTooLong, match=r"it was not done after 0.1 s"):
        contracts.varied("tryvox", longest=0.1)(goes_on)(ringback_server=ringback_server)


async def asks_for_ever(ringback: AsyncSandbox) -> None:
    while True:
        with suppress(Exception):
            await ringback.calls.all()
        await asyncio.sleep(0)


def tries_for_ever(ringback: Sandbox) -> None:
    while True:
        with suppress(Exception):
            raise ConnectionError


@pytest.mark.parametrize("client", [asks_for_ever, tries_for_ever])
def test_a_client_that_tries_again_for_ever_is_interrupted(
    client: Callable[[Any], Any], ringback_server: Server
) -> None:
    with pytest.raises(TookTooLong, match=r"it was not done after 0.2 s") as told:
        contracts.varied("tryvox", longest=0.2)(client)(ringback_server=ringback_server)
    assert isinstance(told.value.__cause__, Interrupted)


def test_what_is_over_is_not_interrupted() -> None:
    interruption = Interruption()
    interruption.over()
    interruption.send(after=0)
    interruption = Interruption()
    sender = threading.Thread(target=interruption.send, args=[0])
    with pytest.raises(Interrupted):  # it was on its way, and comes before the thread goes on to something else
        try:
            sender.start()
            sender.join()
        finally:
            interruption.over()
    interruption.send(after=0)
    interruption.over()


@pytest.mark.parametrize("how", [{}, {"plan": {"variations": []}}])
def test_a_function_that_asks_the_provider_nothing_is_no_client(how: dict[str, Any], ringback_server: Server) -> None:
    def forgets(ringback: Sandbox) -> None:
        assert ringback.tryvox.numbers

    with pytest.raises(UsageError, match=r"^varied: forgets asks the provider nothing in its sandbox, so no answer"):
        contracts.varied("tryvox", **how)(forgets)(ringback_server=ringback_server)


def test_a_client_that_breaks_a_strict_contract_whatever_is_answered_is_told_how_to_see_it_again(
    ringback_server: Server,
) -> None:
    def lists(ringback: Sandbox) -> None:
        with closing(c.Tryvox(ringback)) as client:
            client.ask("GET", f"{client.base}/calls?perPage=5")

    with pytest.raises(OutOfContract) as raised:
        contracts.varied("tryvox", strict=True)(lists)(ringback_server=ringback_server)
    text = str(raised.value)
    *_, asked, found, again = text.splitlines()
    assert (asked, found) == ("It had asked: listCalls 200.", "Found in 1 run. The same again:")
    assert again == "    @contracts.varied('tryvox', plan={\"variations\": []}, strict=True)"
    with pytest.raises(OutOfContract) as once_more:
        contracts.varied("tryvox", plan={"variations": []}, strict=True)(lists)(ringback_server=ringback_server)
    assert str(once_more.value) == text


def test_a_client_may_end_its_sandbox_itself(ringback_server: Server) -> None:
    contracts.varied("tryvox", examples=3)(lambda ringback: ringback.delete())(ringback_server=ringback_server)


def test_a_variation_of_one_answer_is_made_one_of_every_answer_if_that_breaks_it_too(ringback_server: Server) -> None:
    def calls(ringback: Sandbox) -> None:
        with closing(c.Tryvox(ringback)) as client:
            for _ in range(2):
                assert "x_added_later" not in client.ask("GET", f"{client.base}/calls")

    client = Client(calls, load("tryvox"), ringback_server, spec={}, may_raise=(), longest=10)
    extra = [Variation("listCalls", "extra-key", "$.x_added_later", "new", nth) for nth in (1, 2)]
    [left] = smallest(client, client.run([*extra, Variation("listCalls", "empty", "$.calls")])).variations
    assert left == Variation("listCalls", "extra-key", "$.x_added_later", "new")


def test_two_variations_are_told_if_it_takes_two(ringback_server: Server) -> None:
    def pedant(ringback: Sandbox) -> None:
        client = c.Tryvox(ringback)
        try:
            told = client.ask("GET", f"{client.base}/calls")
            numbers = client.ask("GET", f"/v1/account/{client.account.auth_id}/numbers")
            assert not ("x_added_later" in told and numbers["data"] == [])
        finally:
            client.close()

    with pytest.raises(Broke) as broke:
        contracts.varied("tryvox", changes=["extra-key", "empty"])(pedant)(ringback_server=ringback_server)
    assert [each["change"] for each in broke.value.plan["variations"]] == ["extra-key", "empty"]


def test_a_client_may_be_a_coroutine(ringback_server: Server) -> None:
    @contracts.varied("servetel", changes=["empty"])
    async def first_call(ringback: AsyncSandbox) -> None:
        assert isinstance(ringback, AsyncSandbox)
        with closing(c.ServetelFirstCall(ringback.sandbox)) as client:
            await asyncio.to_thread(client.work)

    with pytest.raises(Broke, match="listLiveCalls, answer 1"):
        first_call(ringback_server=ringback_server)


def test_the_sandbox_may_be_any_argument_and_the_others_stay(ringback_server: Server) -> None:
    def test_it(self: Any, there: Sandbox, tmp_path: Any) -> None:
        """What it says."""

    decorated: Callable[..., None] = contracts.varied("tryvox", examples=2)(test_it)
    assert list(inspect.signature(decorated).parameters) == ["self", "tmp_path", "ringback_server", "request"]
    assert (decorated.__name__, decorated.__doc__) == ("test_it", "What it says.")
    with pytest.raises(UsageError, match="takes no sandbox"):
        contracts.varied("tryvox")(lambda: None)
    with pytest.raises(UsageError, match="there is no contract with 'acme'"):
        contracts.varied("acme")
    with pytest.raises(UsageError, match="answers: expected"):
        contracts.varied("tryvox", plan={"variation": []})


def test_the_guides_report_is_what_is_told(ringback_server: Server) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "varied-answers.md").read_text(encoding="utf-8")
    source, shown = (re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0] for kind in KINDS)
    names: dict[str, Any] = {}
    exec(source, names)

    def test_a_call_is_placed_and_looked_at(ringback: Sandbox) -> None:
        client = names["Client"](ringback.tryvox)
        call = client.place("+919876543210")
        ringback.run()
        assert client.ask(f"/calls/{call}")["end_reason"].upper()

    with pytest.raises(Broke) as broke:
        contracts.varied("tryvox", may_raise=names["ProviderError"])(test_a_call_is_placed_and_looked_at)(
            ringback_server=ringback_server
        )
    number = re.compile(r"line \d+|in \d+ runs")
    assert number.sub("", str(broke.value)) == number.sub("", shown.rstrip())


# --- over the wire ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", RIGHT)
def test_equal_seeds_give_equal_journals_byte_for_byte(kind: type[c.Client], ringback_server: Server) -> None:
    def journal(seed: int) -> bytes:
        with ringback_server.sandbox(seed=seed, answers="varied", name=f"{kind.vendor}-varied") as ringback:
            with closing(kind(ringback)) as client, suppress(c.ProviderError):
                client.work()
            return ringback.journal_lines()

    told = {seed: journal(seed) for seed in range(8)}
    assert told == {seed: journal(seed) for seed in told}
    assert sum(b'"kind":"varied"' in lines for lines in told.values()) >= 6


PAGED = [
    (c.Vobiz, "listNumbers", "/numbers", {}, "items"),
    (c.Vobiz, "listRecords", "/cdr", {"per_page": 50}, "data"),
    (c.Servetel, "listUsers", "/v1/users", {}, "data"),
    (c.Servetel, "listRecords", "/v1/call/records", {"limit": 20, "page": 1}, "results"),
    (c.Tryvox, "listNumbers", "/v1/account/{auth_id}/numbers", {}, "data"),
    (c.Tryvox, "listCalls", "/calls", {"per_page": 20, "page": 2}, "calls"),
    (c.Jambonz, "recentCalls", "/RecentCalls", {"page": 1, "count": 25}, "data"),
    (c.Jambonz, "listNumbers", "/v1/PhoneNumbers", {"page": 1, "page_size": 20}, "data"),
]


@pytest.mark.parametrize(("kind", "operation", "path", "query", "items"), PAGED)
def test_a_short_page_is_the_providers_own(
    kind: type[c.Client], operation: str, path: str, query: dict[str, int], items: str, ringback_server: Server
) -> None:
    contract = load(kind.vendor)
    [place] = pages_of(contract, contract.operations[operation])
    with ringback_server.sandbox(seed=1, vendor=kind.vendor) as ringback, closing(kind(ringback)) as client:
        client.work()
        client.work()
        path = path.format(auth_id=getattr(client.account, "auth_id", ""))
        path = path if path.startswith("/v1") else f"{client.base}{path}"  # type: ignore[attr-defined]
        ringback.answers = render_plan([place.at(operation)])
        short = client.ask("GET", path, **query)
    assert len(short[items]) == 1
    assert contract.operations[operation].answers[200].content["application/json"].problems(short) == []


def test_a_server_whose_default_sandbox_varies_is_told_so_by_option_or_variable() -> None:
    with Server.start("--answers", "varied") as server:
        assert server.attach().answers == "varied"
    with pytest.raises(CannotStart, match="varied"):
        Server.start("--answers", "often")
