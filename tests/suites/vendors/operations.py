"""What a client may ask of a vendor, and which keys its answers may have: data for the random suite.

A shape is what JSON may look like: an object of these keys at most (`obj`), a list (`[shape]`), one of several
(`either`), or anything (`ANY`). `TEXT` is a body that is no JSON object, `NOTHING` an empty one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from emulator.engine.values import field, value

__all__ = [
    "ANY", "JUNK", "NOTHING", "TEXT", "Operation", "bodies", "check_body", "check_shape", "either", "obj", "queries",
]  # fmt: skip

ANY: Final = None
TEXT: Final = "a text"
NOTHING: Final = "nothing"
Shape = Any


def obj(words: str | list[str] = "", **parts: Shape) -> dict[str, Shape]:
    """An object with no other keys than these."""
    names = words.split() if isinstance(words, str) else words
    return {**dict.fromkeys(names, ANY), **parts}


def either(*shapes: Shape) -> tuple[Shape, ...]:
    return shapes


def check_shape(got: Any, shape: Shape, where: str = "body") -> None:
    """Raises `AssertionError`, naming the path, for a key that nobody documents."""
    if shape is ANY:
        return
    if isinstance(shape, tuple):
        problems = []
        for each in shape:
            try:
                check_shape(got, each, where)
                return
            except AssertionError as problem:
                problems.append(str(problem))
        raise AssertionError("; or ".join(problems))
    if isinstance(shape, list):
        assert isinstance(got, list), f"{where}: expected a list, got {got!r:.80}"
        for index, item in enumerate(got):
            check_shape(item, shape[0], f"{where}[{index}]")
        return
    assert isinstance(shape, dict), f"{where}: expected {shape}, got {got!r:.80}"
    assert isinstance(got, dict), f"{where}: expected an object, got {got!r:.80}"
    for key, inner in got.items():
        assert key in shape, f"{where}.{key}: nobody documents this key"
        check_shape(inner, shape[key], f"{where}.{key}")


def check_body(content_type: str, content: bytes, shape: Shape) -> None:
    """The body of an answer: JSON of this shape, a text or nothing."""
    shapes = shape if isinstance(shape, tuple) else (shape,)
    if not content:
        assert NOTHING in shapes, f"an empty body, expected {shape}"
        return
    if TEXT in shapes and not content.startswith((b"{", b"[")):
        return
    assert "json" in content_type, f"{content_type}: {content!r:.80}"
    check_shape(json.loads(content), tuple(each for each in shapes if each not in (TEXT, NOTHING)))


@value
class Operation:
    """`path` may name `{call}`, `{number}`, `{agent}`, `{application}`. `answers`: shape by status."""

    method: str
    path: str
    answers: Mapping[int, Shape] = field(hash=False)
    body: Any = field(default=None, hash=False)
    """A strategy of JSON bodies; None sends none."""
    query: Any = field(default=None, hash=False)
    """A strategy of query parameters."""

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


JUNK: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["", " ", "0", "-1", "1e9", "null", "+", "<", "sip:a@b", "http://", "ws://127.0.0.1:9/", "\x00", "é"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
"""Any JSON, and then some."""


def bodies(base: Mapping[str, Any], **likely: list[Any]) -> st.SearchStrategy[Any]:
    """Mostly `base`; some of its fields, and of those in `likely`, with another value, with junk or left out; sometimes
    no object at all."""
    names = sorted({*base, *likely})
    change = st.one_of(
        *(st.tuples(st.just(name), st.sampled_from(choices)) for name, choices in likely.items()),
        st.tuples(st.sampled_from(names), JUNK),
        st.tuples(st.sampled_from(names), st.just(LEFT_OUT)),
    )
    changed = st.lists(change, max_size=3).map(lambda changes: _changed(base, changes))
    return st.one_of(st.just(dict(base)), changed, changed, changed, JUNK)


LEFT_OUT: Final = object()


def _changed(base: Mapping[str, Any], changes: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(base)
    for name, what in changes:
        if what is LEFT_OUT:
            made.pop(name, None)
        else:
            made[name] = what
    return made


def queries(**likely: list[str]) -> st.SearchStrategy[Any]:
    """Up to three parameters, each with a likely value or any text."""
    texts = st.text(max_size=6) | st.sampled_from(["", "0", "-1", "1", "3", "999999999999999999999", "x"])
    pair = st.sampled_from(sorted(likely)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(likely[name]) | texts)
    )
    return st.lists(pair, max_size=3)
