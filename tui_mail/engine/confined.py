"""What the kernel holds a process to that reads foreign bytes; the process says it of itself when it starts."""

import resource

MAX_MEMORY_BYTES = 3 << 30


def limit_process() -> None:
    """Memory has an end, and no picture of it is ever written to disk."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = MAX_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MAX_MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_next_message(cpu_seconds: int) -> None:
    """From now on the kernel counts, and when so much processor time is gone SIGXCPU ends it,
    which no Python code can hold up."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
