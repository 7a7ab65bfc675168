"""The account that a new sandbox has at TryVox: keys, a signing secret, two numbers, an application."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase, digits
from typing import Any, Final

from emulator.ids import Ids
from emulator.vendor_api import CallRequest, Seed

__all__ = [
    "LIVE", "TEST", "call_request", "credential", "environ", "new_application", "new_number", "seed", "test_key",
]  # fmt: skip

LIVE: Final = "tvx_sk_live_"
TEST: Final = "tvx_sk_test_"

DEFAULT_AUTH_ID: Final = "AC00RINGBACK"
DEFAULT_API_KEY: Final = f"{LIVE}ringback_default_000000001"
DEFAULT_AUTH_TOKEN: Final = "ringback-default-tryvox-auth-token-000001"
DEFAULT_WEBHOOK_SECRET: Final = "ringback-default-tryvox-webhook-secret-01"
DEFAULT_APPLICATION_ID: Final = "7e1ec0de-0000-4000-8000-000000000001"
DEFAULT_NUMBERS: Final = ("+12025550190", "+12025550191")
_OPENED: Final = "2025-12-01T00:00:00Z"


def test_key(api_key: str) -> str:
    """TRYVOX-6: the account's test key, made from its live one."""
    return TEST + api_key.removeprefix(LIVE)


def credential(auth_id: str, secret: str) -> str:
    """How a pair of Basic, or with no `auth_id` a Bearer key, is spelled for `VendorContext.sandbox`."""
    return f"{auth_id}:{secret}"


def new_application(application_id: str, name: str, at: str) -> dict[str, Any]:
    """The record of an application; texts that are not set are empty. Times as on the wire (TRYVOX-64)."""
    return {
        "application_id": application_id, "name": name, "answer_url": "", "answer_method": "POST", "hangup_url": "",
        "ring_url": "", "fallback_url": "", "status_callback_url": "", "webhook_secret": "", "created_at": at,
        "updated_at": at,
    }  # fmt: skip


def new_number(e164: str, application_id: str | None) -> dict[str, Any]:
    """The record of a number, which is also what the wire shows (TRYVOX-61)."""
    return {
        "e164": e164, "country": "US", "type": "local", "region": "DC", "status": "active",
        "capabilities": ["voice", "sms"], "monthly_fee": "1.00", "setup_fee": "0.00", "currency": "USD",
        "trunk_id": None, "application_id": application_id, "created_at": _OPENED, "updated_at": _OPENED,
    }  # fmt: skip


def seed(ids: Ids, default: bool) -> Seed:
    """Fixed and documented for the default sandbox; made from `ids` for any other."""
    if default:
        auth_id, api_key, token, secret = DEFAULT_AUTH_ID, DEFAULT_API_KEY, DEFAULT_AUTH_TOKEN, DEFAULT_WEBHOOK_SECRET
        application_id, numbers = DEFAULT_APPLICATION_ID, DEFAULT_NUMBERS
    else:
        auth_id = "AC" + ids.text("tryvox auth_id", "", 10, ascii_uppercase + digits)
        api_key = LIVE + ids.hex("tryvox api_key", "", 32)
        token = ids.hex("tryvox auth_token", "", 40)
        secret = ids.hex("tryvox webhook_secret", "", 40)
        application_id = ids.uuid("tryvox application", "0")
        numbers = (f"+1202{ids.digits('tryvox number', '0', 7)}", f"+1646{ids.digits('tryvox number', '1', 7)}")
    bearers = (api_key, test_key(api_key))
    return Seed(
        credentials=(
            *(credential("", key) for key in bearers),
            *(credential(auth_id, key) for key in (token, *bearers)),  # TRYVOX-3
        ),
        public={
            "auth_id": auth_id, "api_key": api_key, "auth_token": token, "webhook_secret": secret,
            "numbers": list(numbers), "application_id": application_id,
        },
        records=(
            ("account", "main", {"auth_id": auth_id, "webhook_secret": secret, "application_id": application_id}),
            ("application", application_id, new_application(application_id, "Default", _OPENED)),
            *(("number", e164, new_number(e164, application_id)) for e164 in numbers),
        ),
    )  # fmt: skip


def environ(public: Mapping[str, Any], base_url: str) -> dict[str, str]:
    """What `ringback run` sets. TryVox has no SDK whose names could be set besides."""
    return {
        "RINGBACK_TRYVOX_URL": base_url,
        "RINGBACK_TRYVOX_AUTH_ID": public["auth_id"],
        "RINGBACK_TRYVOX_API_KEY": public["api_key"],
        "RINGBACK_TRYVOX_AUTH_TOKEN": public["auth_token"],
        "RINGBACK_TRYVOX_WEBHOOK_SECRET": public["webhook_secret"],
        "RINGBACK_TRYVOX_APPLICATION_ID": public["application_id"],
        "RINGBACK_TRYVOX_NUMBER": public["numbers"][0],
    }


def call_request(public: Mapping[str, Any], from_: str, to: str, urls: Mapping[str, str]) -> CallRequest:
    """The create-call request a client would send; `urls` by neutral callback name."""
    names = {"status": "status_callback_url"}
    return CallRequest(
        method="POST",
        path=f"/v1/voice/accounts/{public['auth_id']}/calls",
        headers=(("Authorization", f"Bearer {public['api_key']}"),),
        json={
            "from": from_ or public["numbers"][0],
            "to": to,
            **{names.get(name, f"{name}_url"): url for name, url in urls.items()},
        },
    )
