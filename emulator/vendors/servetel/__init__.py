"""Servetel (the Tata "Smartflo" API family): a translator between its API and the engine."""

from typing import Final

from emulator.vendor_api import Part, Vendor
from emulator.vendor_wire.later import Later, LaterTable
from emulator.vendors.servetel import accounts
from emulator.vendors.servetel.settings import ServetelSettings
from emulator.vendors.servetel.settings import inbound as inbound_settings

__all__ = ["vendor"]

_PARTS: Final = (
    Part("GET live_calls: bare list, 19 keys, four filters", "documented"),
    Part("bearer token; raw token; login and refresh", "documented"),
    Part("logout; bodies of 401, 404, 405 and 422", "inferred"),
    Part("click_to_call, agent first; async 1 and 0", "documented"),
    Part("click_to_call_support, customer first, by API key", "documented"),
    Part("call/hangup with plain and prefixed ids", "recorded"),
    Part("call/options: fields, errors, states", "documented"),
    Part("call/records: filters, paging, fields", "documented"),
    Part("users, user/{id}, agent block and unblock, my_number", "documented"),
    Part("webhooks: triggers, templates, JSON, form and GET", "recorded"),
    Part("order of webhooks; causes of calls that fail", "inferred"),
    Part("inbound calls to an agent or a department", "inferred"),
    Part("recordings of whole calls", "inferred"),
    Part("API dialplan: recording, transfer, failover", "documented"),
    Part("API dialplan: asked again with keys, nested dialplans", "inferred"),
    Part("call/options: effects", "inferred"),
    Part("Smartflo profile", "documented"),
)

vendor: Final = Vendor(
    name="servetel",
    title="Servetel",
    routes=Later("emulator.vendors.servetel.routes:build"),
    callbacks=Later("emulator.vendors.servetel.callbacks:render"),
    read_program=Later("emulator.vendors.servetel.language:parse"),
    sign=Later("emulator.vendors.servetel.auth:sign"),
    signs=False,
    signatures=Later("emulator.vendors.servetel.auth:signatures"),
    refuse=Later("emulator.vendors.servetel.errors:render"),
    fail=Later("emulator.vendors.servetel.failing:fail"),
    name_leg=Later("emulator.vendors.servetel.wire:name_leg"),
    arrive=Later("emulator.vendors.servetel.inbound:arrive"),
    seed=accounts.seed,
    environ=accounts.environ,
    call_request=accounts.call_request,
    inbound_settings=inbound_settings,
    hosts=(
        "api.servetel.in", "api-smartflo.tatateleservices.com", "api.acefone.in", "api-account-uk.acefone.com",
    ),
    settings=ServetelSettings,
    callbacks_named=LaterTable("emulator.vendors.servetel.callbacks:NAMES"),
    parts=_PARTS,
    not_emulated=LaterTable("emulator.vendors.servetel.gaps:NOT_EMULATED"),
)  # fmt: skip
