"""Clients of each provider: a right one, and ones with a mistake planted, named by what they do not expect.

A client places calls, looks at one, and lists them. It raises `ProviderError` for an error, and takes it that any word
may be new, any optional key absent, any list empty and any page short.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from emulator.client.sandbox import Sandbox

NOBODY = "http://127.0.0.1:9/"
CALLEE = "+919876543210"


class ProviderError(Exception):
    """The provider said no."""


class Client:
    vendor = ""

    def __init__(self, ringback: Sandbox) -> None:
        self.ringback = ringback
        self.account = ringback.accounts[self.vendor]
        parts = urlsplit(self.account.base_url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port)
        self._prefix = parts.path

    def headers(self) -> dict[str, str]:
        raise NotImplementedError

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        headers = {**self.headers(), "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        asked = f"?{urlencode(query)}" if query else ""
        self._connection.request(method, self._prefix + path + asked, data, headers)
        response = self._connection.getresponse()
        return self.read(response.status, response.read())

    def read(self, status: int, body: bytes) -> Any:
        if status >= 400:
            raise self.failed(status, body)
        return json.loads(body) if body else None

    def failed(self, status: int, body: bytes) -> Exception:
        return ProviderError(status, body.decode(errors="replace"))

    def work(self) -> None:
        """What the client does in its run."""
        raise NotImplementedError

    def close(self) -> None:
        self._connection.close()


def instant(text: Any, form: str) -> datetime | None:
    return datetime.strptime(text, form) if isinstance(text, str) and text else None


# --- vobiz -----------------------------------------------------------------------------------------------------


class Vobiz(Client):
    vendor = "vobiz"

    def headers(self) -> dict[str, str]:
        return {"X-Auth-ID": self.account.auth_id, "X-Auth-Token": self.account.auth_token}

    @property
    def base(self) -> str:
        return f"/api/v1/Account/{self.account.auth_id}"

    def work(self) -> None:
        self.ringback.far_end(CALLEE).rings(1).answers().hangs_up(after=5)
        number = self.account.numbers[0]
        placed = [
            self.ask("POST", f"{self.base}/Call/", {"from": number, "to": CALLEE, "answer_url": NOBODY})["request_uuid"]
            for _ in range(2)
        ]
        self.look(self.ask("GET", f"{self.base}/Call/{placed[0]}/", status="live"))
        self.ringback.run()
        self.bill(self.ask("GET", f"{self.base}/Call/{placed[0]}/"))
        self.history(placed)

    def look(self, call: dict[str, Any]) -> None:
        {"ringing": "…", "in-progress": "!"}.get(call["call_status"], "?")

    def bill(self, call: dict[str, Any]) -> float:
        assert instant(call["end_time"], "%Y-%m-%d %H:%M:%S")
        return float(call["total_amount"]) + float(call["total_rate"])

    def history(self, placed: list[str]) -> None:
        page = 1
        while True:
            told = self.ask("GET", f"{self.base}/cdr", page=page, per_page=20)
            for record in told["data"]:
                self.record(record)
            if not told["pagination"]["has_next"]:
                return
            page += 1

    def record(self, record: dict[str, Any]) -> None:
        assert record["uuid"]


class VobizKnownWords(Vobiz):
    def look(self, call: dict[str, Any]) -> None:
        {"ringing": "…", "in-progress": "!"}[call["call_status"]]


class VobizAnswered(Vobiz):
    def bill(self, call: dict[str, Any]) -> float:
        return len(call["answer_time"])


class VobizAmountText(Vobiz):
    def bill(self, call: dict[str, Any]) -> float:
        return float(call["total_amount"].rstrip("0"))


class VobizFirstPage(Vobiz):
    def history(self, placed: list[str]) -> None:
        told = self.ask("GET", f"{self.base}/cdr", page=1, per_page=20)
        assert not told["data"] or len(told["data"]) == len(placed), f"{len(told['data'])} of {len(placed)} calls"


class VobizErrorBody(Vobiz):
    def failed(self, status: int, body: bytes) -> Exception:
        return ProviderError(status, json.loads(body)["error"])


@dataclass
class Leg:
    """As the provider's page shows it."""

    api_id: str
    call_status: str
    call_uuid: str
    caller_name: str
    direction: str
    from_: str
    request_uuid: str
    session_start: str
    stir_attestation: str
    stir_verification: str
    to: str


class VobizClosed(Vobiz):
    def look(self, call: dict[str, Any]) -> None:
        Leg(**{f"{name}_" if name == "from" else name: held for name, held in call.items()})


# --- servetel --------------------------------------------------------------------------------------------------


class Servetel(Client):
    vendor = "servetel"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account.token}"}

    def work(self) -> None:
        self.ringback.far_end().rings(1).answers().hangs_up(after=5)
        body = {"agent_number": self.account.agents[0]["id"], "destination_number": CALLEE, "async": 1}
        self.ask("POST", "/v1/click_to_call", body)
        self.live(self.ask("GET", "/v1/live_calls"))
        self.ringback.run()
        for record in self.ask("GET", "/v1/call/records", page=1, limit=10)["results"]:
            self.record(record)
        self.users()

    def live(self, calls: list[dict[str, Any]]) -> None:
        for call in calls:
            at = instant(call["created_at"], "%Y-%m-%d %H:%M:%S")
            assert at is not None
            self.seen(at)

    def seen(self, at: datetime) -> None:
        """A call began then, by the provider's clock."""

    def record(self, record: dict[str, Any]) -> None:
        record.get("agent_name", "").upper()

    def users(self) -> None:
        last, has_more, names = 0, True, 0
        while has_more:
            told = self.ask("GET", "/v1/users", last_seen_id=last, limit=50)
            names += len(told["data"])
            has_more = told["has_more"] and bool(told["data"])
            last = told["last_seen_id"] or last


class ServetelAgentName(Servetel):
    def record(self, record: dict[str, Any]) -> None:
        record["agent_name"].upper()


class ServetelFirstCall(Servetel):
    def live(self, calls: list[dict[str, Any]]) -> None:
        assert calls[0]["call_id"]


class ServetelNoErrors(Servetel):
    def read(self, status: int, body: bytes) -> Any:
        return json.loads(body)


class ServetelOneClock(Servetel):
    def seen(self, at: datetime) -> None:
        ours = self.ringback.now.replace(tzinfo=None) + timedelta(hours=5, minutes=30)
        if at > ours:
            raise ValueError(f"a call of the future: {at}")


class ServetelAllUsers(Servetel):
    def users(self) -> None:
        told = self.ask("GET", "/v1/users", limit=50)
        assert not told["has_more"]


# --- tryvox ----------------------------------------------------------------------------------------------------


class Tryvox(Client):
    vendor = "tryvox"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account.api_key}"}

    @property
    def base(self) -> str:
        return f"/v1/voice/accounts/{self.account.auth_id}"

    def work(self) -> None:
        number = self.account.numbers[0]
        placed = [
            self.ask("POST", f"{self.base}/calls", {"from": number, "to": CALLEE, "answer_url": NOBODY})["call_uuid"]
            for _ in range(3)
        ]
        self.look(self.ask("GET", f"{self.base}/calls/{placed[0]}"))
        self.ask("DELETE", f"{self.base}/calls/{placed[0]}")
        self.history(placed)

    def look(self, call: dict[str, Any]) -> None:
        assert (call["end_reason"] or "").lower() != "?"

    def history(self, placed: list[str]) -> None:
        page, seen, empty = 1, set(), False
        while True:
            told = self.ask("GET", f"{self.base}/calls", page=page, per_page=20)
            seen |= {call["call_uuid"] for call in told["calls"]}
            empty = empty or not told["calls"]
            if page >= told["pagination"]["total_pages"]:
                break
            page += 1
        assert empty or seen >= set(placed)


class TryvoxFullPages(Tryvox):
    def history(self, placed: list[str]) -> None:
        page, seen, calls = 1, set(), [{}]
        while calls:
            calls = self.ask("GET", f"{self.base}/calls", page=page, per_page=20)["calls"]
            seen |= {call["call_uuid"] for call in calls}
            page += 1
            if len(calls) < 20:
                break
        assert len(seen) in (0, len(placed)), f"{len(seen)} of {len(placed)} calls"


class TryvoxEnded(Tryvox):
    def history(self, placed: list[str]) -> None:
        calls = self.ask("GET", f"{self.base}/calls")["calls"]
        assert all(call["end_time"].endswith("Z") for call in calls if call["call_uuid"] == placed[0])


class TryvoxOneShape(Tryvox):
    def failed(self, status: int, body: bytes) -> Exception:
        told = json.loads(body) if body.startswith(b"{") else {"error": {"code": status}}
        return ProviderError(status, told["error"]["code"])


class TryvoxTwoWays(Tryvox):
    def look(self, call: dict[str, Any]) -> None:
        if call["direction"] not in ("inbound", "outbound"):
            raise ValueError(call["direction"])


class TryvoxHurried(Tryvox):
    def failed(self, status: int, body: bytes) -> Exception:
        if status == 429:
            raise KeyError("X-RateLimit-Reset")
        return super().failed(status, body)


# --- jambonz ---------------------------------------------------------------------------------------------------


class Jambonz(Client):
    vendor = "jambonz"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account.api_key}"}

    @property
    def base(self) -> str:
        return f"/v1/Accounts/{self.account.account_sid}"

    def work(self) -> None:
        hook = {"url": NOBODY}
        speech = {
            f"speech_{what}": held
            for what, held in [
                ("synthesis_vendor", "google"), ("synthesis_language", "en-US"), ("synthesis_voice", "en-US-C"),
                ("recognizer_vendor", "google"), ("recognizer_language", "en-US"),
            ]
        }  # fmt: skip
        body = {
            "from": self.account.numbers[0], "to": {"type": "phone", "number": CALLEE}, "call_hook": hook,
            "call_status_hook": hook, **speech,
        }  # fmt: skip
        sid = self.ask("POST", f"{self.base}/Calls", body)["sid"]
        self.ringback.settle()
        self.look(self.ask("GET", f"{self.base}/Calls/{sid}"))
        self.ringback.run()
        self.wait(sid)
        for call in self.ask("GET", f"{self.base}/RecentCalls", page=1, count=25)["data"]:
            self.recent(call)

    def look(self, call: dict[str, Any]) -> None:
        call.get("trace_id", "").lower()

    def wait(self, sid: str) -> None:
        call = self.ask("GET", f"{self.base}/Calls/{sid}")
        assert call["call_status"]

    def recent(self, call: dict[str, Any]) -> None:
        instant(call.get("answered_at"), "%Y-%m-%dT%H:%M:%S.%fZ")


class JambonzTraced(Jambonz):
    def look(self, call: dict[str, Any]) -> None:
        assert call["trace_id"]


class JambonzJsonErrors(Jambonz):
    def failed(self, status: int, body: bytes) -> Exception:
        told = json.loads(body) if status == 401 else {"msg": ""}
        return ProviderError(status, told["msg"])


class JambonzPatient(Jambonz):
    def wait(self, sid: str) -> None:
        while self.ask("GET", f"{self.base}/Calls/{sid}")["call_status"] not in ("completed", "failed", "busy"):
            pass


class JambonzAnswered(Jambonz):
    def recent(self, call: dict[str, Any]) -> None:
        datetime.strptime(call["answered_at"], "%Y-%m-%dT%H:%M:%S.%fZ")
