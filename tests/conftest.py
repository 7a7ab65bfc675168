"""What more than one room's tests need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.serving import Serving
from tests.judging import (  # noqa: F401 - hooks: every webhook that anything sends is judged
    pytest_configure,
    pytest_runtest_call,
    pytest_runtest_teardown,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
    pytest_unconfigure,
)


@pytest.fixture(scope="session")
def server() -> Iterator[Serving]:
    """One `ringback serve --quiet` on a free port for the whole session; a test makes a sandbox of its own in it."""
    with Serving("--port", "0", "--quiet") as serving:
        yield serving
