"""People through the engine: blocks, notes, what was sent to whom, and a renewed certificate."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.engine.people import Person
from tests.engine.test_trust import ANNA, BOB, PKI, signed
from tests.servers import MailServers
from tui_mail.cli.people import reminder_list
from tui_mail.engine.messages import (
    BlockSender,
    CertificateBook,
    Done,
    ImportCertificate,
    ImportKey,
    ListCertificates,
    ListPeople,
    MessageOpened,
    OpenMessage,
    People,
    Preflight,
    PreflightResult,
    Reply,
    SaveNote,
    SendMessage,
    TrustFacts,
    TrustQuestion,
    TrustSender,
    UnblockSender,
)
from tui_mail.model.address import Address
from tui_mail.model.errors import UsageError
from tui_mail.model.message import Draft, Protection
from tui_mail.trust.certificate import read_certificate


async def book(anna: Person, address: str = "") -> CertificateBook:
    return await anna.client.ask(ListCertificates(address), CertificateBook)


async def sendable(anna: Person) -> PreflightResult:
    return await anna.client.ask(Preflight("anna", (BOB,), Protection(encrypt=True)), PreflightResult)


async def test_a_blocked_certificate_is_never_y_and_nothing_is_encrypted_to_it(
    anna: Person, imap_servers: MailServers
) -> None:
    bob = PKI.issue(BOB)
    await anna.client.ask(ImportCertificate(PKI.ca.certificate, anchor=True), Done)
    imap_servers.deliver(ANNA, signed(bob, "Below a root"))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"])
    for sha256 in (bob.sha256, ""):
        await anna.client.ask(TrustSender(BOB, bob.sha256), Done)
        assert (await sendable(anna)).ready
        assert (await anna.client.ask(BlockSender(BOB.upper(), sha256), Done)).count == 1
        assert [row.sig for row in anna.rows()] == ["X"]
        facts = await anna.client.ask(TrustQuestion(anna.rows()[0].id), TrustFacts)
        assert not facts.offer and not facts.already
        assert "blocked" in facts.sentences[0]
        refused = await sendable(anna)
        assert not refused.ready
        assert "blocked" in refused.recipients[0].sentence
        assert [entry.blocked for entry in (await book(anna, BOB)).entries] == [True]
        await anna.client.ask(UnblockSender(BOB, sha256), Done)
        assert [row.sig for row in anna.rows()] == ["Y"]
    with pytest.raises(UsageError):
        await anna.client.ask(UnblockSender(BOB, ""), Done)
    opened = await anna.client.ask(OpenMessage(anna.rows()[0].id), MessageOpened)
    assert opened.view.history == "This is the first signed mail of this sender here."


async def test_notes_are_kept_also_on_people_without_a_certificate(anna: Person) -> None:
    await anna.client.ask(SaveNote("New@X.test", "Met at the congress."), Done)
    await anna.client.ask(BlockSender("spam@x.test"), Done)
    found = await book(anna)
    assert [(one.address, one.note, one.blocked) for one in found.waiting] == [
        ("new@x.test", "Met at the congress.", False),
        ("spam@x.test", "", True),
    ]
    with pytest.raises(UsageError):
        await anna.client.ask(SaveNote("nobody", "x"), Done)


async def test_a_renewed_certificate_signs_at_once_and_the_old_key_goes_on_decrypting(
    anna: Person, imap_servers: MailServers
) -> None:
    """Trap 47 of the rules: private keys of any age open old mail."""
    old = anna.client._engine._session.agent.own_keys()[0].certificate
    draft = Draft("anna", (Address(BOB),), subject="One", body="x", protection=Protection(sign=True))
    await anna.client.ask(SendMessage(draft), Reply)
    await anna.until(lambda: any(one.sent_at for one in _waiting(anna)))
    assert _waiting(anna)[0].sent_sha256 == read_certificate(old).sha256
    moment = datetime.now(UTC)
    new = PKI.issue(ANNA, not_before=moment + timedelta(seconds=-1), not_after=moment + timedelta(days=999))
    await anna.client.ask(ImportKey(new.p12("secret"), "secret"), Done)
    told = reminder_list(await book(anna), moment, 30)
    assert [(kind, address) for kind, address, _ in told] == [("old-copy", BOB)]
    for sign, notes in ((False, (f"Sign it, and {BOB} will learn of your new certificate.",)), (True, ())):
        asked = Preflight("anna", (BOB,), Protection(sign=sign))
        assert (await anna.client.ask(asked, PreflightResult)).notes == notes
    await anna.client.ask(SendMessage(draft), Reply)
    await anna.until(lambda: _waiting(anna)[0].sent_sha256 == new.sha256)
    assert reminder_list(await book(anna), moment, 30) == []
    imap_servers.deliver(ANNA, signed(PKI.issue(BOB), "For the old key", encrypt_to=(old,)))
    await anna.until(lambda: "open-cbc" in [row.enc for row in anna.rows()])


def _waiting(anna: Person):
    from tui_mail.store import people

    return people.correspondents(anna.client._engine._session.store.database)


async def test_reminders_name_own_certificates_and_correspondents_that_end_soon(anna: Person) -> None:
    moment = datetime.now(UTC)
    bob = PKI.issue(BOB, not_after=moment + timedelta(days=9))
    await anna.client.ask(ImportCertificate(bob.certificate, trust=True), Done)
    told = reminder_list(await book(anna), moment, 30)
    assert [(kind, address) for kind, address, _ in told] == [("correspondent", BOB)]
    later = reminder_list(await book(anna), moment + timedelta(days=5000), 30)
    assert [(kind, address) for kind, address, _ in later] == [("own", ANNA), ("correspondent", BOB)]
    assert "expired on" in later[0][2]


async def test_people_are_those_that_mail_went_to_and_those_of_the_book(
    anna: Person, imap_servers: MailServers
) -> None:
    """Not who only wrote to us: a well chosen name would stand in the line."""
    sent = (
        b"From: anna@clinic.test\r\nTo: %s\r\nDate: Tue, 1 Sep 2026 10:00:%02d +0000\r\nMessage-ID: <%d@x>\r\n\r\nx\r\n"
    )
    for place, line in enumerate(
        (b"Rare <rare@x.test>", b"dora@y.test, clara@z.test", b"Dora Klein <DORA@y.test>, anna@clinic.test")
    ):
        imap_servers.append(ANNA, "Sent", sent % (line, place, place))
    imap_servers.append(ANNA, "INBOX", b"From: Dora Klein <evil@x.test>\r\nSubject: s\r\n\r\nx\r\n")
    await anna.client.ask(ImportCertificate(PKI.issue("book@x.test").certificate), Done)
    await anna.sync()
    found = (await anna.client.ask(ListPeople(), People)).people
    assert [str(person) for person in found] == [
        "Dora Klein <DORA@y.test>",
        "clara@z.test",
        "Rare <rare@x.test>",
        "book@x.test",
    ]
