"""A lock for long work: who holds it sees whether somebody waits."""

import threading


class PoliteLock:
    """Re-entrant, for ``with``; a holder that could go on looks at `wanted` now and then."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._waiting: set[int] = set()

    @property
    def wanted(self) -> bool:
        """Another thread waits for it."""
        return bool(self._waiting)

    def __enter__(self) -> "PoliteLock":
        if not self._lock.acquire(blocking=False):
            thread = threading.get_ident()
            self._waiting.add(thread)
            try:
                self._lock.acquire()
            finally:
                self._waiting.discard(thread)
        return self

    def __exit__(self, *_error: object) -> None:
        self._lock.release()
