"""Several mailboxes in one profile, and a password that changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.engine.people import Person, creation, profile
from tests.engine.test_send import ANNA, CLARA, until_state
from tests.servers import MailServers
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.messages import (
    AddAccount,
    Connection,
    Done,
    NewCertificate,
    Queued,
    SendMessage,
    SetPassword,
    Welcome,
)
from tui_mail.model.address import Address
from tui_mail.model.errors import UsageError
from tui_mail.model.message import Draft, OutboxState, Protection

DORA = "dora@office.test"


@pytest.fixture(autouse=True)
def empty(mail_servers: MailServers) -> Iterator[None]:
    mail_servers.empty(CLARA, DORA)
    return iter(())


def more(servers: MailServers, certificate: NewCertificate | None) -> AddAccount:
    return AddAccount(servers.account(DORA), servers.users[DORA], servers.users[DORA], certificate)


async def test_a_second_mailbox_receives_sends_and_signs_as_itself(anna: Person, mail_servers: MailServers) -> None:
    mail_servers.deliver(ANNA, b"From: x@x.test\r\nSubject: for Anna\r\n\r\nx\r\n")
    mail_servers.deliver(DORA, b"From: x@x.test\r\nSubject: for Dora\r\n\r\nx\r\n")
    welcome = await anna.client.ask(more(mail_servers, NewCertificate("ecdsa-p256")), Welcome)
    assert [account.id for account in welcome.settings.accounts] == ["anna", "dora"]
    await anna.sync()
    inboxes = anna.store().inboxes()
    assert {row.subject for index in range(inboxes.total) if (row := inboxes.row(index))} == {"for Anna", "for Dora"}
    draft = Draft("dora", (Address(CLARA),), subject="From Dora", body="x", protection=Protection(sign=True))
    await anna.client.ask(SendMessage(draft), Queued)
    await until_state(anna, OutboxState.FILED)
    (arrived,) = mail_servers.wait_for_mail(CLARA)
    assert b"From: Dora <dora@office.test>" in arrived and b"multipart/signed" in arrived
    assert len(mail_servers.mailbox(DORA, "Sent")) == 1 and mail_servers.mailbox(ANNA, "Sent") == []
    with pytest.raises(UsageError, match="already"):
        await anna.client.ask(more(mail_servers, NewCertificate()), Welcome)


async def test_a_mailbox_without_any_certificate_is_not_added(anna: Person, mail_servers: MailServers) -> None:
    with pytest.raises(UsageError, match=f"No certificate here names {DORA}"):
        await anna.client.ask(more(mail_servers, None), Welcome)
    assert len(anna.client.welcome.settings.accounts) == 1


async def test_a_new_password_is_tried_before_the_old_one_goes(anna: Person, mail_servers: MailServers) -> None:
    with pytest.raises(UsageError, match="The old password stays"):
        await anna.client.ask(SetPassword("anna", "wrong"), Done)
    agent = anna.client._engine._agent  # type: ignore[attr-defined]
    assert agent.password("anna", "imap") == mail_servers.users[ANNA]
    await anna.client.ask(SetPassword("anna", "wrong", test=False), Done)
    assert agent.password("anna", "smtp") == "wrong"
    await anna.client.ask(SetPassword("anna", mail_servers.users[ANNA]), Done)
    assert not (await anna.sync()).problems
    with pytest.raises(UsageError, match="no account"):
        await anna.client.ask(SetPassword("nobody", "x"), Done)


async def test_a_refused_login_is_told_as_such_and_a_right_password_goes_on_at_once(
    mail_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await InProcessEngine.start(profile(tmp_path, "dora", monkeypatch))
    try:
        dora = Person(client)
        await client.ask(replace(creation(mail_servers, DORA), imap_password="wrong"), Welcome)

        def heard(state: str, *, refused: bool) -> bool:
            found = [event for event in dora.events if isinstance(event, Connection)]
            return any(event.state == state and event.password_refused is refused for event in found)

        await dora.until(lambda: heard("offline", refused=True))
        await client.ask(SetPassword("dora", mail_servers.users[DORA]), Done)
        await dora.until(lambda: heard("online", refused=False))
    finally:
        await client.close()
