"""What the engine and a process of its own say over their pipes: frames of a length and msgpack."""

import os
from select import select
from time import monotonic
from typing import Any

import msgspec

LENGTH_BYTES = 8
PIPE_BYTES = 1 << 20
"""So much a pipe is asked to hold, and no more is read from it at once."""
READ_BYTES = 1 << 16
"""So much is read at once when less is wanted: memory of this size costs no call of the kernel of its own."""


def frame(word: Any) -> bytes:
    """A length in eight octets and msgpack."""
    body = msgspec.msgpack.encode(word)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def write_all(pipe: int, framed: bytes, seconds: float | None = None) -> None:
    """Everything. Raises OSError when the other side is gone, TimeoutError when it did not take all within `seconds`,
    which needs a pipe that does not block."""
    deadline = None if seconds is None else monotonic() + seconds
    left = memoryview(framed)
    while left:
        try:
            left = left[os.write(pipe, left) :]
        except BlockingIOError:
            if deadline is None or not select([], [pipe], [], max(deadline - monotonic(), 0))[1]:
                raise TimeoutError from None


class Inlet:
    """The end of a pipe that is read. What came together is kept together, so that many short frames cost one read."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._held = b""
        self._at = 0

    def speaks(self, seconds: float = 0.0) -> bool:
        """Something has come that nobody has read yet, or comes within so long; also the end."""
        return self._at < len(self._held) or bool(select([self._pipe], [], [], seconds)[0])

    def frame(self, max_bytes: int | None = None, seconds: float | None = None) -> bytes:
        """What stands in the next frame. Raises EOFError when the other side is gone or says more than `max_bytes`, and
        TimeoutError when it did not say all within `seconds`."""
        deadline = None if seconds is None else monotonic() + seconds
        size_bytes = int.from_bytes(self.octets(LENGTH_BYTES, deadline), "big")
        if max_bytes is not None and size_bytes > max_bytes:
            raise EOFError
        return self.octets(size_bytes, deadline)

    def octets(self, size_bytes: int, deadline: float | None = None) -> bytes:
        """So many, by a moment of ``monotonic()``. Raises as `frame`."""
        if len(self._held) - self._at < size_bytes:
            self._fill(size_bytes, deadline)
        end = self._at + size_bytes
        found = self._held[self._at : end]
        if end == len(self._held):
            self._held, self._at = b"", 0
        else:
            self._at = end
        return found

    def _fill(self, size_bytes: int, deadline: float | None) -> None:
        rest = self._held[self._at :]
        pieces, held_bytes = [rest] if rest else [], len(rest)
        while held_bytes < size_bytes:
            if deadline is not None and not select([self._pipe], [], [], max(deadline - monotonic(), 0))[0]:
                raise TimeoutError
            piece = os.read(self._pipe, min(max(size_bytes - held_bytes, READ_BYTES), PIPE_BYTES))
            if not piece:
                raise EOFError
            pieces.append(piece)
            held_bytes += len(piece)
        self._held, self._at = b"".join(pieces), 0
