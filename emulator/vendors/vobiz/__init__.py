"""Vobiz: header-authenticated REST, form-encoded callbacks, XML documents."""

from __future__ import annotations

from datetime import datetime

from emulator.ids import Ids
from emulator.vendor_api import Part, Vendor
from emulator.vendor_wire.later import Later, LaterTable
from emulator.vendors.vobiz import accounts
from emulator.vendors.vobiz.settings import VobizSettings
from emulator.vendors.vobiz.settings import inbound as inbound_settings

__all__ = ["vendor"]


def _name_leg(ids: Ids, leg_id: str, at: datetime) -> str:
    """VOBIZ-8: `call_uuid`, `request_uuid` and every `…UUID` of a call are one and the same."""
    return ids.uuid("vobiz call", leg_id)


def _name_recording(ids: Ids, recording_id: str) -> str:
    """VOBIZ-100."""
    return ids.uuid("vobiz recording", recording_id)


vendor = Vendor(
    name="vobiz",
    title="Vobiz",
    routes=Later("emulator.vendors.vobiz.routes:build"),
    callbacks=Later("emulator.vendors.vobiz.callbacks:render"),
    read_program=Later("emulator.vendors.vobiz.language:parse"),
    sign=Later("emulator.vendors.vobiz.auth:sign"),
    signatures=Later("emulator.vendors.vobiz.auth:signatures"),
    refuse=Later("emulator.vendors.vobiz.errors:render"),
    fail=Later("emulator.vendors.vobiz.failing:fail"),
    name_leg=_name_leg,
    arrive=Later("emulator.vendors.vobiz.applications:arrive"),
    seed=accounts.seed,
    environ=accounts.environ,
    call_request=accounts.call_request,
    inbound_settings=inbound_settings,
    hosts=("api.vobiz.ai", "media.vobiz.ai"),
    settings=VobizSettings,
    callbacks_named=LaterTable("emulator.vendors.vobiz.callbacks:NAMES"),
    parts=(
        Part("make a call", "documented"),
        Part("list live and queued calls", "documented"),
        Part("retrieve a live or queued call", "documented"),
        Part("retrieve a call that is over", "documented"),
        Part("hang up", "documented"),
        Part("ring, answer, fallback and hangup callbacks", "documented"),
        Part("signatures V2, V3, MA", "documented"),
        Part("machine detection, sync and async", "inferred"),
        Part("call history (cdr)", "documented"),
        Part("applications and numbers", "documented"),
        Part("auth/me, concurrency", "inferred"),
        Part("XML Speak, Play, Gather, Redirect, Hangup, Wait, PreAnswer", "documented"),
        Part("XML GetDigits, GetInput", "inferred"),
        Part("XML Dial, Number, User, and their callbacks", "documented"),
        Part("transfer", "documented"),
        Part("XML Conference and its callbacks", "documented"),
        Part("conference API", "documented"),
        Part("XML Record, DTMF, and their callbacks", "documented"),
        Part("play, speak, digits and record on a live call", "documented"),
        Part("recordings and their files", "documented"),
    ),
    name_recording=_name_recording,
    not_emulated=LaterTable("emulator.vendors.vobiz.gaps:NOT_EMULATED"),
)
