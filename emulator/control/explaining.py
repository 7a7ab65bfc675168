"""How a delivery was signed, and why a receiver finds its signature wrong."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from urllib.parse import urlsplit

from emulator.control import requests as r
from emulator.control.answers import ExplanationAnswer, FindingAnswer, SignatureAnswer, SignedPartAnswer
from emulator.control.errors import ControlError
from emulator.control.finding import delivery_named
from emulator.control.operations import Operation, Visit
from emulator.control.views import text_of
from emulator.runtime.explanation import Explanation, explained
from emulator.webhooks.deliveries import Delivery
from emulator.webhooks.guessing import Claims
from emulator.webhooks.signatures import Signature

__all__ = ["OPERATIONS"]


async def get(visit: Visit) -> ExplanationAnswer:
    query: r.ExplainQuery = visit.query
    delivery = delivery_named(visit.sandbox, visit.named("delivery"))
    made = explained(visit.sandbox, delivery, query.attempt, Claims())
    return _shown(delivery, made, query.show_secret)


async def post(visit: Visit) -> ExplanationAnswer:
    body: r.Explain = visit.body
    delivery = delivery_named(visit.sandbox, visit.named("delivery"))
    if body.seen_url is not None and not _is_url(body.seen_url):
        message = f"seen_url: expected a URL such as https://shop.example/hook, got {body.seen_url!r:.200}"
        raise ControlError(
            "invalid_field", message, "Give it whole, as your code puts it together to check a signature."
        )
    claims = Claims(body.received, body.header, body.seen_url, _body(body), body.secret, body.at)
    return _shown(delivery, explained(visit.sandbox, delivery, body.attempt, claims), body.show_secret)


def _is_url(text: str) -> bool:
    """With a host, or at least with a path: that is all that some frameworks tell."""
    try:
        return text.startswith("/") or bool(urlsplit(text).netloc)
    except ValueError:
        return False


def _body(given: r.Explain) -> bytes | None:
    if given.body is None or given.encoding == "utf-8":
        return given.body.encode() if given.body is not None else None
    try:
        return b64decode(given.body, validate=True)
    except NotBase64 as problem:
        raise ControlError("invalid_field", f"body: expected base64, as encoding says ({problem})", "") from problem


def _shown(delivery: Delivery, made: Explanation, show_secret: bool) -> ExplanationAnswer:
    request = delivery.request
    return ExplanationAnswer(
        delivery.id, delivery.call, delivery.vendor, delivery.callback, request.method, request.url, made.attempt,
        made.signed_at, made.why, made.fault,
        [_signature(each, delivery, made.attempt, show_secret) for each in made.signatures],
        [FindingAnswer(each.kind, each.is_cause, each.text) for each in made.findings],
    )  # fmt: skip


def _signature(made: Signature, delivery: Delivery, attempt: int, show_secret: bool) -> SignatureAnswer:
    sent = dict(delivery.attempts[attempt - 1].headers).get(made.header)
    signed, encoding = text_of(made.signed)
    parts = [SignedPartAnswer(part.what, *text_of(part.data), part.told, part.header or None) for part in made.parts]
    return SignatureAnswer(
        made.header, made.label, sent, made.digest, f"HMAC-{made.hash.upper()}", made.encoding,
        made.key if show_secret else _masked(made.key), made.key_told, len(made.signed), signed, encoding, parts,
        list(made.leaves_out), made.tolerance,
    )  # fmt: skip


def _masked(secret: str) -> str:
    return f"{secret[:4]}…{secret[-2:]}" if len(secret) > 12 else "…"


OPERATIONS = (
    Operation("GET", "/sandboxes/{sandbox}/deliveries/{delivery}/explain", "getExplanation",
              "How it was signed: what, with which secret, byte for byte.", get, ExplanationAnswer,
              query=r.ExplainQuery, refusals=("unknown_delivery",), tag="deliveries"),
    Operation("POST", "/sandboxes/{sandbox}/deliveries/{delivery}/explain", "explainSignature",
              "The same, and why the receiver, which has these, finds the signature wrong.", post, ExplanationAnswer,
              body=r.Explain, refusals=("unknown_delivery",), tag="deliveries"),
)  # fmt: skip
