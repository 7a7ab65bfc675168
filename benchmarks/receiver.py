"""A webhook receiver in its own process: answers everything at once and counts. `GET /count` tells.

Run as `python receiver.py PORT`. The answer document keeps a call for an hour: it waits, then hangs up.
"""

from __future__ import annotations

import asyncio
import sys

import httptools
import uvloop

ANSWER = b'<Response><Wait length="3600"/><Hangup/></Response>'


def response(body: bytes, kind: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body))
    return head + body


DOCUMENT = response(ANSWER, b"application/xml")
count = 0


class Protocol(asyncio.Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.path = b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.path = b""

    def on_url(self, url: bytes) -> None:
        self.path += url

    def on_message_complete(self) -> None:
        global count
        if self.path == b"/count":
            self.transport.write(response(b"%d" % count, b"text/plain"))
            return
        count += 1
        self.transport.write(DOCUMENT)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
