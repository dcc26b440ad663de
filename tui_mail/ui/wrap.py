"""Breaking styled lines to a width, lazily: a message of a megabyte shows its first page at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from rich.cells import cell_len

Span = tuple[str, str]
"""Cleaned text and the name of its style."""

Line = tuple[Span, ...]

MEASURE = 100
"""No text is wider than so many cells, so that it reads well."""

MARGIN = 2
"""Cells on both sides of a text."""

SHORT = "subject"
"""The style of lines that get no more than `SHORT_ROWS` rows."""

SHORT_ROWS = 2

_LABELS = frozenset(("faint", "muted", "accent", "good", "warning", "bad"))
"""Styles of our own words before what they name; the text of a mail that ends before a link is no label."""

_WORDS = re.compile(r"\s+|\S+")
_QUOTE = re.compile(r"(?:> ?)+")


def wrap(lines: Iterable[Line], width: int) -> Iterator[Line]:
    """Lines of at most `width` cells. Quotes go on with their marks, labelled lines below their first word."""
    for line in lines:
        rows = wrap_line(line, max(4, width))
        if line and line[0][1] == SHORT:
            yield from _shortened(rows, max(4, width))
        else:
            yield from rows


def _shortened(rows: Iterator[Line], width: int) -> Iterator[Line]:
    """The first rows, with an ellipsis where more would follow."""
    kept = list(islice(rows, SHORT_ROWS))
    if next(rows, None) is not None:
        text = "".join(text for text, _ in kept[-1]).rstrip()
        while cell_len(text) >= width:
            text = text[:-1]
        kept[-1] = ((f"{text}…", SHORT),)
    yield from kept


def wrap_line(line: Line, width: int) -> Iterator[Line]:
    """One logical line as one or more lines."""
    if sum(len(text) for text, _ in line) <= width and all(text.isascii() for text, _ in line):
        yield line
        return
    prefix = _prefix(line, width)
    out: list[Span] = []
    used = 0
    for text, style in line:
        for word in _WORDS.findall(text):
            cells = cell_len(word)
            if used + cells > width and used > cell_len(prefix[0] if prefix else ""):
                yield tuple(out)
                out, used = ([prefix], cell_len(prefix[0])) if prefix else ([], 0)
                if word.isspace():
                    continue
            while cells > width - used:
                head, word = _cut(word, width - used)
                out.append((head, style))
                yield tuple(out)
                out, used = ([prefix], cell_len(prefix[0])) if prefix else ([], 0)
                cells = cell_len(word)
            if word:
                out.append((word, style))
                used += cells
    yield tuple(out)


def _prefix(line: Line, width: int) -> Span | None:
    if not line:
        return None
    label = line[0][0]
    if len(line) > 1 and line[0][1] in _LABELS and label.endswith(" ") and cell_len(label) < width // 2:
        return " " * cell_len(label), line[0][1]  # what a label names goes on below itself
    found = _QUOTE.match(label)
    if found is None or len(found.group()) > width // 2:
        return None
    return found.group(), line[0][1]


def _cut(word: str, width: int) -> tuple[str, str]:
    """Split where `width` cells are full; at least one character, so that it always ends."""
    if word.isascii():
        end = max(1, width)
        return word[:end], word[end:]
    used = end = 0
    for character in word:
        used += cell_len(character)
        if used > width and end:
            break
        end += 1
    return word[:end], word[end:]
