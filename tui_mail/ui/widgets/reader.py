"""The reader: fixed security sentences above, the message below. It is mounted once and only changes its lines."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive

from tui_mail.model.message import MessageView
from tui_mail.ui.reader_lines import message_lines
from tui_mail.ui.themes.glyphs import UNICODE, Glyphs
from tui_mail.ui.widgets.pane import Pane
from tui_mail.ui.widgets.sentences import Sentences
from tui_mail.ui.words import Sentence, security_sentences


class Reader(Vertical):
    """One message. The sentences stand outside the text that scrolls, so that no mail can paint its own."""

    DEFAULT_CSS = """
    Reader {
        display: none; height: 2fr; background: $background; border-top: solid $faint;
        & > #security { height: auto; max-height: 50%; padding: 0 2; background: $panel; }
        & > #message { padding-top: 1; }
    }
    Reader.ascii { border-top: ascii $faint; }
    """
    PANE: ClassVar[type[Pane]] = Pane

    view: reactive[MessageView | None] = reactive(None, init=False)

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs
        self.all_headers = False
        self.all_quotes = False

    def compose(self) -> ComposeResult:
        """The two parts."""
        yield Sentences(id="security")
        yield self.PANE(id="message")

    @property
    def pane(self) -> Pane:
        """The part that scrolls."""
        return self.query_one("#message", Pane)

    def say(self, tone: str, sentence: str) -> None:
        """A sentence instead of a message: that it is being opened, or why it cannot be."""
        self.view = None
        self.query_one(Sentences).show((Sentence(tone, "", sentence),), self.glyphs)

    def watch_view(self, view: MessageView | None) -> None:
        """Show another message (or the same, judged anew). Without one nothing stays of the last, least of all what was
        said about its protection."""
        if view is None:
            self.query_one(Sentences).show((), self.glyphs)
            self.pane.set_lines(())
            return
        self.query_one(Sentences).show(security_sentences(view), self.glyphs)
        self._show_text(view)

    def _show_text(self, view: MessageView) -> None:
        lines = message_lines(view, self.glyphs, headers=self.all_headers, quotes=self.all_quotes)
        self.pane.set_lines(lines)

    def turn_headers(self) -> None:
        """All header fields, or the short head; it stays so for the next messages."""
        self.all_headers = not self.all_headers
        if self.view is not None:
            self._show_text(self.view)

    def turn_quotes(self) -> None:
        """Long quotes in full, or folded; it stays so for the next messages."""
        self.all_quotes = not self.all_quotes
        if self.view is not None:
            self._show_text(self.view)
