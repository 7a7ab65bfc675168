"""What a test fails with that is no `Exception`."""

from __future__ import annotations

__all__ = ["is_pytest_failure"]


def is_pytest_failure(raised: BaseException) -> bool:
    """Whether `pytest.fail` raised it, as `pytest.raises` does of what did not raise; pytest need not be there."""
    return type(raised).__name__ == "Failed" and not isinstance(raised, Exception)
