"""How fast the interface is, on a pseudo terminal with a large mailbox. Not a test: run it by hand.

    python -m tests.benchmarks.ui [--messages 100000,1000000] [--json] [--neomutt]

First paint: until a subject of the inbox was sent. Interactive: until the last page was drawn, for which a key was
typed at the start. Cursor and page: median bytes that one key sends. The engine's stand-in is a thread of this process.
"""

import argparse
import json
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.ui.clinic import KEY
from tests.ui.engine_process import serving
from tests.ui.pty_program import PtyProgram
from tui_mail.model.folder import FolderRole
from tui_mail.store import accounts, folders
from tui_mail.store.store import Store

COLUMNS, ROWS = 140, 40
OLDEST = re.compile(rb"SUBJECT of message 1\D")
RUNS = 7


def make_store(path: Path, count: int) -> None:
    """A folder with many rows, written as fast as SQL can: only what the list reads."""
    store = Store(path, KEY, create=True)
    accounts.save_account(store.database, "work", "anna@clinic.example")
    inbox = folders.save_folder(store.database, "work", "INBOX", FolderRole.INBOX)
    with store.write() as db:
        db.run(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)"
            " INSERT INTO message(folder, home, uid, date, flags, sig, enc, attachments, sender, subject, preview)"
            " SELECT ?1, ?1, i, 1700000000 + i * 60, i % 3 > 0, substr('YNYCYXY', i % 7 + 1, 1),"
            " CASE WHEN i % 4 THEN '' ELSE 'open' END, i % 9 = 0, 'Sender number ' || (i % 977),"
            " 'SUBJECT of message ' || i, 'and the beginning of its text, which goes on for a while' FROM n",
            (inbox, count),
        )
    store.close()


def measure(home: Path, store: Path) -> dict[str, float]:
    """Medians over some starts."""
    first, interactive, steps, pages, memory = [], [], [], [], []
    with tempfile.TemporaryDirectory() as sockets, serving(home, Path(sockets), store=store) as env:
        for run in range(RUNS + 1):
            program = PtyProgram([sys.executable, "-m", "tui_mail"], columns=COLUMNS, rows=ROWS, env=env)
            try:
                program.send(b"G")
                painted = program.wait_for(lambda out: b"SUBJECT of" in out)
                answered = program.wait_for(lambda out: OLDEST.search(out) is not None)
                if run:  # the first start warms the caches of the machine
                    first.append(painted * 1000)
                    interactive.append(answered * 1000)
                if run < RUNS:
                    continue
                program.settle()
                program.send(b"\x1b[H")
                program.settle(0.4)
                for key, sizes in ((b"j", steps), (b" ", pages)):
                    for _ in range(12):
                        program.send(key)
                        sizes.append(program.settle(0.12))
                memory.append(program.resident_megabytes())
            finally:
                program.close()
    return {
        "first_paint_ms": statistics.median(first),
        "interactive_ms": statistics.median(interactive),
        "cursor_bytes": statistics.median(steps),
        "page_bytes": statistics.median(pages),
        "memory_megabytes": memory[0],
    }


def measure_neomutt(folder: Path, count: int) -> dict[str, float]:
    """The same mailbox size as an mbox in neomutt: until the list stands."""
    mbox = folder / "mbox"
    with mbox.open("w") as out:
        for i in range(count):
            out.write(
                f"From s@x Thu Nov 23 12:00:00 2023\nFrom: Sender {i % 977} <s@x.example>\n"
                f"Subject: SUBJECT of message {i}\nDate: Thu, 23 Nov 2023 12:00:00 +0000\n"
                f"Message-ID: <{i}@x>\n\ntext\n\n"
            )
    argv = ["neomutt", "-n", "-F", "/dev/null", "-f", str(mbox)]
    program = PtyProgram(argv, columns=COLUMNS, rows=ROWS, env={"HOME": str(folder)})
    try:
        painted = program.wait_for(lambda out: b"SUBJECT of" in out, 120)
        program.settle(0.4)
        steps = []
        for _ in range(12):
            program.send(b"j")
            steps.append(program.settle(0.12))
        return {
            "first_paint_ms": painted * 1000,
            "cursor_bytes": statistics.median(steps),
            "memory_megabytes": program.resident_megabytes(),
        }
    finally:
        program.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", default="100000,1000000", help="sizes of the inbox, comma separated")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--neomutt", action="store_true", help="also measure neomutt, where it is installed")
    args = parser.parse_args()
    for count in map(int, args.messages.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            store = home / "bench.db"
            begin = time.perf_counter()
            make_store(store, count)
            made = time.perf_counter() - begin
            results = {"tui-mail": {"filling_seconds": made, **measure(home, store)}}
            if args.neomutt and shutil.which("neomutt"):
                results["neomutt"] = measure_neomutt(home, count)
        for program, figures in results.items():
            rounded = {name: round(value, 1) for name, value in figures.items()}
            if args.json:
                print(json.dumps({"program": program, "messages": count, **rounded}))
            else:
                print(f"{program}, {count:,} messages: " + ", ".join(f"{k} {v}" for k, v in rounded.items()))


if __name__ == "__main__":
    main()
