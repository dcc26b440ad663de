"""Large messages on their way: what came of each so far, so that a lost line or a killed engine costs none of it.

The law: pieces follow one another without a gap, each is on disk before the next begins, and nothing here is a message
until all of it is.
"""

from collections.abc import Iterator

from msgspec import Struct

from tui_mail.model.errors import StoreError
from tui_mail.store.database import Database

MAX_KEPT_BYTES = 1 << 29
"""What a profile keeps of unfinished messages; above that the one that was begun first is given up."""


class Arrival(Struct, frozen=True):
    """A message of which a part is here. `size_bytes` is what the server announced."""

    number: int
    size_bytes: int
    received_bytes: int


def begin(db: Database, folder_id: int, uid: int | None, size_bytes: int) -> int:
    """A message begins to come, from its first byte; what was here of it is void. `uid` is None as long as the server
    has not said which message it hands over. Its number."""
    with db.transaction():
        _forget_uid(db, folder_id, uid)
        kept = int(db.value("SELECT coalesce(sum(size), 0) FROM arrival"))
        for number, size in db.all("SELECT id, size FROM arrival ORDER BY id") if kept else ():
            if kept + size_bytes <= MAX_KEPT_BYTES:
                break
            forget(db, number)
            kept -= size
        return db.insert("INSERT INTO arrival(folder, uid, size) VALUES (?, ?, ?)", (folder_id, uid, size_bytes))


def add(db: Database, number: int, piece: bytes) -> Arrival:
    """The next bytes of it; on disk when this returns. How far it is. Raises StoreError when it was given up."""
    with db.transaction():
        db.run(
            "INSERT INTO arrival_piece(arrival, start, bytes) SELECT id, received, ? FROM arrival WHERE id = ?",
            (piece, number),
        )
        db.run("UPDATE arrival SET received = received + ? WHERE id = ?", (len(piece), number))
        found = db.one("SELECT id, size, received FROM arrival WHERE id = ?", (number,))
    if found is None:
        raise StoreError("A large message was given up while it came. It comes again.")
    return Arrival(*found)


def name(db: Database, number: int, uid: int) -> None:
    """The server said which message it was."""
    with db.transaction():
        db.run(
            "DELETE FROM arrival WHERE uid = ? AND folder = (SELECT folder FROM arrival WHERE id = ?)", (uid, number)
        )
        db.run("UPDATE arrival SET uid = ? WHERE id = ?", (uid, number))


def begun(db: Database, folder_id: int) -> dict[int, Arrival]:
    """What is on its way into a folder, by UID."""
    rows = db.all("SELECT uid, id, size, received FROM arrival WHERE folder = ? AND uid IS NOT NULL", (folder_id,))
    return {uid: Arrival(*rest) for uid, *rest in rows}


def has_nameless(db: Database, folder_id: int) -> bool:
    """A message came in part and nobody knows which: this server says the UID behind the content."""
    return bool(db.value("SELECT EXISTS (SELECT 1 FROM arrival WHERE folder = ? AND uid IS NULL)", (folder_id,)))


def part(db: Database, number: int, start: int, count: int) -> bytes:
    """`count` bytes from `start` of what is here; fewer at the end."""
    found = b""
    for first, piece in _pieces(db, number, start):
        found += piece[max(0, start - first) : start + count - first]
        if len(found) >= count:
            break
    return found


def pieces(db: Database, number: int) -> Iterator[bytes]:
    """All its bytes."""
    return (piece for _, piece in _pieces(db, number, 0))


def put(db: Database, number: int, message_id: int) -> None:
    """All of it is here: it becomes the bytes of this message, one piece in memory at a time."""
    with db.together():
        received = db.value("SELECT received FROM arrival WHERE id = ?", (number,))
        db.run("INSERT OR REPLACE INTO raw(message, bytes) VALUES (?, zeroblob(?))", (message_id, received))
        db.write_blob("raw", message_id, pieces(db, number))
        forget(db, number)


def forget(db: Database, number: int) -> None:
    """What came of it is of no use. Piece by piece: what one statement deletes, SQLite holds until it ends."""
    with db.together():
        for (start,) in db.all("SELECT start FROM arrival_piece WHERE arrival = ?", (number,)):
            db.run("DELETE FROM arrival_piece WHERE arrival = ? AND start = ?", (number, start))
        db.run("DELETE FROM arrival WHERE id = ?", (number,))


def forget_all(db: Database, folder_id: int) -> None:
    """The UIDs of this folder mean nothing any more."""
    for (number,) in db.all("SELECT id FROM arrival WHERE folder = ?", (folder_id,)):
        forget(db, number)


def forget_settled(db: Database, folder_id: int) -> None:
    """The folder is in step: what is still on its way belongs to messages that are gone or here, but for those of which
    a place holder is here and the whole was asked for."""
    settled = db.all(
        "SELECT id FROM arrival WHERE folder = ?1 AND coalesce(uid, 0) NOT IN (SELECT uid FROM message JOIN"
        " place_holder ON place_holder.message = message.id WHERE home = ?1 AND uid IS NOT NULL)",
        (folder_id,),
    )
    for (number,) in settled:
        forget(db, number)


def _forget_uid(db: Database, folder_id: int, uid: int | None) -> None:
    for (number,) in db.all("SELECT id FROM arrival WHERE folder = ? AND uid = ?", (folder_id, uid)):
        forget(db, number)


def _pieces(db: Database, number: int, start: int) -> Iterator[tuple[int, bytes]]:
    """The pieces from the one in which `start` lies, each with its own start."""
    starts = db.all(
        "SELECT start FROM arrival_piece WHERE arrival = ?1 AND start >= coalesce((SELECT max(start) FROM arrival_piece"
        " WHERE arrival = ?1 AND start <= ?2), 0) ORDER BY start",
        (number, start),
    )
    for (first,) in starts:
        yield first, db.value("SELECT bytes FROM arrival_piece WHERE arrival = ? AND start = ?", (number, first))
