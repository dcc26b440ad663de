"""The main job through two engines over real servers: exchange certificates, then encrypted mail."""

from pathlib import Path

import pytest

from tests.engine.people import Person, profile
from tests.servers import MailServers
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.messages import (
    Done,
    MessageOpened,
    OpenMessage,
    Preflight,
    PreflightResult,
    Queued,
    SendMessage,
    TrustFacts,
    TrustQuestion,
    TrustSender,
)
from tui_mail.mime.tree import parse
from tui_mail.model.address import Address
from tui_mail.model.errors import CertificateProblem
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, Protection
from tui_mail.model.recipient import RecipientState
from tui_mail.smime.confidentiality import POLICIES, shy
from tui_mail.ui.drafts import reply_draft

ANNA, CLARA = "anna@clinic.test", "clara@office.test"


async def test_two_people_exchange_certificates_and_then_encrypted_mail(
    mail_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_servers.empty(ANNA, CLARA)
    first = await InProcessEngine.start(profile(tmp_path, "anna", monkeypatch))
    second = await InProcessEngine.start(profile(tmp_path, "clara", monkeypatch))
    try:
        anna = await Person.made(first, mail_servers, ANNA)
        clara = await Person.made(second, mail_servers, CLARA)

        with pytest.raises(CertificateProblem, match=CLARA):
            await first.ask(SendMessage(_draft("anna", CLARA, "Too early", encrypt=True)), Queued)

        await first.ask(SendMessage(_draft("anna", CLARA, "Good morning")), Queued)
        await clara.until(lambda: [row.sig for row in clara.rows()] == ["N"])
        row = clara.rows()[0]
        assert (row.subject, row.enc) == ("Good morning", "")
        await anna.until(lambda: [row.sig for row in anna.rows(FolderRole.SENT)] != [])

        facts = await second.ask(TrustQuestion(row.id), TrustFacts)
        assert facts.offer
        assert facts.address == ANNA
        changed = await second.ask(TrustSender(facts.address, facts.certificate.sha256), Done)
        assert changed.count == 1
        assert clara.rows()[0].sig == "Y"

        asked = Preflight("clara", (ANNA,), Protection(sign=True, encrypt=True))
        before = await second.ask(asked, PreflightResult)
        assert before.ready
        assert before.signed_by == CLARA
        assert before.recipients[0].state is RecipientState.READY
        await second.ask(SendMessage(_draft("clara", ANNA, "Blood results", encrypt=True)), Queued)

        await anna.until(lambda: [row.subject for row in anna.rows()] == ["Blood results"])
        await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])
        secret = anna.rows()[0]
        assert secret.enc == "open"
        opened = await first.ask(OpenMessage(secret.id), MessageOpened)
        assert "body of Blood results" in opened.view.quote_text
        assert opened.view.can_trust
        wire = mail_servers.mailbox(ANNA)[-1]
        assert b"Blood results" not in wire
        assert b"pkcs7-mime" in wire

        # RFC 9788 section 6.1: what Clara's program keeps inside stays inside in Anna's answer.
        with monkeypatch.context() as secretive:
            secretive.setitem(POLICIES, "baseline", _tell_nothing)
            await second.ask(SendMessage(_draft("clara", ANNA, "Second thoughts", encrypt=True)), Queued)
            await anna.until(lambda: [row.subject for row in anna.rows()] == ["Second thoughts", "Blood results"])
            await anna.until(lambda: anna.rows()[0].sig == "N")
        second_thoughts = (await first.ask(OpenMessage(anna.rows()[0].id), MessageOpened)).view
        assert second_thoughts.sender.name
        facts = await first.ask(TrustQuestion(second_thoughts.id), TrustFacts)
        await first.ask(TrustSender(facts.address, facts.certificate.sha256), Done)
        answer = reply_draft("anna", frozenset({ANNA}), second_thoughts, everyone=True, sign=True)
        await first.ask(SendMessage(answer), Queued)
        await clara.until(lambda: clara.rows()[0].subject == "Re: Second thoughts")
        outside = parse(mail_servers.mailbox(CLARA)[-1])
        assert outside.get("in-reply-to") is outside.get("references") is None
        assert outside.get("to") == CLARA.encode()
        inside = (await second.ask(OpenMessage(clara.rows()[0].id), MessageOpened)).view
        assert second_thoughts.message_id in inside.references
        assert inside.to[0].name == second_thoughts.sender.name
    finally:
        await first.close()
        await second.close()


def _tell_nothing(name: str, value: str) -> str | None:
    return "<nobody@nowhere.test>" if name == "message-id" else shy(name, value)


def _draft(account: str, to: str, subject: str, *, encrypt: bool = False) -> Draft:
    return Draft(
        account=account,
        to=(Address(to),),
        subject=subject,
        body=f"This is the body of {subject}.\n",
        protection=Protection(sign=True, encrypt=encrypt),
    )
