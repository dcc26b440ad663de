"""Writing the cells of rows that differ, with as few bytes as can be. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.ui.painter.cells import Cell, Cells
from tui_mail.ui.painter.pens import PLAIN, Pen, bare, change, for_blank

NEAR = 4
"""Equal cells of the same pen between two changes that are written again, because a movement is as long."""

LONG_BLANK = 12
"""From so many spaces on erasing is shorter than writing."""

Row = list[Cell | None]
"""None: it is not known what stands there."""


class Writer:
    """Knows the pen and the place of the terminal's cursor while one picture is written.

    Args:
        cells: know about which cells terminals may disagree.
        erases: whether erased cells take the ground's colour here.
        pen: what the terminal holds now; None when that is not known.
    """

    def __init__(self, cells: Cells, *, erases: bool, pen: Pen | None) -> None:
        self._any_doubtful = cells.any_doubtful
        self._doubtful = cells.doubtful
        self._erases = erases
        self._out: list[str] = []
        self._pen = pen
        self._y = self._x = -1

    def finish(self) -> str:
        """All that was written; the pen is plain again for whoever writes next."""
        if self._out and self._pen != PLAIN:
            self._out.append("\x1b[0m")
        return "".join(self._out)

    def command(self, sequence: str) -> None:
        """A sequence that needs a plain pen and leaves the cursor anywhere."""
        self._out += [change(self._pen, PLAIN), sequence]
        self._pen = PLAIN
        self._y = -1

    def row(self, y: int, old: Row, new: Sequence[Cell]) -> None:
        """Make a row that shows `old` show `new`."""
        if self._any_doubtful(new) or self._any_doubtful(old):
            first = next(x for x in range(len(new)) if self._doubtful(new[x]) or self._doubtful(old[x]))
            self._differences(y, old[:first], new[:first], len(new))
            if any(a != b for a, b in zip(old[first:], new[first:], strict=True)):
                self._doubtful_rest(y, first, new)
        else:
            self._differences(y, old, new, len(new))

    def _differences(self, y: int, old: Row, new: Sequence[Cell], width: int) -> None:
        x, end = 0, len(new)
        while x < end:
            if old[x] is new[x] or old[x] == new[x]:
                x += 1
                continue
            stop, look = x + 1, x + 1
            while look < end and look - stop <= NEAR:
                if old[look] != new[look]:
                    stop = look + 1
                elif not _cheap(new[look], new[stop - 1][1]):
                    break
                look += 1
            while stop < end and not new[stop][0]:
                stop += 1  # the second half of a wide character
            while x and not new[x][0]:
                x -= 1
            self._cells(y, x, new, stop, width)
            x = stop

    def _doubtful_rest(self, y: int, first: int, new: Sequence[Cell]) -> None:
        """From the first doubtful cell on everything, each doubtful one on cleared cells and followed by a movement to
        the place where the next one stands: wherever a terminal thinks it is, the rest of the row is right."""
        width = len(new)
        x = first
        while x < width:
            stop = x + 1
            while stop < width and not new[stop][0]:
                stop += 1
            if self._doubtful(new[x]):
                self._move(y, x)
                self._take(new[x][1])
                self._out.append(" " * (stop - x))
                self._y = -1
                self._move(y, x)
                self._out.append(new[x][0])
                self._y = -1
            else:
                while stop < width and not self._doubtful(new[stop]):
                    stop += 1
                self._cells(y, x, new, stop, width)
            x = stop

    def _cells(self, y: int, x: int, new: Sequence[Cell], stop: int, width: int) -> None:
        self._move(y, x)
        while x < stop:
            text, pen = new[x]
            if text == " ":
                end = x + 1
                while end < stop and new[end] is new[x]:
                    end += 1
                self._blanks(end - x, pen, at_end=end == width, more=end < stop)
                x = end
                continue
            self._take(pen)
            begin = x
            while x < stop and new[x][0] != " " and new[x][1] == pen:
                x += 1
            self._out.append("".join([cell[0] for cell in new[begin:x]]))
            self._x += x - begin
        if self._x >= width:
            self._y = -1  # terminals differ about where the cursor is now

    def _blanks(self, count: int, pen: Pen, *, at_end: bool, more: bool) -> None:
        simple = bare(pen)
        self._take(for_blank(self._pen, pen.ground) if simple else pen)
        if simple and (self._erases or not pen.ground) and ((at_end and count > 3) or count > LONG_BLANK):
            if at_end:
                self._out.append("\x1b[K")
            else:
                self._out.append(f"\x1b[{count}X")
                if more:
                    self._out.append(f"\x1b[{count}C")
                    self._x += count
        else:
            self._out.append(" " * count)
            self._x += count

    def _take(self, pen: Pen) -> None:
        if pen != self._pen:
            self._out.append(change(self._pen, pen))
            self._pen = pen

    def _move(self, y: int, x: int) -> None:
        if self._y == y and self._x == x:
            return
        if self._y == y and x > self._x:
            step = x - self._x
            self._out.append(f"\x1b[{step}C" if step > 1 else "\x1b[C")
        else:
            self._out.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
        self._y, self._x = y, x


def _cheap(cell: Cell, held: Pen) -> bool:
    """Whether this cell can be written without another pen."""
    text, pen = cell
    return pen == held or (text == " " and pen.ground == held.ground and bare(pen) and bare(held))
