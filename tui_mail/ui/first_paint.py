"""The first picture, before textual is imported: the inbox of a running engine, or a calm frame. Keys are kept.

The law: nothing heavy is imported, nothing is waited for longer than `PATIENCE_SECONDS`, and whatever goes wrong means
no picture and never an error: the program that follows finds out and says why.
"""

from __future__ import annotations

import os
import sys
import time
from _socket import AF_UNIX, SOCK_STREAM  # what `socket` wraps; its names and selectors would cost 4 ms
from _socket import socket as Socket
from collections import namedtuple

from tui_mail.model.paths import ProfilePaths

TYPE_CHECKING = False  # typing itself would cost 7 ms before the first picture
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from tui_mail.ui.early_moves import EarlyMoves

PATIENCE_SECONDS = 0.15
MAX_GREETING_BYTES = 1 << 20
FEWEST_COLOURS = 256
"""With fewer the first picture has none: which of sixteen is near to ours differs from terminal to terminal."""
_HELLO = b'{"id":0,"command":{"type":"Hello","version":3}}\n'
OPEN_ID = 1
_OPEN = b'{"id":1,"command":{"type":"OpenMessage","message_id":%d,"mark_seen":false}}\n'
"""Nobody is told here that a message was read: the program does that."""


_FLAGS = ((4, "flagged", "warning"), (2, "answered", "muted"), (32, "forwarded", "muted"))
"""The bits of ``model.message.Flag``, which would cost an import, as `widgets.row` draws them."""

ATTRIBUTES = {"bold": "1", "italic": "3", "underline": "4"}
"""What a text can have beside colours (ECMA-48, 8.3.117)."""


class Painted(namedtuple("Painted", ("terminal", "welcome", "moves"))):
    """What was done to the terminal, what the engine said, and who looks after the keys that move in the list."""

    __slots__ = ()
    terminal: list[Any] | None
    welcome: dict[str, Any] | None
    moves: EarlyMoves | None


def paint(paths: ProfilePaths) -> Painted:
    """Put the terminal into raw mode, so that keys typed now wait for the program, and draw."""
    try:
        saved = _raw_mode()
    except (OSError, ValueError):
        return Painted(None, None, None)
    welcome, moves = greet(paths), None
    try:
        from tui_mail.ui.themes.glyphs import speaks_unicode

        width, height = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
        encoding = "utf-8" if speaks_unicode() else "ascii"
        picture, first = _picture(welcome, width, height)
        os.write(1, picture.frame().encode(encoding, "replace"))
        if first is not None and welcome is not None:
            moves = _moves(picture, welcome, first, encoding, paths)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return Painted(saved, welcome, moves)


def restore(painted: Painted) -> None:
    """The terminal as it was."""
    if painted.terminal is not None:
        import termios

        try:
            termios.tcsetattr(0, termios.TCSANOW, painted.terminal)
        except termios.error:
            pass


def leave_picture() -> None:
    """Take the picture away again, for when the program cannot start after all."""
    os.write(1, b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l")


def greet(paths: ProfilePaths) -> dict[str, Any] | None:
    """The `Welcome` of a running engine as plain values, None when none answers at once."""
    try:
        connection = _connected(paths)
        try:
            connection.sendall(_HELLO)
            answer = bytearray()
            while not answer.endswith(b"\n") and len(answer) < MAX_GREETING_BYTES:
                part = connection.recv(65536)
                if not part:
                    return None
                answer += part
        finally:
            connection.close()
        for line in bytes(answer).splitlines():
            reply = decode(line).get("reply")
            if isinstance(reply, dict) and reply.get("type") == "Welcome":
                return reply
    except (OSError, ValueError, AttributeError, RecursionError):
        pass
    return None


def _connected(paths: ProfilePaths) -> Socket:
    """Raises OSError, also when the socket is not in a folder of ours."""
    if os.lstat(paths.socket_name.rpartition("/")[0]).st_uid != os.getuid():
        raise PermissionError(paths.socket_name)
    connection = Socket(AF_UNIX, SOCK_STREAM)
    try:
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(paths.socket_name)
    except OSError:
        connection.close()
        raise
    return connection


class _Plain:
    """JSON as it is: what the scanner of Python's own `json` asks for."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int, parse_constant = float, int, float


def decode(line: bytes) -> Any:
    """What `json.loads` makes of it. `json` itself would load regular expressions, which is 7 ms before the first
    picture; what its scanner alone does not understand is left to it. Raises ValueError."""
    text = line.decode()
    try:
        from _json import make_scanner

        value, end = make_scanner(_Plain)(text, 0)  # type: ignore[arg-type] # the same attributes
        if end == len(text):
            return value
    except (ImportError, AttributeError, TypeError, StopIteration):
        pass
    import json

    return json.loads(text)


def _raw_mode() -> list[Any]:
    import termios

    try:
        saved = termios.tcgetattr(0)
        raw = termios.tcgetattr(0)
        raw[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        raw[0] &= ~(termios.IXON | termios.ICRNL)
        termios.tcsetattr(0, termios.TCSANOW, raw)
    except termios.error as error:
        raise OSError(str(error)) from None
    return saved


def _picture(
    welcome: dict[str, Any] | None, width: int, height: int
) -> tuple[Paint, tuple[str, int, int, list[Any]] | None]:
    from tui_mail.ui.themes.palette import palette

    settings = (welcome or {}).get("settings") or {}
    colours = palette(str(settings.get("theme", "dark")), settings.get("themes"))
    paint = Paint(colours, width, height, ascii_only=bool(settings.get("ascii")))
    first = None
    if welcome is not None and welcome.get("store_key"):
        from tui_mail.store.first_window import first_rows

        threads = bool(settings.get("threads"))
        first = first_rows(str(welcome["store_path"]), str(welcome["store_key"]), height, threads=threads)
    if first is None:
        paint.calm()
    else:
        accounts = settings.get("accounts") or [{}]
        paint.inbox(first, str(accounts[0].get("address", "")))
    return paint, first


def _moves(
    picture: Paint,
    welcome: dict[str, Any],
    first: tuple[str, int, int, list[Any]],
    encoding: str,
    paths: ProfilePaths,
) -> EarlyMoves | None:
    from tui_mail.store.first_window import later_rows
    from tui_mail.ui.early_moves import EarlyMoves, understood

    keys = understood(welcome.get("settings") or {})
    seen, total = picture.height - 3, first[2]
    if keys is None or total < 1 or seen < 1:
        return None

    def read(start: int, count: int) -> list[Any]:
        return later_rows(str(welcome["store_path"]), str(welcome["store_key"]), start, count)

    def show() -> None:
        os.write(1, picture.frame().encode(encoding, "replace"))

    def draw(top: int, cursor: int, changed: Sequence[int] | None) -> None:
        indexes = range(top, min(top + seen, total)) if changed is None else changed
        start, last = min(indexes), max(indexes)
        rows = read(start, last - start + 1)
        picture.rows({index - top: rows[index - start] for index in indexes}, cursor - top)
        show()

    def open_message(top: int, cursor: int) -> Any:
        connection = _connected(paths)
        try:
            connection.sendall(_HELLO + _OPEN % read(cursor, 1)[0][0])
            moves.wait_for_words()
            from tui_mail.ui.early_reader import ReaderPicture, answer

            view = answer(connection, moves.stop_out)
        finally:
            connection.close()
        if view is not None:
            page = ReaderPicture(picture)
            top = page.list_top(top, cursor, total)
            picture.rows(dict(enumerate(read(top, page.list_rows))), cursor - top, idle=True)
            page.draw(view)
            show()
        return view

    can_open = picture.rich and encoding == "utf-8" and first[0].upper() == "INBOX"
    moves = EarlyMoves(keys, total, seen, draw, open_message if can_open else None)
    moves.start()
    return moves


class Paint:
    """Draws the frame that the interface will draw again, cell by cell the same."""

    def __init__(self, colours: dict[str, str], width: int, height: int, *, ascii_only: bool) -> None:
        from tui_mail.ui.themes.few import fewer
        from tui_mail.ui.themes.glyphs import glyphs

        depth = colour_depth()
        self.colours = fewer(colours, depth) if depth >= FEWEST_COLOURS else {}
        self.true_colour = depth > FEWEST_COLOURS
        self.rich = bool(self.colours) and not ascii_only
        self.width, self.height = width, height
        self.glyphs = glyphs(ascii_only)
        self._inks: dict[tuple[str, str, bool, str], str] = {}
        self.out = ["\x1b[?1049h\x1b[?25l\x1b[?7l"]
        background = self.ink("foreground", "background")
        self.out += [f"\x1b[{y};1H{background}\x1b[K" for y in range(1, height + 1)]

    def frame(self) -> str:
        """Everything since the last one, with wrapping on again."""
        frame = "".join(self.out) + "\x1b[0m\x1b[?7h"
        self.out = ["\x1b[?7l"]
        return frame

    def calm(self) -> None:
        """The frame without mail: top and bottom line."""
        self.bar(1)
        self.at(1, 1, " tui-mail ", self.ink("accent", "panel", bold=True))
        self.bar(self.height)

    def inbox(self, first: tuple[str, int, int, list[Any]], address: str) -> None:
        """The list as it was when somebody last looked."""
        from tui_mail.model.clean import clean
        from tui_mail.ui.columns import columns

        name, unread, total, rows = first
        self.calm()
        place = "Inbox" if name.upper() == "INBOX" else clean(name)
        counts = (f"{unread:,} unread  {self.glyphs.dot}  " if unread else "") + f"{total:,} messages"
        self.at(1, 12, place, self.ink("bright", "panel", bold=True))
        self.at(1, 12 + len(place) + 2, counts, self.ink("muted", "panel"))
        left = self._left()
        if left:
            surface = self.ink("foreground", "surface")
            self.out += [f"\x1b[{y};1H{surface}{' ' * left}" for y in range(2, self.height)]
        layout = columns(self.width - left - 1)
        heading = " " * layout.marks + ("Sig" if layout.sig >= 4 else "S").ljust(layout.sig)
        heading += ("Enc" if layout.enc >= 4 else "E").ljust(layout.enc) + " " * layout.attachment
        heading += "From".ljust(layout.sender) + "Subject".ljust(layout.subject) + "Date".rjust(layout.date - 1)
        self.at(2, left + 1, heading, self.ink("faint", "background"))
        self.rows(dict(enumerate(rows[: max(0, self.height - 3)])), 0)

    def rows(self, rows: dict[int, Any], cursor: int, *, idle: bool = False) -> None:
        """Rows of the list by the line where they stand, and the line of the cursor, which is paler where the keys are
        not meant for the list."""
        from tui_mail.ui.columns import columns

        left, now = self._left(), time.localtime()
        layout = columns(self.width - left - 1)
        for line, row in rows.items():
            ground = "background" if line != cursor else "panel" if idle else "cursor"
            self._row(line, row, left, layout, now, ground)

    def _left(self) -> int:
        """Cells beside the list."""
        from tui_mail.ui.columns import FOLDER_COLUMNS, is_split

        return FOLDER_COLUMNS if is_split(self.width, self.height) else 0

    def _row(self, index: int, row: Any, left: int, layout: Any, now: time.struct_time, ground: str) -> None:
        from tui_mail.model.clean import clean
        from tui_mail.ui.columns import NO_SENDER, PREVIEW_FROM, date_text
        from tui_mail.ui.themes.glyphs import ENC_TONE, SIG_TONE

        _id, date, flags, sig, enc, attached, sender, subject, preview, total, unread = row
        chosen = ground != "background"
        new = not flags & 1 or unread > 0
        y = index + 3
        main = self.ink("bright" if new else "foreground", ground, bold=new)
        x = left + 1
        self.at(y, x, " " * sum(layout), main)
        accent = self.ink("accent", ground)
        self.at(y, x, (self.glyphs.bar if chosen else " ") + (self.glyphs.unread if new else " "), accent)
        for bit, mark, tone in _FLAGS:
            if flags & bit:
                self.at(y, x + 2, getattr(self.glyphs, mark), self.ink(tone, ground))
                break
        shape = self.glyphs.sig.get(sig, self.glyphs.waiting) if sig is not None else self.glyphs.waiting
        letter = shape if not sig or shape == sig else f"{sig} {shape}" if layout.sig >= 4 else sig
        self.at(y, x + layout.marks, letter, self.ink(SIG_TONE.get(sig, "faint"), ground, bold=True))
        x += layout.marks + layout.sig
        inset = 1 if layout.enc >= 4 else 0
        self.at(y, x + inset, self.glyphs.enc.get(enc, " "), self.ink(ENC_TONE.get(enc, "faint"), ground))
        x += layout.enc
        if layout.attachment and attached:
            self.at(y, x, self.glyphs.attachment, self.ink("muted", ground))
        x += layout.attachment
        self.at(y, x, _cut(clean(sender).strip() or NO_SENDER, layout.sender - 2), main)
        x += layout.sender
        quiet = self.ink("muted" if chosen else "faint", ground)
        lead = f"{self.glyphs.folded} {min(total, 999)} " if total > 1 else ""
        self.at(y, x, lead, quiet)
        room = layout.subject - len(lead)
        shown = _cut(clean(subject) or "(no subject)", room)
        self.at(y, x + len(lead), shown, main)
        rest = room - _cells(shown) - 3
        if sum(layout) >= PREVIEW_FROM and preview and rest >= 9:
            self.at(y, x + len(lead) + _cells(shown) + 3, _cut(clean(preview), rest), quiet)
        x += layout.subject
        day = date_text(date, now)[: layout.date - 1]
        tone = self.ink("accent" if new else "muted", ground)
        self.at(y, x + layout.date - 1 - len(day), day, tone)

    def bar(self, y: int) -> None:
        """A line of the panel's colour."""
        self.out.append(f"\x1b[{y};1H{self.ink('muted', 'panel')}\x1b[K")

    def at(self, y: int, x: int, text: str, ink: str) -> None:
        """Text at a place. It is clean: every caller cleaned what was foreign."""
        self.out.append(f"\x1b[{y};{x}H{ink}{text}")

    def ink(self, foreground: str, background: str, *, bold: bool = False, attribute: str = "") -> str:
        """The escape sequence for two colours of the palette and one of `ATTRIBUTES`; without colours only that."""
        key = (foreground, background, bold, attribute)
        if key not in self._inks:
            self._inks[key] = self._new_ink(*key)
        return self._inks[key]

    def _new_ink(self, foreground: str, background: str, bold: bool, attribute: str) -> str:
        codes = ["0", *(["1"] if bold else []), *([ATTRIBUTES[attribute]] if attribute else [])]
        if self.colours:
            for kind, name in (("38", foreground), ("48", background)):
                digits = self.colours[name]
                red, green, blue = (int(digits[i : i + 2], 16) for i in (1, 3, 5))
                exact = f"{kind};2;{red};{green};{blue}"
                codes.append(exact if self.true_colour else f"{kind};5;{nearest(red, green, blue)}")
        return f"\x1b[{';'.join(codes)}m"


def colour_depth() -> int:
    """How many colours the terminal says that it knows, none with NO_COLOR; as the program that follows finds out."""
    if os.environ.get("NO_COLOR"):
        return 0
    if os.environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return 1 << 24
    return 256 if os.environ.get("TERM", "").endswith(("256color", "kitty")) else 16


def nearest(red: int, green: int, blue: int) -> int:
    """The number in the palette of 256 colours that Rich takes for a colour, so that nothing changes afterwards."""
    high, low = max(red, green, blue) / 255, min(red, green, blue) / 255
    lightness, spread = (high + low) / 2, high - low
    if spread == 0 or spread / (high + low if lightness <= 0.5 else 2 - high - low) < 0.15:
        grey = round(lightness * 25)
        return 16 if grey == 0 else 231 if grey == 25 else 231 + grey
    six = [round(value / 95 if value < 95 else 1 + (value - 95) / 40) for value in (red, green, blue)]
    return 16 + 36 * six[0] + 6 * six[1] + six[2]


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, width: int) -> str:
    """At most `width` cells, with an ellipsis where it was cut."""
    if width <= 0:
        return ""
    text = text[: width * 8].replace("\u200d", "").replace("\ufe0f", "")
    if _cells(text) <= width:
        return text
    used = end = 0
    for character in text:
        used += _cells(character)
        if used > width - 1:
            break
        end += 1
    return text[:end] + "…"
