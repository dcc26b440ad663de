"""An invitation that came by real servers is answered by a signed mail that the organizer's calendar understands."""

from datetime import UTC, datetime

import pytest

from tests.engine.people import Person
from tests.servers import MailServers
from tui_mail.engine.messages import AnswerInvitation, MessageOpened, OpenMessage, Queued
from tui_mail.mime.calendar import find_calendar, read_invitation
from tui_mail.mime.tree import parse
from tui_mail.model.errors import UsageError
from tui_mail.model.invitation import Answer
from tui_mail.smime.open import open_message
from tui_mail.trust.context import TrustContext

ANNA, CLARA = "anna@clinic.test", "clara@office.test"
INVITATION = (
    "From: Clara <clara@office.test>\nTo: anna@clinic.test\nSubject: Round\nMessage-ID: <inv@office.test>\n"
    "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nPlease come.\n--b\n"
    "Content-Type: text/calendar; method=REQUEST; charset=utf-8\n\nBEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n"
    "METHOD:REQUEST\nBEGIN:VEVENT\nUID:round-1\nSEQUENCE:1\nDTSTAMP:20261120T090000Z\nDTSTART:20261130T083000Z\n"
    "DTEND:20261130T093000Z\nSUMMARY:Round\nORGANIZER;CN=Clara:mailto:clara@office.test\n"
    "ATTENDEE;RSVP=TRUE:mailto:Anna@clinic.test\nEND:VEVENT\nEND:VCALENDAR\n--b--\n"
).replace("\n", "\r\n").encode()  # fmt: skip


async def test_an_invitation_is_shown_and_its_answer_arrives_signed(anna: Person, mail_servers: MailServers) -> None:
    mail_servers.empty(CLARA)
    mail_servers.deliver(ANNA, INVITATION)
    await anna.until(lambda: anna.rows())
    number = anna.rows()[0].id
    view = (await anna.client.ask(OpenMessage(number), MessageOpened)).view
    assert view.invitation is not None and view.invitation.summary == "Round" and view.invitation.can_answer
    assert [one.name for one in view.attachments] == ["invitation.ics"]
    await anna.client.ask(AnswerInvitation(number, "anna", Answer.TENTATIVE), Queued)
    await anna.until(lambda: mail_servers.mailbox(CLARA))
    raw = mail_servers.mailbox(CLARA)[0]
    opened = open_message(raw, keys=(), trust=TrustContext(), now=datetime.now(UTC))
    assert opened.security.signatures and opened.security.signatures[0].integrity == "intact"
    part = find_calendar(parse(raw))
    assert part is not None and part.params["method"] == "REPLY"
    reply = read_invitation(part)
    assert reply is not None and (reply.method, reply.uid, reply.sequence) == ("reply", "round-1", 1)
    assert [(guest.address.spec, guest.status) for guest in reply.guests] == [("Anna@clinic.test", "tentative")]


async def test_a_mail_without_an_invitation_has_no_answer(anna: Person, mail_servers: MailServers) -> None:
    mail_servers.deliver(ANNA, b"From: clara@office.test\r\nSubject: x\r\n\r\nHello\r\n")
    await anna.until(lambda: anna.rows())
    with pytest.raises(UsageError, match="no invitation"):
        await anna.client.ask(AnswerInvitation(anna.rows()[0].id, "anna", Answer.ACCEPTED), Queued)
