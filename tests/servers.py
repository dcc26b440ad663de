"""Real mail servers for tests: Dovecot and Postfix on free loopback ports, one private CA, one temporary folder."""

import imaplib
import shutil
import smtplib
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import dovecot, postfix
from tests.daemon import ServerDidNotStart
from tests.patience import PATIENCE_SECONDS
from tests.tls_files import make_tls_files
from tui_mail.model.account import Account, Security, Server

HOST = "localhost"
USERS = {
    "anna@clinic.test": "anna's secret",
    "bert@clinic.test": "bert's secret",
    "clara@office.test": "clara's secret",
    "dora@office.test": "dora's sécret",
    "guest@clinic.test": "guest's secret",
    "full@clinic.test": "felix's secret",
}
FULL = "full@clinic.test"
"""Whose mailbox has room for 100 kB."""
MAY_SEND_AS = {"guest@clinic.test": "nobody@clinic.test"}
"""The guest can log in everywhere and may send nothing under the own address: no right of submission."""


class MailServers:
    """Both servers, the people on them, and the other side's view of their mailboxes."""

    host = HOST
    users = USERS

    def __init__(self, folder: Path, introspection_url: str = ""):
        self.folder = folder
        self.tls = make_tls_files(folder / "tls")
        self.dovecot = dovecot.Dovecot(folder / "dovecot", self.tls, USERS, introspection_url)
        self.postfix: postfix.Postfix | None = None
        self.no_postfix = postfix.why_not()
        self._starts_known_to_postfix = 0

    @property
    def ca_file(self) -> str:
        """PEM file with the private root."""
        return str(self.tls.ca_file)

    @property
    def smtp(self) -> postfix.Postfix:
        """Postfix; only for tests that asked for the fixture `mail_servers`, which skips where it cannot run."""
        assert self.postfix is not None, self.no_postfix
        return self.postfix

    def start(self) -> None:
        """Start what can run here and does not run."""
        _start(self.dovecot)
        if not self.no_postfix:
            if self.postfix is None:
                self.postfix = postfix.Postfix(
                    self.folder / "postfix",
                    self.tls,
                    USERS,
                    lmtp_port=self.dovecot.lmtp_port,
                    auth_port=self.dovecot.auth_port,
                    may_send_as=MAY_SEND_AS,
                )
            elif self._starts_known_to_postfix != self.dovecot.starts:
                self.postfix.stop()  # its waiting processes hold connections to the Dovecot before
            _start(self.postfix)
            self._starts_known_to_postfix = self.dovecot.starts

    def stop(self) -> None:
        """End both."""
        if self.postfix is not None:
            self.postfix.stop()
        self.dovecot.stop()

    # ---- how our program is told about them

    def imap_server(self, user: str, security: Security = Security.TLS) -> Server:
        """Settings of the IMAP server for `user`."""
        port = self.dovecot.imaps_port if security is Security.TLS else self.dovecot.imap_port
        return Server(HOST, port, security, user, self.ca_file)

    def smtp_server(self, user: str, security: Security = Security.STARTTLS) -> Server:
        """Settings of the submission server for `user`. `Security.NONE` is for a proxy that must read along."""
        ports = {
            Security.TLS: self.smtp.smtps_port,
            Security.STARTTLS: self.smtp.submission_port,
            Security.NONE: self.smtp.plain_port,
        }
        return Server(HOST, ports[security], security, user, self.ca_file)

    def account(self, user: str, account_id: str = "") -> Account:
        """A whole account for `user`: IMAPS and submission with STARTTLS."""
        name = user.partition("@")[0]
        return Account(account_id or name, name.title(), user, self.imap_server(user), self.smtp_server(user))

    # ---- the other side: independent of our own code

    def deliver(self, user: str, raw: bytes, sender: str = "outside@elsewhere.test") -> None:
        """Put a message into the inbox of `user` by LMTP, as a mail server would."""
        with smtplib.LMTP("127.0.0.1", self.dovecot.lmtp_port, timeout=PATIENCE_SECONDS) as lmtp:
            lmtp.sendmail(sender, [user], raw)

    def append(self, user: str, folder: str, raw: bytes) -> None:
        """Put a message into a folder by IMAP, as another program of the same person would."""
        with self.imap(user, None) as connection:
            answer, text = connection.append(folder, "", None, raw)  # type: ignore[arg-type]
            assert answer == "OK", text

    @contextmanager
    def imap(self, user: str, folder: str | None = "INBOX") -> Iterator[imaplib.IMAP4]:
        """A logged-in connection of the standard library with `folder` selected: another program of the same person."""
        connection = imaplib.IMAP4("127.0.0.1", self.dovecot.imap_port, timeout=PATIENCE_SECONDS)
        try:
            connection.authenticate("PLAIN", lambda _: f"\0{user}\0{USERS[user]}".encode())
            if folder is not None:
                answer, text = connection.select(f'"{folder}"')
                assert answer == "OK", text
            yield connection
        finally:
            connection.shutdown()

    def mailbox(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """All messages of a folder as raw bytes, oldest first; a folder that does not exist is empty."""
        try:
            with self.imap(user, folder) as connection:
                _, found = connection.uid("SEARCH", "ALL")
                uids = found[0].replace(b" ", b",").decode() if found and found[0] else ""
                if not uids:
                    return []
                _, parts = connection.uid("FETCH", uids, "(BODY.PEEK[])")
                return [part[1] for part in parts if isinstance(part, tuple)]
        except AssertionError:
            return []

    def wait_for_mail(self, user: str, count: int = 1, folder: str = "INBOX") -> list[bytes]:
        """Wait until the folder holds at least `count` messages and return them all."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            messages = self.mailbox(user, folder)
            if len(messages) >= count:
                return messages
            assert time.monotonic() < deadline, (
                f"{len(messages)} of {count} messages in {folder} of {user}\n{self.log()}"
            )
            time.sleep(0.05)

    def empty(self, *users: str) -> None:
        """Remove all mail and all own folders of these users (of everyone without arguments)."""
        for user in users or tuple(USERS):
            with self.imap(user, None) as connection:
                for line in connection.list()[1]:
                    if isinstance(line, tuple):  # a name that needs a literal
                        name = '"' + line[1].decode("ascii").replace("\\", "\\\\").replace('"', '\\"') + '"'
                    elif isinstance(line, bytes) and line:
                        name = line.decode("ascii").split(' "/" ', 1)[1]
                    else:
                        continue
                    answer, status = connection.status(name, "(MESSAGES)")
                    if answer == "OK" and not status[-1].endswith(b"(MESSAGES 0)"):
                        connection.select(name)
                        connection.store("1:*", "+FLAGS.SILENT", "\\Deleted")
                        connection.close()
                    if name.strip('"') not in {"INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"}:
                        connection.delete(name)

    def tls_context(self) -> ssl.SSLContext:
        """A context that trusts the private root alone."""
        return ssl.create_default_context(cafile=self.ca_file)

    def log(self) -> str:
        """The ends of both logs."""
        return f"{self.dovecot.log()}\n{self.postfix.log() if self.postfix else self.no_postfix}"


def _start(server: dovecot.Dovecot | postfix.Postfix) -> None:
    for attempt in range(4):
        try:
            if attempt == 0:
                server.start()
            else:
                server.start_on_new_ports()
            return
        except ServerDidNotStart:
            if attempt == 3:
                raise


@contextmanager
def running_servers(introspection_url: str = "") -> Iterator[MailServers]:
    """Both servers for the length of a with-block; the folder is removed at the end."""
    # Short, because socket paths have about 100 characters; readable for the servers' own users, unlike tmp_path.
    folder = Path(tempfile.mkdtemp(prefix="tuimail-"))
    folder.chmod(0o755)
    servers = MailServers(folder, introspection_url)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)
