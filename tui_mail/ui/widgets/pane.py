"""A pane of styled lines that scrolls. Only what is looked at is painted; long texts are broken little by little."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from time import perf_counter

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from tui_mail.ui.themes.text_styles import LOOKS
from tui_mail.ui.wrap import MARGIN, MEASURE, Line, Span, wrap

SLICE_SECONDS = 0.008
"""How long breaking lines may hold the interface at a time."""

MAX_LOOK_AHEAD = 100
"""Rows behind the mouse in which the end of what lies under it is looked for."""

MAX_LINES = 400_000
"""Longest text that is shown."""


class Pane(ScrollView, can_focus=True):
    """Lines with a margin on both sides."""

    COMPONENT_CLASSES = {f"pane--{name}" for name in LOOKS}
    DEFAULT_CSS = """
    Pane {
        height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        background: $background; color: $foreground;
    """
    DEFAULT_CSS += "".join(f"& > .pane--{name} {{ {look.rules} }}\n" for name, look in LOOKS.items()) + "}"

    def __init__(self, lines: Iterable[Line] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source: tuple[Line, ...] = tuple(lines)
        self._lines: list[Line] = []
        self._begins: list[int] = []
        self._rest: Iterator[tuple[int, Line]] = iter(())
        self._wanted: int | None = None
        self._timer: Timer | None = None
        self._styles: dict[str, Style] | None = None
        self._width = 0
        self._then: Callable[[], None] | None = None

    def when_laid_out(self, act: Callable[[], None]) -> None:
        """Call it as soon as lines can be scrolled: now, or after the first layout; the last one that was given."""
        if self._width:
            act()
        else:
            self._then = act

    def set_lines(self, lines: Iterable[Line], *, stay: bool = False) -> None:
        """Show another text, from its beginning; or the same in other words, from where it is read (`stay`)."""
        self._source = tuple(lines)
        if not stay:
            self.scroll_to(y=0, animate=False, immediate=True)
        self._break(stay)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """What all lines take where the height follows the text; without it the first picture would have no lines."""
        room = min(MEASURE, max(1, width - self.scrollbar_size_vertical - 2 * MARGIN))
        return sum(1 for _line in islice(wrap(self._source, room), viewport.height))

    def on_resize(self, event: Resize) -> None:
        """Break the lines again when the width is another; what is read stays at the top."""
        if self.scrollable_content_region.width != self._width:
            self._break(stay=True)

    def _break(self, stay: bool) -> None:
        top = self.scroll_offset.y
        if not stay:
            self._wanted = None
        elif self._wanted is None and 0 < top < len(self._begins):
            self._wanted = self._begins[top]
        self._width = self.scrollable_content_region.width
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._lines, self._begins = [], []
        self._rest = iter(())
        if self._width:
            room = min(MEASURE, self._width - 2 * MARGIN)
            self._rest = ((number, row) for number, line in enumerate(self._source) for row in wrap((line,), room))
            if not self._take(SLICE_SECONDS):
                self._timer = self.set_interval(0.03, self._take_more)
            act, self._then = self._then, None
            if act is not None:
                act()
        self.refresh()

    def _take(self, seconds: float) -> bool:
        """Break lines for some time; True when all are done."""
        end = perf_counter() + seconds
        done = True
        for number, line in self._rest:
            self._lines.append(line)
            self._begins.append(number)
            if len(self._lines) >= MAX_LINES:
                break
            if perf_counter() > end and len(self._lines) > self.size.height:  # what is looked at comes at once
                done = False
                break
        self.virtual_size = Size(0, len(self._lines))
        if self._wanted is not None and self._begins and self._begins[-1] >= self._wanted:
            self._scroll_to_line(bisect_left(self._begins, self._wanted))
            self._wanted = None
        return done

    def _take_more(self) -> None:
        if self._take(SLICE_SECONDS) and self._timer is not None:
            self._timer.stop()
            self._timer = None

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width = self.scrollable_content_region.width
        index = self.scroll_offset.y + y
        if index >= len(self._lines):
            return Strip.blank(width, self._style_set()["ground"])
        styles = self._style_set()
        cells = [Segment(" " * MARGIN)]
        cells += [Segment(text, styles.get(style)) for text, style in self._lines[index]]
        return Strip(cells).adjust_cell_length(width).apply_style(styles["ground"])

    def line_at(self, y: int) -> Line:
        """The line that is seen in a row; empty below the text."""
        index = self.scroll_offset.y + y
        return self._lines[index] if 0 <= index < len(self._lines) else ()

    def spans_from(self, x: int, y: int) -> Iterator[Span]:
        """What stands under a cell and what follows it; nothing beside the text."""
        line, cells = self.line_at(y), MARGIN
        for position, (text, _style) in enumerate(line):
            cells += cell_len(text)
            if MARGIN <= x < cells:
                yield from line[position:]
                for following in range(y + 1, y + MAX_LOOK_AHEAD):
                    yield from self.line_at(following)
                return

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """A scrollbar that comes after the text was scrolled already stands where it was scrolled to."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_y

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self._styles = None

    def _style_set(self) -> dict[str, Style]:
        if self._styles is None:
            self._styles = {name: self.get_component_rich_style(f"pane--{name}", partial=True) for name in LOOKS}
            self._styles["ground"] = self.rich_style  # textual works it out anew each time, as long as a line takes
        return self._styles

    def scroll_lines(self, lines: int) -> None:
        """Some lines up or down."""
        self._scroll_to_line(self.scroll_offset.y + lines)

    def scroll_pages(self, pages: int) -> None:
        """Whole pages, less two lines that stay in view."""
        self.scroll_lines(pages * max(1, self.size.height - 2))

    def scroll_to_edge(self, *, last: bool) -> None:
        """The beginning or the end."""
        self._scroll_to_line(len(self._lines) if last else 0)

    def _scroll_to_line(self, line: int) -> None:
        # Forced: a text that has just become long has no scrollbar before the next layout, and a key may be quicker.
        self.scroll_to(y=line, animate=False, immediate=True, force=True)

    @property
    def at_end(self) -> bool:
        """Whether the last line is in view."""
        return self.scroll_offset.y + self.size.height >= len(self._lines)
