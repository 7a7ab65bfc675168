"""What a Python child is given so that a client which ignores the proxy variables comes here all the same.

Copied into the temporary folder as the child's `sitecustomize`, hence of the standard library alone, and good for any
Python 3 that its command may run. The providers' hosts resolve to our listeners, and who loads certificates of its own
choice (certifi's, say) trusts the throw-away authority besides. Nothing else is touched.
"""

import importlib.machinery
import importlib.util
import os
import socket
import ssl
import sys
from typing import Any, Callable, Iterable  # noqa: UP035 - older Pythons run this, too

__all__ = ["install", "pass_on"]


def install(hosts: Iterable[str], tls: int, plain: int, authority: str) -> Callable[[], None]:
    """`hosts` lead to 127.0.0.1, port 80 to `plain`, any other to `tls`; `authority` is the file to trust. What comes
    back undoes it."""
    resolve, load, names = socket.getaddrinfo, ssl.SSLContext.load_verify_locations, frozenset(hosts)

    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        name = host.decode("latin-1") if isinstance(host, (bytes, bytearray)) else host
        if isinstance(name, str) and name.lower() in names:
            if family not in (socket.AF_UNSPEC, socket.AF_INET):
                raise socket.gaierror(socket.EAI_NONAME, "only an IPv4 address leads to ringback")
            ours = plain if port in (80, "80", "http") else tls
            return resolve("127.0.0.1", ours, socket.AF_INET, type, proto)
        return resolve(host, port, family, type, proto, flags)

    def load_verify_locations(self: ssl.SSLContext, *words: Any, **more: Any) -> None:
        load(self, *words, **more)
        if os.path.exists(authority):
            load(self, cafile=authority)

    def undo() -> None:
        socket.getaddrinfo = resolve
        ssl.SSLContext.load_verify_locations = load  # type: ignore[method-assign]

    socket.getaddrinfo = getaddrinfo
    ssl.SSLContext.load_verify_locations = load_verify_locations  # type: ignore[method-assign]
    return undo


def pass_on(folder: str) -> None:
    """Run the `sitecustomize` that would have been found had `folder` not come first on the path."""
    path = [each for each in sys.path if os.path.abspath(each or os.curdir) != os.path.abspath(folder)]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
