"""Bounces and receipts, beside the sent message that they are about.

The law: only what was sent from here gets notices; a report about anything else is somebody's invention.
"""

from tui_mail.model.delivery import DeliveryKind, DeliveryNotice
from tui_mail.model.storable import storable
from tui_mail.store.database import Database

MAX_NOTICES = 1_000
MAX_TEXT = 2_000
MAX_RECIPIENT = 320


def was_sent(db: Database, message_id: str) -> bool:
    """Whether a message with this Message-ID left from here, or lies in a Sent folder."""
    if db.value("SELECT 1 FROM outbox WHERE message_id = ?", (message_id,)):
        return True
    return bool(
        db.value(
            "SELECT 1 FROM detail JOIN message ON message.id = detail.message JOIN folder ON folder.id = message.folder"
            " WHERE detail.message_id = ? AND folder.role = 'sent'",
            (message_id,),
        )
    )


def save_notice(db: Database, notice: DeliveryNotice) -> bool:
    """Keep a notice about a sent message; whether it is kept and new. Of one kind and recipient the first counts; one
    that is confirmed takes the place of one that is not."""
    with db.transaction():
        if not was_sent(db, notice.message_id):
            return False
        if db.value("SELECT count(*) FROM notice WHERE message_id = ?", (notice.message_id,)) >= MAX_NOTICES:
            return False
        return bool(
            db.run(
                "INSERT INTO notice(message_id, recipient, kind, at, text, confirmed) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET at = excluded.at, text = excluded.text, confirmed = 1"
                " WHERE excluded.confirmed > confirmed",
                (
                    notice.message_id,
                    storable(notice.recipient)[:MAX_RECIPIENT],
                    notice.kind.value,
                    notice.when,
                    storable(notice.text)[:MAX_TEXT],
                    int(notice.confirmed),
                ),
            )
        )


def notices(db: Database, message_id: str) -> tuple[DeliveryNotice, ...]:
    """Everything reported of one sent message, oldest first."""
    rows = db.all(
        "SELECT message_id, kind, recipient, at, text, confirmed FROM notice WHERE message_id = ?"
        " ORDER BY at, recipient, kind",
        (message_id,),
    )
    return tuple(DeliveryNotice(row[0], DeliveryKind(row[1]), row[2], row[3], row[4], bool(row[5])) for row in rows)
