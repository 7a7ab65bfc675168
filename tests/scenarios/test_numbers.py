import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.engine.causes import CAUSES
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.numbers import ANY_OTHER, MAGIC, magic, spelled


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("+1 (202) 555-0101", "12025550101"),
        ("12025550101", "12025550101"),
        ("+12025550101", "12025550101"),
        ("sip:+12025550101@x", "12025550101"),
        ("<sips:+1-202-555-0101@10.0.0.1:5060;transport=tls>", "12025550101"),
        ("tel:+1.202.555.0101;ext=4", "12025550101"),
        ("0012025550101", "12025550101"),
        ("09876543210", "9876543210"),
        ("+44 (0)20 7946 0018", "442079460018"),
        ("+1 202\u2013555\u20110101", "12025550101"),
        ("0101", "0101"),
        ("Alice", "alice"),
        ("sip:Alice@Example.com;transport=udp", "alice@example.com"),
        ("", ""),
    ],
)
def test_a_number_is_the_same_in_every_spelling(written: str, bare: str) -> None:
    assert spelled(written) == bare


@given(st.text())
def test_spelling_is_stable_whatever_comes(text: str) -> None:
    assert spelled(spelled(text)) == spelled(text) or "@" in text or ":" in text or ";" in text


@given(
    st.sampled_from(MAGIC),
    st.from_regex(r"[1-9][0-9]{0,4}", fullmatch=True),
    st.sampled_from(
        ["+{c}{a} {b}", "{c}{a}{b}", "+{c} ({a}) {b}", "00{c}{a}{b}", "sip:+{c}{a}{b}@host:5060", "tel:+{c}-{a}-{b}"]
    ),
)
def test_magic_works_in_any_country_and_spelling(row, country: str, form: str) -> None:  # type: ignore[no-untyped-def]
    number = form.format(c=country, a=row.suffix[:3], b=row.suffix[3:])
    assert magic(spelled(number)) == row.far_end


def test_a_number_that_is_not_magic_is_not() -> None:
    assert magic(spelled("+12025550109")) is None
    assert magic(spelled("0101")) is None


def test_every_magic_number_says_what_it_does_and_each_does_something_else() -> None:
    assert [row.suffix for row in MAGIC] == [f"555010{digit}" for digit in range(1, 9)]
    assert len({row.does for row in MAGIC}) == len({row.far_end for row in MAGIC}) == 8
    assert FarEnd() not in {row.far_end for row in MAGIC}
    assert "2 s" in ANY_OTHER


def test_every_way_to_fail_is_a_cause_the_engine_knows() -> None:
    assert {row.far_end.outcome for row in MAGIC} - {"answer"} <= set(CAUSES)
