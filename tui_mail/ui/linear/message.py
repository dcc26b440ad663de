"""What is done with one message: why its letter, its source, links and files, kept or printed, answered, left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.engine.messages import (
    AnswerInvitation,
    ClosedExplained,
    Done,
    ExplainClosed,
    FetchWhole,
    LeaveList,
    ListLeft,
    MessageOpened,
    MessageText,
    OpenMessage,
    Queued,
    RawSource,
    SaveAttachment,
    Saved,
    SaveMessage,
    SendReceipt,
    Source,
    Text,
)
from tui_mail.model.clean import clean
from tui_mail.model.invitation import Answer
from tui_mail.model.message import MessageView
from tui_mail.model.typed_path import typed_path
from tui_mail.ui.links import leads_to, message_links
from tui_mail.ui.printing import print_text

if TYPE_CHECKING:
    from tui_mail.ui.linear.session import Conversation

MAX_SOURCE_LINES = 400
MAX_SOURCE_BYTES = 100_000
ANSWERS = {"accept": Answer.ACCEPTED, "perhaps": Answer.TENTATIVE, "decline": Answer.DECLINED}


async def details(talk: Conversation, view: MessageView) -> None:
    """The verdict's whole story."""
    from tui_mail.ui.screens.security import story  # brings the interface along, half a second once

    for line in story(view, datetime.now(UTC)):
        label, *values = [text.strip() for text, _style in line] or [""]
        said = " ".join(filter(None, values))
        talk.say(f"{label}: {said}" if label and said else label or said)


async def headers(talk: Conversation, view: MessageView) -> None:
    """All header fields."""
    for name, value in view.headers:
        talk.say(clean(f"{name}: {value}"))


async def source(talk: Conversation, view: MessageView) -> None:
    """The message as it came."""
    source = await talk.client.ask(RawSource(view.id, count=MAX_SOURCE_BYTES), Source)
    lines = source.raw.decode("utf-8", "replace").splitlines()
    for line in lines[:MAX_SOURCE_LINES]:
        talk.say(clean(line))
    if len(lines) > MAX_SOURCE_LINES or len(source.raw) < source.size_bytes:
        shown = min(MAX_SOURCE_LINES, len(lines))
        talk.say(f"The first {shown} lines of {source.size_bytes:,} bytes. keep saves all of them.")


async def links(talk: Conversation, view: MessageView) -> None:
    """Where its links lead; nothing is opened."""
    targets = message_links(view)
    for number, target in enumerate(targets, 1):
        talk.say(f"Link {number} leads to {clean(leads_to(target))}: {clean(target)}")
    if not targets:
        talk.say("There is no link in this message.")


async def whole(talk: Conversation, view: MessageView) -> None:
    """What waits on the server."""
    view = await got_whole(talk, view)
    for file in view.attachments:
        talk.say(f"Attachment {file.index + 1}: {clean(file.name)}, {clean(file.type)}, {file.size_bytes} bytes.")


async def got_whole(talk: Conversation, view: MessageView) -> MessageView:
    """The message with all of its files."""
    if view.held is None:
        talk.say("Nothing of this message waits: it is here whole.")
        return view
    talk.say("Getting the whole message.")
    await talk.client.ask(FetchWhole(view.id), Done)
    return (await talk.client.ask(OpenMessage(view.id, mark_seen=False), MessageOpened)).view


async def save(talk: Conversation, view: MessageView) -> None:
    """One of its files."""
    if view.held is not None:
        view = await got_whole(talk, view)
    files = view.attachments
    if not files:
        talk.say("This message has no attachment.")
        return
    number = await talk.ask(f"Which attachment, 1 to {len(files)}? ") if len(files) > 1 else "1"
    if not number.strip().isdecimal() or not 0 < int(number) <= len(files):
        talk.say("There is no such attachment. Nothing was saved.")
        return
    file = files[int(number) - 1]
    await _saved(talk, file.name, lambda path: SaveAttachment(view.id, file.index, path))


async def keep(talk: Conversation, view: MessageView) -> None:
    """The whole message in a file: .txt its text, .eml as it came."""
    await _saved(talk, f"{view.subject[:60] or 'message'}.txt", lambda path: SaveMessage(view.id, path))


async def _saved(talk: Conversation, name: str, command: Callable[[str], SaveAttachment | SaveMessage]) -> None:
    harmless = "".join("_" if sign in '/\\:*?"<>|' else sign for sign in clean(name)).strip(" .")[:120] or "file"
    place = Path.home() / harmless
    typed = (await talk.ask(f"Save as, empty for {place}: ")).strip()
    path = str(typed_path(typed).absolute()) if typed else str(place)
    saved = await talk.client.ask(command(path), Saved)
    talk.say(f"Saved as {clean(saved.path)}.")


async def print_it(talk: Conversation, view: MessageView) -> None:
    """On paper."""
    command = talk.settings.print_command
    if not await talk.agrees(f"Print this message with {command}?"):
        return
    problem = await print_text(command, (await talk.client.ask(MessageText(view.id), Text)).text)
    talk.say(clean(problem) or f"Handed to {command}.")


async def leave(talk: Conversation, view: MessageView) -> None:
    """No more of this mailing list."""
    way = view.unsubscribe
    if way is None:
        talk.say("This message does not say how to leave its list.")
    elif not way.one_click:
        talk.say(f"This list is left at {clean(way.mailto or way.page)}")
    elif await talk.agrees(f"Tell {clean(leads_to(way.one_click))} to send you nothing more?"):
        left = await talk.client.ask(LeaveList(view.id, way.one_click), ListLeft)
        talk.say(f"{clean(left.host)} has been told. It can take some days.")


async def answer(talk: Conversation, view: MessageView) -> None:
    """An invitation."""
    account, invitation = talk.account(), view.invitation
    if account is None or invitation is None or not invitation.can_answer or invitation.organizer is None:
        talk.say("This message is no invitation that asks for an answer.")
        return
    asked = f"Your answer goes to {clean(invitation.organizer.spec)}: accept, perhaps or decline? "
    chosen = ANSWERS.get((await talk.ask(asked)).strip().casefold())
    if chosen is None:
        talk.say("Nothing was answered.")
        return
    await talk.client.ask(AnswerInvitation(view.id, account.id, chosen, 0), Queued)
    talk.say("Your answer is on its way.")


async def receipt(talk: Conversation, view: MessageView) -> None:
    """Say that it was read, when its sender asks."""
    account = talk.account()
    if account is None or view.receipt_to is None:
        talk.say("The sender of this message asks for no receipt.")
    elif await talk.agrees(f"Tell {clean(view.receipt_to.spec)} that this message was shown to you?"):
        await talk.client.ask(SendReceipt(view.id, account.id, view.receipt_to.spec), Queued)
        talk.say(f"A receipt goes to {clean(view.receipt_to.spec)}.")


async def why(talk: Conversation, view: MessageView) -> None:
    """Why it stays closed."""
    account = talk.account()
    if account is not None:
        for sentence in (await talk.client.ask(ExplainClosed(view.id, account.id), ClosedExplained)).sentences:
            talk.say(clean(sentence))
