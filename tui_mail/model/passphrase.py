"""How good a passphrase is, in a sentence: an estimate for people, not a gate. Argon2id in the vault does the rest."""

import math
from enum import IntEnum

MIN_PASSPHRASE_LENGTH = 8


class Strength(IntEnum):
    """From unusable to very good."""

    TOO_SHORT = 0
    WEAK = 1
    FAIR = 2
    GOOD = 3
    STRONG = 4


_SENTENCES = {
    Strength.TOO_SHORT: f"Too short: take {MIN_PASSPHRASE_LENGTH} characters or more. Four random words are good.",
    Strength.WEAK: "Weak: someone who takes this computer could guess it. Add two or three words.",
    Strength.FAIR: "Fair: it would hold against a casual thief. One more word makes it good.",
    Strength.GOOD: "Good.",
    Strength.STRONG: "Very good. Write it down once and keep the paper in a safe place.",
}
_COMMON = (
    "password", "passwort", "passphrase", "letmein", "welcome", "qwertz", "qwerty", "azerty", "iloveyou", "admin",
    "geheim", "hallo", "dragon", "monkey", "football", "123456", "abc123", "111111", "000000",
)  # fmt: skip


def passphrase_strength(text: str) -> tuple[Strength, str]:
    """The estimate and its sentence."""
    strength = _estimate(text)
    return strength, _SENTENCES[strength]


def _estimate(text: str) -> Strength:
    if len(text) < MIN_PASSPHRASE_LENGTH:
        return Strength.TOO_SHORT
    bits = _entropy_bits(text)
    for strength, least in ((Strength.STRONG, 70.0), (Strength.GOOD, 50.0), (Strength.FAIR, 36.0)):
        if bits >= least:
            return strength
    return Strength.WEAK


def _entropy_bits(text: str) -> float:
    """A careful guess of the unpredictability: repeated, neighbouring and common pieces count almost nothing."""
    plain = text.casefold()
    for common in _COMMON:
        plain = plain.replace(common, common[0])
    alphabet = 0
    for group, size in ((str.islower, 26), (str.isupper, 26), (str.isdigit, 10)):
        alphabet += size if any(group(char) for char in text) else 0
    alphabet += 32 if any(not char.isalnum() for char in text) else 0
    alphabet += 100 if any(ord(char) > 127 for char in text) else 0
    surprising = sum(
        0.1 if 0 <= abs(ord(char) - ord(before)) <= 1 else 1.0
        for before, char in zip("\x00" + plain, plain, strict=False)
    )
    different = len(set(plain))
    guess = min(surprising, different * 1.8) * math.log2(max(alphabet, 2))
    words = [word for word in plain.split() if len(word) > 1]
    if len(words) > 1:
        # Words from a dictionary are worth about 13 bits each, whatever their length.
        return min(guess, len(set(words)) * 13.0)
    return guess * 0.8
