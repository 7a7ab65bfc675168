"""The documents that come with this distribution: which there are, and what stands in them.

Needs nothing of the extra `ringback[contracts]`, because a server without it shows the documents, too.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from emulator.errors import UsageError

__all__ = ["LOADER", "contract_names", "parsed", "text_of"]

LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def contract_names() -> tuple[str, ...]:
    """Every provider with a contract."""
    return tuple(sorted(each.name for each in files("contracts").iterdir() if (each / "openapi.yaml").is_file()))


def text_of(name: str) -> str:
    """The document, as it is written. Raises `UsageError` naming those that there are."""
    if name not in contract_names():
        raise UsageError(f"there is no contract with {name!r}; there are {', '.join(contract_names())}")
    return (files("contracts") / name / "openapi.yaml").read_text(encoding="utf-8")


def parsed(name: str) -> dict[str, Any]:
    """The document as JSON-able values. Raises `UsageError` as `text_of` does."""
    document: dict[str, Any] = yaml.load(text_of(name), Loader=LOADER)
    return document
