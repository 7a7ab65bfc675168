"""Transfer: either leg of a call, or both, is taken to another document."""

from __future__ import annotations

from typing import Any, Final

from emulator.engine.commands import Redirect
from emulator.engine.program import Fetch, Hook, Program
from emulator.errors import Refused
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.forms import name_of
from emulator.vendors.vobiz.serving import Answer, Asking

__all__ = ["transfer"]

_LEGS: Final = {"aleg": ("aleg",), "bleg": ("bleg",), "both": ("aleg", "bleg")}


def transfer(asking: Asking) -> Answer:
    """VOBIZ-93: `aleg` is the leg that the path names, `bleg` the one it is bridged with."""
    fields = asking.fields()
    legs = _LEGS.get(fields.text("legs", "aleg"))
    if legs is None:
        raise Rejected(400, f"legs must be one of {', '.join(_LEGS)}, got {fields.text('legs')!r}")
    hooks = {}
    for leg in legs:
        fields.required(f"{leg}_url")
        hooks[leg] = Hook(fields.url(f"{leg}_url"), fields.method(f"{leg}_method"), "transfer")
    named = asking.sandbox.named(asking.id)
    if named is None:
        raise Refused("unknown_leg")
    partner = named.snapshot().partner
    if partner is None and "bleg" in legs:
        raise Refused("not_answered", leg=named.id)
    taken = {"aleg": named.id, "bleg": partner or ""}
    programs = tuple((taken[leg], Program((Fetch(hook),))) for leg, hook in hooks.items())
    asking.sandbox.do(Redirect(programs))
    body: dict[str, Any] = {"api_id": asking.api_id(), "message": "call transferred", "call_uuid": named.name}
    if asking.sandbox.settings.transfer_response == "both":
        body["call_uuids"] = [name_of(leg_id, asking.sandbox) for leg_id, _ in programs]
    return 202, body
