"""Putting mail off, with a real server behind: it goes on having the mail, and the hour brings it back."""

import time

import pytest

from tests.engine.people import Person
from tests.engine.test_change_folders import names, subjects
from tests.servers import MailServers
from tui_mail.engine.messages import ChangeFlags, Done, MoveMessages, NewMail, SnoozeMessages
from tui_mail.model.errors import UsageError
from tui_mail.model.message import Flag

ANNA = "anna@clinic.test"
MAIL = b"From: clara@office.test\r\nSubject: Later\r\nMessage-ID: <later@x>\r\n\r\nHello\r\n"


async def received(anna: Person, servers: MailServers) -> int:
    servers.append(ANNA, "INBOX", MAIL)
    await anna.sync()
    return anna.rows()[0].id


async def test_it_leaves_the_inbox_stays_at_the_server_and_is_back_unread_in_its_hour(
    anna: Person, imap_servers: MailServers
) -> None:
    number = await received(anna, imap_servers)
    await anna.client.ask(ChangeFlags((number,), add=int(Flag.SEEN)), Done)
    await anna.client.ask(SnoozeMessages((number,), int(time.time()) + 3_600), Done)
    assert anna.rows() == [] and subjects(anna, names(anna)["Snoozed"]) == [(number, "Later")]
    await anna.sync()
    assert anna.rows() == [] and len(imap_servers.mailbox(ANNA, "INBOX")) == 1
    assert "Snoozed" in names(anna)
    with pytest.raises(UsageError, match="folder that holds mail"):
        await anna.client.ask(MoveMessages((number,), names(anna)["Snoozed"].id), Done)
    anna.events.clear()
    await anna.client.ask(SnoozeMessages((number,), int(time.time()) + 2), Done)  # sooner than was said first
    await anna.until(anna.rows)
    await anna.until(lambda: any(isinstance(event, NewMail) and event.count == 1 for event in anna.events))
    (row,) = anna.rows()
    assert (row.id, row.flags & Flag.SEEN) == (number, 0)
    await anna.sync()
    assert not names(anna)["Snoozed"].total and len(imap_servers.mailbox(ANNA, "INBOX")) == 1


async def test_brought_back_by_hand_it_is_as_it_was(anna: Person, imap_servers: MailServers) -> None:
    number = await received(anna, imap_servers)
    await anna.client.ask(ChangeFlags((number,), add=int(Flag.SEEN)), Done)
    await anna.client.ask(SnoozeMessages((number,), int(time.time()) + 3_600), Done)
    assert (await anna.client.ask(SnoozeMessages((number,), 0), Done)).count == 1
    (row,) = anna.rows()
    assert row.flags & Flag.SEEN


async def test_ten_years_are_too_long(anna: Person, imap_servers: MailServers) -> None:
    number = await received(anna, imap_servers)
    with pytest.raises(UsageError, match="a year at most"):
        await anna.client.ask(SnoozeMessages((number,), int(time.time()) + 10 * 365 * 86_400), Done)
