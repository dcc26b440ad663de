"""The line above the list that names its columns."""

from __future__ import annotations

from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.ui.widgets.message_list import MessageList


class Heading(Widget):
    """Drawn by the list, so that both always agree about the columns."""

    DEFAULT_CSS = "Heading { height: 1; background: $background; color: $faint; }"

    def __init__(self, messages: MessageList, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._messages = messages

    class Chosen(Message):
        """A column's name was clicked: "sig", "enc", "attachment", "from", "subject" or "date"."""

        def __init__(self, column: str) -> None:
            self.column = column
            super().__init__()

    def on_click(self, event: Click) -> None:
        """Order by the column."""
        layout = self._messages.layout_columns()
        before_enc = layout.marks + layout.sig
        before_sender = layout.marks + layout.sig + layout.enc + layout.attachment
        if layout.sig_start <= event.x < layout.sig_start + layout.sig:
            self.post_message(self.Chosen("sig"))
        elif before_enc <= event.x < before_enc + layout.enc:
            self.post_message(self.Chosen("enc"))
        elif before_enc + layout.enc <= event.x < before_sender:
            self.post_message(self.Chosen("attachment"))
        elif before_sender <= event.x < before_sender + layout.sender:
            self.post_message(self.Chosen("from"))
        elif event.x >= sum(layout) - layout.date:
            self.post_message(self.Chosen("date"))
        elif event.x >= before_sender:
            self.post_message(self.Chosen("subject"))

    def render_line(self, y: int) -> Strip:
        """The names of the columns."""
        return self._messages.heading().adjust_cell_length(self.size.width).apply_style(self.rich_style)
