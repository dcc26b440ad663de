"""The writing half of the store, for the engine: a connection for each thread, and transactions.

Every other file of this room holds functions whose first argument is a `Database`. One alone is its own transaction;
several inside ``with store.write() as db:`` are one, and survive a power loss together or not at all::

    with store.write() as db:
        new = messages.save_messages(db, folder, incoming)
        folders.set_server_state(db, folder, uidvalidity=7, uidnext=42)
    raw = messages.raw(store.database, new[0])
"""

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_mail.model.errors import StoreDamaged
from tui_mail.store.database import BUSY_SECONDS, Database, open_database
from tui_mail.store.schema import migrate, version


class Store:
    """The mail store of one profile."""

    def __init__(
        self, path: Path | str, key: bytes | None, *, create: bool = False, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        """Open, and bring to the newest shape. With `create` an empty store is made when there is none.

        Raises StoreDamaged (wrong key, broken file), StoreBusy (held by another program), StoreFull, StoreError.
        """
        self.path = Path(path)
        self._key = key
        self._busy_seconds = busy_seconds
        self._local = threading.local()
        self._open: weakref.WeakSet[Database] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._create = create
        if not create and version(self.database) == 0:
            self.close()  # every store has a shape: a file without one was emptied by somebody else
            raise StoreDamaged("The mail store is empty: the file was damaged. Restore it from a backup.")
        migrate(self.database)
        self._create = False

    @property
    def database(self) -> Database:
        """The connection of the calling thread."""
        database: Database | None = getattr(self._local, "database", None)
        if database is None:
            database = open_database(self.path, self._key, create=self._create, busy_seconds=self._busy_seconds)
            self._local.database = database
            with self._lock:
                self._open.add(database)
        return database

    @contextmanager
    def write(self) -> Iterator[Database]:
        """One transaction around everything inside; on disk when it ends."""
        database = self.database
        with database.transaction():
            yield database

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for database in list(self._open):
                database.close()
        self._local = threading.local()
