"""Trust and locks through the engine: one decision letters all mail of a sender, and locked mail waits for its key."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.engine.people import PASSPHRASE, Person
from tests.pki import Pki
from tests.servers import MailServers
from tui_mail.cms.enveloped import default_plan
from tui_mail.engine.jobs import relabel
from tui_mail.engine.messages import (
    CertificateBook,
    Done,
    ImportCertificate,
    ImportKey,
    ListCertificates,
    Lock,
    MessageOpened,
    OpenMessage,
    Preflight,
    PreflightResult,
    TrustFacts,
    TrustQuestion,
    TrustSender,
    Unlock,
    UntrustSender,
    Welcome,
)
from tui_mail.model.errors import CertificateProblem, MalformedInput, WrongPassphrase
from tui_mail.model.message import Protection
from tui_mail.model.recipient import RecipientState
from tui_mail.smime.protect import protect
from tui_mail.store import messages

ANNA, BOB = "anna@clinic.test", "bob@elsewhere.test"
PKI = Pki()


def signed(identity, subject: str, *, encrypt_to: tuple[bytes, ...] = (), when: datetime | None = None) -> bytes:
    """A message of Bob's, signed by the identity and encrypted when asked."""
    message = f"From: Bob <{BOB}>\r\nTo: {ANNA}\r\nSubject: {subject}\r\n\r\nSigned text.\r\n".encode()
    return protect(
        message,
        sign=identity.key,
        recipients=[default_plan(der) for der in encrypt_to],
        now=when or datetime.now(UTC),
    )


async def test_one_decision_letters_all_mail_of_the_sender_and_can_be_taken_back(
    anna: Person, imap_servers: MailServers
) -> None:
    bob = PKI.issue(BOB)
    for number in range(3):
        imap_servers.deliver(ANNA, signed(bob, f"Mail {number}"))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"] * 3)
    facts = await anna.client.ask(TrustQuestion(anna.rows()[0].id), TrustFacts)
    assert facts.offer
    own = (await anna.client.ask(ListCertificates(ANNA), CertificateBook)).entries
    assert facts.own_sha256 in {entry.certificate.sha256 for entry in own if entry.own}
    assert not facts.already
    done = await anna.client.ask(TrustSender(BOB.upper(), facts.certificate.sha256), Done)
    assert done.count == 3
    assert [row.sig for row in anna.rows()] == ["Y"] * 3
    assert (await anna.client.ask(TrustQuestion(anna.rows()[0].id), TrustFacts)).already
    imap_servers.deliver(ANNA, signed(bob, "Later"))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"] * 4)
    assert (await anna.client.ask(UntrustSender(BOB, facts.certificate.sha256), Done)).count == 4
    assert [row.sig for row in anna.rows()] == ["N"] * 4


async def test_another_certificate_than_before_is_lettered_c_until_somebody_compares(
    anna: Person, imap_servers: MailServers
) -> None:
    old, new = PKI.issue(BOB, key="rsa"), PKI.issue(BOB, key="ecdsa")
    imap_servers.deliver(ANNA, signed(old, "Old", when=datetime(2026, 10, 1, tzinfo=UTC)))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])
    imap_servers.deliver(ANNA, signed(new, "New", when=datetime(2026, 11, 1, tzinfo=UTC)))
    await anna.until(lambda: {row.subject: row.sig for row in anna.rows()} == {"Old": "N", "New": "C"})
    number = next(row.id for row in anna.rows() if row.subject == "New")
    facts = await anna.client.ask(TrustQuestion(number), TrustFacts)
    assert facts.previous is not None


async def test_a_root_makes_everything_issued_below_it_trusted(anna: Person, imap_servers: MailServers) -> None:
    imap_servers.deliver(ANNA, signed(PKI.issue(BOB), "Below the root"))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])
    await anna.client.ask(ImportCertificate(PKI.ca.certificate, anchor=True), Done)
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"])


async def test_what_is_no_root_does_not_become_one(anna: Person) -> None:
    with pytest.raises(CertificateProblem):
        await anna.client.ask(ImportCertificate(PKI.issue(BOB).certificate_der, anchor=True), Done)
    with pytest.raises(MalformedInput):
        await anna.client.ask(ImportCertificate(b"nonsense"), Done)


async def test_a_certificate_for_another_address_cannot_be_trusted_for_this_one(anna: Person) -> None:
    other = PKI.issue("mallory@evil.test")
    await anna.client.ask(ImportCertificate(other.certificate_der), Done)
    book = await anna.client.ask(ListCertificates("mallory@evil.test"), CertificateBook)
    with pytest.raises(CertificateProblem, match=r"mallory@evil\.test"):
        await anna.client.ask(TrustSender(BOB, book.entries[0].certificate.sha256), Done)


async def test_encrypted_mail_waits_locked_and_is_opened_when_the_keys_are_there(
    anna: Person, imap_servers: MailServers
) -> None:
    book = await anna.client.ask(ListCertificates(ANNA), CertificateBook)
    sha256 = next(entry.certificate.sha256 for entry in book.entries if entry.own)
    own = anna.client._engine._session.agent.own_keys()[0].certificate
    assert sha256
    await anna.client.ask(Lock(), Done)
    anna.events.clear()
    imap_servers.deliver(ANNA, signed(PKI.issue(BOB), "Secret plan", encrypt_to=(own,)))
    await anna.until(lambda: any(type(event).__name__ == "NewMail" for event in anna.events))
    await anna.client.ask(Unlock(PASSPHRASE), Welcome)
    await anna.until(lambda: [row.enc for row in anna.rows()] == ["open-cbc"])
    assert [(row.sig, row.subject) for row in anna.rows()] == [("N", "Secret plan")]


async def test_mail_for_a_key_that_comes_later_is_opened_then(anna: Person, imap_servers: MailServers) -> None:
    """A key of the past keeps old mail readable, for ever."""
    past = PKI.issue(ANNA, key="rsa")
    imap_servers.deliver(ANNA, signed(PKI.issue(BOB), "For the old key", encrypt_to=(past.certificate_der,)))
    await anna.until(lambda: [row.enc for row in anna.rows()] == ["closed"])
    with pytest.raises(WrongPassphrase):
        await anna.client.ask(ImportKey(past.p12("secret"), "wrong"), Done)
    await anna.client.ask(ImportKey(past.p12("secret"), "secret"), Done)
    await anna.until(lambda: [row.enc for row in anna.rows()] == ["open-cbc"])
    assert anna.rows()[0].subject == "For the old key"
    opened = await anna.client.ask(OpenMessage(anna.rows()[0].id), MessageOpened)
    assert "Signed text." in opened.view.quote_text


async def test_the_preflight_names_who_lacks_a_certificate_and_whose_has_expired(anna: Person) -> None:
    expired = PKI.issue(
        "old@x.test", not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=datetime(2021, 1, 1, tzinfo=UTC)
    )
    await anna.client.ask(ImportCertificate(expired.certificate_der), Done)
    asked = Preflight("anna", ("new@x.test", "old@x.test", ANNA), Protection(encrypt=True))
    result = await anna.client.ask(asked, PreflightResult)
    states = [check.state for check in result.recipients]
    assert states == [RecipientState.MISSING, RecipientState.EXPIRED, RecipientState.READY]
    assert not result.ready
    assert result.signed_by == ANNA


async def test_a_message_nobody_can_parse_is_listed_and_does_not_stop_those_behind_it(
    anna: Person, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Here also where no process for opening can be started."""
    from tui_mail.engine import child, opener

    real = opener.open_message

    def fragile(raw: bytes, **rest: object) -> object:
        if b"Subject: Poison" in raw:
            raise RecursionError("a private word")
        return real(raw, **rest)

    opener.OPENER.close()
    monkeypatch.setattr(child, "PYTHON", "/nowhere/python")
    monkeypatch.setattr(opener, "open_message", fragile)
    for subject in ("Poison", "Harmless"):
        imap_servers.deliver(ANNA, f"From: {BOB}\r\nSubject: {subject}\r\n\r\nText\r\n".encode())
    await anna.until(lambda: {row.subject: row.sig for row in anna.rows()} == {"Poison": "?", "Harmless": ""})
    log = (tmp_path / "anna" / "engine.log").read_text()
    assert "RecursionError" in log
    assert "private word" not in log


async def test_a_y_becomes_e_when_its_certificate_ends_without_a_look_at_the_mail(
    anna: Person, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = PKI.issue(BOB, not_after=datetime(2030, 1, 1, tzinfo=UTC))
    imap_servers.deliver(ANNA, signed(bob, "Soon old"))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])
    await anna.client.ask(TrustSender(BOB, bob.sha256), Done)
    session = anna.client._engine._session
    assert relabel.relabel_outlived(session) == (0, relabel.LONGEST_PAUSE_SECONDS)
    assert [row.sig for row in anna.rows()] == ["Y"]

    def no_bytes(*_: object) -> None:
        raise AssertionError("the mail was read")

    monkeypatch.setattr(messages, "raw", no_bytes)
    monkeypatch.setattr(relabel, "now", lambda: datetime(2030, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert relabel.relabel_outlived(session) == (0, None)
    assert [row.sig for row in anna.rows()] == ["E"]
    evidence = anna.store().security(anna.rows()[0].id)
    assert "expired since" in evidence.verdict.reasons[0]
    assert evidence.signatures[0].signing_time is not None
