"""What a vendor gives us (`Vendor`) and what it may ask of us (`VendorContext`, `VendorSandbox`).

A vendor is a translator. Its routes parse a request into a command and render what the engine says; its callbacks turn
an event into requests to the application; its language turns the application's answer into a program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from starlette.routing import BaseRoute

from emulator.engine.commands import Arrive, Command
from emulator.engine.events import Event, LegSnapshot
from emulator.engine.legs import Leg
from emulator.engine.program import Program
from emulator.engine.recordings import Recording
from emulator.engine.snapshots import QueueSnapshot, RoomSnapshot
from emulator.engine.values import field, value
from emulator.errors import NotEmulated, Refused
from emulator.ids import Ids
from emulator.webhooks.deliveries import Delivery
from emulator.webhooks.signatures import Signature
from emulator.webhooks.values import Reply, Request

__all__ = [
    "CallRequest",
    "CallView",
    "Part",
    "Records",
    "Seed",
    "SocketLanguage",
    "Vendor",
    "VendorContext",
    "VendorSandbox",
    "WireError",
]

Standing = Literal["documented", "recorded", "inferred"]


class Records(Protocol):
    """What this vendor keeps besides calls in one sandbox: JSON objects by kind and key, in order of insertion.

    A record read is never changed in place: `put` a new one. Writes are journalled.
    """

    def get(self, kind: str, key: str) -> Mapping[str, Any] | None: ...
    def all(self, kind: str) -> Iterator[Mapping[str, Any]]: ...
    def put(self, kind: str, key: str, record: Mapping[str, Any]) -> None: ...
    def delete(self, kind: str, key: str) -> None: ...


class CallView(Protocol):
    """What the pure parts of a vendor may see of a sandbox: settings, ids, records and legs. Nothing can be done."""

    @property
    def name(self) -> str:
        """The sandbox's id, for URLs that are fetched without a credential and so carry it in the path."""

    @property
    def base_url(self) -> str:
        """Where this vendor is: `http://host:port/<vendor>`, as told or bound. Not journalled: for what an inbound call
        remembers; a call made by a request remembers where that was sent."""

    @property
    def settings(self) -> Any:
        """An instance of the vendor's `settings` class."""

    @property
    def ids(self) -> Ids: ...
    @property
    def records(self) -> Records: ...
    def leg(self, leg_id: str) -> LegSnapshot | None:
        """By the engine's id."""

    def rooms(self) -> list[RoomSnapshot]:
        """This vendor's rooms that take members, oldest first."""

    def queues(self) -> list[QueueSnapshot]:
        """This vendor's queues, oldest first; nobody stands in one that is not there."""

    def recording(self, name: str) -> Recording | None:
        """This vendor's recording, by the vendor's own id, running or over; None for one unknown or deleted."""

    def recordings(self) -> list[Recording]:
        """All of this vendor's, the oldest first; one that runs has no end. They go when their call is forgotten."""


class VendorSandbox(CallView, Protocol):
    """One sandbox as one vendor's routes see it. Nothing here awaits except `until`."""

    def now(self) -> datetime: ...
    def do(self, command: Command) -> list[Event]:
        """Wake what is due, handle `command`, journal and dispatch what follows. Raises `Refused`, changing nothing.

        The first event of `PlaceCall` is `Dialed`, of `Arrive` `Arrived`: its `.leg.name` is the vendor's id.
        """

    def named(self, name: str) -> Leg | None:
        """The leg with this vendor id, live or ended, read-only; None if unknown or of another vendor."""

    def queued(self) -> Mapping[str, Leg]:
        """This vendor's legs not yet ringing, by engine id, oldest first."""

    def live(self) -> Mapping[str, Leg]:
        """Ringing, early media or answered."""

    def ended(self) -> Mapping[str, Leg]:
        """Ended, in order of their end."""

    def shelf(self, name: str) -> dict[str, Leg]:
        """The legs of every state that were put on this shelf (`PlaceCall`, `Arrive`), oldest first; read-only."""

    def deliveries(self) -> Iterator[Delivery]:
        """This vendor's callbacks, oldest first, read-only; those of forgotten calls are gone."""

    async def until(self, is_it: Callable[[Event], bool], limit: timedelta | None = None) -> Event | None:
        """Park this API request until an event of this sandbox satisfies `is_it`; None when `limit` passes first.

        A parked request does not hold the clock, and drives a virtual one when nobody else does.
        """


class VendorContext(Protocol):
    """What a vendor's routes are built with."""

    def sandbox(self, credential: str) -> VendorSandbox | None:
        """The sandbox that owns this credential (as the vendor's `seed` spelled it); None for an unknown one."""

    def sandbox_called(self, name: str) -> VendorSandbox | None:
        """By the sandbox's id, for URLs that are fetched without a credential and so carry it in the path."""


@value
class Seed:
    """A new sandbox's account at this vendor.

    `credentials`: every text by which a request may be recognised as this sandbox's (the vendor chooses the spelling;
    it must be unique over all sandboxes, so it is made from `ids`). `public`: what the control API shows under
    `vendors.<name>` besides `base_url`; always has `numbers` (E.164). `records`: (kind, key, record).
    """

    credentials: tuple[str, ...]
    public: Mapping[str, Any] = field(hash=False)
    records: tuple[tuple[str, str, Mapping[str, Any]], ...] = field(default=(), hash=False)


@value
class WireError:
    """An error as this vendor would send it. `body` JSON-able, or `bytes` as they are with `content_type`."""

    status: int
    body: Any = field(hash=False)
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


@value
class CallRequest:
    """The vendor's own API request that places a call, for `ringback call`."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    json: Any = field(hash=False)


@value
class Part:
    """A piece of the vendor's API and how sure we are of it."""

    name: str
    standing: Standing


def _own_id(ids: Ids, recording_id: str) -> str:
    return recording_id


@value
class SocketLanguage:
    """What an application says on its socket, in this vendor's language.

    `acknowledges(text)` is the id of the message of ours that a text acknowledges, "" for a text that is no
    acknowledgement; it then is the answer of that request. `read(text, is_binary, leg, view)` reads any other, of the
    session of `leg`, which lives: commands to carry out, and requests to send; raises `NotEmulated`.
    """

    acknowledges: Callable[[str], str]
    read: Callable[[str, bool, LegSnapshot, CallView], Sequence[Command | Request]]


@value
class Vendor:
    """The one object a vendor registers, under its entry point's name.

    A server reads every vendor as it starts, and asks it for `seed` and `settings`. The rest waits for the first
    request or call, so it may be named by `vendor_wire.later` and be imported then.

    `title` is for people. `routes(context)`, asked at the first request, are relative to the vendor's base URL and end
    with a catch-all, so that unknown paths and methods answer as the vendor does. `callbacks(event, view)` is called
    once for every event of the vendor's legs, in order. `read_program(reply, request, view)` runs on the good answer to
    an ask: None is "nothing to run"; raises `InvalidDocument`, `NotEmulated`, and `FlawedDocument` for one that is
    wrong and taken all the same. `sign(request, body, at, nonce)` gives the headers of one attempt; `nonce` is 32
    bytes, new for each. `refuse(error)` is total over the engine's reasons.
    `name_leg(ids, leg_id, at)` gives the vendor's id of a leg; `at` is the instant its call began. `name_recording(ids,
    recording_id)` gives that of a recording. `arrive(view, from_, to)` makes the command of an inbound call to one of
    its numbers; raises `Refused("unknown_number")`. `hosts`: the vendor's real host names. `settings`: a `@value`
    class, every field with a default: a Literal, bool, int, float, str, or typed lists of what the vendor keeps in its
    panel; its docstring tells what each does. `environ(public, base_url)`: what `ringback run` sets.
    `call_request(public, from_, to, urls)`: as a client would place a call; `urls` by neutral callback name (`answer`,
    `ring`, `hangup`). `inbound_settings(urls)`: the settings by which inbound calls are led to an application, `urls`
    as there. `socket`: for a vendor whose applications may be servers of a socket. `signs`: whether it signs webhooks
    at all. `signatures`, given what `sign` is given, tells how each signature is made; None where nobody can say.
    `fail(sandbox, status, retry_after)`: as it answers on a bad day, any status from 400 to 599, `retry_after` in whole
    seconds or None; without it a plain body of ours.
    """

    name: str
    title: str
    routes: Callable[[VendorContext], Sequence[BaseRoute]]
    callbacks: Callable[[Event, CallView], Sequence[Request]]
    read_program: Callable[[Reply, Request, CallView], Program | None]
    sign: Callable[[Request, bytes, datetime, bytes], Sequence[tuple[str, str]]]
    refuse: Callable[[Refused | NotEmulated], WireError]
    name_leg: Callable[[Ids, str, datetime], str]
    arrive: Callable[[CallView, str, str], Arrive]
    seed: Callable[[Ids, bool], Seed]
    environ: Callable[[Mapping[str, Any], str], Mapping[str, str]]
    call_request: Callable[[Mapping[str, Any], str, str, Mapping[str, str]], CallRequest]
    hosts: tuple[str, ...]
    settings: type[Any]
    callbacks_named: Sequence[str]
    parts: Sequence[Part]
    not_emulated: Sequence[str] = ()
    signs: bool = True
    signatures: Callable[[Request, bytes, datetime, bytes], Sequence[Signature]] | None = None
    fail: Callable[[VendorSandbox, int, int | None], WireError] | None = None
    name_recording: Callable[[Ids, str], str] = _own_id
    socket: SocketLanguage | None = None
    inbound_settings: Callable[[Mapping[str, str]], Mapping[str, Any]] | None = None
