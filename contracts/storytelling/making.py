"""What makes the user's application, with nothing in it yet: with the account of the story's sandbox, if it asks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any

from emulator.client.records import Account
from emulator.errors import UsageError

__all__ = ["App", "from_app", "maker"]

App = Callable[..., Any]
"""Makes the application, ASGI or WSGI, with nothing in it yet. One that needs an argument is given the account: what
`ringback.acme` is in a test. An argument that has a default is left alone."""


def maker(app: App) -> Callable[[Account], Any]:
    """Makes the application that plays with an account. Raises: UsageError for what cannot make one."""
    if not callable(app):
        raise UsageError(f"app: expected a function that makes the application, got {app!r:.80}")
    try:
        needed = [each for each in inspect.signature(app).parameters.values() if _is_needed(each)]
    except (TypeError, ValueError):  # a callable that tells nobody what it takes
        needed = []
    if len(needed) > 1 or any(each.kind is inspect.Parameter.KEYWORD_ONLY for each in needed):
        names = " and ".join(each.name for each in needed)
        raise UsageError(
            f"app: expected a function that makes the application, of nothing or of the account, got one that needs "
            f"{names}; if that is the application itself, say app=lambda: {getattr(app, '__name__', 'it')}"
        )

    def make(account: Account) -> Any:
        made = app(account) if needed else app()
        if not callable(made):
            raise UsageError(f"app: expected a function that makes an ASGI or WSGI application, got {made!r:.80} of it")
        return made

    return make


def from_app(at: TracebackType | None) -> TracebackType | None:
    """The traceback from the user's own frame on, of what an `app` raised; all of it, if that was not reached."""
    found = at
    while found is not None and found.tb_frame.f_code.co_filename != __file__:
        found = found.tb_next
    return found.tb_next if found is not None else at


def _is_needed(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind not in (
        parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD,
    )  # fmt: skip
