import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.errors import UsageError
from emulator.scenarios.directory import Directory
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.numbers import MAGIC

ONE, TWO, THREE = FarEnd(greeting="one"), FarEnd(greeting="two"), FarEnd(greeting="three")


def directory(**numbers: FarEnd) -> Directory:
    made = Directory()
    for number, far_end in numbers.items():
        made.set(number.removeprefix("_").replace("P", "+").replace("X", "*").replace("Q", "?"), far_end)
    return made


@pytest.mark.parametrize(
    "written", ["+919876543210", "9876543210", "09876543210", "sip:+919876543210@x", "+91 98765-43210"]
)
def test_a_script_matches_its_number_in_every_spelling(written: str) -> None:
    assert directory(P919876543210=ONE).find(written) is ONE
    set_so = Directory()
    set_so.set(written, ONE)
    assert set_so.find("+919876543210") is ONE


def test_another_number_with_the_same_end_is_another_number() -> None:
    assert directory(P919876543210=ONE).find("+449876543210") == FarEnd()
    assert directory(P919876543210=ONE).find("43210") == FarEnd()


def test_the_exact_number_wins_then_the_longest_agreement_then_the_last_one_set() -> None:
    book = directory(_9876543210=ONE, _919876543210=TWO, _3876543210=THREE)
    assert book.find("9876543210") is ONE
    assert book.find("+919876543210") is TWO
    assert book.find("+00919876543210") is TWO
    assert directory(_9876543210=ONE, _6543210=TWO).find("+919876543210") is ONE
    assert directory(_6543210=TWO, _9876543210=ONE).find("+919876543210") is ONE
    assert directory(P919876543210=ONE, P449876543210=TWO).find("9876543210") is TWO


def test_an_extension_matches_itself_alone() -> None:
    assert directory(_101=ONE).find("101") is ONE
    assert directory(_101=ONE).find("+12025550101") is MAGIC[0].far_end
    assert directory(_101=ONE).find("9101") == FarEnd()


def test_a_user_matches_with_any_host_unless_one_was_named() -> None:
    book = directory(alice=ONE)
    book.set("sip:bob@here.test", TWO)
    assert book.find("sip:Alice@anywhere.test") is ONE
    assert book.find("sip:bob@here.test") is TWO
    assert book.find("sip:bob@there.test") == FarEnd()


def test_the_pattern_with_the_most_digits_wins_then_the_last_one_set() -> None:
    book = directory(P91X=ONE, P9198X=TWO, P91Q=THREE)
    assert book.find("+919876543210") is TWO
    assert book.find("+911234567890") is ONE
    assert book.find("912") is THREE
    book.set("+9198*", THREE)
    assert book.find("+919876543210") is THREE
    assert directory(Xa=ONE, Xb=TWO).find("sip:ab") is TWO
    assert directory(aX=ONE, Xb=TWO).find("ab") is TWO


def test_what_was_set_wins_over_magic_and_magic_over_the_default() -> None:
    book = Directory()
    book.default = THREE
    assert book.find("+12025550101") is MAGIC[0].far_end
    assert book.find("+12025550100") is THREE
    book.set("*0101", ONE)
    assert book.find("+12025550101") is ONE
    assert book.find("+12025550103") is MAGIC[2].far_end
    book.set("5550101", TWO)
    assert book.find("+12025550101") is TWO


def test_setting_a_number_again_replaces_it() -> None:
    book = directory(P919876543210=ONE, P449876543210=TWO)
    book.set("919876543210", THREE)
    assert book.find("+919876543210") is THREE
    assert book.find("9876543210") is THREE


def test_items_make_the_same_directory_again() -> None:
    book = directory(P919876543210=ONE, P9198X=TWO, alice=THREE)
    again = Directory()
    for number, far_end in book.items():
        again.set(number, far_end)
    assert again.items() == book.items() == [("919876543210", ONE), ("alice", THREE), ("9198*", TWO)]


@pytest.mark.parametrize("nobody", ["", "  ", "sip:", "+"])
def test_no_number_at_all_is_a_usage_error(nobody: str) -> None:
    with pytest.raises(UsageError, match="expected a number"):
        Directory().set(nobody, ONE)


@given(st.text(), st.text())
def test_any_text_can_be_set_or_is_refused_and_then_looked_up(number: str, other: str) -> None:
    book = Directory()
    try:
        book.set(number, ONE)
    except UsageError:
        return
    book.find(other)
    if "*" not in number and "?" not in number:
        assert book.find(number) is ONE
