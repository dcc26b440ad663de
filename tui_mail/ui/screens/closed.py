"""Why can't I read this? The certificates that a message was made for, and a ready answer to its sender."""

from __future__ import annotations

from collections.abc import Callable

from textual.binding import Binding

from tui_mail.engine.messages import ClosedExplained
from tui_mail.model.message import Draft
from tui_mail.ui.safe import clean
from tui_mail.ui.screens.story import StoryScreen
from tui_mail.ui.wrap import Line


class ClosedScreen(StoryScreen):
    """The explanation; r opens the composer with the answer."""

    BINDINGS = [Binding("r", "answer", "Answer")]

    def __init__(self, explained: ClosedExplained, write: Callable[[Draft], None]) -> None:
        super().__init__("Why can't I read this?", closed_lines(explained))
        self._draft = explained.draft
        self._write = write

    def action_answer(self) -> None:
        """Tell the sender which certificate to use."""
        if self._draft is not None:
            self.dismiss()
            self._write(self._draft)


def closed_lines(explained: ClosedExplained) -> list[Line]:
    """The sentences, the first of them in bright."""
    first, *rest = explained.sentences
    lines: list[Line] = [((clean(first), "bright"),)]
    for sentence in rest:
        lines += [(), ((clean(sentence), "text"),)]
    if explained.draft is not None:
        lines += [(), (("r writes a ready answer to the sender, signed, with your certificate.", "accent"),)]
    return lines
