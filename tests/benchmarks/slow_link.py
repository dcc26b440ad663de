"""A day's hundred mails over a slow line: 100 ms there and back, 10 kB/s. Not a test: run it by hand.

    python -m tests.benchmarks.slow_link [--messages 100000] [--idle 60]

The program runs on a pty; each key waits for the line, and what comes back is read no faster than the line carries it.
Printed for each action: how often, the median of its bytes and milliseconds, and the longest. Idle: bytes in a minute
in which nobody does anything.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.benchmarks.ui import COLUMNS, ROWS, every_message, make_store
from tests.ui.engine_process import serving
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.pty_program import PtyProgram
from tui_mail.model.folder import FolderRole
from tui_mail.store import folders
from tui_mail.store.store import Store

ROUND_TRIP_SECONDS = 0.1
BYTES_PER_SECOND = 10_000
SLICE_SECONDS = 0.05
QUIET_SECONDS = 0.25
FIRST_BYTE_SECONDS = 2.0
"""An answer may take so long to begin on a busy machine; else the next key would meet what the last one left."""
MAILS = 100

# What is done with a mail, in turn: mostly it is read and left.
DAY = ("next", "next", "read on", "next", "archive", "next", "star", "next", "delete", "next", "back and open", "reply")
KEYS = {
    "next": (b"j",),
    "read on": (b" ",),
    "archive": (b"e",),
    "star": (b"*",),
    "delete": (b"d",),
    "back and open": (b"\x1b", b"\r"),
    "reply": (b"r", b"\x1b"),
    "help": (b"?", b"\x1b"),
    "search": (b"/", b"subject 77\r", b"\x1b"),
    "page": (b" ",),
}


def with_folders(store: Store, engine: EngineStandIn) -> None:
    """Where to put what is archived and deleted."""
    every_message(store, engine)
    for name, role in (("Archive", FolderRole.ARCHIVE), ("Trash", FolderRole.TRASH)):
        folders.save_folder(store.database, "work", name, role)


class SlowLine:
    """A program behind a line."""

    def __init__(self, program: PtyProgram) -> None:
        self._program = program

    def press(self, key: bytes) -> tuple[int, float]:
        """(bytes, seconds) until the answer to a key has come over the line."""
        begin, before = time.perf_counter(), len(self._program.output)
        time.sleep(ROUND_TRIP_SECONDS)
        self._program.send(key)
        last = time.perf_counter()
        carried = 0
        while time.perf_counter() - last < (QUIET_SECONDS if carried else FIRST_BYTE_SECONDS):
            if self._program.pump(SLICE_SECONDS):
                arrived = len(self._program.output) - before
                time.sleep((arrived - carried) / BYTES_PER_SECOND)
                carried = arrived
                last = time.perf_counter()
        return carried, last - begin


def day(line: SlowLine) -> dict[str, list[tuple[int, float]]]:
    """All actions of a day."""
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)

    def act(name: str) -> None:
        pairs = [line.press(key) for key in KEYS[name]]
        found[name].append((sum(size for size, _ in pairs), max(seconds for _, seconds in pairs)))

    line.press(b"\r")
    for number in range(MAILS):
        act(DAY[number % len(DAY)])
    line.press(b"\x1b")
    for name in ("page", "page", "help", "search"):
        act(name)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--idle", type=float, default=60.0, help="seconds in which nothing is done")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as sockets:
        home = Path(folder)
        make_store(home / "bench.db", args.messages)
        with serving(home, Path(sockets), with_folders, store=home / "bench.db") as env:
            program = PtyProgram([sys.executable, "-m", "tui_mail"], columns=COLUMNS, rows=ROWS, env=env)
            try:
                program.wait_for(lambda _out: b"Help" in program.output)
                program.settle(0.5)
                begin = len(program.output)
                found = day(SlowLine(program))
                spent = len(program.output) - begin
                end = time.perf_counter() + args.idle
                idle = 0
                while time.perf_counter() < end:
                    idle += program.settle(1.0)
            finally:
                program.close()
    for name, pairs in found.items():
        sizes, times = [size for size, _ in pairs], [seconds * 1000 for _, seconds in pairs]
        middle = f"{statistics.median(sizes):8,.0f} bytes {statistics.median(times):7,.0f} ms"
        print(f"{name:14} {len(pairs):4} times {middle}, longest {max(times):7,.0f} ms, most {max(sizes):7,} bytes")
    print(f"the day {spent:,} bytes; idle for {args.idle:.0f} s {idle} bytes")


if __name__ == "__main__":
    main()
