"""One list out of several folders, such as the inboxes of all accounts.

Each page is merged from one seek in the index (folder, date, id) for every folder, so that it costs as much as there
are folders and nothing depends on how full they are.
"""

from collections.abc import Sequence

from tui_mail.store.database import Database
from tui_mail.store.window import MessageWindow

MAX_FOLDERS = 32


class GatheredWindow(MessageWindow):
    """The messages of several folders in one list, newest first. `folder_id` is that of the first of them."""

    def __init__(self, db: Database, folder_ids: Sequence[int]) -> None:
        self.folder_ids = tuple(folder_ids)[:MAX_FOLDERS]
        super().__init__(db, self.folder_ids[0] if self.folder_ids else 0)

    def _facts(self) -> tuple[int, int, int, int]:
        found = [
            self._db.one("SELECT total, unread, revision, shape FROM folder WHERE id = ?", (folder,))
            for folder in self.folder_ids
        ]
        known = [row for row in found if row is not None]
        return (
            sum(row[0] for row in known),
            sum(row[1] for row in known),
            sum(row[2] for row in known),
            sum(row[3] for row in known),
        )

    def _position(self, message_id: int) -> int | None:
        found = self._db.one("SELECT date, folder FROM message WHERE id = ?", (message_id,))
        if found is None or found[1] not in self.folder_ids:
            return None
        above = "SELECT count(*) FROM message WHERE folder = ? AND (date, id) > (?, ?)"
        return sum(int(self._db.value(above, (folder, found[0], message_id))) for folder in self.folder_ids)

    def _after(self, key: tuple[int, int], count: int, skip: int) -> tuple[str, tuple[int, ...]]:
        one = (
            "SELECT * FROM (SELECT date, id FROM message WHERE folder = ? AND (date, id) < (?, ?)"
            " ORDER BY date DESC, id DESC LIMIT ?)"
        )
        values = [value for folder in self.folder_ids for value in (folder, *key, skip + count)]
        return self._merged(one, "DESC", values, count, skip)

    def _from_end(self, count: int, skip: int) -> tuple[str, tuple[int, ...]]:
        one = "SELECT * FROM (SELECT date, id FROM message WHERE folder = ? ORDER BY date, id LIMIT ?)"
        values = [value for folder in self.folder_ids for value in (folder, skip + count)]
        return self._merged(one, "", values, count, skip)

    def _merged(
        self, one: str, order: str, values: Sequence[int], count: int, skip: int
    ) -> tuple[str, tuple[int, ...]]:
        if not self.folder_ids:
            return "SELECT id FROM message WHERE false", ()
        every = " UNION ALL ".join([one] * len(self.folder_ids))
        query = f"SELECT id FROM ({every}) ORDER BY date {order}, id {order} LIMIT ? OFFSET ?"  # noqa: S608 constants
        return query, (*values, count, skip)
