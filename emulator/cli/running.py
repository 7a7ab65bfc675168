"""One `run`: a `serve` in this process that says nothing, and the command in another.

Theory of operation. The command starts once the server answers, with our standard input and output; the server stops
when it has ended, however it ended. Ctrl-C goes to everybody at the terminal: the command decides what that means, and
we wait for it. What goes to us alone, a SIGTERM, or a SIGINT where there is no terminal, is passed on. Interception
begins before the command and ends after it; each host it refuses is told once, on standard error.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final, Literal

from emulator.cli import USAGE
from emulator.cli.serving import Serving
from emulator.client.environment import environ
from emulator.client.violations import Violation, tell_violations
from emulator.errors import UsageError
from emulator.recorder import Entry
from emulator.runtime.exchange import DEFAULT, Exchange
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.server import Server
from emulator.runtime.spec import Options, SandboxSpec

__all__ = ["Running"]

NOT_RUNNABLE: Final = 126
NOT_FOUND: Final = 127
KILLED: Final = 128


class Running(Serving):
    """See the module. `run()` returns the command's exit code, or 1 if it is 0 and there were violations."""

    def __init__(
        self, options: Options, spec: SandboxSpec, ready_file: Path | None, command: tuple[str, ...], *, as_json: bool,
        tells: bool = True, hosts: Literal["as ever", "ours alone", "ours"] = "as ever",
    ) -> None:  # fmt: skip
        super().__init__(options, spec, ready_file, as_json=as_json, quiet=not as_json)
        self.command, self.tells, self.hosts = command, tells, hosts
        self._refused: set[tuple[str, int]] = set()
        self._violations: dict[int, Entry] = {}
        self.code = 1
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Future[None] | None = None

    def run(self) -> int:
        with contextlib.redirect_stdout(sys.stderr):  # standard output is the command's alone
            super().run()
        if self._violations and self.tells and not self.as_json:
            self._tell_violations()
        return 1 if self._violations and self.code == 0 else self.code

    def _announce(self, exchange: Exchange, server: Server, public: Any) -> None:
        if self.as_json or self.ready_file is not None:
            super()._announce(exchange, server, public)
        for sandbox in exchange.sandboxes.values():
            self._watch(sandbox)
        exchange.on_create.append(self._watch)
        accounts = {
            name: {"base_url": server.vendor_urls.get(name) or exchange.base_url(name, server.url), **account}
            for name, account in public.items()
        }
        told = {**environ(server.url, accounts, self.options.token), "RINGBACK_SANDBOX": DEFAULT}
        if self.spec.strict:
            told["RINGBACK_STRICT"] = "1"
        self._task = asyncio.ensure_future(self._intercepted(exchange, server.url, {**os.environ, **told}))

    async def _intercepted(self, exchange: Exchange, url: str, environment: dict[str, str]) -> None:
        try:
            if self.hosts == "as ever":
                await self._carry_out(environment)
                return
            from emulator.intercept.interception import Interception

            passthrough = self.hosts == "ours"
            async with Interception(exchange, url, passthrough=passthrough, on_refused=self._on_refused) as intercept:
                await self._carry_out({**environment, **intercept.environ})
        except UsageError as error:
            print(f"ringback run: {error}", file=sys.stderr)
            self.code = USAGE
        finally:
            self.stopping.set()

    def _watch(self, sandbox: Sandbox) -> None:
        """Remember what is wrong with requests there."""
        if self._seen not in sandbox.observers:  # of one that was reset it is one already
            sandbox.observers.append(self._seen)

    def _seen(self, entry: Entry) -> None:
        if entry.kind == "violation":
            self._violations[id(entry.data)] = entry  # whose data is kept: no other has this id

    def _tell_violations(self) -> None:
        found = [Violation.read({**each.data, "at": each.at.isoformat(), "call": each.call, "vendor": each.vendor})
                 for each in self._violations.values()]  # fmt: skip
        count = f"{len(found)} violations" if len(found) > 1 else "a violation"
        print(f"ringback run: {count} of the providers' contracts:", file=sys.stderr)
        for told in tell_violations(found):
            print(f"  {told.replace(chr(10), chr(10) + '  ')}", file=sys.stderr)

    def _on_refused(self, host: str, port: int) -> None:
        if self.tells and (host, port) not in self._refused:
            self._refused.add((host, port))
            if self.as_json:
                print(json.dumps({"kind": "refused", "host": host, "port": port}), file=sys.stderr)
            else:
                print(f"ringback run: refused {host}:{port}; --passthrough lets other hosts through", file=sys.stderr)

    async def _carry_out(self, environment: dict[str, str]) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(*self.command, env=environment)
            for number in self.signals:
                self._pass_on(number)
            code = await self._process.wait()
            self.code = code if code >= 0 else KILLED - code
        except FileNotFoundError:
            self._say("there is no such command")
            self.code = NOT_FOUND
        except OSError as error:
            self._say(error.strerror or str(error))
            self.code = NOT_RUNNABLE

    def _signalled(self, number: int) -> None:
        self.signals.append(number)
        self._pass_on(number)

    def _pass_on(self, number: int) -> None:
        is_theirs = number == signal.SIGINT and os.isatty(0)
        if self._process is not None and self._process.returncode is None and not is_theirs:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _say(self, problem: str) -> None:
        print(f"ringback run: {self.command[0]}: {problem}", file=sys.stderr)
