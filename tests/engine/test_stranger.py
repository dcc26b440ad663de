"""Anybody can sign mail with somebody's address: that neither redirects, nor weakens, nor stops mail to that person."""

from datetime import UTC, datetime, timedelta

from tests.engine.people import Person
from tests.pki import Pki
from tests.servers import MailServers
from tui_mail.cms.capabilities import OUR_CAPABILITIES
from tui_mail.cms.signed import build_signed_data
from tui_mail.engine.jobs.recipients import announced
from tui_mail.engine.messages import Done, Preflight, PreflightResult, TrustSender
from tui_mail.model.message import Protection
from tui_mail.model.recipient import RecipientState
from tui_mail.smime.protect import protect

ANNA, BOB = "anna@clinic.test", "bob@elsewhere.test"
PKI = Pki()


def signed(identity, subject: str, when: datetime) -> bytes:
    """A message that says it is Bob's."""
    message = f"From: Bob <{BOB}>\r\nTo: {ANNA}\r\nSubject: {subject}\r\n\r\nText.\r\n".encode()
    return protect(message, sign=identity.key, now=when)


async def ask(anna: Person) -> PreflightResult:
    return await anna.client.ask(Preflight("anna", (BOB,), Protection(encrypt=True)), PreflightResult)


async def test_a_stranger_with_bobs_address_gets_no_encrypted_mail_and_does_not_stop_it(
    anna: Person, imap_servers: MailServers, monkeypatch
) -> None:
    moment = datetime.now(UTC)
    bob, stranger = PKI.issue(BOB, self_signed=True), PKI.issue(BOB, self_signed=True)
    imap_servers.deliver(ANNA, signed(bob, "Real", moment - timedelta(days=2)))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])
    alone = await ask(anna)
    assert (alone.ready, alone.recipients[0].certificate.sha256) == (True, bob.sha256)
    assert "compare its fingerprint" in alone.recipients[0].sentence
    assert alone.notes[0].startswith("Sending adds to your trusted list: ")
    db = anna.client._engine._session.store.database
    wishes = announced(db, BOB)
    assert wishes
    # The stranger claims to be the first, and the last.
    monkeypatch.setitem(build_signed_data.__kwdefaults__, "capabilities", OUR_CAPABILITIES[-2:])
    imap_servers.deliver(ANNA, signed(stranger, "Early", moment - timedelta(days=400)))
    imap_servers.deliver(ANNA, signed(stranger, "Late", moment))
    await anna.until(lambda: len(anna.rows()) == 3 and all(row.sig for row in anna.rows()))
    assert "Y" not in {row.sig for row in anna.rows()}
    between = await ask(anna)
    assert (between.ready, between.recipients[0].state) == (False, RecipientState.CHANGED)
    assert not between.notes
    assert announced(db, BOB) == wishes
    await anna.client.ask(TrustSender(BOB, bob.sha256), Done)
    assert {row.subject: row.sig for row in anna.rows()}["Real"] == "Y"
    after = await ask(anna)
    assert (after.ready, after.recipients[0].state) == (True, RecipientState.READY)
    assert after.recipients[0].certificate.sha256 == bob.sha256
    assert "is not used" in after.recipients[0].sentence
