"""The main screen: folders, list, reader. It shows the store and passes wishes on to the engine; it decides nothing."""

from __future__ import annotations

import asyncio
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize, ScreenResume

from tui_mail.engine.messages import MessageOpened, OpenMessage
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import MessageView
from tui_mail.store.views import ReadStore, Window
from tui_mail.ui.columns import TINY_ROWS, is_split
from tui_mail.ui.commands.command import Command, Place, bindings, key_name
from tui_mail.ui.commands.register import BY_ID, COMMANDS, commands_at
from tui_mail.ui.link import Link
from tui_mail.ui.screens.searching import Searching
from tui_mail.ui.searcher import Searcher
from tui_mail.ui.widgets.folder_list import ALL_INBOXES, FolderList, folder_name, folder_order, with_all_inboxes
from tui_mail.ui.widgets.heading import Heading
from tui_mail.ui.widgets.hints import Guide, Hints
from tui_mail.ui.widgets.message_list import MessageList
from tui_mail.ui.widgets.pane import Pane
from tui_mail.ui.widgets.reader import Reader
from tui_mail.ui.widgets.status_bar import StatusBar

SLOW_SECONDS = 0.3
"""A message that takes longer to open is said to be opened; until then the one before stays."""

MAX_WAITING_KEYS = 32
"""So many keys typed while a message is being opened are kept for it."""

EARLY_SECONDS = 0.5
"""So long the first picture waits for a message that stands already."""

OPENING = ("trust", "closed", "with-view")
"""Groups of workers that wait for the engine to open a screen."""

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


class MailScreen(Searching):
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
        self._stale = False
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
        self.set_class(not is_split(event.size.width, event.size.height), "small")
        self.set_class(event.size.height < TINY_ROWS, "tiny")

    def _compositor_refresh(self) -> None:
        # At the start keys wait already, and the terminal shows the list: one picture is enough, after those keys.
        self.laid_out.set()
        if self._painting:
            super()._compositor_refresh()

    def first_picture(self) -> None:
        """Paint from now on; while a message stands that was painted before, not until its text stands here too."""
        if self.mail_app.early_waits:
            self.set_timer(EARLY_SECONDS, self._paint_now)
        else:
            self._paint_now()

    def _paint_now(self) -> None:
        if not self._painting:
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
        if self.reading and view is not None and self._awaited is None:
            row = self._store.row(view.id)
            if row is not None and (row.sig or "") != view.security.verdict.letter.value:
                self._ask_for(view.id, mark_seen=False)

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

    @property
    def opens(self) -> bool:
        """Whether a screen was asked for and is not here yet."""
        return any(
            worker.node is self and worker.group in OPENING and not worker.is_finished for worker in self.workers
        )

    def back(self) -> None:
        """Out of the reader, then away with the marks, then out of the search. A screen that was asked for and is not
        here yet does not come any more."""
        for group in OPENING:
            self.workers.cancel_group(self, group)
        if self.reading:
            self.close_reader()
        elif self.list.marked:
            self.list.clear_marks()
        elif self.searching:
            self.end_search()
        self.show_hints()

    @property
    def _text_comes(self) -> bool:
        """Whether a message is being opened; until its text stands, what was typed for it waits."""
        return self.reading and self._awaited is not None

    def _load(self, message_id: int) -> None:
        self._awaited, self._waiting = message_id, []
        early = self.mail_app.early_view(message_id)
        if early is not None:
            self._show(early)
        self._ask_for(message_id, mark_seen=True)

    def _ask_for(self, message_id: int, *, mark_seen: bool) -> None:
        async def work() -> None:  # begun by the worker: another message may take its place before
            await self._open(message_id, mark_seen)

        self.run_worker(work, group="open", exclusive=True)  # type: ignore[arg-type] # mypy finds no type for None

    def _show(self, view: MessageView) -> None:
        self.reader.view = view
        self.call_after_refresh(self.reader.pane.when_laid_out, partial(self._text_here, view.id))

    async def _open(self, message_id: int, mark_seen: bool) -> None:
        waiting = self.set_timer(SLOW_SECONDS, partial(self._say_slow, message_id))
        try:
            opened = await self.link.ask(OpenMessage(message_id, mark_seen), MessageOpened)
        except TuiMailError as error:
            self._awaited, self._waiting = None, []
            if self.reading:
                self.reader.say("bad", str(error))
        else:
            if self.reading:
                self._show(opened.view)
        finally:
            waiting.stop()
        self.show_hints()

    def _say_slow(self, message_id: int) -> None:
        view = self.reader.view
        if view is None or view.id != message_id:
            self.reader.say("muted", "Opening the message …")

    def _text_here(self, message_id: int) -> None:
        """What was typed for it can be done now, in the order in which it was typed."""
        if message_id != self._awaited:
            return
        waiting, self._awaited, self._waiting = self._waiting, None, []
        for command_id in waiting:
            self.action_command(command_id)
        if self.mail_app.early_waits:
            self.mail_app.early_waits = False
            self._paint_now()

    @on(MessageList.Moved)
    def _moved(self, event: MessageList.Moved) -> None:
        if self.reading:
            view = self.reader.view
            comes = self._awaited if self._awaited is not None or view is None else view.id
            if event.row is None:
                self.close_reader()
            elif comes != event.row.id:
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
