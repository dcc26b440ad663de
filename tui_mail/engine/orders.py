"""Stored messages as orders for the process that opens mail.

The law: a large one is never in this process as a whole.
"""

from functools import partial

from tui_mail.engine.opener import Order
from tui_mail.engine.session import now
from tui_mail.store import messages
from tui_mail.store.database import Database

MAX_AT_ONCE_BYTES = 1_000_000
PIECE_BYTES = 1_000_000


def to_judge(db: Database, message_id: int) -> Order | None:
    """Open and judge it; None when it is not here."""
    found = messages.raw_and_sender(db, message_id, MAX_AT_ONCE_BYTES)
    return None if found is None else _order(db, message_id, *found, view=False)


def to_show(db: Database, message_id: int) -> Order | None:
    """Open it for the reader; None when it is not here."""
    found = messages.raw_and_sender(db, message_id, MAX_AT_ONCE_BYTES)
    return None if found is None else _order(db, message_id, found[0], "", view=True)


def _order(db: Database, message_id: int, raw: bytes | None, sender_key: str, *, view: bool) -> Order:
    if raw is not None:
        return Order(raw, message_id, sender_key, now(), view)
    pieces = partial(messages.raw_pieces, db, message_id, PIECE_BYTES)
    return Order(b"", message_id, sender_key, now(), view, messages.raw_size(db, message_id), pieces)
