"""Nothing in a suite may hang: every test, and every step of a machine, has a limit in real seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["within"]

P = ParamSpec("P")
T = TypeVar("T")


def within(seconds: float) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """The test fails with `TimeoutError` instead of waiting for ever."""

    def bound(test: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @wraps(test)
        async def bounded(*args: P.args, **more: P.kwargs) -> T:
            async with asyncio.timeout(seconds):
                return await test(*args, **more)

        return bounded

    return bound
