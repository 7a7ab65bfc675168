"""How one attempt was signed, and why a receiver got something else: the vendor's description, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from emulator.engine.values import field, value
from emulator.errors import UsageError
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.signing import ingredients
from emulator.webhooks.deliveries import Attempt, Delivery
from emulator.webhooks.explaining import Finding, explain
from emulator.webhooks.guessing import Claims, Known
from emulator.webhooks.signatures import Signature

__all__ = ["Explanation", "explained"]


@value
class Explanation:
    """`signatures`: as they were made; none where nothing was signed, and `why` says the reason. `fault`: the fault
    that spoiled them on purpose, in words."""

    attempt: int
    signed_at: datetime | None
    signatures: tuple[Signature, ...] = field(hash=False)
    findings: tuple[Finding, ...]
    why: str = ""
    fault: str = ""


def explained(sandbox: Sandbox, delivery: Delivery, number: int | None, claims: Claims) -> Explanation:
    """Of attempt `number`, by default the last. Raises `UsageError` for one that there is not."""
    if not delivery.attempts:
        return Explanation(0, None, (), (), why=f"it has not been sent yet: it is {delivery.state}")
    wanted = len(delivery.attempts) if number is None else number
    if not 1 <= wanted <= len(delivery.attempts):
        raise UsageError(f"attempt: expected a number from 1 to {len(delivery.attempts)}, got {wanted}")
    attempt = delivery.attempts[wanted - 1]
    why = _unsigned(sandbox, delivery, attempt)
    describe = sandbox.vendors[delivery.vendor].signatures
    if why or describe is None or attempt.signed_at is None:
        return Explanation(wanted, attempt.signed_at, (), (), why)
    body = delivery.body()
    request, at, nonce = ingredients(sandbox, delivery, attempt, attempt.signed_at)
    made = tuple(describe(request, body, at, nonce))
    if not made:
        return Explanation(wanted, at, (), (), "there is no secret to sign it with, or signing is switched off")
    fault = _fault(attempt)
    found = _findings(sandbox, delivery, attempt, made, claims, fault)
    return Explanation(wanted, at, made, found, fault=fault)


def _unsigned(sandbox: Sandbox, delivery: Delivery, attempt: Attempt) -> str:
    """Why there is no signature to explain; "" if there is one."""
    vendor = sandbox.vendors[delivery.vendor]
    if not vendor.signs:
        return f"{vendor.title} signs no webhook"
    if vendor.signatures is None:
        return f"how {vendor.title} signs is not described"
    if delivery.request.channel is not None:
        return "it is a message on a websocket, which is not signed"
    if attempt.fault is not None and attempt.fault.kind == "lost":
        return f"the fault {attempt.fault.name} lost it on the way: nobody received it"
    if attempt.signed_at is None:
        return "it was sent by a process that has ended, and headers are not kept; send it again"
    return ""


def _fault(attempt: Attempt) -> str:
    if attempt.fault is None:
        return ""
    return {
        "wrong-signature": f"the fault {attempt.fault.name} signed it with another secret on purpose",
        "stale-signature": f"the fault {attempt.fault.name} signed it as if {attempt.fault.span} ago on purpose",
        "no-signature": f"the fault {attempt.fault.name} left the signature out on purpose",
    }.get(attempt.fault.kind, "")


def _findings(
    sandbox: Sandbox, delivery: Delivery, attempt: Attempt, made: Sequence[Signature], claims: Claims, fault: str
) -> tuple[Finding, ...]:
    known = Known(delivery.request.url, delivery.body(), _secrets(sandbox, delivery.vendor))
    kind = attempt.fault.kind if attempt.fault is not None else ""
    if kind != "wrong-signature" or not fault:
        found = explain(made, known, claims)
        return tuple([Finding("fault", True, fault), *found] if kind == "no-signature" else found)
    describe = sandbox.vendors[delivery.vendor].signatures
    assert describe is not None and attempt.signed_at is not None
    nonce = sandbox.ids.digest("nonce", f"{delivery.id}#{attempt.number}")
    right = tuple(describe(delivery.request, delivery.body(), attempt.signed_at, nonce))
    found = explain(right, known, claims)
    return (Finding("fault", True, fault), *(each for each in found if each.kind != "unknown"))


def _secrets(sandbox: Sandbox, vendor: str) -> Mapping[str, str]:
    """Every credential of the sandbox by what it is called, this vendor's first."""
    found: dict[str, str] = {}
    for name, public in sorted(sandbox.public.items(), key=lambda item: item[0] != vendor):
        for key, held in public.items():
            if isinstance(held, str):
                found[f"the {key} of {name}"] = held
    return found
