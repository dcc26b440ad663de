"""N real mails from a real Dovecot on loopback: our engine beside mbsync with its defaults and a bare drain.

    python -m tests.benchmarks.sync --messages 20000 --json

Measured in one run: the first synchronisation (mail durable and listed; then with search text and verdicts), the same
over a line with `--latency` seconds each way, a look with nothing to do, and 100 new mails, 500 changed flags and 50
deletions. The floor is a connection that asks for every message and drops the bytes. Everyone reads over TLS; Dovecot's
caches are warm for all (the floor runs once untimed). What it costs to flush to a disk differs a hundredfold between
machines; the contestants therefore run twice, on the disk of `--disk` and in memory, where flushing is free: between
the two lies every machine. Processor time is said beside the clock, and is what can be compared on a busy machine: of
the engine with the process that opens mail, and of mbsync. The corpus is a .tar.xz of mails: `--corpus FILE`, else the
one beside the test vectors; it is unpacked as often as needed, each copy with Message-IDs of its own.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from tests.latency import Latency
from tests.servers import MailServers, running_servers
from tests.vectors import vectors_folder
from tui_mail.engine.client import EngineClient, SocketClient, connect, stop_engine
from tui_mail.engine.messages import CreateProfile, NewCertificate, Synced, SyncNow, Welcome
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import Flag
from tui_mail.model.paths import ProfilePaths
from tui_mail.store.database import Database, open_database
from tui_mail.store.judgements import unjudged
from tui_mail.store.views import ReadStore

ANNA = "anna@clinic.test"
MEMORY = Path("/dev/shm")
_IDS = re.compile(rb"^(?:Message-ID|References|In-Reply-To):[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
Figures = dict[str, float]
PASSPHRASE = "correct horse battery staple"


def corpus_mails(corpus: Path, count: int) -> Iterator[bytes]:
    """`count` mails of the archive, which is unpacked as often as needed."""
    copy = 0
    while count > 0:
        with tarfile.open(corpus) as archive:
            for member in archive:
                opened = archive.extractfile(member) if member.isfile() and not member.name.endswith("cmds") else None
                if opened is None:
                    continue
                raw = opened.read().replace(b"\r\n", b"\n")
                yield with_own_ids(raw, copy) if copy else raw
                count -= 1
                if not count:
                    return
        copy += 1


def with_own_ids(raw: bytes, copy: int) -> bytes:
    """The mail as if it were another one of another conversation: its ids, and those that it names, are the copy's."""
    header, blank, body = raw.partition(b"\n\n")
    return _IDS.sub(lambda field: field[0].replace(b"<", b"<%d." % copy), header) + blank + body


def change_behind_our_back(servers: MailServers) -> None:
    """100 new mails, 500 flags changed, 50 mails expunged, by another program."""
    with servers.imap(ANNA) as other:
        change, uids = "+FLAGS.SILENT", other.uid("SEARCH", "UNFLAGGED")[1][0].split()
        if len(uids) < 750:  # each contestant meets changes that are new to it, in a small mailbox too
            change, uids = "-FLAGS.SILENT", other.uid("SEARCH", "FLAGGED")[1][0].split()
        other.uid("STORE", b",".join(uids[::-1][100:600]).decode(), change, "(\\Flagged)")
        other.uid("STORE", b",".join(uids[::-1][700:750]).decode(), "+FLAGS.SILENT", "(\\Deleted)")
        other.expunge()
        for number in range(100):
            text = f"From: new@x.test\r\nSubject: new {number}\r\nMessage-ID: <{time.time_ns()}@x.test>\r\n\r\n"
            other.append("INBOX", None, None, text.encode() + b"A line of text.\r\n" * 60)


def fill(servers: MailServers, mails: Iterator[bytes]) -> tuple[int, int]:
    """Put the mails into Anna's inbox, behind the server's back. How many, and their bytes on disk."""
    servers.mailbox(ANNA)  # makes the Maildir
    folder = servers.dovecot.folder / "mail" / ANNA / "Maildir" / "cur"
    owner = folder.stat()
    number = size = 0
    for raw in mails:
        # Names as a delivery agent makes them: Dovecot 2.3 hashes names that only count up into few places, and opening
        # a folder of 20,000 then takes it 0.3 s.
        path = folder / f"{1_700_000_000 + number}.M{number * 740_371 % 1_000_003:06}P{number % 32_749}.bench:2,"
        path.write_bytes(raw)
        os.chown(path, owner.st_uid, owner.st_gid)
        number, size = number + 1, size + len(raw)
    return number, size


def drain(servers: MailServers) -> Figures:
    """Ask for everything, drop the bytes."""
    begin = time.perf_counter()
    with (
        socket.create_connection(("localhost", servers.dovecot.imaps_port)) as plain,
        servers.tls_context().wrap_socket(plain, server_hostname="localhost") as sock,
    ):
        _say(sock, b"a", b'LOGIN "%s" "%s"' % (ANNA.encode(), servers.users[ANNA].encode()))
        _say(sock, b"b", b"SELECT INBOX")
        received = _say(sock, b"c", b"UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])")
    return {"seconds": time.perf_counter() - begin, "bytes": received}


def _say(sock: ssl.SSLSocket, tag: bytes, command: bytes) -> int:
    sock.sendall(tag + b" " + command + b"\r\n")
    received, tail = 0, b""
    while True:
        data = sock.recv(1 << 18)
        if not data:
            raise SystemExit("The server ended the connection.")
        received += len(data)
        tail = (tail + data)[-4096:]
        if tail.endswith(b"\r\n") and tail[:-2].rpartition(b"\n")[2].startswith(tag + b" OK"):
            return received


def mbsync(servers: MailServers, folder: Path, *, port: int) -> Figures:
    """isync's mbsync into a new Maildir, then once more with nothing new, then with changes."""
    folder.mkdir()
    config = folder / "mbsyncrc"
    config.write_text(f"""\
IMAPAccount anna
Host localhost
Port {port}
User {ANNA}
Pass "{servers.users[ANNA]}"
SSLType IMAPS
CertificateFile {servers.ca_file}

IMAPStore far
Account anna

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel anna
Far :far:
Near :near:
Patterns *
Create Near
SyncState *
""")
    (folder / "mail").mkdir()
    seconds, processor = [], []
    for turn in range(3):
        if turn == 2:
            change_behind_our_back(servers)
        begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["mbsync", "-q", "-c", str(config), "anna"], check=True, timeout=600)
        seconds.append(time.perf_counter() - begin)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {
        "seconds": seconds[0],
        "processor_seconds": processor[0],
        "again_seconds": seconds[1],
        "changes_seconds": seconds[2],
        "messages": sum(
            len(files) for base, _, files in os.walk(folder / "mail/INBOX") if base.endswith(("cur", "new"))
        ),
    }


async def new_profile(
    servers: MailServers, home: Path, port: int | None = None
) -> tuple[ProfilePaths, SocketClient, Welcome]:
    """Anna's new profile in a new folder, whose engine begins to receive; `port` where another one than the server's
    is asked."""
    os.environ["TUI_MAIL_HOME"] = os.environ["XDG_RUNTIME_DIR"] = str(home)
    home.mkdir()
    paths = ProfilePaths("bench")
    client = await connect(paths)
    account = servers.account(ANNA)
    imap = msgspec.structs.replace(account.imap, port=port or account.imap.port)
    welcome = await client.ask(
        CreateProfile(
            account=msgspec.structs.replace(account, imap=imap, smtp=imap),
            display_name="Anna",
            imap_password=servers.users[ANNA],
            smtp_password="",
            certificate=NewCertificate(key_type="ecdsa-p256"),
            passphrase=PASSPHRASE,
        ),
        Welcome,
    )
    return paths, client, welcome


async def ours(servers: MailServers, home: Path, *, port: int) -> Figures:
    """A new profile and a new engine; the clock starts when the profile stands and ends when all mail is stored, and
    again when every message has its verdict. While the mailbox is changed the engine stands still, so that it cannot
    begin earlier than the others."""
    count = len(servers_uids(servers))
    paths, client, welcome = await new_profile(servers, home, port)
    try:
        begin = time.perf_counter()
        store_path, key = Path(welcome.store_path), bytes.fromhex(welcome.store_key or "")
        store, db = ReadStore(store_path, key), open_database(store_path, key, read_only=True)
        try:
            screenful = await until(lambda: inbox(store).total >= 36, begin)
            pid = int(paths.lock.read_text())
            stored = await until(lambda: inbox(store).total >= count, begin)
            processor = processor_seconds(pid)
            judged = await until(lambda: not unjudged(db, 1), begin)
            judged_processor = processor_seconds(pid)
            messages = inbox(store).total
            again = time.perf_counter()
            looked = await client.ask(SyncNow(wait=True), Synced)
            again = time.perf_counter() - again
            memory = peak_megabytes(pid)
            os.kill(pid, signal.SIGSTOP)
            change_behind_our_back(servers)
            expected, flagged = len(servers_uids(servers)), len(servers_uids(servers, "FLAGGED"))
            os.kill(pid, signal.SIGCONT)
            changed = await look_until(client, lambda: inbox(store).total == expected and _flagged(db) == flagged)
        finally:
            store.close()
            db.close()
        await stop_engine(paths)
        size = sum(path.stat().st_size for path in paths.folder.glob("mail.db*"))
    finally:
        await client.close()
    if messages != count:
        raise SystemExit(f"{messages} of {count} messages arrived.")
    return {
        "seconds": stored,
        "processor_seconds": processor,
        "judged_seconds": judged,
        "judged_processor_seconds": judged_processor,
        "screenful_seconds": screenful,
        "again_seconds": again,
        "again_look_seconds": looked.seconds,
        "changes_seconds": changed,
        "messages": messages,
        "peak_megabytes": memory,
        "store_bytes": size,
    }


async def until(true: Callable[[], bool], begin: float, patience: float = 600.0) -> float:
    """Seconds from `begin` until it is true."""
    while not true():
        if time.perf_counter() - begin > patience:
            raise SystemExit(f"Not done after {patience:.0f} seconds.")
        await asyncio.sleep(0.01)
    return time.perf_counter() - begin


async def look_until(client: EngineClient, true: Callable[[], bool]) -> float:
    """Have the engine look, as others are started to look (a server that announces news may take half a second to do
    so): seconds until it is true."""
    begin = time.perf_counter()
    asked = asyncio.create_task(client.ask(SyncNow(wait=True), Synced))
    seconds = await until(true, begin)
    await asked
    return seconds


def inbox(store: ReadStore) -> Folder:
    """The inbox of the only account; an empty one while there is none."""
    inboxes = [folder for folder in store.folders() if folder.role is FolderRole.INBOX]
    return inboxes[0] if inboxes else Folder(0, "", "")


def _flagged(db: Database) -> int:
    return int(db.value("SELECT count(*) FROM message WHERE flags & ?", (int(Flag.FLAGGED),)))


def servers_uids(servers: MailServers, criteria: str = "ALL") -> list[bytes]:
    """What the inbox holds."""
    with servers.imap(ANNA) as other:
        return list(other.uid("SEARCH", criteria)[1][0].split())


def processor_seconds(pid: int) -> float:
    """Of a process and its children, so far."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    pids = {pid, *(int(child) for listed in children for child in listed.read_text().split())}
    ticks = 0
    for one in pids:
        with contextlib.suppress(FileNotFoundError):  # a child may end here
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # its own and that of children that ended
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid: int) -> float:
    """The most memory that a process had so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(servers: MailServers, rounds: int, latency: float, disk: Path) -> dict[str, Figures]:
    """Everyone in turn, `rounds` times; medians."""
    near = servers.dovecot.imaps_port
    line = Latency(near, latency)
    contestants: dict[str, tuple[Path, Callable[[Path], Figures]]] = {"bare drain": (disk, lambda _: drain(servers))}
    for where, place in (("", disk), (", in memory", MEMORY)):
        contestants |= {
            f"tui-mail{where}": (place, lambda folder: asyncio.run(ours(servers, folder, port=near))),
            f"mbsync{where}": (place, lambda folder: mbsync(servers, folder, port=near)),
        }
    if latency:
        contestants |= {
            "tui-mail, far": (disk, lambda folder: asyncio.run(ours(servers, folder, port=line.port))),
            "mbsync, far": (disk, lambda folder: mbsync(servers, folder, port=line.port)),
        }
    if not shutil.which("mbsync"):
        print("mbsync is not installed (Debian: isync) and is left out", file=sys.stderr)
        contestants = {name: run for name, run in contestants.items() if "mbsync" not in name}
    drain(servers)
    results: dict[str, list[Figures]] = {name: [] for name in contestants}
    with line:
        for _ in range(rounds):
            for name, (place, run) in contestants.items():
                with tempfile.TemporaryDirectory(prefix="tuimail-bench-", dir=place) as folder:
                    results[name].append(run(Path(folder) / "run"))
                print(f"{name}: {results[name][-1]}", file=sys.stderr, flush=True)
    medians = {
        name: {key: statistics.median(figures[key] for figures in found) for key in found[0]}
        for name, found in results.items()
    }
    for name, figures in medians.items():
        figures["ratio_to_drain"] = figures["seconds"] / medians["bare drain"]["seconds"]
        peer = medians.get(name.replace("tui-mail", "mbsync"))
        if peer is not None and peer is not figures:
            figures["ratio_to_mbsync"] = figures["seconds"] / peer["seconds"]
            figures["judged_ratio_to_mbsync"] = figures["judged_seconds"] / peer["seconds"]
    return medians


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds each way of the far ones; 0: none")
    parser.add_argument(
        "--disk", type=Path, default=Path(tempfile.gettempdir()), help="a folder on the disk to measure"
    )
    parser.add_argument("--corpus", type=Path, help="a .tar.xz of mails")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    beside = vectors_folder()
    corpus = args.corpus or (beside.parent / "corpus" / "spamassassin.tar.xz" if beside else None)
    if corpus is None or not corpus.is_file():
        raise SystemExit("There is no corpus here: name one with --corpus FILE.tar.xz")
    with running_servers() as servers:
        count, size = fill(servers, corpus_mails(corpus, args.messages))
        results = measure(servers, args.rounds, args.latency, args.disk)
    if args.json:
        print(json.dumps({"messages": count, "bytes": size, "rounds": args.rounds, "results": results}))
        return
    print(f"{count} messages, {size / 1e6:.1f} MB, median of {args.rounds}")
    for name, figures in results.items():
        more = "  ".join(f"{key} {value:.2f}" for key, value in figures.items() if key not in ("seconds", "bytes"))
        print(f"{name:22} {figures['seconds']:7.2f} s   {more}")


if __name__ == "__main__":
    main()
