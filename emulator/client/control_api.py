"""One server's control API, one method per HTTP method: JSON in, JSON out, errors with their hint.

Plain `http.client`: nothing to install or import slowly, and no proxy of the environment comes between us and loopback.
"""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from emulator.client import BASE
from emulator.errors import RingbackError, UsageError
from emulator.vendor_wire.urls import is_http_url

__all__ = ["ControlApi", "ControlRefused", "NoServer"]


class NoServer(RingbackError):
    """Nobody answers at this address, or somebody who is not Ringback."""

    def __init__(self, url: str, problem: str) -> None:
        self.url, self.problem = url, problem
        super().__init__(
            f"no Ringback server at {url} ({problem}): start one with `ringback serve`, or name it with --url"
        )


class ControlRefused(RingbackError):
    """The control API said no. `code` is its stable word, `hint` what would help."""

    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        self.status, self.code, self.message, self.hint = status, code, message, hint
        super().__init__(f"{message} ({code}){f'; {hint}' if hint else ''}")


_Answer = tuple[int, bytes, bool]
"""Status, body, and whether it is this program's control API that answered."""


class ControlApi:
    """The server at `url`. Every call is one request; answers are parsed JSON (None for an empty body).

    `is_kept`: all go over one connection, which is for one thread alone, and ends with `close`.

    Raises `NoServer`, `ControlRefused`; `UsageError` for an address that is none.
    """

    def __init__(self, url: str, token: str = "", *, timeout: float = 60.0, is_kept: bool = False) -> None:
        if not is_http_url(url):
            raise UsageError(f"--url: expected an address such as http://127.0.0.1:5550, got {url!r}")
        self.url = url.rstrip("/")
        self.token = token
        self._parts, self._timeout, self._is_kept = urlsplit(url), timeout, is_kept
        self._kept: HTTPConnection | None = None

    def close(self) -> None:
        """End the connection that is kept, if there is one."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def get(self, path: str) -> Any:
        return self.ask("GET", BASE + path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.ask("POST", BASE + path, body)

    def put(self, path: str, body: Any) -> Any:
        return self.ask("PUT", BASE + path, body)

    def delete(self, path: str) -> Any:
        return self.ask("DELETE", BASE + path)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request below the server's address."""
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        status, answer, is_ours = self._send(method, path, headers, body)
        if not is_ours:
            raise NoServer(self.url, f"{method} {path} answered {status}, and not as Ringback does")
        parsed = json.loads(answer) if answer else None
        if status >= 400:
            problem = parsed.get("error") if isinstance(parsed, dict) else None
            told = problem if isinstance(problem, dict) else {}
            message = told.get("message") or f"{method} {path} answered {status}"
            raise ControlRefused(status, told.get("code", str(status)), message, told.get("hint") or "")
        return parsed

    def send(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> tuple[int, bytes]:
        """Any request to this server, a provider's own included: its status and body."""
        status, answer, _ = self._send(method, path, headers, body)
        return status, answer

    def _send(self, method: str, path: str, headers: dict[str, str], body: Any) -> _Answer:
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers = {"Content-Type": "application/json", **headers}
        if self._kept is not None:
            try:
                return self._exchange(self._kept, method, path, headers, data)
            except ConnectionError:  # the server ended it meanwhile, and has read nothing
                self.close()
            except BaseException:
                self.close()
                raise
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout)
        try:
            answer = self._exchange(connection, method, path, headers, data)
            if self._is_kept:
                self._kept = connection
            return answer
        except (OSError, HTTPException) as error:
            raise NoServer(self.url, str(error) or type(error).__name__) from error
        finally:
            if self._kept is not connection:
                connection.close()

    def _exchange(
        self, connection: HTTPConnection, method: str, path: str, headers: dict[str, str], data: bytes | None
    ) -> _Answer:
        connection.request(method, self._parts.path.rstrip("/") + path, data, headers)
        response = connection.getresponse()
        return response.status, response.read(), response.getheader("X-Ringback-Version") is not None
