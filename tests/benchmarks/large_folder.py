"""One folder of 20,000 messages and one of 200,000 on a real Dovecot: what grows with the folder, and what must not.

    python -m tests.benchmarks.large_folder --messages 20000 200000 --json

The mails are small and made here, straight into the Maildir. For each size a new engine receives the folder until
everything is listed and judged; then it is started anew, looks with nothing to do, and takes over one flag and one
new mail. The memory is that of the engine alone, at its peak: while it received, and in the second life, where only
the size of the folder differs. The interface's reading: the folder opened, its end, and its middle, through a new
connection.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.sync import ANNA, PASSPHRASE, fill, inbox, look_until, new_profile, peak_megabytes, until
from tests.servers import MailServers, running_servers
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.messages import Synced, SyncNow, Unlock, Welcome
from tui_mail.model.message import Flag
from tui_mail.store.database import open_database
from tui_mail.store.judgements import unjudged
from tui_mail.store.views import ReadStore

Figures = dict[str, float]


def small_mails(count: int) -> Iterator[bytes]:
    """Mails of about 400 bytes, every fourth an answer to the one before."""
    for number in range(count):
        answers = f"In-Reply-To: <{number - 1}@large.test>\n" if number % 4 == 3 else ""
        yield (
            f"From: Sender {number % 500} <s{number % 500}@large.test>\nTo: {ANNA}\nSubject: Note {number // 4}\n"
            f"Date: Mon, {number % 28 + 1:02} Jan 2024 {number % 24:02}:{number % 60:02}:00 +0000\n"
            f"Message-ID: <{number}@large.test>\n{answers}\nShort words about the matter number {number}.\n"
        ).encode()


async def measure(servers: MailServers, count: int, home: Path) -> Figures:
    """Everything about a folder of this size."""
    found: Figures = {}
    paths, client, welcome = await new_profile(servers, home)
    begin = time.perf_counter()
    path, key = Path(welcome.store_path), bytes.fromhex(welcome.store_key or "")
    store, db = ReadStore(path, key), open_database(path, key, read_only=True)
    found["screenful_seconds"] = await until(lambda: inbox(store).total >= 36, begin)
    found["listed_seconds"] = await until(lambda: inbox(store).total >= count, begin, patience=3600)
    found["judged_seconds"] = await until(lambda: not unjudged(db, 1), begin, patience=3600)
    found["received_megabytes"] = peak_megabytes(int(paths.lock.read_text()))
    await client.close()
    await stop_engine(paths)

    client = await connect(paths)
    begin = time.perf_counter()
    await client.ask(Unlock(PASSPHRASE), Welcome)
    await client.ask(SyncNow(wait=True), Synced)
    found["first_look_seconds"] = time.perf_counter() - begin
    looks = [(await client.ask(SyncNow(wait=True), Synced)).seconds for _ in range(5)]
    found["nothing_new_seconds"] = statistics.median(looks)
    pid = int(paths.lock.read_text())
    with servers.imap(ANNA) as other:
        os.kill(pid, signal.SIGSTOP)
        other.store("1", "+FLAGS.SILENT", "(\\Flagged)")
        os.kill(pid, signal.SIGCONT)
        starred = "SELECT EXISTS (SELECT 1 FROM message WHERE uid = 1 AND flags & ?)"
        found["one_flag_seconds"] = await look_until(client, lambda: bool(db.value(starred, (int(Flag.FLAGGED),))))
        os.kill(pid, signal.SIGSTOP)
        other.append("INBOX", "", "", next(small_mails(1)).replace(b"\n", b"\r\n"))
        os.kill(pid, signal.SIGCONT)
        found["one_mail_seconds"] = await look_until(client, lambda: inbox(store).total == count + 1)
    found["second_life_megabytes"] = peak_megabytes(pid)
    db.close()
    await client.close()
    await stop_engine(paths)

    folder = inbox(store).id
    store.close()
    reader = ReadStore(path, key)
    for name, place in (("list_top_ms", 0), ("list_end_ms", count), ("list_middle_ms", count // 2)):
        begin = time.perf_counter()
        assert reader.window(folder).row(place) is not None
        found[name] = (time.perf_counter() - begin) * 1000
    reader.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    results: dict[int, Figures] = {}
    for count in args.messages:
        with running_servers() as servers, tempfile.TemporaryDirectory(prefix="tuimail-large-") as home:
            fill(servers, small_mails(count))
            results[count] = asyncio.run(measure(servers, count, Path(home) / "run"))
        print(f"{count} messages: " + "  ".join(f"{name} {value:.3f}" for name, value in results[count].items()))
    if args.json:
        print(json.dumps({"results": {str(count): figures for count, figures in results.items()}}))


if __name__ == "__main__":
    main()
