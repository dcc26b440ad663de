"""What is done with the message that is read: following its links, keeping it or its attachments, seeing its source."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from msgspec.structs import replace
from textual.screen import Screen

from tui_mail.engine.messages import (
    AnswerInvitation,
    AttachmentPreview,
    Command,
    LeaveList,
    ListLeft,
    MessageText,
    Picture,
    PreviewAttachment,
    Queued,
    RawSource,
    SaveAttachment,
    SaveAttachments,
    Saved,
    SavedAll,
    SaveMessage,
    SendReceipt,
    ShowPicture,
    Source,
    Text,
)
from tui_mail.model.errors import TuiMailError
from tui_mail.model.invitation import Answer
from tui_mail.model.message import AttachmentInfo, MessageView
from tui_mail.model.typed_path import typed_path
from tui_mail.ui.browser import browser, open_in_browser
from tui_mail.ui.drafts import new_draft
from tui_mail.ui.fit import shortened
from tui_mail.ui.links import leads_to, mailto_draft, message_links
from tui_mail.ui.printing import print_text
from tui_mail.ui.reader_lines import body_lines, size_text
from tui_mail.ui.safe import clean, notify
from tui_mail.ui.screens.list_actions import ListActions
from tui_mail.ui.themes.glyphs import ASCII
from tui_mail.ui.viewer import (
    HEAD_BYTES,
    NO_DESKTOP,
    PrivateFolder,
    holds_program,
    kind_of,
    open_file,
    refusal,
    viewer_command,
)
from tui_mail.ui.wrap import Line

MAX_SOURCE_BYTES = 1_000_000
"""So much of a source is shown; saving it as .eml keeps all."""


class ReaderActions(ListActions):
    """The wishes that concern an open message."""

    _opened_files = PrivateFolder()

    # ---- links

    def choose_link(self) -> None:
        """Ask which link, then follow it."""
        view = self.reader.view
        targets = message_links(view) if view is not None else ()
        if not targets:
            self.say("There is no link in this message.")
            return
        if len(targets) == 1:
            self._follow(targets[0])
            return
        from tui_mail.ui.screens.pick import PickScreen

        names = [f"{number}  {leads_to(target)}  {target}" for number, target in enumerate(targets, 1)]

        def picked(index: int | None) -> None:
            if index is not None:
                self._follow(targets[index])

        self.app.push_screen(PickScreen("Follow which link?", names), picked)

    def follow_link(self, number: int) -> None:
        """Follow the link with this number, counted from one."""
        view = self.reader.view
        targets = message_links(view) if view is not None else ()
        if 0 < number <= len(targets):
            self._follow(targets[number - 1])

    def _follow(self, target: str) -> None:
        """A mail address opens the composer; a page is named in full, and opened in a browser where there is one."""
        account = self.account
        if target.lower().startswith("mailto:"):
            if account is not None:
                sign = self.mail_app.settings.sign_by_default
                self._write(account, mailto_draft(target, new_draft(account.id, sign=sign)))
            return
        program = browser()
        if program is None:
            self._show_address(target)
            return
        from tui_mail.ui.screens.question import Question

        def answered(yes: bool | None) -> None:
            if yes:
                open_in_browser(program, target)

        question = f"Open a page of {leads_to(target)} in the browser?\n\n{target}"
        self.app.push_screen(Question(question, action="Open"), answered)

    def _show_address(self, target: str) -> None:
        from tui_mail.ui.screens.story import StoryScreen

        lines: tuple[Line, ...] = (
            (("This link leads to ", "text"), (leads_to(target), "bright"), (".", "text")),
            (),
            ((target, "link"),),
            (),
            (("There is no browser on this terminal. Copy the address to open it elsewhere.", "muted"),),
        )
        self.app.push_screen(StoryScreen("A link", lines))

    # ---- invitations

    def answer_invitation(self) -> None:
        """Ask for the answer, then let a mail to the organizer leave."""
        view, account = self.reader.view, self.account
        if view is None or view.invitation is None or account is None:
            return
        from tui_mail.ui.screens.answer import AnswerScreen

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                wait = self.mail_app.settings.undo_seconds
                at = int(time.time()) + wait if wait else 0
                self.run_worker(self._answer(AnswerInvitation(view.id, account.id, answer, at)), group="answer")

        self.app.push_screen(AnswerScreen(view.invitation), answered)

    async def _answer(self, command: AnswerInvitation) -> None:
        queued = await self.asked(command, Queued)
        if queued is not None:
            self.written(queued.outbox_id)
            self.say("Your answer is on its way. z takes it back." if command.at else "Your answer is on its way.")

    # ---- receipts

    def send_receipt(self) -> None:
        """Ask, with the address that would get it, then let it leave."""
        view, account = self.reader.view, self.account
        if view is None or view.receipt_to is None or account is None:
            return
        from tui_mail.ui.screens.question import Question

        asker = view.receipt_to.spec

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._send_receipt(SendReceipt(view.id, account.id, asker)), group="answer")

        other = "" if view.receipt_to.key == view.sender.key else "\nThat is not the address that this mail came from."
        question = f"Tell {asker} that this message was shown to you?{other}\n\nNobody is told unless you say so."
        self.app.push_screen(Question(question, action="Send receipt"), answered)

    async def _send_receipt(self, command: SendReceipt) -> None:
        if await self.asked(command, Queued) is None:
            return
        self.say(f"A receipt goes to {clean(command.to)}.")
        view = self.reader.view
        if view is not None and view.id == command.message_id:
            self.reader.view = replace(view, receipt_to=None)

    # ---- mailing lists

    def leave_list(self) -> None:
        """One POST after a question that names the host, a mail that a person sends, or a page in the browser."""
        view = self.reader.view
        way = view.unsubscribe if view is not None else None
        if view is None or way is None:
            return
        if not way.one_click:
            self._follow(way.mailto or way.page)
            return
        from tui_mail.ui.screens.question import Question

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._leave(LeaveList(view.id, way.one_click)), group="leave")

        question = (
            f"Leave this mailing list?\n\nThat tells {leads_to(way.one_click)} that {view.sender.spec} shall send you "
            "nothing more, and that somebody reads this mail. Leave only lists that you know; others are junk."
        )
        self.app.push_screen(Question(question, action="Leave"), answered)

    async def _leave(self, command: LeaveList) -> None:
        self.say("Telling the list …")
        left = await self.asked(command, ListLeft)
        if left is not None:
            self.say(f"{clean(left.host)} has been told. It can take some days until nothing comes any more.")

    # ---- source and files

    def show_source(self) -> None:
        """The message as it came, without any reading of it."""
        row = self.list.row
        if row is not None:
            self.run_worker(self._show_source(row.id), group="with-view", exclusive=True)

    async def _show_source(self, message_id: int) -> None:
        source = await self.asked(RawSource(message_id, count=MAX_SOURCE_BYTES), Source)
        if source is None or not self.still_at(message_id):
            return
        from tui_mail.ui.screens.story import StoryScreen

        shown = source.raw.decode("utf-8", "replace")
        lines: list[Line] = [((clean(line), "text"),) for line in shown.splitlines()]
        if source.size_bytes > MAX_SOURCE_BYTES:
            lines.append(
                ((f"The first {MAX_SOURCE_BYTES:,} of {source.size_bytes:,} bytes. w saves all of them.", "muted"),)
            )
        self.app.push_screen(StoryScreen("Source of the message", lines))

    def save_message(self) -> None:
        """Ask where to put it."""
        row = self.list.row
        if row is None:
            return
        from tui_mail.ui.screens.ask_path import AskPath

        message_id = row.id
        place = str(_save_folder() / f"{_file_name(row.subject or 'message')[:60]}.txt")

        def answered(path: str | None) -> None:
            if path:
                self.run_worker(self._save(SaveMessage(message_id, _placed(path))), group="save")

        self.app.push_screen(AskPath("Save the message as (.txt its text, .eml as it came)", place), answered)

    def print_message(self) -> None:
        """Ask, then hand the text to the program that prints."""
        row = self.list.row
        if row is None:
            return
        from tui_mail.ui.screens.question import Question

        message_id, command = row.id, self.mail_app.settings.print_command

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._print(message_id, command), group="print")

        secret = "\nIt is encrypted; on paper everyone can read it." if row.enc else ""
        question = f"Print this message with {command or 'nothing'}?\n\n{row.subject}{secret}"
        self.app.push_screen(Question(question, action="Print"), answered)

    async def _print(self, message_id: int, command: str) -> None:
        found = await self.asked(MessageText(message_id), Text)
        if found is not None:
            problem = await print_text(command, found.text)
            self.say(problem or f"Handed to {command}.", "error" if problem else "info")

    def save_attachment(self) -> None:
        """Ask where to put the only attachment; of several, first ask which."""
        self.with_whole_view(self._save_attachment)

    def _save_attachment(self, view: MessageView) -> None:
        if len(view.attachments) == 1:
            self._save_where(view, 0)
        else:
            self._show_attachments(view)

    def show_attachments(self) -> None:
        """List them with what can be done."""
        self.with_whole_view(self._show_attachments)

    def _show_attachments(self, view: MessageView) -> None:
        if not view.attachments:
            return
        from tui_mail.ui.screens.attachments import AttachmentsScreen

        actions = {
            "preview": lambda position: self._look_at(view, position),
            "save": lambda position: self._save_where(view, position),
            "save-all": lambda _position: self._save_all_where(view),
            "open": lambda position: self._ask_to_open(view, position),
        }
        self.app.push_screen(AttachmentsScreen(view.attachments, actions))

    def _look_at(self, view: MessageView, position: int) -> None:
        attachment = view.attachments[position]
        look = self._show_picture if is_picture(attachment) else self._preview
        self.run_worker(self._look(look, view.id, attachment), group="with-view", exclusive=True)

    async def _look(
        self,
        look: Callable[[int, AttachmentInfo], Awaitable[Screen[None]]],
        message_id: int,
        attachment: AttachmentInfo,
    ) -> None:
        asked_at = self.app.screen
        try:
            screen = await look(message_id, attachment)
        except TuiMailError as error:
            notify(self.app, str(error), "warning")
            return
        if self.app.screen is asked_at:
            self.app.push_screen(screen)

    async def _show_picture(self, message_id: int, attachment: AttachmentInfo) -> Screen[None]:
        width, height = room_for_picture(self.app.size.width, self.app.size.height)
        picture = await self.link.ask(ShowPicture(message_id, attachment.index, width, height), Picture)
        from tui_mail.ui.graphics import protocol
        from tui_mail.ui.screens.picture import PictureScreen

        plain = self.mail_app.glyphs is ASCII or bool(os.environ.get("NO_COLOR"))

        async def full(wide: int, high: int, form: Literal["png", "sixel"]) -> Picture | None:
            return await self.asked(ShowPicture(message_id, attachment.index, wide, high, form), Picture)

        how = "" if plain else protocol()
        return PictureScreen(picture, plain=plain, how=how, full=full)

    async def _preview(self, message_id: int, attachment: AttachmentInfo) -> Screen[None]:
        shown = await self.link.ask(PreviewAttachment(message_id, attachment.index), AttachmentPreview)
        from tui_mail.ui.screens.story import StoryScreen

        note: list[Line] = [(), ((shown.note, "muted"),)] if shown.note else []
        name = f"{shortened(clean(attachment.name) or 'unnamed')}  {size_text(attachment.size_bytes)}"
        return StoryScreen(name, [*body_lines(shown.lines), *note])

    def _ask_to_open(self, view: MessageView, position: int) -> None:
        """Name the file, its kind and where it came from; open it only after a yes."""
        attachment = view.attachments[position]
        name = clean(attachment.name) or "unnamed"
        command = viewer_command(self.mail_app.settings.viewer)
        problem = refusal(name) or ("" if command else NO_DESKTOP)
        if problem:
            notify(self.app, problem, "warning")
            return
        from tui_mail.ui.screens.question import Question

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._open_file(SaveAttachment(view.id, attachment.index, ""), command), group="save")

        question = (
            f"Open this {kind_of(name)} with {Path(command[0]).name}?\n\n"
            f"{shortened(name)}, {size_text(attachment.size_bytes)}\n"
            f"It came from {view.sender.spec}. Open it only if you expected it."
        )
        self.app.push_screen(Question(question, action="Open"), answered)

    async def _open_file(self, save: SaveAttachment, command: tuple[str, ...]) -> None:
        folder = self._opened_files.path()
        saved = await self.asked(replace(save, path=str(folder)), Saved)
        if saved is None:
            return
        path = Path(saved.path)
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if refusal(path.name) or holds_program(head):
            path.unlink()
            notify(self.app, f"{path.name} was not opened: it is not what its name says, but a program.", "warning")
            return
        try:
            open_file(command, path)
        except OSError as error:
            notify(self.app, f"{command[0]} cannot be started: {error.strerror}.", "warning")

    def _save_all_where(self, view: MessageView) -> None:
        from tui_mail.ui.screens.ask_path import AskPath

        def answered(path: str | None) -> None:
            if path:
                self.run_worker(self._save_all(SaveAttachments(view.id, _placed(path))), group="save")

        self.app.push_screen(AskPath("Save all attachments into the folder", str(_save_folder())), answered)

    async def _save_all(self, command: SaveAttachments) -> None:
        saved = await self.asked(command, SavedAll)
        if saved is not None:
            count = len(saved.paths)
            notify(self.app, f"{count} file{'s' if count != 1 else ''} saved in {command.path}")

    def _save_where(self, view: MessageView, position: int) -> None:
        from tui_mail.ui.screens.ask_path import AskPath

        attachment = view.attachments[position]

        def answered(path: str | None) -> None:
            if path:
                self.run_worker(self._save(SaveAttachment(view.id, attachment.index, _placed(path))), group="save")

        self.app.push_screen(AskPath("Save attachment as", str(_save_folder() / _file_name(attachment.name))), answered)

    async def _save(self, command: Command) -> None:
        saved = await self.asked(command, Saved)
        if saved is not None:
            self.say(f"Saved as {saved.path}")
            if self.app.screen is not self:  # a list of attachments covers the line of hints
                notify(self.app, f"Saved as {saved.path}")


def is_picture(attachment: AttachmentInfo) -> bool:
    """Whether it is looked at as a picture; vector pictures are programs, and are not."""
    by_name = attachment.type == "application/octet-stream" and kind_of(attachment.name) == "picture"
    return by_name or (attachment.type.startswith("image/") and "svg" not in attachment.type)


def room_for_picture(columns: int, rows: int) -> tuple[int, int]:
    """Pixels that a picture may have on a terminal of this size: one a column, two a row."""
    return max(4, columns - 6), max(2, 2 * (rows - 6))


def _save_folder() -> Path:
    downloads = Path.home() / "Downloads"
    return downloads if downloads.is_dir() else Path.home()


def _placed(typed: str) -> str:
    """Where a typed path lies: the engine, which writes there, has a folder of its own for names without one."""
    return str(_save_folder() / typed_path(typed))


def _file_name(name: str) -> str:
    """The sender's name for a file as one harmless word of a path; hidden files are not made."""
    kept = "".join("_" if character in '/\\:*?"<>|' else character for character in clean(name)).strip(" .")
    return kept[:120] or "attachment"
