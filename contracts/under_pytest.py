"""What a test of these rooms has of pytest, if it runs under it: what fails it, and how the session was asked for."""

from __future__ import annotations

from typing import Any

__all__ = ["is_pytest_failure", "is_session_strict", "session_seed"]


def is_pytest_failure(raised: BaseException) -> bool:
    """Whether `pytest.fail` raised it, as `pytest.raises` does of what did not raise; pytest need not be there."""
    return type(raised).__name__ == "Failed" and not isinstance(raised, Exception)


def is_session_strict(request: Any) -> bool:
    """`--ringback-strict`, or its variable. `request` is the fixture, None without pytest."""
    if request is None:
        return False
    from emulator.pytest_plugin.worlds import is_strict

    return is_strict(request.config)


def session_seed(told: int, request: Any) -> int:
    """`--ringback-seed`, where the session has one; else `told`. `request` is the fixture, None without pytest."""
    session = request.config.getoption("--ringback-seed", None) if request is not None else None
    return told if session is None else int(session)
