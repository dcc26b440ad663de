"""Two people, one with classical and post-quantum keys: two signatures, and answers to the ML-KEM certificate."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.engine.people import Person, profile
from tests.servers import MailServers
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.messages import (
    Done,
    ImportKey,
    MessageOpened,
    OpenMessage,
    Queued,
    SendMessage,
    TrustFacts,
    TrustQuestion,
    TrustSender,
)
from tui_mail.model.address import Address
from tui_mail.model.message import Draft, Protection
from tui_mail.vault.new_key import make_keys
from tui_mail.vault.pkcs12 import save_pkcs12

ANNA, CLARA = "anna@clinic.test", "clara@office.test"


def draft(account: str, to: str, subject: str, *, encrypt: bool = False) -> Draft:
    return Draft(account, (Address(to),), subject=subject, body="Text", protection=Protection(encrypt=encrypt))


async def test_two_signatures_go_out_and_the_answer_comes_back_to_the_kem_key(
    mail_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_servers.empty(ANNA, CLARA)
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
    finally:
        await first.close()
        await second.close()
