"""What is done with the messages of the list, one or the marked ones, and taking it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from tui_mail.engine.messages import ChangeFlags, Command, DeleteMessages, MoveMessages, SnoozeMessages
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import Flag, Row
from tui_mail.ui.screens.folder_actions import FolderActions
from tui_mail.ui.when import later_moments, said
from tui_mail.ui.widgets.folder_list import folder_name

MAX_UNDO = 50
"""Steps that can be taken back."""


class ListActions(FolderActions):
    """The wishes that concern rows."""

    def __init__(self) -> None:
        super().__init__()
        self._undo: list[Callable[[], object]] = []

    # ---- marks

    def mark(self) -> None:
        """Turn the mark of the message under the cursor and go to the next."""
        self.list.toggle_mark(self.list.cursor)
        self.list.move(1)
        self._count_marks()

    def mark_all(self) -> None:
        """Mark the whole list."""
        self.list.mark_all()
        self._count_marks()

    def _count_marks(self) -> None:
        count = len(self.list.marked)
        self.say(f"{count:,} marked. Esc takes the marks away." if count else "Nothing is marked.")

    # ---- taking back

    def can_undo(self, take_back: Callable[[], object]) -> None:
        """Remember how the last thing is taken back."""
        self._undo.append(take_back)
        del self._undo[:-MAX_UNDO]

    def undo(self) -> None:
        """Take the last thing back; again takes the one before back."""
        if self._undo:
            self._undo.pop()()
        else:
            self.say("There is nothing to take back.")

    # ---- changing

    def _chosen(self) -> tuple[Row, ...]:
        """What a command is meant for. A conversation that is folded in the list stands for all its messages here; in
        the reader it is the open message alone."""
        rows = self.list.chosen
        store, folder = self.mail_app.store, self.folder
        if self.reader.view is not None or store is None or folder is None or not self.mail_app.settings.threads:
            return rows
        found: dict[int, Row] = {}
        for row in rows:
            index = self.list.window.index_of(row.id)
            fold = self.list.fold(index) if index is not None else None
            found[row.id] = row
            if fold is not None and fold.total > 1 and not fold.unfolded:
                found |= {one.id: one for one in store.conversation(row.id) if store.folder_of(one.id) == folder.id}
        return tuple(found.values())

    def toggle(self, flag: Flag) -> None:
        """Turn a flag; of several messages it is set unless all have it."""
        rows = self._chosen()
        on = all(row.flags & flag for row in rows)
        numbers = tuple(row.id for row in rows if bool(row.flags & flag) == on)
        if numbers:
            there, back = ChangeFlags(numbers, add=int(flag)), ChangeFlags(numbers, remove=int(flag))
            self.tell(back if on else there, undo=(there if on else back,))
        self.list.clear_marks()

    def move_message(self) -> None:
        """Ask where to put the messages."""
        rows = self._chosen()
        if rows:
            self._pick_folder("Move to folder", lambda folder: self._move({folder: rows}))

    def move_to(self, folder: Folder) -> None:
        """Put what is chosen there."""
        rows = self._chosen()
        if rows:
            self._move({folder: rows})

    def put_off(self, moment: datetime) -> None:
        """Put off what is chosen."""
        self._put_off(self._chosen(), moment)

    def snooze(self) -> None:
        """Ask until when the messages are put off; those that are can come back at once."""
        rows = self._chosen()
        if not rows:
            return
        from tui_mail.ui.screens.until import UntilScreen

        now = datetime.now().astimezone()
        moments = later_moments(now)
        names = [name for name, _moment in moments]
        notes = [f"{moment:%a} {moment.day} {moment:%b}, {moment:%H:%M}" for _name, moment in moments]
        put_off = all(home is not None and home.role is FolderRole.SNOOZED for home in map(self._home, rows))
        if put_off:
            names, notes = ["Now", *names], ["", *notes]

        screen = UntilScreen(names, notes, now)

        def picked(index: int | None) -> None:
            if index is None:
                return
            chosen = index - put_off
            if index == screen.TYPED:
                if screen.moment is not None:
                    self._put_off(rows, screen.moment)
            elif chosen < 0:
                self.tell(SnoozeMessages(tuple(row.id for row in rows), 0), sentence="Back in its folder.")
                self.list.clear_marks()
            else:
                self._put_off(rows, moments[chosen][1])

        self.app.push_screen(screen, picked)

    def _put_off(self, rows: tuple[Row, ...], moment: datetime) -> None:
        if rows:
            numbers = tuple(row.id for row in rows)
            told = f"Put off until {said(moment, datetime.now().astimezone())}."
            self.tell(SnoozeMessages(numbers, int(moment.timestamp())), sentence=told, undo=self._back_home(rows))
            self.list.clear_marks()

    def archive(self) -> None:
        """Move the messages to the archive of their account."""
        by_archive: dict[Folder, list[Row]] = defaultdict(list)
        for row in self._chosen():
            home = self._home(row)
            archive = next((one for one in self.folders if home and self._is_archive(one, home)), None)
            if archive is None:
                self.say("This account has no archive folder. m moves the message to another folder.", "warning")
                return
            by_archive[archive].append(row)
        self._move(by_archive)

    @staticmethod
    def _is_archive(folder: Folder, home: Folder) -> bool:
        return folder.account == home.account and folder.role is FolderRole.ARCHIVE and folder.selectable

    def _move(self, wanted: Mapping[Folder, Sequence[Row]]) -> None:
        """Move messages, those of several accounts each to the folder of theirs; one undo takes all back."""
        moves = [MoveMessages(tuple(row.id for row in rows), folder.id) for folder, rows in wanted.items()]
        back = [command for folder, rows in wanted.items() for command in self._back_home(rows, but=folder)]
        count = sum(len(move.message_ids) for move in moves)
        names = " and ".join(dict.fromkeys(map(folder_name, wanted)))
        what = "Moved" if count == 1 else f"{count:,} messages moved"
        self.tell(*moves, sentence=f"{what} to {names}.", undo=back)
        self.list.clear_marks()

    def delete(self) -> None:
        """Move the messages to the trash; what is in the trash already goes for good, after a question."""
        rows = self._chosen()
        homes = [self._home(row) for row in rows]
        if not any(home is not None and home.role is FolderRole.TRASH for home in homes):
            self._delete(rows, self._back_home(rows))
            return
        from tui_mail.ui.screens.question import Question

        def answered(yes: bool | None) -> None:
            if yes:
                self._delete(rows, ())

        what = "this message" if len(rows) == 1 else f"these {len(rows):,} messages"
        self.app.push_screen(Question(f"Delete {what} for good? That cannot be taken back.", action="Delete"), answered)

    def _delete(self, rows: tuple[Row, ...], back: tuple[Command, ...]) -> None:
        if rows:
            sentence = "Deleted." if len(rows) == 1 else f"{len(rows):,} messages deleted."
            self.tell(DeleteMessages(tuple(row.id for row in rows)), sentence=sentence, undo=back)
            self.list.clear_marks()

    def _home(self, row: Row) -> Folder | None:
        """The folder in which a message lies; a search shows many folders at once."""
        store = self.mail_app.store
        number = store.folder_of(row.id) if store is not None else None
        return next((folder for folder in self.folders if folder.id == number), None)

    def _back_home(self, rows: Sequence[Row], but: Folder | None = None) -> tuple[Command, ...]:
        """The commands that bring messages back to where they are now."""
        homes: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            home = self._home(row)
            if home is not None and home != but and home.role is not FolderRole.SNOOZED:
                homes[home.id].append(row.id)
        return tuple(MoveMessages(tuple(numbers), folder) for folder, numbers in homes.items())
