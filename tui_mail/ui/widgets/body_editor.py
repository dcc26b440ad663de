"""The editor for a message's text. The law: no line is longer than MAX_LINE, and no control character is in it."""

from textual.widgets import TextArea
from textual.widgets.text_area import EditResult, Location

from tui_mail.ui.safe import clean_lines

MAX_LINE = 2_000
"""A single line of 100 kB costs half a second for every key, so longer lines are broken when they come in."""


def editable(text: str) -> str:
    """Text as the editor may hold it: cleaned, long lines broken at a space where there is one."""
    return "\n".join(piece for line in clean_lines(text).split("\n") for piece in _pieces(line))


def _pieces(line: str) -> list[str]:
    pieces = []
    while len(line) > MAX_LINE:
        space = line.rfind(" ", MAX_LINE // 2, MAX_LINE)
        end = space + 1 if space >= 0 else MAX_LINE
        pieces.append(line[:end])
        line = line[end:]
    pieces.append(line)
    return pieces


class BodyEditor(TextArea):
    """A text area for mail: soft wrapping, Tab leaves it, pasted text is cleaned."""

    def __init__(self, text: str, *, id: str) -> None:
        super().__init__(editable(text), id=id, soft_wrap=True, tab_behavior="focus", compact=True)

    def replace(
        self, insert: str, start: Location, end: Location, *, maintain_selection_offset: bool = True
    ) -> EditResult:
        """Every change of the text comes through here: typing, pasting, deleting."""
        insert = editable(insert)
        first, last = insert.partition("\n")[0], insert.rpartition("\n")[2]
        before = start[1]
        after = len(self.document.get_line(end[0])) - end[1]
        if insert and before + len(first) > MAX_LINE:
            insert = "\n" + insert
        if insert and (0 if "\n" in insert else before) + len(last) + after > MAX_LINE:
            insert += "\n"
        return super().replace(insert, start, end, maintain_selection_offset=maintain_selection_offset)
