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
        return sum(map(len, self._blocks(width)))

    def render(self) -> Content:
        """One below the other; where there is no room for all rows, each sentence keeps its beginning."""
        width, room = self.content_size
        blocks = self._blocks(width)
        spare = max(0, room - len(blocks))
        rows: list[Content] = []
        for block in blocks:
            more = min(len(block) - 1, spare)
            spare -= more
            rows += block[:more]
            rows.append(block[more] if more == len(block) - 1 else _goes_on(block[more], width))
        return join(rows, "\n")

    def _blocks(self, width: int) -> list[list[Content]]:
        return [self._sentence(sentence, width) for sentence in self._sentences]

    def _sentence(self, sentence: Sentence, width: int) -> list[Content]:
        shapes = self._glyphs.enc if sentence.kind == "enc" else self._glyphs.sig
        shape = shapes.get(sentence.mark, " ") if sentence.mark else " "
        letter = f"{sentence.mark} " if sentence.mark and sentence.kind == "sig" and shape != sentence.mark else ""
        mark = f"{letter}{shape} ".rjust(4) + " "
        tone = TONES[sentence.tone]
        rows = wrap_line(((clean(sentence.text), tone),), max(8, width - len(mark)))
        leads = chain([mark], repeat(" " * len(mark)))
        return [join([text(lead, f"bold {tone}"), *row]) for lead, row in zip(leads, rows, strict=False)]


def _goes_on(row: Content, width: int) -> Content:
    """A row whose rest is not shown."""
    return join([row.truncate(width - 1), "…"])
