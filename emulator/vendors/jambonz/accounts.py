"""The account that a new sandbox has at jambonz: an API key, a carrier, an application, two numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.ids import Ids
from emulator.vendor_api import CallRequest, CallView, Seed

__all__ = [
    "DEFAULT_ACCOUNT_SID", "DEFAULT_API_KEY", "DEFAULT_APPLICATION_SID", "DEFAULT_NUMBERS", "DEFAULT_WEBHOOK_SECRET",
    "SPEECH", "account", "application", "call_request", "carrier", "environ", "new_secret", "number", "seed",
]  # fmt: skip

# JAMBONZ-11: lower-case UUIDs, without prefixes
DEFAULT_ACCOUNT_SID: Final = "10000000-0000-4000-8000-000000000001"
DEFAULT_API_KEY: Final = "20000000-0000-4000-8000-000000000002"
DEFAULT_APPLICATION_SID: Final = "30000000-0000-4000-8000-000000000003"
DEFAULT_WEBHOOK_SECRET: Final = "wh_secret_ringbackDefaultSecret1"
DEFAULT_NUMBERS: Final = ("+14085550150", "+14085550151")
_OPENED: Final = "2025-12-01T00:00:00.000Z"
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

SPEECH: Final[dict[str, Any]] = {
    "speech_synthesis_vendor": "google",
    "speech_synthesis_language": "en-US",
    "speech_synthesis_voice": "en-US-Standard-C",
    "speech_synthesis_label": None,
    "speech_recognizer_vendor": "google",
    "speech_recognizer_language": "en-US",
    "speech_recognizer_label": None,
    "use_for_fallback_speech": 0,
    "fallback_speech_synthesis_vendor": None,
    "fallback_speech_synthesis_language": None,
    "fallback_speech_synthesis_voice": None,
    "fallback_speech_synthesis_label": None,
    "fallback_speech_recognizer_vendor": None,
    "fallback_speech_recognizer_language": None,
    "fallback_speech_recognizer_label": None,
}
"""JAMBONZ-62: an application's speech, unless told otherwise."""


def application(sid: str, name: str, owner: Mapping[str, Any], at: str, **given: Any) -> dict[str, Any]:
    """The record of an application, which is its wire form (JAMBONZ-61)."""
    record = {
        "application_sid": sid, "name": name, "service_provider_sid": None, "account_sid": owner["account_sid"],
        "call_hook": None, "call_status_hook": None, "messaging_hook": None, "app_json": None, **SPEECH,
        "env_vars": None, "record_all_calls": 0, "created_at": at,
    }  # fmt: skip
    record.update(given)
    return record


def number(sid: str, digits: str, owner: Mapping[str, Any], carrier_sid: Any, application_sid: Any) -> dict[str, Any]:
    """The record of a number, which is its wire form (JAMBONZ-66); `number` has no `+`."""
    return {
        "phone_number_sid": sid, "number": digits, "voip_carrier_sid": carrier_sid,
        "account_sid": owner["account_sid"], "application_sid": application_sid, "service_provider_sid": None,
    }  # fmt: skip


def new_secret(ids: Ids, key: str) -> str:
    """JAMBONZ-13: `wh_secret_` and a short UUID."""
    return "wh_secret_" + ids.text("jambonz webhook secret", key, 22, _ALPHABET)


def account(view: CallView) -> Mapping[str, Any]:
    """The sandbox's account, in its wire form."""
    found = view.records.get("account", "main")
    assert found is not None
    return found


def carrier(view: CallView) -> Mapping[str, Any]:
    """The carrier of its numbers."""
    return next(view.records.all("carrier"))


def seed(ids: Ids, is_default: bool) -> Seed:
    """Fixed and documented for the default sandbox; made from `ids` for any other."""
    sids = {name: ids.uuid(f"jambonz {name}", "") for name in ("provider", "carrier", "call_hook", "call_status_hook")}
    if is_default:
        account_sid, key, app_sid = DEFAULT_ACCOUNT_SID, DEFAULT_API_KEY, DEFAULT_APPLICATION_SID
        secret, numbers = DEFAULT_WEBHOOK_SECRET, DEFAULT_NUMBERS
    else:
        account_sid, key = ids.uuid("jambonz account", ""), ids.uuid("jambonz api key", "")
        app_sid, secret = ids.uuid("jambonz application", ""), new_secret(ids, "")
        numbers = ("+1408" + ids.digits("jambonz number", "0", 7), "+1628" + ids.digits("jambonz number", "1", 7))
    owner = {
        "account_sid": account_sid, "name": "Ringback", "sip_realm": f"{account_sid[:8]}.sip.example",
        "service_provider_sid": sids["provider"], "registration_hook": None, "queue_event_hook": None,
        "device_calling_application_sid": None, "is_active": 1, "created_at": _OPENED, "plan_type": "free",
        "webhook_secret": secret, "record_all_calls": 0, "record_format": "mp3",
    }  # fmt: skip
    hooks = {
        name: {"webhook_sid": sids[name], "url": "", "method": "POST", "username": None, "password": None}
        for name in ("call_hook", "call_status_hook")
    }
    lines = [number(ids.uuid("jambonz number", text), text[1:], owner, sids["carrier"], app_sid) for text in numbers]
    return Seed(
        credentials=(key,),
        public={
            "account_sid": account_sid, "api_key": key, "application_sid": app_sid, "webhook_secret": secret,
            "numbers": list(numbers),
        },
        records=(
            ("account", "main", owner),
            ("carrier", sids["carrier"], {"voip_carrier_sid": sids["carrier"], "name": "ringback"}),
            ("application", app_sid, application(app_sid, "default", owner, _OPENED, **hooks)),
            *(("number", line["phone_number_sid"], line) for line in lines),
        ),
    )  # fmt: skip


def environ(public: Mapping[str, Any], base_url: str) -> dict[str, str]:
    """What `ringback run` sets: our own names, and those that jambonz's SDKs and samples read."""
    return {
        "RINGBACK_JAMBONZ_URL": base_url,
        "RINGBACK_JAMBONZ_ACCOUNT_SID": public["account_sid"],
        "RINGBACK_JAMBONZ_API_KEY": public["api_key"],
        "RINGBACK_JAMBONZ_APPLICATION_SID": public["application_sid"],
        "RINGBACK_JAMBONZ_WEBHOOK_SECRET": public["webhook_secret"],
        "RINGBACK_JAMBONZ_NUMBER": public["numbers"][0],
        "JAMBONZ_BASE_URL": base_url,
        "JAMBONZ_ACCOUNT_SID": public["account_sid"],
        "JAMBONZ_API_KEY": public["api_key"],
        "JAMBONZ_APPLICATION_SID": public["application_sid"],
        "JAMBONZ_WEBHOOK_SECRET": public["webhook_secret"],
    }


def call_request(public: Mapping[str, Any], from_: str, to: str, urls: Mapping[str, str]) -> CallRequest:
    """The create-call request a client would send. `status` or `hangup` is the status hook: jambonz has no other."""
    body: dict[str, Any] = {
        "from": from_ or public["numbers"][0],
        "to": {"type": "phone", "number": to},
        "call_hook": urls.get("answer", ""),
    }
    told = urls.get("status") or urls.get("hangup")
    if told:
        body["call_status_hook"] = told
    body |= {name: SPEECH[name] for name in SPEECH if name.startswith("speech_") and not name.endswith("_label")}
    headers = (("Authorization", f"Bearer {public['api_key']}"),)
    return CallRequest("POST", f"/v1/Accounts/{public['account_sid']}/Calls", headers, body)
