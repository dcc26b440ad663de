"""What is to be said about the protection of a message: a mark, and a sentence that goes on below itself."""

from __future__ import annotations

from itertools import chain, repeat

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui_mail.ui.safe import clean, join, text
from tui_mail.ui.themes.glyphs import UNICODE, Glyphs
from tui_mail.ui.words import Sentence
from tui_mail.ui.wrap import wrap_line

TONES = {"good": "$good", "accent": "$accent", "warning": "$warning", "bad": "$bad", "muted": "$muted"}


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
        return len(self._rows(width))

    def render(self) -> Content:
        """One below the other."""
        return join(self._rows(self.content_size.width), "\n")

    def _rows(self, width: int) -> list[Content]:
        return [row for sentence in self._sentences for row in self._sentence(sentence, width)]

    def _sentence(self, sentence: Sentence, width: int) -> list[Content]:
        shapes = self._glyphs.enc if sentence.kind == "enc" else self._glyphs.sig
        shape = shapes.get(sentence.mark, " ") if sentence.mark else " "
        letter = f"{sentence.mark} " if sentence.mark and sentence.kind == "sig" and shape != sentence.mark else ""
        mark = f"{letter}{shape} ".rjust(4) + " "
        tone = TONES[sentence.tone]
        rows = wrap_line(((clean(sentence.text), tone),), max(8, width - len(mark)))
        leads = chain([mark], repeat(" " * len(mark)))
        return [join([text(lead, f"bold {tone}"), *row]) for lead, row in zip(leads, rows, strict=False)]
