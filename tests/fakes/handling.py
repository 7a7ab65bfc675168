"""A server of somebody else's, as small as can be: one handler for each connection."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["handling"]


@contextmanager
def handling(handler: type[socketserver.StreamRequestHandler]) -> Iterator[str]:
    """Its address on loopback, until the `with` block is left."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
