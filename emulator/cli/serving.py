"""One `serve`, from binding to the last line.

Theory of operation. The server binds; only then is the ready file written and the banner printed, so whoever sees
either can ask at once. The first SIGINT or SIGTERM drains for at most two seconds, the second stops at once; the exit
code is the last signal's (SIGTERM 0, SIGINT 130).
"""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import signal
from pathlib import Path
from typing import Any, Final

import uvloop

from emulator import __version__
from emulator.client import BASE
from emulator.errors import RingbackError
from emulator.runtime.app import ASGIApp, build
from emulator.runtime.exchange import DEFAULT, Exchange
from emulator.runtime.server import Server
from emulator.runtime.spec import Options, SandboxSpec

__all__ = ["CannotStart", "Serving"]

DRAIN: Final = 2.0
"""Real seconds that requests and webhooks in flight get after the first signal."""

INTERRUPTED: Final = 130
GC_THRESHOLDS: Final = (5_000, 2, 1_000)
"""Small young generations, so that no collection takes long: calls are freed by counting, and are no garbage."""


class CannotStart(RingbackError):
    """The address cannot be had, or the ready file cannot be written."""

    exit_code = 3


class Serving:
    """See the module."""

    def __init__(
        self, options: Options, spec: SandboxSpec, ready_file: Path | None, *, as_json: bool, quiet: bool
    ) -> None:
        self.options, self.spec, self.ready_file = options, spec, ready_file
        self.as_json, self.quiet = as_json, quiet
        self.signals: list[int] = []
        self.stopping, self.at_once = asyncio.Event(), asyncio.Event()

    def run(self) -> int:
        """Serve until a signal says stop; the exit code. Raises `CannotStart`."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(self._run())

    async def _run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled, number)
        exchange = Exchange(self.options)
        default = exchange.create(self.spec)
        server = Server(exchange, build(exchange, {BASE: _control(exchange)}))
        try:
            await server.start()
        except OSError as error:
            await exchange.close()
            raise CannotStart(_why_not(self.options, error)) from error
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        gc.enable()
        try:
            self._announce(exchange, server, default.public)
            await self.stopping.wait()
        finally:
            await self._stop(exchange, server)
            if self.ready_file is not None:
                self.ready_file.unlink(missing_ok=True)
        return INTERRUPTED if self.signals[-1:] == [signal.SIGINT] else 0

    def _signalled(self, number: int) -> None:
        (self.at_once if self.signals else self.stopping).set()
        self.signals.append(number)

    async def _stop(self, exchange: Exchange, server: Server) -> None:
        """Drain until all is quiet, the time is over, or a second signal says at once."""
        draining = asyncio.ensure_future(_drain(exchange, server))
        impatient = asyncio.ensure_future(self.at_once.wait())
        await asyncio.wait({draining, impatient}, return_when=asyncio.FIRST_COMPLETED)
        impatient.cancel()
        if not draining.done():
            draining.cancel()
            await asyncio.wait({draining})
            await server.stop(0)
            await exchange.close()
        else:
            draining.result()

    def _announce(self, exchange: Exchange, server: Server, public: Any) -> None:
        from emulator.cli.announcing import Announcer

        accounts = {
            name: {"base_url": server.vendor_urls.get(name) or exchange.base_url(name, server.url), **account}
            for name, account in public.items()
        }
        ready = {"url": server.url, "pid": os.getpid(), "version": __version__}
        if self.options.token:
            ready["token"] = self.options.token
        ready["sandboxes"] = {DEFAULT: {"id": DEFAULT, "seed": self.spec.seed, "vendors": accounts}}
        if self.ready_file is not None:
            _write_whole(self.ready_file, json.dumps(ready, indent=2, default=list) + "\n")
        announcer = Announcer(as_json=self.as_json, quiet=self.quiet)
        announcer.started(ready, self.spec, exchange.vendors)
        if not self.quiet:
            for sandbox in exchange.sandboxes.values():
                announcer.watch(sandbox)
            exchange.on_create.append(announcer.watch)


def _control(exchange: Exchange) -> ASGIApp:
    """The control API, imported by the first request for it: a provider's API need not wait for that."""
    made: list[ASGIApp] = []

    async def control(scope: Any, receive: Any, send: Any) -> None:
        if not made:
            from emulator.control import app

            made.append(app(exchange))
        await made[0](scope, receive, send)

    return control


async def _drain(exchange: Exchange, server: Server) -> None:
    """Requests first, then the webhooks that are out, all within `DRAIN`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + DRAIN
    await server.stop(DRAIN)
    await exchange.close(end - loop.time())


def _why_not(options: Options, error: OSError) -> str:
    where = f"{options.host}:{options.port}"
    if error.errno == errno.EADDRINUSE:
        return f"serve: {where} is taken by another program; stop that, or say --port 0 for any free port"
    if isinstance(error, PermissionError):
        return f"serve: {where} is not ours to bind; ports from 1024 on need no privilege, 0 takes any free one"
    return f"serve: cannot bind {where} ({error}); expected an address of this machine in --host"


def _write_whole(path: Path, text: str) -> None:
    """Nobody ever sees half of it: written aside, readable by its owner alone, then renamed."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        aside.replace(path)
    except OSError as error:
        raise CannotStart(f"--ready-file: cannot write {path} ({error.strerror}); name a file in a folder that is there"
                          ) from error  # fmt: skip
