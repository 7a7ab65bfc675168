"""What more than one room's tests need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.serving import Serving


@pytest.fixture(scope="session")
def server() -> Iterator[Serving]:
    """One `ringback serve --quiet` on a free port for the whole session; a test makes a sandbox of its own in it."""
    with Serving("--port", "0", "--quiet") as serving:
        yield serving
