"""The shapes of the list. Every state has a shape of its own, one cell wide in every terminal, and an ASCII twin.

Wide emoji are avoided on purpose: terminals and fonts disagree about them and the columns would shake. So the hourglass
is a clock face and the locks are boxes: one with its content visible, hatched, solid, crossed out.
"""

from __future__ import annotations

import os


class Glyphs:
    """One set of shapes."""

    def __init__(self, *, sig: dict[str, str], enc: dict[str, str], marks: str, lines: str, ellipsis: str) -> None:
        self.sig = sig
        self.enc = enc
        self.unread, self.answered, self.forwarded, self.flagged, self.attachment, self.waiting = tuple(marks)
        self.bar, self.rule, self.column, self.dot, self.arrow, self.dash = tuple(lines[:6])
        self.folded, self.unfolded, self.inside, self.turned = tuple(lines[6:])
        self.ellipsis = ellipsis


UNICODE = Glyphs(
    sig={"": " ", "Y": "✔", "N": "◆", "C": "↻", "E": "◔", "?": "?", "M": "≠", "X": "✘"},
    enc={"": " ", "open": "▣", "open-cbc": "▨", "locked": "■", "closed": "⊠"},
    marks="●↩↪★▤·",
    lines="▌─│·›–▸▾└▴",
    ellipsis="…",
)
ASCII = Glyphs(
    sig={"": " ", "Y": "+", "N": "*", "C": "~", "E": "o", "?": "?", "M": "#", "X": "!"},
    enc={"": " ", "open": "e", "open-cbc": "w", "locked": "L", "closed": "x"},
    marks="*r>!@.",
    lines=">-|.>->v`^",
    ellipsis=".",
)

SIG_TONE = {
    "": "muted",
    "Y": "good",
    "N": "accent",
    "C": "warning",
    "E": "warning",
    "?": "muted",
    "M": "bad",
    "X": "bad",
}
ENC_TONE = {"": "muted", "open": "good", "open-cbc": "warning", "locked": "accent", "closed": "bad"}

SIG_MEANING = (
    ("Y", "signed, intact and trusted"),
    ("N", "signed and intact, this signer is not trusted yet"),
    ("C", "another certificate than this sender's last ones: compare before trusting"),
    ("E", "was valid when signed, the certificate has expired since"),
    ("?", "cannot be judged now"),
    ("M", "the certificate does not belong to the sender's address"),
    ("X", "broken: altered, bad signature, refused or revoked"),
)
ENC_MEANING = (
    ("open", "encrypted to you and opened"),
    ("open-cbc", "opened, but its cipher does not protect against changes"),
    ("locked", "your key would open it; it is locked"),
    ("closed", "no key of yours opens it"),
)

_PLAIN = ("C", "POSIX")


def glyphs(ascii_only: bool) -> Glyphs:
    """The set for this terminal: ASCII when asked for, or when the locale cannot say more."""
    return ASCII if ascii_only or not speaks_unicode() else UNICODE


def speaks_unicode() -> bool:
    """Whether the locale's encoding is UTF-8. An unset one counts as UTF-8, as for Python; `C` is a wish."""
    ctype, lang = os.environ.get("LC_CTYPE", ""), os.environ.get("LANG", "")
    if lang in _PLAIN and ctype == "C.UTF-8":
        ctype = ""  # Python itself put it there when it started in the C locale (PEP 538)
    named = os.environ.get("LC_ALL") or ctype or lang
    codeset = named.partition(".")[2]
    return named not in _PLAIN and (not codeset or "utf" in codeset.lower())
