"""A message that is attached to another one: read by itself, with a verdict of its own."""

from datetime import UTC, datetime

import pytest

from tests.engine.people import Person
from tests.pki import Pki
from tests.servers import MailServers
from tui_mail.cms.enveloped import default_plan
from tui_mail.engine.jobs.inner_message import CLOSED, UNSIGNED
from tui_mail.engine.messages import AttachmentPreview, MessageOpened, OpenMessage, PreviewAttachment
from tui_mail.smime.protect import protect
from tui_mail.store import certificates

ANNA = "anna@clinic.test"
BOB = Pki().issue("bob@elsewhere.test")
FORWARDED = b"message/rfc822"
INNER = b"From: Bob <bob@elsewhere.test>\r\nTo: clara@lab.test\r\nSubject: Results\r\n\r\nAll is well\r\n"


def forwarding(inner: bytes, kind: bytes) -> bytes:
    return (
        b"From: Clara <clara@lab.test>\r\nTo: anna@clinic.test\r\nSubject: Fwd: Results\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n\r\nSee below\r\n"
        b"--outer\r\nContent-Type: " + kind + b"\r\n\r\n" + inner + b"\r\n--outer--\r\n"
    )


async def preview(anna: Person, imap_servers: MailServers, inner: bytes, kind: bytes = FORWARDED) -> tuple[str, str]:
    """Lines and note of the attached message; whatever it is, the message around it has no letter."""
    imap_servers.deliver(ANNA, forwarding(inner, kind))
    await anna.until(lambda: [row.sig for row in anna.rows()] == [""])
    number = anna.rows()[0].id
    shown = (await anna.client.ask(OpenMessage(number), MessageOpened)).view
    assert (shown.security.signatures, [one.type for one in shown.attachments]) == (
        (),
        [kind.partition(b";")[0].decode()],
    )
    found = await anna.client.ask(PreviewAttachment(number, 0), AttachmentPreview)
    return "\n".join("".join(run.text for run in line) for line in found.lines), found.note


async def test_one_that_is_not_signed_says_so(anna: Person, imap_servers: MailServers) -> None:
    text, note = await preview(anna, imap_servers, INNER)
    assert "From: Bob <bob@elsewhere.test>" in text
    assert "Subject: Results" in text
    assert "All is well" in text
    assert note == UNSIGNED


@pytest.mark.parametrize("kind", [FORWARDED, b"application/octet-stream; name=mail.eml"])
async def test_a_forwarded_message_is_readable_mail_and_nobody_vouches_for_it(
    anna: Person, imap_servers: MailServers, kind: bytes
) -> None:
    inner = (
        b"From: Ben <ben@lab.test>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: multipart/mixed; boundary=b"
        b"\r\n\r\n--b\r\n\r\nHello.\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n--b--\r\n"
    )
    text, note = await preview(anna, imap_servers, inner, kind)
    assert "was not checked" in note
    assert "From: Ben <ben@lab.test>" in text and "Subject: Grüße" in text and "Hello." in text
    assert text.endswith("Inside it: a.pdf")


@pytest.mark.parametrize("opaque", [False, True])
async def test_one_that_is_signed_tells_its_own_verdict_and_leaves_no_trace(
    anna: Person, imap_servers: MailServers, opaque: bool
) -> None:
    signed = protect(INNER, sign=BOB.key, opaque=opaque, now=datetime.now(UTC))
    text, note = await preview(anna, imap_servers, signed)
    assert "Subject: Results" in text
    assert "All is well" in text
    assert "(N)" in note
    assert "Press t" not in note
    database = anna.client._engine._session.store.database  # type: ignore[attr-defined]
    assert certificates.seen(database, "bob@elsewhere.test") == ()


async def test_one_that_was_altered_is_called_broken(anna: Person, imap_servers: MailServers) -> None:
    signed = protect(INNER, sign=BOB.key, now=datetime.now(UTC))
    _text, note = await preview(anna, imap_servers, signed.replace(b"All is well", b"All is bad!"))
    assert "(X)" in note
    assert "changed" in note


async def test_one_that_is_encrypted_stays_closed(anna: Person, imap_servers: MailServers) -> None:
    """What somebody else packed in is not decrypted by looking at it."""
    sealed = protect(INNER, sign=None, recipients=[default_plan(BOB.certificate)], now=datetime.now(UTC))
    text, note = await preview(anna, imap_servers, sealed)
    assert CLOSED in text
    assert "All is well" not in text
    assert note == UNSIGNED
