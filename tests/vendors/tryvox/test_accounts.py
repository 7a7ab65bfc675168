"""What a new sandbox has, and what is told about it."""

from __future__ import annotations

from emulator.ids import Ids
from emulator.runtime.exchange import Exchange
from emulator.vendors.tryvox import accounts, vendor
from emulator.vendors.tryvox.wire import is_e164
from tests.fakes.receiver import Receiver
from tests.vendors.tryvox.conftest import CALLEE, Telco

PUBLIC = {"auth_id", "api_key", "auth_token", "webhook_secret", "numbers", "application_id"}


def test_an_account_shows_exactly_what_the_control_api_promises() -> None:
    for seeded in (accounts.seed(Ids(1), False), accounts.seed(Ids(1), True)):
        assert set(seeded.public) == PUBLIC
        assert seeded.public["api_key"].startswith("tvx_sk_live_")
        assert all(is_e164(number) for number in seeded.public["numbers"])


def test_the_default_account_is_the_same_whatever_the_seed_and_others_differ_in_everything() -> None:
    assert accounts.seed(Ids(1), True) == accounts.seed(Ids(2), True)
    one, other = accounts.seed(Ids(1), False), accounts.seed(Ids(2), False)
    assert set(one.credentials).isdisjoint(other.credentials)
    assert all(one.public[name] != other.public[name] for name in PUBLIC)


def test_a_child_process_gets_its_names() -> None:
    public = accounts.seed(Ids(1), True).public
    assert accounts.environ(public, "http://127.0.0.1:5550/tryvox") == {
        "RINGBACK_TRYVOX_URL": "http://127.0.0.1:5550/tryvox",
        "RINGBACK_TRYVOX_AUTH_ID": "AC00RINGBACK",
        "RINGBACK_TRYVOX_API_KEY": "tvx_sk_live_ringback_default_000000001",
        "RINGBACK_TRYVOX_AUTH_TOKEN": "ringback-default-tryvox-auth-token-000001",
        "RINGBACK_TRYVOX_WEBHOOK_SECRET": "ringback-default-tryvox-webhook-secret-01",
        "RINGBACK_TRYVOX_APPLICATION_ID": "7e1ec0de-0000-4000-8000-000000000001",
        "RINGBACK_TRYVOX_NUMBER": "+12025550190",
    }


async def test_the_request_for_the_command_line_places_a_call(telco: Telco) -> None:
    urls = {name: f"{telco.receiver.url}/{name}" for name in ("answer", "status", "hangup")}
    made = vendor.call_request(telco.account, "", CALLEE, urls)
    response = await telco.client.request(made.method, made.path, headers=dict(made.headers), json=made.json)
    assert response.status_code == 201, response.text
    await telco.run()
    assert set(telco.receiver.paths) == {"/answer", "/status", "/hangup"}


async def test_the_default_sandbox_has_the_documented_account_and_answers_by_host(
    exchange: Exchange, receiver: Receiver
) -> None:
    telco = Telco(exchange, receiver, name="default", seed=5)
    assert (telco.auth_id, telco.number) == ("AC00RINGBACK", "+12025550190")
    response = await telco.client.get(f"https://api.tryvox.io{telco.voice}/calls")
    assert response.status_code == 200
    await telco.client.aclose()
