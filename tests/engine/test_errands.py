"""A machine that only reads and sends (`receive = false`): its server learns what was done here; nothing is fetched."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.engine.people import Person, creation, profile
from tests.servers import MailServers
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.messages import (
    ChangeFlags,
    DeleteMessages,
    Done,
    DraftSaved,
    MoveMessages,
    OutboxChanged,
    Queued,
    SaveDraft,
    SaveSettings,
    SendMessage,
    Welcome,
)
from tui_mail.model.address import Address
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, Flag, OutboxState, Protection

ANNA, CLARA = "anna@clinic.test", "clara@office.test"


def letter(subject: str) -> bytes:
    return (
        f"From: Bob <bob@elsewhere.test>\r\nTo: {ANNA}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject}@elsewhere.test>\r\n\r\nHello.\r\n"
    ).encode()


async def only_send(anna: Person) -> None:
    settings = anna.client.welcome.settings
    account = replace(settings.accounts[0], receive=False)
    await anna.client.ask(SaveSettings(replace(settings, accounts=(account,))), Done)


async def test_flags_moves_and_deletions_reach_the_server(anna: Person, imap_servers: MailServers) -> None:
    for subject in ("Keep", "File", "Away"):
        imap_servers.append(ANNA, "INBOX", letter(subject))
    await anna.until(lambda: len(anna.rows()) == 3)
    await only_send(anna)
    numbers = {row.subject: row.id for row in anna.rows()}
    await anna.client.ask(ChangeFlags((numbers["Keep"],), add=int(Flag.FLAGGED)), Done)
    await anna.client.ask(MoveMessages((numbers["File"],), anna.folder(FolderRole.ARCHIVE).id), Done)
    await anna.client.ask(DeleteMessages((numbers["Away"],)), Done)
    there = ("INBOX", "Archive", "Trash")
    await anna.until(lambda: [len(imap_servers.mailbox(ANNA, name)) for name in there] == [1, 1, 1])
    with imap_servers.imap(ANNA) as other:
        assert b"\\Flagged" in other.uid("FETCH", "1:*", "(FLAGS)")[1][0]


async def test_nothing_is_received(anna: Person, imap_servers: MailServers) -> None:
    await only_send(anna)
    imap_servers.append(ANNA, "INBOX", letter("New"))
    result = await anna.sync()
    assert (result.folders, result.new_messages, anna.rows()) == (0, 0, [])


@pytest.fixture
async def sender(mail_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Person]:
    """A profile that has never received anything."""
    mail_servers.empty(ANNA, CLARA)
    client = await InProcessEngine.start(profile(tmp_path, "anna", monkeypatch))
    person = Person(client)
    made = creation(mail_servers, ANNA)
    await client.ask(replace(made, account=replace(made.account, receive=False)), Welcome)
    try:
        yield person
    finally:
        await client.close()


def draft() -> Draft:
    return Draft("anna", to=(Address(CLARA),), subject="Hello", body="Text.\n", protection=Protection(sign=True))


async def test_sent_mail_is_filed_once_into_the_folder_that_the_server_has_for_it(
    sender: Person, mail_servers: MailServers
) -> None:
    await sender.client.ask(SendMessage(draft()), Queued)

    def is_filed() -> bool:
        moved = [event.entry for event in sender.events if isinstance(event, OutboxChanged)]
        return any(entry.state is OutboxState.FILED for entry in moved)

    await sender.until(is_filed)
    (arrived,) = mail_servers.wait_for_mail(CLARA)
    (filed,) = mail_servers.mailbox(ANNA, "Sent")
    assert arrived.rstrip().endswith(filed.rstrip())


async def test_a_draft_is_kept_on_the_server(sender: Person, mail_servers: MailServers) -> None:
    await sender.client.ask(SaveDraft(draft(), closed=True), DraftSaved)
    await sender.until(lambda: len(mail_servers.mailbox(ANNA, "Drafts")) == 1)
