"""`ringback explain`: how a webhook was signed, and why your application finds its signature wrong."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import click

from emulator.cli.server_options import server_options
from emulator.client.control_api import ControlApi
from emulator.client.explaining import claims_of, tell_explanation
from emulator.errors import UsageError

__all__ = ["explain"]


@click.command()
@click.argument("delivery")
@click.option("--received", metavar="SIGNATURE", help="What your code computed: alone, or as the header's value.")
@click.option("--header", metavar="NAME", help="The header that your code compares it with.")
@click.option("--seen-url", metavar="URL", help="The URL as your code saw it, behind a proxy.")
@click.option(
    "--body",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The body that your code signed.",
)
@click.option("--secret", metavar="TEXT", envvar="RINGBACK_SECRET", show_envvar=True, help="The secret it uses.")
@click.option("--at", metavar="TIME", help="Its clock when it looked: 2026-01-31T12:00:00Z, or seconds since 1970.")
@click.option("--attempt", type=click.IntRange(1), metavar="NUMBER", help="Which attempt; the last by default.")
@click.option("--show-secret", is_flag=True, help="Show the whole secret that it was signed with.")
@click.option("--json", "as_json", is_flag=True, help="As the control API tells it.")
@server_options
def explain(
    delivery: str, received: str | None, header: str | None, seen_url: str | None, body: Path | None,
    secret: str | None, at: str | None, attempt: int | None, show_secret: bool, as_json: bool, sandbox: str, token: str,
    url: str,
) -> int:  # fmt: skip
    """Show how DELIVERY (such as c1-d4) was signed: what, with which secret, byte for byte.

    Say what your code has, and what does not fit is named; exit code 1 if that explains a wrong signature.
    """
    claims = claims_of(
        received, header, seen_url, body.read_bytes() if body is not None else None, secret, _instant(at), attempt,
        show_secret,
    )  # fmt: skip
    path = f"/sandboxes/{quote(sandbox, safe='')}/deliveries/{quote(delivery, safe='')}/explain"
    told = ControlApi(url, token).post(path, claims)
    click.echo(json.dumps(told, indent=2, ensure_ascii=False) if as_json else tell_explanation(told), nl=as_json)
    return 1 if any(finding["is_cause"] for finding in told["findings"]) else 0


def _instant(text: str | None) -> str | None:
    """As the control API takes it."""
    if text is None:
        return None
    from datetime import UTC, datetime

    try:
        if text.replace(".", "", 1).isdigit():
            return datetime.fromtimestamp(float(text), UTC).isoformat()
        made = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"--at: expected a time such as 2026-01-31T12:00:00Z or 1767225600, got {text!r}") from None
    return (made if made.tzinfo else made.replace(tzinfo=UTC)).isoformat()
