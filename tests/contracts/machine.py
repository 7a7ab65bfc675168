"""Calls by hand: a machine that drives a provider's API, the clock and the far end over HTTP, and predicts the rest.

The model of a call is five numbers and a word: when it was placed, when its phone is dialled, rings and stops ringing,
and how far it is. It predicts the list of live calls with the word for each, the record of each that is over, every
webhook of each call in order, and what is refused. Every answer and every webhook is held against the contract, too.
Catches: a call that stays live; a ring limit that outlives the answer, or is one second off; a webhook told twice, out
of order or not at all; an ending told by another's words; a call hung up that was over; one call's events told of
another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from emulator.client.server import Server
from emulator.errors import RingbackError
from emulator.pytest_plugin.applications import Applications
from tests.contracts.driving import CLIENTS, LIMIT, Client

__all__ = ["machine"]

CONNECTS = 2
"""Seconds from dialling to the first ring."""
MOST = 8
"""Calls of one run: every list has them on one page."""
CALLER = "+919812340000"
CALLEES = ("+919876543210", "+919876543211", "+919876543212")
SPANS = st.sampled_from([0, 1, 2, 3, 5, LIMIT - CONNECTS - 1, LIMIT - CONNECTS, LIMIT - 1, LIMIT, 120])
DEEDS = {"answer": "answered", "busy": "busy", "reject": "rejected", "hang_up": "callee hangs up"}


@dataclass
class Modelled:
    """`state`: waiting (the callee is not dialled yet), queued, ringing, answered or ended. Instants are seconds."""

    id: str
    dials_at: int
    rings_at: int
    gives_up_at: int
    state: str = "waiting"
    ending: str = ""
    was_answered: bool = False
    is_inbound: bool = False


class Calls(RuleBasedStateMachine):
    """See the module."""

    calls = Bundle("calls")
    client_of: ClassVar[type[Client]]
    server: ClassVar[Server]
    serve: ClassVar[Callable[[Any], str]]

    def __init__(self) -> None:
        super().__init__()
        self.ringback = self.server.sandbox(seed=1)
        self.client = self.client_of(self.ringback, self.serve)
        for callee in CALLEES:
            self.ringback.far_end(callee).connects(CONNECTS).rings_for_ever()
        self.now = 0
        self.model: dict[str, Modelled] = {}
        self.told: dict[str, list[str]] = {}

    def teardown(self) -> None:
        self.client.session.close()
        self.ringback.close()

    # --- what the model says ---------------------------------------------------------------------------------------

    def reaches(self, call: Modelled, state: str, ending: str = "") -> None:
        call.state, call.ending = state, ending or call.ending
        step = state
        if state == "answered":
            call.was_answered = True
        if state == "ended" and call.was_answered and "ended after an answer" in self.client.TOLD:
            step = "ended after an answer"
        self.told[call.id] += self.client.TOLD.get(step, ())

    def time_goes_by(self, until: int) -> None:
        self.now = until
        for call in self.model.values():
            if call.state == "waiting" and call.dials_at <= until:
                self.reaches(call, "queued")
            if call.state == "queued" and call.rings_at <= until:
                self.reaches(call, "ringing")
            if call.state in ("queued", "ringing") and call.gives_up_at <= until:
                self.reaches(call, "ended", "no answer")

    # --- what is done ----------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.model) < MOST)
    @rule(target=calls, callee=st.sampled_from(CALLEES))
    def place(self, callee: str) -> Modelled:
        id_ = self.client.place(callee)
        assert id_ not in self.model
        dials = self.now + self.client.LEAD
        gives_up = dials + LIMIT + (0 if self.client.RINGS_FROM_DIALLING else CONNECTS)
        call = self.model[id_] = Modelled(id_, dials, dials + CONNECTS, gives_up)
        self.told[id_] = []
        self.time_goes_by(self.now)
        return call

    @precondition(lambda self: len(self.model) < MOST and "arrived" in self.client.TOLD)
    @rule(target=calls)
    def arrive(self) -> Modelled:
        """Somebody calls, and the application takes the call at once."""
        leg = self.ringback.dial_in(self.client.vendor, CALLER, self.client.account.numbers[0]).legs[0]
        call = self.model[leg.vendor_id] = Modelled(leg.vendor_id, self.now, self.now, self.now, was_answered=True)
        self.told[call.id] = []
        self.reaches(call, "arrived")
        call.state, call.is_inbound = "answered", True
        return call

    @rule(seconds=SPANS)
    def advance(self, seconds: int) -> None:
        self.ringback.advance(seconds)
        self.time_goes_by(self.now + seconds)

    @rule(call=calls, deed=st.sampled_from(sorted(DEEDS)))
    def act(self, call: Modelled, deed: str) -> None:
        """A person at the callee's phone. What cannot be done is refused, and changes nothing."""
        if call.state == "waiting" or (deed == "hang_up" and call.state in ("queued", "ringing")):
            return  # there is no such phone yet, or nobody has picked it up
        can = call.state == "answered" if deed == "hang_up" else call.state in ("queued", "ringing")
        leg = f"{self.ringback.calls.get(call.id).id}.1" if self.client.LEAD else None
        try:
            self.ringback.calls.get(call.id).act(deed, leg=leg)
        except RingbackError:
            assert not can
        else:
            assert can
            ending = "caller hangs up" if call.is_inbound else DEEDS[deed]
            self.reaches(call, *(("answered",) if deed == "answer" else ("ended", ending)))

    @rule(call=calls)
    def hang_up(self, call: Modelled) -> None:
        if self.client.hang_up(call.id, call.state):
            assert call.state != "ended"
            self.reaches(call, "ended", "API hangs up" if call.state == "answered" else "API cancels")

    # --- what is seen ------------------------------------------------------------------------------------------------

    @invariant()
    def everybody_tells_the_same(self) -> None:
        self.ringback.settle()
        assert self.client.wrong == []
        live = {call.id: self.client.WORDS[call.state] for call in self.model.values() if call.state != "ended"}
        found = self.client.live()
        assert found == live, (found, live)
        heard = {id_: self.client.heard.get(id_, []) for id_ in self.told}
        assert heard == self.told, (heard, self.told)

    @rule(call=calls)
    def look_at_the_record(self, call: Modelled) -> None:
        if call.state == "ended":
            found, right = self.client.ending(call.id), self.client.ENDINGS[call.ending]
            assert found == right, (found, right)


@contextmanager
def machine(vendor: str, server: Server) -> Iterator[type[Calls]]:
    """The machine of one provider, whose sandboxes are of `server`."""
    with Applications() as applications:

        class Machine(Calls):
            client_of = CLIENTS[vendor]

            @staticmethod
            def serve(app: Any) -> str:
                return applications.serve(app, interface="wsgi")

        Machine.server = server
        yield Machine
