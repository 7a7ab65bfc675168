"""What the control API answers, as records with types: instants are aware UTC, and nothing in them changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, overload

__all__ = [
    "Account", "Attempt", "Cause", "Delivery", "Drive", "Injected", "Leg", "Reached", "Request", "Response", "Said",
    "Sent", "State", "Transcript", "instant",
]  # fmt: skip

State = Literal["queued", "ringing", "early media", "answered", "ended"]
TO_FAR_END: Final = frozenset({"say", "play", "beep", "digits"})


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class Account(Mapping[str, Any]):
    """A sandbox's account at one provider: `.base_url`, its credentials, `.numbers`, as attributes and as keys."""

    def __init__(self, name: str, told: Mapping[str, Any]) -> None:
        self._name, self._told = name, told

    def __getattr__(self, name: str) -> Any:
        told: Mapping[str, Any] = self.__dict__.get("_told", {})
        if name not in told:
            raise AttributeError(f"the account at {self.__dict__.get('_name', '?')} has {', '.join(told)}; no {name!r}")
        return told[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._told]

    def __getitem__(self, key: str) -> Any:
        return self._told[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)

    def __repr__(self) -> str:
        return f"<Account at {self._name}: {self._told.get('base_url')}>"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a leg ended: `kind` is ours and unique, `name` (`NORMAL_CLEARING`) and `q850` are the network's."""

    kind: str
    name: str
    q850: int

    @classmethod
    def read(cls, told: Mapping[str, Any] | None) -> Cause | None:
        return cls(**told) if told else None


@dataclass(frozen=True, slots=True)
class Leg:
    """One party's side of a call. `failure`: the webhook that failed and ended it, `{purpose, why, text}`."""

    id: str
    vendor_id: str
    parent: str | None
    direction: Literal["inbound", "outbound"]
    from_: str
    to: str
    state: State
    is_held: bool
    partner: str | None
    machine: bool | None
    position: int
    cause: Cause | None
    by: str | None
    failure: Mapping[str, str] | None
    created_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Leg:
        made = {**told, "from_": told["from"], "cause": Cause.read(told["cause"])}
        made |= {key: instant(told[key]) for key in ("created_at", "ringing_at", "answered_at", "ended_at")}
        return cls(**{name: made[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Reached:
    """A leg came into a state."""

    at: datetime | None
    leg: str
    state: State


@dataclass(frozen=True, slots=True)
class Said:
    """One thing on the line: heard by the far end (`say play beep digits`) or from it (`pressed spoken greeting`), or
    a recording of it (`recorded`)."""

    at: datetime | None
    leg: str
    kind: str
    text: str


class Transcript(Sequence[Said]):
    """What was on the line, in order."""

    def __init__(self, lines: Sequence[Mapping[str, Any]]) -> None:
        self._lines = tuple(Said(instant(line["at"]), line["leg"], line["kind"], line["text"]) for line in lines)

    def heard(self, text: str) -> bool:
        """Whether the far end was told `text`, in whatever case and spacing; a cut prompt counts as far as it came."""
        return any(_plain(text) in _plain(line.text) for line in self._lines if line.kind in TO_FAR_END)

    def said(self, text: str) -> bool:
        """Whether the far end said `text`."""
        spoken = (line for line in self._lines if line.kind in ("spoken", "greeting"))
        return any(_plain(text) in _plain(line.text) for line in spoken)

    @property
    def pressed(self) -> str:
        """Every key the far end pressed, in order."""
        return "".join(line.text for line in self._lines if line.kind == "pressed")

    @overload
    def __getitem__(self, index: int) -> Said: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Said]: ...
    def __getitem__(self, index: int | slice) -> Said | Sequence[Said]:
        return self._lines[index]

    def __len__(self) -> int:
        return len(self._lines)

    def __repr__(self) -> str:
        return f"<Transcript: {', '.join(f'{line.kind} {line.text!r}' for line in self._lines) or 'nothing was said'}>"


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery in short."""

    id: str
    call: str
    callback: str
    state: str


@dataclass(frozen=True, slots=True)
class Drive:
    """How driving the clock ended: `stopped` is `time`, `idle`, `limit` or `condition`."""

    now: datetime
    stopped: str
    delivered: tuple[Sent, ...] = ()

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Drive:
        now = datetime.fromisoformat(told["now"])
        return cls(now, told["stopped"], tuple(Sent(**sent) for sent in told["delivered"]))


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `fields`: the form or JSON object that `body` encodes."""

    method: str
    url: str
    content_type: str
    body: str
    encoding: str
    fields: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Response:
    """What the application answered."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: str
    encoding: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Injected:
    """What a fault did: its name, its kind, and its span in seconds."""

    name: str
    fault: str
    seconds: float

    @classmethod
    def read(cls, told: Mapping[str, Any] | None) -> Injected | None:
        return cls(**told) if told else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at sending it. `error` is `connection`, `timeout`, `blocked` or nothing, `text` the same in words;
    `fault` what was done to it on purpose."""

    number: int
    at: datetime | None
    headers: Sequence[tuple[str, str]]
    response: Response | None
    error: str
    text: str
    seconds: float | None
    is_hung: bool
    fault: Injected | None


class Delivery:
    """One message to the application, as it was when it was read. `callback` is its neutral name (`answer`, `hangup`).

    Reading `state`, `problem`, `attempts`, `response` or `status` counts as having looked at how it went: a test that
    looked is not failed for a delivery that went wrong.
    """

    def __init__(self, told: Mapping[str, Any], looked: Callable[[str], None] = lambda _: None) -> None:
        self._told, self._looked = told, looked
        self.id: str = told["id"]
        self.call: str = told["call"]
        self.leg: str = told["leg"]
        self.vendor: str = told["vendor"]
        self.callback: str = told["callback"]
        self.word: str = told["word"]
        self.created_at = instant(told["created_at"])
        self.resend_of: str | None = told["resend_of"]
        self.fallback_of: str | None = told["fallback_of"]
        self.copied_by = Injected.read(told["copied_by"])
        self.request = Request(**told["request"])

    def _look(self) -> Mapping[str, Any]:
        self._looked(self.id)
        return self._told

    @property
    def state(self) -> str:
        """`waiting`, `in flight`, `retrying`, `delivered`, `failed`, `blocked` or `abandoned`."""
        return str(self._look()["state"])

    @property
    def problem(self) -> str:
        """Why the answer could not be read, or nothing."""
        return str(self._look()["problem"])

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return tuple(_attempt(told) for told in self._look()["attempts"])

    @property
    def response(self) -> Response | None:
        """The application's answer to the last attempt."""
        attempts = self.attempts
        return attempts[-1].response if attempts else None

    @property
    def status(self) -> int | None:
        """The status of that answer."""
        response = self.response
        return response.status if response else None

    def __repr__(self) -> str:
        word = f" ({self.word})" if self.word else ""
        return f"<Delivery {self.id} {self.callback}{word}: {self._told['state']}>"


def _attempt(told: Mapping[str, Any]) -> Attempt:
    response = Response(**told["response"]) if told["response"] else None
    return Attempt(**{**told, "at": instant(told["at"]), "response": response, "fault": Injected.read(told["fault"])})
