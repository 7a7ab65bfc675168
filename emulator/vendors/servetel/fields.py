"""Reads the fields of a body, and gathers what is wrong with them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.vendors.servetel.errors import Rejected
from emulator.vendors.servetel.wire import e164

__all__ = ["Fields"]

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
MOST_SECONDS: Final = 86_400


class Fields:
    """The fields of one request. A method that finds fault notes it and gives a harmless value; `check` then raises.

    Clients send numbers as text and text as numbers, in JSON and in forms (SERVETEL-22): both are taken.
    """

    __slots__ = ("_body", "_wrong")

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self._wrong: dict[str, list[str]] = {}

    def wrong(self, name: str, text: str) -> None:
        self._wrong.setdefault(name, []).append(text)

    def check(self) -> None:
        """Raises `Rejected` (422) with everything that was noted, the first of it as the message: SERVETEL-9."""
        if self._wrong:
            raise Rejected(422, next(iter(self._wrong.values()))[0], self._wrong)

    def text(self, name: str) -> str:
        """ "" for an absent, null or empty field."""
        got = self._body.get(name)
        if got is None:
            return ""
        if isinstance(got, str):
            return got.strip()
        if isinstance(got, int) and not isinstance(got, bool):
            return str(got)
        self.wrong(name, f"The {name} must be a string.")
        return ""

    def required(self, name: str) -> str:
        got = self.text(name)
        if not got and name not in self._wrong:
            self.wrong(name, f"The {name} field is required.")
        return got

    def number(self, name: str) -> str:
        """A required telephone number in E.164."""
        got = self.required(name)
        number = e164(got)
        if got and not number:
            self.wrong(name, f"The {name} must be a valid number of 10 to 15 digits.")
        return number

    def integer(self, name: str, least: int) -> int | None:
        got = self.text(name)
        if not got:
            return None
        if not _INTEGER.fullmatch(got) or int(got) < least:
            self.wrong(name, f"The {name} must be an integer of at least {least}.")
            return None
        return int(got)

    def span(self, name: str) -> timedelta | None:
        got = self.integer(name, 1)
        return None if got is None else timedelta(seconds=min(got, MOST_SECONDS))

    def switch(self, name: str, default: bool) -> bool:
        """1 or 0, as number, text or boolean."""
        got = self._body.get(name)
        if got is None or got == "":
            return default
        text = str(int(got)) if isinstance(got, bool | int) else got
        if text not in ("0", "1"):
            self.wrong(name, f"The {name} must be 1 or 0.")
            return default
        return bool(text == "1")
