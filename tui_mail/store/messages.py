"""Messages: their untouched bytes, their line in the list, their flags and their place on the server."""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound.

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from tui_mail.model.message import HeldBack, Row
from tui_mail.model.storable import storable
from tui_mail.store import arrivals, place_holders, threads
from tui_mail.store.arrivals import Arrival
from tui_mail.store.database import AMONG, PIECE, Database
from tui_mail.store.homeless import Waiting
from tui_mail.store.schema import MAX_DATE

MAX_SMALL_BYTES = 100_000

ROW_COLUMNS = "id, date, flags, sig, enc, attachments, sender, subject, preview"

_MERGE_FLAGS = (
    "WITH merged AS MATERIALIZED (SELECT message.id AS id, (value ->> 1 | coalesce(add_flags, 0))"
    " & ~coalesce(remove_flags, 0) AS flags FROM json_each(?1) CROSS JOIN message ON home = ?2 AND uid = value ->> 0"
    " LEFT JOIN change ON change.message = message.id AND change.kind = 'flags')"
    " UPDATE message SET flags = merged.flags FROM merged"
    " WHERE message.id = merged.id AND message.flags <> merged.flags"
)


class NewMessage(Struct, frozen=True):
    """One message on its way into a folder. Text is decoded foreign text, not cleaned.

    Attributes:
        uid: its number on the server, None while the server has not named it.
        raw: the bytes as the server sent them; kept untouched.
        date: what the list sorts by, seconds since 1970 UTC.
        sender: what the list shows as sender.
        sender_key: the From address in the form of ``model.address.address_key``.
        recipients: To and Cc as one line, for the search.
        message_id: with angle brackets, empty when there is none.
        held: `raw` is a place holder, and this is what waits on the server.
        arrival: `raw` is only the beginning, and all of it is what came under this number.
    """

    uid: int | None
    raw: bytes
    flags: int = 0
    date: int = 0
    internal_date: int = 0
    sender: str = ""
    sender_key: str = ""
    recipients: str = ""
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    attachments: bool = False
    held: HeldBack | None = None
    arrival: Arrival | None = None

    @property
    def size_bytes(self) -> int:
        """Of the whole message, or of its place holder."""
        return len(self.raw) if self.arrival is None else self.arrival.size_bytes


class Place(Struct, frozen=True):
    """Where a message is: `folder` as shown (None: deleted here), `home` and `uid` as the server has it."""

    folder: int | None
    home: int
    uid: int | None
    flags: int


class Details(Struct, frozen=True):
    """What the header said of a message, beside its line in the list."""

    message_id: str
    references: tuple[str, ...]
    sender_key: str
    recipients: str
    internal_date: int
    size_bytes: int


def save_message(db: Database, folder_id: int, message: NewMessage) -> int:
    """Save one message, see `save_messages`."""
    return save_messages(db, folder_id, [message])[0]


def save_messages(
    db: Database, folder_id: int, messages: Sequence[NewMessage], *, threaded: bool = True
) -> tuple[int, ...]:
    """Save messages that the server has in a folder, all or none; their numbers. On disk when this returns, unless a
    transaction is open around it: batch a few hundred kilobytes in one.

    A UID that is here already keeps its row. A message that was moved here and whose UID nobody told us is known again
    by its bytes, and gets its UID.

    Args:
        threaded: put them into threads. Else that is left to `threads.thread_waiting`, which costs less for many.
    """
    with db.together():
        here = _numbers(db, folder_id, [message.uid for message in messages if message.uid is not None])
        homeless = Waiting(db, folder_id)
        next_number = 1 + int(db.value("SELECT seq FROM sqlite_sequence WHERE name = 'message'", (), 0))
        saved: list[int] = []
        new: list[tuple[int, NewMessage]] = []
        flags: dict[int, int] = {}
        for message in messages:
            number = None
            if message.uid is not None:
                number = here.get(message.uid)
                if number is None and (number := _take(homeless, message)) is not None:
                    db.run("UPDATE message SET uid = ? WHERE id = ?", (message.uid, number))
                if number is not None:
                    flags[message.uid] = message.flags
            if number is None:
                number = next_number + len(new)
                new.append((number, message))
            if message.uid is not None:
                here[message.uid] = number
            saved.append(number)
        _insert(db, folder_id, new)
        set_server_flags(db, folder_id, flags)
        if threaded:
            threads.thread_messages(db, [number for number, _ in new])
    return tuple(saved)


def _numbers(db: Database, folder_id: int, uids: Sequence[int]) -> dict[int, int]:
    """The numbers of messages that are here already, by UID."""
    return dict(
        db.all(
            f"SELECT uid, id FROM message WHERE home = ? AND uid {AMONG}",
            (folder_id, json.dumps(uids)),
        )
    )


def _take(homeless: Waiting, message: NewMessage) -> int | None:
    return homeless.take(
        message.raw,
        held=message.held is not None,
        size_bytes=message.size_bytes,
        arrival=None if message.arrival is None else message.arrival.number,
    )


def _insert(db: Database, folder_id: int, new: Sequence[tuple[int, NewMessage]]) -> None:
    db.for_each(
        "INSERT INTO message(id, folder, home, uid, date, flags, attachments, sender, subject)"
        " SELECT value ->> 0, ?2, ?2, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6"
        " FROM json_each(?1)",
        [
            (
                number,
                message.uid,
                max(0, min(message.date, MAX_DATE)),
                message.flags,
                int(message.attachments),
                storable(message.sender),
                storable(message.subject),
            )
            for number, message in new
        ],
        folder_id,
    )
    db.for_each(
        "INSERT INTO detail(message, message_id, reference_ids, sender_key, recipients, internal_date, size)"
        " SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6"
        " FROM json_each(?1)",
        [
            (
                number,
                storable(message.message_id),
                storable(" ".join(message.references)),
                storable(message.sender_key),
                storable(message.recipients),
                message.internal_date,
                message.size_bytes,
            )
            for number, message in new
        ],
    )
    _insert_raw(db, [(number, message.raw) for number, message in new if message.arrival is None])
    for number, message in new:
        if message.arrival is not None:
            arrivals.put(db, message.arrival.number, number)
    place_holders.note(db, [(number, message.held) for number, message in new if message.held is not None])


def _insert_raw(db: Database, new: Sequence[tuple[int, bytes]]) -> None:
    """Small ones all at once."""
    db.many("INSERT INTO raw(message, bytes) VALUES (?, ?)", [one for one in new if len(one[1]) > MAX_SMALL_BYTES])
    db.for_each_piece(
        f"INSERT INTO raw(message, bytes) SELECT value ->> 2, {PIECE} FROM json_each(?1)",
        [(raw, (number,)) for number, raw in new if len(raw) <= MAX_SMALL_BYTES],
    )


def raw(db: Database, message_id: int) -> bytes | None:
    """The message as it came, None when it is not here."""
    found: bytes | None = db.value("SELECT bytes FROM raw WHERE message = ?", (message_id,))
    return found


def raw_and_sender(db: Database, message_id: int, max_bytes: int) -> tuple[bytes | None, str] | None:
    """The message as it came, None when it is larger than `max_bytes` (see `raw_pieces`), and the key of the sender
    that the list shows; None when it is not here."""
    return db.one(
        "SELECT CASE WHEN length(bytes) <= ?2 THEN bytes END, sender_key FROM raw JOIN detail ON detail.message ="
        " raw.message WHERE raw.message = ?1",
        (message_id, max_bytes),
    )


def raw_size(db: Database, message_id: int) -> int:
    """How many bytes of the message are here."""
    return int(db.value("SELECT length(bytes) FROM raw WHERE message = ?", (message_id,), 0))


def raw_pieces(db: Database, message_id: int, piece_bytes: int) -> Iterator[bytes]:
    """The message as it came, piece by piece."""
    return db.read_blob("raw", message_id, piece_bytes)


def row(db: Database, message_id: int) -> Row | None:
    """The message's line in the list."""
    found = db.one(f"SELECT {ROW_COLUMNS} FROM message WHERE id = ?", (message_id,))
    return read_row(found) if found else None


def read_row(columns: tuple[int, int, int, str | None, str, int, str, str, str]) -> Row:
    """A `Row` from `ROW_COLUMNS`."""
    number, date, flags, sig, enc, attachments, sender, subject, preview = columns
    return Row(number, date, flags, sig, enc, bool(attachments), sender, subject, preview)


def place(db: Database, message_id: int) -> Place | None:
    """Where the message is, and its flags as shown."""
    found = db.one("SELECT folder, home, uid, flags FROM message WHERE id = ?", (message_id,))
    return Place(*found) if found else None


def details(db: Database, message_id: int) -> Details | None:
    """What the header said of the message."""
    found = db.one(
        "SELECT message_id, reference_ids, sender_key, recipients, internal_date, size FROM detail WHERE message = ?",
        (message_id,),
    )
    if found is None:
        return None
    own_id, references, sender_key, recipients, internal_date, size = found
    return Details(own_id, tuple(references.split()), sender_key, recipients, internal_date, size)


def find_message_id(db: Database, header: str, folder_id: int | None = None) -> tuple[int, ...]:
    """Messages with this Message-ID header (with angle brackets), newest number first."""
    rows = db.all(
        "SELECT message FROM detail JOIN message ON message.id = detail.message WHERE detail.message_id = ?1"
        " AND (?2 IS NULL OR message.folder = ?2) ORDER BY message DESC",
        (header, folder_id),
    )
    return tuple(found[0] for found in rows)


def uids(db: Database, folder_id: int) -> dict[int, int]:
    """UID to shown flags of everything that the server has in this folder as far as we know, also what is moved or
    deleted here and not yet there."""
    return dict(db.all("SELECT uid, flags FROM message WHERE home = ? AND uid IS NOT NULL", (folder_id,)))


def count_at_home(db: Database, folder_id: int) -> int:
    """How many messages `uids` would name, without counting them: what is shown here, but for the few that a waiting
    change or a snooze shows in another place than their home, and those that wait for a UID."""
    return int(
        db.value(
            "SELECT total + (SELECT coalesce(sum((home = ?1) - (folder IS ?1)), 0) FROM message"
            " WHERE folder IS NOT home AND id IN (SELECT message FROM change UNION SELECT message FROM snooze))"
            " - (SELECT count(*) FROM message WHERE home = ?1 AND uid IS NULL) FROM folder WHERE id = ?1",
            (folder_id,),
            0,
        )
    )


def highest_uid(db: Database, folder_id: int) -> int:
    """The highest of `uids`, 0 when there is none."""
    return int(db.value("SELECT max(uid) FROM message WHERE home = ?", (folder_id,)) or 0)


def uids_between(db: Database, folder_id: int, low: int, high: int) -> dict[int, int]:
    """The part of `uids` from `low` to `high`."""
    return dict(db.all("SELECT uid, flags FROM message WHERE home = ? AND uid BETWEEN ? AND ?", (folder_id, low, high)))


def uids_among(db: Database, folder_id: int, wanted: Iterable[int]) -> dict[int, int]:
    """The part of `uids` that is among `wanted`."""
    return dict(
        db.all(
            f"SELECT uid, flags FROM message WHERE home = ? AND uid {AMONG}",
            (folder_id, json.dumps(list(wanted))),
        )
    )


def by_uid(db: Database, folder_id: int, uid: int) -> int | None:
    """The number of the message with this UID at home in this folder."""
    found: int | None = db.value("SELECT id FROM message WHERE home = ? AND uid = ?", (folder_id, uid))
    return found


def newest(db: Database, folder_id: int, limit: int) -> tuple[Row, ...]:
    """The first rows of a folder's list."""
    rows = db.all(
        f"SELECT {ROW_COLUMNS} FROM message WHERE folder = ? ORDER BY date DESC, id DESC LIMIT ?", (folder_id, limit)
    )
    return tuple(read_row(found) for found in rows)


def set_server_flags(db: Database, folder_id: int, flags: Mapping[int, int]) -> int:
    """Take over flags (by UID) as the server has them. Local changes that wait for their turn stay on top. How many
    messages look different now."""
    return db.for_each(_MERGE_FLAGS, list(flags.items()), folder_id)


def remove_vanished(db: Database, folder_id: int, vanished: Iterable[int]) -> int:
    """Remove messages (by UID) that the server has no longer, with every local change that waited for them."""
    with db.transaction():
        removed = db.run(
            f"DELETE FROM message WHERE home = ? AND uid {AMONG}",
            (folder_id, json.dumps(list(vanished))),
        )
        threads.settle(db)
    return removed


def remove(db: Database, message_ids: Iterable[int]) -> int:
    """Remove messages from the store alone; the server is not told."""
    with db.transaction():
        removed = db.run(f"DELETE FROM message WHERE id {AMONG}", (json.dumps(list(message_ids)),))
        threads.settle(db)
    return removed


def folders_of(db: Database, message_ids: Iterable[int]) -> tuple[int, ...]:
    """The folders in which these messages are shown."""
    rows = db.all(
        f"SELECT DISTINCT folder FROM message WHERE folder IS NOT NULL AND id {AMONG}",
        (json.dumps(list(message_ids)),),
    )
    return tuple(found[0] for found in rows)
