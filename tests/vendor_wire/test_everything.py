"""The route that takes every path."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match

from emulator.vendor_wire.everything import Everything


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nobody is asked")


@given(st.text())
def test_whatever_follows_the_prefix_is_the_path(rest: str) -> None:
    match, child = Everything("/api/", nobody).matches({"type": "http", "path": f"/api/{rest}"})
    assert (match, child) == (Match.FULL, {"path_params": {"path": rest}})


@pytest.mark.parametrize("scope", [{"type": "http", "path": "/other"}, {"type": "websocket", "path": "/api/x"}])
def test_other_prefixes_and_sockets_are_not_its(scope: dict[str, str]) -> None:
    assert Everything("/api/", nobody).matches(scope)[0] is Match.NONE
