"""What a new sandbox has, and what is told about it."""

from __future__ import annotations

import re

import pytest

from emulator.errors import Refused
from emulator.ids import Ids
from emulator.runtime.replay import rebuild
from emulator.vendors.vobiz import accounts, vendor
from tests.vendors.vobiz.conftest import CALLEE, Telco
from tests.vendors.vobiz.far_ends import ONE


def test_accounts_have_the_vendors_formats() -> None:
    for seeded in (accounts.seed(Ids(1), False), accounts.seed(Ids(2), False), accounts.seed(Ids(1), True)):
        assert re.fullmatch(r"MA_[A-Z0-9]{8}", seeded.public["auth_id"])
        assert len(seeded.public["auth_token"]) == 40
        assert all(re.fullmatch(r"\+91\d{10}", number) for number in seeded.public["numbers"])


def test_the_default_account_is_the_same_whatever_the_seed_and_others_differ() -> None:
    assert accounts.seed(Ids(1), True) == accounts.seed(Ids(2), True)
    assert set(accounts.seed(Ids(1), False).credentials).isdisjoint(accounts.seed(Ids(2), False).credentials)


def test_a_child_process_gets_our_names_and_the_sdks() -> None:
    public = accounts.seed(Ids(1), True).public
    assert accounts.environ(public, "http://127.0.0.1:5550/vobiz") == {
        "RINGBACK_VOBIZ_URL": "http://127.0.0.1:5550/vobiz",
        "RINGBACK_VOBIZ_AUTH_ID": "MA_RINGBACK",
        "RINGBACK_VOBIZ_AUTH_TOKEN": public["auth_token"],
        "RINGBACK_VOBIZ_NUMBER": "+912271264300",
        "VOBIZ_AUTH_ID": "MA_RINGBACK",
        "VOBIZ_AUTH_TOKEN": public["auth_token"],
    }


async def test_the_request_for_the_command_line_places_a_call(telco: Telco) -> None:
    urls = {name: f"{telco.receiver.url}/{name}" for name in ("answer", "hangup")}
    made = vendor.call_request(telco.account, "", CALLEE, urls)
    response = await telco.client.request(made.method, made.path, headers=dict(made.headers), json=made.json)
    assert response.status_code == 201, response.text
    assert telco.leg(response.json()["request_uuid"]).from_ == telco.number
    await telco.run()
    assert telco.receiver.paths == ["/answer", "/hangup"]


async def test_a_call_to_a_number_nobody_has_is_refused_with_the_numbers_there_are(telco: Telco) -> None:
    with pytest.raises(Refused, match=re.escape(telco.number)) as raised:
        telco.sandbox.arrive("vobiz", CALLEE, "+911234567890")
    assert raised.value.reason == "unknown_number"


async def test_a_sandbox_rebuilt_from_its_journal_is_the_same(telco: Telco) -> None:
    url = telco.receiver.url
    telco.script(ONE)
    telco.answers(f"<Gather action='{url}/key' numDigits='1'><Speak>press 1</Speak></Gather>")
    telco.answers("<Redirect>nowhere</Redirect>", path="/key")
    app = {"app_name": "shop", "answer_url": f"{url}/answer", "default_number_app": True}
    app_id = (await telco.request("POST", "Application/", json=app)).json()["app_id"]
    await telco.request("POST", f"numbers/{telco.number}/application", json={"application_id": app_id})
    await telco.place(machine_detection="true")
    telco.sandbox.arrive("vobiz", CALLEE, telco.number)
    await telco.run()
    entries = list(telco.sandbox.journal.entries())
    again = rebuild(entries, {"vobiz": vendor})

    def told(sandbox_entries: object) -> list[object]:
        rendered = [entry.to_json() for entry in sandbox_entries if entry.kind != "request"]  # type: ignore[attr-defined]
        return [{key: text for key, text in each.items() if key != "seq"} for each in rendered]

    assert told(again.journal.entries()) == told(entries)
