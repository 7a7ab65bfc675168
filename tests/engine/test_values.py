"""`value`: what a record's equality, hash and repr rest on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from emulator.engine.values import field, is_value, value


@value
class Point:
    x: float
    y: Any = field(default=0, hash=False)
    note: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


@dataclass(slots=True, unsafe_hash=True)
class Plain:
    """The same fields, as a dataclass compiles them."""

    x: float
    y: Any = dataclasses.field(default=0, hash=False)
    note: str = dataclasses.field(default="", compare=False)
    secret: str = dataclasses.field(default="", repr=False)


@value
class Name:
    text: str


@value
class Nothing:
    pass


NAN = float("nan")
ROWS = [(1.0,), (1,), (2,), (1, [2]), (1, [2], "a"), (1, 0, "b"), (1, 0, "", "s"), (1, [NAN])]


@pytest.mark.parametrize("one", ROWS)
@pytest.mark.parametrize("other", ROWS)
def test_records_are_equal_when_a_dataclass_says_so(one: Any, other: Any) -> None:
    assert (Point(*one) == Point(*other)) is (Plain(*one) == Plain(*other))


def test_a_record_is_equal_to_itself_whatever_it_holds() -> None:
    """So says a dataclass up to Python 3.12, which compares tuples; from 3.13 on it compares field by field."""
    assert Point(NAN) == Point(NAN)
    assert Point(NAN) != Point(float("nan"))


@pytest.mark.parametrize("row", [*ROWS, (NAN,)])
def test_a_hash_is_made_of_the_fields_that_a_dataclass_would_take(row: Any) -> None:
    assert hash(Point(*row)) == hash(Plain(*row))


@pytest.mark.parametrize("row", ROWS)
def test_a_repr_shows_what_a_dataclass_would_show(row: Any) -> None:
    assert repr(Point(*row)) == repr(Plain(*row)).replace("Plain", "Point")


def test_a_record_that_holds_itself_can_be_shown() -> None:
    point = Point(1, [])
    point.y.append(point)
    assert repr(point) == "Point(x=1, y=[...], note='')"


@value
class Base:
    x: int
    many: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.many.append(self.x)


@value
class Derived(Base):
    z: int = 3


def test_a_record_is_made_as_a_dataclass_makes_it() -> None:
    assert (Base(1).many, Base(x=2).many, Derived(1, [7], z=4).many) == ([1], [2], [7, 1])
    assert Derived(1) == Derived(1, [], 3)
    for wrong in ((), (1, [], 3, 4)):
        with pytest.raises(TypeError, match=r"__init__\(\)"):
            Derived(*wrong)


def test_records_of_two_classes_are_never_equal() -> None:
    assert Point(1) != Plain(1)
    assert Name("x") != "x"


def test_a_record_of_one_field_or_none_equals_its_like() -> None:
    assert Name("a") == Name("a")
    assert Name("a") != Name("b")
    assert Nothing() == Nothing()
    assert len({Name("a"), Name("a"), Nothing(), Nothing()}) == 2


def test_a_record_is_a_slotted_dataclass() -> None:
    assert [each.name for each in fields(Point)] == ["x", "y", "note", "secret"]
    assert replace(Point(1), x=2) == Point(2)
    assert not hasattr(Point(1), "__dict__")


def test_a_record_whose_fields_are_asked_for_before_there_is_one_is_a_dataclass_too() -> None:
    @value
    class Late(Base):
        w: int = 5

    assert dataclasses.is_dataclass(Late) and is_value(Late) and not is_value(Plain)
    assert [(each.name, each.default) for each in fields(Late)][-1] == ("w", 5)
    assert Late.__match_args__ == ("x", "many", "w")
    assert replace(Late(1, [2]), w=6) == Late(1, [2, 1], 6)
