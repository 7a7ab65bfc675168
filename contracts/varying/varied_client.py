"""`varied("acme")`: a decorator that runs a client under answers that vary, as a test or by hand."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any, Final

from contracts.document import load
from contracts.under_pytest import is_session_strict, session_seed
from contracts.varying.client_runs import Client, run_varied
from contracts.varying.variation import read_plan
from emulator.client.sandbox import Sandbox
from emulator.client.server import Server
from emulator.errors import UsageError

__all__ = ["varied"]

SERVER: Final = "ringback_server"
"""The fixture, and the argument, that is the server."""
REQUEST: Final = "request"
"""The fixture that knows how the session was asked for."""


def varied(
    vendor: str, *, examples: int = 100, operations: Collection[str] = (), changes: Collection[str] = (),
    may_raise: type[BaseException] | tuple[type[BaseException], ...] = (), longest: float = 10.0,
    plan: Mapping[str, Any] | None = None, seed: int = 1, **sandbox: Any,
) -> Callable[[Callable[..., Any]], Callable[..., None]]:  # fmt: skip
    """Run a function that is given a fresh sandbox again and again, while what the provider answers varies within its
    contract; `AssertionError` with the smallest variation that breaks it.

    The sandbox takes the place of the argument called `ringback`, or of the first; a coroutine gets an `AsyncSandbox`.
    Under pytest the other arguments are fixtures as ever, and the server is the session's; by hand one is started,
    unless `ringback_server=` is given. `may_raise`: what the function may raise when an error was answered.
    `operations` and `changes`: vary these alone. `longest`: real seconds that one run may take; then its sandbox is
    taken from it, and as long again later it is interrupted. `plan`: only this one. `seed`: of each sandbox, and of
    what is drawn; `--ringback-seed` takes its place. `sandbox` as `Server.sandbox` takes it; with `strict`, or
    `--ringback-strict`, a request that breaks the contract is a finding, too.
    Raises: UsageError.
    """
    contract = load(vendor)
    if plan is not None:
        read_plan(plan)
    allowed = may_raise if isinstance(may_raise, tuple) else (may_raise,)

    def decorate(function: Callable[..., Any]) -> Callable[..., None]:
        name, others = _places(function)

        @functools.wraps(function)
        def wrapper(*arguments: Any, **fixtures: Any) -> None:
            __tracebackhide__ = True
            given, request = fixtures.pop(SERVER, None), fixtures.pop(REQUEST, None)
            parameters = inspect.signature(function).parameters
            with nullcontext(given) if given is not None else Server.start() as server:
                own = {each: held for each, held in ((SERVER, server), (REQUEST, request)) if each in parameters}
                drawn_by = session_seed(seed, request)
                spec = {"seed": drawn_by, **sandbox}
                if is_session_strict(request):
                    spec["strict"] = True
                client = Client(
                    partial(_called, function, arguments, fixtures | own, name), contract, server,
                    spec=spec, may_raise=allowed, longest=longest,
                    name=function.__name__,
                )  # fmt: skip
                run_varied(client, examples, operations, changes, drawn_by, plan)

        del wrapper.__wrapped__  # pytest would ask it for its fixtures
        wrapper.__signature__ = inspect.Signature(list(others.values()))  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _called(
    function: Callable[..., Any], arguments: tuple[Any, ...], fixtures: Mapping[str, Any], name: str, ringback: Sandbox
) -> None:
    """A coroutine gets an `AsyncSandbox`, and a loop of its own."""
    __tracebackhide__ = True
    if not inspect.iscoroutinefunction(function):
        function(*arguments, **{**fixtures, name: ringback})
        return
    from emulator.client.asynchronous import AsyncSandbox

    asyncio.run(function(*arguments, **{**fixtures, name: AsyncSandbox(ringback)}))


def _places(function: Callable[..., Any]) -> tuple[str, dict[str, inspect.Parameter]]:
    """What the sandbox is called, and everything else that is asked for, the server and the session's request
    included."""
    parameters = dict(inspect.signature(function).parameters)
    names = [name for name in parameters if name != "self"]
    if not names:
        raise UsageError(f"varied: {function.__name__} takes no sandbox: give it an argument, such as `ringback`")
    name = "ringback" if "ringback" in parameters else names[0]
    del parameters[name]
    for fixture in (SERVER, REQUEST):
        parameters.setdefault(fixture, inspect.Parameter(fixture, inspect.Parameter.KEYWORD_ONLY))
    return name, parameters
