"""Hostile certificates inside mail: they neither stop the judge nor settle in the profile (RFC 8551 section 2.7.1)."""

from datetime import UTC, datetime

import pytest
from cryptography import x509

from tests.engine.people import Person
from tests.pki import Identity, Pki
from tests.servers import MailServers
from tui_mail.cms import der
from tui_mail.engine.messages import (
    CertificateBook,
    ListCertificates,
    MessageOpened,
    OpenMessage,
    Preflight,
    PreflightResult,
)
from tui_mail.model.message import Protection
from tui_mail.smime.protect import protect
from tui_mail.store import certificates
from tui_mail.vault.software_key import SoftwareKey

ANNA, BOB = "anna@clinic.test", "bob@elsewhere.test"
PKI = Pki()


def mail(subject: str, signer: Identity | None = None, extra: tuple[bytes, ...] = ()) -> bytes:
    """A message of Bob's; `extra` travels beside the signer's certificate."""
    raw = f"From: Bob <{BOB}>\r\nTo: {ANNA}\r\nSubject: {subject}\r\n\r\nText.\r\n".encode()
    if signer is None:
        return raw
    private = x509_key(signer)
    key = SoftwareKey(private, signer.certificate, extra)
    return protect(raw, sign=key, now=datetime.now(UTC))


def x509_key(identity: Identity) -> object:
    """The private key of a test identity."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    return load_der_private_key(identity.key.pkcs8(), None)


def unreadable(identity: Identity) -> bytes:
    """A certificate whose shell is sound and whose version number does not exist."""
    whole = identity.certificate
    assert b"\xa0\x03\x02\x01\x02" in whole[:30]
    return whole.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", 1)


RUBBISH = {"no certificate": der.sequence(der.integer(7)), "version 10": unreadable(PKI.issue("eve@evil.test"))}


@pytest.mark.parametrize("rubbish", list(RUBBISH.values()), ids=list(RUBBISH))
async def test_an_unreadable_certificate_in_a_signed_mail_does_not_break_the_profile(
    anna: Person, imap_servers: MailServers, rubbish: bytes
) -> None:
    """RFC 5652 section 10.2.2: anything can stand among the certificates."""
    imap_servers.deliver(ANNA, mail("Poison", PKI.issue(BOB), (rubbish,)))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])
    imap_servers.deliver(ANNA, mail("Harmless", PKI.issue(BOB)))
    await anna.until(lambda: all(row.sig for row in anna.rows()) and len(anna.rows()) == 2)
    await anna.client.ask(OpenMessage(anna.rows()[0].id), MessageOpened)
    await anna.client.ask(Preflight("anna", (BOB,), Protection(encrypt=True)), PreflightResult)
    await anna.client.ask(ListCertificates(), CertificateBook)


async def test_certificates_that_have_nothing_to_do_with_the_signer_are_not_kept(
    anna: Person, imap_servers: MailServers
) -> None:
    """A stranger must not fill the profile with authorities that all later paths are looked for in."""
    strangers = tuple(Pki(f"Stranger {number}").ca.certificate for number in range(20))
    below = PKI.authority("Intermediate", above=PKI.ca)
    bob = PKI.issue(BOB, ca=below)
    imap_servers.deliver(ANNA, mail("Many", bob, (*strangers, below.certificate)))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])
    kept = set(certificates.all_certificates(anna.client._engine._session.store.database).values())
    assert kept.isdisjoint(strangers)
    assert {bob.certificate, below.certificate} <= kept
    assert x509.load_der_x509_certificate(below.certificate)


async def test_a_message_that_cannot_be_stored_as_judged_does_not_stop_those_beside_it(
    anna: Person, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One batch is one transaction: without a limit of its own, one message would undo the others for ever."""
    from tui_mail.engine.jobs import judge

    real = judge._harvest

    def fragile(db, opened, judgement, trust):
        if judgement.subject == "Poison":
            raise OverflowError("a private word")
        return real(db, opened, judgement, trust)

    monkeypatch.setattr(judge, "_harvest", fragile)
    bob = PKI.issue(BOB)
    for subject in ("Poison", "Harmless"):
        imap_servers.deliver(ANNA, mail(subject, bob))
    await anna.until(lambda: {row.subject: row.sig for row in anna.rows()} == {"Poison": "?", "Harmless": "N"})
