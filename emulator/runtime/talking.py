"""What comes over an application's socket, and what becomes of the socket: inputs of a sandbox, as functions of it.

A message that acknowledges is the end of an attempt, as any answer. Any other is an input of its own (`message`): the
vendor reads it into commands and requests. So is the loss of a socket (`socket`), which holds back what would go over
it and sends the message that reopens the session.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from emulator.engine import commands as c
from emulator.engine.causes import FAILED_APPLICATION
from emulator.errors import FlawedDocument, InvalidDocument, NotEmulated, Refused
from emulator.webhooks.channels import Link
from emulator.webhooks.deliveries import Delivery, Done, Good, Lost, Verdict
from emulator.webhooks.values import Request

if TYPE_CHECKING:
    from emulator.runtime.sandbox import Sandbox

__all__ = ["attempt_ended", "hang_up_sockets", "lose", "receive"]

_NORMAL: Final = 1000
_GOING_AWAY: Final = 1001
_FIRST_WAIT: Final = timedelta(milliseconds=500)


def receive(sandbox: Sandbox, key: str, text: str, is_binary: bool = False) -> None:
    """The application says something of its own accord, or acknowledges what nobody waits for."""
    link = sandbox.channels.get(key)
    if link is None:
        return
    now = sandbox.clock.now()
    sandbox.wake(now)
    data = {"channel": key, "text": text, "is_binary": is_binary}
    sandbox.note(now, "message", link.call, link.vendor, data)
    _read(sandbox, link, text, is_binary, now)
    sandbox.settle_instant(now)


def _read(sandbox: Sandbox, link: Link, text: str, is_binary: bool, now: datetime) -> None:
    vendor = sandbox.vendors[link.vendor]
    view = sandbox.views[link.vendor]
    leg = view.leg(link.channel.leg)
    if leg is None or leg.state == "ended" or vendor.socket is None or link.state == "closed":
        return
    try:
        for each in vendor.socket.read(text, is_binary, leg, view):
            if isinstance(each, Request):
                sandbox.outbox.add(each, now)
            else:
                _obey(sandbox, each, now, link.call)
    except NotEmulated as missing:
        sandbox.note(now, "refused", link.call, link.vendor, _refusal(missing.name, missing))
        _obey(sandbox, c.HangUp(leg.id, "application", FAILED_APPLICATION), now, link.call)


def _refusal(command: Any, why: Exception) -> dict[str, Any]:
    return {"source": "application", "command": command, "why": str(why)}


def lose(sandbox: Sandbox, key: str, code: int, text: str) -> None:
    """The application has closed its socket, or the connection broke."""
    link = sandbox.channels.get(key)
    if link is None:
        return
    now = sandbox.clock.now()
    sandbox.wake(now)
    sandbox.note(now, "socket", link.call, link.vendor, {"channel": key, "what": "lost", "code": code, "text": text})
    leg = sandbox.engine.legs.get(link.channel.leg)
    if leg is not None and leg.state != "ended":
        reopens = sandbox.channels.lost(link, code)
        if reopens is not None:
            _reopen(sandbox, link, reopens, now)
        elif link.state == "closed":
            sandbox.outbox.end(link.call, key, now)
    sandbox.settle_instant(now)


def _reopen(sandbox: Sandbox, link: Link, request: Request, now: datetime) -> None:
    waits = request.policy.waits
    if not waits:
        _give_up(sandbox, link, now)
        return
    later = replace(request, policy=replace(request.policy, waits=waits[1:]))
    sandbox.outbox.reopen(later, now, now + waits[0])


def _give_up(sandbox: Sandbox, link: Link, now: datetime) -> None:
    """Nobody answers on the socket any more: the session ends."""
    link.state = "closed"
    sandbox.outbox.release(link.channel.key, now)
    _obey(sandbox, c.HangUp(link.channel.leg, "application", FAILED_APPLICATION), now, link.call)


def attempt_ended(sandbox: Sandbox, verdict: Verdict, now: datetime) -> None:
    """What else the end of an attempt means: its socket is open, or will never be; a program nobody waited for."""
    delivery = verdict.delivery
    request = delivery.request
    if request.channel is not None:
        _link_moved(sandbox, verdict, now)
    if request.takes_program and isinstance(verdict, Done) and delivery.state == "delivered":
        _take_program(sandbox, delivery, now)


def _link_moved(sandbox: Sandbox, verdict: Verdict, now: datetime) -> None:
    request = verdict.delivery.request
    link = sandbox.channels.of(request)
    if isinstance(verdict, Good) and request.reopens is not None:
        sandbox.channels.opened(request)
    elif link.state == "lost" and link.reopens is not None and request.message == link.reopens.message:
        if isinstance(verdict, Done) and verdict.delivery.state == "delivered":
            sandbox.channels.opened(request)
            sandbox.outbox.release(link.channel.key, now)
        elif isinstance(verdict, Lost):
            _give_up(sandbox, link, now)


def _take_program(sandbox: Sandbox, delivery: Delivery, now: datetime) -> None:
    """The answer to a hook that nobody waited for replaces what its leg runs."""
    vendor, outcome = sandbox.vendors[delivery.vendor], delivery.attempts[-1].outcome
    if outcome is None or outcome.reply is None:
        return
    try:
        program = vendor.read_program(outcome.reply, delivery.request, sandbox.views[delivery.vendor])
    except FlawedDocument as problem:
        sandbox.note_flaw(delivery, problem, now)
        program = problem.program
    except (InvalidDocument, NotEmulated) as problem:
        delivery.problem = str(problem)
        return
    if program is not None:
        _obey(sandbox, c.Redirect(((delivery.leg, program),)), now, delivery.call)


def hang_up_sockets(sandbox: Sandbox, call: str, now: datetime) -> None:
    """The call is over and all is said: its sockets are closed."""
    for link in sandbox.channels.of_call(call):
        if link.state == "closed":
            continue
        root = sandbox.engine.legs.get(link.channel.leg)
        is_refused = root is not None and root.cause == FAILED_APPLICATION and root.answered_at is None
        code = _GOING_AWAY if is_refused else _NORMAL
        link.state = "closed"
        data = {"channel": link.channel.key, "what": "closed", "code": code}
        sandbox.note(now, "socket closed", link.call, link.vendor, data)
        sandbox.to_close.append((link.channel.key, code))


def _obey(sandbox: Sandbox, command: c.Command, now: datetime, call: str) -> None:
    """A command that an application's message or answer made. What cannot be done is journalled."""
    try:
        sandbox.follow(command, now)
    except Refused as refused:
        sandbox.note(now, "refused", call, "", _refusal(command, refused))
