"""What an application answered, for people who look for their mistake: of a body that is no document at all. Pure."""

from __future__ import annotations

from typing import Final

from emulator.webhooks.values import Reply

__all__ = ["came_as", "not_json"]

MOST_SHOWN: Final = 60


def came_as(reply: Reply) -> str:
    """Its content type and how it begins."""
    text = reply.body[: 8 * MOST_SHOWN].decode("utf-8", "replace").strip()
    if not text:
        return "an empty body"
    kind = reply.header("content-type")
    shown = repr(text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…")
    return f"{f'Content-Type {kind}' if kind else 'no Content-Type'} with {shown}"


def not_json(problem: Exception, reply: Reply, wanted: str) -> str:
    """A decoder's complaint; where the body does not even begin as JSON, what came instead of `wanted` too."""
    if reply.body.lstrip()[:1] in (b"{", b"["):
        return f"not JSON: {problem}"
    return f"not JSON: expected {wanted}, got {came_as(reply)}; {problem}"
