"""Receivers of webhooks: one that is right, and the mistakes people make, one at a time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "the account's token"
VOBIZ_URL = "http://receiver.test"
XML = "<Response><Speak>hello</Speak></Response>"
VOXML = json.dumps({"voxml_version": "1.0", "instructions": [{"verb": "Say", "text": "hello"}]})

Headers = Mapping[str, str]
Answer = tuple[int, str, str]


class Wrong(Exception):
    """To be refused with a 403."""


class Vobiz:
    """Checks form and signature, reads what it needs, and answers a document. Each method is one thing to get wrong."""

    url = ""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {key[5:].replace("_", "-").lower(): text for key, text in environ.items() if key.startswith("HTTP_")}
        try:
            self.check_kind(environ.get("CONTENT_TYPE", ""))
            self.check_signature(headers, environ["PATH_INFO"], body)
            status, kind, text = self.answer(self.fields(body))
        except Wrong as problem:
            status, kind, text = 403, "text/plain", str(problem)
        except Exception as problem:  # as a framework does
            status, kind, text = 500, "text/plain", repr(problem)
        data = text.encode()
        start_response(f"{status} -", [("Content-Type", kind), ("Content-Length", str(len(data)))])
        return [data]

    def check_kind(self, kind: str) -> None:
        if kind != "application/x-www-form-urlencoded":
            raise Wrong("not a form")

    def check_signature(self, headers: Headers, path: str, body: bytes) -> None:
        signed = f"{self.url}{path}.{headers.get('x-vobiz-signature-v3-nonce', '')}"
        made = base64.b64encode(hmac.digest(TOKEN.encode(), signed.encode(), hashlib.sha256)).decode()
        if not hmac.compare_digest(made, headers.get("x-vobiz-signature-v3", "")):
            raise Wrong("not signed")

    def fields(self, body: bytes) -> dict[str, str]:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "application/xml", XML


class Once(Vobiz):
    """Takes each nonce once, and each call."""

    def __init__(self) -> None:
        self.nonces: set[str] = set()
        self.calls: list[str] = []

    def check_signature(self, headers: Headers, path: str, body: bytes) -> None:
        super().check_signature(headers, path, body)
        nonces = {headers["x-vobiz-signature-v2-nonce"], headers["x-vobiz-signature-v3-nonce"]}
        if self.nonces & nonces:
            raise Wrong("a replay")
        self.nonces |= nonces

    def answer(self, fields: dict[str, str]) -> Answer:
        self.calls.append(fields["CallUUID"])
        return super().answer(fields)


class Ours(Vobiz):
    """Takes what is of its own account."""

    account = "MA_SHOP7"

    def answer(self, fields: dict[str, str]) -> Answer:
        if fields["ParentAuthID"] != self.account:
            raise Wrong("of another account")
        return super().answer(fields)


class Unsigned(Vobiz):
    """Trusts a request without a signature."""

    def check_signature(self, headers: Headers, path: str, body: bytes) -> None:
        if "x-vobiz-signature-v3" in headers:
            super().check_signature(headers, path, body)


class Unverified(Vobiz):
    """Looks whether there is a signature, and not at it."""

    def check_signature(self, headers: Headers, path: str, body: bytes) -> None:
        if "x-vobiz-signature-v3" not in headers:
            raise Wrong("not signed")


class AnyKind(Vobiz):
    """Reads any body as if it were a form."""

    def check_kind(self, kind: str) -> None:
        pass


class NeedsCaller(Vobiz):
    """Takes an optional field for granted."""

    def answer(self, fields: dict[str, str]) -> Answer:
        fields["CallerName"]
        return super().answer(fields)


class Divides(Vobiz):
    """Divides by a duration that may be 0."""

    def answer(self, fields: dict[str, str]) -> Answer:
        1 / int(fields.get("Duration", "1"))
        return super().answer(fields)


class KnowsFour(Vobiz):
    """Knows the statuses it has seen."""

    def answer(self, fields: dict[str, str]) -> Answer:
        {"ringing": 1, "in-progress": 2, "completed": 3, "busy": 4}[fields["CallStatus"]]
        return super().answer(fields)


class Ascii(Vobiz):
    """Cannot read what a caller calls himself."""

    def answer(self, fields: dict[str, str]) -> Answer:
        fields.get("CallerName", "").encode("ascii")
        return super().answer(fields)


class NeedsTime(Vobiz):
    """Parses an answer time that is empty when nobody answered."""

    def answer(self, fields: dict[str, str]) -> Answer:
        time.strptime(fields.get("AnswerTime", "2026-01-01 00:00:00"), "%Y-%m-%d %H:%M:%S")
        return super().answer(fields)


class Greets(Vobiz):
    """Says whatever a caller calls himself, as it is."""

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "application/xml", f"<Response><Speak>Hello, {fields.get('CallerName', 'you')}</Speak></Response>"


class GreetsInAttribute(Vobiz):
    """The same, where `<` and `&` were thought of, and a quote was not."""

    def answer(self, fields: dict[str, str]) -> Answer:
        name = fields.get("CallerName", "").replace("&", "&amp;").replace("<", "&lt;")
        return 200, "application/xml", f'<Response><Gather action="http://shop.test/{name}"/></Response>'


class Shouts(Vobiz):
    """Believes that a name in capitals is as long as it was."""

    def answer(self, fields: dict[str, str]) -> Answer:
        name = fields.get("CallerName", "")
        assert len(name.upper()) == len(name), "another length"
        return super().answer(fields)


class Short(Vobiz):
    """Keeps names of forty letters."""

    def answer(self, fields: dict[str, str]) -> Answer:
        assert len(fields.get("CallerName", "")) <= 40, "too long"
        return super().answer(fields)


class Html(Vobiz):
    """Answers with the wrong media type."""

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "text/html", XML


class Broken(Vobiz):
    """Answers XML that is none."""

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "application/xml", "<Response><Speak>hello</Response>"


class Unknown(Vobiz):
    """Answers an element of another provider."""

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "application/xml", "<Response><Say>hello</Say></Response>"


class Relative(Vobiz):
    """Answers a URL that leads nowhere from outside."""

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "application/xml", "<Response><Redirect>/next</Redirect></Response>"


class Moves(Vobiz):
    """Redirects."""

    def answer(self, fields: dict[str, str]) -> Answer:
        return 302, "text/plain", "elsewhere"


class Silent(Vobiz):
    """Answers a notification with a success that its provider does not count as one, and sends it again."""

    def answer(self, fields: dict[str, str]) -> Answer:
        return 204, "text/plain", ""


class Tryvox(Vobiz):
    """The same for signed JSON, whose signature is over the body and a time."""

    def check_kind(self, kind: str) -> None:
        if kind != "application/json":
            raise Wrong("not JSON")

    def check_signature(self, headers: Headers, path: str, body: bytes) -> None:
        parts = dict(part.split("=", 1) for part in headers.get("x-tryvox-signature", "").split(",") if "=" in part)
        made = hmac.new(TOKEN.encode(), f"{parts.get('t', '')}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(made, parts.get("v1", "")):
            raise Wrong("not signed")
        self.check_age(int(parts["t"]))

    def check_age(self, second: int) -> None:
        if abs(time.time() - second) > 300:
            raise Wrong("stale")

    def fields(self, body: bytes) -> dict[str, str]:
        found: dict[str, str] = json.loads(body)
        return found

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "application/json", VOXML


class Ageless(Tryvox):
    """Takes a signature of any age."""

    def check_age(self, second: int) -> None:
        pass


class Jambonz(Tryvox):
    """The same with another header."""

    def check_signature(self, headers: Headers, path: str, body: bytes) -> None:
        super().check_signature({"x-tryvox-signature": headers.get("jambonz-signature", "")}, path, body)

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "application/json", json.dumps([{"verb": "say", "text": "hello"}])


class Sings(Jambonz):
    """Answers a verb that there is not."""

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "application/json", json.dumps([{"verb": "sing", "text": "hello"}])


class Mutters(Jambonz):
    """Answers a verb that no terminal should see."""

    def answer(self, fields: dict[str, str]) -> Answer:
        return 200, "application/json", json.dumps([{"verb": "s\u0001a\u001b[31my\uffff\u2028\n<&"}])


class Servetel(Vobiz):
    """Takes everything, as nothing is signed, and answers a dialplan."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        data = b'[{"transfer": {"type": "number", "data": ["+919876543210"]}}]'
        start_response("200 -", [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
        return [data]
