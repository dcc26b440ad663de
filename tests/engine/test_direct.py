"""Direct secure messaging through two engines over real mail servers and real DNS: domain-bound certificates that DNS
holds, wrapped mail, and the receipts that come back."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from tests import dns_servers
from tests.dns_servers import DnsServers, cert
from tests.engine.people import PASSPHRASE, Person, profile
from tests.pki import Identity, Pki
from tests.servers import MailServers
from tui_mail.cli.show import render
from tui_mail.cms.enveloped import default_plan
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.jobs import receipts as receipts_job
from tui_mail.engine.messages import (
    CertificateSearched,
    CreateProfile,
    Done,
    FindCertificate,
    ImportCertificate,
    MessageOpened,
    OpenMessage,
    Pkcs12File,
    Preflight,
    PreflightResult,
    Queued,
    SaveSettings,
    SendMessage,
    Welcome,
)
from tui_mail.model.address import Address
from tui_mail.model.delivery import DeliveryKind
from tui_mail.model.errors import CertificateProblem
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, MessageView, Protection
from tui_mail.model.recipient import RecipientState
from tui_mail.smime.protect import protect
from tui_mail.store import receipts

ANNA, CLARA = "anna@clinic.test", "clara@office.test"
BOTH = Protection(sign=True, encrypt=True)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("Community Root")


@pytest.fixture(scope="module")
def hisps(pki: Pki) -> dict[str, Identity]:
    """One certificate a domain, with an RSA key, as most of the community has them."""
    return {
        domain: pki.issue(
            domain, addresses=(), key="rsa", extensions=((x509.SubjectAlternativeName([x509.DNSName(domain)]), False),)
        )
        for domain in ("clinic.test", "office.test")
    }


@pytest.fixture(scope="module")
def zones(hisps: dict[str, Identity], tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsServers]:
    if reason := dns_servers.why_not():
        pytest.skip(reason)
    records = {domain: [cert("@", identity.certificate)] for domain, identity in hisps.items()}
    servers = DnsServers(tmp_path_factory.mktemp("dns") / "dns", records)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


async def made(
    user: str, servers: MailServers, hisp: Identity, pki: Pki, zones: DnsServers, home: Path, monkeypatch
) -> Person:
    """A Direct profile: the domain's key, the community's root as anchor, certificates from DNS."""
    client = await InProcessEngine.start(profile(home, user.partition("@")[0], monkeypatch))
    person = Person(client)
    account = servers.account(user)
    file = home / f"{account.id}.p12"
    file.write_bytes(hisp.p12("secret"))
    password = servers.users[user]
    key = Pkcs12File(str(file), "secret")
    await client.ask(CreateProfile(account, account.name, password, password, key, PASSPHRASE), Welcome)
    settings = client.welcome.settings
    settings = msgspec.structs.replace(
        settings, direct=True, discovery=msgspec.structs.replace(settings.discovery, resolver=zones.resolver)
    )
    await client.ask(SaveSettings(settings), Done)
    await client.ask(ImportCertificate(pki.ca.pem, anchor=True), Done)
    await person.sync()
    return person


@pytest.fixture
async def people(
    mail_servers: MailServers,
    pki: Pki,
    hisps: dict[str, Identity],
    zones: DnsServers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[Person, Person]]:
    mail_servers.empty(ANNA, CLARA)
    anna = await made(ANNA, mail_servers, hisps["clinic.test"], pki, zones, tmp_path, monkeypatch)
    clara = await made(CLARA, mail_servers, hisps["office.test"], pki, zones, tmp_path, monkeypatch)
    try:
        yield anna, clara
    finally:
        await anna.client.close()
        await clara.client.close()


def draft(subject: str, protection: Protection = BOTH) -> Draft:
    return Draft("anna", to=(Address(CLARA),), subject=subject, body="The values.\n", protection=protection)


def owed(person: Person) -> receipts.Owed | None:
    return receipts.next_owed(database(person))


def database(person: Person):
    return person.client._engine._session.store.database  # type: ignore[attr-defined]


async def test_a_direct_mail_is_wrapped_opened_trusted_and_answered_with_both_receipts(
    people: tuple[Person, Person], mail_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, clara = people
    monkeypatch.setattr(receipts_job, "SECONDS_BETWEEN", 2)

    # nothing is known of Clara: DNS has the certificate of her domain
    found = await anna.client.ask(FindCertificate(CLARA), CertificateSearched)
    assert found.provenance is not None and found.provenance.where == "office.test"
    before = await anna.client.ask(Preflight("anna", (CLARA,), BOTH), PreflightResult)
    assert before.recipients[0].state is RecipientState.FOUND and before.ready
    assert "whole domain" in before.recipients[0].sentence

    begin = time.time()
    await anna.client.ask(SendMessage(draft("Blood results")), Queued)
    await clara.until(lambda: [row.sig for row in clara.rows()] == ["Y"])
    (row,) = clara.rows()
    assert (row.subject, row.enc != "") == ("Blood results", True)
    wire = mail_servers.mailbox(CLARA)[0]
    assert b"Blood" not in wire and b"application/pkcs7-mime" in wire

    # both receipts come back, signed and encrypted, one after the other, and nobody answers them
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y", "Y"])
    assert time.time() - begin >= 2, "two receipts do not leave together"
    for raw in mail_servers.mailbox(ANNA):
        assert b"application/pkcs7-mime" in raw and b"disposition-notification" not in raw
        assert b"Return-Path: <>" in raw, "RFC 8098 section 3: nothing may answer a receipt"
    await anna.until(lambda: [row.sig for row in anna.rows(FolderRole.SENT)] == ["Y"])
    view = await sent(anna)
    assert [(notice.kind, notice.recipient, notice.confirmed) for notice in view.notices] == [
        (DeliveryKind.PROCESSED, CLARA, True),
        (DeliveryKind.DISPATCHED, CLARA, True),
    ]
    assert f"Sent: It is in the mailbox of {CLARA}, " in render(view)
    assert owed(anna) is None and owed(clara) is None
    assert database(anna).value("SELECT count(*) FROM receipt") == 0
    assert database(clara).value("SELECT count(*) FROM receipt") == 2
    assert len(mail_servers.mailbox(CLARA)) == 1


async def sent(person: Person) -> MessageView:
    (row,) = person.rows(FolderRole.SENT)
    return (await person.client.ask(OpenMessage(row.id), MessageOpened)).view


async def test_direct_mail_is_never_sent_unprotected(people: tuple[Person, Person]) -> None:
    anna, _clara = people
    for protection in (Protection(sign=True, encrypt=False), Protection(sign=False, encrypt=True)):
        with pytest.raises(CertificateProblem, match="always signed and encrypted"):
            await anna.client.ask(SendMessage(draft("x", protection)), Queued)


async def test_what_is_plain_untrusted_automatic_or_a_report_is_not_answered(
    people: tuple[Person, Person], mail_servers: MailServers, hisps: dict[str, Identity], pki: Pki
) -> None:
    """Applicability Statement, section 3; RFC 8098 section 2.1; RFC 3834 section 2."""
    _anna, clara = people
    head = b"From: anna@clinic.test\r\nTo: clara@office.test\r\nMessage-ID: <%d@clinic.test>\r\nSubject: s\r\n"
    names = x509.SubjectAlternativeName([x509.DNSName("clinic.test")])
    stranger = Pki("Stranger").issue("clinic.test", addresses=(), extensions=((names, False),))
    report = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"

    def sealed(number: int, signer: Identity, rest: bytes = b"\r\nx\r\n") -> bytes:
        plans = (default_plan(hisps["office.test"].certificate),)
        moment = datetime.now(UTC)
        return protect(head % number + rest, sign=signer.key, recipients=plans, now=moment, headers="wrapped")

    good = hisps["clinic.test"]
    mail_servers.deliver(CLARA, head % 1 + b"\r\nx\r\n")
    mail_servers.deliver(CLARA, sealed(2, stranger))
    mail_servers.deliver(CLARA, sealed(3, good, b"Auto-Submitted: auto-replied\r\n\r\nx\r\n"))
    mail_servers.deliver(CLARA, sealed(4, good, report))
    await clara.until(lambda: len(clara.rows()) == 4 and all(row.sig is not None for row in clara.rows()))
    letters = sorted(row.sig or "" for row in clara.rows())
    assert letters in (["", "N", "Y", "Y"], ["", "C", "Y", "Y"])
    assert database(clara).value("SELECT count(*) FROM receipt") == 0
    mail_servers.deliver(CLARA, sealed(5, good))
    await clara.until(lambda: database(clara).value("SELECT count(*) FROM receipt") == 1)


async def test_a_whole_old_mailbox_is_not_answered(
    people: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, clara = people
    monkeypatch.setattr(receipts_job, "MAX_AGE_SECONDS", -60)
    await anna.client.ask(FindCertificate(CLARA), CertificateSearched)
    await anna.client.ask(SendMessage(draft("Old")), Queued)
    await clara.until(lambda: [row.sig for row in clara.rows()] == ["Y"])
    assert database(clara).value("SELECT count(*) FROM receipt") == 0


async def test_an_unsigned_receipt_is_shown_as_what_it_is_and_one_for_foreign_mail_is_not_kept(
    people: tuple[Person, Person], mail_servers: MailServers
) -> None:
    anna, _clara = people
    await anna.client.ask(FindCertificate(CLARA), CertificateSearched)
    await anna.client.ask(SendMessage(draft("Blood results")), Queued)
    await anna.until(lambda: len(anna.rows(FolderRole.SENT)) == 1)
    message_id = (await sent(anna)).message_id
    report = (
        "From: mallory@elsewhere.test\r\nTo: anna@clinic.test\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n"
        "--b\r\n\r\nread\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822;{CLARA}\r\nOriginal-Message-ID: %s\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--\r\n"
    )
    mail_servers.deliver(ANNA, (report % "<never@sent.test>").encode())
    mail_servers.deliver(ANNA, (report % message_id).encode())
    await anna.until(lambda: len([row for row in anna.rows() if row.sig == ""]) == 2)
    notices = [notice for notice in (await sent(anna)).notices if notice.kind is DeliveryKind.DISPLAYED]
    assert [(notice.recipient, notice.confirmed) for notice in notices] == [(CLARA, False)]
    assert database(anna).value("SELECT count(*) FROM notice WHERE message_id = '<never@sent.test>'") == 0


async def test_one_a_minute(people: tuple[Person, Person]) -> None:
    """The pause is between receipts, not between mails, and it survives a restart because it is in the store."""
    anna, _clara = people
    session = anna.client._engine._session  # type: ignore[attr-defined]
    db = database(anna)
    await anna.client.ask(FindCertificate(CLARA), CertificateSearched)
    sender = receipts_job.ReceiptSender(session)
    assert sender.turn() is None
    for number in range(3):
        receipts.owe(db, "anna", f"<{number}@office.test>", CLARA, "processed", 1)
    assert sender.turn() == receipts_job.SECONDS_BETWEEN == 60
    pause = receipts_job.ReceiptSender(session).turn()
    assert pause is not None and 55 < pause <= 60
    assert db.value("SELECT count(*) FROM receipt WHERE done_at = 0") == 2


async def test_a_receipt_that_cannot_be_encrypted_is_given_up_and_does_not_hold_the_next(
    people: tuple[Person, Person],
) -> None:
    anna, _clara = people
    session, db = anna.client._engine._session, database(anna)  # type: ignore[attr-defined]
    receipts.owe(db, "anna", "<1@x>", "nobody@nowhere.test", "processed", 1)
    assert receipts_job.ReceiptSender(session).turn() == 0.0
    assert owed(anna) is None
    assert "nobody@nowhere.test" in db.value("SELECT problem FROM receipt")
