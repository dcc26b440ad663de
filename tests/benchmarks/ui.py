"""How fast and how light the interface is, on a pseudo terminal with a large mailbox. Not a test: run it by hand.

    python -m tests.benchmarks.ui [--messages 100000,1000000] [--json] [--peers]

First paint: until a subject of the inbox was sent. Interactive: until the last page was drawn, for which a key was
typed at the start; moving in the list needs no textual. Opened: the same until a message stands, which does. Bytes:
medians of what one key sends. Key to paint: until the first byte of the answer. The floors, Python doing nothing and
Python importing textual, are measured between the starts: the machine may be busy. `cpu` is processor time, which other
programs disturb less; `start_ratio` is that of a start until the message stood, to that of importing textual next to
it. Bytecode is compiled before, as installing does. The engine's stand-in is a thread of this process.
`--peers`: neomutt and aerc on a maildir with as many of these mails.
"""

import argparse
import contextlib
import email.utils
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from tests.ui.clinic import KEY, evidence, view
from tests.ui.engine_process import serving
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.pty_program import PtyProgram
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import EncState, MessageView, Run
from tui_mail.model.security import Letter
from tui_mail.store import accounts, folders
from tui_mail.store.store import Store

COLUMNS, ROWS = 140, 40
OLDEST = re.compile(rb"SUBJECT of message 1\D")
BODY = "Here it begins."
RUNS = 7
KEYS = 24
MAX_PEER_MESSAGES = 100_000
"""A maildir of more files takes longer to write than anybody waits."""

BUDGETS = {
    "first_paint_ms": 50,
    "interactive_ms": 300,
    "opened_ms": 300,
    "cursor_bytes": 450,
    "scroll_row_bytes": 700,
    "page_bytes": 6_000,
    "next_message_bytes": 6_000,
    "key_to_paint_ms": 6,
    "key_to_paint_p95_ms": 16,
    "idle_bytes": 0,
    "memory_megabytes": 60,
}
FLOORS = {"python": ["-c", "pass"], "import_textual": ["-c", "import textual.app"]}

_WORDS = [
    "about",
    "agenda",
    "answer",
    "appointment",
    "bill",
    "bring",
    "budget",
    "call",
    "chart",
    "church",
    "clinic",
    "coffee",
    "contract",
    "copy",
    "date",
    "delivery",
    "dinner",
    "doctor",
    "draft",
    "family",
    "form",
    "garden",
    "holiday",
    "house",
    "invoice",
    "kitchen",
    "lecture",
    "letter",
    "list",
    "meeting",
    "minutes",
    "monday",
    "music",
    "notes",
    "office",
    "order",
    "paper",
    "party",
    "patient",
    "phone",
    "photo",
    "plan",
    "printer",
    "project",
    "question",
    "receipt",
    "report",
    "room",
    "salary",
    "sample",
    "school",
    "shift",
    "ticket",
    "train",
    "update",
    "visit",
    "water",
    "weather",
    "week",
    "window",
]
_NAMES = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Emma",
    "Frida",
    "Gustav",
    "Hanna",
    "Ivan",
    "Julia",
    "Karl",
    "Lena",
    "Mats",
    "Nora",
    "Oskar",
    "Petra",
    "Rosa",
    "Sven",
    "Tilda",
    "Vera",
]


def text(choose: random.Random, words: int) -> str:
    """Some words, as people's subjects have them."""
    return " ".join(choose.choices(_WORDS, k=words))


def letters(count: int) -> Iterator[tuple[str, str, str]]:
    """Sender, subject and first words of so many mails, the same in every run."""
    choose = random.Random(1)
    for number in range(1, count + 1):
        sender = f"{choose.choice(_NAMES)} {choose.choice(_WORDS).title()}son"
        yield sender, f"SUBJECT of message {number} {text(choose, choose.randint(1, 6))}", text(choose, 12)


def make_store(path: Path, count: int) -> None:
    """A folder with many rows, written as fast as SQL can: only what the list reads. One in ten is unread, one in
    three is signed."""
    store = Store(path, KEY, create=True)
    accounts.save_account(store.database, "work", "anna@clinic.example")
    inbox = folders.save_folder(store.database, "work", "INBOX", FolderRole.INBOX)
    with store.write() as db:
        db.many(
            "INSERT INTO message(folder, home, uid, date, flags, sig, enc, attachments, sender, subject, preview)"
            " VALUES (?1, ?1, ?2, 1700000000 + ?2 * 60, ?2 % 10 > 0, substr('YNY      ', ?2 % 9 + 1, 1),"
            " CASE WHEN ?2 % 4 THEN '' ELSE 'open' END, ?2 % 9 = 0, ?3, ?4, ?5)",
            ((inbox, number, *letter) for number, letter in enumerate(letters(count), 1)),
        )
        db.run("UPDATE message SET sig = '' WHERE sig = ' '")
    store.close()


class Opened(dict[int, MessageView]):
    """What the engine answers: every message is a page of its own."""

    def __contains__(self, number: object) -> bool:
        return True

    def __missing__(self, number: int) -> MessageView:
        choose = random.Random(number)
        secure = evidence(Letter.VALID, EncState.NONE, "sender@x.example")
        one = view(number, text(choose, 2).title(), "sender@x.example", f"SUBJECT of message {number}", "", secure)
        lines = tuple((Run(text(choose, choose.randint(8, 16))),) for _ in range(40))
        lines = ((Run(BODY),), *lines)
        return replace(one, lines=lines)


def every_message(_store: Store, engine: EngineStandIn) -> None:
    engine.views = Opened()


def floors(env: dict[str, str]) -> dict[str, float]:
    """Milliseconds that nobody who writes Python can go below, and their processor time."""
    found = {}
    for name, argv in FLOORS.items():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        subprocess.run([sys.executable, *argv], check=True, env=os.environ | env)
        found[f"{name}_ms"] = (time.perf_counter() - begin) * 1000
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found[f"{name}_cpu_ms"] = used * 1000
    return found


def cpu_milliseconds(program: PtyProgram) -> float:
    """Processor time of a running program until now."""
    tasks = Path(f"/proc/{program.pid}/task").iterdir()
    nanoseconds = 0
    for task in tasks:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread may end here
            nanoseconds += int((task / "schedstat").read_text().split()[0])
    return nanoseconds / 1e6


def key_bytes(program: PtyProgram, key: bytes, times: int = KEYS) -> float:
    """Median bytes that a key sends."""
    sizes = []
    for _ in range(times):
        program.send(key)
        sizes.append(program.settle(0.12))
    return statistics.median(sizes)


def key_times(program: PtyProgram, key: bytes) -> list[float]:
    """Milliseconds from a key to the first byte of its answer."""
    times = []
    for _ in range(3 * KEYS):
        begin = time.perf_counter()
        program.send(key)
        if program.pump(1):
            times.append((time.perf_counter() - begin) * 1000)
        program.settle(0.03)
    return sorted(times)


def started(
    env: dict[str, str], key: bytes, name: str, answered: Callable[[bytes], bool], *, end: bool = True
) -> tuple[dict[str, float], PtyProgram]:
    """A start with a key typed at once."""
    program = PtyProgram([sys.executable, "-m", "tui_mail"], columns=COLUMNS, rows=ROWS, env=env)
    try:
        program.send(key)
        start = {"first_paint_ms": program.wait_for(lambda out: b"SUBJECT of" in out) * 1000}
        start["first_paint_cpu_ms"] = cpu_milliseconds(program)
        start[f"{name}_ms"] = program.wait_for(answered) * 1000
        start[f"{name}_cpu_ms"] = cpu_milliseconds(program)
    except BaseException:
        program.close()
        raise
    if end:
        program.close()
    return start, program


def measure(home: Path, store: Path) -> dict[str, float]:
    """Medians over some starts."""
    starts: list[dict[str, float]] = []
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with (
        tempfile.TemporaryDirectory() as sockets,
        serving(home, Path(sockets), every_message, store=store) as env,
    ):
        env["PYTHONPYCACHEPREFIX"] = str(home / "bytecode")
        for run in range(RUNS + 1):
            start = started(env, b"\r", "opened", lambda out: BODY.encode() in out)[0]
            start |= floors(env)
            start["start_ratio"] = start["opened_cpu_ms"] / start["import_textual_cpu_ms"]
            moved, program = started(env, b"G", "interactive", lambda out: OLDEST.search(out) is not None, end=False)
            try:
                if run:  # the first start warms the caches of the machine
                    starts.append(start | moved)
                if run == RUNS:
                    found = measure_keys(program)
            finally:
                program.close()
    return {name: statistics.median(start[name] for start in starts) for name in starts[0]} | found


def measure_keys(program: PtyProgram) -> dict[str, float]:
    """What keys cost in a program that stands."""
    program.settle()
    program.send(b"\x1b[H")
    program.settle(0.4)
    found = {"cursor_bytes": key_bytes(program, b"j"), "page_bytes": key_bytes(program, b" ", 12)}
    times = key_times(program, b"j")
    found["key_to_paint_ms"] = statistics.median(times)
    found["key_to_paint_p95_ms"] = times[int(len(times) * 0.95)]
    program.send(b"\r")
    program.settle(0.4)
    found["scroll_row_bytes"] = key_bytes(program, b"\x1b[B", 8)
    found["next_message_bytes"] = key_bytes(program, b"j", 12)
    found["idle_bytes"] = program.settle(2)
    found["memory_megabytes"] = program.resident_megabytes()
    return found


def make_maildir(folder: Path, count: int) -> Path:
    """The same mails as files."""
    maildir = folder / "maildir"
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True)
    for number, (sender, subject, words) in enumerate(letters(count), 1):
        moment = email.utils.formatdate(1_700_000_000 + number * 60)
        flags = "S" if number % 10 else ""
        (maildir / "cur" / f"{number}.bench:2,{flags}").write_text(
            f"From: {sender} <s@x.example>\nTo: anna@clinic.example\nSubject: {subject}\nDate: {moment}\n"
            f"Message-ID: <{number}@x>\n\n{words}\n"
        )
    return maildir


def peers(folder: Path, maildir: Path) -> dict[str, tuple[list[str], bytes]]:
    """How the other programs are started on a maildir, newest first, and their key for a page."""
    settings = folder / ".config" / "aerc"
    settings.mkdir(parents=True)
    (settings / "accounts.conf").write_text(
        f"[bench]\nsource = maildir://{maildir.parent}\nfrom = Anna <anna@clinic.example>\ndefault = {maildir.name}\n"
    )
    (settings / "accounts.conf").chmod(0o600)
    neomutt = [
        "neomutt",
        "-n",
        "-F",
        "/dev/null",
        "-e",
        f"set sort=reverse-date read_only folder={maildir.parent} spoolfile={maildir}",
        "-f",
        str(maildir),
    ]
    return {"neomutt": (neomutt, b"z"), "aerc": (["aerc"], b"\x06")}


def measure_peer(folder: Path, argv: list[str], page: bytes) -> dict[str, float]:
    """Another program on the same mail: until its list stands, and what its keys send."""
    program = PtyProgram(argv, columns=COLUMNS, rows=ROWS, env={"HOME": str(folder), "XDG_CONFIG_HOME": ""})
    try:
        painted = program.wait_for(lambda out: b"SUBJECT of" in out, 180)
        program.settle(1)
        found = {"first_paint_ms": painted * 1000, "cursor_bytes": key_bytes(program, b"j", 12)}
        found["page_bytes"] = key_bytes(program, page, 8)
        times = key_times(program, b"j")
        if times:
            found["key_to_paint_ms"] = statistics.median(times)
        return found | {"memory_megabytes": program.resident_megabytes()}
    finally:
        program.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", default="100000,1000000", help="sizes of the inbox, comma separated")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--peers", action="store_true", help="also measure neomutt and aerc, where they are installed")
    args = parser.parse_args()
    for count in map(int, args.messages.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            store = home / "bench.db"
            begin = time.perf_counter()
            make_store(store, count)
            made = time.perf_counter() - begin
            results = {"tui-mail": {"filling_seconds": made, **measure(home, store)}}
            if args.peers and count <= MAX_PEER_MESSAGES:
                for name, (argv, page) in peers(home, make_maildir(home, count)).items():
                    if shutil.which(name):
                        results[name] = measure_peer(home, argv, page)
        for program, figures in results.items():
            report(program, count, figures, as_json=args.json)


def report(program: str, count: int, figures: dict[str, float], *, as_json: bool) -> None:
    """One line of JSON, or a line a figure with its budget."""
    if as_json:
        print(json.dumps({"program": program, "messages": count, **{k: round(v, 2) for k, v in figures.items()}}))
        return
    print(f"{program}, {count:,} messages")
    for name, value in figures.items():
        budget = BUDGETS.get(name) if program == "tui-mail" else None
        verdict = "" if budget is None else f"  budget {budget:,}{'' if value <= budget else ': missed'}"
        print(f"  {name:22} {value:12,.{2 if 'ratio' in name else 1}f}{verdict}")


if __name__ == "__main__":
    main()
