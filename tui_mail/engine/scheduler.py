"""Threads of the engine: each job has one, sleeps until it is woken, and survives its own errors."""

import random
import threading
from collections.abc import Callable

from tui_mail.engine.logbook import describe, log

FIRST_BACKOFF_SECONDS = 2.0
LONGEST_BACKOFF_SECONDS = 300.0
JOIN_SECONDS = 5.0


class Worker:
    """A thread that runs `turn` again and again.

    `turn` returns how many seconds may pass until the next turn (None: until it is woken). An exception that escapes
    is logged, and the next turn waits as after a failed connection.
    """

    def __init__(self, name: str, turn: Callable[[], float | None]) -> None:
        self.stopping = threading.Event()
        self._turn = turn
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin with a turn at once."""
        self._thread.start()

    def wake(self) -> None:
        """Take the next turn now, or directly after the one that runs."""
        self._wake.set()

    def stop(self) -> None:
        """Ask the thread to end after its turn; `join` waits for it."""
        self.stopping.set()
        self._wake.set()

    def join(self) -> None:
        """Wait until the thread has ended, for a while."""
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        backoff = Backoff()
        while not self.stopping.is_set():
            self._wake.clear()
            try:
                pause = self._turn()
                backoff.reset()
            except Exception as error:
                log.error("job failed: %s", describe(error))
                pause = backoff.next_seconds()
            if not self.stopping.is_set():
                self._wake.wait(pause)


class Backoff:
    """Growing pauses with jitter, so that a server that comes back is not met by everyone at once."""

    def __init__(self, first: float = FIRST_BACKOFF_SECONDS, longest: float = LONGEST_BACKOFF_SECONDS) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def next_seconds(self) -> float:
        """The next pause: doubled each time, up to half of it random."""
        pause = min(self._longest, self._first * 2.0**self._failures)
        self._failures += 1
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 jitter is no secret

    def reset(self) -> None:
        """Things went well: begin small again."""
        self._failures = 0
