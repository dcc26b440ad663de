"""A mailbox that is nearly full is said in time, and once; on a real server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.people import Person, profile
from tests.servers import FULL, MailServers
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.messages import Notice, OutboxChanged, Queued, SendMessage
from tui_mail.model.address import Address
from tui_mail.model.message import Draft

MAIL = b"From: clara@office.test\r\nSubject: Big\r\n\r\n" + b"x" * 76 + b"\r\n"
LINES = b"0123456789" * 7 + b"\r\n"


def told(person: Person) -> list[str]:
    return [event.sentence for event in person.events if isinstance(event, Notice) and "full" in event.sentence]


@pytest.fixture
async def felix(imap_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Person]:
    imap_servers.empty(FULL)
    client = await InProcessEngine.start(profile(tmp_path, "felix", monkeypatch))
    try:
        yield await Person.made(client, imap_servers, FULL)
    finally:
        await client.close()


async def test_a_mailbox_that_fills_is_said_once_at_ninety_percent(
    felix: Person, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.engine.jobs.receive.QUOTA_SECONDS", 0.0)
    await felix.sync()
    assert told(felix) == []
    imap_servers.append(FULL, "INBOX", MAIL + LINES * 1_300)  # 94 of 100 kB
    await felix.sync()
    await felix.until(lambda: told(felix))
    (sentence,) = told(felix)
    assert sentence.startswith(f"The mailbox of {FULL} is 9") and "% full" in sentence
    await felix.sync()
    await asyncio.sleep(0.2)
    assert len(told(felix)) == 1


async def test_what_was_sent_from_a_full_mailbox_is_said_once_not_to_be_filed_and_is_filed_when_there_is_room(
    felix: Person, mail_servers: MailServers
) -> None:
    """RFC 9208 section 3.1, RFC 5530: OVERQUOTA."""
    mail_servers.append(FULL, "INBOX", MAIL + LINES * 1_340)
    await felix.sync()
    letter = Draft(
        felix.client.welcome.settings.accounts[0].id,
        (Address("bert@clinic.test"),),
        subject="Large",
        body="0123456789 " * 2_000,
    )
    await felix.client.ask(SendMessage(letter), Queued)

    def problems() -> list[str]:
        return [one.entry.problem for one in felix.events if isinstance(one, OutboxChanged) and one.entry.problem]

    await felix.until(problems)
    assert problems() == [
        "Sent, but not filed yet: localhost refused to take a message into the folder Sent: the mailbox is full. Delete"
        " large messages and empty the trash."
    ]
    await felix.sync()
    assert len(problems()) == 1 and not mail_servers.mailbox(FULL, "Sent")
    mail_servers.empty(FULL)
    await felix.sync()
    assert len(mail_servers.wait_for_mail(FULL, 1, "Sent")) == 1
    assert len(mail_servers.wait_for_mail("bert@clinic.test")) >= 1
