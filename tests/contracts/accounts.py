"""Live accounts to probe: an emulator's, behind a wrapper that tells it truly or gets one thing wrong."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit


class Asked(NamedTuple):
    method: str
    path: str
    query: str
    headers: Mapping[str, str]


Answer = tuple[int, dict[str, str], bytes]


class Honest:
    """WSGI before the emulator at `url`. `seen` are the requests it got; `over` lets go of what hangs. Each mutant is
    one thing that a provider may change."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[Asked] = []
        self.over = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        headers = {key[5:].replace("_", "-").lower(): text for key, text in environ.items() if key.startswith("HTTP_")}
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        self.seen.append(Asked(environ["REQUEST_METHOD"], path, query, headers))
        status, told, body = self.answer(self.seen[-1])
        told["Content-Length"] = str(len(body))
        start_response(f"{status} -", list(told.items()))
        return [body]

    def answer(self, asked: Asked) -> Answer:
        """What the emulator says, changed."""
        status, told, body = self.truth(asked)
        kind = told.get("Content-Type", "")
        if status == 200 and kind.startswith("application/json"):
            body = json.dumps(self.changed(asked.path, json.loads(body))).encode()
        return status, told, body

    def changed(self, path: str, told: Any) -> Any:
        return told

    def truth(self, asked: Asked) -> Answer:
        """What the emulator says."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            passed = {name: text for name, text in asked.headers.items() if name not in ("host", "accept-encoding")}
            path = f"{parts.path}{quote(asked.path)}{'?' if asked.query else ''}{asked.query}"
            connection.request(asked.method, path, headers=passed)
            response = connection.getresponse()
            body = response.read()
            kind = response.getheader("content-type")
            return response.status, {"Content-Type": kind} if kind else {}, body
        finally:
            connection.close()


LIST = "/cdr"


def is_one(path: str) -> bool:
    return "/cdr/" in path and not path.endswith(("/recent", "/search", "/export"))


class NewKey(Honest):
    """A key that nobody knew, in every record."""

    def changed(self, path: str, told: Any) -> Any:
        if path.endswith(LIST):
            for each in told["data"]:
                each["carrier_note"] = "hidden 4155550123"
        return told


class MissingKey(Honest):
    """A documented key is no longer sent."""

    def changed(self, path: str, told: Any) -> Any:
        if path.endswith(LIST):
            for each in told["data"]:
                del each["hangup_cause"]
        return told


class OtherType(Honest):
    """A number has become a text."""

    def changed(self, path: str, told: Any) -> Any:
        if path.endswith("/concurrency"):
            told = {name: str(each) if isinstance(each, int) else each for name, each in told.items()}
        return told


class NewWord(Honest):
    """A word that no enum has."""

    def changed(self, path: str, told: Any) -> Any:
        if path.endswith(LIST):
            told["data"][0]["hangup_disposition"] = "sent_home"
        return told


class OtherFormat(Honest):
    """Ids in another format."""

    def changed(self, path: str, told: Any) -> Any:
        if path.endswith(LIST):
            for each in told["data"]:
                each["uuid"] = each["uuid"].replace("-", "")
        return told


class AllAtOnce(Honest):
    """The size of a page is no longer looked at."""

    def answer(self, asked: Asked) -> Answer:
        return super().answer(asked._replace(query="") if asked.path.endswith(LIST) else asked)


class FirstPage(Honest):
    """Every page is the first."""

    def answer(self, asked: Asked) -> Answer:
        return super().answer(asked._replace(query=asked.query.replace("page=2", "page=1")))


class Instead(Honest):
    """Another answer, to one list."""

    status, kind, body = 200, "application/json", b"{}"

    def answer(self, asked: Asked) -> Answer:
        if asked.path.endswith(LIST):
            return self.status, {"Content-Type": self.kind, **self.more(asked.headers)}, self.body
        return super().answer(asked)

    def more(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {}


class Teapot(Instead):
    """A status that is not documented."""

    status, body = 418, b'{"error": "call me at +14155550123"}'


class Gone(Instead):
    """A list that is there no longer."""

    status, body = 404, b'{"error": "not found"}'


class Page(Instead):
    """An error page, with a good status."""

    kind, body = "text/html", b"<html><h1>We will be back soon</h1></html>"


class Moved(Instead):
    """Elsewhere, with the credentials in the address."""

    status, body = 307, b""

    def more(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {"Location": f"https://elsewhere.example/v2/cdr?key={headers.get('x-auth-token', '')}"}


class Cut(Instead):
    """JSON that ends too early."""

    body = b'{"data": [{"uuid": '


class Latin(Instead):
    """Another encoding."""

    body = '{"data": "Müller"}'.encode("latin-1")


class NotANumber(Instead):
    """What only some parsers read."""

    body = b'{"data": NaN}'


class Empty(Instead):
    """Nothing at all."""

    body = b""


class Broken(Instead):
    """It fails, and tells the client's own secrets."""

    status = 500

    def answer(self, asked: Asked) -> Answer:
        if asked.path.endswith(LIST):
            return 500, {"Content-Type": "application/json"}, json.dumps(dict(asked.headers)).encode()
        return super().answer(asked)


class Hangs(Honest):
    """One list is never answered."""

    def answer(self, asked: Asked) -> Answer:
        if asked.path.endswith(LIST):
            self.over.wait(30)
        return super().answer(asked)


class Open(Honest):
    """Nobody is asked for credentials."""

    credentials: Mapping[str, str] = {}

    def answer(self, asked: Asked) -> Answer:
        self.credentials = self.credentials or {name: asked.headers[name] for name in ("x-auth-id", "x-auth-token")}
        return super().answer(asked._replace(headers={**asked.headers, **self.credentials}))


class Anything(Honest):
    """An id that nobody has is somebody's."""

    known = ""

    def answer(self, asked: Asked) -> Answer:
        if is_one(asked.path):
            self.known = self.known or asked.path
            asked = asked._replace(path=self.known)
        return super().answer(asked)


class OneGone(Honest):
    """A list names what cannot be had."""

    def answer(self, asked: Asked) -> Answer:
        return super().answer(asked._replace(path=f"{asked.path[:-4]}0000") if is_one(asked.path) else asked)


class OtherError(Honest):
    """An error of another shape."""

    def answer(self, asked: Asked) -> Answer:
        status, told, body = super().answer(asked)
        return (status, told, b'{"problem": "none such"}') if status == 404 else (status, told, body)
