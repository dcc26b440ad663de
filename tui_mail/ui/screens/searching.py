"""Searching, filtering and ordering the list: words in the line above it, the usual ones, a click on a column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual import on
from textual.events import Key

from tui_mail.model.folder import Folder
from tui_mail.store.views import ReadStore, SearchWindow, Window
from tui_mail.ui.screens.hearing import Hearing
from tui_mail.ui.searcher import Searcher
from tui_mail.ui.widgets.folder_list import ALL_INBOXES
from tui_mail.ui.widgets.heading import Heading

if TYPE_CHECKING:
    from textual.widgets import Input

FILTERS = (
    ("Everything, the newest first", ""),
    ("Unread", "is:unread"),
    ("Starred", "is:starred"),
    ("With attachments", "has:attachment"),
    ("Encrypted", "is:encrypted"),
    ("Signed and trusted", "sig:Y"),
    ("Signed, not trusted yet", "sig:N"),
    ("Broken signatures", "sig:X"),
    ("Signed by somebody else than the sender", "sig:M"),
    ("The oldest first", "sort:oldest"),
    ("Ordered by sender", "sort:from"),
    ("Ordered by subject", "sort:subject"),
    ("Ordered by signature", "sort:sig"),
    ("Unread first", "sort:unread"),
    ("Starred first", "sort:starred"),
    ("With attachments first", "sort:attachment"),
    ("Encrypted first", "sort:enc"),
)
"""What the filter offers, and the words of the search that say the same."""

_ORDER_ALONE = re.compile(r"\s*sort:\S+\s*", re.IGNORECASE)


class Searching(Hearing):
    """The part of the main screen that looks for messages."""

    def __init__(self) -> None:
        super().__init__()
        self._store: ReadStore | None = None
        self._searcher: Searcher | None = None
        self._query = ""
        self._going = ""
        self._read_first = False
        self._line: Input | None = None

    def close_reader(self) -> None:
        """Back to the list."""
        raise NotImplementedError

    def _window(self, store: ReadStore, folder: Folder) -> Window:
        """The list of a folder."""
        raise NotImplementedError

    def _show_place(self) -> None:
        """What the top line and the heading say."""
        raise NotImplementedError

    @property
    def searching(self) -> bool:
        """Whether the list shows a search."""
        return bool(self._query)

    def action_command(self, command_id: str) -> None:
        """Run a command by its word."""
        raise NotImplementedError

    def begin_search(self) -> None:
        """Show the search line and give it the keys."""
        self.close_reader()
        self.add_class("searching")
        self.set_focus(self._search_line())  # at once: what is typed behind the key belongs there

    def end_search(self) -> None:
        """Back to the folder, with the cursor on the message that was chosen last where it is here."""
        chosen = self.list.row
        self._query = ""
        self.remove_class("searching")
        self._write_search("")
        self.set_focus(self.list)
        if self._store is not None and self.folder is not None:
            window = self._window(self._store, self.folder)
            index = window.index_of(chosen.id) if chosen is not None else None
            self.list.show(window, index or 0)
        self._show_place()

    def _search_line(self) -> Input:
        """Where a search is typed, made when it is first needed: its class is a twentieth of the start."""
        if self._line is None:
            from textual.widgets import Input

            self._line = Input(placeholder="Search addresses, subjects and text", id="search")
            self.mount(self._line, before=self.query_one(Heading))
        return self._line

    def _write_search(self, words: str) -> None:
        """Put words into the search line without searching for them."""
        if self._line is not None or words:
            line = self._search_line()
            with line.prevent(type(line).Changed):
                line.value = words

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while it is typed."""
        self._going, self._read_first = "", False
        self.set_timer(0.12, lambda: self._search(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search at once and go to what was found. Enter typed twice, quicker than that, reads the first of it."""
        query = event.value.strip()
        if not query:
            self.end_search()
        elif query == self._going:
            self._read_first = True
        elif self.focused is self.list and query == self._query:
            self.action_command("open")
        else:
            self._going, self._read_first = query, False
            self.run_worker(self._go(query), group="search")

    async def _go(self, query: str) -> None:
        await self._find(query, to_list=True)
        if query == self._going:
            self._going = ""
            if self._read_first and self.focused is self.list:
                self.action_command("open")

    def _search(self, query: str) -> None:
        """Look in the store, unless something else was typed meanwhile."""
        query = query.strip()
        if self._store is None or self._typed_search != query or query in (self._query, self._going):
            return
        if query:
            self.run_worker(self._find(query), group="search")
            return
        self._query = ""
        if self.folder is not None:
            self.list.show(self._window(self._store, self.folder))
        self._show_place()

    async def _find(self, query: str, *, to_list: bool = False) -> None:
        """Search beside the interface; `to_list` gives the keys to what was found."""
        store, searcher = self._store, self._searcher
        if store is None or searcher is None:
            return
        if query != self._query:
            found = await searcher.find(query, self._open_folder_id)
            if found is None or self._typed_search != query or store is not self._store:
                return
            self._query = query
            self.list.show(store.search(query, found=found))
            self._show_place()
        if to_list and (self.has_class("searching") or self._only_ordered):
            self.set_focus(self.list)

    async def _find_again(self) -> None:
        """The store has changed while the list shows a search."""
        query, window = self._query, self.list.window
        if self._searcher is None or not isinstance(window, SearchWindow):
            return
        found = await self._searcher.find(query, self._open_folder_id)
        if found is not None and window is self.list.window:
            window.take(found)
            self.list.reread()
            self._show_place()

    def filter_messages(self) -> None:
        """Ask what to show of the folder, or how to order it; the search line then says so in words to be changed."""
        from tui_mail.ui.screens.pick import PickScreen

        def picked(index: int | None) -> None:
            if index is not None:
                self.sift(FILTERS[index][1])

        names = [name for name, _ in FILTERS]
        self.app.push_screen(PickScreen("Show", names, notes=[words for _, words in FILTERS]), picked)

    def sift(self, words: str) -> None:
        """Put words into the search line and show what they find; none end the search. An order alone needs no line:
        the column's name shows it."""
        if not words:
            self.end_search()
            return
        self.close_reader()
        self.set_class(not _ORDER_ALONE.fullmatch(words), "searching")
        self._write_search(words)
        self.run_worker(self._find(words, to_list=True), group="search")

    def order_by(self, order: str) -> None:
        """Another order of what the list shows: a word behind ``sort:``, none for the newest first."""
        words = [word for word in self._query.split() if not word.lower().startswith("sort:")]
        self.sift(" ".join([*words, f"sort:{order}"] if order else words))

    @property
    def _order(self) -> str:
        found = next((word for word in self._query.lower().split() if word.startswith("sort:")), "")
        return found.removeprefix("sort:")

    @property
    def _only_ordered(self) -> bool:
        return bool(_ORDER_ALONE.fullmatch(self._query))

    @on(Heading.Chosen)
    def _heading_chosen(self, event: Heading.Chosen) -> None:
        """Once orders by the column, once more the other way round, a third time ends it."""
        first = "oldest" if event.column == "date" else event.column
        turned = "" if event.column == "date" else f"-{event.column}"
        self.order_by({first: turned, turned: ""}.get(self._order, first))

    @property
    def _open_folder_id(self) -> int | None:
        return self.folder.id if self.folder is not None and self.folder.id != ALL_INBOXES else None

    @property
    def _typed_search(self) -> str:
        return self._line.value.strip() if self._line is not None else ""

    def on_key(self, event: Key) -> None:
        """Esc and ↓ leave the search line."""
        key = event.key
        if self._line is not None and self._line.has_focus and key in ("escape", "down"):
            if key == "escape" or not self.searching:
                self.end_search()
            else:
                self.set_focus(self.list)
            event.stop()
            event.prevent_default()
