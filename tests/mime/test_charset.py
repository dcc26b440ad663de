"""Bytes to text by the names that mail uses for character sets."""

from itertools import product

import pytest

from tui_mail.mime import charset
from tui_mail.mime.charset import decode_bytes


@pytest.mark.parametrize("codec", sorted(charset._ABOVE_ASCII))
def test_ascii_alone_is_ascii_in_the_codecs_that_are_said_to_stand_above_it(codec: str) -> None:
    assert charset.codec_for(codec) == codec
    for pair in product(range(128), repeat=2):
        assert bytes(pair).decode(codec, "replace") == bytes(pair).decode("ascii")


def test_what_is_only_seven_bits_wide_is_still_read_by_its_charset() -> None:
    assert decode_bytes(b'\x1b$B$"\x1b(B', "iso-2022-jp") == "\N{HIRAGANA LETTER A}"
    assert decode_bytes(b"+AOQ-", "utf-7") == "\xe4" == decode_bytes(b"\xe4", "iso-8859-1")
    assert decode_bytes(b"~{0!~}", "hz") == "\u554a"


def test_utf8_that_was_cut_stays_utf8_and_an_eight_bit_set_is_read_as_such() -> None:
    assert decode_bytes("\xe4\xf6\xfc".encode() + b"\xc3") == "\xe4\xf6\xfc\N{REPLACEMENT CHARACTER}"
    assert decode_bytes(b"gr\xfcn und sch\xf6n") == "gr\xfcn und sch\xf6n"
