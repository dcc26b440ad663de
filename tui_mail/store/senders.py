"""Who has written before: what is asked about the sender of one message. Addresses are `model.address.address_key`s."""

from tui_mail.store.database import Database

MAX_ALIKE = 20_000
"""Senders that are compared by look; only those of about the same length come into question."""


def wrote_before(db: Database, address: str, message_id: int) -> bool:
    """Whether an older message of this sender is here."""
    return bool(
        db.value(
            "SELECT 1 FROM detail JOIN message ON message.id = detail.message, message AS this"
            " WHERE detail.sender_key = ?1 AND this.id = ?2 AND detail.message <> ?2"
            " AND (message.date, message.id) < (this.date, this.id) LIMIT 1",
            (address, message_id),
        )
    )


def senders_about_as_long(db: Database, address: str, difference: int) -> tuple[str, ...]:
    """Other senders whose address differs in length by at most so many characters."""
    rows = db.all(
        "SELECT DISTINCT sender_key FROM detail WHERE length(sender_key) BETWEEN ?1 AND ?2 AND sender_key <> ?3"
        " LIMIT ?4",
        (len(address) - difference, len(address) + difference, address, MAX_ALIKE),
    )
    return tuple(found[0] for found in rows)


def names_of_trusted(db: Database) -> tuple[tuple[str, str], ...]:
    """(address, the name in its newest mail) of those whose certificate the person or an authority vouches for."""
    rows = db.all(
        "SELECT address, (SELECT sender FROM detail JOIN message ON message.id = detail.message"
        " WHERE sender_key = address ORDER BY detail.message DESC LIMIT 1) FROM"
        " (SELECT address FROM pin UNION SELECT address FROM seen WHERE vouched LIMIT ?1)",
        (MAX_ALIKE,),
    )
    return tuple((found[0], found[1]) for found in rows if found[1])
