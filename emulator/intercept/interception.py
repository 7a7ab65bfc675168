"""What one run needs for its child's HTTPS traffic to end here: listeners, certificates, proxy, environment."""

from __future__ import annotations

import inspect
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse

from emulator.intercept import child
from emulator.intercept.certificates import Authority, root_certificates
from emulator.intercept.proxy import Proxy
from emulator.intercept.upstream import upstreams
from emulator.runtime.app import ASGIApp, build
from emulator.runtime.exchange import Exchange
from emulator.runtime.server import Listener

__all__ = ["Interception"]

BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
PORT: Final = re.compile(r":[0-9]+\Z")
DIRECT: Final = ("127.0.0.1", "localhost")
"""Where nobody goes through the proxy: the emulator itself, and the application under test."""


class Interception:
    """`async with Interception(exchange, url) as intercept:` the child gets `intercept.environ`.

    `url`: where the emulator itself is. `passthrough`: other hosts are reached as ever; else they are refused, and
    `on_refused(host, port)` is told. `environment`: what the child would have without us; hosts that it exempts from
    proxies stay exempt, but for the providers', and a proxy that it names is gone through. Files live in a temporary
    folder of its own and go with it. Raises `UsageError` for what is missing on this machine.
    """

    def __init__(
        self, exchange: Exchange, url: str, *, passthrough: bool = False,
        on_refused: Callable[[str, int], None] = lambda host, port: None, patience: float = 20.0,
        environment: Mapping[str, str] = os.environ,
    ) -> None:  # fmt: skip
        self.hosts = tuple(host.lower() for vendor in exchange.vendors.values() for host in vendor.hosts)
        self.environ: Mapping[str, str] = {}
        self.proxy_url = ""
        self._url, self._passthrough, self._on_refused, self._patience = url, passthrough, on_refused, patience
        self._environment = environment
        app = _only(self.hosts, build(exchange))
        self._listeners = Listener(app), Listener(app)
        self._proxy: Proxy | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def __aenter__(self) -> Self:
        authority = Authority()
        roots = root_certificates(self._environment) if self._passthrough else b""
        beyond = upstreams(self._environment) if self._passthrough else (None, None)
        self._folder = tempfile.TemporaryDirectory(prefix="ringback-")
        folder = Path(self._folder.name)
        own, bundle = folder / "authority.pem", folder / "certificates.pem"
        own.write_bytes(authority.pem)
        bundle.write_bytes(authority.pem + roots)
        tls, plain = self._listeners
        context = authority.context(self.hosts, folder)
        ports = await tls.start(tls=context, handshake=self._patience), await plain.start()
        self._proxy = Proxy(
            self.hosts, ports, passthrough=self._passthrough, beyond=beyond, on_refused=self._on_refused,
            patience=self._patience,
        )  # fmt: skip
        self.proxy_url = f"http://127.0.0.1:{await self._proxy.start()}"
        self.environ = {**self._environ(bundle), "PYTHONPATH": self._python_path(folder / "python", ports, own)}
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._proxy is not None:
            await self._proxy.stop()
        for listener in self._listeners:
            await listener.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def _environ(self, bundle: Path) -> Mapping[str, str]:
        own = urlsplit(self._url).hostname or ""
        told = ",".join(self._environment.get(name, "") for name in ("NO_PROXY", "no_proxy"))
        exempt = (name for each in told.split(",") if (name := each.strip()) and not self._is_theirs(name))
        direct = ",".join(dict.fromkeys((*DIRECT, own, *exempt)))
        return {
            **dict.fromkeys(PROXIES, self.proxy_url),
            **dict.fromkeys(BUNDLES, str(bundle)),
            "NODE_USE_ENV_PROXY": "1",
            "NO_PROXY": direct,
            "no_proxy": direct,
        }

    def _python_path(self, folder: Path, ports: tuple[int, int], authority: Path) -> str:
        """Of a Python child: what `child` is for comes first."""
        folder.mkdir()
        calls = f"install({self.hosts!r}, {ports[0]}, {ports[1]}, {str(authority)!r})\npass_on({str(folder)!r})\n"
        (folder / "sitecustomize.py").write_text(f"{inspect.getsource(child)}\n\n{calls}", encoding="utf-8")
        return os.pathsep.join(filter(None, (str(folder), self._environment.get("PYTHONPATH", ""))))

    def _is_theirs(self, exempt: str) -> bool:
        """Whether this word of `NO_PROXY` would keep a provider's host from us."""
        suffix = exempt.lower().partition(":")[0].lstrip("*.")
        return any(f".{host}".endswith(f".{suffix}") for host in self.hosts) or not suffix


def _only(hosts: tuple[str, ...], app: ASGIApp) -> ASGIApp:
    """Nothing of ours but the providers' APIs: what names another host came to the wrong place."""

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            named = next((text.decode("latin-1") for key, text in scope["headers"] if key == b"host"), "")
            if PORT.sub("", named.lower()) not in hosts:
                said = f"ringback: expected Host to be one of {', '.join(hosts)}, got {named[:80]!r}\n"
                await PlainTextResponse(said, 421)(scope, receive, send)
                return
        await app(scope, receive, send)

    return guarded
