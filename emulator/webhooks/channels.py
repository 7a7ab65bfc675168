"""The applications' sockets as one sandbox knows them, without a network: which are open, lost, or over. Pure.

A channel is `new` until the message that begins its session was acknowledged; from then on it is `open`, and losing it
means to reopen it: it is `lost` until the message that `reopens` it was acknowledged. The application may close it for
good, and so do we when the call is over: `closed`.
"""

from __future__ import annotations

from typing import Literal

from emulator.webhooks.values import Channel, Request

__all__ = ["Channels", "Link"]

FINAL_CODE = 1000
"""An application that closes with it does not want to be called back."""


class Link:
    """One channel. `reopens` is the request that opens it anew once it was open."""

    __slots__ = ("call", "channel", "reopens", "state", "vendor")

    def __init__(self, channel: Channel, vendor: str, call: str) -> None:
        self.channel = channel
        self.vendor = vendor
        self.call = call
        self.state: Literal["new", "open", "lost", "closed"] = "new"
        self.reopens: Request | None = None


class Channels:
    """By key, and by call."""

    __slots__ = ("_by_call", "_links")

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._by_call: dict[str, list[Link]] = {}

    def of(self, request: Request) -> Link:
        """The link a request goes over, made with the first."""
        channel = request.channel
        assert channel is not None
        link = self._links.get(channel.key)
        if link is None:
            link = self._links[channel.key] = Link(channel, request.vendor, request.call)
            self._by_call.setdefault(request.call, []).append(link)
        return link

    def get(self, key: str) -> Link | None:
        return self._links.get(key)

    def of_call(self, call: str) -> list[Link]:
        return self._by_call.get(call, [])

    def opened(self, request: Request) -> None:
        """The message that begins or reopens a session was acknowledged."""
        link = self.of(request)
        if link.state != "closed":
            link.state = "open"
            link.reopens = request.reopens or link.reopens

    def lost(self, link: Link, code: int) -> Request | None:
        """The application's side is gone. What reopens it; None when nothing will."""
        if code == FINAL_CODE:
            link.state = "closed"
        elif link.state == "open" and link.reopens is not None:
            link.state = "lost"
            return link.reopens
        return None

    def drop(self, call: str) -> None:
        for link in self._by_call.pop(call, []):
            del self._links[link.channel.key]
