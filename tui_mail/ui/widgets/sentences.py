"""What is to be said about the protection of a message: a mark, and a sentence that goes on below itself."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui_mail.ui.safe import join
from tui_mail.ui.sentence_rows import MARK, rows_in, sentence_blocks
from tui_mail.ui.themes.glyphs import UNICODE, Glyphs
from tui_mail.ui.words import Sentence
from tui_mail.ui.wrap import Line


class Sentences(Widget):
    """As high as its sentences are at its width."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sentences: tuple[Sentence, ...] = ()
        self._glyphs = UNICODE

    def show(self, sentences: tuple[Sentence, ...], glyphs: Glyphs) -> None:
        """Say something else."""
        self._sentences, self._glyphs = sentences, glyphs
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The rows that the sentences take."""
        return sum(map(len, self._blocks(width)))

    def render(self) -> Content:
        """One below the other."""
        width, room = self.content_size
        rows = rows_in(self._blocks(width), width, room)
        return join([join([(text, _colour(tone)) for text, tone in row]) for row in rows], "\n")

    def _blocks(self, width: int) -> list[list[Line]]:
        return sentence_blocks(self._sentences, width, self._glyphs)


def _colour(tone: str) -> str:
    """The style that stands for a tone."""
    return f"{MARK}${tone.removeprefix(MARK)}" if tone.startswith(MARK) else f"${tone}"
