"""The message list: any number of rows on the Line API, fed by a window on the store. Nothing is kept per message."""

from __future__ import annotations

import time

from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_mail.model.message import Row
from tui_mail.store.views import Fold, Refreshed, ThreadWindow, Window
from tui_mail.ui.columns import Columns, columns
from tui_mail.ui.fit import fit
from tui_mail.ui.themes.glyphs import UNICODE, Glyphs
from tui_mail.ui.widgets.row import STYLES, heading_segments, row_segments

MAX_MARKED = 5_000
"""Messages that can be marked at a time."""

MAX_STRIPS = 2_000
"""Painted rows kept for scrolling back."""


class NoRows:
    """A window with nothing in it."""

    total = 0

    def row(self, index: int) -> Row | None:
        """There is none."""
        return None

    def index_of(self, message_id: int) -> int | None:
        """There is none."""
        return None

    def refresh(self) -> Refreshed:
        """Nothing changes."""
        return Refreshed()


class MessageList(ScrollView, can_focus=True):
    """Rows, a cursor, and a heading line that stays. `empty` is the sentence of ours in a list without messages,
    `order` what is ordered by as the search says it ("-from")."""

    COMPONENT_CLASSES = {f"message-list--{name}" for name in (*STYLES, "cursor", "cursor-idle")}
    DEFAULT_CSS = """
    MessageList {
        height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        background: $background; color: $foreground;
        & > .message-list--unread { color: $bright; text-style: bold; }
        & > .message-list--bright { color: $bright; }
        & > .message-list--muted { color: $muted; }
        & > .message-list--faint { color: $faint; }
        & > .message-list--accent { color: $accent; }
        & > .message-list--good { color: $good; }
        & > .message-list--warning { color: $warning; }
        & > .message-list--bad { color: $bad; }
        & > .message-list--cursor { background: $cursor; }
        & > .message-list--cursor-idle { background: $panel; }
    }
    """
    cursor: reactive[int] = reactive(0, repaint=False, init=False)

    class Moved(Message):
        """The cursor stands on another message (None: the list is empty)."""

        def __init__(self, row: Row | None) -> None:
            self.row = row
            super().__init__()

    class Opened(Message):
        """Someone wants to read this message."""

        def __init__(self, row: Row) -> None:
            self.row = row
            super().__init__()

    class SigClicked(Message):
        """Someone clicked the verdict of this message."""

        def __init__(self, row: Row) -> None:
            self.row = row
            super().__init__()

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self.window: Window = NoRows()
        self.glyphs = glyphs
        self._styles: dict[str, Style] | None = None
        self._strips: dict[tuple[Row, int, int, bool, Fold | None], Strip] = {}
        self._now = time.localtime()
        self._painted: dict[int, tuple[Row | None, Fold | None]] = {}
        self._chosen: int | None = None
        self.empty = ""
        self.order = ""
        self.marked: dict[int, Row] = {}

    # ---- data

    def show(self, window: Window, cursor: int = 0) -> None:
        """Show another folder or search result."""
        self.window = window
        self._now = time.localtime()
        self._strips.clear()
        self.marked.clear()
        self.virtual_size = Size(0, window.total)
        self.set_reactive(MessageList.cursor, self.validate_cursor(cursor))
        self._remember()
        self.scroll_to(y=max(0, self.cursor - self._rows() // 2), animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Moved(self.row))

    def reread(self) -> None:
        """The window's content may have changed: keep the cursor on its message, repaint only rows that differ."""
        if not self.window.refresh() and self._now.tm_yday == time.localtime().tm_yday:
            return
        if self._now.tm_yday != time.localtime().tm_yday:
            self._now = time.localtime()
            self._strips.clear()
            self.refresh()
        old_total = self.virtual_size.height
        if self.window.total != old_total:
            self.virtual_size = Size(0, self.window.total)
        before, row_before = self._chosen, self.cursor
        index = self.window.index_of(before) if before is not None else None
        moved = (self.cursor if index is None else index) - self.cursor
        self.set_reactive(MessageList.cursor, self.validate_cursor(self.cursor + moved))
        waits_at_the_top = row_before == self.scroll_offset.y == 0  # who does is shown what comes
        if moved and not waits_at_the_top:
            self.scroll_to(y=self.scroll_offset.y + moved, animate=False, immediate=True)
        self.reveal()
        self._remember()
        self._repaint_changed()
        if self._chosen != before:
            self.post_message(self.Moved(self.row))

    @property
    def row(self) -> Row | None:
        """The message under the cursor."""
        return self.window.row(self.cursor) if self.window.total else None

    @property
    def chosen(self) -> tuple[Row, ...]:
        """What a command is meant for: the marked messages, else the one under the cursor."""
        row = self.row
        return tuple(self.marked.values()) or (() if row is None else (row,))

    def fold(self, index: int) -> Fold | None:
        """What a line stands for; None in a list of single messages."""
        return self.window.fold(index) if isinstance(self.window, ThreadWindow) else None

    def turn_fold(self) -> bool:
        """Unfold the conversation under the cursor, or fold it; False when there is nothing to turn."""
        window, row = self.window, self.row
        if row is None or not isinstance(window, ThreadWindow) or not window.turn(self.cursor):
            return False
        self.virtual_size = Size(0, window.total)
        self.set_reactive(MessageList.cursor, self.validate_cursor(window.index_of(row.id) or 0))
        self._remember()
        self.reveal()
        self.refresh()
        self.post_message(self.Moved(self.row))
        return True

    def toggle_mark(self, index: int) -> None:
        """Mark a row, or take its mark away."""
        row = self.window.row(index)
        if row is None:
            return
        if self.marked.pop(row.id, None) is None and len(self.marked) < MAX_MARKED:
            self.marked[row.id] = row
        self._repaint_row(index)

    def mark_all(self) -> None:
        """Mark what the list shows, from its top, as many as can be marked at a time."""
        rows = (self.window.row(index) for index in range(min(self.window.total, MAX_MARKED)))
        self.marked = {row.id: row for row in rows if row is not None}
        self.refresh()

    def clear_marks(self) -> None:
        """Take all marks away."""
        if self.marked:
            self.marked.clear()
            self.refresh()

    def go_to(self, message_id: int) -> None:
        """Put the cursor on a message, when it is here."""
        index = self.window.index_of(message_id)
        if index is not None:
            self.cursor = index

    def _remember(self) -> None:
        row = self.row
        self._chosen = row.id if row else None

    # ---- painting

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        index = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        row = self.window.row(index) if index < self.window.total else None
        fold = self.fold(index) if row is not None else None
        self._painted[y] = row, fold
        if row is None:
            return self._nothing(y, width)
        marked = row.id in self.marked
        chosen = 1 if marked else 0
        if index == self.cursor:
            chosen = 2 if self.has_focus else 1
        key = (row, width, chosen, marked, fold)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) > MAX_STRIPS:
                self._strips.clear()
            styles = self._style_set()
            over = (None, styles["cursor-idle"], styles["cursor"])[chosen]
            layout = columns(width)
            cells = row_segments(row, layout, self.glyphs, styles, over, self._now, marked=marked, fold=fold)
            strip = self._strips[key] = Strip(cells, width).apply_style(styles["ground"])
        return strip

    def _nothing(self, y: int, width: int) -> Strip:
        """A line without a message; a list without any says why."""
        ground = self._style_set()["ground"]
        if self.window.total or not self.empty or y != min(1, self._rows() - 1):
            return Strip.blank(width, ground)
        return Strip([Segment(fit(f"    {self.empty}", width), self._style_set()["muted"])], width).apply_style(ground)

    def layout_columns(self) -> Columns:
        """The columns as they stand now."""
        return columns(self.scrollable_content_region.width)

    def heading(self) -> Strip:
        """The line that names the columns."""
        width = self.scrollable_content_region.width
        return Strip(heading_segments(columns(width), self._style_set(), self.order, self.glyphs), width)

    def notify_style_update(self) -> None:
        """Another theme: forget everything painted."""
        super().notify_style_update()
        self._styles = None
        self._strips.clear()

    def _style_set(self) -> dict[str, Style]:
        if self._styles is None:
            names = (*STYLES, "cursor", "cursor-idle")
            self._styles = {
                name: self.get_component_rich_style(f"message-list--{name}", partial=True) for name in names
            }
            self._styles["ground"] = self.rich_style  # textual works it out anew each time, as long as a row takes
        return self._styles

    def _repaint_changed(self) -> None:
        top = self.scroll_offset.y
        for y in range(self._rows()):
            index = top + y
            now = self.window.row(index) if index < self.window.total else None
            if (now, self.fold(index) if now is not None else None) != self._painted.get(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def on_resize(self, event: Resize) -> None:
        """Another width: other columns."""
        self._strips.clear()
        self.refresh()
        self.reveal()

    def on_focus(self) -> None:
        """The cursor is drawn brighter."""
        self._repaint_row(self.cursor)

    def on_blur(self) -> None:
        """The cursor is drawn paler."""
        self._repaint_row(self.cursor)

    # ---- cursor

    def _rows(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def validate_cursor(self, value: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(value, self.window.total - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint two rows; at the edge scroll half a page, so that a long run of steps costs few bytes."""
        self._remember()
        top, rows = self.scroll_offset.y, self._rows()
        if top <= new < top + rows:
            self._repaint_row(old)
            self._repaint_row(new)
        elif abs(new - old) == 1:
            self._scroll_to_row(new - rows // 2)
        elif abs(new - old) < rows:
            self._scroll_to_row(top + new - old)
        else:
            self._scroll_to_row(new - rows + 1 if new > old else new)
        self.post_message(self.Moved(self.row))

    def reveal(self) -> None:
        """Scroll until the cursor's row is in view."""
        top, rows = self.scroll_offset.y, self._rows()
        if not top <= self.cursor < top + rows:
            self._scroll_to_row(self.cursor - rows // 2)

    def _scroll_to_row(self, top: int) -> None:
        bottom = max(0, self.window.total - self._rows())
        self.scroll_to(y=max(0, min(top, bottom)), animate=False, immediate=True)
        self.refresh()

    def _repaint_row(self, index: int) -> None:
        y = index - self.scroll_offset.y
        if 0 <= y < self._rows():
            self.refresh(Region(0, y, self.size.width, 1))

    def move(self, rows: int) -> None:
        """Step up or down."""
        self.cursor += rows

    def page(self, pages: int) -> None:
        """A page up or down."""
        self.cursor += pages * max(1, self._rows() - 1)

    def edge(self, *, last: bool) -> None:
        """The first or the last row."""
        self.cursor = self.window.total - 1 if last else 0

    def on_click(self, event: Click) -> None:
        """Choose a row; a click before its verdict marks it, on its verdict asks about trust, a second one opens it."""
        index = self.scroll_offset.y + event.y
        row = self.window.row(index) if index < self.window.total else None
        if row is None:
            return
        again = index == self.cursor
        self.cursor = index
        layout = self.layout_columns()
        if event.x < layout.sig_start:
            self.toggle_mark(index)
            self.post_message(self.Moved(row))
        elif layout.sig_start <= event.x < layout.sig_start + layout.sig and row.sig:
            self.post_message(self.SigClicked(row))
        elif again or event.chain > 1:
            self.post_message(self.Opened(row))
