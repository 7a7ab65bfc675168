"""The account that a new sandbox has at Servetel: token, login, two numbers, three agents, an API key for support."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.ids import Ids
from emulator.vendor_api import CallRequest, Seed
from emulator.vendors.servetel.tokens import permanent_token

__all__ = [
    "DEFAULT_AGENTS", "DEFAULT_EMAIL", "DEFAULT_NUMBERS", "DEFAULT_PASSWORD", "DEFAULT_SUPPORT_API_KEY",
    "DEFAULT_TOKEN", "DEFAULT_USER_ID", "by_account", "by_email", "by_key", "by_token", "call_request", "environ",
    "seed",
]  # fmt: skip

DEFAULT_USER_ID: Final = 500001
DEFAULT_TOKEN: Final = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI1MDAwMDEifQ.ringback-default-servetel-token-00000000001"
)
DEFAULT_EMAIL: Final = "default@servetel.ringback.test"
DEFAULT_PASSWORD: Final = "ringback-default-servetel-password"
DEFAULT_SUPPORT_API_KEY: Final = "5e47e7e1-0000-4000-8000-000000000001"
DEFAULT_NUMBERS: Final[tuple[str, ...]] = ("+918069640001", "+918069640002")
DEFAULT_AGENTS: Final[tuple[dict[str, str], ...]] = (
    {"id": "0501234560001", "name": "Asha Verma", "number": "+919811640001", "extension": "0601234560001"},
    {"id": "0501234560002", "name": "Ravi Menon", "number": "+919811640002", "extension": "0601234560002"},
    {"id": "0501234560003", "name": "Meera Iyer", "number": "+919811640003", "extension": "0601234560003"},
)
_FIRST_INTERCOM: Final = 1001


def by_token(token: str) -> str:
    """How a permanent token is spelled for `VendorContext.sandbox`."""
    return f"token:{token}"


def by_account(user_id: str) -> str:
    """How the account inside a short-lived token is spelled: the token itself is checked afterwards."""
    return f"account:{user_id}"


def by_email(email: str) -> str:
    return f"email:{email.lower()}"


def by_key(api_key: str) -> str:
    """How an API key of click_to_call_support is spelled."""
    return f"key:{api_key}"


def seed(ids: Ids, is_default: bool) -> Seed:
    """Fixed and documented for the default sandbox; made from `ids` for any other (SERVETEL-53, SERVETEL-57)."""
    if is_default:
        user_id, email, password, token = DEFAULT_USER_ID, DEFAULT_EMAIL, DEFAULT_PASSWORD, DEFAULT_TOKEN
        key, numbers, agents = DEFAULT_SUPPORT_API_KEY, DEFAULT_NUMBERS, DEFAULT_AGENTS
    else:
        user_id = int(ids.digits("servetel user_id", "", 9))
        email = f"{ids.hex('servetel email', '', 10)}@servetel.ringback.test"
        password = ids.hex("servetel password", "", 16)
        token, key = permanent_token(ids, str(user_id)), ids.uuid("servetel api_key", "")
        numbers = tuple(f"+9180{ids.digits('servetel number', str(index), 8)}" for index in range(2))
        agents = tuple(_agent(ids, str(index)) for index in range(3))
    account = {"user_id": user_id, "email": email, "password": password, "api_key": key}
    return Seed(
        credentials=(by_token(token), by_account(str(user_id)), by_email(email), by_key(key)),
        public={
            "token": token, "email": email, "password": password, "numbers": list(numbers),
            "agents": [dict(agent) for agent in agents], "support_api_key": key,
        },
        records=(
            ("account", "main", account),
            *(("agent", agent["id"], _with_ids(agent, user_id, place)) for place, agent in enumerate(agents)),
            *(("number", number, _number(number, user_id, place, agents)) for place, number in enumerate(numbers)),
        ),
    )  # fmt: skip


def _agent(ids: Ids, key: str) -> dict[str, str]:
    return {
        "id": f"05{ids.digits('servetel agent', key, 11)}",
        "name": _name(ids, key),
        "number": f"+9198{ids.digits('servetel agent number', key, 8)}",
        "extension": f"06{ids.digits('servetel extension', key, 11)}",
    }


def _name(ids: Ids, key: str) -> str:
    """Out of Faker's lists, chosen by `ids`; imported here because it costs as much as everything else together."""
    from faker.providers.person.en_IN import Provider

    def one_of(kind: str, names: Any) -> str:
        return str(names[ids.integer(f"servetel {kind}", key, len(names))])

    return f"{one_of('first name', Provider.first_names)} {one_of('last name', Provider.last_names)}"


def _with_ids(agent: Mapping[str, str], user_id: int, place: int) -> dict[str, Any]:
    return {**agent, "intercom": str(_FIRST_INTERCOM + place), "user_id": user_id + 1 + place}


def _number(number: str, user_id: int, place: int, agents: tuple[dict[str, str], ...]) -> dict[str, Any]:
    """The record of a number; by default each rings one agent."""
    return {
        "id": user_id % 100_000 * 10 + place + 1,
        "did": number,
        "name": "",
        "alias": "",
        "destination": f"agent||{agents[place]['id']}",
        "description": "",
    }


def environ(public: Mapping[str, Any], base_url: str) -> dict[str, str]:
    """What `ringback run` sets."""
    return {
        "RINGBACK_SERVETEL_URL": base_url,
        "RINGBACK_SERVETEL_TOKEN": public["token"],
        "RINGBACK_SERVETEL_EMAIL": public["email"],
        "RINGBACK_SERVETEL_PASSWORD": public["password"],
        "RINGBACK_SERVETEL_NUMBER": public["numbers"][0],
        "RINGBACK_SERVETEL_AGENT": public["agents"][0]["id"],
        "RINGBACK_SERVETEL_SUPPORT_API_KEY": public["support_api_key"],
    }


def call_request(public: Mapping[str, Any], from_: str, to: str, urls: Mapping[str, str]) -> CallRequest:
    """The click_to_call a client would send, from the first agent. `urls` are not sent: Servetel takes none with a
    call, its webhooks are settings."""
    body = {
        "agent_number": public["agents"][0]["id"],
        "destination_number": to,
        "caller_id": from_ or public["numbers"][0],
        "async": 1,
    }
    return CallRequest("POST", "/v1/click_to_call", (("Authorization", f"Bearer {public['token']}"),), body)
