"""An event that also wakes whoever waits for a socket."""

import os
import threading


class WakeEvent(threading.Event):
    """A `threading.Event` with a descriptor that becomes readable when it is set."""

    def __init__(self) -> None:
        super().__init__()
        self._reader, self._writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) if hasattr(os, "pipe2") else os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def fileno(self) -> int:
        """The descriptor to poll for reading."""
        return self._reader

    def set(self) -> None:
        """Set, and wake those who wait."""
        super().set()
        try:
            os.write(self._writer, b"\0")
        except BlockingIOError:
            pass  # the pipe is full, so it is readable

    def clear(self) -> None:
        """Take it back. Nobody else may wait for it at this moment."""
        super().clear()
        try:
            while os.read(self._reader, 4096):
                pass
        except BlockingIOError:
            pass

    def __del__(self) -> None:
        os.close(self._reader)
        os.close(self._writer)
