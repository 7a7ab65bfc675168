"""Vobiz: header-authenticated REST, form-encoded callbacks, XML documents."""

from __future__ import annotations

from datetime import datetime

from emulator.ids import Ids
from emulator.vendor_api import Part, Vendor
from emulator.vendors.vobiz import accounts, applications, auth, callbacks, errors, failing, language, routes
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
    routes=routes.build,
    callbacks=callbacks.render,
    read_program=language.parse,
    sign=auth.sign,
    signatures=auth.signatures,
    refuse=errors.render,
    fail=failing.fail,
    name_leg=_name_leg,
    arrive=applications.arrive,
    seed=accounts.seed,
    environ=accounts.environ,
    call_request=accounts.call_request,
    inbound_settings=inbound_settings,
    hosts=("api.vobiz.ai", "media.vobiz.ai"),
    settings=VobizSettings,
    callbacks_named=callbacks.NAMES,
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
    not_emulated=(*(f"XML {verb}" for verb in language.NOT_EMULATED), *routes.NOT_EMULATED),
)
