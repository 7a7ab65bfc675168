"""The application of a walk: it answers webhooks, and holds what came and what was sent against the contract.

The signature of every webhook that came is checked as a receiver would (`contracts.<provider>.signing`, of a provider
that signs), and the body of every one that was sent.
"""

from __future__ import annotations

import importlib.util
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlsplit

from contracts.checks import Finding, check_webhook
from contracts.document import Contract
from contracts.walking.ledger import Ledger
from emulator.client.sandbox import Sandbox
from emulator.clock import WallClock

__all__ = ["WalkedApplication"]


class WalkedApplication:
    """`app` is its base URL. It answers `documents` by path (content type and bytes), 200 and nothing otherwise."""

    def __init__(self, contract: Contract, ringback: Sandbox, ledger: Ledger, app: str) -> None:
        self.contract, self.ringback, self.ledger, self.app = contract, ringback, ledger, app
        self.account = ringback.accounts[contract.name]
        self.documents: dict[str, tuple[str, bytes]] = {}
        self.authorized: dict[str, tuple[str, str]] = {}
        """User and password by the path that wants them."""
        self.admitted: Counter[str] = Counter()
        """How often each path was asked."""
        self._signing = _signing(contract.name)
        self.secrets: list[str] = [self.account[self._signing.SECRET]] if self._signing else []
        self.signed: Counter[str] = Counter()
        """How many webhooks came that each of `secrets` had signed."""

    def wrong(self, subject: str, text: str) -> None:
        """A finding of the walk's own."""
        self.ledger.find([Finding(self.contract.name, subject, "walk", "walk", text, 1)])

    def answer(self, path: str, content_type: str, text: str) -> str:
        """From now on the application answers this there. The URL of it."""
        self.documents[path] = (content_type, text.encode())
        return f"{self.app}{path}"

    def application(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """WSGI."""
        size = int(environ.get("CONTENT_LENGTH") or 0)
        self._check_signature(environ, environ["wsgi.input"].read(size))
        self._check_authorization(environ)
        kind, body = self.documents.get(environ["PATH_INFO"], ("text/plain", b""))
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def _check_signature(self, environ: Mapping[str, Any], body: bytes) -> None:
        if self._signing is None:
            return
        headers = {name[5:].replace("_", "-").lower(): text for name, text in environ.items() if name[:5] == "HTTP_"}
        query, path = environ.get("QUERY_STRING", ""), environ["PATH_INFO"]
        url = f"{self.app}{quote(path)}{'?' if query else ''}{query}"
        method, now = environ["REQUEST_METHOD"], WallClock().now()
        told = {secret: self._signing.check(secret, method, url, headers, body, now) for secret in self.secrets}
        right = next((secret for secret, wrong in told.items() if not wrong), None)
        if right is None:
            subject, line = f"webhook {method} {path}", self.contract.line("/webhooks")
            found = Finding(self.contract.name, subject, "signature", "x-signed", told[self.secrets[0]], line)
            self.ledger.find([found])
        else:
            self.signed[right] += 1

    def _check_authorization(self, environ: Mapping[str, Any]) -> None:
        path, told = environ["PATH_INFO"], environ.get("HTTP_AUTHORIZATION", "")
        wanted = self.authorized.get(path)
        right = "" if wanted is None else f"Basic {b64encode(':'.join(wanted).encode()).decode()}"
        if told != right:
            text = f"Authorization: expected {right or 'none'}, got {told or 'none'}"
            line = self.contract.line("/webhooks")
            subject = f"webhook {environ['REQUEST_METHOD']} {path}"
            self.ledger.find([Finding(self.contract.name, subject, "authorization", "webhooks", text, line)])
        self.admitted[path] += 1

    def check_webhooks(self) -> None:
        """Every webhook that the sandbox has sent so far."""
        for path in self.authorized:
            if not self.admitted[path]:
                self.wrong("webhooks", f"none came to {path}, which wants a user and a password")
        for secret in self.secrets:
            if not self.signed[secret]:
                self.wrong("webhooks", f"none was signed with the secret {secret!r}")
        api, path = self.ringback.api, self.ringback.path
        for delivery in list(self.ringback.deliveries):
            told = api.get(f"{path}/deliveries/{quote(delivery.id)}")
            request = told["request"]
            parts = urlsplit(request["url"])
            body = b64decode(request["body"]) if request["encoding"] == "base64" else request["body"].encode()
            headers = [("content-type", request["content_type"])]
            self.ledger.webhooks[told["callback"]] += 1
            url = f"{parts.path}?{parts.query}"
            self.ledger.find(check_webhook(self.contract, told["callback"], request["method"], url, headers, body))


def _signing(name: str) -> Any:
    """The provider's own `signing` module; None if it signs nothing."""
    module = f"contracts.{name}.signing"
    return import_module(module) if importlib.util.find_spec(module) is not None else None
