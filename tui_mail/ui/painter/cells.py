"""Textual's strips as terminal cells. Equal cells are the same object, so that comparing them is quick."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import bidirectional, category

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from tui_mail.ui.painter.pens import PLAIN, Pen, on_blank, pen_of

Cell = tuple[str, Pen]
"""What stands in one cell. A wide character is followed by a cell with no text; marks stand with their letter."""

MAX_KNOWN = 20_000
"""Styles, characters and cells that are remembered; then all are forgotten."""

# East Asian characters of two cells that all terminals agree about; emoji are not among them.
_SURELY_WIDE = (
    (0x2E80, 0xA4CF),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE6F),
    (0xFF01, 0xFF60),
    (0xFFE0, 0xFFE6),
    (0x20000, 0x3FFFD),
)


class Unpaintable(Exception):
    """This needs something that cells do not hold; textual can draw it."""


class Cells:
    """Makes cells for one depth of colour."""

    def __init__(self, colours: ColorSystem) -> None:
        self._colours = colours
        self._styles: dict[int, tuple[Style, Pen]] = {}
        self._cells: dict[Pen, dict[str, Cell]] = {}
        self._doubtful: dict[str, bool] = {}

    def of(self, strip: Strip) -> list[Cell]:
        """The cells of a strip. Raises Unpaintable for hyperlinks, which are no property of a cell."""
        out: list[Cell] = []
        for text, style, control in strip:
            if control:
                continue
            pen = PLAIN if style is None else self._pen(style)
            known = self._cells.setdefault(pen, {})
            if text.isascii():
                if not text.isprintable():
                    raise Unpaintable("a control character")
                out += [known.get(character) or _learn(known, character, pen) for character in text]
            else:
                _wide(out, text, known, pen)
        return out

    def doubtful(self, cell: Cell | None) -> bool:
        """Whether terminals may disagree about how many cells this takes, or in which order it is shown."""
        if cell is None or cell[0].isascii():
            return False
        found = self._doubtful.get(cell[0])
        if found is None:
            if len(self._doubtful) > MAX_KNOWN:
                self._doubtful.clear()
            found = self._doubtful[cell[0]] = _is_doubtful(cell[0])
        return found

    def any_doubtful(self, cells: Iterable[Cell | None]) -> bool:
        """Whether one of them is. Characters come again and again, so each is asked about once."""
        texts = {cell[0] for cell in cells if cell is not None}
        return any(self.doubtful((text, PLAIN)) for text in texts if not text.isascii())

    def tidy(self) -> None:
        """Forget everything when it became much. Cells of before and after are then equal without being the same."""
        if len(self._styles) > MAX_KNOWN or sum(map(len, self._cells.values())) > MAX_KNOWN:
            self._styles.clear()
            self._cells.clear()

    def _pen(self, style: Style) -> Pen:
        # A style's own hash and equality are slow; nearly always it is the very object that was seen before.
        near = self._styles.get(id(style))
        if near is not None:
            return near[1]
        if style.link:
            raise Unpaintable("a hyperlink")
        pen = pen_of(style, self._colours)
        self._styles[id(style)] = (style, pen)  # holding the style keeps its id its own
        return pen


def _learn(known: dict[str, Cell], text: str, pen: Pen) -> Cell:
    cell = known[text] = (text, on_blank(pen) if text == " " else pen)
    return cell


def _wide(out: list[Cell], text: str, known: dict[str, Cell], pen: Pen) -> None:
    for character in text:
        width = 1 if " " <= character < "\u0300" and character != "\x7f" else cell_len(character)
        if width:
            out.append(known.get(character) or _learn(known, character, pen))
            if width == 2:
                out.append(known.get("") or _learn(known, "", pen))
        elif out:
            place = -2 if not out[-1][0] and len(out) > 1 else -1
            out[place] = (out[place][0] + character, out[place][1])


def _is_doubtful(text: str) -> bool:
    if len(text) > 1 or (text >= "\U0001f000" and not _surely_wide(text)):
        return True
    if category(text).startswith("M") or bidirectional(text) in ("R", "AL", "AN"):
        return True
    return cell_len(text) != 1 and not _surely_wide(text)


def _surely_wide(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _SURELY_WIDE)
