"""Passing mail on with its files, and the marks that answered and forwarded mail gets, on real servers."""

import base64
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.engine.people import Person
from tests.engine.test_send import ANNA, CLARA, draft, until_state
from tests.servers import MailServers
from tui_mail.engine.messages import (
    DraftOpened,
    DraftSaved,
    MessageOpened,
    OpenDraft,
    OpenMessage,
    Queued,
    SaveDraft,
    SendMessage,
)
from tui_mail.mime.tree import parse
from tui_mail.model.errors import UsageError
from tui_mail.model.message import Draft, DraftAttachment, Flag, MessageView, OutboxState, Protection, Row
from tui_mail.net.imap import ImapSession
from tui_mail.ui.drafts import forward_draft, forward_whole_draft, reply_draft

SCAN = bytes(range(256)) * 40
ORIGINAL = (
    b"From: Dora <dora@office.test>\r\nTo: anna@clinic.test\r\nSubject: Scan\r\nMessage-ID: <scan@office.test>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nSee the scan.\r\n"
    b"--b\r\nContent-Type: application/pdf; name=scan.pdf\r\nContent-Disposition: attachment; filename=scan.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(SCAN).replace(b"\n", b"\r\n") + b"--b--\r\n"
)


@pytest.fixture(autouse=True)
def empty(mail_servers: MailServers) -> None:
    mail_servers.empty(CLARA)


async def received(anna: Person, servers: MailServers, raw: bytes = ORIGINAL) -> MessageView:
    servers.append(ANNA, "INBOX", raw)
    await anna.sync()
    (row,) = anna.rows()
    return (await anna.client.ask(OpenMessage(row.id), MessageOpened)).view


def to_clara(made: Draft) -> Draft:
    return replace(made, to=draft("x").to, protection=Protection(sign=True))


async def marked(anna: Person, flag: Flag) -> Row:
    await anna.until(lambda: anna.rows()[0].flags & flag)
    return anna.rows()[0]


async def test_a_forward_takes_the_files_along_and_the_message_is_marked(
    anna: Person, mail_servers: MailServers
) -> None:
    view = await received(anna, mail_servers)
    made = to_clara(forward_draft(view_account(anna), view, sign=True))
    assert [file.name for file in made.attachments] == ["scan.pdf"]
    await anna.client.ask(SendMessage(made), Queued)
    await until_state(anna, OutboxState.FILED)
    (arrived,) = mail_servers.wait_for_mail(CLARA)
    text, scan = parse(arrived).children[0].children
    assert b"See the scan." in text.body_bytes()
    assert (scan.filename, scan.type, scan.body_bytes()) == ("scan.pdf", "application/pdf", SCAN)
    await marked(anna, Flag.FORWARDED)
    await anna.sync()
    assert b"$Forwarded" in flags_on_server(mail_servers)


async def test_a_message_is_passed_on_as_it_came(anna: Person, mail_servers: MailServers) -> None:
    view = await received(anna, mail_servers)
    made = to_clara(forward_whole_draft(view_account(anna), view, len(ORIGINAL), sign=True))
    await anna.client.ask(SendMessage(made), Queued)
    await until_state(anna, OutboxState.FILED)
    (arrived,) = mail_servers.wait_for_mail(CLARA)
    message = parse(arrived).children[0].children[1]
    assert (message.type, message.filename) == ("message/rfc822", "Scan.eml")
    assert bytes(message.body).rstrip() == ORIGINAL.rstrip()


async def test_an_answered_message_is_marked_and_a_draft_that_waits_does_not_mark(
    anna: Person, mail_servers: MailServers
) -> None:
    view = await received(anna, mail_servers)
    made = to_clara(reply_draft(view_account(anna), frozenset(), view, everyone=False, sign=True))
    number = (await anna.client.ask(SaveDraft(made, closed=True), DraftSaved)).draft_id
    assert not anna.rows()[0].flags & Flag.ANSWERED
    await anna.client.ask(SendMessage(made, draft_id=number), Queued)
    await marked(anna, Flag.ANSWERED)
    await until_state(anna, OutboxState.FILED)
    await anna.sync()
    assert b"\\Answered" in flags_on_server(mail_servers)


async def test_a_forward_waits_as_a_draft_and_leaves_later(anna: Person, mail_servers: MailServers) -> None:
    view = await received(anna, mail_servers)
    made = to_clara(forward_draft(view_account(anna), view, sign=True))
    number = (await anna.client.ask(SaveDraft(made, closed=True), DraftSaved)).draft_id
    await anna.until(lambda: mail_servers.mailbox(ANNA, "Drafts"))
    assert b"scan.pdf" in mail_servers.mailbox(ANNA, "Drafts")[0]
    opened = await anna.client.ask(OpenDraft(number), DraftOpened)
    assert opened.draft == made


async def test_what_is_no_longer_what_was_chosen_does_not_leave(anna: Person, mail_servers: MailServers) -> None:
    view = await received(anna, mail_servers)
    other = DraftAttachment("", "scan.pdf", "application/pdf", size_bytes=1, message=view.id, part=0)
    with pytest.raises(UsageError, match="cannot be read now"):
        await anna.client.ask(SendMessage(draft("No", attachments=(other,))), Queued)
    gone = DraftAttachment("", "scan.pdf", "application/pdf", size_bytes=1, message=view.id + 1000, part=0)
    with pytest.raises(UsageError, match="not here any more"):
        await anna.client.ask(SendMessage(draft("No", attachments=(gone,))), Queued)


async def test_an_encrypted_message_is_not_passed_on_as_it_came(
    anna: Person, mail_servers: MailServers, tmp_path: Path
) -> None:
    await anna.client.ask(
        SendMessage(draft("Sealed", to=(ANNA,), protection=Protection(sign=True, encrypt=True))), Queued
    )
    await anna.until(lambda: anna.rows() and anna.rows()[0].enc == "open")
    view = (await anna.client.ask(OpenMessage(anna.rows()[0].id), MessageOpened)).view
    made = to_clara(forward_whole_draft(view_account(anna), view, 1, sign=True))
    with pytest.raises(UsageError, match="opened only by you"):
        await anna.client.ask(SendMessage(made), Queued)


def view_account(anna: Person) -> str:
    return anna.client.welcome.settings.accounts[0].id


def flags_on_server(servers: MailServers) -> bytes:
    session = ImapSession.connect(servers.imap_server(ANNA), servers.users[ANNA])
    try:
        session.select("INBOX")
        with session._talk("look"):
            return b"".join(b"".join(pieces) for pieces in session._client.wire.answers(b"UID FETCH 1:* FLAGS"))
    finally:
        session.close()
