"""Reading before textual is there: the message that Enter opened, asked of the engine and painted by our own painter.

The law: this only shows. The program asks again for what is read here, and does the key itself from its own beginning;
what stands here is cell for cell what it paints then. Nothing of a mail is written that was not cleaned.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

import msgspec
from rich.cells import cell_len

from tui_mail.model.clean import clean
from tui_mail.model.message import MessageView
from tui_mail.ui.columns import FOLDER_COLUMNS, TINY_ROWS, is_split
from tui_mail.ui.first_paint import OPEN_ID
from tui_mail.ui.reader_lines import NARROW, message_lines
from tui_mail.ui.sentence_rows import MARK, rows_in, sentence_blocks
from tui_mail.ui.themes.text_styles import LOOKS, Look
from tui_mail.ui.words import security_sentences
from tui_mail.ui.wrap import MARGIN, MEASURE, Line, wrap

if TYPE_CHECKING:
    from _socket import socket as Socket

    from tui_mail.ui.first_paint import Paint

MAX_ANSWER_BYTES = 1 << 20
"""A longer answer is left to the program, which reads it without holding up its own import."""


def answer(connection: Socket, stop: int) -> MessageView | None:
    """The message that comes; None when something else does, or `stop` can be read before. Raises OSError and
    msgspec.ValidationError."""
    heard = bytearray()
    while len(heard) < MAX_ANSWER_BYTES:
        if stop in select.select([connection.fileno(), stop], [], [])[0]:
            return None
        part = connection.recv(1 << 16)
        heard += part
        if not part:
            return None
        if b"\n" not in part:
            continue
        *frames, rest = heard.split(b"\n")
        for frame in map(msgspec.json.decode, frames):
            if frame.get("id") == OPEN_ID:
                view = frame["reply"].get("view")
                return None if view is None else msgspec.convert(view, MessageView)
        heard = bytearray(rest)
    return None


class ReaderPicture:
    """Paints a message where the style sheet of the main screen has it.

    Args:
        paint: knows colours and shapes, and keeps what is written.

    Attributes:
        list_rows: rows of the list that stay above it; 0 where the message has the whole screen.
    """

    def __init__(self, paint: Paint) -> None:
        self._paint = paint
        room = paint.height - 3
        split = is_split(paint.width, paint.height)
        beside = FOLDER_COLUMNS if split else 0
        self.list_rows = room // 3 if split else 0
        self._left, self._width = beside + 1, paint.width - beside
        self._top = 3 + self.list_rows if split else 2

    def list_top(self, top: int, cursor: int, total: int) -> int:
        """The first row of the list that is seen when only some stay; as `MessageList.reveal` scrolls."""
        rows = self.list_rows
        if not rows or top <= cursor < top + rows:
            return top
        return max(0, min(cursor - rows // 2, total - rows))

    def draw(self, view: MessageView) -> None:
        """All rows of the reader."""
        y, end = self._top, self._paint.height
        if self.list_rows:
            self._row(y, ((self._paint.glyphs.rule * self._width, "faint"),), "background")
            y += 1
        y = self._sentences(y, end - y, view)
        if self._paint.height >= TINY_ROWS and y < end:
            self._row(y, (), "background")
            y += 1
        room = min(MEASURE, self._width - 1 - 2 * MARGIN)
        text = wrap(message_lines(view, self._paint.glyphs, quotes=False, narrow=self._width < NARROW), room)
        for row in range(y, end):
            line = next(text, ())
            self._row(row, ((" " * MARGIN, "text"), *line), "background")

    def _sentences(self, y: int, room: int, view: MessageView) -> int:
        width = self._width - 2 * MARGIN
        blocks = sentence_blocks(security_sentences(view), width, self._paint.glyphs)
        height = min(sum(map(len, blocks)), room // 2)
        rows = rows_in(blocks, width, height)[:height]
        for number, row in enumerate(rows):
            self._row(y + number, ((" " * MARGIN, "muted"), *row), "panel")
        return y + height

    def _row(self, y: int, line: Line, ground: str) -> None:
        """A line on a ground that it may not fill."""
        paint = self._paint
        paint.at(y, self._left, " " * self._width, paint.ink("foreground", ground))
        x = self._left
        for text, style in line:
            bold = style.startswith(MARK)
            look = LOOKS.get(style.removeprefix(MARK), Look())
            ink = paint.ink(look.colour or "foreground", look.ground or ground, bold=bold, attribute=look.attribute)
            x = self._text(y, x, clean(text), ink)

    def _text(self, y: int, x: int, text: str, ink: str) -> int:
        """Write a text; the cell behind it. Terminals disagree about the width of some characters, so whatever is not
        ASCII is put to its place one by one."""
        if text.isascii():
            self._paint.at(y, x, text, ink)
            return x + len(text)
        group, begin = "", x
        for character in text:
            cells = cell_len(character)
            if cells and group:
                self._paint.at(y, begin, group, ink)
                begin, group = x, ""
            group += character
            x += cells
        self._paint.at(y, begin, group, ink)
        return x
