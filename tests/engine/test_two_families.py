"""Two people, one with classical and post-quantum keys: two signatures, and answers to the ML-KEM certificate."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.engine.people import Person, profile
from tests.servers import MailServers
from tui_mail.cms.enveloped import parse_enveloped
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.messages import (
    Done,
    ImportCertificate,
    ImportKey,
    MessageOpened,
    OpenMessage,
    Queued,
    SendMessage,
    TrustFacts,
    TrustQuestion,
    TrustSender,
)
from tui_mail.mime.tree import parse
from tui_mail.model.address import Address
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, Protection
from tui_mail.vault.new_key import make_keys
from tui_mail.vault.pkcs12 import save_pkcs12

ANNA, CLARA, DORA = "anna@clinic.test", "clara@office.test", "dora@office.test"


def draft(account: str, to: str, subject: str, *, encrypt: bool = False) -> Draft:
    return Draft(account, (Address(to),), subject=subject, body="Text", protection=Protection(encrypt=encrypt))


def _cipher(raw: bytes) -> str:
    enveloped = parse_enveloped(parse(raw).body_bytes())
    assert len(enveloped.recipients) == 1
    return enveloped.cipher


async def test_two_signatures_go_out_and_the_answer_comes_back_to_the_kem_key(
    mail_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_servers.empty(ANNA, CLARA, DORA)
    first = await InProcessEngine.start(profile(tmp_path, "anna", monkeypatch))
    second = await InProcessEngine.start(profile(tmp_path, "clara", monkeypatch))
    try:
        anna = await Person.made(first, mail_servers, ANNA)
        clara = await Person.made(second, mail_servers, CLARA)
        for key in make_keys(ANNA, "Anna", "ml-kem-768", 730, datetime.now(UTC)):
            await first.ask(ImportKey(save_pkcs12(key, "passing"), "passing"), Done)

        await first.ask(SendMessage(draft("anna", CLARA, "Hello")), Queued)
        await clara.until(lambda: [row.sig for row in clara.rows()] == ["N"])
        row = clara.rows()[0]
        shown = (await second.ask(OpenMessage(row.id), MessageOpened)).view
        assert sorted(one.algorithm for one in shown.security.signatures) == ["ecdsa+sha256", "ml-dsa-65"]

        facts = await second.ask(TrustQuestion(row.id), TrustFacts)
        await second.ask(TrustSender(facts.address, facts.certificate.sha256), Done)
        assert clara.rows()[0].sig == "Y"
        await second.ask(SendMessage(draft("clara", ANNA, "Secret", encrypt=True)), Queued)
        await anna.until(lambda: [row.subject for row in anna.rows()] == ["Secret"])
        opened = (await first.ask(OpenMessage(anna.rows()[0].id), MessageOpened)).view
        recipients = opened.security.encryption.recipients
        assert sorted((one.type, one.algorithm) for one in recipients) == [
            ("kari", "ecdh+sha256"),
            ("kemri", "ml-kem-768"),
        ]
        assert opened.security.encryption.cipher == "aes-256-gcm"
        assert "Text" in opened.quote_text

        # Nothing is known of Dora's program: the sender may keep it from weakening the message for Clara.
        dora = make_keys(DORA, "Dora", "ecdsa-p256", 730, datetime.now(UTC))[0]
        await first.ask(ImportCertificate(dora.certificate, trust=True), Done)
        protection = Protection(encrypt=True, separate=True, legacy_display=True)
        message = Draft("anna", (Address(CLARA), Address(DORA)), subject="Twice", body="Text", protection=protection)
        await first.ask(SendMessage(message), Queued)
        await clara.until(lambda: "Twice" in [row.subject for row in clara.rows()])
        await clara.until(lambda: len(mail_servers.mailbox(DORA)) == 1)
        for_clara, for_dora = mail_servers.mailbox(CLARA)[-1], mail_servers.mailbox(DORA)[-1]
        assert [_cipher(raw) for raw in (for_clara, for_dora)] == ["aes-256-gcm", "aes-256-cbc"]
        await anna.until(lambda: "Twice" in [row.subject for row in anna.rows(FolderRole.SENT)])
    finally:
        await first.close()
        await second.close()
