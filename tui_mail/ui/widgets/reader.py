"""The reader: fixed security sentences above, the message below. It is mounted once and only changes its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Click, Resize
from textual.message import Message
from textual.reactive import reactive

from tui_mail.model.message import MessageView
from tui_mail.ui.reader_lines import NARROW, message_lines
from tui_mail.ui.themes.glyphs import UNICODE, Glyphs
from tui_mail.ui.widgets.pane import Pane
from tui_mail.ui.widgets.sentences import Sentences
from tui_mail.ui.words import Sentence, security_sentences
from tui_mail.ui.wrap import Line

OFFERS = {
    "U leaves it": "unsubscribe",
    "Y sends one": "receipt",
    "y answers": "answer",
    "shows them, s saves": "attachments",
    "shows it, s saves": "attachments",
}
"""How lines of ours end that name a key, and the command of that key."""

_NUMBER = re.compile(r"\[(\d+)\]")


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

    class Wanted(Message):
        """Something was clicked that a command stands for; `number` is the link's."""

        def __init__(self, command: str, number: int = 0) -> None:
            self.command, self.number = command, number
            super().__init__()

    PANE: ClassVar[type[Pane]] = Pane

    view: reactive[MessageView | None] = reactive(None, init=False)

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs
        self.all_headers = False
        self._narrow = False
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
        self.pane.set_lines(self._text(view))

    def _text(self, view: MessageView) -> Iterator[Line]:
        self._narrow = 0 < self.size.width < NARROW  # not laid out yet: the first layout corrects it
        return message_lines(view, self.glyphs, headers=self.all_headers, quotes=self.all_quotes, narrow=self._narrow)

    def on_click(self, event: Click) -> None:
        """What is under the mouse: a link, a file, an offer of a key, or what is said about the protection."""
        at = event.get_content_offset(self.pane)
        if at is not None:
            wish = self._under(at.x, at.y)
        elif event.get_content_offset(self.query_one(Sentences)) is not None and self.view is not None:
            wish = self.Wanted("trust" if self.view.can_trust else "security")
        else:
            return
        if wish is not None:
            self.post_message(wish)

    def _under(self, x: int, y: int) -> Wanted | None:
        spans = self.pane.spans_from(x, y)
        text, style = next(spans, ("", ""))
        number = _NUMBER.fullmatch(text) if style == "faint" else None
        if number is None and style == "link":
            number = next((found for text, style in spans if style == "faint" and (found := _NUMBER.match(text))), None)
        if number is not None:
            return self.Wanted("link", int(number[1]))
        line = self.pane.line_at(y)
        if text and line[0][0].strip() == self.glyphs.attachment and line[0][1] == "accent":
            return self.Wanted("attachments")
        said = " ".join("".join(text for text, style in line if style == "faint").split())
        return next((self.Wanted(command) for offer, command in OFFERS.items() if text and said.endswith(offer)), None)

    def on_resize(self, event: Resize) -> None:
        """Another head on narrow terminals; what is read stays where it is."""
        if (event.size.width < NARROW) != self._narrow and self.view is not None:
            self.pane.set_lines(self._text(self.view), stay=True)

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
