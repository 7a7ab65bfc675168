"""TryVox: Bearer and Basic REST, signed JSON webhooks, VoxML documents in JSON."""

from __future__ import annotations

from emulator.vendor_api import Part, Vendor
from emulator.vendor_wire.later import Later, LaterTable
from emulator.vendors.tryvox import accounts
from emulator.vendors.tryvox.settings import TryvoxSettings
from emulator.vendors.tryvox.settings import inbound as inbound_settings

__all__ = ["vendor"]

vendor = Vendor(
    name="tryvox",
    title="TryVox",
    routes=Later("emulator.vendors.tryvox.routes:build"),
    callbacks=Later("emulator.vendors.tryvox.callbacks:render"),
    read_program=Later("emulator.vendors.tryvox.language:parse"),
    sign=Later("emulator.vendors.tryvox.auth:sign"),
    signatures=Later("emulator.vendors.tryvox.auth:signatures"),
    refuse=Later("emulator.vendors.tryvox.errors:render"),
    fail=Later("emulator.vendors.tryvox.failing:fail"),
    name_leg=Later("emulator.vendors.tryvox.wire:name_leg"),
    name_recording=Later("emulator.vendors.tryvox.recordings:name_recording"),
    arrive=Later("emulator.vendors.tryvox.applications:arrive"),
    seed=accounts.seed,
    environ=accounts.environ,
    call_request=accounts.call_request,
    inbound_settings=inbound_settings,
    hosts=("api.tryvox.io",),
    settings=TryvoxSettings,
    callbacks_named=LaterTable("emulator.vendors.tryvox.callbacks:NAMES"),
    parts=(
        Part("list calls: filters, paging, order", "documented"),
        Part("list calls: edges of filters and paging", "inferred"),
        Part("Bearer keys", "documented"),
        Part("Basic auth", "recorded"),
        Part("test keys and X-Tenant-ID have lists of their own", "inferred"),
        Part("create, retrieve and hang up", "documented"),
        Part("transfer, play, speak, send digits, stop recording", "inferred"),
        Part("start recording", "documented"),
        Part("machine detection", "inferred"),
        Part("answer, ring, hangup, fallback and status callbacks", "documented"),
        Part("signatures", "recorded"),
        Part("names of events, pairing of end reasons and statuses", "inferred"),
        Part("numbers and their application", "documented"),
        Part("applications", "recorded"),
        Part("inbound calls through the application", "recorded"),
        Part("VoxML Say, Play, Pause, Gather, Redirect, Hangup, Reject, Dial, Record, Conference", "documented"),
        Part("bodies of Gather, Dial and Record actions, of transcriptions and of conference events", "inferred"),
        Part("recordings as audio", "inferred"),
        Part("conferences: list, one, end", "documented"),
        Part("conferences: mute a member", "inferred"),
    ),
    not_emulated=LaterTable("emulator.vendors.tryvox.gaps:NOT_EMULATED"),
)  # fmt: skip
