"""One message of 100 MB from a real Dovecot: what the engine needs of memory and time until it is listed and judged.

    python -m tests.benchmarks.large_message --megabytes 100

The message is an encrypted-looking attachment in base64 beside a text, in one folder alone. The floor reads the same
bytes from the same server and drops them. The memory is that of the engine alone, at its peak; the process that opens
mail holds the message, once for all.
"""

import argparse
import asyncio
import base64
import json
import random
import tempfile
import time
from pathlib import Path

from tests.benchmarks.sync import ANNA, inbox, new_profile, peak_megabytes, until
from tests.servers import MailServers, running_servers
from tui_mail.engine.client import stop_engine
from tui_mail.store.database import open_database
from tui_mail.store.judgements import unjudged
from tui_mail.store.views import ReadStore


def message(size_bytes: int) -> bytes:
    """A text and a file that nobody can make smaller."""
    film = base64.encodebytes(random.Random(7).randbytes(size_bytes * 3 // 4)).replace(b"\n", b"\r\n")
    head = (
        f"From: Bob <bob@large.test>\r\nTo: {ANNA}\r\nSubject: Film\r\nMessage-ID: <film@large.test>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="edge"\r\n\r\n--edge\r\n'
        "Content-Type: text/plain\r\n\r\nLook at this.\r\n--edge\r\n"
        'Content-Type: video/mp4; name="film.mp4"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return head.encode() + film + b"--edge--\r\n"


async def measure(servers: MailServers, home: Path) -> dict[str, float]:
    """Peak in MB, and seconds until the message is listed and judged."""
    paths, client, welcome = await new_profile(servers, home)
    begin = time.perf_counter()
    path, key = Path(welcome.store_path), bytes.fromhex(welcome.store_key or "")
    store, db = ReadStore(path, key), open_database(path, key, read_only=True)
    found = {"start_megabytes": float(peak_megabytes(int(paths.lock.read_text())))}
    found["listed_seconds"] = await until(lambda: inbox(store).total == 1, begin, patience=600)
    found["judged_seconds"] = await until(lambda: not unjudged(db, 1), begin, patience=600)
    found["peak_megabytes"] = float(peak_megabytes(int(paths.lock.read_text())))
    store.close()
    db.close()
    await client.close()
    await stop_engine(paths)
    return found


def drain(servers: MailServers) -> float:
    """Seconds to read the same bytes."""
    with servers.imap(ANNA) as other:
        begin = time.perf_counter()
        other.uid("FETCH", "1:*", "(BODY.PEEK[])")
        return time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=100)
    args = parser.parse_args()
    with running_servers() as servers, tempfile.TemporaryDirectory(prefix="tuimail-message-") as home:
        servers.empty(ANNA)
        with servers.imap(ANNA) as other:
            other.append("INBOX", "", "", message(args.megabytes * 1_000_000))
        found = asyncio.run(measure(servers, Path(home) / "run"))
        found["floor_seconds"] = drain(servers)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
