"""Stories: every planted bug is found, told short, and played again; a right application is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st

import contracts
from contracts.storytelling.drawing import KINDS, stories
from contracts.storytelling.rules import rules_of
from contracts.storytelling.running import Theatre
from contracts.storytelling.shortening import shorter, weight
from contracts.storytelling.staying import may_be_dropped
from contracts.storytelling.story import Story, StoryCall, leaves
from emulator.client.playing import play
from emulator.client.server import Server
from emulator.errors import UsageError
from emulator.pytest_plugin.applications import Applications
from emulator.pytest_plugin.stage import Stage
from emulator.runtime.vendors import load_vendors
from emulator.scenario_files.loading import load, read
from emulator.scenarios.far_end import FarEnd, Press, Reaction, Say
from emulator.scenarios.faults import Fault
from tests.contracts import shops

SECOND = timedelta(seconds=1)
VENDORS = ("vobiz", "tryvox", "jambonz", "servetel")
CALLEE = "+919876543210"
PRESSES = FarEnd(reactions=(Reaction(Press("1"), on_prompt=True, times=1),))
FOUND: dict[str, Story] = {}
"""What Hypothesis takes a second to find, by what was asked for."""
RETRIED: dict[str, dict[str, Any]] = {shop.vendor: dict(shop.options) for shop in shops.RIGHT}


@pytest.fixture(scope="module")
def theatre(ringback_server: Server) -> Iterator[Theatre]:
    with Theatre(ringback_server) as made:
        yield made


def simplest(vendor: str, *faults: Fault, far_end: FarEnd | None = None, **more: Any) -> Story:
    person = far_end or rules_of(vendor).usual
    told = {**RETRIED[vendor], **more}
    if (key := repr((vendor, told))) not in FOUND:
        FOUND[key] = find(stories(vendor, **told), lambda story: True)
    story = FOUND[key]
    return Story(
        vendor, (StoryCall(CALLEE, person),), faults, story.begins, story.urls, story.settings, story.asks
    )  # fmt: skip


# --- applications ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("begins", ["outbound", "inbound"])
@pytest.mark.parametrize("shop", shops.RIGHT, ids=lambda shop: shop.vendor)
def test_a_right_application_is_left_alone_in_a_thousand_stories_of_each_provider(
    shop: type[shops.Shop], begins: str, seed: int, ringback_server: Server, tmp_path: Path
) -> None:
    @contracts.told(
        shop.vendor, app=shop, watch=shops.look, examples=125, seed=seed, save_to=tmp_path, begins=begins,
        **shop.options,
    )  # fmt: skip
    def shop_is_right(app: Any, history: Any, ringback: Any) -> None:
        shops.holds(app, history, ringback)

    shop_is_right(ringback_server=ringback_server)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mutant", shops.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found_and_told_short(mutant: shops.Mutant, ringback_server: Server, tmp_path: Path) -> None:
    @contracts.told(
        mutant.shop.vendor, app=mutant.app, watch=shops.look, examples=200, save_to=tmp_path, **mutant.drawn
    )
    def shop_is_right(app: Any, history: Any, ringback: Any) -> None:
        shops.holds(app, history, ringback)

    with pytest.raises(contracts.StoryFailed) as failed:
        shop_is_right(ringback_server=ringback_server)
    report, story = str(failed.value), failed.value.story
    assert story.size <= mutant.most, report
    for text in mutant.says:
        assert text in report, report
    file = tmp_path / "shop_is_right.scenario.yaml"
    assert report.startswith("shop_is_right does not hold: story ")
    assert story.text().splitlines()[0] in report
    assert "│" in report, "the ladder is there"
    assert f"ringback scenario play {file} --app" in report
    assert load(file) == story.scenario("shop_is_right")


@pytest.mark.parametrize("bug", [shops.OrdersOncePerNumber, shops.KnowsOneCall])
def test_who_takes_two_calls_for_one_is_found_with_nearly_every_seed(bug: type[shops.Shop], theatre: Theatre) -> None:
    app = type("Bug", (bug, shops.Vobiz), {})

    def is_found(drawn_by: int) -> bool:
        wrong: list[Story] = []

        @seed(drawn_by)
        @settings(max_examples=100, database=None, deadline=None, phases=[Phase.generate])
        @given(stories("vobiz"))
        def look(story: Story) -> None:
            if not wrong:
                with theatre.tell(story, app) as told:
                    try:
                        shops.holds(told.app, [], told.sandbox)
                    except AssertionError:
                        wrong.append(story)

        look()
        return bool(wrong)

    found = [drawn_by for drawn_by in range(1, 11) if is_found(drawn_by)]
    assert found[0] == 1
    assert len(found) >= 9


def test_many_stories_hold_two_calls_that_are_easily_mixed_up() -> None:
    drawn = [story for story in many("vobiz", 100) if len(story.calls) > 1]
    alike = [story for story in drawn if story.calls[0].far_end == story.calls[1].far_end]
    assert len(drawn) >= 50
    assert sum(story.calls[0].number == story.calls[1].number for story in alike) >= 10
    assert sum(story.calls[1].at == 1 for story in alike) >= 10


def sent(journal: bytes) -> list[Any]:
    """Every webhook and what came of it, in order."""
    return [
        {key: item for key, item in entry.items() if key not in ("seq", "sandbox")}
        for entry in map(json.loads, journal.splitlines())
        if entry["kind"] in ("sent", "struck", "outcome", "request", "event")
    ]


@pytest.mark.parametrize("mutant", shops.MUTANTS[::4], ids=lambda mutant: mutant.name)
def test_playing_the_file_delivers_the_same_in_the_same_order(
    mutant: shops.Mutant, ringback_server: Server, tmp_path: Path
) -> None:
    journals: list[bytes] = []
    urls: list[str] = []

    @contracts.told(
        mutant.shop.vendor, app=mutant.app, watch=shops.look, examples=200, save_to=tmp_path, **mutant.drawn
    )
    def shop_is_right(app: Any, history: Any, ringback: Any, told: Any) -> None:
        try:
            shops.holds(app, history, ringback)
            told.check()
        except AssertionError:
            journals.append(ringback.journal_lines())
            urls.append(told.url)
            raise

    with pytest.raises(contracts.StoryFailed) as failed:
        shop_is_right(ringback_server=ringback_server)
    with Applications() as applications:
        url = Stage(applications).put(mutant.app())
        played = play(load(failed.value.path), ringback_server, [url])
    again = played.journal.replace(url.encode(), urls[0].encode())
    assert any(sent(again) == sent(journal) for journal in journals)
    assert sent(again)


def test_a_call_that_a_function_places_is_saved_with_what_it_asked(ringback_server: Server, tmp_path: Path) -> None:
    def remind(number: str, account: Any, url: str) -> None:
        urls = {name: f"{url}/{name}" for name in ("answer", "hangup")}
        told = load_vendors()["vobiz"].call_request(account, "", number, urls)
        headers = {**dict(told.headers), "Content-Type": "application/json"}
        body = json.dumps({**told.json, "from": account.numbers[0]}).encode()
        urlopen(Request(account.base_url + told.path, body, headers)).close()

    @contracts.told(
        "vobiz", app=type("Bug", (shops.ClosesEachTime, shops.Vobiz), {}), place=remind, save_to=tmp_path,
        callbacks=["hangup"], kinds=["twice"],
    )  # fmt: skip
    def closed_once(app: Any) -> None:
        assert set(app.closed.values()) <= {1}

    with pytest.raises(contracts.StoryFailed) as failed:
        closed_once(ringback_server=ringback_server)
    [request] = load(failed.value.path)["play"]["requests"]
    assert request["api"]["path"] == "/api/v1/Account/{auth_id}/Call/"
    assert request["api"]["json"]["hangup_url"] == "{app}/hangup"
    with Applications() as applications:
        app = type("Bug", (shops.ClosesEachTime, shops.Vobiz), {})()
        played = play(load(failed.value.path), ringback_server, [applications.serve(app)])
    assert played.is_good
    assert list(app.closed.values()) == [2]


ASKS = {"path": "/orders", "json": {"order": "{to}"}}


class Forgetful(shops.Vobiz):
    """Takes orders, and calls nobody."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/orders":
            return super().__call__(environ, start_response)
        told = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        self.ordered(told, f"http://{environ['HTTP_HOST']}")
        start_response("202 Accepted", [("Content-Length", "0")])
        return [b""]

    def ordered(self, told: dict[str, Any], base: str) -> None:
        """Nothing comes of it."""


def call(account: Any, number: str, base: str) -> None:
    urls = {name: f"{base}/{name}" for name in ("answer", "ring", "hangup")}
    told = load_vendors()["vobiz"].call_request(account, "+912255245430", number, urls)
    headers = {**dict(told.headers), "Content-Type": "application/json"}
    urlopen(Request(account["base_url"] + told.path, json.dumps(told.json).encode(), headers)).close()


class Caller(Forgetful):
    """Calls whom it is told to, with the account that it was made with."""

    def __init__(self, account: Any) -> None:
        super().__init__()
        self.account = account

    def ordered(self, told: dict[str, Any], base: str) -> None:
        call(self.account, told["order"], base)


class Informed(Forgetful):
    """Calls with the account that the request brings."""

    def ordered(self, told: dict[str, Any], base: str) -> None:
        call(told["with"], told["order"], base)


def test_an_application_that_is_asked_calls_with_the_account_it_was_made_with(theatre: Theatre) -> None:
    story = find(stories("vobiz", asks=ASKS), lambda story: len(story.calls) == 2)
    assert story.begins == "asked"
    with theatre.tell(story, Caller) as told:
        assert told.app.account is told.sandbox.vobiz
        assert [call.to for call in told.calls] == [call.number for call in story.calls]
        told.check()
        shops.holds(told.app, [], told.sandbox)


def test_a_bug_is_found_in_calls_that_the_application_begins(ringback_server: Server, tmp_path: Path) -> None:
    def judged(app: Any) -> None:
        @contracts.told("vobiz", app=app, watch=shops.look, asks=ASKS, save_to=tmp_path, examples=60)
        def shop_is_right(app: Any, history: Any, ringback: Any) -> None:
            shops.holds(app, history, ringback)

        shop_is_right(ringback_server=ringback_server)

    judged(Caller)
    with pytest.raises(contracts.StoryFailed, match=r"The first hangup webhook .*") as failed:
        judged(type("Bug", (shops.ClosesEachTime, Caller), {}))
    assert "It is asked POST /orders there, and knows the account only if `asks` says it" in str(failed.value)
    assert failed.value.story.size == 2


def test_a_story_that_brings_the_account_plays_against_an_application_that_runs_apart(
    ringback_server: Server, tmp_path: Path
) -> None:
    account = {name: f"{{{name}}}" for name in ("base_url", "auth_id", "auth_token")}

    @contracts.told(
        "vobiz", app=type("Bug", (shops.ClosesEachTime, Informed), {}), kinds=["twice"], callbacks=["hangup"],
        asks={"path": "/orders", "json": {"order": "{to}", "with": account}}, save_to=tmp_path,
    )  # fmt: skip
    def closed_once(app: Any) -> None:
        assert set(app.closed.values()) <= {1}

    with pytest.raises(contracts.StoryFailed) as failed:
        closed_once(ringback_server=ringback_server)
    app = type("Bug", (shops.ClosesEachTime, Informed), {})()
    with Applications() as applications:
        assert play(load(failed.value.path), ringback_server, [applications.serve(app)]).is_good
    assert list(app.closed.values()) == [2]


@pytest.mark.parametrize(
    ("how", "lines"),
    [
        ({"app": Forgetful, "asks": ASKS}, [
            "Your application was asked POST /orders, and answered 202.", "The provider was asked nothing with the",
        ]),
        ({"app": shops.Vobiz, "asks": ASKS, "allow_failed": True}, [
            "Your application was asked POST /orders, and answered 500: KeyError: ", "The provider was asked nothing",
        ]),
        ({"app": shops.Vobiz, "place": lambda number, account, url: None}, ["`place` asked the provider nothing"]),
        ({"app": shops.Vobiz, "urls": {"ring": "/ring"}, "allow_failed": True}, [
            "The provider was asked POST /api/v1/Account/", ", and answered 400.",
        ]),
    ],
)  # fmt: skip
def test_stories_of_which_none_has_a_call_are_no_success(
    how: dict[str, Any], lines: list[str], ringback_server: Server, tmp_path: Path
) -> None:
    def test_it() -> None:
        """Whatever happens."""

    with pytest.raises(UsageError) as raised:
        contracts.told("vobiz", **how, save_to=tmp_path, examples=3)(test_it)(ringback_server=ringback_server)
    text = str(raised.value)
    assert text.startswith("told: test_it was told 3 stories, and there was no call in any of them.\n")
    for line in lines:
        assert line in text, text


def test_a_story_without_a_call_says_what_was_done_to_begin_one(theatre: Theatre) -> None:
    with theatre.tell(simplest("vobiz", asks=ASKS), Forgetful) as told:
        assert told.calls == []
        first, second, *_ = told.ladder().splitlines()
    assert (first, second) == ("There was no call.", "Your application was asked POST /orders, and answered 202.")


def test_an_argument_with_a_default_is_not_the_account(theatre: Theatre) -> None:
    def make(settings: Any = None, *more: Any) -> Any:
        assert (settings, more) == (None, ())
        return shops.Vobiz()

    with theatre.tell(simplest("vobiz"), make) as told:
        told.check()


def test_the_same_story_has_the_same_journal(theatre: Theatre) -> None:
    strategy = stories("vobiz")

    @settings(max_examples=15, database=None, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(strategy)
    def same(story: Story) -> None:
        seen = []
        for _ in range(2):
            with theatre.tell(story, shops.Vobiz) as told:
                seen.append(told.sandbox.journal_lines().replace(told.sandbox.id.encode(), b"it"))
        assert seen[0] == seen[1]

    same()


# --- the test that holds for every story -----------------------------------------------------------------------


def test_a_webhook_answered_badly_fails_a_story_unless_that_is_allowed(ringback_server: Server, tmp_path: Path) -> None:
    def broken() -> Any:
        def app(environ: Any, start_response: Any) -> list[bytes]:
            raise KeyError("nothing here")

        return app

    def test_it() -> None:
        """Whatever happens."""

    with pytest.raises(contracts.StoryFailed) as failed:
        contracts.told("vobiz", app=broken, save_to=tmp_path)(test_it)(ringback_server=ringback_server)
    assert "The application raised KeyError: 'nothing here', at test_stories.py:" in str(failed.value)
    assert "not every webhook was answered well" in str(failed.value)
    contracts.told("vobiz", app=broken, save_to=tmp_path, allow_failed=True, examples=3)(test_it)(
        ringback_server=ringback_server
    )


def test_an_application_that_remembers_the_one_before_is_said_to(ringback_server: Server, tmp_path: Path) -> None:
    told_to: list[str] = []

    @contracts.told("vobiz", app=shops.Vobiz, save_to=tmp_path)
    def holds_but_once(app: Any) -> None:
        told_to.append("once more")
        assert len(told_to) != 2

    with pytest.raises(contracts.StoryFailed, match="something of the application outlives"):
        holds_but_once(ringback_server=ringback_server)


def test_what_pytest_fails_is_a_story_that_does_not_hold(ringback_server: Server, tmp_path: Path) -> None:
    @contracts.told("vobiz", app=shops.Vobiz, save_to=tmp_path, examples=3)
    def holds(app: Any) -> None:
        with pytest.raises(KeyError):
            app.states.get("nobody")

    with pytest.raises(contracts.StoryFailed, match="AssertionError: DID NOT RAISE") as failed:
        holds(ringback_server=ringback_server)
    assert failed.value.path.exists()


def test_a_watcher_that_raises_is_told_of_and_the_application_is_not_blamed(
    ringback_server: Server, tmp_path: Path
) -> None:
    @contracts.told("vobiz", app=shops.Vobiz, save_to=tmp_path, examples=3, watch=lambda shop: shop.nothing_such)
    def holds(history: list[Any]) -> None:
        """Whatever happens."""

    with pytest.raises(contracts.StoryFailed, match=r"AttributeError: .* has no attribute 'nothing_such'") as failed:
        holds(ringback_server=ringback_server)
    assert "✗" not in str(failed.value)
    assert "The application raised" not in str(failed.value)


def test_an_application_that_raises_fails_a_story_though_it_answers_when_asked_again(
    ringback_server: Server, tmp_path: Path
) -> None:
    class Stumbling(shops.Vobiz):
        def __init__(self) -> None:
            super().__init__()
            self.stumbled = False

        def __call__(self, environ: Any, start_response: Any) -> Any:
            if not self.stumbled and environ["PATH_INFO"] == "/hangup":
                self.stumbled = True
                raise KeyError("not yet")
            return super().__call__(environ, start_response)

    def test_it() -> None:
        """Whatever happens."""

    how: dict[str, Any] = {"app": Stumbling, "save_to": tmp_path, "examples": 3, "faults": 0}
    with pytest.raises(contracts.StoryFailed, match=r"answered well when it was asked again:\n *KeyError: 'not yet'"):
        contracts.told("vobiz", **how)(test_it)(ringback_server=ringback_server)
    contracts.told("vobiz", **how, allow_failed=True)(test_it)(ringback_server=ringback_server)


def test_what_an_application_raises_again_and_again_is_said_once(ringback_server: Server, tmp_path: Path) -> None:
    def broken() -> Any:
        def app(environ: Any, start_response: Any) -> list[bytes]:
            raise KeyError("nothing here")

        return app

    with pytest.raises(contracts.StoryFailed) as failed:
        contracts.told("vobiz", app=broken, save_to=tmp_path, examples=3)(lambda: None)(ringback_server=ringback_server)
    assert str(failed.value).count("The application raised") == 1


def test_a_request_that_breaks_the_contract_fails_a_strict_story_alone(ringback_server: Server, tmp_path: Path) -> None:
    def place(number: str, account: Any, url: str) -> None:
        told = {
            "from": account["numbers"][0],
            "to": number,
            "answer_url": f"{url}/answer",
            "hangupUrl": f"{url}/hangup",
        }
        headers = {
            "X-Auth-ID": account["auth_id"], "X-Auth-Token": account["auth_token"], "Content-Type": "application/json",
        }  # fmt: skip
        with urlopen(Request(
            f"{account['base_url']}/api/v1/Account/{account['auth_id']}/Call/", json.dumps(told).encode(), headers
        )):  # fmt: skip
            """It is placed all the same."""

    def test_it() -> None:
        """Whatever happens."""

    how: dict[str, Any] = {"app": shops.Vobiz, "place": place, "save_to": tmp_path, "examples": 3}
    contracts.told("vobiz", **how)(test_it)(ringback_server=ringback_server)
    with pytest.raises(contracts.StoryFailed, match=r"body\.hangupUrl: hangupUrl is written hangup_url"):
        contracts.told("vobiz", **how, strict=True)(test_it)(ringback_server=ringback_server)


@pytest.mark.parametrize("begins", ["outbound", "inbound"])
@pytest.mark.parametrize("shop", shops.RIGHT, ids=lambda shop: shop.vendor)
def test_what_begins_a_story_is_in_the_contract(
    shop: type[shops.Shop], begins: Any, ringback_server: Server, tmp_path: Path
) -> None:
    def test_it() -> None:
        """Whatever happens."""

    contracts.told(
        shop.vendor, app=shop, begins=begins, strict=True, save_to=tmp_path, examples=5, **shop.options
    )(test_it)(ringback_server=ringback_server)  # fmt: skip


def test_a_client_that_cannot_place_its_call_is_told_of(ringback_server: Server, tmp_path: Path) -> None:
    def place(number: str, account: Any, url: str) -> None:
        raise ValueError(f"{account['auth_id'][:3]} cannot call {number}")

    @contracts.told("vobiz", app=shops.Vobiz, place=place, save_to=tmp_path)
    def holds(app: Any) -> None:
        """Whatever happens."""

    with pytest.raises(contracts.StoryFailed, match=r"ValueError: MA_ cannot call \+919876543210"):
        holds(ringback_server=ringback_server)
    story = find(stories("vobiz", begins="placed"), lambda story: True)
    with pytest.raises(ValueError, match="cannot call"):
        with contracts.tell(story, shops.Vobiz, place=place, server=ringback_server):
            raise AssertionError


def test_an_asgi_application_is_told_stories_without_a_server_of_ones_own() -> None:
    def make() -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            assert scope["type"] == "http"
            seen.append(scope["path"])
            headers = [(b"content-type", b"application/xml")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"<Response/>"})

        seen: list[str] = []
        app.seen = seen  # type: ignore[attr-defined]
        return app

    with contracts.tell(simplest("vobiz"), make, watch=lambda app: app.seen) as told:
        told.check()
        assert told.app.seen == ["/ring", "/answer", "/hangup"]
        assert told.history == [["/ring"], ["/ring", "/answer"], ["/ring", "/answer", "/hangup"]]


def test_the_seed_of_the_session_draws_other_stories(ringback_server: Server, tmp_path: Path) -> None:
    def drawn(seed: int) -> list[str]:
        seen: list[str] = []

        @contracts.told("vobiz", app=shops.Vobiz, save_to=tmp_path, seed=seed, examples=10)
        def looks(story: Story) -> None:
            seen.append(story.text())

        looks(ringback_server=ringback_server)
        return seen

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: contracts.told("acme", app=shops.Vobiz), "vendor: expected one of"),
        (lambda: contracts.told("vobiz", app=shops.Vobiz, begins="placed"), "place: missing"),
        (lambda: contracts.told("vobiz", app=None), "app: expected a function that makes the application, got None"),
        (lambda: contracts.told("vobiz", app=shops.Vobiz()), "needs environ and start_response; if that is the app"),
        (lambda: stories("vobiz", begins="asked"), "asks: missing"),
        (lambda: stories("vobiz", calls=0), "calls: expected at least 1, got 0"),
        (lambda: stories("vobiz", begins="sideways"), "begins: expected outbound or inbound"),  # type: ignore[arg-type]
        (lambda: stories("vobiz", kinds=["late"]), "kinds: expected duplicated or"),  # type: ignore[list-item]
        (lambda: stories("vobiz", callbacks=["status"]), "callbacks: expected hangup or ring"),
    ],
)
def test_what_is_asked_for_wrongly_is_said(made: Any, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        made()


def test_what_makes_no_application_is_said(ringback_server: Server, tmp_path: Path) -> None:
    def fails(account: Any) -> Any:
        raise RuntimeError(f"no settings for {account.auth_id[:3]}")

    def test_it() -> None:
        """Whatever happens."""

    with pytest.raises(UsageError, match=r"^app: expected a function that makes an ASGI or WSGI .*, got None of it$"):
        contracts.told("vobiz", app=lambda: None, save_to=tmp_path)(test_it)(ringback_server=ringback_server)
    with pytest.raises(RuntimeError, match=r"^no settings for MA_$") as raised:
        contracts.told("vobiz", app=fails, save_to=tmp_path)(test_it)(ringback_server=ringback_server)
    assert [entry.name for entry in raised.traceback][-1] == "fails"
    assert "any_story" not in [entry.name for entry in raised.traceback]
    assert not hasattr(raised.value, "__notes__") or raised.value.__notes__ == []


def test_a_coroutine_is_no_test_for_stories() -> None:
    async def test_it(app: Any) -> None:
        """It would have to be awaited."""

    with pytest.raises(UsageError, match="test_it: expected a plain function"):
        contracts.told("vobiz", app=shops.Vobiz)(test_it)  # type: ignore[arg-type]


def test_pytest_runs_it_with_fixtures_and_shows_the_report(pytester: pytest.Pytester) -> None:
    pytester.makeini(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
        "addopts = -p no:cov -p no:schemathesis -p no:hypothesispytest -p no:anyio\n"
    )
    pytester.makepyfile(
        test_it="""
        import contracts, pytest

        def make():
            def app(environ, start_response):
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                app.hangups += environ["PATH_INFO"] == "/hangup"
                start_response("200 OK", [("Content-Type", "application/xml")])
                return [b"<Response/>"]
            app.hangups = 0
            return app

        @pytest.mark.parametrize("most", [1, 9])
        @contracts.told("vobiz", app=make, calls=1)
        def test_a_call_ends_once(app, most, tmp_path, ringback):
            assert tmp_path.exists()
            assert len(ringback.calls) == 1
            assert app.hangups <= most
        """
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    assert "> " in text and "assert app.hangups <= most" in text
    assert "any_story" not in text
    assert "The first hangup webhook " in text
    file = pytester.path / ".ringback" / "test_a_call_ends_once-1.scenario.yaml"
    assert "ringback scenario play .ringback/test_a_call_ends_once-1.scenario.yaml --app" in text
    head = file.read_text("utf-8").splitlines()
    assert head[0] == "# test_a_call_ends_once-1 does not hold: AssertionError: assert 2 <= 1"
    assert load(file)["faults"][0]["callback"] == "hangup"


# --- what is drawn ---------------------------------------------------------------------------------------------


def many(vendor: str, count: int = 60, **options: Any) -> list[Story]:
    drawn: list[Story] = []

    @settings(
        max_examples=count, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(stories(vendor, **options))
    def draw(story: Story) -> None:
        drawn.append(story)

    draw()
    return drawn


@pytest.mark.parametrize("begins", ["outbound", "inbound", "asked", "placed"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_the_simplest_is_one_call_answered_of_which_nothing_goes_wrong(vendor: str, begins: str) -> None:
    asks = {"path": "/orders", "json": {"to": "{to}"}} if begins == "asked" else None
    story = find(stories(vendor, begins=begins, asks=asks), lambda story: True)  # type: ignore[arg-type]
    assert (len(story.calls), story.faults) == (1, ())
    assert story.calls[0] == StoryCall(CALLEE, rules_of(vendor).usual)


@pytest.mark.parametrize("begins", ["outbound", "inbound", "asked"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_story_is_a_scenario_file(vendor: str, begins: str, tmp_path: Path) -> None:
    from contracts.storytelling.running import save

    asks = {"path": "/orders", "json": {"to": "{to}"}} if begins == "asked" else None
    for story in many(vendor, 40, begins=begins, asks=asks, says=["yes"], **RETRIED[vendor]):
        save(story, tmp_path / "it.scenario.yaml", "it", ["what it is"])
        assert read((tmp_path / "it.scenario.yaml").read_bytes(), "it") == story.scenario("it")
        assert story.text().count("\n") == len(story.calls) + len(story.faults) - 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_nothing_is_lost_more_often_than_it_is_tried_again(vendor: str) -> None:
    rules = rules_of(vendor)
    plain = {fault.fault for story in many(vendor, 100) for fault in story.faults}
    assert bool(plain & {"lost", "answer-lost"}) is (vendor == "vobiz")
    for story in many(vendor, 100, faults=6, kinds=["lost", "answer-lost"], **RETRIED[vendor]):
        for fault in story.faults:
            same = [each for each in story.faults if (each.callback, each.number) == (fault.callback, fault.number)]
            urls = RETRIED[vendor].get("urls", {})
            assert len(same) <= rules.retries(fault.callback, "timeout", story.settings, urls)


@pytest.mark.parametrize("kind", ["lost", "answer-lost"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_provider_tries_again_as_often_as_its_rules_say(vendor: str, kind: Any, theatre: Theatre) -> None:
    shop = {each.vendor: each for each in shops.RIGHT}[vendor]
    rules = rules_of(vendor)
    failure = {"lost": "timeout", "answer-lost": "connection"}[kind]
    for callback in (*rules.notifications, *rules.documents):
        person = FarEnd(outcome="busy") if callback == "missed" else None if vendor == "servetel" else PRESSES
        story = simplest(vendor, Fault(kind, callback=callback), far_end=person)
        retries = rules.retries(callback, failure, story.settings, story.urls)
        with theatre.tell(story, shop) as told:
            first = next(each for each in told.deliveries if each["callback"] == callback)
            assert len(first["attempts"]) == retries + 1, callback
        if retries:
            story = simplest(vendor, Fault(kind, callback=callback, count=retries), far_end=person)
            with theatre.tell(story, shop) as told:
                told.check()
                shops.holds(told.app, [], told.sandbox)


@pytest.mark.parametrize("begins", ["outbound", "inbound"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_nobody_hangs_up_before_a_webhook_could_arrive_unless_it_may_be_lost(vendor: str, begins: Any) -> None:
    rules = rules_of(vendor)
    drawn = many(vendor, 200, begins=begins, **RETRIED[vendor])
    assert any(leaves(call.far_end) for story in drawn for call in story.calls)
    for story in drawn:
        for each in (story, *shorter(story)):
            assert not may_be_dropped(each.calls, each.faults, rules)
    losing = many(vendor, 200, begins=begins, may_lose=True, **RETRIED[vendor])
    assert any(may_be_dropped(story.calls, story.faults, rules) for story in losing) is (vendor != "servetel")


def test_a_webhook_that_never_comes_because_the_call_is_over_is_told_and_not_good(theatre: Theatre) -> None:
    hasty = FarEnd(reactions=PRESSES.reactions, hangs_up_after=2 * SECOND)
    late = Fault("delayed", callback="gather", count=1, span=SECOND)
    story = simplest("vobiz", late, far_end=hasty, begins="inbound")
    assert story.text().endswith("The first gather webhook comes 1 s late, unless the call is over by then.")
    with theatre.tell(story, shops.Vobiz) as told:
        told.check()
        assert told.app.confirmed == {}
        assert "/choice: it never arrived; then nobody waited for its answer any more" in told.ladder()
    with Applications() as applications:
        played = play(story.scenario(), theatre.server, [applications.serve(shops.Vobiz())])
    assert [outcome.unanswered for outcome in played.outcomes] == [("gather",)]
    assert not played.is_good


def test_documents_are_asked_for_again_only_if_they_failed() -> None:
    drawn = {fault.fault for story in many("vobiz", callbacks=["answer", "gather"]) for fault in story.faults}
    assert drawn == {"answer-lost", "lost", "delayed"}


def test_webhooks_may_be_lost_for_good_if_that_is_wanted() -> None:
    drawn = {fault.fault for story in many("tryvox", 200, may_lose=True) for fault in story.faults}
    assert drawn == set(KINDS)


def test_what_may_go_wrong_can_be_narrowed_to_nothing() -> None:
    assert {story.faults for story in many("tryvox", kinds=["lost"])} == {()}
    assert {story.faults for story in many("vobiz", faults=0)} == {()}
    assert {len(story.calls) for story in many("vobiz", calls=1)} == {1}


# --- in words, and shorter -------------------------------------------------------------------------------------


def test_a_story_is_told_in_words() -> None:
    person = FarEnd(
        rings_for=3 * SECOND, hangs_up_after=9 * SECOND,
        reactions=(Reaction(Press("1"), on_prompt=True, times=1, after=SECOND), Reaction(Say("yes"), at=2 * SECOND)),
    )  # fmt: skip
    story = Story(
        "vobiz", (StoryCall(CALLEE, person), StoryCall("+919876543211", FarEnd(outcome="busy"), 60)),
        (
            Fault("lost", callback="hangup", count=1, number=CALLEE),
            Fault("answer-lost", callback="hangup", count=1, number=CALLEE),
            Fault("delayed", callback="ring", count=1, span=5 * SECOND, skip=1),
            Fault("twice", callback="ring", count=1),
        ),
    )  # fmt: skip
    assert story.text().splitlines() == [
        "+919876543210 is called, answers after 3 s, presses 1 at the prompt, after 1 s, says 'yes' 2 s after the "
        "answer and hangs up 9 s after the answer.",
        "60 s later +919876543211 is called and is busy.",
        "The first hangup webhook of the calls with +919876543210 is lost, and is tried again when it times out.",
        "The second hangup webhook of the calls with +919876543210 arrives, but its answer is lost, and it is tried "
        "again.",
        "The second ring webhook comes 5 s late.",
        "The first ring webhook comes twice at once.",
    ]
    caller = Story("vobiz", (StoryCall(CALLEE, FarEnd(gives_up_after=SECOND)), StoryCall(CALLEE)), begins="inbound")
    assert caller.text().splitlines() == [
        "+919876543210 calls and gives up after 1 s without an answer.",
        "+919876543210 calls and waits, and listens to the end.",
    ]


def test_a_story_says_of_what_fails_whether_it_is_tried_again() -> None:
    def said(vendor: str, fault: Any, far_end: FarEnd | None = None, **settings: Any) -> str:
        person = StoryCall(CALLEE, far_end or rules_of(vendor).usual)
        return Story(vendor, (person,), (fault,), settings=settings).text().splitlines()[1]

    def ended(kind: Any) -> Fault:
        return Fault(kind, callback="hangup", count=1)

    answer, hasty = Fault("answer-lost", callback="answer", count=1), FarEnd(hangs_up_after=SECOND)
    again = {"notification_retries": True}
    assert said("tryvox", ended("lost")) == "The first hangup webhook is lost."
    assert said("tryvox", ended("answer-lost")) == "The first hangup webhook arrives, but its answer is lost."
    assert said("tryvox", ended("lost"), **again).endswith(" is lost, and is tried again when it times out.")
    assert said("tryvox", ended("answer-lost"), **again).endswith("its answer is lost, and it is tried again.")
    assert said("vobiz", answer).endswith("its answer is lost, and it is tried again.")
    assert said("vobiz", answer, hasty).endswith("is tried again, unless the call is over by then.")
    assert said("vobiz", ended("lost"), hasty).endswith("is tried again when it times out.")


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_step_makes_a_story_simpler(vendor: str) -> None:
    for story in many(vendor, 30, **RETRIED[vendor]):
        for less in shorter(story):
            assert weight(less) < weight(story)
            assert len(less.calls) >= 1
            numbers = {call.number for call in less.calls}
            assert all(fault.number in numbers or not fault.number for fault in less.faults)
    assert list(shorter(simplest(vendor))) == []


@given(st.data())
@settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_what_matters_is_all_that_is_left(data: st.DataObject) -> None:
    story = data.draw(stories("vobiz", faults=6))

    def fails(story: Story) -> bool:
        return any(fault.fault == "delayed" and fault.lasts >= 10 * SECOND for fault in story.faults)

    while (less := next((each for each in shorter(story) if fails(each)), None)) is not None:
        story = less
    if fails(story):
        assert len(story.calls) == len(story.faults) == 1
        assert story.faults[0].lasts == 10 * SECOND
        assert story.size == 2


# --- the state never goes back ---------------------------------------------------------------------------------


def test_a_state_that_goes_forward_is_good() -> None:
    contracts.never_goes_back([None, "ringing", "ringing", "ended"], ["ringing", "answered", "ended"])
    contracts.never_goes_back([{}, {"a": "ringing"}, {"a": "ended", "b": "ringing"}], ["ringing", "ended"])


@pytest.mark.parametrize(
    ("history", "problem"),
    [
        (["ended", "ringing"], "the state went back from 'ended' to 'ringing'"),
        ([{"a": "ended"}, {"a": "ringing"}], "a went back from 'ended' to 'ringing'"),
        ([{"a": "ended"}, {}], "a was 'ended', and is gone"),
        ([{"a": "lost"}], "a is 'lost', which is none of ringing, ended"),
        (["ringing", None], "the state was 'ringing', and is gone"),
    ],
)
def test_a_state_that_goes_back_is_said(history: list[Any], problem: str) -> None:
    with pytest.raises(AssertionError) as raised:
        contracts.never_goes_back(history, ["ringing", "ended"])
    assert str(raised.value).partition("\n")[0] == problem  # pytest may add what it saw
