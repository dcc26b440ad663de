"""A receiver without the rest of the engine: real store, real connection, and it looks when the test says."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tui_mail.engine.events import EventHub
from tui_mail.engine.jobs.receive import Receiver
from tui_mail.engine.messages import Event, Synced
from tui_mail.engine.session import Session
from tui_mail.model.account import Account, Settings
from tui_mail.model.errors import NetworkProblem
from tui_mail.model.folder import Folder
from tui_mail.model.keys import DecryptionKey
from tui_mail.model.message import Row
from tui_mail.model.paths import ProfilePaths
from tui_mail.net.imap import ImapSession
from tui_mail.store import accounts, folders, messages
from tui_mail.store.store import Store


class Passwords:
    """What a receiver and a judge ask of the key agent."""

    locked = True

    def __init__(self, password: str) -> None:
        self._password = password

    def password(self, _account: str, _service: str) -> str:
        return self._password

    def own_keys(self) -> tuple[DecryptionKey, ...]:
        return ()


class Mailroom:
    """One account's store, and the server that it should agree with."""

    def __init__(self, folder: Path, account: Account, password: str, timeout: float = 20.0) -> None:
        self.account = account
        self.events: list[Event] = []
        self._timeout = timeout
        self._password = password
        self._loop = asyncio.new_event_loop()
        hub = EventHub(self._loop)
        hub.publish = self.events.append  # type: ignore[method-assign]
        self.store = Store(folder / "mail.db", None, create=not (folder / "mail.db").exists())
        accounts.save_account(self.store.database, account.id, account.address)
        settings = Settings(accounts=(account,))
        self.session = Session(ProfilePaths("test"), settings, self.store, Passwords(password), hub)  # type: ignore[arg-type]
        self.receiver = Receiver(self.session, account)
        self.imap: ImapSession | None = None

    def connect(self) -> None:
        """Connect, if that is needed."""
        if self.imap is None:
            self.imap = ImapSession.connect(self.account.imap, self._password, self._timeout)

    def look_again_and_again(self, times: int) -> None:
        """Look, whatever becomes of the line."""
        for _ in range(times):
            with suppress(NetworkProblem):
                self.look()

    def look(self) -> Synced:
        """Connect if that is needed, tell the server what changed here, look what changed there."""
        self.connect()
        assert self.imap is not None
        try:
            return self.receiver.look(self.imap, True)
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self) -> None:
        """The next look begins with a new connection."""
        if self.imap is not None:
            self.imap.close()
            self.imap = None

    def close(self) -> None:
        """Hang up and close the store."""
        self.hang_up()
        self.store.close()
        self._loop.close()

    # ---- what is here

    def folder(self, name: str = "INBOX") -> Folder:
        """A folder of the store."""
        found = folders.folder_by_name(self.store.database, self.account.id, name)
        assert found is not None, name
        return found

    def rows(self, name: str = "INBOX") -> list[Row]:
        """The list of a folder, newest first."""
        return list(messages.newest(self.store.database, self.folder(name).id, 1_000_000))

    def by_subject(self, name: str = "INBOX") -> dict[str, int]:
        """Subject → number of the message."""
        return {row.subject: row.id for row in self.rows(name)}

    def content(self, name: str = "INBOX") -> dict[int, tuple[bytes | None, int]]:
        """UID → bytes and flags, as the store has them."""
        db, folder = self.store.database, self.folder(name)
        found = {}
        for uid, flags in messages.uids(db, folder.id).items():
            number = messages.by_uid(db, folder.id, uid)
            assert number is not None
            found[uid] = (messages.raw(db, number), flags)
        return found


@contextmanager
def mailroom(folder: Path, account: Account, password: str, timeout: float = 20.0) -> Iterator[Mailroom]:
    """A mailroom for the length of a with-block."""
    room = Mailroom(folder, account, password, timeout)
    try:
        yield room
    finally:
        room.close()
