"""First synchronisation of N real mails from a real Dovecot on loopback: our engine beside mbsync and a bare drain.

    python -m tests.benchmarks.sync --messages 2000 --json

The floor is a connection that asks for every message and drops the bytes. Everyone reads over TLS; Dovecot's caches are
warm for all (the floor runs once untimed). The corpus is a .tar.xz of mails: `--corpus FILE`, else the one beside the
test vectors.
"""

import argparse
import asyncio
import json
import os
import shutil
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

from tests.servers import MailServers, running_servers
from tests.vectors import vectors_folder
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.messages import CreateProfile, NewCertificate, Synced, SyncNow, Welcome
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.paths import ProfilePaths
from tui_mail.store.views import ReadStore

ANNA = "anna@clinic.test"
Figures = dict[str, float]


def corpus_mails(corpus: Path, count: int) -> Iterator[bytes]:
    """The first `count` mails of the archive."""
    with tarfile.open(corpus) as archive:
        for member in archive:
            if count <= 0:
                return
            if member.isfile() and not member.name.endswith("cmds"):
                opened = archive.extractfile(member)
                if opened is not None:
                    yield opened.read().replace(b"\r\n", b"\n")
                    count -= 1


def fill(servers: MailServers, mails: Iterator[bytes]) -> tuple[int, int]:
    """Put the mails into Anna's inbox, behind the server's back. How many, and their bytes on disk."""
    servers.mailbox(ANNA)  # makes the Maildir
    folder = servers.dovecot.folder / "mail" / ANNA / "Maildir" / "cur"
    owner = folder.stat()
    number = size = 0
    for raw in mails:
        path = folder / f"{1_700_000_000 + number}.{number}.bench:2,"
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


def mbsync(servers: MailServers, folder: Path, *, fsync: bool) -> Figures:
    """isync's mbsync into a new Maildir, then once more with nothing new."""
    folder.mkdir()
    config = folder / "mbsyncrc"
    config.write_text(f"""\
FSync {"yes" if fsync else "no"}
IMAPAccount anna
Host localhost
Port {servers.dovecot.imaps_port}
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
    seconds = []
    for _ in range(2):
        begin = time.perf_counter()
        subprocess.run(["mbsync", "-q", "-c", str(config), "anna"], check=True, timeout=600)
        seconds.append(time.perf_counter() - begin)
    return {
        "seconds": seconds[0],
        "again_seconds": seconds[1],
        "messages": sum(
            len(files) for base, _, files in os.walk(folder / "mail/INBOX") if base.endswith(("cur", "new"))
        ),
    }


async def ours(servers: MailServers, home: Path, *, count: int) -> Figures:
    """A new profile and a new engine; the clock starts when the profile stands and ends when all mail is stored, and
    again when every message has its verdict."""
    os.environ["TUI_MAIL_HOME"] = str(home)
    os.environ["XDG_RUNTIME_DIR"] = str(home)
    home.mkdir()
    paths = ProfilePaths("bench")
    client = await connect(paths)
    try:
        welcome = await client.ask(
            CreateProfile(
                account=msgspec.structs.replace(servers.account(ANNA), smtp=servers.imap_server(ANNA)),
                display_name="Anna",
                imap_password=servers.users[ANNA],
                smtp_password="",
                certificate=NewCertificate(key_type="ecdsa-p256"),
                passphrase="correct horse battery staple",
            ),
            Welcome,
        )
        begin = time.perf_counter()
        store = ReadStore(Path(welcome.store_path), bytes.fromhex(welcome.store_key or ""))
        try:
            stored = await _until(lambda: _inbox(store).total >= count, begin)
            judged = await _until(lambda: _judged(store, _inbox(store).id), begin)
            messages = _inbox(store).total
        finally:
            store.close()
        again = time.perf_counter()
        await client.ask(SyncNow(wait=True), Synced)
        again = time.perf_counter() - again
        memory = _peak_megabytes(int(paths.lock.read_text()))
        await stop_engine(paths)
        size = sum(path.stat().st_size for path in paths.folder.glob("mail.db*"))
    finally:
        await client.close()
    if messages != count:
        raise SystemExit(f"{messages} of {count} messages arrived.")
    return {
        "seconds": stored,
        "judged_seconds": judged,
        "again_seconds": again,
        "messages": messages,
        "peak_megabytes": memory,
        "store_bytes": size,
    }


async def _until(true: Callable[[], bool], begin: float) -> float:
    while not true():
        if time.perf_counter() - begin > 600:
            raise SystemExit("Not done after ten minutes.")
        await asyncio.sleep(0.05)
    return time.perf_counter() - begin


def _inbox(store: ReadStore) -> Folder:
    inboxes = [folder for folder in store.folders() if folder.role is FolderRole.INBOX]
    return inboxes[0] if inboxes else Folder(0, "", "")


def _judged(store: ReadStore, folder: int) -> bool:
    window = store.window(folder)
    # The newest are judged first: look from the oldest, where the work is still to be done.
    return all(window.row(place).sig is not None for place in range(window.total - 1, -1, -1))


def _peak_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(servers: MailServers, rounds: int, count: int) -> dict[str, Figures]:
    """Everyone in turn, `rounds` times; medians."""
    contestants: dict[str, Callable[[Path], Figures]] = {
        "bare drain": lambda _: drain(servers),
        "tui-mail": lambda folder: asyncio.run(ours(servers, folder, count=count)),
    }
    if shutil.which("mbsync"):
        contestants["mbsync"] = lambda folder: mbsync(servers, folder, fsync=True)
        contestants["mbsync without fsync"] = lambda folder: mbsync(servers, folder, fsync=False)
    else:
        print("mbsync is not installed (Debian: isync) and is left out", file=sys.stderr)
    drain(servers)
    results: dict[str, list[Figures]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            with tempfile.TemporaryDirectory(prefix="tuimail-bench-") as folder:
                results[name].append(run(Path(folder) / "run"))
    floor = statistics.median(figures["seconds"] for figures in results["bare drain"])
    medians = {}
    for name, found in results.items():
        medians[name] = {key: statistics.median(figures[key] for figures in found) for key in found[0]}
        medians[name]["ratio_to_drain"] = medians[name]["seconds"] / floor
    return medians


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="a .tar.xz of mails")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    beside = vectors_folder()
    corpus = args.corpus or (beside.parent / "corpus" / "spamassassin.tar.xz" if beside else None)
    if corpus is None or not corpus.is_file():
        raise SystemExit("There is no corpus here: name one with --corpus FILE.tar.xz")
    with running_servers() as servers:
        count, size = fill(servers, corpus_mails(corpus, args.messages))
        results = measure(servers, args.rounds, count)
    if args.json:
        print(json.dumps({"messages": count, "bytes": size, "rounds": args.rounds, "results": results}))
        return
    print(f"{count} messages, {size / 1e6:.1f} MB, median of {args.rounds}")
    for name, figures in results.items():
        more = "  ".join(f"{key} {value:.2f}" for key, value in figures.items() if key not in ("seconds", "bytes"))
        print(f"{name:22} {figures['seconds']:7.2f} s   {more}")


if __name__ == "__main__":
    main()
