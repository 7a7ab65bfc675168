"""The account that a new sandbox has at Vobiz: credentials, two numbers, a default application."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase, digits
from typing import Any, Final

from emulator.ids import Ids
from emulator.vendor_api import CallRequest, Seed

__all__ = [
    "DEFAULT_AUTH_ID",
    "DEFAULT_AUTH_TOKEN",
    "DEFAULT_NUMBERS",
    "call_request",
    "credential",
    "environ",
    "path_credential",
    "seed",
]

DEFAULT_AUTH_ID: Final = "MA_RINGBACK"
DEFAULT_AUTH_TOKEN: Final = "ringback-default-vobiz-auth-token-000001"
DEFAULT_NUMBERS: Final = ("+912271264300", "+912271264301")
DEFAULT_APP_ID: Final = "20260101000000001"
_OPENED: Final = "2025-12-01T00:00:00Z"


def credential(auth_id: str, auth_token: str) -> str:
    """How the right pair of headers is spelled for `VendorContext.sandbox`."""
    return f"vobiz:{auth_id}:{auth_token}"


def path_credential(auth_id: str) -> str:
    """How an account named in a path is spelled: it tells an unknown account from a foreign one."""
    return f"vobiz:{auth_id}"


def application(app_id: str, name: str, at: str, **given: Any) -> dict[str, Any]:
    """The record of an application, in Vobiz's own field names. Times as on the wire."""
    record = {
        "app_id": app_id, "app_name": name, "answer_url": "", "answer_method": "POST", "hangup_url": "",
        "hangup_method": "POST", "fallback_answer_url": "", "fallback_method": "POST", "message_url": "",
        "message_method": "POST", "sip_transfer_url": "", "sip_transfer_method": "POST", "default_app": False,
        "default_endpoint_app": False, "enabled": True, "public_uri": False, "log_incoming_message": True,
        "sub_account": "", "application_type": "XML", "created_at": at, "updated_at": at,
    }  # fmt: skip
    record.update(given)
    return record


def number(e164: str, app_id: str) -> dict[str, Any]:
    """The record of a number; `application_id` "" when nothing is attached."""
    return {"e164": e164, "application_id": app_id, "purchased_at": _OPENED, "updated_at": _OPENED}


def seed(ids: Ids, default: bool) -> Seed:
    """Fixed and documented for the default sandbox; made from `ids` for any other. VOBIZ-8 gives the formats."""
    if default:
        auth_id, token, numbers, app_id = DEFAULT_AUTH_ID, DEFAULT_AUTH_TOKEN, DEFAULT_NUMBERS, DEFAULT_APP_ID
    else:
        auth_id = "MA_" + ids.text("vobiz auth_id", "", 8, ascii_uppercase + digits)
        token = ids.hex("vobiz auth_token", "", 40)
        local = [ids.digits("vobiz number", str(index), 8) for index in range(2)]
        numbers = (f"+9122{local[0]}", f"+9180{local[1]}")
        app_id = ids.digits("vobiz application", "0", 17)
    return Seed(
        credentials=(credential(auth_id, token), path_credential(auth_id)),
        public={"auth_id": auth_id, "auth_token": token, "numbers": list(numbers)},
        records=(
            ("account", "main", {"auth_id": auth_id, "auth_token": token, "created_at": _OPENED}),
            ("application", app_id, application(app_id, "Default", _OPENED, default_app=True)),
            *(("number", e164, number(e164, app_id)) for e164 in numbers),
        ),
    )


def environ(public: Mapping[str, Any], base_url: str) -> dict[str, str]:
    """What `ringback run` sets: our own names, and those that Vobiz's SDKs read."""
    return {
        "RINGBACK_VOBIZ_URL": base_url,
        "RINGBACK_VOBIZ_AUTH_ID": public["auth_id"],
        "RINGBACK_VOBIZ_AUTH_TOKEN": public["auth_token"],
        "RINGBACK_VOBIZ_NUMBER": public["numbers"][0],
        "VOBIZ_AUTH_ID": public["auth_id"],
        "VOBIZ_AUTH_TOKEN": public["auth_token"],
    }


def call_request(public: Mapping[str, Any], from_: str, to: str, urls: Mapping[str, str]) -> CallRequest:
    """The make-call request a client would send; `urls` by neutral callback name (`answer`, `ring`, `hangup`)."""
    return CallRequest(
        method="POST",
        path=f"/api/v1/Account/{public['auth_id']}/Call/",
        headers=(("X-Auth-ID", public["auth_id"]), ("X-Auth-Token", public["auth_token"])),
        json={"from": from_ or public["numbers"][0], "to": to, **{f"{name}_url": url for name, url in urls.items()}},
    )
