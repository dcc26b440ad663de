"""A receipt leaves when the person says so, once, and no other program asks again; on real servers."""

from datetime import UTC, datetime

import pytest

from tests.engine.people import Person
from tests.engine.test_forward import flags_on_server, view_account
from tests.engine.test_send import ANNA, CLARA, until_state
from tests.servers import MailServers
from tui_mail.engine.messages import MessageOpened, OpenMessage, Queued, SendReceipt
from tui_mail.mime.mdn import Disposition, read_mdn
from tui_mail.model.errors import UsageError
from tui_mail.model.message import Flag, MessageView, OutboxState
from tui_mail.smime.open import open_message
from tui_mail.trust.context import TrustContext

ASKING = (
    b"From: Clara <clara@office.test>\r\nTo: anna@clinic.test\r\nSubject: Please read\r\n"
    b"Message-ID: <asked@office.test>\r\nDisposition-Notification-To: clara@office.test\r\n\r\nHello\r\n"
)


async def opened(anna: Person) -> MessageView:
    return (await anna.client.ask(OpenMessage(anna.rows()[0].id), MessageOpened)).view


async def test_a_receipt_leaves_signed_and_the_message_is_marked_on_the_server(
    anna: Person, mail_servers: MailServers
) -> None:
    mail_servers.empty(CLARA)
    mail_servers.append(ANNA, "INBOX", ASKING)
    await anna.sync()
    view = await opened(anna)
    assert view.receipt_to is not None and view.receipt_to.spec == CLARA
    assert not mail_servers.mailbox(CLARA)  # reading tells nobody
    with pytest.raises(UsageError, match="does not ask"):
        await anna.client.ask(SendReceipt(view.id, view_account(anna), "other@office.test"), Queued)
    await anna.client.ask(SendReceipt(view.id, view_account(anna), CLARA), Queued)
    await until_state(anna, OutboxState.FILED)
    (raw,) = mail_servers.wait_for_mail(CLARA)
    found = open_message(raw, keys=(), trust=TrustContext(), now=datetime.now(UTC))
    assert found.security.signatures[0].integrity == "intact"
    receipt = read_mdn(found.payload)
    assert receipt is not None and receipt.disposition is Disposition.DISPLAYED
    assert (receipt.original_message_id, receipt.final_recipient) == ("<asked@office.test>", ANNA)
    assert not receipt.automatic and not receipt.sent_automatically
    assert b"Return-Path: <>" in raw and b"Please read" not in raw
    assert (await opened(anna)).receipt_to is None
    with pytest.raises(UsageError, match="already"):
        await anna.client.ask(SendReceipt(view.id, view_account(anna), CLARA), Queued)
    await anna.sync()
    assert b"$MDNSent" in flags_on_server(mail_servers)
    assert not mail_servers.mailbox(ANNA, "Sent")


async def test_what_another_program_has_answered_asks_no_more(anna: Person, mail_servers: MailServers) -> None:
    from tui_mail.net.imap import ImapSession

    session = ImapSession.connect(mail_servers.imap_server(ANNA), mail_servers.users[ANNA])
    session.append("INBOX", ASKING, int(Flag.RECEIPT_SENT))
    session.close()
    await anna.sync()
    assert (await opened(anna)).receipt_to is None
