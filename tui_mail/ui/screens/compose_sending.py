"""Letting a message go: what looks forgotten is asked about, then it lies in the outbox."""

from __future__ import annotations

import time
from datetime import datetime

from textual import work

from tui_mail.engine.messages import PreflightResult, Queued, SendMessage
from tui_mail.model.errors import TuiMailError
from tui_mail.model.message import Draft
from tui_mail.ui import safe
from tui_mail.ui.attachment_mention import speaks_of_attachment
from tui_mail.ui.autosave import Autosave
from tui_mail.ui.screens.compose_recipients import ComposeRecipients, everyone
from tui_mail.ui.screens.page import all_typed
from tui_mail.ui.screens.question import Question
from tui_mail.ui.when import said


class ComposeSending(ComposeRecipients):
    """The part of the composer that sends."""

    _autosave: Autosave
    _sending = False

    def action_send(self) -> None:
        """Check, ask where something looks forgotten, hand over to the outbox."""
        if not self._sending:
            self._sending = True  # at once: a key right behind this one must know it
            self._send_now()

    @work(exclusive=True, group="send")
    async def _send_now(self) -> None:
        await all_typed(self.query("Input, TextArea"))
        try:
            await self._send()
        except TuiMailError as error:
            safe.notify(self.app, str(error), "error", timeout_seconds=10)
        finally:
            self._sending = False

    async def _send(self) -> None:
        draft = self.draft
        if not self._recipients_fit(draft):
            return
        if not await self._looks_complete(draft):
            return
        result = await self._ask_preflight(draft)
        self._show(result, draft)
        if not result.ready:
            safe.notify(self.app, _obstacle(result, draft), "warning", timeout_seconds=10)
            return
        later = self._leaves_at()
        wait = self._client.welcome.settings.undo_seconds
        at = int(later.timestamp()) if later else int(time.time()) + wait if wait > 0 else 0
        queued = await self._client.ask(SendMessage(draft, at, self._autosave.draft_id), Queued)
        if later:
            when = said(later, datetime.now().astimezone())
            safe.notify(self.app, f"It leaves {when}. o shows the outbox, z takes it back.", timeout_seconds=8)
        elif wait > 0:
            safe.notify(self.app, f"It leaves in {wait} seconds; z takes it back.", timeout_seconds=wait)
        else:
            safe.notify(self.app, "On its way.", timeout_seconds=2)
        self.dismiss(queued.outbox_id)

    def _recipients_fit(self, draft: Draft) -> bool:
        for name in ("to", "cc", "bcc"):
            problems = self._field(name).all_problems
            if problems:
                self._field(name).focus()
                safe.notify(self.app, problems[0], "warning")
                return False
        if not everyone(draft):
            self._field("to").focus()
            safe.notify(self.app, "Who should get this mail? Type an address into To.", "warning")
            return False
        return True

    async def _looks_complete(self, draft: Draft) -> bool:
        questions = []
        if not draft.attachments and speaks_of_attachment(draft.body):
            questions.append("The text speaks of an attachment, and none is there.")
        if not draft.subject:
            questions.append("The mail has no subject.")
        if self._draft.protection.encrypt and not draft.protection.encrypt:
            if self._draft.reply_to_message:
                questions.append(
                    "The mail that you answer was encrypted, and this answer is not. Anybody on its way can read it."
                )
            elif self._draft.forwards:
                questions.append(
                    "The mail that you forward was encrypted, and this one is not. Anybody on its way can read it."
                )
        for question in questions:
            if not await self.app.push_screen_wait(Question(question, action="Send anyway", back="Go on writing")):
                return False
        return True


def _obstacle(result: PreflightResult, draft: Draft) -> str:
    """The sentence why this cannot be sent as asked."""
    if draft.protection.encrypt:
        for check in result.recipients:
            if not check.encryptable:
                return check.sentence
    return result.own_sentence or "This mail cannot be sent as asked: look at the lines under the text."
