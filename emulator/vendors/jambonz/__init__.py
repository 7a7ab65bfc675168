"""jambonz: token-authenticated REST, signed JSON hooks, applications as JSON arrays of verbs."""

from __future__ import annotations

from emulator.vendor_api import Part, SocketLanguage, Vendor
from emulator.vendor_wire.later import Later, LaterTable
from emulator.vendors.jambonz import accounts
from emulator.vendors.jambonz.settings import JambonzSettings
from emulator.vendors.jambonz.settings import inbound as inbound_settings

__all__ = ["vendor"]

vendor = Vendor(
    name="jambonz",
    title="jambonz",
    routes=Later("emulator.vendors.jambonz.routes:build"),
    callbacks=Later("emulator.vendors.jambonz.callbacks:render"),
    read_program=Later("emulator.vendors.jambonz.language:parse"),
    socket=SocketLanguage(
        Later("emulator.vendors.jambonz.commanding:acknowledges"), Later("emulator.vendors.jambonz.commanding:read")
    ),
    sign=Later("emulator.vendors.jambonz.auth:sign"),
    signatures=Later("emulator.vendors.jambonz.auth:signatures"),
    refuse=Later("emulator.vendors.jambonz.errors:render"),
    fail=Later("emulator.vendors.jambonz.failing:fail"),
    name_leg=Later("emulator.vendors.jambonz.records:name_leg"),
    arrive=Later("emulator.vendors.jambonz.applications:arrive"),
    seed=accounts.seed,
    environ=accounts.environ,
    call_request=accounts.call_request,
    inbound_settings=inbound_settings,
    hosts=("api.jambonz.cloud",),
    settings=JambonzSettings,
    callbacks_named=LaterTable("emulator.vendors.jambonz.callbacks:NAMES"),
    parts=(
        Part("list calls", "documented"),
        Part("create call", "recorded"),
        Part("retrieve call, CallCount", "documented"),
        Part("live call control: every key of update call but dub", "recorded"),
        Part("delete call", "recorded"),
        Part("Applications, PhoneNumbers", "recorded"),
        Part("RecentCalls, Alerts", "recorded"),
        Part("Accounts, WebhookSecret, Conferences, Queues", "recorded"),
        Part("status, call and action hooks, retries", "recorded"),
        Part("Jambonz-Signature", "documented"),
        Part("inbound calls", "recorded"),
        Part("verbs say, play, pause, gather, dial, hangup, redirect, tag, config, answer, sip:decline", "recorded"),
        Part("verbs conference, enqueue, dequeue, leave, transcribe, dtmf, sip:refer, sip:request", "recorded"),
        Part("websocket applications: messages, acknowledgements, commands, reconnecting", "recorded"),
        Part("rate limit", "recorded"),
    ),
    not_emulated=LaterTable("emulator.vendors.jambonz.gaps:NOT_EMULATED"),
)  # fmt: skip
