"""The one sanitiser: what foreign text must pass before a terminal may see it.

The law: text that left `clean` or `clean_lines` cannot move the cursor, start an escape sequence, reorder its
neighbours, hide itself or break the output encoding. Cleaning twice changes nothing.

Regular expressions are imported for text that is not printable all through: they are 4 ms before the first picture, and
nearly all text is. Every character that is looked for here is one that Python does not call printable.
"""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Stands where a control character was, so that people see that something was there."""

TAB_WIDTH = 8

# C0 and DEL and C1 (ESC, BEL, CSI, OSC, NEL …); lone surrogates, which would make writing UTF-8 fail.
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
# Bidi marks, embeddings, overrides, isolates; zero-width space, word joiner and invisible operators, soft hyphen, BOM,
# interlinear annotation, deprecated format characters and the tag block. Joiners (U+200C, U+200D) stay: Persian,
# Indic scripts and emoji need them.
_INVISIBLE = "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_BREAK = "\n\t\u2028\u2029"

_SUSPECT = f"[{_CONTROL}{_INVISIBLE}{_BREAK}]"
_SUSPECT_LINES = f"[{_CONTROL}{_INVISIBLE}\u2028\u2029\t]"
_GONE = f"[{_INVISIBLE}]+"
_SHOWN = f"[{_CONTROL}]"
_SPACE = r"[\r\n\t\u2028\u2029\x85]+"
_NEWLINE = r"\r\n?|[\u2028\u2029\x85\x0b\x0c]"

_PRINTABLE_ASCII = bytes(range(0x20, 0x7F))


def clean(text: str) -> str:
    """One line of harmless text: line breaks and tabs become one space, invisible characters go, controls are shown."""
    if text.isprintable():
        return text
    import re

    if re.search(_SUSPECT, text) is None:
        return text
    return re.sub(_SHOWN, REPLACEMENT, re.sub(_GONE, "", re.sub(_SPACE, " ", text)))


def clean_words(text: str) -> list[str]:
    """The words of `clean` text."""
    if text.replace("\n", "").replace("\r", "").replace("\t", "").replace("\xa0", "").isprintable():
        return text.split()
    return clean(text).split()


def clean_lines(text: str) -> str:
    """The same for text of several lines: every kind of line break becomes a newline, tabs become spaces."""
    if text.isprintable():
        return text
    if text.isascii():  # most mail, and at most its tabs have to go
        if not (odd := _without(text, b"\n")).strip(b"\t"):
            return text.expandtabs(TAB_WIDTH) if odd else text
    elif text.replace("\n", "").replace("\t", "").replace("\xa0", "").isprintable():
        return text.expandtabs(TAB_WIDTH)
    import re

    if re.search(_SUSPECT_LINES, text) is None:
        return text
    text = re.sub(_GONE, "", re.sub(_NEWLINE, "\n", text))
    if "\t" in text:
        text = text.expandtabs(TAB_WIDTH)
    return re.sub(_SHOWN, REPLACEMENT, text)


def _without(text: str, harmless: bytes) -> bytes:
    """What of ASCII text is neither printable nor harmless: to ask so costs an eighth of a search."""
    return text.encode("ascii").translate(None, _PRINTABLE_ASCII + harmless)
