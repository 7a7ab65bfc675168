"""Faults that strike deliveries, and what faults are checked against: the synchronous half of bad days.

Everything here follows from a sandbox's inputs, so a replay does it again by itself; the journal's `struck` entries of
deliveries only tell it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from emulator.errors import UsageError
from emulator.scenarios.faults import Fault
from emulator.vendor_api import Vendor
from emulator.webhooks.deliveries import Attempt, Delivery, Injected
from emulator.webhooks.values import Outcome

if TYPE_CHECKING:
    from emulator.runtime.sandbox import Sandbox

__all__ = ["check_faults", "heard", "strike", "struck"]

_NONCE: Final = bytes(32)


def check_faults(faults: Iterable[Fault], vendors: Mapping[str, Vendor], where: str = "faults") -> None:
    """Whether they name what there is. Raises `UsageError`, naming the path."""
    for index, fault in enumerate(faults):
        if fault.vendor and fault.vendor not in vendors:
            _refuse(f"{where}[{index}].vendor", fault.vendor, vendors)
        meant = [vendors[fault.vendor]] if fault.vendor else list(vendors.values())
        known = sorted({name for vendor in meant for name in vendor.callbacks_named})
        if fault.callback and fault.callback not in known:
            _refuse(f"{where}[{index}].callback", fault.callback, known)
        if fault.traits.is_signing and not any(vendor.signs for vendor in meant):
            names = " nor ".join(vendor.name for vendor in meant)
            raise UsageError(f"{where}[{index}].fault: `{fault.fault}` cannot strike: {names} signs no webhook")


def _refuse(where: str, came: str, known: Iterable[str]) -> None:
    known = list(known)
    close = get_close_matches(came, known, 1, 0.5)
    guess = f" (did you mean {close[0]}?)" if close else ""
    raise UsageError(f"{where}: expected one of {', '.join(known)}, got {came!r}{guess}")


def struck(sandbox: Sandbox, delivery: Delivery, attempt: Attempt) -> Fault | None:
    """The fault that strikes an attempt that is about to leave, if one does; it is counted.

    Copies and what a person sends again are never struck, nor an attempt that was held back once more.
    """
    if delivery.resend_of is not None:
        return None
    if delivery.held is not None and delivery.held[0] == attempt.number:
        attempt.fault = delivery.held[1]
        return None
    request = delivery.request

    def numbers() -> Iterable[str]:
        call = sandbox.engine.calls.get(request.call)
        return [number for leg in call.legs for number in (leg.from_, leg.to)] if call is not None else ()

    def is_signed() -> bool:
        return request.channel is None and bool(sandbox.vendors[delivery.vendor].sign(request, b"", attempt.at, _NONCE))

    key = f"{delivery.id}#{attempt.number}"
    has_answer = request.channel is None
    return sandbox.faults.for_delivery(
        delivery.vendor, delivery.callback, key, numbers, is_signed, has_answer=has_answer
    )  # fmt: skip


def strike(sandbox: Sandbox, fault: Fault, delivery: Delivery, attempt: Attempt) -> bool:
    """Do it, and tell the journal; whether the attempt leaves now."""
    injected = Injected(fault.name, fault.fault, fault.lasts)
    if fault.fault in ("delayed", "reordered"):
        _note(sandbox, fault, delivery, attempt)
        delivery.held = (attempt.number, injected)
        sandbox.outbox.postpone(delivery, attempt, attempt.at + fault.lasts, aside=fault.fault == "reordered")
        return False
    attempt.fault = injected
    sandbox.note_sent(delivery, attempt)
    _note(sandbox, fault, delivery, attempt)
    if fault.fault == "lost":
        sandbox.outbox.hang(delivery, attempt, attempt.at)
        return False
    if fault.fault in ("duplicated", "twice"):
        sandbox.outbox.add(
            delivery.request, attempt.at, resend_of=delivery.id, leaves_at=attempt.at + fault.lasts
        ).copied_by = injected  # fmt: skip
    return True


def heard(attempt: Attempt, outcome: Outcome) -> Outcome:
    """What the provider hears of an attempt that ended: of an answer that was lost, that the connection broke."""
    reply = outcome.reply
    if reply is None or attempt.fault is None or attempt.fault.kind != "answer-lost":
        return outcome
    text = f"the fault {attempt.fault.name} lost the answer, which had status {reply.status}"
    return Outcome(None, "connection", text, outcome.seconds, outcome.started)


def _note(sandbox: Sandbox, fault: Fault, delivery: Delivery, attempt: Attempt) -> None:
    data: dict[str, Any] = {"name": fault.name, "fault": fault.fault}
    if fault.lasts:
        data["span"] = fault.seconds
    data |= {"delivery": delivery.id, "attempt": attempt.number, "callback": delivery.callback}
    sandbox.note_fault(attempt.at, delivery.call, delivery.vendor, data)
