"""What a Vobiz account keeps in its console, and switches for behaviour on which the facts disagree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from emulator.engine.values import value
from emulator.vendor_wire.settings import check_url

__all__ = ["VobizSettings", "inbound"]


@value
class VobizSettings:
    """Settings of one sandbox's Vobiz account; the defaults follow the best evidence.

    `hangup_call_status` (`completed`): `CallStatus` of the hangup callback. `completed` sends that word always and
    leaves the outcome to the `HangupCause…` fields; `detailed` sends `busy`, `no-answer`, `failed`, `timeout`,
    `cancel` for outbound calls that were not answered (VOBIZ-40).
    `make_call_status` (`201`): the status of an accepted make-call, `201` or `200` (VOBIZ-15).
    `bulk_response` (`string`): `request_uuid` for several destinations: that of the first, or `array`: all, with
    `"message": "calls fired"` (VOBIZ-17).
    `transfer_response` (`both`): the answer to a transfer names the call in `call_uuid` and in a list `call_uuids`;
    `single`: in `call_uuid` alone (VOBIZ-94).
    `gather_posts_on_timeout` (`false`): a Gather without input asks its `action` with empty fields instead of going
    on with the next element (VOBIZ-54).
    `strict_stay_alone` (`false`): a member of a conference without `stayAlone="true"` leaves as soon as nobody else
    is in, the first one at once (VOBIZ-121).
    `conference_api` (`documented`): `live` answers as the service was seen to: no room in the list, `{"error":
    "failed"}` for each (VOBIZ-129, VOBIZ-130).
    `sign` (`true`): callbacks carry `X-Vobiz-Signature-…` headers (VOBIZ-36).
    `accept_basic` (`false`): HTTP Basic with auth id and token is taken where the X-Auth headers are missing, as
    Plivo's SDKs send it (VOBIZ-4).
    `lenient_paths` (`false`): `/account/…/call/` in any case is taken, instead of 401 (VOBIZ-7).
    `answer_url`, `hangup_url`, `fallback_url`, each with its `…_method` (`POST`): the default application's, as far
    as it has none of its own. They are what an inbound call asks; empty: none. Without a `hangup_url` the answer URL
    is told of the end (VOBIZ-61).
    """

    hangup_call_status: Literal["completed", "detailed"] = "completed"
    make_call_status: Literal[201, 200] = 201
    bulk_response: Literal["string", "array"] = "string"
    transfer_response: Literal["both", "single"] = "both"
    gather_posts_on_timeout: bool = False
    strict_stay_alone: bool = False
    conference_api: Literal["documented", "live"] = "documented"
    sign: bool = True
    accept_basic: bool = False
    lenient_paths: bool = False
    answer_url: str = ""
    answer_method: Literal["POST", "GET"] = "POST"
    hangup_url: str = ""
    hangup_method: Literal["POST", "GET"] = "POST"
    fallback_url: str = ""
    fallback_method: Literal["POST", "GET"] = "POST"

    def __post_init__(self) -> None:
        check_url(self, "answer_url", "hangup_url", "fallback_url")


def inbound(urls: Mapping[str, str]) -> dict[str, Any]:
    """Those by which inbound calls are led to an application at `urls`, by neutral callback name."""
    return {f"{name}_url": urls[name] for name in ("answer", "hangup", "fallback") if name in urls}
