"""Six words for the telephone."""

import hashlib

from tui_mail.model.certificate import SPOKEN_BITS, spoken_words

ZERO = "0" * 64


def test_six_words_carry_72_bits_and_every_bit_of_them_changes_a_word() -> None:
    assert SPOKEN_BITS == 72
    base = spoken_words(ZERO)
    assert base.split() == ["baba"] * 6
    heard = {spoken_words(f"{1 << (255 - bit):064x}") for bit in range(SPOKEN_BITS)}
    assert len(heard) == SPOKEN_BITS
    assert base not in heard


def test_words_can_be_said_and_different_certificates_say_different_ones() -> None:
    said = [spoken_words(hashlib.sha256(bytes((number,))).hexdigest()) for number in range(200)]
    assert len(set(said)) == 200
    for words in said:
        assert len(words.split()) == 6
        for word in words.split():
            assert len(word) == 4
            assert {word[1], word[3]} <= set("aeio")
            assert not {word[0], word[2]} & set("aeiou")
