"""What a receiver may have done differently when it made a signature: one change for each. Pure."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from emulator.engine.values import field, value
from emulator.webhooks.body_variants import body_difference, body_variants, form_texts
from emulator.webhooks.signatures import Signature
from emulator.webhooks.url_variants import Difference, differences, url_variants

__all__ = ["Change", "Claims", "Known", "changes", "secret_difference"]

Part = Literal["url", "body", "seconds", "nonce", "key", "shape"]


@value
class Claims:
    """What the receiver has. `received`: the signature it computed, alone or as the header's value; `seen_url`: the URL
    as it saw it; `secret`: the one it uses; `at`: its clock when it looked; `header`: the header that it compares with.
    None for what it does not say."""

    received: str | None = None
    header: str | None = None
    seen_url: str | None = None
    body: bytes | None = None
    secret: str | None = None
    at: datetime | None = None


@value
class Known:
    """What else is known: the request's URL as sent and its body, and other secrets by what they are called."""

    url: str
    body: bytes
    secrets: Mapping[str, str] = field(default_factory=dict, hash=False)


@value
class Change:
    """One thing done differently. `data` stands in the place of a part or of the key; of a `shape`, `parts` are what is
    strung together instead, and `hash` is used instead."""

    part: Part
    differences: tuple[Difference, ...]
    data: bytes = b""
    parts: tuple[tuple[str, bytes], ...] | None = None
    hash: str = ""


def changes(signature: Signature, every: Sequence[Signature], known: Known, claims: Claims) -> Iterator[Change]:
    """What the receiver told of itself, then what others have done before it."""
    yield from _urls(signature, known, claims)
    yield from _bodies(signature, known, claims)
    yield from _keys(signature, known, claims)
    yield from _seconds(signature, claims)
    yield from _nonces(signature, every)
    yield from _shapes(signature, known)


def _one(part: Part, kind: str, text: str, data: bytes) -> Change:
    return Change(part, (Difference(kind, text),), data)


def _urls(signature: Signature, known: Known, claims: Claims) -> Iterator[Change]:
    part = signature.part("url")
    if part is None:
        return
    if claims.seen_url is not None:
        found = differences(known.url, claims.seen_url)
        bare = claims.seen_url.partition("#")[0].partition("?")[0]
        is_whole = signature.signs_query
        signed = tuple(each for each in found if is_whole or each.kind != "query")
        yield Change("url", signed, (claims.seen_url if is_whole else bare).encode())
        if not is_whole and bare != claims.seen_url:
            text = f"the query {claims.seen_url[len(bare) :]} is in it; the URL is signed without"
            yield Change("url", (*signed, Difference("query", text)), claims.seen_url.encode())
    for variant in url_variants(known.url, part.data):
        yield Change("url", variant.differences, variant.data)
    if signature.part("body") is None:
        query = known.url.partition("#")[0].partition("?")[2]
        for fields in form_texts(known.body, query):
            for joint in ("", ".", "?"):
                shown = fields if len(fields) <= 40 else f"{fields[:39]}…"
                text = f"the form's fields ({shown}) follow the URL in it; they are not signed"
                yield _one("url", "body", text, part.data + f"{joint}{fields}".encode())
        if known.body:
            yield _one("url", "body", "the body follows the URL in it; it is not signed", part.data + known.body)


def _bodies(signature: Signature, known: Known, claims: Claims) -> Iterator[Change]:
    part = signature.part("body")
    if part is None:
        return
    if claims.body is not None:
        found = body_difference(part.data, claims.body)
        if found is not None:
            yield Change("body", (found,), claims.body)
    if part.data != known.body:
        text = f"the body as it was sent ({len(known.body)} bytes); what is signed is {part.told}"
        yield _one("body", "body", text, known.body)
    for variant in body_variants(part.data):
        yield Change("body", variant.differences, variant.data)


def _keys(signature: Signature, known: Known, claims: Claims) -> Iterator[Change]:
    key = signature.key
    if claims.secret is not None and claims.secret != key:
        yield _one("key", "secret", secret_difference(signature, claims.secret, known.secrets), claims.secret.encode())
    for name, other in known.secrets.items():
        if other != key:
            yield _one("key", "secret", secret_difference(signature, other, {name: other}), other.encode())
    for made in (f"{key}\n", f"{key} ", f'"{key}"', key.lower(), key.upper(), ""):
        if made != key:
            text = secret_difference(signature, made, {}) if made else "an empty secret"
            yield _one("key", "secret", text, made.encode())
    prefix, underscore, bare = key.rpartition("_")
    if underscore:
        yield _one("key", "secret", f"the secret without its beginning {prefix}_", bare.encode())
    for decode, text in ((bytes.fromhex, "hexadecimal"), (_base64, "base64")):
        try:
            yield _one("key", "secret", f"the secret decoded as {text}; it is used as it is written", decode(key))
        except ValueError:
            continue


def _base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except NotBase64 as problem:
        raise ValueError(str(problem)) from problem


def _seconds(signature: Signature, claims: Claims) -> Iterator[Change]:
    part = signature.part("seconds")
    if part is None:
        return
    if claims.at is not None:
        text = "the receiver's own time, where the time in the header belongs"
        yield _one("seconds", "clock", text, str(int(claims.at.timestamp())).encode())
    yield _one("seconds", "clock", "the time in milliseconds, where it is in seconds", part.data + b"000")


def _nonces(signature: Signature, every: Sequence[Signature]) -> Iterator[Change]:
    part = signature.part("nonce")
    if part is None:
        return
    for other in every:
        their = other.part("nonce")
        if their is not None and their.data != part.data:
            text = f"the nonce of {their.header}, where that of {part.header} belongs"
            yield _one("nonce", "header", text, their.data)


def _shapes(signature: Signature, known: Known) -> Iterator[Change]:
    parts: list[tuple[str, bytes]] = [(part.what, part.data) for part in signature.parts]

    def shape(text: str, made: list[tuple[str, bytes]]) -> Change:
        return Change("shape", (Difference("form", text),), parts=tuple(made))

    for other in ("sha1", "sha512", "sha256"):
        if other != signature.hash:
            text = f"HMAC-{other.upper()} instead of HMAC-{signature.hash.upper()}"
            yield Change("shape", (Difference("form", text),), hash=other)
    plain = [part for part in parts if part[0] != "separator"]
    if len(plain) < len(parts):
        yield shape("without the separator", plain)
    for index, (what, _) in enumerate(plain):
        yield shape(f"without the {_NAMES[what]}", _joined([*plain[:index], *plain[index + 1 :]], parts))
    yield shape("the parts in the opposite order", parts[::-1])
    for joint in (b".", b":", b"\n", b"|"):
        text = f"{joint.decode()!r} between the parts"
        yield shape(text, _spread(plain, joint))
    if signature.part("url") is None:
        url = known.url.encode()
        yield shape("the URL before it; it is not signed", [("url", url), *parts])
        yield shape("the URL and a dot before it; it is not signed", [("url", url), ("dot", b"."), *parts])


_NAMES = {"url": "URL", "body": "body", "seconds": "time", "nonce": "nonce"}


def _joined(plain: list[tuple[str, bytes]], parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """With the separators that are left between what is left."""
    joint = next((data for what, data in parts if what == "separator"), b"")
    return _spread(plain, joint)


def _spread(plain: list[tuple[str, bytes]], joint: bytes) -> list[tuple[str, bytes]]:
    made: list[tuple[str, bytes]] = []
    for each in plain:
        made += [("joint", joint), each] if made else [each]
    return made


def secret_difference(signature: Signature, given: str, others: Mapping[str, str]) -> str:
    """What is wrong with a secret, without telling either."""
    key = signature.key
    for name, other in others.items():
        if given == other != key:
            return f"the receiver's secret is {name}; it is signed with the {signature.key_told}"
    if given.strip() == key:
        return "the receiver's secret has blanks or a line break around it"
    if given.strip("\"'") == key:
        return "the receiver's secret has quotes around it"
    if given.lower() == key.lower():
        return "the receiver's secret differs in upper and lower case"
    if given and (given in key or key in given):
        return f"the receiver's secret is only part of the {signature.key_told}, or has something added"
    return f"the receiver's secret is not the {signature.key_told}"
