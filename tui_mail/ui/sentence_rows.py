"""Sentences about a message's protection as styled rows: a mark, then words that go on below themselves. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tui_mail.model.clean import clean
from tui_mail.ui.themes.glyphs import Glyphs
from tui_mail.ui.words import Sentence
from tui_mail.ui.wrap import Line, wrap_line

MARK = "bold "
"""Before the tone of a sentence: the style of its mark."""


def sentence_blocks(sentences: Sequence[Sentence], width: int, glyphs: Glyphs) -> list[list[Line]]:
    """All rows of each sentence; their styles are tones, with `MARK` before it where the mark stands."""
    return [_block(sentence, width, glyphs) for sentence in sentences]


def rows_in(blocks: Sequence[Sequence[Line]], width: int, room: int) -> list[Line]:
    """One sentence below the other; where there is no room for all rows, each keeps its beginning."""
    spare = max(0, room - len(blocks))
    rows: list[Line] = []
    for block in blocks:
        more = min(len(block) - 1, spare)
        spare -= more
        rows += block[:more]
        rows.append(block[more] if more == len(block) - 1 else _goes_on(block[more], width))
    return rows


def _block(sentence: Sentence, width: int, glyphs: Glyphs) -> list[Line]:
    shapes = glyphs.enc if sentence.kind == "enc" else glyphs.sig
    shape = shapes.get(sentence.mark, " ") if sentence.mark else " "
    letter = f"{sentence.mark} " if sentence.mark and sentence.kind == "sig" and shape != sentence.mark else ""
    mark = f"{letter}{shape} ".rjust(4) + " "
    words = wrap_line(((clean(sentence.text), sentence.tone),), max(8, width - len(mark)))
    leads = [mark, " " * len(mark)]
    return [((leads[number > 0], MARK + sentence.tone), *row) for number, row in enumerate(words)]


def _goes_on(row: Line, width: int) -> Line:
    """A row whose rest is not shown."""
    lead, *words = row
    text = "".join(text for text, _tone in words)
    while cell_len(text) > max(0, width - 1 - len(lead[0])):
        text = text[:-1]
    return lead, (f"{text}…", words[0][1])
