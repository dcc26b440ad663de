"""Finding out that rows only moved up or down. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")

FEWEST_ROWS = 4
"""With fewer rows that moved together, drawing them is as short."""


class Scroll(NamedTuple):
    """Rows `top` to `bottom` (not included) move up by `by`, or down where it is negative."""

    top: int
    bottom: int
    by: int


def find_scroll(old: Sequence[Sequence[T]], new: Sequence[Sequence[T]], changed: Sequence[int]) -> Scroll | None:
    """The shift that brings most of the changed rows to their new place, None where there is none.

    Rows are compared by their right half: a side pane that stays where it is must not hide that the list moved.
    """
    if len(changed) < FEWEST_ROWS:
        return None
    columns = len(new[0])
    part = slice(columns // 2, columns - 2)  # the scrollbar's own change is left out
    before: dict[tuple[int, ...], list[int]] = {}
    first, last = changed[0], changed[-1]
    for y in range(first, last + 1):
        before.setdefault(tuple(map(id, old[y][part])), []).append(y)
    votes: Counter[int] = Counter()
    for y in changed:
        places = before.get(tuple(map(id, new[y][part])), ())
        if len(places) == 1:  # what stands on several rows, like nothing at all, tells nothing
            votes[places[0] - y] += 1
    votes.pop(0, None)
    if not votes:
        return None
    by, count = votes.most_common(1)[0]
    if count < FEWEST_ROWS - 1 or abs(by) >= last - first:
        return None
    return Scroll(first, last + 1, by)


def scrolled(rows: Sequence[T], scroll: Scroll, blank: Sequence[T]) -> list[T]:
    """The rows after the shift; `blank` are as many rows as come into view."""
    top, bottom, by = scroll
    moved = [*rows[top + by : bottom], *blank] if by > 0 else [*blank, *rows[top : bottom + by]]
    return [*rows[:top], *moved, *rows[bottom:]]


def scroll_sequence(scroll: Scroll) -> str:
    """The escape sequence: a scroll region, and lines deleted or inserted at its top, which every terminal since the
    VT102 knows. The region is taken back at once, so that nothing else ever meets it."""
    top, bottom, by = scroll
    return f"\x1b[{top + 1};{bottom}r\x1b[{top + 1}H\x1b[{abs(by)}{'M' if by > 0 else 'L'}\x1b[r"
