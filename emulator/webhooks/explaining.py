"""Why a receiver computed another signature than the one that was sent. Pure.

A signature is HMAC over parts, so whatever the receiver did can be done here too: each part replaced by what it may
have taken instead, alone and two at a time, until the digest is the receiver's. What the receiver told of itself (its
URL, body, secret, clock) is tried first; with nothing computed to compare with, it is only held against what was sent.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Final

from emulator.engine.values import value
from emulator.webhooks.body_variants import body_difference
from emulator.webhooks.guessing import Change, Claims, Known, changes, secret_difference
from emulator.webhooks.signatures import Signature
from emulator.webhooks.url_variants import differences

__all__ = ["Finding", "explain"]

TOLERANCE: Final = 300
_MOST_SEARCHED: Final = 65_536
"""Bodies above this size are not searched two changes deep."""

_PREFIXES: Final = ("v1=", "sha256=", "t=")

_Parts = Sequence[tuple[str, bytes]]


@value
class Finding:
    """`kind`: one word (`scheme host port path query body secret clock header encoding form match unknown`).

    `is_cause`: it explains why the signatures differ; otherwise it only is so.
    """

    kind: str
    is_cause: bool
    text: str


def explain(signatures: Sequence[Signature], known: Known, claims: Claims) -> list[Finding]:
    """What does not fit, causes first; nothing when nothing was claimed, or all that was claimed fits."""
    if not signatures:
        return []
    told = list(_told(signatures, known, claims))
    if claims.received is None:
        if not told and claims != Claims():
            return [Finding("match", False, "all that was given is as it was signed")]
        return sorted(told, key=lambda finding: not finding.is_cause)
    found = _compared(signatures, known, claims)
    kinds = {finding.kind for finding in found}
    rest = [Finding(each.kind, False, each.text) for each in told if each.kind not in kinds and each.kind != "clock"]
    clocks = [each for each in told if each.kind == "clock" and "clock" not in kinds]
    return [*found, *clocks, *rest]


# --- what the receiver tells of itself, against what was sent ------------------------------------------------------


def _told(signatures: Sequence[Signature], known: Known, claims: Claims) -> Iterator[Finding]:
    first = signatures[0]
    if claims.seen_url is not None:
        part = first.part("url")
        for each in differences(known.url, claims.seen_url):
            is_cause = part is not None and (first.signs_query or each.kind != "query")
            yield Finding(each.kind, is_cause, each.text + ("" if is_cause else "; it is not signed"))
    if claims.body is not None and (found := body_difference(known.body, claims.body)) is not None:
        is_cause = first.part("body") is not None
        yield Finding("body", is_cause, found.text + ("" if is_cause else "; it is not signed"))
    if claims.secret is not None and claims.secret != first.key:
        yield Finding("secret", True, secret_difference(first, claims.secret, known.secrets))
    if claims.at is not None:
        yield from _clock(first, claims.at)
    names = list(dict.fromkeys(each.header for each in signatures))
    if claims.header is not None and claims.header.lower() not in [name.lower() for name in names]:
        carried = f"{' and '.join(names)} {'carry one' if names[1:] else 'carries it'}"
        yield Finding("header", True, f"{claims.header} carries no signature; {carried}")


def _clock(signature: Signature, at: datetime) -> Iterator[Finding]:
    part = signature.part("seconds")
    if part is None:
        yield Finding("clock", False, "no time is signed, so no clock can be wrong")
        return
    apart = at.timestamp() - int(part.data)
    limit = signature.tolerance or TOLERANCE
    if abs(apart) > limit:
        word = "old" if apart > 0 else "in the future"
        yield Finding(
            "clock", True,
            f"by the receiver's clock the signature is {abs(apart):.0f} s {word}; verifiers take {limit} s",
        )  # fmt: skip


# --- what the receiver computed ------------------------------------------------------------------------------------


def _compared(signatures: Sequence[Signature], known: Known, claims: Claims) -> list[Finding]:
    wanted = _decoded(claims.received or "")
    if not wanted:
        return [Finding("encoding", True, "what the receiver computed is neither hexadecimal nor base64")]
    right = [each for each in signatures if _digest(each.key.encode(), _parts(each), each.hash) in wanted]
    if right:
        return _right(right, wanted, claims.header)
    tried = {(each.parts, each.key, each.hash): each for each in reversed(signatures)}
    for depth in (1, 2):
        found = [
            made
            for signature in reversed(tried.values())
            if (depth == 1 or len(signature.signed) <= _MOST_SEARCHED)
            and (made := _searched(signature, signatures, known, claims, wanted, depth)) is not None
        ]
        if found:  # of several, the one that changes least in how it is put together
            return _worded(min(found, key=lambda made: sum(each.part == "shape" for each in made)))
    return [
        Finding(
            "unknown", True,
            "nothing that was tried gives what the receiver computed; give the URL, body and secret that it uses",
        )
    ]  # fmt: skip


def _right(right: Sequence[Signature], wanted: Mapping[bytes, str], header: str | None) -> list[Finding]:
    """The receiver computed what one of the headers carries."""
    first = right[0]
    encoding = wanted[_digest(first.key.encode(), _parts(first), first.hash)]
    names = [each.header for each in right]
    if encoding != first.encoding:
        return [Finding("encoding", True, f"the right digest, as {encoding} where {names[0]} has {first.encoding}")]
    carried = f"what the receiver computed is what {' and '.join(names)} {'carry' if names[1:] else 'carries'}"
    if header is not None and header.lower() not in [name.lower() for name in names]:
        return [Finding("header", True, f"{carried}; it is compared with {header}")]
    return [Finding("match", False, carried)]


def _searched(
    signature: Signature, every: Sequence[Signature], known: Known, claims: Claims, wanted: Mapping[bytes, str],
    depth: int,
) -> tuple[Change, ...] | None:  # fmt: skip
    by_part: dict[str, list[Change]] = {}
    for change in changes(signature, every, known, claims):
        by_part.setdefault(change.part, []).append(change)
    base = _parts(signature)
    key = signature.key.encode()
    for parts in combinations(by_part, depth):
        first, rest = by_part[parts[0]], [by_part[part] for part in parts[1:]]
        for change in first:
            for more in rest[0] if rest else (None,):
                chosen = (change,) if more is None else (change, more)
                if _applied(base, key, signature.hash, chosen) in wanted:
                    return chosen
    return None


def _worded(made: Sequence[Change]) -> list[Finding]:
    return [Finding(each.kind, True, each.text) for change in made for each in change.differences]


def _parts(signature: Signature) -> _Parts:
    return [(part.what, part.data) for part in signature.parts]


def _applied(base: _Parts, key: bytes, hash_: str, made: Sequence[Change]) -> bytes:
    """The digest with these changes made."""
    for change in sorted(made, key=lambda each: each.part == "shape"):
        if change.part == "key":
            key = change.data
        elif change.part != "shape":
            base = [(what, change.data if what == change.part else data) for what, data in base]
        else:
            hash_ = change.hash or hash_
            if change.parts is not None:
                now = dict(base)
                base = [(what, now.get(what, data)) for what, data in change.parts]
    return _digest(key, base, hash_)


def _digest(key: bytes, parts: _Parts, hash_: str) -> bytes:
    return hmac.digest(key, b"".join(data for _, data in parts), hash_)


def _decoded(text: str) -> dict[bytes, str]:
    """The digests that a text may be, each with its encoding: the header's whole value is taken, too."""
    found: dict[bytes, str] = {}
    for piece in [text, *text.split(",")]:
        piece = piece.strip().strip("\"'")
        for prefix in _PREFIXES:
            piece = piece.removeprefix(prefix)
        try:
            raw = bytes.fromhex(piece)
        except ValueError:
            raw = b""
        if len(raw) in (20, 32, 64):
            found[raw] = "hex"
            continue
        try:
            raw = b64decode(piece.replace("-", "+").replace("_", "/") + "=" * (-len(piece) % 4), validate=True)
        except (NotBase64, ValueError):
            continue
        if len(raw) in (40, 64, 128) and all(byte in b"0123456789abcdefABCDEF" for byte in raw):
            found[bytes.fromhex(raw.decode())] = "base64 of hex"
        elif len(raw) in (20, 32, 64):
            found[raw] = "base64"
    return found
