"""How writing begins and goes on: a new message, an answer, a forwarded one, a draft, and one that was put aside."""

from __future__ import annotations

from msgspec.structs import replace

from tui_mail.engine.messages import (
    ClosedExplained,
    Command,
    DraftOpened,
    Drafts,
    ExplainClosed,
    ListDrafts,
    OpenDraft,
    UndoSend,
)
from tui_mail.model.account import Account
from tui_mail.model.address import Address, address_key
from tui_mail.model.message import Draft, MessageView
from tui_mail.ui.drafts import forward_draft, forward_whole_draft, new_draft, reply_draft, signed_off
from tui_mail.ui.open_drafts import counted, draft_name
from tui_mail.ui.safe import notify
from tui_mail.ui.screens.mail_actions import MailActions


class WritingActions(MailActions):
    """The wishes that end in the composer."""

    def compose_new(self, to: tuple[Address, ...] = ()) -> None:
        """Write a new message."""
        account = self.account
        if account is not None:
            draft = new_draft(account.id, sign=self.mail_app.settings.sign_by_default)
            self._begin(account, replace(draft, to=to))

    def reply(self, *, everyone: bool) -> None:
        """Answer the message under the cursor."""
        self.with_view(lambda view: self._reply(view, everyone))

    def _reply(self, view: MessageView, everyone: bool) -> None:
        account = self.account
        if account is not None:
            own = frozenset(address_key(own.address) for own in self.mail_app.settings.accounts)
            sign = self.mail_app.settings.sign_by_default
            self._begin(account, reply_draft(account.id, own, view, everyone=everyone, sign=sign))

    def forward(self) -> None:
        """Pass the text and the files of the message under the cursor on."""
        self.with_whole_view(self._forward)

    def _forward(self, view: MessageView) -> None:
        account = self.account
        if account is not None:
            self._begin(account, forward_draft(account.id, view, sign=self.mail_app.settings.sign_by_default))

    def forward_whole(self) -> None:
        """Pass the message under the cursor on as it came."""
        self.with_whole_view(self._forward_whole)

    def _forward_whole(self, view: MessageView) -> None:
        account, store = self.account, self.mail_app.store
        if view.security.encryption is not None:
            self.say("Only you can open an encrypted message as it came: f forwards its text and its files.")
        elif account is not None and store is not None:
            size_bytes, sign = store.size_of(view.id), self.mail_app.settings.sign_by_default
            self._begin(account, forward_whole_draft(account.id, view, size_bytes, sign=sign))

    def _begin(self, account: Account, draft: Draft) -> None:
        """Write something new, with the account's signature below."""
        self._write(account, signed_off(draft, account.signature))

    def _write(self, account: Account, draft: Draft, draft_id: int = 0) -> None:
        from tui_mail.ui.screens.compose import ComposeScreen

        drafts = self.mail_app.drafts
        if screen := drafts.numbered(draft_id):
            drafts.go_on(screen)
        else:
            drafts.begin(ComposeScreen(self.link, account, draft, draft_id))

    def choose_open_draft(self) -> None:
        """Go back to a message that is being written; ask which when there are several."""
        from tui_mail.ui.screens.pick import PickScreen

        drafts = self.mail_app.drafts
        screens = tuple(drafts.aside)
        if len(screens) == 1:
            drafts.go_on(screens[0])
            return

        def picked(index: int | None) -> None:
            if index is not None:
                drafts.go_on(screens[index])

        names = [screen.name_of_draft for screen in screens]
        self.app.push_screen(PickScreen("Go back to which message?", names, len(names) - 1), picked)

    def drafts_changed(self) -> None:
        """More or fewer messages are being written."""
        self.status.writing = counted(len(self.mail_app.drafts.aside))
        self.show_hints()

    def written(self, outbox_id: int | None) -> None:
        """A composer was left; what it sent can be taken back."""
        if outbox_id is not None:
            self.can_undo(lambda: self.run_worker(self._take_back_sent(outbox_id), group="undo"))

    async def _take_back_sent(self, outbox_id: int) -> None:
        if await self._go_on(UndoSend(outbox_id)) is False:
            notify(self.app, "Taken back: D shows your drafts.")

    def open_draft(self, message_id: int) -> None:
        """Go on writing a message of a Drafts folder."""
        self.run_worker(self._go_on(OpenDraft(message_id=message_id)), group="with-view", exclusive=True)

    async def _go_on(self, command: Command) -> bool | None:
        """Whether the composer stands; None when there is nothing to go on with."""
        opened = await self.asked(command, DraftOpened)
        if opened is None:
            return None
        if not self.still_here():
            return False
        accounts = self.mail_app.settings.accounts
        account = next((one for one in accounts if one.id == opened.draft.account), self.account)
        if account is not None:
            self._write(account, opened.draft, opened.draft_id)
        return account is not None

    def choose_draft(self) -> None:
        """Ask which unfinished message to go on with."""
        self.run_worker(self._choose_draft(), group="with-view", exclusive=True)

    async def _choose_draft(self) -> None:
        listed = await self.asked(ListDrafts(), Drafts)
        if listed is None or not self.still_here():
            return
        if not listed.entries:
            self.say("You have no unfinished messages.")
            return
        from tui_mail.ui.screens.pick import PickScreen

        names = [draft_name(entry.subject, entry.recipients) for entry in listed.entries]

        def picked(index: int | None) -> None:
            if index is not None:
                command = OpenDraft(listed.entries[index].id)
                self.run_worker(self._go_on(command), group="with-view", exclusive=True)

        self.app.push_screen(PickScreen("Go on writing", names), picked)

    def explain_closed(self) -> None:
        """Say why the message under the cursor cannot be read."""
        row, account = self.list.row, self.account
        if row is not None and account is not None:
            self.run_worker(self._explain_closed(row.id, account), group="closed", exclusive=True)

    async def _explain_closed(self, message_id: int, account: Account) -> None:
        explained = await self.asked(ExplainClosed(message_id, account.id), ClosedExplained)
        if explained is not None and self.still_at(message_id):
            from tui_mail.ui.screens.closed import ClosedScreen

            self.app.push_screen(ClosedScreen(explained, lambda draft: self._write(account, draft)))
