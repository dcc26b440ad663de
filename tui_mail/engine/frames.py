"""What the engine and a process of its own say over their pipes: frames of a length and msgpack."""

import os
from select import select
from time import monotonic
from typing import Any

import msgspec

LENGTH_BYTES = 8
PIPE_BYTES = 1 << 20
"""So much a pipe is asked to hold, and so much is read from it at once."""


def frame(word: Any) -> bytes:
    """A length in eight octets and msgpack."""
    body = msgspec.msgpack.encode(word)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def read_frame(pipe: int, max_bytes: int | None = None, seconds: float | None = None) -> bytes:
    """What stands in the next frame. Raises EOFError when the other side is gone or says more than `max_bytes`, and
    TimeoutError when it did not say all within `seconds`."""
    deadline = None if seconds is None else monotonic() + seconds
    size_bytes = int.from_bytes(read_octets(pipe, LENGTH_BYTES, deadline), "big")
    if max_bytes is not None and size_bytes > max_bytes:
        raise EOFError
    return read_octets(pipe, size_bytes, deadline)


def write_all(pipe: int, framed: bytes, seconds: float | None = None) -> None:
    """Everything. Raises OSError when the other side is gone, TimeoutError when it did not take all within `seconds`,
    which needs a pipe that does not block."""
    deadline = None if seconds is None else monotonic() + seconds
    left = memoryview(framed)
    while left:
        if deadline is not None and not select([], [pipe], [], max(deadline - monotonic(), 0))[1]:
            raise TimeoutError
        left = left[os.write(pipe, left) :]


def read_octets(pipe: int, size_bytes: int, deadline: float | None = None) -> bytes:
    """So many, by a moment of ``monotonic()``. Raises as `read_frame`."""
    found = bytearray()
    while len(found) < size_bytes:
        if deadline is not None and not select([pipe], [], [], max(deadline - monotonic(), 0))[0]:
            raise TimeoutError
        piece = os.read(pipe, min(size_bytes - len(found), PIPE_BYTES))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)
