"""What can be dialled at all. No numbering plan is consulted."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_destination"]

_NUMBER: Final = re.compile(r"\+?(?:[ ().-]*[0-9]){3,15}[ ).-]*")
_SIP: Final = re.compile(r"sips?:[^\s@<>,]+(?:@[^\s@<>,]+)?", re.IGNORECASE)
_USER: Final = re.compile(r"(?=[^@]*[A-Za-z_])[\w.!~*'&=+$?/%-]+(?:@[\w.:\[\]-]+)?", re.ASCII)


def is_destination(to: str) -> bool:
    """A SIP URI, a user name (with a letter, perhaps `@host`), or 3 to 15 digits with the usual separators."""
    return bool(_NUMBER.fullmatch(to) or _SIP.fullmatch(to) or _USER.fullmatch(to))
