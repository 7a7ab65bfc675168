"""What jambonz knows besides, when it reads an application's answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

__all__ = ["MEMO", "SETTINGS", "context"]

SETTINGS: dict[str, Any] = {}

MEMO: dict[str, Any] = {
    "defaults": {
        "synthesizer": {"vendor": "google", "language": "en-US", "voice": "en-US-Standard-C"},
        "recognizer": {"vendor": "google", "language": "en-US"},
    },
    "auth": None,
}


def context(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {"base": f"{parts.scheme}://{parts.netloc}", "auth": None, "payload": None}
