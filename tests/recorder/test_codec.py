import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.engine import commands, program
from emulator.engine.causes import BUSY, CAUSES
from emulator.engine.values import field, value
from emulator.errors import EmulatorBug, UsageError
from emulator.recorder.codec import ENGINE_CLASSES, Codec
from emulator.scenarios.far_end import FarEnd, Press, Reaction
from emulator.webhooks.values import Channel, Form, Json, Outcome, Policy, Raw, Reply, Request

CODEC = Codec((*ENGINE_CLASSES, Outcome, Reply, Request, Policy, Channel, Form, Json, Raw))

instants = st.datetimes(timezones=st.just(UTC))
spans = st.timedeltas()
keys = st.text(max_size=4)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
scalars = st.one_of(plain, st.binary(max_size=8), instants, spans)
hashable = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys | st.just("is"), inner, max_size=3)
        | st.dictionaries(hashable, inner, max_size=2)
        | st.frozensets(hashable, max_size=3)
    ),
    max_leaves=6,
)


def of_hint(hint: Any, depth: int) -> st.SearchStrategy[Any]:
    """Every value a type annotation allows; nested records only so deep."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return anything
    if origin in (Union, UnionType):
        return st.one_of(*(of_hint(each, depth) for each in inner))
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple and inner[-1] is not ...:
        return st.tuples(*(of_hint(each, depth) for each in inner))
    if origin is tuple:
        return st.lists(of_hint(inner[0], depth), max_size=2).map(tuple) if depth else st.just(())
    if origin is frozenset:
        return st.frozensets(of_hint(inner[0], depth), max_size=3)
    simple = {
        NoneType: st.none(), str: st.text(max_size=8), bool: st.booleans(), int: st.integers(),
        bytes: st.binary(max_size=8),
        float: st.floats(allow_nan=False), datetime: instants, timedelta: spans,
    }  # fmt: skip
    if hint in simple:
        return simple[hint]
    return of_class(hint, depth - 1) if depth else st.nothing()


def of_class(kind: type, depth: int = 2) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    given_fields = {each.name: of_hint(hints[each.name], depth) for each in fields(kind)}
    return st.builds(kind, **given_fields)


def there_and_back(given: Any, codec: Codec = CODEC) -> Any:
    written = json.dumps(codec.encode(given))
    back = codec.decode(json.loads(written))
    assert json.dumps(codec.encode(back)) == written
    return back


@pytest.mark.parametrize("kind", [*ENGINE_CLASSES, Outcome, Reply, Request, Policy, Form, Json, Raw], ids=str)
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_every_value_comes_back_and_is_written_the_same_again(kind: type, data: st.DataObject) -> None:
    given_value = data.draw(of_class(kind))
    back = there_and_back(given_value)
    assert type(back) is kind
    assert back == given_value


@given(anything)
def test_opaque_data_comes_back_with_its_types(given_value: Any) -> None:
    back = there_and_back(given_value)
    assert back == given_value
    assert repr(type(back)) == repr(type(given_value))


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_every_cause_comes_back(cause: Any) -> None:
    assert there_and_back(cause) == cause


def test_what_equals_its_default_is_left_out() -> None:
    assert CODEC.encode(commands.Fail("c1.0", BUSY)) == {
        "is": "Fail", "leg": "c1.0", "cause": {"is": "Cause", "kind": "busy", "name": "USER_BUSY", "q850": 17},
    }  # fmt: skip
    assert CODEC.encode(program.Say("Hi", loop=2)) == {"is": "Say", "text": "Hi", "loop": 2}


def test_what_the_type_says_is_not_said_again() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    written = CODEC.encode(
        [
            commands.Speak("c1.0", "Hi", timedelta(seconds=1.5)),
            Reply(200, (("a", "b"),), b"<R/>"),
            Raw(b"\xff"),
            commands.Hold("c1.0", held=False),
            at,
            at.replace(microsecond=5),
        ]
    )
    assert written == [
        {"is": "Speak", "leg": "c1.0", "text": "Hi", "seconds": 1.5},
        {"is": "webhooks.Reply", "status": 200, "headers": [["a", "b"]], "body": "<R/>"},
        {"is": "Raw", "data": {"is": "bytes", "base64": "/w=="}},
        {"is": "Hold", "leg": "c1.0", "held": False},
        {"is": "datetime", "at": "2026-01-01T00:00:00Z"},
        {"is": "datetime", "at": "2026-01-01T00:00:00.000005Z"},
    ]  # fmt: skip


def test_a_verb_and_a_command_of_one_name_stay_apart() -> None:
    command, verb = commands.HangUp("c1.0", "api"), program.HangUp()
    assert CODEC.encode(command)["is"] == "HangUp"
    assert CODEC.encode(verb)["is"] == "program.HangUp"
    assert CODEC.encode(Reply(200, (), b""))["is"] == "webhooks.Reply"
    assert there_and_back(commands.Reply("c1.0#1", program.Program((verb,)))).program.verbs == (verb,)


def test_real_durations_stay_out() -> None:
    outcome = Outcome(None, "timeout", "late", seconds=0.25, started=datetime(2026, 1, 1, tzinfo=UTC))
    assert CODEC.encode(outcome) == {"is": "Outcome", "reply": None, "error": "timeout", "text": "late"}


def test_another_zone_is_the_same_instant() -> None:
    at = datetime(2026, 1, 1, 5, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert CODEC.encode(at) == {"is": "datetime", "at": "2026-01-01T00:00:00Z"}
    assert there_and_back(at) == at
    naive = datetime(2026, 1, 1)
    assert there_and_back(naive) == naive


@pytest.mark.parametrize(
    "odd", [float("inf"), float("-inf"), timedelta.max, timedelta.min, timedelta(days=10**8, microseconds=1), -0.0]
)
def test_odd_numbers_come_back(odd: Any) -> None:
    assert repr(there_and_back(odd)) == repr(odd)
    assert repr(there_and_back(float("nan"))) == "nan"


@value
class Mixed:
    """Fields whose readings would be one without a tag."""

    when: datetime | str
    long: timedelta | float
    raw: bytes | Literal["x"] | None = None
    kept: dict[str, timedelta] = field(default_factory=dict)
    mapped: Mapping[str, Any] | None = None
    listed: list[int] | None = None
    loose: object = None


@pytest.mark.parametrize(
    "mixed",
    [
        Mixed("2026-01-01T00:00:00Z", 3.0),
        Mixed(datetime(2026, 1, 1, tzinfo=UTC), timedelta(seconds=3)),
        Mixed("", 1, b"x", {"a": timedelta(seconds=1), "is": timedelta()}, {"a": (1,)}, [1], frozenset({1})),
        Mixed("", 1, "x", {}, {}, []),
    ],
)
def test_two_readings_are_told_apart(mixed: Mixed) -> None:
    assert there_and_back(mixed, Codec([Mixed])) == mixed


def test_a_far_end_can_be_kept_too_and_its_own_checks_hold() -> None:
    codec = Codec([FarEnd, Reaction, Press])
    far_end = FarEnd(reactions=(Reaction(Press("1"), on_prompt=True),))

    @value
    class Other:
        far_end: Any

    assert codec.decode(codec.encode(Press("1"))) == Press("1")
    with pytest.raises(UsageError, match=r"^value: expected keys"):
        codec.decode({"is": "Press", "digits": "x"})
    assert codec.encode(Other(far_end))["is"] == "Other"


SPEAK = {"is": "Speak", "leg": "", "text": ""}
DROPPED = {"is": "AnswerDropped", "leg": None, "ask": ""}
CAUSE = {"is": "Cause", "kind": "x", "name": "y", "q850": 1}
PLACE = {"is": "PlaceCall", "vendor": "acme", "from_": "1", "to": "2"}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"is": "Boom"}, "value.is: no value is called 'Boom'"),
        ({"is": 3}, "value.is: expected the name of a class, got 3"),
        ({"is": "Answer"}, "value.leg: Answer needs it"),
        ({"is": "Answer", "leg": 3}, "value.leg: expected str, got 3"),
        ({"is": "Answer", "leg": "c1.0", "now": 1}, "value.now: Answer has no such field; it has leg"),
        ({"is": "Hold", "leg": "c1.0", "held": 1}, "value.held: expected bool, got 1"),
        ({"is": "Fail", "leg": "c1.0", "cause": {"is": "Say", "text": ""}}, "value.cause: expected Cause, got"),
        ({"is": "Fail", "leg": "c1.0", "cause": CAUSE, "by": "me"}, "value.by: expected 'caller', 'callee',"),
        ({"is": "Program", "verbs": [{"is": "AnswerVerb"}, {"is": "Say", "text": []}]}, "verbs[1].text: expected str"),
        ({"is": "Program", "verbs": {"is": "tuple", "of": [1]}}, "value.verbs: expected tuple, got"),
        ({"is": "Program", "verbs": {}}, "value.verbs: expected tuple, got {}"),
        ({"is": "Program", "verbs": {"is": "dict", "of": []}}, "value.verbs: expected tuple, got"),
        ({"is": "Redirect", "programs": [["c1.0"]]}, "value.programs[0]: expected 2 items, got 1"),
        ({**PLACE, "program": None}, "value.program: expected Program, got None"),
        ({**SPEAK, "seconds": "soon"}, "value.seconds: expected timedelta, got 'soon'"),
        ({**SPEAK, "seconds": 1e300}, "value.seconds: expected a span in seconds"),
        ({**SPEAK, "seconds": {"is": "datetime", "at": ""}}, "value.seconds: expected timedelta, got"),
        ({**SPEAK, "seconds": {"is": "timedelta", "seconds": "9" * 22 + "us"}}, "seconds.seconds: expected a span"),
        ({**SPEAK, "seconds": {"is": "timedelta", "seconds": "9" * 21 + "us"}}, "seconds.seconds: expected a span"),
        ({**DROPPED, "at": "yesterday"}, "at: expected an instant such as 2026-01-01T00:00:00Z, got 'yesterday'"),
        ({**DROPPED, "at": "2026-13-01T00:00:00Z"}, "value.at: expected an instant"),
        ({"is": "Raw", "data": "\ud800"}, "value.data: expected text"),
        ({"is": "bytes", "text": 3}, "value.text: expected text, got 3"),
        ({"is": "bytes", "base64": "?"}, "value.base64: expected base64, got '?'"),
        ({"is": "bytes", "base64": None}, "value.base64: expected base64, got None"),
        ({"is": "float", "text": "1"}, "value.text: expected nan, inf or -inf, got '1'"),
        ({"is": "tuple", "of": 3}, "value.of: expected a list, got 3"),
        ({"is": "dict", "of": [3]}, "value.of[0]: expected a key and its value, got 3"),
        ({"is": "dict", "of": [[[], 1]]}, "value.of[0][0]: expected a key, got []"),
        ({"is": "frozenset", "of": [{}]}, "value.of[0]: expected a key, got {}"),
        ([{"a": {"is": "Boom"}}], "value[0].a.is: no value is called 'Boom'"),
        ("x" * 99, "value: expected PlaceCall, Answer, got 'xxx"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_path(data: Any, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        CODEC.decode(data, (commands.PlaceCall, commands.Answer))
    assert text in str(caught.value)


def test_a_single_class_can_be_asked_for() -> None:
    assert CODEC.decode({"is": "Answer", "leg": "c1.0"}, commands.Answer) == commands.Answer("c1.0")
    with pytest.raises(UsageError, match=r"^entry: expected Answer, got None"):
        CODEC.decode(None, commands.Answer, "entry")


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["is", "of", "text", "base64", "at", "seconds", "leg", "verbs", "cause", "program"]),
            inner
            | st.sampled_from(["Answer", "Program", "Say", "Fail", "tuple", "dict", "bytes", "frozenset", "Reply"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_like)
def test_anything_at_all_is_read_or_refused_with_a_path(data: Any) -> None:
    try:
        CODEC.decode(data, where="file")
    except UsageError as error:
        assert str(error).startswith("file")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_good_text_with_one_bad_piece_is_read_or_refused(data: st.DataObject) -> None:
    written = CODEC.encode(data.draw(of_class(commands.PlaceCall)))
    node = written
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
            node = node[key]
            continue
        node[key] = data.draw(json_like)
        break
    try:
        CODEC.decode(written, where="file")
    except UsageError as error:
        assert str(error).startswith("file")


def test_depth_without_end_is_refused_both_ways() -> None:
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(UsageError, match="nested deeper than 150"):
        CODEC.decode(deep)
    with pytest.raises(EmulatorBug, match="nested deeper than 150"):
        CODEC.encode(deep)


@pytest.mark.parametrize("no_value", [object(), commands.Answer, print])
def test_what_is_no_value_is_our_bug_and_named(no_value: Any) -> None:
    with pytest.raises(EmulatorBug, match=r"codec: value\.a\[0\]: .* is no value"):
        CODEC.encode({"a": [no_value]})


def test_a_class_that_cannot_be_kept_is_our_bug() -> None:
    @value
    class Odd:
        what: complex

    with pytest.raises(EmulatorBug, match="it cannot keep"):
        CODEC.encode(Odd(1j))


def test_two_classes_with_one_full_name_are_our_bug() -> None:
    def another() -> type:
        @value
        class Twin:
            pass

        return Twin

    first, second, third = another(), another(), another()
    Codec([first, first, second])
    with pytest.raises(EmulatorBug, match="two classes are called"):
        Codec([first, second, third])
