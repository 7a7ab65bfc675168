"""jambonz: token-authenticated REST, signed JSON hooks, applications as JSON arrays of verbs."""

from __future__ import annotations

from emulator.vendor_api import Part, SocketLanguage, Vendor
from emulator.vendors.jambonz import (
    accounts,
    applications,
    auth,
    callbacks,
    commanding,
    errors,
    failing,
    language,
    records,
    routes,
    updates,
)  # fmt: skip
from emulator.vendors.jambonz.settings import JambonzSettings
from emulator.vendors.jambonz.settings import inbound as inbound_settings

__all__ = ["vendor"]

vendor = Vendor(
    name="jambonz",
    title="jambonz",
    routes=routes.build,
    callbacks=callbacks.render,
    read_program=language.parse,
    socket=SocketLanguage(commanding.acknowledges, commanding.read),
    sign=auth.sign,
    signatures=auth.signatures,
    refuse=errors.render,
    fail=failing.fail,
    name_leg=records.name_leg,
    arrive=applications.arrive,
    seed=accounts.seed,
    environ=accounts.environ,
    call_request=accounts.call_request,
    inbound_settings=inbound_settings,
    hosts=("api.jambonz.cloud",),
    settings=JambonzSettings,
    callbacks_named=callbacks.NAMES,
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
    not_emulated=(
        "websocket for statuses alone", "audio sockets", "client authentication", "tool-request hooks",
        "create call confirmHook", "create call to teams", "say stream", "dial listen, stream, dub",
        "gather actionHookDelayAction", "config bargeIn, amd, listen, stream, ttsStream, actionHookDelayAction",
        "conference record, listen", "loop forever over several texts or files", "command llm and tts",
        *updates.NOT_EMULATED, *(f"verb {name}" for name in language.NOT_EMULATED), *routes.NOT_EMULATED,
    ),
)  # fmt: skip
