"""Messages at home in a folder that wait for their UID: they were moved there on a server that did not say it.

The law: one is known again by its bytes. A place holder is so only by another place holder, never by a message that has
the same bytes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

import msgspec

from tui_mail.model.message import HeldBack
from tui_mail.store import arrivals
from tui_mail.store.database import Database

_PIECE_BYTES = 1_000_000


def numbers(db: Database, folder_id: int) -> frozenset[int]:
    """Which they are. A look into the folder gives them their UID."""
    rows = db.all("SELECT id FROM message WHERE home = ? AND uid IS NULL", (folder_id,))
    return frozenset(found[0] for found in rows)


def sizes(db: Database, folder_id: int) -> tuple[frozenset[int], frozenset[int]]:
    """Their sizes in bytes on the server: of those that are here whole, and of those that are place holders. Each is
    known again only when it comes in the same form."""
    rows = db.all(
        "SELECT size, held FROM message JOIN detail ON detail.message = message.id"
        " LEFT JOIN place_holder ON place_holder.message = message.id WHERE home = ? AND uid IS NULL",
        (folder_id,),
    )
    whole = frozenset(size for size, held in rows if held is None)
    return whole, frozenset(msgspec.json.decode(held, type=HeldBack).size_bytes for _, held in rows if held is not None)


class Waiting:
    """Those of one folder, to be taken one by one. Only bytes of the same length are compared, so that nothing is read
    as long as none waits."""

    def __init__(self, db: Database, folder_id: int) -> None:
        self._db = db
        self._by_size: dict[tuple[int, bool], list[int]] = defaultdict(list)
        self._by_digest: dict[tuple[bytes, bool], list[int]] = defaultdict(list)
        rows = db.all(
            "SELECT size, place_holder.message IS NOT NULL, id FROM message JOIN detail ON detail.message = message.id"
            " LEFT JOIN place_holder ON place_holder.message = message.id"
            " WHERE message.home = ? AND message.uid IS NULL ORDER BY id",
            (folder_id,),
        )
        for size, held, number in rows:
            self._by_size[size, bool(held)].append(number)

    def take(self, raw: bytes, *, held: bool, size_bytes: int, arrival: int | None = None) -> int | None:
        """The number of one with these bytes, which waits no longer. With `arrival` the bytes are what came under that
        number; `held`: they are a place holder."""
        if (size_bytes, held) not in self._by_size:
            return None
        for number in self._by_size[size_bytes, held]:
            self._by_digest[_digest(self._db.read_blob("raw", number, _PIECE_BYTES)), held].append(number)
        self._by_size[size_bytes, held].clear()
        came: Iterable[bytes] = [raw] if arrival is None else arrivals.pieces(self._db, arrival)
        found = self._by_digest.get((_digest(came), held))
        return found.pop() if found else None


def _digest(pieces: Iterable[bytes]) -> bytes:
    state = hashlib.sha256()
    for piece in pieces:
        state.update(piece)
    return state.digest()
