"""How typed address lines are read (RFC 5322 section 3.4, without groups)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.address import Address, format_address_list, parse_address_list


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" , ;", ()),
        ("a@x.example", (Address("a@x.example"),)),
        ("<a@x.example>", (Address("a@x.example"),)),
        ("Ann Berg <a@x.example>", (Address("a@x.example", "Ann Berg"),)),
        ('"Berg, Ann" <a@x.example>, b@y.example', (Address("a@x.example", "Berg, Ann"), Address("b@y.example"))),
        (r'"The \"Doc\"; really" <a@x.example>', (Address("a@x.example", 'The "Doc"; really'),)),
        ("a@x.example; b@y.example\nc@z", (Address("a@x.example"), Address("b@y.example"), Address("c@z"))),
        ("a@localhost", (Address("a@localhost"),)),
        ("jörg@müller.example", (Address("jörg@müller.example"),)),
        ("o'neil+tag@x.example", (Address("o'neil+tag@x.example"),)),
    ],
)
def test_addresses_are_read_as_people_type_them(text: str, expected: tuple[Address, ...]) -> None:
    assert parse_address_list(text) == (expected, ())


def test_the_same_address_is_taken_once() -> None:
    addresses, problems = parse_address_list("a@x.example, A <a@X.EXAMPLE>")
    assert addresses == (Address("a@x.example"),)
    assert problems == ()


@pytest.mark.parametrize("text", ["ann", "ann@", "@x", "a@x..y", "a b@x", "Ann <a@x", "a@x>", ".a@x", "a.@x", "a@b@c"])
def test_what_is_no_address_is_named_in_a_sentence(text: str) -> None:
    addresses, problems = parse_address_list(text)
    assert addresses == ()
    assert problems == (f"“{text}” is not a mail address.",)


def test_one_bad_piece_does_not_hide_the_good_ones() -> None:
    addresses, problems = parse_address_list("a@x.example, nobody, b@x.example")
    assert [address.spec for address in addresses] == ["a@x.example", "b@x.example"]
    assert len(problems) == 1


@given(st.text(alphabet='ab@.<>",; \\\\\n', max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    parse_address_list(text)


@given(st.lists(st.text(alphabet='Ann,;<>"\\\\@ []', min_size=1, max_size=12).map(str.strip), max_size=4))
def test_what_is_formatted_is_read_back(names: list[str]) -> None:
    addresses = tuple(Address(f"p{index}@x.example", name) for index, name in enumerate(names))
    assert parse_address_list(format_address_list(addresses)) == (addresses, ())
