"""What `ringback serve` says first: where it is, who you are there, and a line to paste."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.scenarios.numbers import ANY_OTHER, MAGIC
from emulator.vendor_api import Vendor

__all__ = ["banner", "curl_line"]

ANYBODY = "+919876543210"
URLS = {"answer": "http://127.0.0.1:8000/answer", "hangup": "http://127.0.0.1:8000/hangup"}
"""Of the application that the curl line supposes; without it the call is placed all the same."""


def banner(ready: Mapping[str, Any], clock: str, vendors: Mapping[str, Vendor]) -> str:
    """`ready`: as in the ready file."""
    return "\n".join(_lines(ready, clock, vendors))


def _lines(ready: Mapping[str, Any], clock: str, vendors: Mapping[str, Vendor]) -> Iterator[str]:
    url = ready["url"]
    accounts = ready["sandboxes"]["default"]["vendors"]
    yield f"Ringback {ready['version']} at {url} (clock: {clock})"
    for name, account in accounts.items():
        yield ""
        yield f"  {vendors[name].title}"
        width = max(map(len, account))
        for key, text in account.items():
            for shown in _shown(text):
                yield f"    {key:<{width}} {shown}"
                key = ""
    yield ""
    yield f"  control API      {url}/_control/v1"
    if ready.get("token"):
        yield f"    token          {ready['token']}   (Authorization: Bearer ...)"
    yield ""
    yield "  Numbers that need no set-up (by their last seven digits, in any country):"
    for row in MAGIC:
        yield f"    ...{row.suffix[:3]} {row.suffix[3:]}    {row.does}"
    yield f"    any other      {ANY_OTHER}"
    yield ""
    yield f"  Calls to paste (your application would be at {URLS['answer']}):"
    for name, account in accounts.items():
        yield f"    # {vendors[name].title}"
        yield f"    {curl_line(vendors[name], account)}"
    yield ""


def _shown(text: Any) -> Iterator[str]:
    """A row of texts on one line, a table on a line each."""
    if not isinstance(text, list | tuple):
        yield str(text)
    elif any(isinstance(each, Mapping) for each in text):
        yield from ("  ".join(map(str, each.values())) for each in text)
    else:
        yield " ".join(map(str, text))


def curl_line(vendor: Vendor, account: Mapping[str, Any]) -> str:
    """A call through the vendor's own API at the account's `base_url`, for a shell: one line, every word quoted."""
    request = vendor.call_request(account, account["numbers"][0], ANYBODY, URLS)
    words = ["curl", "-X", request.method, f"{account['base_url']}{request.path}"]
    for key, text in request.headers:
        words += ["-H", f"{key}: {text}"]
    if request.json is not None:
        if not any(key.lower() == "content-type" for key, _ in request.headers):
            words += ["-H", "Content-Type: application/json"]
        words += ["-d", json.dumps(request.json)]
    return shlex.join(words)
