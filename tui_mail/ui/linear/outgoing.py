"""Drafts to go on with, and what waits in the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.engine.messages import DraftOpened, Drafts, ListDrafts, ListOutbox, OpenDraft, Outbox
from tui_mail.model.clean import clean

if TYPE_CHECKING:
    from tui_mail.ui.linear.session import Conversation


async def drafts(talk: Conversation) -> None:
    """What is unfinished."""
    entries = (await talk.client.ask(ListDrafts(), Drafts)).entries
    for number, entry in enumerate(entries, 1):
        to = clean(", ".join(entry.recipients)) or "nobody yet"
        talk.say(f"{number}. To {to}: {clean(entry.subject) or 'no subject'}.")
    talk.say("draft 1 goes on with the first." if entries else "You have no unfinished messages.")


async def go_on(talk: Conversation, number: str) -> None:
    """Write on."""
    entries = (await talk.client.ask(ListDrafts(), Drafts)).entries
    if not number.isdecimal() or not 0 < int(number) <= len(entries):
        talk.say("There is no draft with this number; drafts lists them.")
        return
    opened = await talk.client.ask(OpenDraft(entries[int(number) - 1].id), DraftOpened)
    account = next((one for one in talk.settings.accounts if one.id == opened.draft.account), talk.account())
    if account is not None:
        await talk.send(account, opened.draft, opened.draft_id)


async def outbox(talk: Conversation) -> None:
    """What has not left, and why."""
    entries = (await talk.client.ask(ListOutbox(), Outbox)).entries
    for number, entry in enumerate(entries, 1):
        told = f" {clean(entry.problem)}" if entry.problem else ""
        to = clean(", ".join(entry.recipients))
        talk.say(f"{number}. {entry.state.value}: {clean(entry.subject) or 'no subject'}, to {to}.{told}")
    if not entries:
        talk.say("The outbox is empty.")
