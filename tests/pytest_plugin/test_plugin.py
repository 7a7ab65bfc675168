"""The pytest plugin, as somebody's own test suite meets it."""

import re
import subprocess
import sys

import pytest

import emulator
from tests.fakes.serving import Serving

WHOLE_CALL = """
def test_whole_call(ringback, serve_app):
    ringback.far_end(CALLEE).rings(3).answers().presses("1", on="press 1").hangs_up(after=20)
    place(ringback.vobiz, serve_app(application))
    ringback.run()
    call = ringback.calls.one()
    assert call.state == "ended" and call.cause.name == "NORMAL_CLEARING"
    assert [d.callback for d in call.deliveries] == ["ring", "answer", "gather", "hangup"]
"""


def test_loading_it_imports_nothing_else_of_ours_and_nothing_heavy():
    code = (
        "import pytest, sys; before = set(sys.modules); import emulator.pytest_plugin; print(*{*sys.modules} - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"emulator", "emulator.pytest_plugin", "__future__"}


def test_a_session_that_does_not_use_it_starts_nothing(outer):
    outer.makepyfile(
        test_it="""
        import sys

        def test_nothing_of_it_is_here():
            here = {name for name in sys.modules if name.startswith("emulator")}
            assert here <= {"emulator", "emulator.pytest_plugin"}
        """
    )
    outer.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_whole_call_passes_without_a_sleep(outer, tests):
    tests(WHOLE_CALL)
    outer.runpytest_subprocess().assert_outcomes(passed=1)


def test_asyncio_tests_and_unittest_classes_pass_too(outer, tests):
    tests(
        """
        async def test_loop(async_ringback, serve_app):
            await asyncio.to_thread(place, async_ringback.vobiz, serve_app(application))
            await async_ringback.run()
            assert (await async_ringback.calls.one()).state == "ended"

        @pytest.mark.ringback(vendor="vobiz", seed=5)
        class TestIt(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _given(self, ringback, serve_app):
                self.ringback, self.url = ringback, serve_app(wsgi)

            def test_whole(self):
                place(self.ringback.vendor, self.url)
                self.ringback.run()
                self.assertEqual(self.ringback.seed, 5)
                self.assertEqual(self.ringback.calls.one().state, "ended")

            def test_ends_badly(self):
                place(self.ringback.vendor, self.url, hangup="/bad")
                self.ringback.run()

            def test_fails_first(self):
                place(self.ringback.vendor, self.url, hangup="/bad")
                self.ringback.run()
                self.assertEqual(1, 2)
        """
    )
    result = outer.runpytest_subprocess()
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*AssertionError: 1 != 2*", "*ended with a webhook that nobody answered well*"][::-1])


# --- what a failing test tells ---------------------------------------------------------------------------------

FAILING = """
def test_fails(ringback, serve_app):
    ringback.far_end(CALLEE).answers().says("good morning", at="1s")
    place(ringback.vobiz, serve_app(application), hangup="/bad")
    ringback.run()
    assert ringback.calls.one().by == "caller"
"""


def told_by(outer, *options):
    result = outer.runpytest_subprocess(*options)
    result.assert_outcomes(failed=1)
    return str(result.stdout)


def test_a_failing_test_tells_seed_ladder_transcript_and_failed_deliveries(outer, tests):
    tests(FAILING)
    told = told_by(outer)
    assert "- Ringback: what happened -" in told
    assert "call c1  vobiz  outbound" in told
    assert "◀─ answers" in told
    assert "Press 1 to confirm" in told
    assert re.search(r"far end +spoken +good morning", told)
    assert re.search(r"c1-d3 hangup \(completed\) POST .*/bad: failed after 4 attempts, answered 500", told)
    assert "c1-d2 answer" not in told
    assert "\x1b" not in told


def test_the_seed_it_prints_gives_the_same_again(outer, tests):
    tests(FAILING)
    first = told_by(outer)
    seed, again = re.search(r"seed (\d+); the same again: pytest (.*)", first).groups()
    second = told_by(outer, *again.split())
    assert f"seed {seed}; " in second
    number = re.compile(r"call c1 .* → ")
    assert number.search(first)[0] == number.search(second)[0]
    assert f"seed {seed}; " not in told_by(outer)


def test_on_a_terminal_it_is_coloured_and_plain_in_junit_xml(outer, tests):
    tests(FAILING)
    told = told_by(outer, "--color=yes", "--junitxml=report.xml")
    assert "\x1b[1mcall c1  vobiz" in told
    assert "\x1b[31m  c1-d3 hangup" in told
    xml = (outer.path / "report.xml").read_text(encoding="utf-8")
    ours = xml.partition("Ringback: what happened")[2]
    assert "call c1  vobiz" in ours
    assert "x1B" not in ours


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_wait_in_vain_tells_its_calls_once(outer, tests, monkeypatch, ci):
    monkeypatch.setenv("CI", ci)
    tests(
        """
        def test_waits(ringback, serve_app):
            place(ringback.vobiz, serve_app(application))
            ringback.run_until(callback="gather")
        """
    )
    told = told_by(outer)
    assert told.count("client                provider") + told.count("client                  provider") == 1
    assert "waited for gather delivered" in told
    assert "the same again" in told


# --- how a test may end ----------------------------------------------------------------------------------------


def test_a_webhook_answered_badly_fails_the_test_unless_it_looked(outer, tests):
    tests(
        """
        @pytest.fixture(autouse=True)
        def placed(ringback, serve_app):
            ringback.far_end(CALLEE).is_busy()
            place(ringback.vobiz, serve_app(application), hangup="/bad")

        def test_fails_for_good(ringback):
            ringback.run()

        def test_fails_when_it_was_not_awaited(ringback):
            pass

        def test_fails_when_it_looked_at_others(ringback):
            ringback.run()
            assert [each.callback for each in ringback.deliveries] == ["hangup"]

        @pytest.mark.ringback(allow_failed=True)
        def test_passes_when_allowed(ringback):
            ringback.run()

        def test_passes_when_it_looked(ringback):
            ringback.run()
            assert ringback.deliveries.one(callback='hangup').state == 'failed'

        def test_passes_when_it_asked(ringback):
            ringback.run()
            assert len(ringback.deliveries.unanswered) == 1
        """
    )
    result = outer.runpytest_subprocess()
    result.assert_outcomes(passed=3, failed=3)
    assert re.findall(r"FAILED test_it.py::test_(\w+?)_", str(result.stdout)) == ["fails"] * 3


def test_a_hanging_application_fails_the_test_and_is_told_so(outer, tests):
    tests(
        """
        @pytest.mark.ringback(patience=0.2)
        def test_hangs(ringback, serve_app):
            place(ringback.vobiz, serve_app(application), answer="/silent")
            ringback.advance("3s")
        """
    )
    told = told_by(outer)
    assert "c1-d2 answer (in-progress)" in told
    assert "the application was silent for the sandbox's patience" in told


def test_a_coroutine_that_stops_its_own_application_is_told_what_to_await(outer, tests):
    tests(
        """
        from emulator.runtime.server import Listener

        @pytest.mark.ringback(patience=0.2)
        async def test_blocks(ringback):
            url = f"http://127.0.0.1:{await Listener(application).start()}"
            await asyncio.to_thread(place, ringback.vobiz, url)
            ringback.advance("3s")
        """
    )
    assert "take `async_ringback`, and await it" in told_by(outer, "-W", "default")


def test_a_test_may_end_with_calls_in_progress(outer, tests):
    tests(
        """
        def test_ends(ringback, serve_app):
            place(ringback.vobiz, serve_app(application))
            ringback.advance(1)
            assert ringback.calls.one().state == "ringing"
        """
    )
    outer.runpytest_subprocess().assert_outcomes(passed=1)


def test_what_is_not_emulated_fails_the_test_by_name(outer, tests):
    tests(
        """
        import urllib.error, urllib.request

        @pytest.mark.ringback(allow_failed=True)
        def test_document(ringback, serve_app):
            place(ringback.vobiz, serve_app(application), answer="/stream")
            ringback.run()

        def test_api(ringback):
            at = ringback.vobiz
            headers = {"X-Auth-ID": at.auth_id, "X-Auth-Token": at.auth_token}
            url = f"{at.base_url}/api/v1/Account/{at.auth_id}/balance/"
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(urllib.request.Request(url, headers=headers))
        """
    )
    result = outer.runpytest_subprocess()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*does not emulate yet:", "*Stream is not emulated yet*"])
    result.stdout.fnmatch_lines(["*vobiz GET */balance/: 501, not emulated yet"])


def test_what_cannot_be_had_fails_by_name(outer, tests):
    marks = {
        "scenario='sunday evening'": "no preset and no file 'sunday evening'",
        "sead=3": "expected some of scenario, clock, seed, vendor",
        "vendor='acme'": "vendor: expected jambonz or servetel",
        "clock='sand'": "clock.mode",
    }
    one = "@pytest.mark.ringback({})\ndef test_{}(ringback):\n    raise AssertionError('it ran')\n"
    tests("\n".join(one.format(mark, number) for number, mark in enumerate(marks)))
    result = outer.runpytest_subprocess()
    result.assert_outcomes(errors=len(marks))
    for said in marks.values():
        assert said in str(result.stdout)
    assert "During handling" not in str(result.stdout)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ringback-url", "http://127.0.0.1:9"], "no Ringback server at http://127.0.0.1:9"),
    ],
)
def test_an_option_that_cannot_be_had_fails_by_name(outer, tests, options, said):
    tests("def test_it(ringback):\n    raise AssertionError('it ran')")
    result = outer.runpytest_subprocess(*options)
    result.assert_outcomes(errors=1)
    assert said in str(result.stdout)


def test_the_marker_says_how_the_sandbox_is_made_and_the_closest_wins(outer, tests):
    tests(
        """
        @pytest.mark.ringback(seed=4, scenario={"default": {"outcome": "busy"}})
        class TestIt:
            @pytest.mark.ringback(seed=5, clock="real", settings={"vobiz": {"sign": False}})
            def test_it(self, ringback):
                assert ringback.seed == 5 and not ringback.is_virtual
                assert ringback.settings.get("vobiz")["sign"] is False
                assert ringback.api.get(ringback.path + "/scenario")["default"] == {"outcome": "busy"}
        """
    )
    outer.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_scenario_is_a_preset_a_file_beside_the_test_or_what_stands_in_one(outer, tests):
    outer.mkdir("scenarios").joinpath("lunch.yaml").write_text("ringback: 1\ndefault: {outcome: busy}\n")
    tests(
        """
        def default(ringback):
            return ringback.api.get(ringback.path + "/scenario")["default"]

        @pytest.mark.ringback(scenario="everybody answers")
        def test_a_preset(ringback):
            assert default(ringback)["hangs_up_after"] == "60s"

        @pytest.mark.ringback(scenario="scenarios/lunch.yaml")
        def test_a_file(ringback):
            assert default(ringback) == {"outcome": "busy"}

        @pytest.mark.ringback(scenario={"calls": [{"at": "5s"}]}, vendor="vobiz")
        def test_somebody_calls(ringback):
            ringback.advance("4s")
            assert len(ringback.calls) == 0
            ringback.advance("1s")
            assert ringback.calls.one().direction == "inbound"
        """
    )
    outer.runpytest_subprocess().assert_outcomes(passed=3)


def test_a_wrong_scenario_file_fails_by_line_and_column(outer, tests):
    outer.path.joinpath("lunch.yaml").write_text("ringback: 1\ndefault: {outcom: busy}\n")
    tests(
        """
        @pytest.mark.ringback(scenario="lunch.yaml")
        def test_it(ringback):
            raise AssertionError("it ran")
        """
    )
    result = outer.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    assert "lunch.yaml:2:11: default.outcom: no such key; perhaps 'outcome'" in str(result.stdout)


# --- applications, servers, workers ----------------------------------------------------------------------------


def test_an_application_may_call_back_and_place_new_calls_from_its_webhooks(outer, tests):
    tests(
        """
        def test_again(ringback, serve_app):
            placed = []

            async def again(scope, receive, send):
                if scope["type"] == "http" and scope["path"] == "/noted" and len(placed) < 3:
                    placed.append(scope["path"])  # at once: another webhook may come while we wait
                    await asyncio.to_thread(place, ringback.vobiz, url, hangup="/noted")
                await application(scope, receive, send)

            url = serve_app(again)
            ringback.far_end(CALLEE).is_busy()
            place(ringback.vobiz, url)
            ringback.run()
            assert [call.state for call in ringback.calls] == ["ended"] * 4
        """
    )
    outer.runpytest_subprocess().assert_outcomes(passed=1)


def test_an_application_is_started_up_and_shut_down_and_its_failure_is_told(outer, tests):
    tests(
        """
        from contextlib import asynccontextmanager
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route
        from urllib.request import urlopen

        said = []

        @asynccontextmanager
        async def life(app):
            said.append("up")
            yield {"word": "state"}
            said.append("down")

        async def home(request):
            return PlainTextResponse(request.state.word)

        def test_it(serve_app):
            url = serve_app(Starlette(routes=[Route("/", home)], lifespan=life))
            assert urlopen(url + "/").read() == b"state"
            assert said == ["up"]

        def test_it_was_shut_down():
            assert said == ["up", "down"]

        def test_it_does_not_start(serve_app):
            @asynccontextmanager
            async def broken(app):
                raise ValueError("no database")
                yield
            serve_app(Starlette(lifespan=broken))

        def test_what_is_no_application_is_refused(serve_app):
            serve_app("app")
        """
    )
    result = outer.runpytest_subprocess()
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*did not start up*", "*expected an ASGI or WSGI application, got 'app'*"])


def test_a_server_in_another_process_is_used_and_left_as_it_was(outer, tests):
    tests(WHOLE_CALL)
    with Serving("--port", "0", "--quiet") as serving:
        outer.runpytest_subprocess("--ringback-url", serving.url).assert_outcomes(passed=1)
        assert [sandbox["id"] for sandbox in serving.api.get("/sandboxes")["sandboxes"]] == ["default"]


def test_two_hundred_tests_on_four_workers(outer, tests):
    tests(
        """
        @pytest.mark.parametrize("number", range(200))
        def test_one(ringback, serve_app, number):
            ringback.far_end(CALLEE).rings(number % 50).answers().presses("1", on="press 1")
            place(ringback.vobiz, serve_app(application))
            ringback.run()
            assert ringback.calls.one().transcript.pressed == "1"
            assert number != 77, "told by a worker"
        """
    )
    result = outer.runpytest_subprocess("-n", "4", "-q")
    result.assert_outcomes(passed=199, failed=1)
    result.stdout.fnmatch_lines(
        ["*told by a worker*", "*Ringback: what happened*", "seed *; the same again: *77* --ringback-seed *"]
    )


def test_the_front_door_is_one_name():
    assert emulator.Sandbox.__module__ == "emulator.client.sandbox"
