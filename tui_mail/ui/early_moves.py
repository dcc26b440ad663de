"""Moving in the list while textual is still being imported: the first picture follows the keys.

The law: this only shows. Every key that is read here is kept, and the program does from its own beginning whatever was
typed; so its picture is right even where this one was not. The first key that is no move ends it, Enter does after the
message stands, and so does anything that goes wrong.
"""

from __future__ import annotations

import os
import select
from _thread import allocate_lock, start_new_thread

TYPE_CHECKING = False  # typing itself would cost 7 ms before the first picture
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

KEYS = {
    b"\x1b[A": "previous-row",
    b"\x1bOA": "previous-row",
    b"\x1b[B": "next-row",
    b"\x1bOB": "next-row",
    b"\x1b[5~": "previous-page",
    b"\x1b[6~": "next-page",
    b"\x1b[H": "first-row",
    b"\x1bOH": "first-row",
    b"\x1b[1~": "first-row",
    b"\x1b[F": "last-row",
    b"\x1bOF": "last-row",
    b"\x1b[4~": "last-row",
    b"\r": "open",
    b"\n": "open",
}
"""What terminals send, and the command that it is in every keymap."""

LETTERS = {
    "plain": {b"j": "next-row", b"k": "previous-row", b" ": "next-page", b"b": "previous-page", b"G": "last-row"},
    "vim": {b"j": "next-row", b"k": "previous-row", b" ": "next-page", b"G": "last-row"},
    "emacs": {b" ": "next-page"},
}

REST_SECONDS = 0.05
"""So long the rest of a key may take to come; an Esc that stays alone is one."""

MAX_TYPED_BYTES = 1 << 16


class EarlyMoves:
    """Reads the keyboard in a thread from `start` to `stop`.

    Args:
        keys: what is understood, and the command that it is.
        total: rows of the list.
        height: rows that are seen.
        draw: paints (first index, cursor, changed indexes; None for all).
        read: asks for the message under the cursor and paints it (first index, cursor); None where that is left to the
            program.

    Attributes:
        opened: the message that was painted, for the program to show until it has asked itself.
        stop_out: can be read when this shall end.
    """

    def __init__(
        self,
        keys: dict[bytes, str],
        total: int,
        height: int,
        draw: Callable[[int, int, Sequence[int] | None], None],
        read: Callable[[int, int], Any] | None = None,
    ) -> None:
        self._keys, self._total, self._height, self._draw, self._open = keys, total, height, draw, read
        self.opened: Any = None
        self._top = self._cursor = 0
        self._typed = bytearray()
        self._taken = 0
        self._ended = allocate_lock()
        self._words = allocate_lock()
        self._words.acquire()
        self.stop_out, self._stop_in = os.pipe()

    def start(self) -> None:
        """Begin to read."""
        self._ended.acquire()
        start_new_thread(self._run, ())

    def stop(self) -> bytes:
        """Leave the keyboard alone; everything that was read from it until now."""
        os.write(self._stop_in, b"x")
        self.words_are_here()
        self._ended.acquire()
        os.close(self._stop_in)
        os.close(self.stop_out)
        return bytes(self._typed)

    def words_are_here(self) -> None:
        """What reads a message is imported. Until then this imports nothing: two threads at it would get in each
        other's way."""
        if self._words.locked():
            self._words.release()

    def wait_for_words(self) -> None:
        """Return when that is so."""
        self._words.acquire()

    def _run(self) -> None:
        try:
            self._watch()
        except Exception:
            self._keys = {}  # SAFE: what was typed is kept, and the program paints what it leads to.
        finally:
            self._ended.release()

    def _watch(self) -> None:
        wanted = True
        while wanted and len(self._typed) < MAX_TYPED_BYTES:
            ready = select.select([0, self.stop_out], [], [])[0]
            wanted = self.stop_out not in ready and self._read() and self._act()
        while self._unfinished() and select.select([0], [], [], REST_SECONDS)[0] and self._read():
            pass

    def _read(self) -> bool:
        part = os.read(0, 256)
        self._typed += part
        return bool(part)

    def _unfinished(self) -> bool:
        """Whether a part of a key may be what was read last: the other part must not be taken for a key of its own."""
        rest = bytes(self._typed[self._taken :])
        return b"\x1b" in rest[-8:] or any(byte >= 0x80 for byte in rest[-4:])

    def _act(self) -> bool:
        """Do what was typed; False when something is no move."""
        while self._taken < len(self._typed):
            rest = bytes(self._typed[self._taken :])
            key = next((key for key in self._keys if rest.startswith(key)), None)
            if key is None:
                return any(key.startswith(rest) for key in self._keys)
            self._taken += len(key)
            if self._keys[key] == "open":
                if self._open is not None:
                    self.opened = self._open(self._top, self._cursor)
                return False
            self._move(self._keys[key])
        return True

    def _move(self, command: str) -> None:
        page = max(1, self._height - 1)
        step = {"next-row": 1, "previous-row": -1, "next-page": page, "previous-page": -page}.get(command)
        edge = 0 if command == "first-row" else self._total - 1
        old, new = self._cursor, edge if step is None else self._cursor + step
        new = max(0, min(new, self._total - 1))
        if new != old:
            top = scrolled(self._top, old, new, self._height, self._total)
            changed = (old, new) if top == self._top else None
            self._top, self._cursor = top, new
            self._draw(top, new, changed)


def scrolled(top: int, old: int, new: int, height: int, total: int) -> int:
    """The first row that is seen after the cursor went from `old` to `new`; as `MessageList` scrolls."""
    if top <= new < top + height:
        return top
    if abs(new - old) == 1:
        top = new - height // 2
    elif abs(new - old) < height:
        top += new - old
    else:
        top = new - height + 1 if new > old else new
    return max(0, min(top, total - height))


def understood(settings: dict[str, Any]) -> dict[bytes, str] | None:
    """The keys for these settings; None where a person has keys of their own, or the list is no list of messages."""
    if settings.get("keys") or settings.get("threads"):
        return None
    return KEYS | LETTERS.get(str(settings.get("keymap", "plain")), {})
