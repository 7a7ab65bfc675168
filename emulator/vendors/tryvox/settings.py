"""What a TryVox account keeps in its console, and switches for behaviour on which the facts disagree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from emulator.engine.values import value
from emulator.vendor_wire.settings import check_url

__all__ = ["TryvoxSettings", "inbound"]


@value
class TryvoxSettings:
    """Settings of one sandbox's TryVox account; the defaults follow the best evidence.

    `notification_retries` (`false`): a notification that got no 2xx is sent three times more, after 1, 2 and 4 s, with
    the same body and a new signature (TRYVOX-46). Documents are never asked for twice.
    `sign_by_default` (`true`): where neither the call nor its application has a `webhook_secret`, the account's signs;
    off, such webhooks leave without signature headers (TRYVOX-42).
    `api_hangup_before_answer` (`canceled`): the status of a call hung up over the API before it was answered:
    `canceled`, or `completed` as one page says (TRYVOX-28).
    `inbound_status` (`ringing`): the `status` with which an inbound call asks its answer URL, `ringing` or `answered`
    (TRYVOX-59).
    `answer_url`, `answer_method` (`POST`), `hangup_url`, `ring_url`, `fallback_url`, `status_callback_url`: the default
    application's, as far as it has none of its own. The first is what an inbound call asks; empty: none.

    The account's test key is its live one with `tvx_sk_test_` in front: calls made with it stand in lists of their own
    (TRYVOX-6).
    """

    notification_retries: bool = False
    sign_by_default: bool = True
    api_hangup_before_answer: Literal["canceled", "completed"] = "canceled"
    inbound_status: Literal["ringing", "answered"] = "ringing"
    answer_url: str = ""
    answer_method: Literal["POST", "GET"] = "POST"
    hangup_url: str = ""
    ring_url: str = ""
    fallback_url: str = ""
    status_callback_url: str = ""

    def __post_init__(self) -> None:
        check_url(self, "answer_url", "hangup_url", "ring_url", "fallback_url", "status_callback_url")


_LED: Final = ("answer", "hangup", "ring", "fallback", "status")


def inbound(urls: Mapping[str, str]) -> dict[str, Any]:
    """Those by which inbound calls are led to an application at `urls`, by neutral callback name."""
    names = {"status": "status_callback_url"}
    return {names.get(name, f"{name}_url"): urls[name] for name in _LED if name in urls}
