"""The read-only half of the store, for the interface: a connection that cannot write, and windows into lists.

Everything here is foreign text at first hand: the interface cleans it before it draws.
"""

from pathlib import Path

from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import DraftEntry, OutboxEntry, Row
from tui_mail.model.security import MessageSecurity
from tui_mail.store import drafts, folders, judgements, messages, outbox, search, threads
from tui_mail.store.database import open_database
from tui_mail.store.gathered_window import GatheredWindow
from tui_mail.store.thread_window import Fold, ThreadWindow
from tui_mail.store.window import MessageWindow, Refreshed, SearchWindow, Window

__all__ = [
    "Fold",
    "GatheredWindow",
    "MessageWindow",
    "ReadStore",
    "Refreshed",
    "SearchWindow",
    "ThreadWindow",
    "Window",
]


class ReadStore:
    """The mail store of one profile, for looking only. Used by one thread."""

    def __init__(self, path: Path | str, key: bytes | None) -> None:
        """Raises StoreDamaged (wrong key, broken file) or StoreError (not there)."""
        self._path, self._key = Path(path), key
        self._db = open_database(self._path, key, read_only=True)
        self._data_version = -1

    def twin(self) -> "ReadStore":
        """The same mail on a connection of its own, for another thread."""
        return ReadStore(self._path, self._key)

    def folders(self) -> list[Folder]:
        """All folders with their counts: by account, special ones first, then by name."""
        return list(folders.folders(self._db))

    def count(self, folder_id: int) -> tuple[int, int]:
        """(total, unread) of a folder; zeros when it is gone."""
        found = self._db.one("SELECT total, unread FROM folder WHERE id = ?", (folder_id,))
        return (found[0], found[1]) if found else (0, 0)

    def window(self, folder_id: int) -> MessageWindow:
        """The list of a folder, newest first."""
        return MessageWindow(self._db, folder_id)

    def search(self, query: str, folder_id: int | None = None, found: list[int] | None = None) -> SearchWindow:
        """What matches what a person typed (see ``store.search``), in one folder or everywhere.

        `found` is what `find` of a twin gave: then nothing is searched here, however often the store changes.
        """
        return SearchWindow(self._db, search.parse_query(query), folder_id, found)

    def find(self, query: str, open_folder: int | None = None) -> list[int]:
        """The numbers of the messages that match; all that takes long in a search. Words are looked for everywhere;
        filters and orders alone, or ``in:here``, stay in the open folder."""
        wanted = search.parse_query(query)
        return SearchWindow.find(self._db, wanted, open_folder if wanted.stays else None)

    def threads(self, folder_id: int) -> ThreadWindow:
        """The list of a folder by conversations, the one with the newest message first."""
        return ThreadWindow(self._db, folder_id)

    def inboxes(self) -> GatheredWindow:
        """The inboxes of all accounts as one list, newest first."""
        found = [folder.id for folder in folders.folders(self._db) if folder.role is FolderRole.INBOX]
        return GatheredWindow(self._db, found)

    def conversation(self, message_id: int) -> list[Row]:
        """The messages of a conversation in all folders of its account, oldest first; the message alone while it is in
        no thread."""
        found = [messages.row(self._db, number) for number in threads.conversation(self._db, message_id)]
        return [row for row in found if row is not None]

    def drafts(self) -> list[DraftEntry]:
        """Every unfinished message of this computer, changed last first."""
        return list(drafts.entries(self._db))

    def row(self, message_id: int) -> Row | None:
        """One message's line, wherever it is."""
        return messages.row(self._db, message_id)

    def folder_of(self, message_id: int) -> int | None:
        """The folder in which a message is shown; None when it is gone or hidden."""
        place = messages.place(self._db, message_id)
        return place.folder if place is not None else None

    def size_of(self, message_id: int) -> int:
        """The octets of a message on the server; 0 when it is gone."""
        details = messages.details(self._db, message_id)
        return details.size_bytes if details is not None else 0

    def security(self, message_id: int) -> MessageSecurity | None:
        """The stored evidence of one message, None while it is not judged."""
        return judgements.security(self._db, message_id)

    def outbox(self) -> list[OutboxEntry]:
        """Everything not yet filed, oldest first."""
        return list(outbox.entries(self._db))

    def changed(self) -> bool:
        """Whether anything was written since this was last asked. Costs a few microseconds."""
        before, self._data_version = self._data_version, self._db.value("PRAGMA data_version")
        return bool(self._data_version != before)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
