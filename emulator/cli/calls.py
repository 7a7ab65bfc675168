"""`ringback call` and `ringback dial-in`: a call on a running server, from a shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from emulator.cli.server_options import server_options
from emulator.client.control_api import ControlApi
from emulator.errors import UsageError

__all__ = ["call", "dial_in"]

F = TypeVar("F", bound=Callable[..., Any])


def _account_options(command: F) -> F:
    """Which server, sandbox and vendor."""
    vendor = click.option("--vendor", default="", metavar="NAME", help="Which provider; needed if there are several.",
                          envvar="RINGBACK_VENDOR")  # fmt: skip
    return server_options(vendor(command))


@click.command()
@click.option("--to", required=True, metavar="NUMBER", help="Whom to call; `ringback numbers` lists the special ones.")
@click.option("--from", "from_", default="", metavar="NUMBER", help="Caller id; the sandbox's first number by default.")
@click.option("--answer-url", required=True, metavar="URL", help="Your application: asked what to do once answered.")
@click.option("--hangup-url", default="", metavar="URL", help="Told how the call ended.")
@_account_options
def call(to: str, from_: str, answer_url: str, hangup_url: str, url: str, token: str, sandbox: str, vendor: str) -> int:
    """Place a call through the provider's own API and print its answer; exit code 1 if it said no."""
    from emulator.runtime.vendors import load_vendors

    api = ControlApi(url, token)
    name, account = _account(api, sandbox, vendor)
    known = load_vendors()
    if name not in known:
        raise UsageError(f"--vendor: the server has {name}, which is not installed here; there is {', '.join(known)}")
    urls = {"answer": answer_url} | ({"hangup": hangup_url} if hangup_url else {})
    request = known[name].call_request(account, from_ or account["numbers"][0], to, urls)
    for option, told in (("--answer-url", answer_url), ("--hangup-url", hangup_url)):
        if told and told not in json.dumps(request.json):
            click.echo(f"{option}: {name} takes none with a call: its webhooks are settings of the sandbox", err=True)
    status, body = api.send(request.method, f"/{name}{request.path}", dict(request.headers), request.json)
    click.echo(f"{request.method} /{name}{request.path} -> {status}", err=True)
    click.echo(body.decode(errors="replace"))
    return 0 if 200 <= status <= 299 else 1


@click.command("dial-in")
@click.option("--to", default="", metavar="NUMBER", help="Which of your numbers; the sandbox's first by default.")
@click.option("--from", "from_", default="+919876543210", show_default=True, metavar="NUMBER", help="Who calls.")
@_account_options
def dial_in(to: str, from_: str, url: str, token: str, sandbox: str, vendor: str) -> None:
    """Let somebody call one of your numbers, and print the call as the control API shows it."""
    api = ControlApi(url, token)
    name, account = _account(api, sandbox, vendor)
    body = {"vendor": name, "from": from_, "to": to or account["numbers"][0]}
    made = api.post(f"/sandboxes/{sandbox}/calls", body)
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))


def _account(api: ControlApi, sandbox: str, vendor: str) -> tuple[str, dict[str, Any]]:
    """The vendor meant, and the sandbox's account there."""
    vendors = api.get(f"/sandboxes/{sandbox}")["vendors"]
    if not vendor and len(vendors) > 1:
        raise UsageError(f"--vendor: the server has {', '.join(vendors)}; say which one")
    name = vendor or next(iter(vendors), "")
    if name not in vendors:
        raise UsageError(f"--vendor: expected {' or '.join(vendors)}, got {vendor!r}")
    return name, vendors[name]
