"""Three different IMAP servers behind one face, so that one suite holds for all: Dovecot, Cyrus, pymap."""

import imaplib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest
from pysasl.hashing import BuiltinHash

from tests import cyrus
from tests.cyrus import Cyrus
from tests.patience import PATIENCE_SECONDS
from tests.servers import MailServers
from tui_mail.demo.servers import MailServers as Pymap
from tui_mail.model.account import Account, Security

KINDS = ("dovecot", "cyrus", "pymap")


class SyncServer:
    """One person's mailbox on some server, and the view of another program on it.

    Attributes:
        account: how our program reaches it.
        password: for IMAP.
    """

    def __init__(self, kind: str, account: Account, password: str) -> None:
        self.kind = kind
        self.account = account
        self.password = password
        self._appending: imaplib.IMAP4 | None = None

    @contextmanager
    def imap(self, folder: str | None = "INBOX") -> Iterator[imaplib.IMAP4]:
        """A logged-in connection of the standard library with `folder` selected."""
        connection = self._connect()
        try:
            if folder is not None:
                answer, text = connection.select(f'"{folder}"')
                assert answer == "OK", text
            yield connection
        finally:
            connection.shutdown()

    def _connect(self) -> imaplib.IMAP4:
        server = self.account.imap
        connection = imaplib.IMAP4("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        connection.authenticate("PLAIN", lambda _: f"\0{server.user}\0{self.password}".encode())
        return connection

    def append(self, raw: bytes, folder: str = "INBOX", flags: str | None = None) -> None:
        """Put a message there, as another program would."""
        if self._appending is None:
            self._appending = self._connect()
        answer, text = self._appending.append(f'"{folder}"', flags, None, raw)
        assert answer == "OK", text

    def messages(self, folder: str = "INBOX") -> dict[int, tuple[bytes, frozenset[bytes]]]:
        """UID → bytes and flags of everything there."""
        found: dict[int, tuple[bytes, frozenset[bytes]]] = {}
        with self.imap(folder) as other:
            _, answer = other.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
            for part in answer:
                if isinstance(part, tuple):
                    head = part[0]
                    uid = int(head.partition(b"UID ")[2].split()[0])
                    flags = head.partition(b"FLAGS (")[2].partition(b")")[0].split()
                    found[uid] = (part[1], frozenset(flag for flag in flags if flag != b"\\Recent"))
        return found

    def empty(self) -> None:
        """Remove all mail, and folders of earlier tests. QUIRK: Cyrus refuses to delete one that it still closes, and
        deletes one folder of a name a second."""
        with self.imap(None) as other:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while added := set(names := self._names(other)) - {"INBOX", *cyrus.FOLDERS}:
                assert time.monotonic() < deadline, f"folders of earlier tests cannot be deleted: {added}"
                for name in added:
                    other.delete(f'"{name}"')
            for name in names:
                if other.select(f'"{name}"')[1] != [b"0"]:
                    other.store("1:*", "+FLAGS.SILENT", "\\Deleted")
                    other.close()

    @staticmethod
    def _names(connection: imaplib.IMAP4) -> list[str]:
        return [line.decode().split(' "/" ', 1)[1].strip('"') for line in connection.list()[1]]


@contextmanager
def running(kind: str, dovecot: MailServers) -> Iterator[SyncServer]:
    """The server of this kind, ready."""
    if kind == "dovecot":
        user = "anna@clinic.test"
        account = dovecot.account(user)
        plain = msgspec.structs.replace(account.imap, port=dovecot.dovecot.imap_port, security=Security.NONE)
        yield SyncServer(kind, msgspec.structs.replace(account, imap=plain, smtp=plain), dovecot.users[user])
    elif kind == "cyrus":
        folder = Path(tempfile.mkdtemp(prefix="tuimail-cyrus-"))
        folder.chmod(0o755)
        server = Cyrus(folder)
        try:
            server.start()
            yield SyncServer(kind, server.account, server.password)
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)
    else:
        pymap = Pymap("anna@clinic.test", "a secret")
        with pytest.MonkeyPatch.context() as patch:
            # A million rounds for every login would be most of the tests' time.
            patch.setattr("pymap.config.BuiltinHash", partial(BuiltinHash, rounds=1))
            pymap.start()
        try:
            account = Account("anna", "Anna", "anna@clinic.test", pymap.imap, pymap.imap)
            yield SyncServer(kind, account, "a secret")
        finally:
            pymap.stop()
