"""What the person decided and noted about correspondents, and which of our certificates each of them was sent.

Addresses are keys in the form of ``model.address.address_key``. A block with an empty SHA-256 is about every
certificate of the address.
"""

from msgspec import Struct

from tui_mail.model.folder import FolderRole
from tui_mail.store.database import Database

EVERY_CERTIFICATE = ""


class Correspondent(Struct, frozen=True):
    """`sent_at` is when they last got a signed message of ours (seconds since 1970 UTC, 0 for never), `sent_sha256` the
    certificate that it carried."""

    address: str
    note: str = ""
    sent_at: int = 0
    sent_sha256: str = ""


def block(db: Database, address: str, sha256: str, now: int) -> None:
    """Never trust this certificate for this address, nor encrypt to it."""
    db.run(
        "INSERT INTO block(address, sha256, blocked_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (address, sha256, now)
    )


def unblock(db: Database, address: str, sha256: str) -> int:
    """Take that back; how many blocks there were."""
    return db.run("DELETE FROM block WHERE address = ? AND sha256 = ?", (address, sha256))


def blocks(db: Database, address: str = "") -> frozenset[tuple[str, str]]:
    """(address, SHA-256) of everything that is blocked, for one address or for all."""
    rows = db.all("SELECT address, sha256 FROM block WHERE ?1 = '' OR address = ?1", (address,))
    return frozenset((found[0], found[1]) for found in rows)


def save_note(db: Database, address: str, note: str) -> None:
    """Keep what the person wants to remember of somebody."""
    db.run(
        "INSERT INTO correspondent(address, note) VALUES (?, ?) ON CONFLICT DO UPDATE SET note = excluded.note",
        (address, note),
    )


def record_sent(db: Database, address: str, sha256: str, moment: int) -> None:
    """A message signed with this certificate of ours goes to this address."""
    db.run(
        "INSERT INTO correspondent(address, sent_at, sent_sha256) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
        " sent_at = excluded.sent_at, sent_sha256 = excluded.sent_sha256",
        (address, moment, sha256),
    )


def written_to(db: Database, limit: int) -> tuple[str, ...]:
    """The recipients of the newest sent messages of all accounts, newest first, each a line as it is typed."""
    rows = db.all(
        "SELECT detail.recipients FROM message JOIN folder ON folder.id = message.folder AND folder.role = ?"
        " JOIN detail ON detail.message = message.id ORDER BY message.date DESC LIMIT ?",
        (FolderRole.SENT.value, limit),
    )
    return tuple(line for (line,) in rows)


def correspondents(db: Database, address: str = "") -> tuple[Correspondent, ...]:
    """Everybody of whom something is kept here, or one of them."""
    rows = db.all(
        "SELECT address, note, sent_at, sent_sha256 FROM correspondent WHERE ?1 = '' OR address = ?1 ORDER BY address",
        (address,),
    )
    return tuple(Correspondent(*found) for found in rows)
