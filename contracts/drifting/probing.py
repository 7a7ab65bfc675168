"""Asks somebody's live account, and cannot harm it: GET only, one request at a time, a pause between any two.

No redirect is followed, because the credentials would go along; a `Retry-After` is waited for, if it is not too long.
Each request has a thread of its own, which is left behind when the whole answer is not there in time: the HTTP client's
own time-out begins anew with each byte of a header.
Credentials go into headers, and nowhere else: no file of this machine is read for others.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import closing
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from emulator import __version__
from emulator.clock import WallClock
from emulator.engine.values import value
from emulator.errors import RingbackError, UsageError

__all__ = ["Limited", "Prober", "Said", "Silence", "Unreachable", "wait"]

MOST_BODY: Final = 10 << 20
"""Bytes of an answer that are read."""
LONGEST_WAIT: Final = 60.0
"""Real seconds that a provider may ask us to wait."""
TRIES: Final = 3
USER_AGENT: Final = f"ringback/{__version__} (contract drift; read-only)"


def wait(seconds: float) -> None:
    """Real time passes."""
    threading.Event().wait(seconds)


class Silence(Exception):
    """No whole answer came. `rule` is one word: timeout, connection, too-large."""

    def __init__(self, rule: str, text: str) -> None:
        self.rule, self.text = rule, text
        super().__init__(text)


class Limited(Exception):
    """The provider wants to be asked later than we would wait."""


class Unreachable(RingbackError):
    """Nobody is there to be compared."""

    exit_code = 3


@value
class Said:
    """One answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The last of this name; "" if there is none."""
        return next((text for key, text in reversed(self.headers) if key.lower() == name), "")


class Prober:
    """`against` is the base URL; `credentials` the headers that say who asks. Raises `UsageError` for a URL to which
    credentials should not go."""

    def __init__(
        self, against: str, credentials: Mapping[str, str], *, pause: float, timeout: float,
        wait: Callable[[float], None] = wait,
    ) -> None:  # fmt: skip
        self.base = _checked(against)
        self.count = 0
        self._credentials, self._pause, self._timeout, self._wait = dict(credentials), pause, timeout, wait
        self._session = requests.Session()
        self._session.headers = CaseInsensitiveDict({"User-Agent": USER_AGENT, "Accept": "application/json, */*"})
        self._session.trust_env = not _is_loopback(urlsplit(self.base).hostname or "")

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, query: Mapping[str, Any], *, is_anonymous: bool = False) -> Said:
        """`path` is encoded. Raises `Silence`; `Limited` if it is still too early after some waiting."""
        for turn in range(1, TRIES + 1):
            said = self._get(path, query, is_anonymous=is_anonymous)
            later = said.header("retry-after")
            if said.status != 429 and not (said.status == 503 and later):
                return said
            seconds = _seconds(later)
            if turn == TRIES or seconds > LONGEST_WAIT:
                raise Limited(f"it says {said.status}, {turn} times, and to come again in {seconds:.0f} s")
            self._wait(seconds)
        raise AssertionError("unreachable")

    def _get(self, path: str, query: Mapping[str, Any], *, is_anonymous: bool) -> Said:
        if self.count:
            self._wait(self._pause)
        self.count += 1
        whole: Future[Said] = Future()

        def ask() -> None:
            try:
                whole.set_result(self._asked(path, query, is_anonymous=is_anonymous))
            except BaseException as error:
                whole.set_exception(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            return whole.result(self._timeout)
        except TimeoutError:
            raise self._too_slow() from None

    def _asked(self, path: str, query: Mapping[str, Any], *, is_anonymous: bool) -> Said:
        """The same, but of headers that trickle in it may wait for ever."""
        until = monotonic() + self._timeout
        try:
            response = self._session.get(
                self.base + path, params=query, headers={} if is_anonymous else self._credentials, auth=_as_it_is,
                timeout=self._timeout, allow_redirects=False, stream=True,
            )  # fmt: skip
            self._session.cookies.clear()
            with closing(response):
                body = self._read(response, until)
        except (requests.Timeout, TimeoutError, urllib3.exceptions.TimeoutError):
            raise self._too_slow() from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Silence("connection", _told(error)) from None
        return Said(response.status_code, tuple(response.headers.items()), body)

    def _read(self, response: requests.Response, until: float) -> bytes:
        parts, length = [], 0
        if monotonic() > until:
            raise self._too_slow()
        while part := response.raw.read1(65536, decode_content=True):
            parts.append(part)
            length += len(part)
            if length > MOST_BODY:
                raise Silence("too-large", f"more than {MOST_BODY >> 20} MB")
            if monotonic() > until:
                raise self._too_slow()
        return b"".join(parts)

    def _too_slow(self) -> Silence:
        return Silence("timeout", f"no whole answer within {self._timeout:g} s")


def _as_it_is(request: Any) -> Any:
    """An authentication that adds none: without it the one of a netrc file would replace ours."""
    return request


def _checked(against: str) -> str:
    try:
        parts = urlsplit(against)
        parts.port  # noqa: B018 - it is only now that it is looked at
    except ValueError:
        raise UsageError("--against: expected an address such as https://api.example.com") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("--against: expected an address such as https://api.example.com")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError("--against: expected an address alone; credentials come from the environment")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise UsageError(f"--against: {parts.hostname} is not this machine: credentials go there over https only")
    return against.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _seconds(later: str) -> float:
    """Of a `Retry-After`, which is a span or an instant; a second, if it is neither."""
    if later.isascii() and later.isdigit():
        return float(later)
    try:
        return max(0.0, (parsedate_to_datetime(later) - WallClock().now()).total_seconds())
    except (ValueError, TypeError):
        return 1.0


def _told(error: Exception) -> str:
    """The innermost reason, without the object that had it."""
    if cut := next((each for each in (error, *error.args) if isinstance(each, http.client.IncompleteRead)), None):
        came: Any = cut.partial  # urllib3 counts; of chunks it does not know how many there are to come
        whole = f", after {came} bytes of {came + cut.expected}" if isinstance(came, int) and cut.expected else ""
        return f"the answer ended early{whole}"
    seen: BaseException = error
    while (inner := getattr(seen, "reason", None) or (seen.args[0] if seen.args else None)) is not None:
        if not isinstance(inner, BaseException):
            break
        seen = inner
    return f"{type(seen).__name__}: {str(seen).rpartition(': ')[2]}"
