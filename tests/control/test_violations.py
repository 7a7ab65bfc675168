"""What was wrong with a strict sandbox's requests, over the control API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from emulator.runtime.answering import Answered, AnsweringSpec, Asked
from tests.control.conftest import Control

WRONG = {"operation": "place", "field": "body.to", "rule": "type", "text": "to is no text", "line": 7, "sent": "5",
         "right": '"5"', "standing": "documented"}  # fmt: skip


class Picky:
    """Finds the same thing wrong with every request."""

    def __init__(self, spec: AnsweringSpec) -> None:
        assert spec.vendor == "acme"

    def before(self, asked: Asked) -> None:
        return None

    def after(self, asked: Asked, answered: Answered) -> tuple[Answered, Sequence[Mapping[str, Any]]]:
        return answered, [WRONG]


@pytest.fixture
def picky(control: Control) -> Control:
    control.exchange._plugs = [Picky]
    return control


async def test_a_strict_sandbox_lists_its_violations_oldest_first(picky: Control) -> None:
    path = await picky.sandbox(strict=True)
    assert (await picky.get(path))["strict"] is True
    assert await picky.get(f"{path}/violations") == {"violations": []}
    call = await picky.place(path)
    await picky.place(path)
    first, second = (await picky.get(f"{path}/violations"))["violations"]
    assert first == {
        "id": "v1", "at": "2026-01-01T00:00:00Z", "call": call, "vendor": "acme", "method": "POST", "path": "/calls",
        **WRONG,
    }  # fmt: skip
    assert second["id"] == "v2"


async def test_a_reset_sandbox_is_strict_still_and_has_none(picky: Control) -> None:
    path = await picky.sandbox(strict=True)
    await picky.place(path)
    assert (await picky.post(f"{path}/reset"))["strict"] is True
    assert await picky.get(f"{path}/violations") == {"violations": []}
    await picky.place(path)
    assert len((await picky.get(f"{path}/violations"))["violations"]) == 1


async def test_any_other_sandbox_has_none(picky: Control) -> None:
    path = await picky.sandbox()
    assert (await picky.get(path))["strict"] is False
    await picky.place(path)
    assert await picky.get(f"{path}/violations") == {"violations": []}


async def test_a_judge_that_is_not_installed_is_said_with_how_to_install_it(control: Control) -> None:
    control.exchange._plugs = []
    error = await control.refused("invalid_field", "POST", "/sandboxes", {"strict": True})
    assert error["message"].startswith("strict: nothing here judges requests")
    assert "pip install 'ringback[contracts]'" in error["message"]
    assert control.exchange.sandboxes == {}
