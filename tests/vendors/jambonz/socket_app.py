"""An application on a websocket, in this process: it keeps what it is told and acknowledges as it was told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

__all__ = ["SILENT", "SocketApp"]

SILENT = object()
"""An answer that is none: the message is never acknowledged."""

Answer = Any


class SocketApp:
    """`answers` by hook, or by type of message: verbs, None for an empty acknowledgement, `SILENT`, or an async
    function of the connection and the message. Messages that want no acknowledgement get none."""

    def __init__(self, protocols: tuple[str, ...] = ("ws.jambonz.org",)) -> None:
        self.answers: dict[str, Answer] = {}
        self.messages: list[dict[str, Any]] = []
        self.connections: list[ServerConnection] = []
        self.closed: list[int | None] = []
        self.url = ""
        self.on_open: Callable[[ServerConnection], Awaitable[None]] | None = None
        self._protocols = [Subprotocol(protocol) for protocol in protocols]
        self._server: Server | None = None

    async def start(self, port: int = 0) -> SocketApp:
        self._server = await serve(
            self._talk, "127.0.0.1", port, subprotocols=self._protocols or None, select_subprotocol=self._select
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/app"
        return self

    def _select(self, connection: ServerConnection, offered: Any) -> Subprotocol | None:
        return self._protocols[0] if self._protocols else None

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    @property
    def kinds(self) -> list[str]:
        return [message.get("hook") if message["type"] == "verb:hook" else message["type"] for message in self.messages]

    @property
    def statuses(self) -> list[str]:
        return [message["data"]["call_status"] for message in self.told("call:status")]

    async def over(self) -> list[int | None]:
        """When every connection has ended: how each was closed."""
        for connection in self.connections:
            await connection.wait_closed()
        while len(self.closed) < len(self.connections):
            await asyncio.sleep(0)
        return self.closed

    async def say(self, **message: Any) -> None:
        """Of its own accord, on the newest connection."""
        await self.connections[-1].send(json.dumps(message))

    async def command(self, command: str, data: Any = None, **more: Any) -> None:
        await self.say(type="command", command=command, data=data, **more)

    async def _talk(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        if self.on_open is not None:
            await self.on_open(connection)
        try:
            async for text in connection:
                message = json.loads(text)
                self.messages.append(message)
                await self._answer(connection, message)
        except ConnectionClosed:
            pass
        finally:
            self.closed.append(connection.close_code)

    async def _answer(self, connection: ServerConnection, message: dict[str, Any]) -> None:
        kind = message["type"]
        hook = message.get("hook")
        answer = self.answers.get(hook) if isinstance(hook, str) and hook in self.answers else self.answers.get(kind)
        if answer is SILENT or kind in ("call:status", "jambonz:error", "verb:status"):
            return
        if callable(answer):
            answer = answer(connection, message)
            if isinstance(answer, Awaitable):
                await answer
                return
        ack: dict[str, Any] = {"type": "ack", "msgid": message["msgid"]}
        await connection.send(json.dumps(ack if answer is None else {**ack, "data": answer}))
