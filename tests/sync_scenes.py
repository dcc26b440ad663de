"""What happens to a mailbox on a server, and the question whether the store agrees with it."""

import time

from tests.mailroom import Mailroom
from tests.patience import PATIENCE_SECONDS
from tests.sync_servers import SyncServer
from tui_mail.net.fetched import flag_names


def letter(subject: str, body: str = "Hello.") -> bytes:
    return (
        f"From: Bob <bob@elsewhere.test>\r\nTo: anna@clinic.test\r\nSubject: {subject}\r\n"
        f"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{subject}@elsewhere.test>\r\n\r\n{body}\r\n"
    ).encode()


def fill(server: SyncServer, *subjects: str, folder: str = "INBOX") -> None:
    for subject in subjects:
        server.append(letter(subject), folder)


def make_anew(server: SyncServer, name: str) -> None:
    """Delete and create, until the server gives another UIDVALIDITY: Cyrus' is the second of the creation."""
    with server.imap(None) as other:
        before = other.status(name, "(UIDVALIDITY)")[1]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            other.delete(name)
            other.create(name)
            if other.status(name, "(UIDVALIDITY)")[1] != before:
                return
    raise AssertionError("the server goes on with the same UIDVALIDITY")


def agree(room: Mailroom, server: SyncServer, *names: str) -> None:
    """Store and server hold the same, and a second look finds nothing to do."""
    for name in names or ("INBOX",):
        here = {
            uid: (raw, frozenset(flag.encode() for flag in flag_names(flags)))
            for uid, (raw, flags) in room.content(name).items()
        }
        assert here == server.messages(name), name
    again = room.look()
    assert (again.new_messages, again.expunged, again.flag_changes, again.problems) == (0, 0, 0, ())
