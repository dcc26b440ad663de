"""The line above the list that names its columns."""

from __future__ import annotations

from textual.strip import Strip
from textual.widget import Widget

from tui_mail.ui.widgets.message_list import MessageList


class Heading(Widget):
    """Drawn by the list, so that both always agree about the columns."""

    DEFAULT_CSS = "Heading { height: 1; background: $background; color: $faint; }"

    def __init__(self, messages: MessageList, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._messages = messages

    def render_line(self, y: int) -> Strip:
        """The names of the columns."""
        return self._messages.heading().adjust_cell_length(self.size.width).apply_style(self.rich_style)
