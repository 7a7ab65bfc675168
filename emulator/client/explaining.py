"""How a delivery was signed and what does not fit, in words: for whoever looks at a signature that is not accepted."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypedDict

__all__ = ["ClaimsOf", "Explanation", "Finding", "claims_of", "tell_explanation"]

HINTS: Final[Mapping[str, str]] = {
    "scheme": "Behind a proxy that ends TLS, use X-Forwarded-Proto or the public URL that you gave the provider.",
    "host": "Behind a proxy, use X-Forwarded-Host or the public URL that you gave the provider.",
    "port": "Behind a proxy, use X-Forwarded-Port or the public URL that you gave the provider.",
    "path": "Sign the path as it came over the wire, with any prefix that your proxy or router took off.",
    "query": "Use the raw query string if the query is signed, and none if it is not.",
    "body": "Keep the raw bytes of the body, and verify before anything parses them.",
    "secret": "`ringback explain --show-secret` shows the one that was used.",
    "clock": "Compare clocks; a sandbox with `signature_clock: sandbox` signs its own virtual time.",
    "header": "Compare with the header of the version that you compute, with the nonce that belongs to it.",
    "encoding": "Encode the digest as the header has it.",
    "form": "Put the parts together as shown above.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit; `is_cause`: it explains why the signatures differ."""

    kind: str
    is_cause: bool
    text: str


class ClaimsOf(TypedDict, total=False):
    """What the receiver has. `received`: the signature it computed; `header`: which one it compares that with;
    `seen_url`, `body`, `secret` as it has them; `at`: its clock. `attempt`: by default the last. `show_secret`: ours
    whole."""

    received: str
    header: str
    seen_url: str
    body: bytes | str
    secret: str
    at: datetime | str
    attempt: int
    show_secret: bool


class Explanation:
    """As the control API told it; `str()` tells it to a person. `is_wrong`: there is a cause of a difference."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = told
        self.why: str = told["why"]
        self.fault: str = told["fault"]
        self.signatures: tuple[Mapping[str, Any], ...] = tuple(told["signatures"])
        self.findings = tuple(Finding(**each) for each in told["findings"])

    @property
    def is_wrong(self) -> bool:
        return any(finding.is_cause for finding in self.findings)

    @property
    def causes(self) -> tuple[str, ...]:
        """The kinds of what explains the difference: `scheme`, `secret`, ..."""
        return tuple(finding.kind for finding in self.findings if finding.is_cause)

    def __str__(self) -> str:
        return tell_explanation(self.told)

    def __repr__(self) -> str:
        return f"<Explanation of {self.told['delivery']}: {', '.join(self.causes) or 'nothing is wrong'}>"


def claims_of(
    received: str | None = None,
    header: str | None = None,
    seen_url: str | None = None,
    body: bytes | str | None = None,
    secret: str | None = None,
    at: datetime | str | None = None,
    attempt: int | None = None,
    show_secret: bool = False,
) -> dict[str, Any]:
    """What the control API takes of these; an instant without an offset is UTC."""
    told: dict[str, Any] = {
        "received": received, "header": header, "seen_url": seen_url, "secret": secret, "attempt": attempt,
    }  # fmt: skip
    if isinstance(body, bytes):
        told |= {"body": b64encode(body).decode(), "encoding": "base64"}
    elif body is not None:
        told["body"] = body
    if isinstance(at, datetime):
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()
    told["at"] = at
    return {key: held for key, held in told.items() if held is not None} | (
        {"show_secret": True} if show_secret else {}
    )


def tell_explanation(told: Mapping[str, Any]) -> str:
    """Text for a terminal, ending with a line break."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    signed = f", signed at {told['signed_at'].replace('+00:00', 'Z')}" if told["signed_at"] else ""
    yield f"{told['delivery']} {told['callback']} {told['method']} {told['url']}"
    if told["attempt"]:
        yield f"attempt {told['attempt']}{signed}"
    if told["fault"]:
        yield f"! {told['fault']}"
    if told["why"]:
        yield f"It has no signature: {told['why']}."
    for signature in _apart(told["signatures"]):
        yield ""
        yield from _signature(signature)
    yield from _findings(told["findings"])


def _apart(signatures: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Headers that carry the same are told together."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in signatures:
        key = (each["signed"], each["digest"])
        if key in found:
            found[key]["header"] += f", {each['header']}"
        else:
            found[key] = dict(each)
    return list(found.values())


def _signature(signature: Mapping[str, Any]) -> Iterator[str]:
    yield f"{signature['header']}: {'(left out)' if signature['sent'] is None else signature['sent']}"
    encoding = "in base64" if signature["digest_encoding"] == "base64" else "in hexadecimal"
    digest = "" if signature["sent"] == signature["digest"] else f": {signature['digest']}"
    yield f"  {signature['algorithm']} {encoding}{digest}"
    yield f"  secret: {signature['secret']}  ({signature['secret_told']})"
    yield f"  signed, {signature['length']} bytes:"
    rows = [(_readable(part), part["told"]) for part in signature["parts"]]
    width = min(max(len(text) for text, _ in rows), 48)
    for text, what in rows:
        yield f"    {text:<{width}}  {what}" if len(text) <= width else f"    {text}\n    {'':<{width}}  ^ {what}"
    yield f"  not signed: {', '.join(signature['leaves_out'])}"
    if signature["tolerance"]:
        yield f"  verifiers take it for {signature['tolerance']} s"


def _readable(part: Mapping[str, Any]) -> str:
    if part["encoding"] == "base64":
        return f"(base64) {part['text']}"
    return part["text"].encode("unicode_escape").decode() if not part["text"].isprintable() else str(part["text"])


def _findings(findings: list[Mapping[str, Any]]) -> Iterator[str]:
    if not findings:
        return
    causes = [each for each in findings if each["is_cause"]]
    yield ""
    yield "What explains the difference:" if causes else "What was compared:"
    for each in [*causes, *(each for each in findings if not each["is_cause"])]:
        sign = "✗" if each["is_cause"] else "·"
        yield f"  {sign} {each['kind']}: {each['text']}"
        if each["is_cause"] and each["kind"] in HINTS:
            yield f"      {HINTS[each['kind']]}"
