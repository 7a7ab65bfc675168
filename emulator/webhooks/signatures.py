"""How a signature is made, told in parts, so that it can be shown and made again with one part changed. Pure."""

from __future__ import annotations

import hmac
from base64 import b64encode
from typing import Literal

from emulator.engine.values import value

__all__ = ["Ingredient", "Signature"]

What = Literal["url", "body", "seconds", "nonce", "separator"]


@value
class Ingredient:
    """One part of what is signed, as bytes. `told` says in words what it is: `the body, byte for byte`.

    `header`: where the receiver reads it (`X-Nonce`), if not from the signature's own header, the URL or the body.
    """

    what: What
    data: bytes
    told: str = ""
    header: str = ""


@value
class Signature:
    """One signature: HMAC with `hash` and `key` over the parts one after another, `encoding` of the digest.

    `header` is where it is sent, `prefix` what stands before the digest there. `label` tells it from others of the same
    request ("V3"), "" when there is one. `key_told` says whose secret it is, in the vendor's words. `leaves_out`: what
    a receiver may think is signed and is not, of `the URL`, `the query`, `the body`, `the time`. `tolerance`: how old,
    in seconds, the vendor's own verifiers let it be; None where no time is signed.
    """

    header: str
    parts: tuple[Ingredient, ...]
    key: str
    key_told: str
    encoding: Literal["hex", "base64"]
    prefix: str = ""
    label: str = ""
    hash: Literal["sha256", "sha1"] = "sha256"
    leaves_out: tuple[str, ...] = ()
    tolerance: int | None = None

    @property
    def signed(self) -> bytes:
        """Exactly what the digest is over."""
        return b"".join(part.data for part in self.parts)

    @property
    def digest(self) -> str:
        """As it is sent, without the prefix."""
        raw = hmac.digest(self.key.encode(), self.signed, self.hash)
        return raw.hex() if self.encoding == "hex" else b64encode(raw).decode()

    @property
    def signs_query(self) -> bool:
        """Whether the URL is signed with its query, if it is signed."""
        return "the query" not in self.leaves_out

    @property
    def text(self) -> str:
        """The header's value."""
        return self.prefix + self.digest

    def part(self, what: What) -> Ingredient | None:
        return next((part for part in self.parts if part.what == what), None)
