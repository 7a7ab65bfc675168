"""What a test of these rooms has of pytest, if it runs under it: what fails it, and how the session was asked for."""

from __future__ import annotations

from typing import Any

__all__ = ["is_pytest_failure", "is_session_strict"]


def is_pytest_failure(raised: BaseException) -> bool:
    """Whether `pytest.fail` raised it, as `pytest.raises` does of what did not raise; pytest need not be there."""
    return type(raised).__name__ == "Failed" and not isinstance(raised, Exception)


def is_session_strict(request: Any) -> bool:
    """`--ringback-strict`, or its variable. `request` is the fixture, None without pytest."""
    if request is None:
        return False
    from emulator.pytest_plugin.worlds import is_strict

    return is_strict(request.config)
