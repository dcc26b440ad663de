"""The list of a folder by conversations: the one with the newest message first, each folded into its newest message.

The counts of a conversation are kept by triggers, and a page is one seek in an index: a million rows fold as fast as
ten.
"""

import bisect

from msgspec import Struct

from tui_mail.model.message import Row
from tui_mail.store.database import Database
from tui_mail.store.messages import ROW_COLUMNS, read_row
from tui_mail.store.window import MessageWindow, Refreshed

MAX_UNFOLDED = 200
"""More conversations than these are not unfolded at once: the oldest folds again."""
MAX_MEMBERS = 1_000


class Fold(Struct, frozen=True):
    """What a line stands for. `total` and `unread` count the conversation's messages in this folder; `inside` is True
    for the lines that unfolding has added below."""

    thread: int
    total: int
    unread: int
    unfolded: bool = False
    inside: bool = False


class _Heads(MessageWindow):
    """The newest message of every conversation of a folder."""

    @property
    def revision(self) -> int:
        """Grows with every change of the folder."""
        return self._revision

    def _facts(self) -> tuple[int, int, int, int]:
        found = self._db.one(
            "SELECT conversations, unread, revision, shape FROM folder WHERE id = ?", (self.folder_id,)
        )
        return (found[0], found[1], found[2], found[3]) if found else (0, 0, 0, 0)

    def _position(self, message_id: int) -> int | None:
        found = self._db.one(
            "SELECT conversation.date, newest FROM message JOIN conversation ON conversation.folder = message.folder"
            " AND conversation.thread = message.thread WHERE message.id = ? AND message.folder = ?",
            (message_id, self.folder_id),
        )
        if found is None:
            return None
        above = "SELECT count(*) FROM conversation WHERE folder = ? AND (date, newest) > (?, ?)"
        return int(self._db.value(above, (self.folder_id, *found)))

    def _after(self, key: tuple[int, int], count: int, skip: int) -> tuple[str, tuple[int, ...]]:
        return (
            "SELECT newest FROM conversation WHERE folder = ? AND (date, newest) < (?, ?)"
            " ORDER BY date DESC, newest DESC LIMIT ? OFFSET ?",
            (self.folder_id, *key, count, skip),
        )

    def _from_end(self, count: int, skip: int) -> tuple[str, tuple[int, ...]]:
        return (
            "SELECT newest FROM conversation WHERE folder = ? ORDER BY date, newest LIMIT ? OFFSET ?",
            (self.folder_id, count, skip),
        )


class ThreadWindow:
    """A `Window` of conversations. Messages that are in no thread yet are not here; that passes within a moment."""

    def __init__(self, db: Database, folder_id: int) -> None:
        self.folder_id = folder_id
        self._db = db
        self._heads = _Heads(db, folder_id)
        # Unfolded conversations by thread: the older messages, newest first. `_places`: where their heads stand among
        # the heads, ascending, and how many lines were added up to and with each.
        self._unfolded: dict[int, tuple[Row, ...]] = {}
        self._places: list[int] = []
        self._threads: list[int] = []
        self._added: list[int] = []
        self._lay_out()

    @property
    def unread(self) -> int:
        """Unread messages of the folder."""
        return self._heads.unread

    @property
    def total(self) -> int:
        """How many lines there are."""
        return self._heads.total + (self._added[-1] if self._added else 0)

    def row(self, index: int) -> Row | None:
        """The message of a line: the newest of its conversation, or an older one where that is unfolded."""
        head, older = self._place(index)
        if older is None:
            return self._heads.row(head)
        return self._unfolded[self._threads[bisect.bisect_left(self._places, head)]][older]

    def fold(self, index: int) -> Fold | None:
        """What a line stands for; None beyond the end."""
        row = self.row(index)
        if row is None:
            return None
        found = self._db.one(
            "SELECT conversation.thread, total, conversation.unread FROM message JOIN conversation"
            " ON conversation.folder = message.folder AND conversation.thread = message.thread WHERE message.id = ?",
            (row.id,),
        )
        if found is None:
            return None
        return Fold(
            thread=found[0],
            total=found[1],
            unread=found[2],
            unfolded=found[0] in self._unfolded,
            inside=self._place(index)[1] is not None,
        )

    def turn(self, index: int) -> bool:
        """Unfold the conversation of a line, or fold it; whether lines came or went."""
        fold = self.fold(index)
        if fold is None or fold.total < 2:
            return False
        if fold.unfolded:
            del self._unfolded[fold.thread]
        else:
            self._unfolded[fold.thread] = ()
            while len(self._unfolded) > MAX_UNFOLDED:
                del self._unfolded[next(iter(self._unfolded))]
        self._lay_out()
        return True

    def index_of(self, message_id: int) -> int | None:
        """The line of a message, or of the conversation into which it is folded; None when it is not in this folder."""
        head = self._heads.index_of(message_id)
        if head is None:
            return None
        position = bisect.bisect_left(self._places, head)
        line = head + (self._added[position - 1] if position else 0)
        if position < len(self._places) and self._places[position] == head:
            older = self._unfolded[self._threads[position]]
            line += next((place for place, row in enumerate(older, 1) if row.id == message_id), 0)
        return line

    def refresh(self) -> Refreshed:
        """Look whether the store has changed, and forget what is stale. A change of a message that is folded away
        changes the counts of a line, so that the lines are to be drawn anew."""
        before = self._heads.revision
        found = self._heads.refresh()
        if self._heads.revision == before:
            return found
        self._lay_out()
        return Refreshed(True, found.changed)

    def _place(self, index: int) -> tuple[int, int | None]:
        """The head of a line, and which of the older messages it is, None for the head itself."""
        start, added = 0, 0
        for place, after in zip(self._places, self._added, strict=True):
            if index <= place + added:
                break
            if index <= place + after:
                return place, index - place - added - 1
            start, added = place, after
        return max(start, index - added), None

    def _lay_out(self) -> None:
        found = []
        for thread in tuple(self._unfolded):
            rows = self._db.all(
                f"SELECT {ROW_COLUMNS} FROM message WHERE folder = ? AND thread = ?"  # noqa: S608 constants
                " ORDER BY date DESC, id DESC LIMIT ?",
                (self.folder_id, thread, MAX_MEMBERS),
            )
            head = self._heads.index_of(rows[0][0]) if rows else None
            if head is None or len(rows) < 2:
                del self._unfolded[thread]
                continue
            self._unfolded[thread] = tuple(read_row(row) for row in rows[1:])
            found.append((head, thread, len(rows) - 1))
        found.sort()
        self._places = [head for head, _thread, _count in found]
        self._threads = [thread for _head, thread, _count in found]
        self._added = []
        for _head, _thread, count in found:
            self._added.append(count + (self._added[-1] if self._added else 0))
