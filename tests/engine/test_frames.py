"""Frames over a pipe: whole, however they were cut on the way."""

import os
from collections.abc import Iterator
from time import monotonic

import pytest

from tui_mail.engine.frames import PIPE_BYTES, READ_BYTES, Inlet, frame, write_all


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_frames_that_came_together_are_read_one_by_one(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    inlet = Inlet(reading)
    assert not inlet.speaks()
    write_all(writing, frame("one") + frame("two") + b"three" + frame("four")[:9])
    assert inlet.frame() == b"\xa3one" and inlet.speaks()
    assert inlet.frame() == b"\xa3two"
    assert inlet.octets(5, monotonic() + 1) == b"three" and inlet.speaks()
    write_all(writing, frame("four")[9:])
    assert inlet.frame() == b"\xa4four" and not inlet.speaks()


def test_a_frame_larger_than_the_pipe_comes_whole_and_what_follows_it_too() -> None:
    long = frame(b"x" * (2 * PIPE_BYTES)) + frame("next") * (READ_BYTES // 4)
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reading)
        write_all(writing, long)
        os._exit(0)
    os.close(writing)
    inlet = Inlet(reading)
    assert inlet.frame(seconds=60.0) == long[8 : 13 + 2 * PIPE_BYTES]
    assert {inlet.frame(seconds=60.0) for _ in range(READ_BYTES // 4)} == {b"\xa4next"}
    assert inlet.speaks(60.0)  # of the end
    with pytest.raises(EOFError):
        inlet.frame(seconds=60.0)
    os.close(reading)
    os.waitpid(child, 0)


def test_what_is_too_large_too_late_or_cut_off_is_no_frame(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    inlet = Inlet(reading)
    write_all(writing, frame("word"))
    with pytest.raises(EOFError):
        inlet.frame(max_bytes=4)
    write_all(writing, frame("word")[:-1])
    assert inlet.octets(5) == b"\xa4word"
    with pytest.raises(TimeoutError):
        inlet.frame(seconds=0.0)


def test_a_pipe_that_nobody_reads_is_written_no_longer_than_is_allowed(pipe: tuple[int, int]) -> None:
    _reading, writing = pipe
    os.set_blocking(writing, False)
    with pytest.raises(TimeoutError):
        write_all(writing, b"x" * (1 << 24), seconds=0.0)
