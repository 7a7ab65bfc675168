"""Which servers are trusted. Used from the first https attempt on, because reading the certificates takes time."""

from __future__ import annotations

import ssl

__all__ = ["context"]


def context() -> ssl.SSLContext:
    """The machine's trust: certificates and host names are checked; `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured."""
    made = ssl.create_default_context()
    made.set_alpn_protocols(["http/1.1"])
    return made
