"""Switches for behaviour of jambonz on which the facts disagree, and the default application's URLs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from emulator.engine.values import value
from emulator.vendor_wire.settings import YEAR, Seconds, check_url
from emulator.vendor_wire.urls import HTTP, SOCKET

__all__ = ["JambonzSettings", "inbound"]


@value
class JambonzSettings:
    """Settings of one sandbox's jambonz account; the defaults follow the best evidence.

    `call_hook`, `call_status_hook` (empty): the default application's, as far as its own are empty. They are what an
    inbound call asks and what is told of its progress.
    `record_seconds` (`3600`): how long a call's record is kept after its last status change at 200 or above, answered
    calls included; `0` keeps those of live calls for ever and those of ended ones not at all (JAMBONZ-31).
    `unanswered_record_seconds` (`43200`): the same below 200.
    `documented_fields_only` (`false`): call records leave out `sip_reason`, `trace_id`, `sbc_callid` and
    `call_termination_by`, which live systems send and the documentation does not name (JAMBONZ-33).
    `delete_hangs_up` (`false`): deleting a call hangs it up too, as the SDK's comments have it, instead of only
    forgetting its record (JAMBONZ-57).
    `strict_properties` (`false`): properties that nobody documents make a create-call request fail (500) and a verb
    invalid, as release 0.9 has it, instead of being ignored (JAMBONZ-45, JAMBONZ-100).
    `bare_get` (`false`): a hook asked by GET gets no query of ours, as the code has it, instead of the documented
    arguments (JAMBONZ-81).
    `rate_limit` (`0`): how many API requests are answered in a window; `0` answers all. A self-hosted server says 600
    (JAMBONZ-16).
    `rate_limit_seconds` (`300`): how long that window is; it begins with its first request.
    """

    call_hook: str = ""
    call_status_hook: str = ""
    record_seconds: Seconds = 3600
    unanswered_record_seconds: Seconds = 43_200
    documented_fields_only: bool = False
    delete_hangs_up: bool = False
    strict_properties: bool = False
    bare_get: bool = False
    rate_limit: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    rate_limit_seconds: Annotated[int, msgspec.Meta(ge=1, le=YEAR)] = 300

    def __post_init__(self) -> None:
        check_url(self, "call_hook", "call_status_hook", schemes=(*HTTP, *SOCKET))


def inbound(urls: Mapping[str, str]) -> dict[str, Any]:
    """Those by which inbound calls are led to an application at `urls`, by neutral callback name."""
    told = urls.get("status") or urls.get("hangup")
    return {"call_hook": urls.get("answer", ""), **({"call_status_hook": told} if told else {})}
