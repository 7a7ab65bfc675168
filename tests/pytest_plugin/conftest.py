"""pytest in pytest: each of these tests runs one of its own, in a process of its own."""

from __future__ import annotations

import inspect
import os
import textwrap

import pytest

from tests.fakes import reminder

HEAD = """\
import asyncio, time, unittest
import pytest
from reminder import CALLEE, application, place, wsgi
"""


@pytest.fixture
def outer(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with the reminder application in it; nothing of this session's environment reaches its pytest, nor that
    it runs in CI, where pytest's short summary is longer."""
    for name in [name for name in os.environ if name.startswith(("RINGBACK_", "PYTEST_", "COV_"))]:
        monkeypatch.delenv(name)
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(reminder=inspect.getsource(reminder))
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
        "addopts = --strict-markers --strict-config -p no:cov -p no:schemathesis -p no:hypothesispytest -p no:anyio\n"
    )
    return pytester


@pytest.fixture
def tests(outer):
    """`tests(text)` writes a test module."""
    return lambda text: outer.makepyfile(test_it=HEAD + textwrap.dedent(text))
