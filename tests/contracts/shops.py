"""Applications that take orders over the telephone, at four providers: one that is right, and those with a bug planted.

Each confirms the order of a call when 1 was pressed, keeps the state that every call is in, and closes a call when it
has ended. Webhooks may come late, again, and out of order. `MUTANTS` says what is wrong with each, how long a story
shows it at most, and what its report has to say.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import contracts
from emulator.client.records import Delivery
from emulator.client.sandbox import Sandbox

__all__ = ["MUTANTS", "RIGHT", "Mutant", "Shop", "holds", "look"]

ORDER = ("queued", "ringing", "answered", "ended")
ASKS, THANKS = "Press 1 to confirm", "Thank you"


@dataclass
class Heard:
    """A webhook: of which call and number, what it tells (`asked`, `choice` or a state), and the key pressed."""

    call: str
    number: str
    event: str
    key: str = ""


class Shop:
    """The one that is right."""

    vendor = ""
    options: ClassVar[Mapping[str, Any]] = {}

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.confirmed: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        told = self.read(environ["PATH_INFO"], body)
        answer = self.take(told, f"http://{environ['HTTP_HOST']}")
        kind = "application/xml" if answer.startswith("<") else "application/json"
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(answer.encode())))])
        return [answer.encode()]

    def take(self, told: Heard, base: str) -> str:
        if told.event == "asked":
            return self.greet(told, base)
        if told.event == "choice":
            self.choose(told)
            return self.thank()
        self.move(told)
        if told.event == "ended":
            self.end(told)
        return self.nothing()

    def move(self, told: Heard) -> None:
        before = self.states.get(told.call, "queued")
        self.states[told.call] = max(before, told.event, key=ORDER.index)

    def choose(self, told: Heard) -> None:
        if told.key == "1":
            self.confirmed[told.call] = 1

    def end(self, told: Heard) -> None:
        self.closed[told.call] = 1

    def greet(self, told: Heard, base: str) -> str:
        return self.menu(base)

    # --- a provider's own

    def read(self, path: str, body: str) -> Heard:
        raise NotImplementedError

    def menu(self, base: str) -> str:
        return self.nothing()

    def thank(self) -> str:
        return self.nothing()

    def nothing(self) -> str:
        return "{}"


class Vobiz(Shop):
    vendor = "vobiz"

    def read(self, path: str, body: str) -> Heard:
        told = dict(parse_qsl(body, keep_blank_values=True))
        known = {"/ring": "ringing", "/hangup": "ended", "/answer": "asked", "/choice": "choice"}
        return Heard(told["CallUUID"], told["To"], known[path], told.get("Digits", ""))

    def greet(self, told: Heard, base: str) -> str:
        self.move(Heard(told.call, told.number, "answered"))
        return self.menu(base)

    def menu(self, base: str) -> str:
        return f'<Response><Gather action="{base}/choice" numDigits="1"><Speak>{ASKS}</Speak></Gather></Response>'

    def thank(self) -> str:
        return f"<Response><Speak>{THANKS}</Speak></Response>"

    def nothing(self) -> str:
        return "<Response/>"


class TryVox(Shop):
    vendor = "tryvox"
    options: ClassVar = {"settings": {"notification_retries": True}}

    def read(self, path: str, body: str) -> Heard:
        told = json.loads(body)
        event = {"/answer": "asked", "/choice": "choice"}.get(path) or told["status"]
        return Heard(told["call_uuid"], told["to"], event, told.get("digits") or "")

    def menu(self, base: str) -> str:
        gather = {"verb": "Gather", "action_url": f"{base}/choice", "num_digits": 1, "say": {"text": ASKS}}
        return json.dumps({"voxml_version": "1.0", "instructions": [gather]})

    def thank(self) -> str:
        return json.dumps({"voxml_version": "1.0", "instructions": [{"verb": "Say", "text": THANKS}]})


class Jambonz(Shop):
    vendor = "jambonz"
    options: ClassVar = {"urls": {"answer": "/answer#rc=2&rp=ct,rt", "status": "/status#rc=3&rp=all"}}
    _STATES: ClassVar = {"trying": "queued", "ringing": "ringing", "early-media": "ringing", "in-progress": "answered"}

    def read(self, path: str, body: str) -> Heard:
        told = json.loads(body)
        event = {"/answer": "asked", "/choice": "choice"}.get(path) or self._STATES.get(told["call_status"], "ended")
        return Heard(told["call_sid"], told["to"], event, told.get("digits") or "")

    def menu(self, base: str) -> str:
        gather = {"verb": "gather", "actionHook": "/choice", "input": ["digits"], "numDigits": 1, "say": {"text": ASKS}}
        return json.dumps([gather])

    def thank(self) -> str:
        return json.dumps([{"verb": "say", "text": THANKS}])

    def nothing(self) -> str:
        return "[]"


class Servetel(Shop):
    vendor = "servetel"
    options: ClassVar = {
        "settings": {
            "webhook_retries": 2,
            "webhooks": [
                {"url": "{app}/ringing", "trigger": "answered-by-agent"},
                {"url": "{app}/answered", "trigger": "answered-by-customer"},
                {"url": "{app}/ended", "trigger": "missed-or-answered"},
            ],
        }
    }

    def read(self, path: str, body: str) -> Heard:
        told = json.loads(body)
        return Heard(told["uuid"], told["call_to_number"], path.removeprefix("/"))


RIGHT: Sequence[type[Shop]] = (Vobiz, TryVox, Jambonz, Servetel)


def look(shop: Shop) -> tuple[dict[str, str], dict[str, int]]:
    """What is watched."""
    return shop.states, dict(shop.closed)


def holds(app: Shop, history: Sequence[Any], ringback: Sandbox) -> None:
    """What is to hold of every shop, whatever becomes of its webhooks."""
    contracts.never_goes_back([states for states, _ in history], ORDER)
    for states, closed in history:
        for call in closed:
            assert states.get(call) == "ended", f"{call} was closed while it was {states.get(call)}"
    known = {each.call for each in ringback.deliveries if each.callback not in ("answer", "gather")}
    ended = sum(call.id in known for call in ringback.calls.where(state="ended"))
    assert sorted(app.closed.values()) == [1] * ended, f"closed {dict(app.closed)} of {ended} calls"
    assert list(app.states.values()) == ["ended"] * ended, f"the calls have ended, and are {app.states}"
    wanted = sum(pressed(each) == "1" for each in ringback.deliveries.where(callback="gather"))
    assert sorted(app.confirmed.values()) == [1] * wanted, f"confirmed {dict(app.confirmed)}, {wanted} pressed 1"
    ordered = [call.id for call in ringback.calls if call.transcript.pressed.startswith("1")]
    assert len(app.confirmed) == len(ordered), f"confirmed {dict(app.confirmed)}, 1 was pressed in {ordered}"
    if app.vendor == "jambonz":
        for call in ringback.calls:
            said = call.transcript
            assert said.heard(ASKS) or not said.heard(THANKS), f"{call.id} was thanked for nothing"


def pressed(delivery: Delivery) -> str:
    """The keys that the application was told of; nothing, if it was told nothing."""
    arrived = [each for each in delivery.attempts if each.fault is None or each.fault.fault != "lost"]
    told = delivery.request.fields or {}
    return str(told.get("Digits") or told.get("digits") or "") if arrived else ""


# --- bugs ------------------------------------------------------------------------------------------------------


class LastWriteWins(Shop):
    def move(self, told: Heard) -> None:
        self.states[told.call] = told.event


class ConfirmsEachTime(Shop):
    def choose(self, told: Heard) -> None:
        if told.key == "1":
            self.confirmed[told.call] += 1


class ClosesEachTime(Shop):
    def end(self, told: Heard) -> None:
        self.closed[told.call] += 1


class KnowsCallsByNumber(Shop):
    def take(self, told: Heard, base: str) -> str:
        return super().take(Heard(told.number, told.number, told.event, told.key), base)


class HasSeenThisEvent(Shop):
    """Drops what it has seen before: by the event alone, whose ever it was."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def end(self, told: Heard) -> None:
        if told.event not in self.seen:
            self.seen.add(told.event)
            super().end(told)


class NeedsAnAnswerFirst(Shop):
    """Crashes when a call ends that nobody answered."""

    def end(self, told: Heard) -> None:
        self.answered[told.call].close()
        super().end(told)

    answered: dict[str, Any]

    def __init__(self) -> None:
        super().__init__()
        self.answered = {}

    def greet(self, told: Heard, base: str) -> str:
        import io

        self.answered[told.call] = io.StringIO()
        return super().greet(told, base)


class ClosesOnRing(Shop):
    def move(self, told: Heard) -> None:
        super().move(told)
        if told.event == "ringing":
            self.closed[told.call] = 1


class TrustsTheOrder(Shop):
    """Crashes on a status that cannot follow the one before."""

    def move(self, told: Heard) -> None:
        before = self.states.get(told.call, "queued")
        if ORDER.index(told.event) < ORDER.index(before):
            raise ValueError(f"{told.event} after {before}")
        super().move(told)


class IgnoresLateEnds(Shop):
    """An end that nobody was waiting for, because the call was not answered, is taken for noise."""

    def take(self, told: Heard, base: str) -> str:
        if told.event == "ended" and self.states.get(told.call) not in ("answered", "ended"):
            return self.nothing()
        return super().take(told, base)


class ForgetsOnDuplicate(Shop):
    def end(self, told: Heard) -> None:
        if told.call in self.closed:
            del self.states[told.call]
        super().end(told)


class GreetsOnce(Shop):
    """Answers the same question in another way when it is asked again."""

    def __init__(self) -> None:
        super().__init__()
        self.greeted: set[str] = set()

    def greet(self, told: Heard, base: str) -> str:
        if told.call in self.greeted:
            return self.thank()
        self.greeted.add(told.call)
        return super().greet(told, base)


class OrdersOncePerNumber(Shop):
    """Drops a second order as one that comes again, by the wrong key."""

    def __init__(self) -> None:
        super().__init__()
        self.customers: set[str] = set()

    def choose(self, told: Heard) -> None:
        if told.number not in self.customers:
            super().choose(told)
        if told.key == "1":
            self.customers.add(told.number)


class KnowsOneCall(Shop):
    """Takes whoever presses a key for whoever was greeted last."""

    current = ""

    def greet(self, told: Heard, base: str) -> str:
        self.current = told.call
        return super().greet(told, base)

    def choose(self, told: Heard) -> None:
        super().choose(Heard(self.current, told.number, told.event, told.key))


class ForgetsWhatIsOver(Shop):
    """Keeps nothing of a call that has ended: a webhook that comes late begins it anew."""

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[str, str] = {}

    def move(self, told: Heard) -> None:
        if told.event == "ended":
            self.live.pop(told.call, None)
            self.states[told.call] = "ended"
            return
        before = self.live.get(told.call, "queued")
        self.live[told.call] = self.states[told.call] = max(before, told.event, key=ORDER.index)


@dataclass
class Mutant:
    """`most`: how much there is to read at most. `says`: what its report has to say."""

    bug: type[Shop]
    shop: type[Shop]
    most: int
    says: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.shop.vendor}-{self.bug.__name__}"

    @property
    def drawn(self) -> dict[str, Any]:
        return {**self.shop.options, **self.options}

    @property
    def app(self) -> type[Shop]:
        return type(self.bug.__name__, (self.bug, self.shop), {})


HANGUP_ALONE = {"answer": "/answer", "ring": "/ring", "hangup": "/hangup"}

MUTANTS = (
    Mutant(LastWriteWins, Vobiz, 3, ["went back from", "ring webhook"]),
    Mutant(ConfirmsEachTime, Vobiz, 3, ["presses 1 at the prompt", "its answer is lost", "1 pressed 1"]),
    Mutant(ClosesEachTime, Vobiz, 2, ["hangup webhook", "of 1 calls"]),
    Mutant(KnowsCallsByNumber, Vobiz, 2, ["60 s later +919876543210 is called"]),
    Mutant(NeedsAnAnswerFirst, Vobiz, 2, ["The application raised KeyError", "at shops.py:", "is called and "]),
    Mutant(ClosesOnRing, Vobiz, 1, ["was closed while it was ringing"]),
    Mutant(OrdersOncePerNumber, Vobiz, 4, ["60 s later +919876543210 is called", "2 pressed 1"]),
    Mutant(KnowsOneCall, Vobiz, 4, ["\n  1 s later +91987654321"]),
    Mutant(ForgetsWhatIsOver, Vobiz, 4, ["went back from 'ended' to 'ringing'"]),
    Mutant(LastWriteWins, TryVox, 2, ["went back from"]),
    Mutant(TrustsTheOrder, TryVox, 2, ["The application raised ValueError: ", "answered 500"]),
    Mutant(IgnoresLateEnds, TryVox, 2, ["closed {} of 1 calls"]),
    Mutant(HasSeenThisEvent, TryVox, 2, ["60 s later", "of 2 calls"]),
    Mutant(ForgetsOnDuplicate, TryVox, 2, ["is gone", "hangup webhook"], {"urls": HANGUP_ALONE}),
    Mutant(LastWriteWins, Jambonz, 2, ["status webhook", "went back from"]),
    Mutant(GreetsOnce, Jambonz, 2, ["first answer webhook", "tried again"]),
    Mutant(ClosesEachTime, Jambonz, 2, ["of 1 calls", "status webhook"]),
    Mutant(LastWriteWins, Servetel, 3, ["went back from"]),
    Mutant(ClosesEachTime, Servetel, 3, ["hangup webhook", "of 1 calls"]),
    Mutant(ForgetsOnDuplicate, Servetel, 3, ["is gone"]),
)
