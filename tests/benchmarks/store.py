"""How fast the store is, against the same statements on a plain SQLite file.

``python tests/benchmarks/store.py [--rows N …] [--json]``

The floor is a plain, unencrypted file that holds the list alone, read with the same library. Rows are synthetic.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import apsw

from tui_mail.model.folder import FolderRole
from tui_mail.model.security import Letter, MessageSecurity, Summary, Verdict
from tui_mail.store import accounts, folders, judgements, messages
from tui_mail.store.first_window import first_rows
from tui_mail.store.judgements import Judgement
from tui_mail.store.messages import NewMessage
from tui_mail.store.schema import DOCUMENT_BITS
from tui_mail.store.store import Store
from tui_mail.store.views import ReadStore

KEY = bytes(range(32))
WORDS = ("befund", "labor", "termin", "anfrage", "knie", "bericht", "rezept", "praxis", "montag", "röntgen", "danke")
SAVED = 1_000
RAW = b"Subject: x\r\n\r\n" + b"The quick brown fox jumps over the lazy dog.\r\n" * 90
PLAIN = MessageSecurity(Summary.NONE, Verdict(Letter.NONE))
BATCH = 10_000


def line(number: int) -> tuple[int, int, str, str]:
    """(date, flags, sender, subject) of a synthetic message."""
    subject = " ".join(WORDS[(number >> shift) % len(WORDS)] for shift in (0, 3, 7)) + f" {number}"
    return 1_500_000_000 + number * 61 % 300_000_000, number % 3 and 1, f"Person {number % 500}", subject


def fill_store(path: Path, rows: int) -> tuple[Store, int]:
    """A store with one folder; rows go in by the million, so not through save_message."""
    store = Store(path, KEY, create=True)
    db = store.database
    accounts.save_account(db, "work", "anna@clinic.example")
    inbox = folders.save_folder(db, "work", "INBOX", FolderRole.INBOX)
    for first in range(1, rows + 1, BATCH):
        numbers = range(first, min(first + BATCH, rows + 1))
        with store.write():
            db.many(
                "INSERT INTO message(id, folder, home, uid, date, flags, sig, sender, subject)"
                " VALUES (?, ?, ?, ?, ?, ?, '', ?, ?)",
                [(number, inbox, inbox, number, *line(number)) for number in numbers],
            )
            db.many(
                "INSERT INTO search(rowid, sender, recipients, subject, body) VALUES (?, ?, '', ?, ?)",
                [(line(n)[0] << DOCUMENT_BITS | n, line(n)[2], line(n)[3], line(n)[3] * 5) for n in numbers],
            )
    return store, inbox


def fill_floor(path: Path, rows: int) -> apsw.Connection:
    """The list alone in a plain file."""
    floor = apsw.Connection(str(path))
    floor.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    floor.execute(
        "CREATE TABLE message(id INTEGER PRIMARY KEY, folder INT, date INT, flags INT, sender TEXT, subject TEXT,"
        " raw BLOB);"
        "CREATE INDEX message_list ON message(folder, date, id);"
        "CREATE VIRTUAL TABLE search USING fts5(sender, subject, body, content = '');"
    )
    for first in range(1, rows + 1, BATCH):
        numbers = range(first, min(first + BATCH, rows + 1))
        with floor:
            floor.executemany("INSERT INTO message VALUES (?, 1, ?, ?, ?, ?, NULL)", [(n, *line(n)) for n in numbers])
            floor.executemany(
                "INSERT INTO search(rowid, sender, subject, body) VALUES (?, ?, ?, ?)",
                [(line(n)[0] << DOCUMENT_BITS | n, line(n)[2], line(n)[3], line(n)[3] * 5) for n in numbers],
            )
    return floor


def milliseconds(action: Callable[[], object], times: int = 15) -> float:
    """The median time of an action."""
    measured = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        measured.append((time.perf_counter() - began) * 1000)
    return statistics.median(measured)


def measure(folder: Path, rows: int) -> dict[str, dict[str, float]]:
    """Every figure, ours and the floor's, in milliseconds."""
    path, plain = folder / "mail.db", folder / "plain.db"
    store, inbox = fill_store(path, rows)
    floor = fill_floor(plain, rows)
    reader = ReadStore(path, KEY)
    page = "SELECT id, date, flags, sender, subject FROM message WHERE folder = 1 ORDER BY date DESC, id DESC LIMIT 64"

    def floor_page(offset: int) -> Callable[[], object]:
        numbers = f"SELECT id FROM message WHERE folder = 1 ORDER BY date DESC, id DESC LIMIT 64 OFFSET {offset}"
        return lambda: floor.execute(
            f"SELECT id, date, flags, sender, subject FROM message WHERE id IN ({numbers})"
        ).fetchall()

    def open_floor() -> None:
        connection = apsw.Connection(str(plain), flags=apsw.SQLITE_OPEN_READONLY)
        connection.execute(page).fetchall()
        connection.close()

    def open_ours() -> None:
        fresh = ReadStore(path, KEY)
        fresh.window(inbox).row(0)
        fresh.close()

    def floor_search(expression: str) -> Callable[[], object]:
        return lambda: floor.execute(
            "SELECT id, date, flags, message.sender, message.subject FROM search"
            " CROSS JOIN message ON id = search.rowid & 1073741823"
            " WHERE search MATCH ? ORDER BY search.rowid DESC LIMIT 64", (expression,)
        ).fetchall()  # fmt: skip

    def save_ours() -> None:
        start = int(store.database.value("SELECT max(uid) FROM message"))
        new = [NewMessage(start + n, RAW, date=n, sender="a", subject="b") for n in range(1, SAVED + 1)]
        for first in range(0, SAVED, 200):
            messages.save_messages(store.database, inbox, new[first : first + 200])

    def save_floor() -> None:
        for _first in range(0, SAVED, 200):
            with floor:
                for n in range(200):
                    floor.execute("INSERT INTO message VALUES (NULL, 2, ?, 0, 'a', 'b', ?)", (n, RAW))

    def judge_ours() -> None:
        with store.write() as db:
            for number in judgements.unjudged(db, SAVED):
                text = Judgement(PLAIN, sender="Anna", subject="Befund", search_text=RAW.decode())
                judgements.save_judgement(db, number, text)

    window = reader.window(inbox)
    position = iter(range(10**9))
    found = {
        "first paint rows": (milliseconds(lambda: first_rows(str(path), KEY.hex(), 60)), milliseconds(open_floor)),
        "open file and first page": (milliseconds(open_ours), milliseconds(open_floor)),
        "window, first page": (milliseconds(lambda: reader.window(inbox).row(0)), milliseconds(floor_page(0))),
        "next page": (
            milliseconds(lambda: window.row(next(position) * 64 % rows)),
            milliseconds(floor_page(64)),
        ),
        "jump to the end": (
            milliseconds(lambda: reader.window(inbox).row(rows - 1)),
            milliseconds(lambda: floor.execute(page.replace("DESC", "ASC")).fetchall()),
        ),
        "jump to the middle": (
            milliseconds(lambda: reader.window(inbox).row(rows // 2)),
            milliseconds(floor_page(rows // 2)),
        ),
        "refresh, nothing changed": (milliseconds(window.refresh), milliseconds(lambda: floor.pragma("data_version"))),
        "search, rare words": (
            milliseconds(lambda: reader.search(f"befund {rows // 2}").row(0)),
            milliseconds(floor_search(f'"befund" AND "{rows // 2}"*')),
        ),
        "search, common word": (
            milliseconds(lambda: reader.search("from:person befund").row(0)),
            milliseconds(floor_search('sender : "person" AND "befund"*')),
        ),
        f"save {SAVED} x 4 kB": (milliseconds(save_ours, 3), milliseconds(save_floor, 3)),
        f"judge and index {SAVED}": (milliseconds(judge_ours, 1), float("nan")),
    }
    reader.close()
    store.close()
    floor.close()
    return {name: {"ours_ms": ours, "floor_ms": base, "ratio": ours / base} for name, (ours, base) in found.items()}


def main() -> None:
    """Measure every size and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = {}
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            results[str(rows)] = measure(Path(folder), rows)
    if arguments.json:
        json.dump(results, sys.stdout, indent=2)
        return
    for rows_text, figures in results.items():
        print(f"\n{int(rows_text):,} rows{'ours ms':>33}{'floor ms':>11}{'ratio':>8}")
        for name, figure in figures.items():
            print(f"{name:30}{figure['ours_ms']:12.3f}{figure['floor_ms']:11.3f}{figure['ratio']:8.2f}")


if __name__ == "__main__":
    main()
