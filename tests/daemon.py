"""One server process of a test: started in the foreground as our child, bounded, ended by its pid."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.patience import PATIENCE_SECONDS

_PR_SET_PDEATHSIG = 1
_claims: list[socket.socket] = []


class ServerDidNotStart(Exception):
    """The process ended or never listened; the text holds the end of its log."""


def free_port() -> int:
    """A loopback port that nobody listens on, below the range from which the kernel takes client ports. No other test
    run gets it while this process lives, so that it may be bound later."""
    for _ in range(200):
        port = random.randrange(18_000, 32_000)
        claim = socket.socket(socket.AF_UNIX)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                claim.bind(f"\0tui-mail-test-port-{port}")  # a name without a file, which ends with its process
                probe.bind(("127.0.0.1", port))
            except OSError:
                claim.close()
                continue
            _claims.append(claim)
            return port
    raise ServerDidNotStart("no free loopback port found")


def _die_with_parent() -> None:
    # A killed test run must not leave servers behind: the kernel sends SIGTERM when the parent ends.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Daemon:
    """A child process that listens on `ports` once it is up."""

    def __init__(self, command: Sequence[str], ports: Sequence[int], log: Path, env: Mapping[str, str] | None = None):
        self.command = list(command)
        self.ports = tuple(ports)
        self.log = log
        self.env = dict(env) if env else None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start and wait until every port accepts connections."""
        if self.running:
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        for port in self.ports:
            while not _listening(port):
                if not self.running or time.monotonic() > deadline:
                    self.stop()
                    raise ServerDidNotStart(f"{self.command[0]} on {self.ports}:\n{self.tail()}")
                time.sleep(0.01)

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the process and its children, and wait for it."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(process.pid, signal.SIGKILL)  # its own process group: nothing else can be in it
        except (ProcessLookupError, PermissionError):
            pass
        process.wait(PATIENCE_SECONDS)
        # Children share the listening sockets and die a moment later.
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(_listening(port) for port in self.ports) and time.monotonic() < deadline:
            time.sleep(0.01)

    def tail(self, lines: int = 25) -> str:
        """The end of the log, for messages of failed tests."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _listening(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
