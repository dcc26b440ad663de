"""The sanitiser that stands between foreign text and the terminal."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model import clean as module
from tui_mail.model.clean import clean, clean_lines, clean_words

BIDI_CONTROLS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
ANY_TEXT = st.text(st.characters(exclude_categories=()))
MAIL_TEXT = st.text(st.sampled_from("ab \n\r\t\x0b\x1b\x7f\x85\xa0\xad\xe4\u200b\u2028\u3000\ud800"))


@given(ANY_TEXT)
def test_no_control_surrogate_or_bidi_character_survives(text: str) -> None:
    for character in clean(text):
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(character) not in BIDI_CONTROLS


@given(ANY_TEXT)
def test_lines_keep_newlines_and_nothing_else(text: str) -> None:
    for character in clean_lines(text):
        assert character == "\n" or unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_and_the_result_can_be_written(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode()
    lines = clean_lines(text)
    assert clean_lines(lines) == lines


@given(ANY_TEXT | MAIL_TEXT)
def test_text_that_is_as_most_is_takes_a_shorter_way_to_the_same(text: str) -> None:
    without = re.sub(module._GONE, "", re.sub(module._SPACE, " ", text))
    assert clean(text) == re.sub(module._SHOWN, module.REPLACEMENT, without)
    assert clean_words(text) == clean(text).split()
    lines = re.sub(module._GONE, "", re.sub(module._NEWLINE, "\n", text))
    assert clean_lines(text) == re.sub(module._SHOWN, module.REPLACEMENT, lines.expandtabs(module.TAB_WIDTH))


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b]52;c;ZXZpbA==\x07", "�]52;c;ZXZpbA==�"),
        ("\x9b31mred", "�31mred"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("two\r\nlines\there", "two lines here"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("[@click=app.quit]text[/]", "[@click=app.quit]text[/]"),
        ("\ud800", "�"),
    ],
)
def test_known_attacks_become_visible_text(hostile: str, harmless: str) -> None:
    assert clean(hostile) == harmless


def test_every_kind_of_line_break_becomes_a_newline() -> None:
    assert clean_lines("a\r\nb\rc\u2028d\x0ce") == "a\nb\nc\nd\ne"
    assert clean_lines("\tx") == "        x"


def test_no_character_that_is_looked_for_is_printable_to_python() -> None:
    """Text that is printable all through is handed on without a closer look."""
    looked_for = re.compile(
        f"{module._SUSPECT}|{module._SUSPECT_LINES}|{module._GONE}|{module._SHOWN}|{module._NEWLINE}"
    )
    characters = [chr(number) for number in range(0x110000)]
    assert sum(looked_for.match(character) is not None for character in characters) > 2_000
    assert not [character for character in characters if looked_for.match(character) and character.isprintable()]
