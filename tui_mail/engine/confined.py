"""What the kernel holds a process to that reads foreign bytes; the process says it of itself when it starts."""

import resource
from time import monotonic

MAX_MEMORY_BYTES = 3 << 30
_RENEWED_SECONDS = 1.0


def limit_process() -> None:
    """Memory has an end, and no picture of it is ever written to disk."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = MAX_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MAX_MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class ProcessorLimit:
    """What each message may take, to a second. No Python code can hold up the signal by which the kernel ends it."""

    def __init__(self, cpu_seconds: int) -> None:
        self._cpu_seconds = cpu_seconds
        self._renewed = float("-inf")

    def next_message(self) -> None:
        """From now on the kernel counts, and when so much processor time is gone SIGXCPU ends this process. Within a
        second one processor does no more than a second's work, so the limit is not set for every small message anew."""
        now = monotonic()
        if now - self._renewed < _RENEWED_SECONDS:
            return
        self._renewed = now
        usage = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        soft = int(usage.ru_utime + usage.ru_stime) + 1 + self._cpu_seconds
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
