"""The real program on a pseudo terminal: every byte that it sends is kept with its time."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence

from tests.patience import PATIENCE_SECONDS

QUERIES = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[6n": b"\x1b[1;1R",
}


class PtyProgram:
    """Runs `argv`; `output` grows while one of the waiting methods is called."""

    def __init__(
        self, argv: Sequence[str], *, columns: int = 120, rows: int = 36, env: Mapping[str, str] | None = None
    ) -> None:
        self.output = b""
        self.log: list[tuple[float, int]] = []
        self.started = time.perf_counter()
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TMUX")}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **(env or {})}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(argv[0], list(argv), environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def pump(self, seconds: float) -> bool:
        """Read what comes within some time; False when nothing came or the program ended."""
        readable, _, _ = select.select([self.fd], [], [], seconds)
        if not readable:
            return False
        try:
            data = os.read(self.fd, 1 << 20)
        except OSError:
            return False
        for query, answer in QUERIES.items():
            if query in data:
                os.write(self.fd, answer)
        self.output += data
        self.log.append((time.perf_counter() - self.started, len(data)))
        return bool(data)

    def wait_for(self, found: Callable[[bytes], bool], seconds: float = PATIENCE_SECONDS) -> float:
        """Seconds since the start until `found` holds for what was sent after this call began."""
        begin, end = len(self.output), time.perf_counter() + seconds
        while time.perf_counter() < end:
            if found(self.output[begin:]):
                return self.log[-1][0] if self.log else 0.0
            self.pump(0.05)
        raise AssertionError(f"it never came; the last bytes are {self.output[-2000:]!r}")

    def settle(self, quiet_seconds: float = 0.2) -> int:
        """Read until it is quiet; the number of bytes that came."""
        begin = len(self.output)
        while self.pump(quiet_seconds):
            pass
        return len(self.output) - begin

    def resident_megabytes(self) -> float:
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))

    def close(self) -> int:
        """End it, if it has not ended; the exit status."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return status

    def wait(self) -> int:
        """Wait until it ends by itself; the exit code."""
        end = time.perf_counter() + PATIENCE_SECONDS
        while time.perf_counter() < end:
            self.pump(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
        self.close()
        raise AssertionError("the program did not end")
