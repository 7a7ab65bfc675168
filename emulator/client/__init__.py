"""The control API of a running server, from Python."""

from typing import Final

__all__ = ["BASE"]

BASE: Final = "/_control/v1"
"""Where the control API is, below a server's address."""
