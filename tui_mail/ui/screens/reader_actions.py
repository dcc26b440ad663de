"""What is done with the message that is read: following its links, keeping it or its attachments, seeing its source."""

from __future__ import annotations

from pathlib import Path

from tui_mail.engine.messages import Command, RawSource, SaveAttachment, Saved, SaveMessage, Source
from tui_mail.model.message import MessageView
from tui_mail.ui.drafts import new_draft
from tui_mail.ui.links import browser, leads_to, mailto_draft, message_links, open_in_browser
from tui_mail.ui.safe import clean
from tui_mail.ui.screens.list_actions import ListActions
from tui_mail.ui.wrap import Line

MAX_SOURCE_BYTES = 1_000_000
"""So much of a source is shown; saving it as .eml keeps all."""


class ReaderActions(ListActions):
    """The wishes that concern an open message."""

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

    # ---- source and files

    def show_source(self) -> None:
        """The message as it came, without any reading of it."""
        row = self.list.row
        if row is not None:
            self.run_worker(self._show_source(row.id), group="with-view", exclusive=True)

    async def _show_source(self, message_id: int) -> None:
        source = await self.asked(RawSource(message_id), Source)
        if source is None:
            return
        from tui_mail.ui.screens.story import StoryScreen

        shown = source.raw[:MAX_SOURCE_BYTES].decode("utf-8", "replace")
        lines: list[Line] = [((clean(line), "text"),) for line in shown.splitlines()]
        if len(source.raw) > MAX_SOURCE_BYTES:
            lines.append(
                ((f"The first {MAX_SOURCE_BYTES:,} of {len(source.raw):,} bytes. w saves all of them.", "muted"),)
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
                self.run_worker(self._save(SaveMessage(message_id, path)), group="save")

        self.app.push_screen(AskPath("Save the message as (.txt its text, .eml as it came)", place), answered)

    def save_attachment(self) -> None:
        """Ask which attachment, then where to put it."""
        view = self.reader.view
        if view is None or not view.attachments:
            return
        if len(view.attachments) == 1:
            self._save_where(view, 0)
            return
        from tui_mail.ui.screens.pick import PickScreen

        names = [attachment.name or "unnamed" for attachment in view.attachments]

        def picked(index: int | None) -> None:
            if index is not None:
                self._save_where(view, index)

        self.app.push_screen(PickScreen("Save which attachment?", names), picked)

    def _save_where(self, view: MessageView, position: int) -> None:
        from tui_mail.ui.screens.ask_path import AskPath

        attachment = view.attachments[position]

        def answered(path: str | None) -> None:
            if path:
                self.run_worker(self._save(SaveAttachment(view.id, attachment.index, path)), group="save")

        self.app.push_screen(AskPath("Save attachment as", str(_save_folder() / _file_name(attachment.name))), answered)

    async def _save(self, command: Command) -> None:
        saved = await self.asked(command, Saved)
        if saved is not None:
            self.say(f"Saved as {saved.path}")


def _save_folder() -> Path:
    downloads = Path.home() / "Downloads"
    return downloads if downloads.is_dir() else Path.home()


def _file_name(name: str) -> str:
    """The sender's name for a file as one harmless word of a path; hidden files are not made."""
    kept = "".join("_" if character in '/\\:*?"<>|' else character for character in clean(name)).strip(" .")
    return kept[:120] or "attachment"
