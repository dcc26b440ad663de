"""Messages that are not here whole: which they are, what of them waits on the server, and the whole when it came."""

from collections.abc import Iterable

import msgspec

from tui_mail.model.message import HeldBack
from tui_mail.store import arrivals
from tui_mail.store.database import Database


def note(db: Database, held: Iterable[tuple[int, HeldBack]]) -> None:
    """What is kept of these messages is a place holder."""
    db.many(
        "INSERT INTO place_holder(message, files, held) VALUES (?, ?, ?)",
        [(number, len(one.files), msgspec.json.encode(one)) for number, one in held],
    )


def held_back(db: Database, message_id: int) -> HeldBack | None:
    """What of the message is not here; None when it is here whole."""
    found = db.value("SELECT held FROM place_holder WHERE message = ?", (message_id,))
    return None if found is None else msgspec.json.decode(found, type=HeldBack)


def make_whole(db: Database, message_id: int, raw: bytes, arrival: int | None = None) -> bool:
    """Put the message in the place of its place holder, to be judged anew; False when it is not here any more, or is
    here whole. Both or neither are on disk. With `arrival` the bytes are those that came under this number."""
    with db.transaction():
        if not db.run("DELETE FROM place_holder WHERE message = ?", (message_id,)):
            return False
        if arrival is None:
            db.run("UPDATE raw SET bytes = ? WHERE message = ?", (raw, message_id))
        else:
            arrivals.put(db, arrival, message_id)
        db.run(
            "UPDATE detail SET size = (SELECT length(bytes) FROM raw WHERE raw.message = detail.message)"
            " WHERE message = ?",
            (message_id,),
        )
        db.run("UPDATE message SET sig = NULL WHERE id = ?", (message_id,))
    return True
