"""Turns textual's updates into the shortest sequence for a terminal whose picture is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from tui_mail.ui.painter.cells import Cell, Cells, Unpaintable
from tui_mail.ui.painter.pens import PLAIN, Pen
from tui_mail.ui.painter.rows import Row, Writer
from tui_mail.ui.painter.scroll import Scroll, find_scroll, scroll_sequence, scrolled

Shown = list[Row]


class Painter:
    """Remembers what one terminal shows.

    Args:
        colours: how many colours the terminal knows.
        erases: whether its erased cells take the colour of the ground (terminfo's `bce`).
    """

    def __init__(self, colours: ColorSystem, *, erases: bool) -> None:
        self._cells = Cells(colours)
        self._erases = erases
        self._shown: Shown = []
        self._known_strips: list[dict[int, tuple[Strip, int]]] = []
        self._pen: Pen | None = None

    @property
    def knows(self) -> bool:
        """Whether it is known what the terminal shows; else only a whole picture can be painted."""
        return bool(self._shown)

    def forget(self) -> None:
        """The terminal may show anything: the next picture must be a whole one, and is painted wholly."""
        self._shown = []
        self._pen = None

    def paint(self, update: CompositorUpdate) -> str:
        """The bytes that bring an update to the terminal; empty when it shows all of it already.

        Raises Unpaintable when this is for textual itself to do; the terminal is then no longer known.
        """
        try:
            return self._paint(update)
        except BaseException:
            self.forget()
            raise

    def _paint(self, update: CompositorUpdate) -> str:
        self._cells.tidy()
        if isinstance(update, LayoutUpdate):
            self._take_size(update)
        elif not isinstance(update, ChopsUpdate) or len(update.chops) != len(self._shown):
            raise Unpaintable("part of a picture that is not known")
        wanted = self._wanted(update)
        changed = sorted(wanted)
        if not changed:
            return ""
        if any(None in row for row in wanted.values()):
            raise Unpaintable("a picture with holes")
        target = [wanted.get(y, row) for y, row in enumerate(self._shown)]
        text = self._shortest(changed, target)
        self._shown = target
        self._pen = PLAIN
        return text

    def _shortest(self, changed: list[int], target: Shown) -> str:
        """Rows written anew, or moved and only the others written. Where moving spares a quarter of them nothing is
        shorter, and the other way need not be tried."""
        scroll = find_scroll(self._shown, target, changed)
        if scroll is None:
            return self._write(None, changed, self._shown, target)
        left, by_moving = self._write_scrolled(scroll, target)
        if 4 * left <= 3 * len(changed):
            return by_moving
        return min(self._write(None, changed, self._shown, target), by_moving, key=len)

    def _take_size(self, update: LayoutUpdate) -> None:
        width, height = update.region.size
        if update.region.offset != (0, 0) or len(update.strips) != height:
            raise Unpaintable("a picture that is not the whole screen")
        if len(self._shown) != height or len(self._shown[0]) != width:
            self._shown = [[None] * width for _ in range(height)]
            self._known_strips = [{} for _ in range(height)]
            self._pen = None

    def _wanted(self, update: CompositorUpdate) -> dict[int, Row]:
        """Rows that shall look otherwise than they do."""
        wanted: dict[int, Row] = {}
        for y, x, strip, length in _pieces(update):
            known = self._known_strips[y]
            before = known.get(x)
            if before is not None and before[0] is strip and before[1] == length:
                continue
            # What lay here before, in other pieces too, is gone: its strip may come back and must then be painted.
            for start in [start for start, (_, cells) in known.items() if start < x + length and x < start + cells]:
                del known[start]
            known[x] = (strip, length)
            row = wanted.get(y) or self._shown[y]
            piece = strip if strip.cell_length <= length else strip.crop(0, length)
            cells = self._cells.of(piece)[: len(row) - x]
            if row[x : x + len(cells)] != cells:
                if y not in wanted:
                    row = wanted[y] = list(row)
                row[x : x + len(cells)] = cells
        return wanted

    def _write(self, scroll: Scroll | None, changed: list[int], shown: Shown, target: Shown) -> str:
        writer = Writer(self._cells, erases=self._erases, pen=self._pen)
        if scroll is not None:
            writer.command(scroll_sequence(scroll))
        for y in changed:
            writer.row(y, shown[y], cast(list[Cell], target[y]))  # every cell of a changed row is known by now
        return writer.finish()

    def _write_scrolled(self, scroll: Scroll, target: Shown) -> tuple[int, str]:
        """How many rows are left to be written after moving, and the bytes of it all."""
        width = len(target[0])
        unknown: Shown = [[None] * width for _ in range(abs(scroll.by))]
        moved = scrolled(self._shown, scroll, unknown)
        changed = [y for y, row in enumerate(target) if row != moved[y]]
        return len(changed), self._write(scroll, changed, moved, target)


def _pieces(update: CompositorUpdate) -> Iterator[tuple[int, int, Strip, int]]:
    """(row, column, strip, cells of it) for all that an update paints: what textual's own `render_segments` visits."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips):
            x = 0
            for strip in line:
                yield y, x, strip, strip.cell_length
                x += strip.cell_length
    elif isinstance(update, ChopsUpdate):
        for y, x1, x2 in update.spans:
            for end, (x, piece) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if piece is None or x > x2 or end <= x1:
                    continue
                yield y, x, piece, piece.cell_length if x2 > x >= x1 and end <= x2 else min(end, x2) - x
