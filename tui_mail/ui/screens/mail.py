"""The main screen: folders, list, reader. It shows the store and passes wishes on to the engine; it decides nothing."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Key, Resize, ScreenResume

from tui_mail.engine.messages import (
    Connection,
    Event,
    LockChanged,
    MessageOpened,
    NewMail,
    Notice,
    OpenMessage,
    OutboxChanged,
    Progress,
    StoreChanged,
)
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import OutboxState
from tui_mail.store.views import ReadStore, SearchWindow, Window
from tui_mail.ui.commands.command import Command, Place, bindings, key_name
from tui_mail.ui.commands.register import BY_ID, COMMANDS, commands_at
from tui_mail.ui.link import Link
from tui_mail.ui.new_mail_call import desktop_call, terminal_call, words
from tui_mail.ui.screens.reader_actions import ReaderActions
from tui_mail.ui.searcher import Searcher
from tui_mail.ui.widgets.folder_list import ALL_INBOXES, FolderList, folder_name, folder_order, with_all_inboxes
from tui_mail.ui.widgets.heading import Heading
from tui_mail.ui.widgets.hints import Guide, Hints
from tui_mail.ui.widgets.message_list import MessageList
from tui_mail.ui.widgets.pane import Pane
from tui_mail.ui.widgets.progress import bar
from tui_mail.ui.widgets.reader import Reader
from tui_mail.ui.widgets.status_bar import StatusBar

SPLIT_COLUMNS = 100
"""From this width on the list stays beside the open message and the folders are shown."""

SPLIT_ROWS = 24

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

SLOW_SECONDS = 0.3
"""A message that takes longer to open is said to be opened; until then the one before stays."""

MAX_WAITING_KEYS = 32
"""So many keys typed while a message is being opened are kept for it."""

REREAD_SECONDS = 0.05
"""Changes of the store that come closer together are shown together."""


class FolderMessages(MessageList):
    """The list with the keys of the list."""

    BINDINGS = bindings(COMMANDS, Place.LIST)


class OpenPane(Pane):
    """The text with the keys of the reader."""

    BINDINGS = bindings(COMMANDS, Place.READER)


class OpenReader(Reader):
    """The reader around it."""

    PANE = OpenPane


if TYPE_CHECKING:
    from textual.widgets import Input


class MailScreen(ReaderActions):
    """The mail of one profile."""

    DEFAULT_CSS = """
    MailScreen {
        background: $background; color: $foreground;
        & #body { height: 1fr; }
        & #search { display: none; border: none; height: 1; padding: 0 1; background: $cursor; color: $bright; }
        &.searching #search { display: block; }
        &.reading Reader { display: block; }
        &.small FolderList, &.zoomed.reading FolderList { display: none; }
        &.small.reading Heading, &.small.reading MessageList { display: none; }
        &.zoomed.reading Heading, &.zoomed.reading MessageList { display: none; }
        &.small Reader, &.zoomed Reader { border-top: none; height: 1fr; }
        &.tiny #message { padding-top: 0; }
        &.tiny Guide { max-height: 1; }
    }
    """
    BINDINGS = bindings(COMMANDS, Place.ANYWHERE)

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self.list = FolderMessages(id="list")
        self.reader = OpenReader(id="reader")
        self.folder: Folder | None = None
        self.folders: tuple[Folder, ...] = ()
        self._store: ReadStore | None = None
        self._searcher: Searcher | None = None
        self._ready = False
        self._stale = False
        self._query = ""
        self._before_search: int | None = None
        self._line: Input | None = None
        self._tasks: dict[str, Progress] = {}
        self._states: dict[str, str] = {}
        self._awaited: int | None = None
        self._waiting: list[str] = []
        self.laid_out = asyncio.Event()
        self._painting = False

    def compose(self) -> ComposeResult:
        """Everything but the search line is mounted once; showing is a matter of classes."""
        yield StatusBar(id="status")
        with Horizontal(id="body"):
            yield FolderList(id="folders")
            with Vertical():
                yield Heading(self.list)
                yield self.list
                yield self.reader
        yield Guide(id="guide")
        yield Hints(id="hints")

    def on_mount(self) -> None:
        """The list has the keys."""
        self._ready = True
        shapes = self.mail_app.glyphs
        self.list.glyphs = self.reader.glyphs = self.status.glyphs = shapes
        self.query_one(FolderList).glyphs = shapes
        self.set_focus(self.list)
        if self.mail_app.store is not None:
            self.store_here(self.mail_app.store)
        self.show_hints()

    def on_screen_resume(self, event: ScreenResume) -> None:
        """What has just been given its styles at the start needs them no second time."""
        event.refresh_styles = event.refresh_styles and self._painting

    def on_resize(self, event: Resize) -> None:
        """One thing at a time on small terminals."""
        small = event.size.width < SPLIT_COLUMNS or event.size.height < SPLIT_ROWS
        self.set_class(small, "small")
        self.set_class(event.size.height < 16, "tiny")

    def _compositor_refresh(self) -> None:
        # At the start keys wait already, and the terminal shows the list: one picture is enough, after those keys.
        self.laid_out.set()
        if self._painting:
            super()._compositor_refresh()

    def first_picture(self) -> None:
        """Paint from now on."""
        self._painting = True
        self._compositor_refresh()

    @property
    def status(self) -> StatusBar:
        """The top line."""
        return self.query_one(StatusBar)

    # ---- commands and hints

    def action_command(self, command_id: str) -> None:
        """Run a command by its word."""
        command = BY_ID[command_id]
        if command.needs_text and self._text_comes:
            self._waiting = [*self._waiting, command_id][:MAX_WAITING_KEYS]
            return
        if not command.available(self):
            if command.otherwise:
                self.say(command.otherwise)
            return
        if command.needs_keys and self.status.locked:
            self.unlock(then=lambda: self.action_command(command_id))
        else:
            command.run(self)

    def choose_command(self) -> None:
        """The palette: every command that makes sense now, by its name or its words, with its keys; or a typed line."""
        from tui_mail.ui.commands.aliases import words_of
        from tui_mail.ui.commands.typed import understood
        from tui_mail.ui.screens.palette import PaletteScreen

        place = Place.READER if self.reader.has_focus_within else Place.LIST
        found: dict[str, list[Command]] = {}
        for command in commands_at(place):
            if command.available(self) and command.id != "palette":
                found.setdefault(command.name, []).append(command)
        keys = ["  ".join(name for command in same for name in command.key_names) for same in found.values()]
        words = [" ".join(words_of(command.id) for command in same) for same in found.values()]
        ids = [same[0].id for same in found.values()]

        palette = PaletteScreen(list(found), keys, words, lambda line: understood(line, self))

        def picked(index: int | None) -> None:
            if index == palette.LINE and palette.line is not None and palette.line.run is not None:
                palette.line.run(self)
            elif index is not None:
                self.action_command(ids[index])

        self.app.push_screen(palette, picked)

    def jump(self) -> None:
        """A letter on every folder and pane."""
        from tui_mail.ui.screens.jump import Target

        folders = self.query_one(FolderList)
        shown = folders.in_sight() if folders.display else []
        self.mail_app.jump([Target(at, partial(self.open_folder, folder)) for at, folder in shown])

    def on_descendant_focus(self) -> None:
        """Other keys make sense now."""
        self.show_hints()

    @on(Hints.Chosen)
    def _hint_chosen(self, event: Hints.Chosen) -> None:
        self.action_command(event.command.id)

    def show_hints(self) -> None:
        """The keys that make sense now. A message is left before the program is."""
        place = Place.READER if self.reader.has_focus_within else Place.LIST
        apart = "quit" if place is Place.READER else ""
        self.query_one(Hints).commands = tuple(
            command
            for command in commands_at(place)
            if command.footer and command.id != apart and command.available(self)
        )

    # ---- the store

    def store_here(self, store: ReadStore) -> None:
        """The mail can be read (again): show the folder that was open, else the first inbox."""
        if not self._ready:
            return
        first = self._store is not store
        self._store = store
        if first:
            self._searcher = Searcher(store)
        if first or self.folder is None:
            self._read_folders()
            folders = folder_order([folder for folder in self.folders if folder.selectable])
            inbox = next((folder for folder in folders if folder.role == "inbox"), folders[0] if folders else None)
            if inbox is not None:
                self.open_folder(inbox)
        else:
            self._reread()

    def open_folder(self, folder: Folder) -> None:
        """Show another folder."""
        if self._store is None:
            return
        self.folder = folder
        self._query = ""
        self.remove_class("searching")
        self.close_reader()
        self.list.show(self._window(self._store, folder))
        self._show_place()

    def _window(self, store: ReadStore, folder: Folder) -> Window:
        """The list of a folder, by conversations where that was chosen."""
        if folder.id == ALL_INBOXES:
            return store.inboxes()
        return store.threads(folder.id) if self.mail_app.settings.threads else store.window(folder.id)

    def turn_threads(self) -> None:
        """Conversations or single messages; it is kept in the settings."""
        threads = not self.mail_app.settings.threads
        self.mail_app.change_settings(threads=threads)
        chosen = self.list.row
        if self._store is not None and self.folder is not None and not self.searching:
            window = self._window(self._store, self.folder)
            self.list.show(window, (window.index_of(chosen.id) if chosen is not None else None) or 0)
        shown = f"conversations; {key_name('right')} unfolds one" if threads else "single messages"
        self.say(f"The list shows {shown}.")

    def turn_fold(self) -> None:
        """Unfold the conversation under the cursor, or fold it."""
        if not self.list.turn_fold():
            self.say("This message is alone." if self.mail_app.settings.threads else "V shows conversations.")

    def _read_folders(self) -> None:
        if self._store is not None:
            self.folders = with_all_inboxes(self._store.folders())
            if self.folder is not None:
                number = self.folder.id
                self.folder = next((folder for folder in self.folders if folder.id == number), self.folder)

    def _show_place(self) -> None:
        folder = self.folder
        self.list.empty = "Nothing is found." if self.searching else "There is no message here."
        self.list.order = self._order
        self.query_one(Heading).refresh()
        if self.searching and not self._only_ordered:
            self.status.place = "Search"
            self.status.counts = self.status.short_counts = f"{self.list.window.total:,} found"
        elif folder is not None:
            self.status.place = folder_name(folder)
            unread = f"{folder.unread:,} unread  ·  " if folder.unread else ""
            messages = "message" if folder.total == 1 else "messages"
            self.status.counts = f"{unread}{folder.total:,} {messages}".replace("·", self.mail_app.glyphs.dot)
            self.status.short_counts = f"{folder.unread:,} unread" if folder.unread else ""
        account = self.account
        self.status.account = account.address if account is not None else ""
        self.query_one(FolderList).show(self.folders, folder.id if folder is not None else None)
        self.refresh_bindings()
        self.show_hints()

    def _mark_stale(self) -> None:
        if not self._stale:
            self._stale = True
            self.set_timer(REREAD_SECONDS, self._reread)

    def _reread(self) -> None:
        self._stale = False
        if self._store is None:
            return
        self._read_folders()
        if self.folder is None:
            self.store_here(self._store)
            return
        self.list.reread()
        if self.searching:
            self.run_worker(self._find_again(), group="search")
        self._show_place()
        view = self.reader.view
        if self.reading and view is not None:
            row = self._store.row(view.id)
            if row is not None and (row.sig or "") != view.security.verdict.letter.value:
                self._load(view.id, mark_seen=False)

    # ---- events of the engine

    def hear(self, event: Event) -> None:
        """Everything that the engine tells."""
        if isinstance(event, StoreChanged):
            self._mark_stale()
        elif isinstance(event, Notice):
            if event.level == "guide":
                self._guide(event.sentence)
            else:
                self.say(event.sentence, event.level)
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, NewMail):
            self.say(f"{words(event.count)}.")
            self._call(event.count)
        elif isinstance(event, OutboxChanged):
            if event.entry.state in (OutboxState.FAILED, OutboxState.UNKNOWN):
                self.say(f"{event.entry.problem} Press o for the outbox.", "error")
            elif event.entry.state is OutboxState.SENT:
                self.say("Sent.")
        elif isinstance(event, LockChanged):
            self.status.locked = event.locked
            self._mark_stale()
        elif isinstance(event, Connection):
            self._states[event.account] = event.state
            states = set(self._states.values())
            worst = next((state for state in ("offline", "connecting", "online") if state in states), "")
            self.status.state = worst
            if event.password_refused and self.app.screen is self and not self.status.locked:
                self.ask_server_password(event.account, event.sentence)
            elif event.state == "offline" and event.sentence:
                self.say(event.sentence, "warning")

    def _call(self, count: int) -> None:
        """Let people who look elsewhere know, as the settings say."""
        kind = self.mail_app.settings.notify
        self.mail_app.send_raw(terminal_call(kind, count))
        if kind == "desktop":
            self.run_worker(desktop_call(count), group="call", exclusive=True, exit_on_error=False)

    def _progress(self, event: Progress) -> None:
        if event.total and event.done >= event.total:
            self._tasks.pop(event.task, None)
        else:
            self._tasks[event.task] = event
        latest = next(reversed(self._tasks.values()), None)
        if latest is None:
            self.status.busy = ""
        elif latest.total:
            self.status.busy = f"{latest.sentence} {bar(latest.done, latest.total, self.mail_app.settings.ascii)}"
        else:
            self.status.busy = f"{latest.sentence} {latest.done:,}" if latest.done else latest.sentence

    def engine_gone(self, sentence: str) -> None:
        """Say so, and that it is being looked for."""
        if self._ready:
            self.query_one(Guide).add_class("problem")
            self._guide(sentence)

    def engine_here(self) -> None:
        """All is well again."""
        if self._ready:
            guide = self.query_one(Guide)
            if guide.has_class("problem"):
                guide.remove_class("problem")
                self._guide("")

    def _guide(self, sentence: str) -> None:
        self.query_one(Guide).sentence = sentence

    # ---- reading

    @property
    def reading(self) -> bool:
        """Whether a message is open."""
        return self.has_class("reading")

    def open_reader(self) -> None:
        """Open the message under the cursor."""
        row = self.list.row
        if row is None:
            return
        if self.folder is not None and self.folder.role is FolderRole.DRAFTS:
            self.open_draft(row.id)
            return
        if not self.reading:
            self.add_class("reading")
            self.call_after_refresh(self._keep_row_in_view)
        self.set_focus(self.reader.pane)
        self._load(row.id)

    @property
    def can_split(self) -> bool:
        """Whether list and message have room beside each other."""
        return not self.has_class("small")

    def turn_zoom(self) -> None:
        """The whole screen for the message, or the list beside it; it stays so for the next ones."""
        self.toggle_class("zoomed")
        self.call_after_refresh(self._keep_row_in_view)

    def _keep_row_in_view(self) -> None:
        self.list.reveal()

    def close_reader(self) -> None:
        """Back to the list."""
        if self.reading:
            self._awaited, self._waiting = None, []
            self.remove_class("reading")
            self.reader.view = None
        self.set_focus(self.list)

    def back(self) -> None:
        """Out of the reader, then away with the marks, then out of the search."""
        if self.reading:
            self.close_reader()
        elif self.list.marked:
            self.list.clear_marks()
        elif self.searching:
            self.end_search()
        self.show_hints()

    @property
    def _text_comes(self) -> bool:
        """Whether another message than the one that is shown is being opened, or keys wait that were typed before."""
        view = self.reader.view
        comes = self._awaited is not None and (view is None or view.id != self._awaited)
        return self.reading and (comes or bool(self._waiting))

    def _load(self, message_id: int, *, mark_seen: bool = True) -> None:
        if message_id != self._awaited:
            self._awaited, self._waiting = message_id, []
        self.run_worker(self._open(message_id, mark_seen), group="open", exclusive=True)

    async def _open(self, message_id: int, mark_seen: bool) -> None:
        waiting = self.set_timer(SLOW_SECONDS, lambda: self.reader.say("muted", "Opening the message …"))
        try:
            opened = await self.link.ask(OpenMessage(message_id, mark_seen), MessageOpened)
        except TuiMailError as error:
            self._awaited = None
            if self.reading:
                self.reader.say("bad", str(error))
        else:
            if self.reading:
                self.reader.view = opened.view
            self.call_after_refresh(self._text_here, message_id)
        finally:
            waiting.stop()
        self.show_hints()

    def _text_here(self, message_id: int) -> None:
        """What was typed for it can be done now, in the order in which it was typed."""
        if message_id != self._awaited:
            return
        waiting, self._awaited, self._waiting = self._waiting, None, []
        for command_id in waiting:
            self.action_command(command_id)

    @on(MessageList.Moved)
    def _moved(self, event: MessageList.Moved) -> None:
        if self.reading:
            view = self.reader.view
            if event.row is None:
                self.close_reader()
            elif view is None or view.id != event.row.id:
                self._load(event.row.id)
        else:
            self.show_hints()

    @on(MessageList.Opened)
    def _opened(self) -> None:
        self.action_command("open")

    @on(MessageList.SigClicked)
    def _sig_clicked(self) -> None:
        self.action_command("trust")

    @on(Reader.Wanted)
    def _wanted(self, event: Reader.Wanted) -> None:
        if event.command == "link":
            self.follow_link(event.number)
        else:
            self.action_command(event.command)

    @on(FolderList.Chosen)
    def _folder_chosen(self, event: FolderList.Chosen) -> None:
        self.open_folder(event.folder)

    # ---- searching

    @property
    def searching(self) -> bool:
        """Whether the list shows a search."""
        return bool(self._query)

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
        self.set_timer(0.12, lambda: self._search(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search at once and go to what was found."""
        if event.value.strip():
            self.run_worker(self._find(event.value.strip(), to_list=True), group="search")
        else:
            self.end_search()

    def _search(self, query: str) -> None:
        """Look in the store, unless something else was typed meanwhile."""
        query = query.strip()
        if self._store is None or self._typed_search != query or query == self._query:
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
