"""The top line: where we are, what waits, and whether server and keys are there."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui_mail.ui.safe import clean, join, text
from tui_mail.ui.themes.glyphs import UNICODE, Glyphs

_STATES = {"online": "$good", "connecting": "$warning", "offline": "$bad"}


class StatusBar(Widget):
    """One line; every part of it is set from outside."""

    DEFAULT_CSS = "StatusBar { height: 1; background: $panel; color: $foreground; }"

    place: reactive[str] = reactive("")
    counts: reactive[str] = reactive("")
    short_counts: reactive[str] = reactive("")
    account: reactive[str] = reactive("")
    state: reactive[str] = reactive("")
    locked: reactive[bool] = reactive(False)
    busy: reactive[str] = reactive("")
    writing: reactive[str] = reactive("")

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs

    def render(self) -> Content:
        """Left the place, right the state; the right side gives way when there is no room."""
        width = self.size.width
        brand, place = text(" tui-mail ", "bold $accent"), text(self.place, "bold $bright")
        left = join([brand, " ", place, "  ", (self.counts, "$muted")])
        right = self._right(full=True)
        if left.cell_length + right.cell_length + 2 > width:
            right = self._right(full=False)
        if left.cell_length + right.cell_length + 1 > width:
            left = join([brand, " ", place, "  ", (self.short_counts, "$muted")])
        if left.cell_length + right.cell_length + 1 > width:
            left = join([" ", place, "  ", (self.short_counts, "$muted")])
        room = width - left.cell_length - right.cell_length
        if room < 1:
            left, room = left.truncate(max(0, width - right.cell_length - 1), ellipsis=True), 1
        return join([left, " " * room, right]).truncate(width)

    def _right(self, *, full: bool) -> Content:
        parts: list[Content] = []
        if self.busy:
            parts.append(text(self.busy, "$accent"))
        if self.writing:
            parts.append(text(self.writing, "$accent"))
        if self.locked:
            parts.append(text(f"{self.glyphs.enc['locked']} keys locked", "$warning"))
        if self.state:
            dot = text(self.glyphs.unread, _STATES.get(self.state, "$muted"))
            parts.append(join([dot, (f" {clean(self.state)}", "$muted")]) if full or self.state != "online" else dot)
        if self.account and full:
            parts.append(text(self.account, "$muted"))
        return join([join(parts, "   "), " "])
