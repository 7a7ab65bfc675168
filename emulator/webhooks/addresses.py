"""Whom we may speak to: which addresses are local, and which of them a name leads to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

__all__ = ["Lookup", "is_address", "is_local", "look_up"]

_LOCAL: Final = tuple(
    ip_network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/32", "::1", "::", "fc00::/7")
)

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""A host name's addresses; raises `OSError` if it has none."""


def is_address(host: str) -> bool:
    """An IPv4 or IPv6 address as it is written, not one of the forms only some resolvers know."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_local(address: str) -> bool:
    """A loopback or private address: this machine or its owner's network. False for anything else, or no address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in _LOCAL)


async def look_up(host: str) -> Sequence[str]:
    """What the machine's resolver says. Raises: `OSError`."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as problem:
        raise OSError("not a host name") from problem
    return [str(sockaddr[0]) for *_, sockaddr in found]
