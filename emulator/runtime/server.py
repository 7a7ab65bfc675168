"""Listens, serves and stops at once: uvicorn's protocols on listeners of our own, without its main loop.

Uvicorn's own server looks up from its work ten times a second, which is up to 0.1 s before it stops.
"""

from __future__ import annotations

import asyncio
from ssl import SSLContext
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from emulator.runtime.app import ASGIApp, vendor_app
from emulator.runtime.exchange import Exchange
from emulator.runtime.spoiling import CONNECTION

__all__ = ["Listener", "Server"]


def _telling(protocol: Any) -> Any:
    """The protocol, whose requests know their connection: `state` of their ASGI scope has its transport."""

    class Telling(protocol):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.app_state[CONNECTION] = transport

    return Telling


class Listener:
    """One ASGI application on one port of this loop."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.port = 0
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(
        self, host: str = "127.0.0.1", port: int = 0, *, tls: SSLContext | None = None, handshake: float = 60.0
    ) -> int:
        """Bind and serve; the port. With `tls` a client has `handshake` seconds for its own. Raises `OSError` when the
        address cannot be had."""
        config = Config(
            self.app, interface="asgi3", http="httptools", ws="none", lifespan="off",
            access_log=False, log_level="warning",
            server_header=False, date_header=False, proxy_headers=False, timeout_keep_alive=75,
        )  # fmt: skip
        config.load()
        protocol: Any = _telling(config.http_protocol_class)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: protocol(config=config, server_state=self._state, app_state={}, _loop=loop),
            host, port, backlog=2048, ssl=tls, ssl_handshake_timeout=handshake if tls is not None else None,
        )  # fmt: skip
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def stop(self, drain: float = 0.0) -> None:
        """Take no more, let what is being answered end within `drain` seconds, then cut it off."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        tasks = set(self._state.tasks)
        if tasks and drain > 0:
            await asyncio.wait(tasks, timeout=drain)
        for connection in list(self._state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1)


class Server:
    """An exchange on its port, and with `vendor_ports` each vendor on one of its own, without the prefix."""

    def __init__(self, exchange: Exchange, app: ASGIApp) -> None:
        self.exchange = exchange
        self.url = ""
        self.vendor_urls: dict[str, str] = {}
        self._main = Listener(app)
        self._own = {name: Listener(vendor_app(exchange, vendor)) for name, vendor in exchange.vendors.items()}

    async def start(self) -> None:
        """Bind and serve. Raises `OSError` when the address cannot be had."""
        options = self.exchange.options
        host = f"[{options.host}]" if ":" in options.host else options.host
        port = await self._main.start(options.host, options.port)
        self.url = f"http://{host if host not in ('0.0.0.0', '[::]', '') else '127.0.0.1'}:{port}"
        if not self.exchange.url:
            self.exchange.url = self.url
        if options.vendor_ports:
            for name, listener in self._own.items():
                self.vendor_urls[name] = f"http://{host}:{await listener.start(options.host)}"

    async def stop(self, drain: float = 2.0) -> None:
        """See `Listener.stop`."""
        for told in self.exchange.on_stop:
            told()
        await asyncio.gather(self._main.stop(drain), *(listener.stop(drain) for listener in self._own.values()))
