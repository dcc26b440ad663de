"""The three promises that every target must keep for any input: no exception, under a second, little memory."""

import resource
import time
from collections.abc import Callable

SECONDS = 1.0
"""Processor time, so that a busy machine is not a finding."""
BYTES_ABOVE_INPUT = 64_000_000


class BoundBroken(Exception):
    """An input that lasts or swells."""


def keep_bounds(target: Callable[[bytes], None], data: bytes) -> None:
    """Run one input. Raises BoundBroken, or what the target lets out."""
    before = _peak_bytes()
    begin = time.process_time()
    target(data)
    seconds = time.process_time() - begin
    if seconds > SECONDS:
        raise BoundBroken(f"{len(data)} bytes took {seconds:.2f} s")
    grown = _peak_bytes() - before - len(data)
    if grown > BYTES_ABOVE_INPUT:
        raise BoundBroken(f"{len(data)} bytes took {grown} bytes of memory")


def _peak_bytes() -> int:
    """The high-water mark of this process: it rises only when one input needs more than all before it together held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
