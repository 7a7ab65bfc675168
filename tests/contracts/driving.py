"""A client of each provider for the machines: its API over HTTP, its application, every answer and webhook checked.

It knows the provider's words and nothing of the emulator; what a call should be is the machine's to say.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import requests

from contracts.checks import check_answer, check_webhook
from contracts.document import Contract, load
from emulator.client.records import Account
from emulator.client.sandbox import Sandbox

__all__ = ["CLIENTS", "LIMIT", "Client"]

LIMIT = 30
"""Seconds that a phone rings before the provider gives up."""


class Client(ABC):
    """`place`, `hang_up`, `live` and `ending` in the provider's way; `heard` are the webhooks of each call by name."""

    vendor: ClassVar[str]
    WORDS: ClassVar[Mapping[str, str]]
    """What the list of live calls says of each state; "" where it says nothing."""
    ENDINGS: ClassVar[Mapping[str, str]]
    """The word of the record, by ending."""
    TOLD: ClassVar[Mapping[str, tuple[str, ...]]]
    """The webhooks of each step of a call."""
    RINGS_FROM_DIALLING: ClassVar[bool] = True
    """What the limit of ringing counts from; else from the first ring."""
    LEAD: ClassVar[int] = 0
    """Seconds that go by before the callee is dialled."""
    document: ClassVar[tuple[str, str]]

    def __init__(self, ringback: Sandbox, serve: Callable[[Any], str]) -> None:
        self.ringback = ringback
        self.account: Account = ringback.accounts[self.vendor]
        self.contract: Contract = load(self.vendor)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(self.headers())
        self.heard: dict[str, list[str]] = defaultdict(list)
        self.wrong: list[str] = []
        self.app = serve(self.application)
        self.prepare()

    # --- the API and the application -----------------------------------------------------------------------------

    def ask(self, method: str, path: str, *expected: int, **how: Any) -> Any:
        """The parsed answer, which is as the contract says; None of an empty one."""
        response = self.session.request(method, self.account.base_url + path, timeout=30, **how)
        headers = list(response.headers.items())
        _, found = check_answer(self.contract, method, path, response.status_code, headers, response.content)
        assert not found, "\n".join(map(str, found))
        assert response.status_code in expected, (method, path, response.status_code, response.text)
        is_json = "json" in response.headers.get("content-type", "")
        return response.json() if is_json else None

    def application(self, environ: Any, start_response: Any) -> list[bytes]:
        """WSGI: hears every webhook, and answers the one that asks for a document."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        callback, kind = environ["PATH_INFO"].strip("/"), environ.get("CONTENT_TYPE", "")
        found = check_webhook(self.contract, callback, environ["REQUEST_METHOD"], "/", [("content-type", kind)], body)
        self.wrong += map(str, found)
        fields = json.loads(body) if "json" in kind else dict(parse_qsl(body.decode()))
        self.heard[self.call_of(fields)].append(callback)
        told, text = self.document if callback == "answer" else ("text/plain", "")
        start_response("200 OK", [("Content-Type", told), ("Content-Length", str(len(text)))])
        return [text.encode()]

    def url(self, callback: str) -> str:
        return f"{self.app}/{callback}"

    # --- each provider's own -------------------------------------------------------------------------------------

    def prepare(self) -> None:  # noqa: B027 - nothing stands in the panel of most
        """What stands in its panel."""

    @abstractmethod
    def headers(self) -> dict[str, str]: ...

    @abstractmethod
    def call_of(self, fields: Mapping[str, Any]) -> str:
        """The id of the call that a webhook is about."""

    @abstractmethod
    def place(self, callee: str) -> str:
        """The id of a new call."""

    @abstractmethod
    def hang_up(self, call: str, state: str) -> bool:
        """Whether the provider does it, asked of a call in this state."""

    @abstractmethod
    def live(self) -> dict[str, str]:
        """The calls that are not over, and the word for each."""

    @abstractmethod
    def ending(self, call: str) -> str:
        """How a call ended, as its record says."""


class Vobiz(Client):
    vendor = "vobiz"
    WORDS: ClassVar = {"queued": "queued", "ringing": "live", "answered": "live"}
    ENDINGS: ClassVar = {
        "callee hangs up": "4000 Callee", "API hangs up": "4000 API Request", "API cancels": "1000 API Request",
        "busy": "3010 Carrier", "no answer": "6010 Vobiz", "rejected": "3020 Carrier", "caller hangs up": "4000 Caller",
    }  # fmt: skip
    TOLD: ClassVar = {"ringing": ("ring",), "answered": ("answer",), "ended": ("hangup",), "arrived": ("answer",)}
    document = "application/xml", "<Response><Speak>hello</Speak><Wait length='3600'/></Response>"

    def prepare(self) -> None:
        body = {"app_name": "shop", "answer_url": self.url("answer"), "hangup_url": self.url("hangup")}
        app = self.ask("POST", f"{self.base}/Application/", 201, json=body)["app_id"]
        number = f"{self.base}/numbers/{self.account.numbers[0]}/application"
        self.ask("POST", number, 200, json={"application_id": app})

    def headers(self) -> dict[str, str]:
        return {"X-Auth-ID": self.account.auth_id, "X-Auth-Token": self.account.auth_token}

    @property
    def base(self) -> str:
        return f"/api/v1/Account/{self.account.auth_id}"

    def call_of(self, fields: Mapping[str, Any]) -> str:
        return str(fields["CallUUID"])

    def place(self, callee: str) -> str:
        urls = {f"{name}_url": self.url(name) for name in ("answer", "ring", "hangup")}
        body = {"from": self.account.numbers[0], "to": callee, "ring_timeout": LIMIT, **urls}
        return str(self.ask("POST", f"{self.base}/Call/", 201, json=body)["request_uuid"])

    def hang_up(self, call: str, state: str) -> bool:
        status = 404 if state == "ended" else 204
        self.ask("DELETE", f"{self.base}/Call/{call}/", status)
        return status == 204

    def live(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for word in ("queued", "live"):
            listed = self.ask("GET", f"{self.base}/Call/", 200, params={"status": word})["calls"]
            assert not found.keys() & listed
            found |= dict.fromkeys(listed, word)
            for call in listed:
                self.ask("GET", f"{self.base}/Call/{call}/", 200, params={"status": word})
        return found

    def ending(self, call: str) -> str:
        told = self.ask("GET", f"{self.base}/Call/{call}/", 200)
        return f"{told['hangup_cause_code']} {told['hangup_source']}"


class Tryvox(Client):
    vendor = "tryvox"
    WORDS: ClassVar = {"queued": "ringing", "ringing": "ringing", "answered": "in-progress"}
    ENDINGS: ClassVar = {
        "callee hangs up": "completed callee-hangup", "API hangs up": "completed api-hangup",
        "API cancels": "canceled api-hangup", "busy": "busy busy", "no answer": "no-answer timeout",
        "rejected": "busy rejected", "caller hangs up": "completed caller-hangup",
    }  # fmt: skip
    TOLD: ClassVar = {
        "queued": ("status",), "ringing": ("ring", "status"), "answered": ("status", "answer"),
        "ended": ("hangup", "status"), "arrived": ("ring", "status", "answer", "status"),
    }  # fmt: skip
    document = (
        "application/json",
        json.dumps({"voxml_version": "1.0", "instructions": [{"verb": "Pause", "length": 3600}]}),
    )

    def prepare(self) -> None:
        urls = {f"{name}_url": self.url(name) for name in ("answer", "ring", "hangup")}
        body = {**urls, "status_callback_url": self.url("status")}
        app = self.ask("POST", "/v1/voice/applications", 201, json=body)["application_id"]
        number = f"/v1/account/{self.account.auth_id}/numbers/{self.account.numbers[0]}/application"
        self.ask("POST", number, 200, json={"application_id": app})

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account.api_key}"}

    @property
    def base(self) -> str:
        return f"/v1/voice/accounts/{self.account.auth_id}/calls"

    def call_of(self, fields: Mapping[str, Any]) -> str:
        return str(fields["call_uuid"])

    def place(self, callee: str) -> str:
        names = {"answer": "answer_url", "ring": "ring_url", "hangup": "hangup_url", "status": "status_callback_url"}
        urls = {key: self.url(name) for name, key in names.items()}
        body = {"from": self.account.numbers[0], "to": callee, "ring_timeout": LIMIT, **urls}
        return str(self.ask("POST", self.base, 201, json=body)["call_uuid"])

    def hang_up(self, call: str, state: str) -> bool:
        status = 404 if state == "ended" else 204
        self.ask("DELETE", f"{self.base}/{call}", status)
        return status == 204

    def live(self) -> dict[str, str]:
        rows = self.ask("GET", self.base, 200, params={"per_page": 100})["calls"]
        for row in rows:
            told = self.ask("GET", f"{self.base}/{row['call_uuid']}", 200)
            assert row == {key: told[key] for key in row}
        return {row["call_uuid"]: row["status"] for row in rows if row["end_time"] is None}

    def ending(self, call: str) -> str:
        told = self.ask("GET", f"{self.base}/{call}", 200)
        return f"{told['status']} {told['end_reason']}"


class Jambonz(Client):
    vendor = "jambonz"
    WORDS: ClassVar = {"queued": "trying", "ringing": "ringing", "answered": "in-progress"}
    ENDINGS: ClassVar = {
        "callee hangs up": "completed 200", "API hangs up": "completed 200", "API cancels": "no-answer 487",
        "busy": "busy 486", "no answer": "no-answer 487", "rejected": "busy 603", "caller hangs up": "completed 200",
    }  # fmt: skip
    TOLD: ClassVar = {
        "queued": ("status",), "ringing": ("status",), "answered": ("status", "answer"), "ended": ("status",),
        "arrived": ("answer", "status", "status"),
    }  # fmt: skip
    document = "application/json", json.dumps([{"verb": "answer"}, {"verb": "pause", "length": 3600}])

    def prepare(self) -> None:
        hooks = {
            f"{name}_hook": {"url": self.url(told)} for name, told in (("call", "answer"), ("call_status", "status"))
        }
        self.ask("PUT", f"/v1/Applications/{self.account.application_sid}", 204, json=hooks)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account.api_key}"}

    @property
    def base(self) -> str:
        return f"/v1/Accounts/{self.account.account_sid}/Calls"

    def call_of(self, fields: Mapping[str, Any]) -> str:
        return str(fields["call_sid"])

    def place(self, callee: str) -> str:
        speech = {
            "speech_synthesis_vendor": "google", "speech_synthesis_language": "en-US",
            "speech_synthesis_voice": "en-US-Standard-C", "speech_recognizer_vendor": "google",
            "speech_recognizer_language": "en-US",
        }  # fmt: skip
        body = {
            "from": self.account.numbers[0], "to": {"type": "phone", "number": callee}, "timeout": LIMIT,
            "call_hook": self.url("answer"), "call_status_hook": self.url("status"), **speech,
        }  # fmt: skip
        return str(self.ask("POST", self.base, 201, json=body)["sid"])

    def hang_up(self, call: str, state: str) -> bool:
        """A call that does not ring yet cannot be cancelled."""
        status = 202 if state in ("ringing", "answered") else 422
        word = "no-answer" if state == "ringing" else "completed"
        self.ask("PUT", f"{self.base}/{call}", status, json={"call_status": word})
        return status == 202

    def live(self) -> dict[str, str]:
        words = set(self.WORDS.values())
        rows = self.ask("GET", self.base, 200)
        for row in rows:
            assert row == self.ask("GET", f"{self.base}/{row['call_sid']}", 200)
        return {row["call_sid"]: row["call_status"] for row in rows if row["call_status"] in words}

    def ending(self, call: str) -> str:
        told = self.ask("GET", f"{self.base}/{call}", 200)
        return f"{told['call_status']} {told['sip_status']}"


class Servetel(Client):
    """The agent answers two seconds after being dialled; what the machine does is the customer's."""

    vendor = "servetel"
    LEAD = 2
    WORDS: ClassVar = {"waiting": "Ringing", "queued": "Answered", "ringing": "Answered", "answered": "Answered"}
    ENDINGS: ClassVar = {
        "callee hangs up": "answered, Normal call clearing, Call Disconnected By Callee",
        "API hangs up": "answered, Normal call clearing, Call Disconnected By Caller",
        "API cancels": "missed, Originator cancel, noanswer", "busy": "missed, User busy, noanswer",
        "no answer": "missed, No answer from user (user alerted), noanswer",
        "rejected": "missed, Call rejected, noanswer",
    }  # fmt: skip
    TOLD: ClassVar = {
        "queued": ("answered-by-agent",), "answered": ("answered-by-customer",), "ended": ("missed",),
        "ended after an answer": ("hangup",),
    }  # fmt: skip
    document = "text/plain", ""

    def prepare(self) -> None:
        self.by_uuid: dict[str, str] = {}
        triggers = ("dialed", "answered-by-agent", "answered-by-customer", "missed", "hangup")
        hooks = [{"name": name, "url": self.url(name), "trigger": name} for name in triggers]
        self.ringback.settings.change("servetel", webhooks=hooks)
        self.ringback.far_end(self.account.agents[0]["number"]).connects(0).rings(self.LEAD).answers()

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account.token}"}

    def call_of(self, fields: Mapping[str, Any]) -> str:
        """One webhook has no call id; its `uuid` is that of an earlier one, which had."""
        self.by_uuid.setdefault(fields["uuid"], fields.get("call_id", ""))
        return self.by_uuid[fields["uuid"]]

    def place(self, callee: str) -> str:
        body = {
            "agent_number": self.account.agents[0]["id"], "destination_number": callee, "async": 1,
            "customer_ring_timeout": LIMIT,
        }  # fmt: skip
        before = self.live()
        self.ask("POST", "/v1/click_to_call", 200, json=body)
        (made,) = self.live().keys() - before.keys()
        return made

    def hang_up(self, call: str, state: str) -> bool:
        status = 400 if state == "ended" else 200
        self.ask("POST", "/v1/call/hangup", status, json={"call_id": call})
        return status == 200

    def live(self) -> dict[str, str]:
        return {row["call_id"]: row["state"] for row in self.ask("GET", "/v1/live_calls", 200)}

    def ending(self, call: str) -> str:
        rows = self.ask("GET", "/v1/call/records", 200, params={"limit": 100})["results"]
        (row,) = [row for row in rows if row["call_id"] == call]
        return f"{row['status']}, {row['hangup_cause']}, {row['reason']}"


CLIENTS: Mapping[str, type[Client]] = {each.vendor: each for each in (Jambonz, Servetel, Tryvox, Vobiz)}
