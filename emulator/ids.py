"""The one seeded source of ids and of every random choice, keyed by what it is for.

Nothing here counts: `Ids(seed).uuid("call", "c7.0")` is the same text whenever and however often it is asked for,
so the order of requests cannot change an id, and an id need not be stored to be known again.
"""

from __future__ import annotations

from hashlib import blake2b

__all__ = ["Ids"]

_HEX = "0123456789abcdef"


class Ids:
    """Ids and choices of one sandbox. Equal seed, kind and key give equal results, in every process."""

    __slots__ = ("_key", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._key = blake2b(str(seed).encode(), digest_size=32).digest()

    def digest(self, kind: str, key: str) -> bytes:
        """32 bytes that depend on the seed, `kind` and `key` alone."""
        return blake2b(f"{kind}\0{key}".encode(), digest_size=32, key=self._key).digest()

    def uuid(self, kind: str, key: str) -> str:
        """A lower-case UUID, version 4 by its bits."""
        h = blake2b(f"{kind}\0{key}".encode(), digest_size=16, key=self._key).hexdigest()
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[int(h[16], 16) & 3]}{h[17:20]}-{h[20:]}"

    def integer(self, kind: str, key: str, below: int) -> int:
        """0 <= result < below."""
        return int.from_bytes(self.digest(kind, key), "big") % below

    def digits(self, kind: str, key: str, count: int) -> str:
        """`count` decimal digits, at most 70, the first never 0."""
        first = 10 ** (count - 1)
        return str(first + self.integer(kind, key, 9 * first))

    def text(self, kind: str, key: str, count: int, alphabet: str) -> str:
        """`count` characters of `alphabet`."""
        number = int.from_bytes(self.digest(kind, key) + self.digest(kind, f"{key}\0more"), "big")
        out = []
        for _ in range(count):
            number, index = divmod(number, len(alphabet))
            out.append(alphabet[index])
        return "".join(out)

    def hex(self, kind: str, key: str, count: int) -> str:
        """`count` lower-case hexadecimal digits."""
        return self.text(kind, key, count, _HEX)

    def fraction(self, kind: str, key: str) -> float:
        """0.0 <= result < 1.0."""
        return self.integer(kind, key, 1 << 53) / (1 << 53)
