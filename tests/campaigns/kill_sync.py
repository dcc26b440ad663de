"""``kill -9`` at random moments of synchronising and sending, again and again on one profile, over real servers.

    python -m tests.campaigns.kill_sync --kills 500

Each round: another program changes the mailbox, a person flags, moves, deletes and sends here, and at a random moment
the engine dies. The next one must bring store and server to agree byte for byte, lose nothing, send nothing twice,
leave no orphan and a sound database. Ends with an error at the first round that does not hold; `--seed` plays one
again.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.engine.people import PASSPHRASE, Person, creation
from tests.servers import MailServers, running_servers
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.door import lock_is_held
from tui_mail.engine.messages import (
    ChangeFlags,
    DecideOutbox,
    DeleteMessages,
    Done,
    ListOutbox,
    MoveMessages,
    Outbox,
    Queued,
    SendMessage,
    Unlock,
    Welcome,
)
from tui_mail.model.address import Address
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, Flag, OutboxState, Protection
from tui_mail.model.paths import ProfilePaths
from tui_mail.net.fetched import flag_names
from tui_mail.store import folders, homeless, messages
from tui_mail.store.store import Store

ANNA, CLARA = "anna@clinic.test", "clara@office.test"
FOLDERS = ("INBOX", "Archive", "Trash", "Sent")
LATEST_KILL_SECONDS = 1.2
SETTLE_SECONDS = 45.0


class Campaign:
    """One profile that is killed again and again."""

    def __init__(self, servers: MailServers, paths: ProfilePaths, chance: random.Random) -> None:
        self.servers = servers
        self.paths = paths
        self.chance = chance
        self.number = 0
        self.delivered: list[str] = []

        self.queued: list[str] = []
        self.unknown = 0

    async def prepare(self) -> None:
        """Make the profile."""
        client = await connect(self.paths)
        await client.ask(creation(self.servers, ANNA), Welcome)
        await Person(client).sync()
        await client.close()

    async def round(self) -> None:
        """Work, kill, restart, compare."""
        client = await connect(self.paths)
        person = Person(client)
        if client.welcome.state == "locked":
            await client.ask(Unlock(PASSPHRASE), Welcome)
        self._change_there()
        pid = int(self.paths.lock.read_text())
        moment = self.chance.uniform(0.0, LATEST_KILL_SECONDS)
        work = asyncio.create_task(self._change_here(person))
        await asyncio.sleep(moment)
        os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(TuiMailError, OSError, asyncio.IncompleteReadError):
            await work
        await client.close()
        await self._settle()

    def _change_there(self) -> None:
        with self.servers.imap(ANNA) as other:
            for _ in range(self.chance.randrange(1, 6)):
                self.number += 1
                subject = f"mail {self.number}"
                self.delivered.append(subject)
                text = f"From: b@x.test\r\nSubject: {subject}\r\nMessage-ID: <{self.number}@x.test>\r\n\r\n"
                other.append("INBOX", None, None, text.encode() + b"A line.\r\n" * self.chance.randrange(2000))
            _, found = other.uid("SEARCH", "ALL")
            uids = found[0].decode().split()
            for uid in self.chance.sample(uids, min(3, len(uids))):
                other.uid("STORE", uid, "+FLAGS.SILENT", "(\\Flagged)")

    async def _change_here(self, person: Person) -> None:
        rows = person.rows()
        archive = person.folder(FolderRole.ARCHIVE).id
        some = [row.id for row in self.chance.sample(rows, min(6, len(rows)))]
        self.number += 1
        subject = f"sent {self.number}"
        draft = Draft("anna", to=(Address(CLARA),), subject=subject, body="Text.\n", protection=Protection(sign=True))
        await person.client.ask(ChangeFlags(tuple(some[:2]), add=int(Flag.SEEN)), Done)
        await person.client.ask(SendMessage(draft), Queued)
        self.queued.append(subject)
        await person.client.ask(MoveMessages(tuple(some[2:4]), archive), Done)
        await person.client.ask(DeleteMessages(tuple(some[4:5])), Done)
        await person.sync()

    async def _settle(self) -> None:
        client = await connect(self.paths)
        try:
            person = Person(client)
            welcome = await client.ask(Unlock(PASSPHRASE), Welcome)
            deadline = time.monotonic() + SETTLE_SECONDS
            while True:
                await person.sync()
                entries = (await client.ask(ListOutbox(), Outbox)).entries
                for entry in entries:
                    if entry.state is OutboxState.UNKNOWN:  # a person looks, and says what became of it
                        self.unknown += 1
                        came = entry.subject in self._arrived()
                        await client.ask(DecideOutbox(entry.id, "was-sent" if came else "retry"), Done)
                problem = f"the outbox holds {entries}" if entries else self._disagreement(welcome)
                if not problem:
                    break
                if time.monotonic() > deadline:
                    raise SystemExit(f"The round did not settle: {problem}")
            self._check_mail()
        finally:
            await client.close()
            await stop_engine(self.paths)
            while lock_is_held(self.paths):
                await asyncio.sleep(0.02)

    def _disagreement(self, welcome: Welcome) -> str:
        store = Store(welcome.store_path, bytes.fromhex(welcome.store_key or ""))
        db = store.database
        try:
            if db.value("PRAGMA integrity_check") != "ok" or db.all("PRAGMA foreign_key_check"):
                return "the database is damaged"
            if db.value("SELECT count(*) FROM change"):
                return "changes wait"
            for name in FOLDERS:
                folder = folders.folder_by_name(db, "anna", name)
                if folder is None:
                    continue
                here = {
                    uid: (messages.raw(db, messages.by_uid(db, folder.id, uid) or 0), frozenset(flag_names(flags)))
                    for uid, flags in messages.uids(db, folder.id).items()
                }
                if here != self._there(name):
                    return f"store and server differ in {name}"
                if homeless.numbers(db, folder.id):
                    return f"a message without a place in {name}"
            return ""
        finally:
            store.close()

    def _there(self, name: str) -> dict[int, tuple[bytes, frozenset[str]]]:
        found = {}
        with self.servers.imap(ANNA, name) as other:
            for part in other.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")[1]:
                if isinstance(part, tuple):
                    uid = int(part[0].partition(b"UID ")[2].split()[0])
                    flags = part[0].partition(b"FLAGS (")[2].partition(b")")[0].decode().split()
                    found[uid] = (part[1], frozenset(flags) - {"\\Recent"})
        return found

    def _arrived(self) -> Counter[str]:
        return Counter(_subject(raw) for raw in self.servers.mailbox(CLARA))

    def _check_mail(self) -> None:
        places = Counter(_subject(raw) for name in FOLDERS[:3] for raw in self.servers.mailbox(ANNA, name))
        if places != Counter(self.delivered):
            raise SystemExit(
                f"Mail was lost or doubled: {places - Counter(self.delivered)} {Counter(self.delivered) - places}"
            )
        filed = Counter(_subject(raw) for raw in self.servers.mailbox(ANNA, "Sent"))
        deadline = time.monotonic() + 20
        while (arrived := self._arrived()) != filed and time.monotonic() < deadline:
            time.sleep(0.1)
        if arrived != filed or max(arrived.values(), default=0) > 1:
            raise SystemExit(f"Sent and arrived differ: {arrived} {filed}")
        if missing := set(self.queued) - set(arrived):
            raise SystemExit(f"Queued, and never sent: {missing}")


def _subject(raw: bytes) -> str:
    head = raw.partition(b"\r\n\r\n")[0]
    return next((line[9:].decode() for line in head.split(b"\r\n") if line.lower().startswith(b"subject: ")), "")


async def campaign(
    servers: MailServers, paths: ProfilePaths, kills: int, seed: int, minutes: float
) -> dict[str, float]:
    """As many rounds as asked, or as fit into the minutes."""
    began = time.monotonic()
    one = Campaign(servers, paths, random.Random(seed))
    await one.prepare()
    done = 0
    while done < kills and time.monotonic() - began < minutes * 60:
        await one.round()
        done += 1
        print(f"\r{done} kills, {one.unknown} in doubt", end="", flush=True)
    print()
    return {"kills": done, "seed": seed, "mails": len(one.delivered), "sent": len(one.queued), "in_doubt": one.unknown,
            "seconds": round(time.monotonic() - began)}  # fmt: skip


def main() -> None:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    args = parser.parse_args()
    print(f"seed {args.seed}")
    with running_servers() as servers, tempfile.TemporaryDirectory(prefix="tuimail-kill-") as home:
        if servers.no_postfix:
            raise SystemExit(servers.no_postfix)
        os.environ["TUI_MAIL_HOME"] = os.environ["XDG_RUNTIME_DIR"] = home
        result = asyncio.run(campaign(servers, ProfilePaths(Path(home).name), args.kills, args.seed, args.minutes))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
