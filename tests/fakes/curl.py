"""As much of curl as our own lines use, for machines that have none; `tests/system` runs the real one."""

from __future__ import annotations

import argparse
import shlex
from http.client import HTTPConnection
from urllib.parse import urlsplit

_PARSER = argparse.ArgumentParser(prog="curl", exit_on_error=False, allow_abbrev=False)
_PARSER.add_argument("url")
_PARSER.add_argument("-X", dest="method", default="")
_PARSER.add_argument("-H", dest="headers", action="append", default=[])
_PARSER.add_argument("-d", dest="data", default=None)


def curl(line: str) -> tuple[int, str]:
    """Run one line as pasted into a shell: status and body."""
    name, *words = shlex.split(line)
    assert name == "curl", line
    told = _PARSER.parse_args(words)
    parts = urlsplit(told.url)
    headers = {key.strip(): text.strip() for key, _, text in (header.partition(":") for header in told.headers)}
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(told.method or ("GET" if told.data is None else "POST"), path, told.data, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()
