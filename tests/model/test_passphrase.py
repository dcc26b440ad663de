"""The sentence about a passphrase."""

import pytest

from tui_mail.model.passphrase import Strength, passphrase_strength


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("", Strength.TOO_SHORT),
        ("abc", Strength.TOO_SHORT),
        ("password1", Strength.WEAK),
        ("aaaaaaaaaaaa", Strength.WEAK),
        ("12345678", Strength.WEAK),
        ("abcdefghij", Strength.WEAK),
        ("horse battery", Strength.WEAK),
        ("horse battery staple", Strength.FAIR),
        ("correct horse battery staple", Strength.GOOD),
        ("correct horse battery staple anchor willow", Strength.STRONG),
        ("x9$Lq2!vTz7#", Strength.GOOD),
    ],
)
def test_passphrases_get_the_sentence_they_deserve(text: str, strength: Strength) -> None:
    found, sentence = passphrase_strength(text)
    assert found is strength
    assert sentence.endswith(".")
