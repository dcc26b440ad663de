"""One SQLite connection: how it is opened, and the one place where its errors become ours.

The law: no apsw exception leaves this room; everything runs through `Database`.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import apsw
import msgspec

from tui_mail.model.errors import StoreBusy, StoreDamaged, StoreError, StoreFull

KEY_SIZE_BYTES = 32
BUSY_SECONDS = 5.0
CACHE_KIB = 12_288
CHECKPOINT_PAGES = 4_000

AMONG = "IN (SELECT value FROM json_each(?))"
"""Behind a column: any number of values, as one JSON array."""

PIECE = "coalesce(substr(?2, value ->> 0, value ->> 1), x'')"
"""The bytes of a row of `Database.for_each_piece`."""

_NOTHING = "SELECT NULL WHERE 0"

Values = Sequence[Any]


class Database:
    """A connection with four verbs: `all`, `one`, `run`, `many`; and `transaction` around what must hold together.

    One thread at a time uses one of these.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        # One for everything, never left half read. QUIRK: each cursor that goes keeps 200 bytes, or a reference to
        # another one, for ever (apsw 3.54); and to make one costs as much as a short question.
        self._cursor = connection.cursor()
        self._spoiled = False

    def all(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        try:
            return self._cursor.execute(sql, values).fetchall()
        except apsw.Error as error:
            translate(error)

    def one(self, sql: str, values: Values = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        try:
            row: tuple[Any, ...] | None = self._cursor.execute(sql, values).fetchone()
            if row is not None and self._cursor.fetchone() is not None:
                self._cursor.execute(_NOTHING).fetchall()  # ends the question, and its hold on the file
        except apsw.Error as error:
            translate(error)
        return row

    def value(self, sql: str, values: Values = (), default: Any = None) -> Any:
        """The first column of the first row."""
        row = self.one(sql, values)
        return default if row is None else row[0]

    def run(self, sql: str, values: Values = ()) -> int:
        """Change something; how many rows it touched itself (not by its triggers)."""
        try:
            self._cursor.execute(sql, values).fetchall()
        except apsw.Error as error:
            translate(error)
        return self._connection.changes()

    def insert(self, sql: str, values: Values = ()) -> int:
        """Insert one row; its number."""
        try:
            self._cursor.execute(sql, values).fetchall()
        except apsw.Error as error:
            translate(error)
        return self._connection.last_insert_rowid()

    def many(self, sql: str, rows: Iterable[Values]) -> None:
        """The same statement for every row."""
        try:
            self._cursor.executemany(sql, list(rows))
        except apsw.Error as error:
            translate(error)

    def for_each(self, sql: str, rows: Sequence[Values], *values: Any) -> int:
        """One statement for all rows, which it finds in ``json_each(?1)``: the first column is ``value ->> 0``, one of
        few bytes ``unhex(value ->> n)`` and handed over as ``hex()``. `values` are ?2 and so on.

        `many` lets other threads run before each row, and when they are busy waits as often to be let in again. How
        many rows of the store it touched itself."""
        return self.run(sql, (msgspec.json.encode(rows).decode(), *values)) if rows else 0

    def for_each_piece(self, sql: str, rows: Sequence[tuple[bytes, Values]]) -> int:
        """As `for_each`, for rows with bytes or a long text, which `sql` finds as `PIECE`; the other columns begin at
        ``value ->> 2``. SQLite would read through what stands in JSON several times."""
        places: list[Values] = []
        position = 1
        for piece, others in rows:
            places.append((position, len(piece), *others))
            position += len(piece)
        return self.for_each(sql, places, b"".join([piece for piece, _ in rows]))

    def write_blob(self, table: str, row: int, pieces: Iterable[bytes]) -> None:
        """Fill the column `bytes` of a row, which has its length already, without holding all of it."""
        try:
            with self._connection.blob_open("main", table, "bytes", row, True) as blob:
                for piece in pieces:
                    blob.write(piece)
        except apsw.Error as error:
            translate(error)

    def read_part(self, table: str, row: int, start: int, count: int) -> bytes:
        """`count` bytes at most of the column `bytes` of a row. Raises StoreError when the row is gone."""
        try:
            with self._connection.blob_open("main", table, "bytes", row, False) as blob:
                blob.seek(min(start, blob.length()))
                part = blob.read(count)
        except apsw.Error as error:
            translate(error)
        return part

    def read_blob(self, table: str, row: int, piece_bytes: int) -> Iterator[bytes]:
        """The column `bytes` of a row, piece by piece. Raises StoreError when the row is gone, or goes."""
        try:
            with self._connection.blob_open("main", table, "bytes", row, False) as blob:
                while piece := blob.read(piece_bytes):
                    yield piece
        except apsw.Error as error:
            translate(error)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable when it ends. Inside another transaction it is a part of that one, and a failure
        undoes this part alone."""
        nested = self._connection.in_transaction
        self.run("SAVEPOINT part" if nested else "BEGIN IMMEDIATE")
        try:
            yield
            if self._spoiled:
                raise StoreError("A part of what was to be stored together failed. Nothing of it was stored.")
            self.run("RELEASE part" if nested else "COMMIT")
        except BaseException:
            self._spoiled = False
            # A full disk may have ended the transaction already; then there is nothing left to undo.
            if self._connection.in_transaction:
                self.run("ROLLBACK TO part" if nested else "ROLLBACK")
                if nested:
                    self.run("RELEASE part")
            raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """As `transaction`; inside another one without a mark of its own to go back to, so that a failure undoes all of
        that one, whatever becomes of the exception. For many rows: inside a mark SQLite walks through everything that
        was written since, once for every statement."""
        if not self._connection.in_transaction:
            with self.transaction():
                yield
            return
        try:
            yield
        except BaseException:
            self._spoiled = True
            raise

    def close(self) -> None:
        """Close the connection; a second time does nothing."""
        try:
            self._connection.close()
        except apsw.Error as error:
            translate(error)

    def __del__(self) -> None:
        """QUIRK: a connection with a cursor does not close when it is forgotten (apsw 3.54)."""
        with suppress(Exception):
            self._connection.close()


def open_database(
    path: Path,
    key: bytes | None,
    *,
    create: bool = False,
    read_only: bool = False,
    busy_seconds: float = BUSY_SECONDS,
) -> Database:
    """Open the file at `path` with the raw 32-byte `key` (None: a plain file, for measurements only).

    Raises:
        StoreDamaged: the key does not fit, or the file is no database.
        StoreBusy: somebody else holds it.
        StoreError: it is not there or cannot be opened.
    """
    if key is not None and len(key) != KEY_SIZE_BYTES:
        raise StoreDamaged("The key of the mail store has the wrong length.")
    if create:
        _make_private_file(path)
    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE
    try:
        connection = apsw.Connection(str(path), flags=flags)
    except apsw.Error as error:
        translate(error)
    database = Database(connection)
    try:
        connection.set_busy_timeout(int(busy_seconds * 1000))
        unlock(connection, key)
        database.one("SELECT count(*) FROM sqlite_schema")
        if not read_only:
            database.all("PRAGMA journal_mode = WAL")
            database.all("PRAGMA synchronous = FULL")
            database.all(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        database.all("PRAGMA foreign_keys = ON")
        database.all(f"PRAGMA cache_size = -{CACHE_KIB}")
    except BaseException:
        database.close()
        raise
    return database


def unlock(connection: apsw.Connection, key: bytes | None) -> None:
    """Hand the raw key to the cipher; ``raw:`` skips the key derivation, which would cost 35 ms."""
    if key is not None:
        try:
            connection.execute("PRAGMA cipher = 'aegis'").fetchall()
            connection.execute(f"PRAGMA key = 'raw:{key.hex()}'").fetchall()
        except apsw.Error as error:
            translate(error)


def _make_private_file(path: Path) -> None:
    """An empty file that only its owner may read; SQLite gives its companions the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR))
    except OSError as error:
        raise StoreError(f"The mail store {path} cannot be made: {error.strerror}.") from error


def translate(error: apsw.Error) -> NoReturn:
    """Raise ours for theirs."""
    match error:
        case apsw.FullError():
            raise StoreFull("The disk is full. Make room, then try again; nothing was lost.") from error
        case apsw.BusyError() | apsw.LockedError():
            raise StoreBusy("Another program holds the mail store. End it, then try again.") from error
        case apsw.NotADBError() | apsw.CorruptError():
            raise StoreDamaged(
                "The mail store cannot be read: the key does not fit, or the file is damaged. Restore it from a backup."
            ) from error
        case apsw.ReadOnlyError() | apsw.PermissionsError():
            raise StoreError("The mail store may only be read. Check the owner and mode of its folder.") from error
        case apsw.CantOpenError():
            raise StoreError("The mail store cannot be opened: it is not there, or may not be read.") from error
        case apsw.IOError():
            raise StoreError("The disk reported an error while the mail store was used.") from error
    raise StoreError(f"The mail store refused: {error}") from error
