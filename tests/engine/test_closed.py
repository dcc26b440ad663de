"""Why can't I read this? Asked of an engine with real mail."""

import pytest

from tests.engine.people import Person
from tests.engine.test_trust import ANNA, BOB, PKI, signed
from tests.servers import MailServers
from tui_mail.engine.messages import (
    ClosedExplained,
    Done,
    ExplainClosed,
    ImportCertificate,
    ImportKey,
    Lock,
    Queued,
    SendMessage,
)
from tui_mail.model.address import Address
from tui_mail.model.errors import UsageError

CARL = "carl@elsewhere.test"


async def explain(anna: Person, message_id: int) -> ClosedExplained:
    return await anna.client.ask(ExplainClosed(message_id, "anna"), ClosedExplained)


async def test_a_closed_message_names_its_certificates_and_has_an_answer_ready(
    anna: Person, imap_servers: MailServers
) -> None:
    past, carl, unknown = PKI.issue(ANNA, key="rsa"), PKI.issue(CARL), PKI.issue("x@y.test", key="rsa")
    readers = (past.certificate, carl.certificate, unknown.certificate)
    imap_servers.deliver(ANNA, signed(PKI.issue(BOB), "For others", encrypt_to=readers))
    await anna.until(lambda: [row.enc for row in anna.rows()] == ["closed"])
    number = anna.rows()[0].id
    stranger = await explain(anna, number)
    assert stranger.sentences[0].startswith("None of the certificates")
    assert sum("not known here" in sentence for sentence in stranger.sentences) == 3
    await anna.client.ask(ImportCertificate(past.certificate), Done)
    await anna.client.ask(ImportCertificate(carl.certificate), Done)
    told = (await explain(anna, number)).sentences
    assert told[0].startswith("The message was made for a certificate that was yours")
    assert f"Made for a certificate that was yours, {past.sha256[:8].upper()}" in " ".join(told)
    assert any(sentence.startswith(f"Made for {CARL}") and "somebody else" in sentence for sentence in told)
    assert sum("not known here" in sentence for sentence in told) == 1
    assert "key import" in told[-1]
    draft = (await explain(anna, number)).draft
    assert draft is not None
    assert draft.to == (Address(BOB),)
    assert draft.protection.sign and not draft.protection.encrypt
    assert draft.reply_to_message == number and ANNA in draft.body
    assert await anna.client.ask(SendMessage(draft), Queued)
    await anna.client.ask(ImportKey(past.p12("secret"), "secret"), Done)
    await anna.until(lambda: [row.enc for row in anna.rows()] == ["open-cbc"])
    with pytest.raises(UsageError):
        await explain(anna, number)
    assert await anna.client.ask(Lock(), Done)
