"""Rows of short texts as aligned columns: tables for data in HTML pages, and files of comma-separated values."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

MAX_CELL = 40
"""Characters of a cell that are shown; the rest is cut, so that one long cell does not push all others away."""

GAP = "  "
_NUMBER = re.compile(r"[-+(]?[\d.,'\s\u202f]*\d[\d.,'\s]*\)?\s*(?:%|[^\d\s]{1,4})?")


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """One line a row; columns of numbers stand at their right edge (the first row may be their heading)."""
    cells = [[_short(cell) for cell in row] for row in rows]
    count = max((len(row) for row in cells), default=0)
    widths = [
        max((cell_width(row[column]) for row in cells if column < len(row)), default=0) for column in range(count)
    ]
    right = [_holds_numbers([row[column] for row in cells[1:] if column < len(row)]) for column in range(count)]
    return [
        GAP.join(_padded(cell, widths[column], right[column]) for column, cell in enumerate(row)).rstrip()
        for row in cells
    ]


def cell_width(text: str) -> int:
    """Cells of a terminal that a cleaned text takes (UAX #11; combining marks take none)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def _holds_numbers(cells: Iterable[str]) -> bool:
    said = [cell for cell in cells if cell]
    return bool(said) and all(_NUMBER.fullmatch(cell) for cell in said)


def _padded(cell: str, width: int, right: bool) -> str:
    spaces = " " * (width - cell_width(cell))
    return spaces + cell if right else cell + spaces


def _short(cell: str) -> str:
    cell = cell.strip()
    return cell if len(cell) <= MAX_CELL else cell[: MAX_CELL - 1] + "…"
