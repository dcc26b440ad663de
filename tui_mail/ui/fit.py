"""Cutting cleaned text to a number of terminal cells. Pure, and without textual: what is read at the start needs it."""

from __future__ import annotations

from rich.cells import cell_len

_CUT = "…"
# Terminals disagree about the width of joined emoji and of emoji made by a variation selector; apart they agree.
_UNSURE = dict.fromkeys([0x200D, 0xFE0E, 0xFE0F])


def fit(cleaned: str, width: int) -> str:
    """Exactly `width` terminal cells of text that is already clean, with an ellipsis where it was cut."""
    if width <= 0:
        return ""
    if cleaned.isascii():
        return cleaned.ljust(width) if len(cleaned) <= width else cleaned[: width - 1] + _CUT
    cleaned = cleaned[: width * 8].translate(_UNSURE)  # a cell holds few characters; what follows cannot be seen
    length = cell_len(cleaned)
    if length <= width:
        return cleaned + " " * (width - length)
    used = end = 0
    for character in cleaned:
        cells = cell_len(character)
        if used + cells > width - 1:
            break
        used += cells
        end += 1
    return cleaned[:end] + _CUT + " " * (width - 1 - used)


MAX_FILE_NAME = 44
"""Cells of a file's name in a sentence or a row."""

END_OF_A_NAME = 7
"""Characters of the end of a file's name that stay when it is shortened: what kind of file it is."""


def shortened(name: str, width: int = MAX_FILE_NAME) -> str:
    """At most `width` terminal cells of a cleaned name: its beginning and its end."""
    if cell_len(name) <= width:
        return name
    end = name[-END_OF_A_NAME:]
    return fit(name, width - cell_len(end)).rstrip() + end
