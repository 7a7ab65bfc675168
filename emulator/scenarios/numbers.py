"""Telephone numbers in any spelling, and the magic ones that need no set-up.

`spelled` brings a number to its bare digits, however a vendor or a person writes it. What is not a number (a SIP user)
keeps its letters, in lower case. The last seven digits of a number decide whether it is magic, in every country.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from emulator.engine.values import value
from emulator.scenarios.far_end import FarEnd, Press, Reaction

__all__ = ["ANY_OTHER", "MAGIC", "MagicNumber", "magic", "spelled"]

TAIL: Final = 7
"""How many last digits make a number what it is wherever it is: subscriber numbers are no longer anywhere we play."""

_FILLER: Final = re.compile(r"[\s().\-/‐-―\xa0]+")
_SCHEME: Final = re.compile(r"<?(?:sips?|tel):")


def spelled(number: str) -> str:
    """Bare digits without `+` and leading zeros: `"+1 (202) 555-0101"` and `"sip:+12025550101@x"` are `12025550101`.

    Fewer than seven digits (an extension) keep their zeros. A user name is `user`, or `user@host` if it came with one.
    """
    bare = number[1:] if number[:1] == "+" else number
    if not (bare.isascii() and bare.isdigit()):
        address = _SCHEME.sub("", number.strip().lower(), count=1)
        address = address.partition(";")[0].rstrip(">")
        user, _, host = address.partition("@")
        bare = _FILLER.sub("", user.replace("(0)", "")).removeprefix("+")
        if not (bare.isascii() and bare.isdigit()):
            user = user.strip().removeprefix("+")
            return f"{user}@{host}" if host else user
    significant = bare.lstrip("0")
    return significant if len(significant) >= TAIL else bare


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@value
class MagicNumber:
    """Any number that ends in `suffix` is this far end, unless told otherwise. `does` is a phrase for people."""

    suffix: str
    does: str
    far_end: FarEnd


MAGIC: Final[tuple[MagicNumber, ...]] = (
    MagicNumber("5550101", "is busy", FarEnd(outcome="busy")),
    MagicNumber("5550102", "rings and is not answered", FarEnd(outcome="no-answer")),
    MagicNumber("5550103", "rings for 2 s and rejects the call", FarEnd(outcome="rejected")),
    MagicNumber("5550104", "cannot be reached", FarEnd(outcome="unreachable")),
    MagicNumber(
        "5550105",
        "is an answering machine: a greeting of 4 s, then a beep",
        FarEnd(
            is_machine=True,
            greeting="You have reached our mailbox. Please leave a message after the tone.",
            greeting_for=_seconds(4),
        ),
    ),
    MagicNumber("5550106", "answers and hangs up at once", FarEnd(greeting="", hangs_up_after=_seconds(0))),
    MagicNumber("5550107", "answers slowly, after 20 s", FarEnd(rings_for=_seconds(20))),
    MagicNumber(
        "5550108",
        "presses 1 at every prompt",
        FarEnd(reactions=(Reaction(Press("1"), on_prompt=True, after=_seconds(0.5)),)),
    ),
)

ANY_OTHER: Final = "answers after 2 s, listens, and stays until the call is ended"
"""What every other number does."""

_BY_SUFFIX: Final = {row.suffix: row.far_end for row in MAGIC}


def magic(bare: str) -> FarEnd | None:
    """The magic far end of a number as `spelled` gives it; None for every other one."""
    return _BY_SUFFIX.get(bare[-TAIL:])
