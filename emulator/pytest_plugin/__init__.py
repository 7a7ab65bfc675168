"""What pytest loads: fixtures, marker and options; nothing else of Ringback is imported until a test uses them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.client.asynchronous import AsyncSandbox
    from emulator.client.sandbox import Sandbox
    from emulator.client.server import Server
    from emulator.pytest_plugin.worlds import World  # noqa: F401 - the key below names it

__all__ = ["async_ringback", "ringback", "ringback_server", "serve_app"]

WORLD = pytest.StashKey["World"]()
MARKER = (
    "ringback(scenario=None, clock='virtual', seed=None, vendor='', strict=False, answers='plain', settings=None, "
    "start=None, patience=None, deliver=None, allow_failed=False): how the test's sandbox is made; allow_failed: "
    "the test may end with webhooks that nobody answered well"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ringback", "Ringback, a telephone company in a box")
    group.addoption(
        "--ringback-seed",
        type=int,
        metavar="N",
        help="Of every id and choice in every test; printed when a test fails. A fresh one by default.",
    )
    group.addoption(
        "--ringback-url",
        metavar="URL",
        help="Use the server that runs there; by default RINGBACK_URL, or else one is started.",
    )
    group.addoption(
        "--ringback-strict",
        action="store_true",
        help="Hold every request against the provider's contract: a violation fails its test. Also RINGBACK_STRICT=1.",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    config.pluginmanager.register(_Colours(config), "ringback-colours")


class _Colours:
    """Colours what a report tells, where the terminal does and once everybody else has read it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        sections = getattr(report.longrepr, "sections", None)
        if sections and getattr(terminal, "hasmarkup", False):
            from emulator.pytest_plugin.colours import coloured

            sections[:] = [coloured(section) for section in sections]


@pytest.fixture(scope="session")
def ringback_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One server for the whole session, with pytest-xdist one per worker: started for it, or the one at
    --ringback-url. `ringback_server.sandbox(...)` makes further sandboxes."""
    from emulator.pytest_plugin.worlds import serving

    with serving(request.config) as server:
        yield server


@pytest.fixture
def ringback(request: pytest.FixtureRequest, ringback_server: Server) -> Iterator[Sandbox]:
    """A fresh sandbox with a virtual clock, deleted after the test. The marker `ringback` says how it is made."""
    from emulator.pytest_plugin.worlds import World

    world = World(request.node, ringback_server)
    request.node.stash[WORLD] = world
    try:
        yield world.sandbox
    finally:
        world.end()


@pytest.fixture
def async_ringback(ringback: Sandbox) -> AsyncSandbox:
    """The same sandbox for a test that is a coroutine: the loop goes on while the clock is driven."""
    from emulator.client.asynchronous import AsyncSandbox

    return AsyncSandbox(ringback)


@pytest.fixture
def serve_app(request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """`serve_app(app)` runs an ASGI or WSGI application on a loopback port until the test ends: its base URL.

    Start-up and shut-down events of an ASGI application are sent; `interface="asgi"` or `"wsgi"` says which it is.
    """
    from emulator.pytest_plugin.applications import Applications

    with Applications() as applications:
        yield applications.serve


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test that would pass is failed if it ends with a webhook that nobody answered well, and nobody looked at, or,
    if it is strict, with a request that breaks a contract."""
    outcome = yield
    world = item.stash.get(WORLD, None)
    if world is not None:
        world.check(item)
    return outcome


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A failed test's report tells what happened in its sandbox."""
    report = yield
    if not report.failed:
        return report
    error = call.excinfo.value if call.excinfo is not None else None
    _tidy(report, error)
    world = item.stash.get(WORLD, None)
    if world is not None:
        world.tell(report, error)
    return report


def _tidy(report: pytest.TestReport, error: BaseException | None) -> None:
    """Keep what pytest's short summary and JUnit's `message` say of an error of ours to its first line: where `CI` is
    set they hold the whole message, so that a log of CI would tell each ladder twice. And do not send anybody after
    our own frames, which are hidden because they tell nothing."""
    told: Any = report.longrepr
    crash = getattr(told, "reprcrash", None)
    if crash is None:
        return
    is_ours = type(error).__module__.partition(".")[0] in ("emulator", "contracts")
    if is_ours or crash.message.startswith("Failed: ringback"):
        crash.message = crash.message.partition("\n")[0]
        if (told.reprtraceback.extraline or "").startswith("All traceback entries are hidden"):
            told.reprtraceback.extraline = None
