"""A process of ours that reads foreign bytes: it may hang, swell or die, and only it is lost."""

import fcntl
import os
import subprocess
import sys
from contextlib import suppress

from tui_mail.engine.frames import PIPE_BYTES, Inlet, write_all

PYTHON = sys.executable
DEAF_SECONDS = 120.0
"""It takes nothing for so long: it hangs."""
MAX_ANSWER_BYTES = 256 * 1024 * 1024


class Child:
    """One such process, seen from the engine. It is started by exec, so that no lock and no open file is inherited.

    Attributes:
        pid: of the process.
        wide: its pipes hold `PIPE_BYTES` and not only what is usual.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        """Start ``python -m module``. Raises OSError when there is no process to be had."""
        self._process = subprocess.Popen(
            (PYTHON, "-m", module, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101 both are asked for
        self._asks, self._answers = self._process.stdin, self._process.stdout
        self._inlet = Inlet(self._answers.fileno())
        os.set_blocking(self._asks.fileno(), False)
        self.pid = self._process.pid
        self.wide = self._widen()

    @property
    def runs(self) -> bool:
        """It has not ended."""
        return self._process.poll() is None

    @property
    def speaks(self) -> bool:
        """It has said something that nobody has received yet, or ended."""
        return self._inlet.speaks()

    def send(self, framed: bytes) -> None:
        """One frame. Raises OSError when it is gone or does not listen."""
        write_all(self._asks.fileno(), framed, DEAF_SECONDS)

    def receive(self, seconds: float) -> bytes:
        """The next frame. Raises EOFError when it is gone, TimeoutError."""
        return self._inlet.frame(MAX_ANSWER_BYTES, seconds)

    def kill(self) -> None:
        """End it, whatever it does; nothing is closed, so that any thread may do this."""
        self._process.kill()

    def end(self) -> None:
        """End it and close the pipes."""
        self._process.kill()
        self._process.wait()
        self._asks.close()
        self._answers.close()

    def _widen(self) -> bool:
        with suppress(OSError, AttributeError):  # a user has only so much memory for pipes, and not all systems ask
            for pipe in (self._asks, self._answers):
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            return True
        return False
