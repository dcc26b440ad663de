"""Lists of any length as the interface needs them: a total, and the row at an index, without reading what is between.

A folder of a million rows opens in under a millisecond: the total is kept by triggers, and the first page is one seek
in the index (folder, date, id). Farther pages seek from the nearest page that was visited, or from the end.
"""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound.

import bisect
from collections import OrderedDict
from typing import Protocol

from msgspec import Struct

from tui_mail.model.message import Row
from tui_mail.store.database import Database
from tui_mail.store.messages import ROW_COLUMNS, read_row
from tui_mail.store.search import Query

PAGE_ROWS = 64
MAX_PAGES = 64
COMPARED_PAGES = 4
BEFORE_FIRST = (1 << 62, 1 << 62)


class Refreshed(Struct, frozen=True):
    """What `refresh` found: nothing (False, empty), rows that look different, or rows that came, went or moved."""

    reordered: bool = False
    changed: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.reordered or bool(self.changed)


class Window(Protocol):
    """What the list widget needs to know of a list."""

    @property
    def total(self) -> int:
        """How many rows there are."""
        ...

    def row(self, index: int) -> Row | None:
        """The row at an index from 0, None beyond the end."""
        ...

    def index_of(self, message_id: int) -> int | None:
        """Where a message stands, None when it is not in the list."""
        ...

    def refresh(self) -> Refreshed:
        """Look whether the store has changed, and forget what is stale."""
        ...


class MessageWindow:
    """The messages of one folder, newest first."""

    def __init__(self, db: Database, folder_id: int) -> None:
        self.folder_id = folder_id
        self.total = 0
        self.unread = 0
        self._db = db
        self._revision = self._shape = -1
        self._data_version = -1
        self._pages: OrderedDict[int, list[Row]] = OrderedDict()
        # Where pages that were visited end: indexes, and the (date, id) that stand there.
        self._anchor_indexes = [-1]
        self._anchor_keys = [BEFORE_FIRST]
        self.refresh()

    def row(self, index: int) -> Row | None:
        """The row at an index from 0, None beyond the end."""
        if not 0 <= index < self.total:
            return None
        page, offset = divmod(index, PAGE_ROWS)
        rows = self._page(page)
        return rows[offset] if offset < len(rows) else None

    def index_of(self, message_id: int) -> int | None:
        """Where a message stands, None when it is not in this folder."""
        for page, rows in self._pages.items():
            for offset, row in enumerate(rows):
                if row.id == message_id:
                    return page * PAGE_ROWS + offset
        return self._position(message_id)

    def refresh(self) -> Refreshed:
        """Look whether the store has changed. Costs 20 µs when nothing has."""
        data_version = self._db.value("PRAGMA data_version")
        if data_version == self._data_version:
            return Refreshed()
        self._data_version = data_version
        total, unread, revision, shape = self._facts()
        if revision == self._revision and shape == self._shape:
            return Refreshed()
        before = {row.id: row for page in list(self._pages)[-COMPARED_PAGES:] for row in self._pages[page]}
        reordered = shape != self._shape
        compared = list(self._pages)[-COMPARED_PAGES:]
        self.total, self.unread, self._revision, self._shape = total, unread, revision, shape
        self._pages.clear()
        if reordered:
            del self._anchor_indexes[1:], self._anchor_keys[1:]
        after = {row.id: row for page in compared if page * PAGE_ROWS < total for row in self._page(page)}
        changed = frozenset(number for number, row in after.items() if number in before and before[number] != row)
        return Refreshed(reordered, changed)

    def _page(self, page: int) -> list[Row]:
        rows = self._pages.get(page)
        if rows is not None:
            self._pages.move_to_end(page)
            return rows
        rows = self._read(page * PAGE_ROWS)
        self._pages[page] = rows
        if len(self._pages) > MAX_PAGES:
            self._pages.popitem(last=False)
        return rows

    def _read(self, start: int) -> list[Row]:
        nearest = bisect.bisect_right(self._anchor_indexes, start - 1) - 1
        skip = start - 1 - self._anchor_indexes[nearest]
        behind = self.total - start
        if skip <= behind:
            numbers, values = self._after(self._anchor_keys[nearest], PAGE_ROWS, skip)
        else:
            count = min(PAGE_ROWS, behind)
            numbers, values = self._from_end(count, behind - count)
        # The inner query walks the index alone; only the rows that are shown are looked up.
        found = self._db.all(
            f"SELECT {ROW_COLUMNS} FROM message WHERE id IN ({numbers}) ORDER BY date DESC, id DESC", values
        )
        rows = [read_row(columns) for columns in found]
        if rows:
            end = start + len(rows) - 1
            position = bisect.bisect_left(self._anchor_indexes, end)
            if position == len(self._anchor_indexes) or self._anchor_indexes[position] != end:
                self._anchor_indexes.insert(position, end)
                self._anchor_keys.insert(position, (rows[-1].date, rows[-1].id))
        return rows

    # ---- what is listed

    def _facts(self) -> tuple[int, int, int, int]:
        """How many, how many unread, and two numbers that grow with every change and with every change of order."""
        found = self._db.one("SELECT total, unread, revision, shape FROM folder WHERE id = ?", (self.folder_id,))
        return (found[0], found[1], found[2], found[3]) if found else (0, 0, 0, 0)

    def _position(self, message_id: int) -> int | None:
        found = self._db.one("SELECT date FROM message WHERE id = ? AND folder = ?", (message_id, self.folder_id))
        if found is None:
            return None
        return int(
            self._db.value(
                "SELECT count(*) FROM message WHERE folder = ? AND (date, id) > (?, ?)",
                (self.folder_id, found[0], message_id),
            )
        )

    def _after(self, key: tuple[int, int], count: int, skip: int) -> tuple[str, tuple[int, ...]]:
        """The query, and its values, for the numbers of `count` messages behind a (date, id), newest first."""
        return (
            "SELECT id FROM message WHERE folder = ? AND (date, id) < (?, ?)"
            " ORDER BY date DESC, id DESC LIMIT ? OFFSET ?",
            (self.folder_id, *key, count, skip),
        )

    def _from_end(self, count: int, skip: int) -> tuple[str, tuple[int, ...]]:
        """The same for `count` messages before the last `skip`."""
        return (
            "SELECT id FROM message WHERE folder = ? ORDER BY date, id LIMIT ? OFFSET ?",
            (self.folder_id, count, skip),
        )


class SearchWindow:
    """The first messages that match, in the order asked for, up to `MAX_HITS`; `complete` says whether that is all."""

    MAX_HITS = 10_000

    def __init__(
        self, db: Database, query: Query, folder_id: int | None = None, found: list[int] | None = None
    ) -> None:
        """An empty query finds nothing; without a folder all are searched.

        With `found`, what `find` gave on another connection, this window never searches: `take` brings it up to date.
        """
        self.total = 0
        self.complete = True
        self._db = db
        self._query = query
        self._folder_id = folder_id
        self._found = found
        self._numbers: list[int] = []
        self._rows: OrderedDict[int, Row | None] = OrderedDict()
        self._data_version = -1
        self.refresh()

    @classmethod
    def find(cls, db: Database, query: Query, folder_id: int | None = None) -> list[int]:
        """The numbers of what matches, in order, and one more than `MAX_HITS` when there are more."""
        if not query:
            return []
        place = ("message.folder IS NOT NULL", ()) if folder_id is None else ("message.folder = ?", (folder_id,))
        conditions = " AND ".join((place[0], *query.conditions))
        values = (*place[1], *query.values, cls.MAX_HITS + 1)
        if not query.expression:
            order = query.order or "message.date DESC, message.id DESC"
            found = db.all(f"SELECT message.id FROM message WHERE {conditions} ORDER BY {order} LIMIT ?", values)
        else:
            # Documents are numbered date << 30 | message, so the index itself yields the newest first.
            found = db.all(
                "SELECT message.id FROM search CROSS JOIN message ON message.id = search.rowid & 1073741823"
                f" WHERE search MATCH ? AND {conditions} ORDER BY {query.order or 'search.rowid DESC'} LIMIT ?",
                (query.expression, *values),
            )
        return [number for (number,) in found]

    def take(self, found: list[int]) -> None:
        """What a newer `find` gave; the next `refresh` shows it."""
        self._found = found
        self._data_version = -1

    def row(self, index: int) -> Row | None:
        """The row at an index from 0, None beyond the end or when the message is gone."""
        if not 0 <= index < self.total:
            return None
        number = self._numbers[index]
        if number not in self._rows:
            start = index - index % PAGE_ROWS
            self._look_up(self._numbers[start : start + PAGE_ROWS])
        return self._rows[number]

    def index_of(self, message_id: int) -> int | None:
        """Where a message stands, None when it does not match."""
        try:
            return self._numbers.index(message_id)
        except ValueError:
            return None

    def refresh(self) -> Refreshed:
        """Look whether the store has changed, and search again if so."""
        data_version = self._db.value("PRAGMA data_version")
        if data_version == self._data_version:
            return Refreshed()
        self._data_version = data_version
        before, self._rows = self._rows, OrderedDict()
        found = self._found
        numbers = self.find(self._db, self._query, self._folder_id) if found is None else found
        reordered = numbers[: self.MAX_HITS] != self._numbers
        self._numbers = numbers[: self.MAX_HITS]
        self.total, self.complete = len(self._numbers), len(numbers) <= self.MAX_HITS
        kept = set(self._numbers)
        self._look_up([number for number in list(before)[-COMPARED_PAGES * PAGE_ROWS :] if number in kept])
        changed = frozenset(number for number, row in self._rows.items() if before[number] != row)
        return Refreshed(reordered, changed)

    def _look_up(self, numbers: list[int]) -> None:
        marks = ",".join("?" * len(numbers))
        found = self._db.all(f"SELECT {ROW_COLUMNS} FROM message WHERE id IN ({marks})", numbers)
        by_number = {columns[0]: read_row(columns) for columns in found}
        for number in numbers:
            self._rows[number] = by_number.get(number)
        while len(self._rows) > PAGE_ROWS * MAX_PAGES:
            self._rows.popitem(last=False)
