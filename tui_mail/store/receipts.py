"""Receipts that this profile owes to others: each is owed once, and leaves when its turn comes."""

from msgspec import Struct

from tui_mail.model.storable import storable
from tui_mail.store.database import Database

MAX_OWED = 10_000


class Owed(Struct, frozen=True):
    """One receipt. `kind` is the word of RFC 8098 section 3.2.6.2; `sender` is who gets it; `queued_at` is in seconds
    since 1970 UTC."""

    id: int
    account: str
    message_id: str
    sender: str
    kind: str
    queued_at: int


def owe(db: Database, account: str, message_id: str, sender: str, kind: str, now: int) -> bool:
    """Note that a receipt is owed; whether it is new. Saying it again, even after it left, changes nothing."""
    with db.transaction():
        if db.value("SELECT count(*) FROM receipt WHERE done_at = 0") >= MAX_OWED:
            return False
        return bool(
            db.run(
                "INSERT INTO receipt(account, message_id, sender, kind, queued_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (account, storable(message_id), storable(sender), kind, now),
            )
        )


def next_owed(db: Database) -> Owed | None:
    """The oldest that has not left."""
    found = db.one(
        "SELECT id, account, message_id, sender, kind, queued_at FROM receipt WHERE done_at = 0 ORDER BY id LIMIT 1"
    )
    return Owed(*found) if found else None


def last_done(db: Database) -> int:
    """When the last one left, seconds since 1970 UTC; 0 when none did."""
    return int(db.value("SELECT max(done_at) FROM receipt WHERE problem = ''") or 0)


def done(db: Database, receipt_id: int, now: int, problem: str = "") -> None:
    """It left, or with `problem` cannot leave and is given up."""
    db.run("UPDATE receipt SET done_at = ?, problem = ? WHERE id = ?", (now, problem, receipt_id))
