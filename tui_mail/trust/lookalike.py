"""Addresses that look like another one: the form in which two that the eye takes for one are equal (UTS #39)."""

import unicodedata
from functools import lru_cache

_TWINS = str.maketrans({"1": "l", "i": "l", "|": "l", "0": "o", "_": "-"})
_PAIRS = (("rn", "m"), ("vv", "w"))


@lru_cache(maxsize=8192)
def skeleton(address_key: str) -> str:
    """What the eye keeps of an address.

    Args:
        address_key: in the form of ``model.address.address_key``; A-labels are read as their letters.
    """
    local, at, domain = address_key.rpartition("@")
    text = f"{local}{at}{'.'.join(map(_letters, domain.split('.')))}"
    if not text.isascii():
        text = "".join(map(_latin, unicodedata.normalize("NFKD", text)))
    text = text.lower().translate(_TWINS)
    for pair, one in _PAIRS:
        text = text.replace(pair, one)
    return text


def look_alike(one: str, other: str) -> bool:
    """Whether two different address keys can be taken for each other."""
    return one != other and skeleton(one) == skeleton(other)


def _letters(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


@lru_cache(maxsize=4096)
def _latin(character: str) -> str:
    """The small Latin letter that a character looks like; combining marks go."""
    if character.isascii():
        return character
    if unicodedata.combining(character):
        return ""
    from confusable_homoglyphs import confusables

    twins = [twin["c"] for twin in confusables.confusables_data.get(character, ())]
    return next((twin.lower() for twin in twins if twin.isascii() and twin.isalnum()), character)
