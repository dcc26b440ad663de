"""Bounces find the message that they are about; nothing else does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pki import NOW
from tui_mail.engine.jobs.reports import keep_reports
from tui_mail.model.address import Address
from tui_mail.model.delivery import DeliveryKind, DeliveryNotice
from tui_mail.model.message import Draft
from tui_mail.smime.open import open_message
from tui_mail.smime.reports import read_notices
from tui_mail.store import accounts, notices, outbox
from tui_mail.store.database import Database
from tui_mail.store.store import Store
from tui_mail.trust.context import TrustContext

SENT = "<m1@clinic.example>"
BOUNCE = f"""\
From: MAILER-DAEMON@mx.example\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
\r
Sorry.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; ben@office.example\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 no \x1b[31msuch user\r
\r
Final-Recipient: rfc822; carl@office.example\r
Action: expanded\r
Status: 2.0.0\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: {SENT}\r
\r
--b--\r
""".encode()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = Store(tmp_path / "mail.db", bytes(32), create=True)
    accounts.save_account(store.database, "work", "anna@clinic.example")
    outbox.queue_draft(
        store.database, Draft("work", to=(Address("ben@office.example"),)), (), message_id=SENT, created=1
    )
    yield store.database
    store.close()


def keep(db: Database, raw: bytes) -> int:
    return keep_reports(db, read_notices(open_message(raw, trust=TrustContext(), now=NOW)), 100)


def test_a_bounce_is_kept_with_its_reason_in_plain_words(db: Database) -> None:
    assert keep(db, BOUNCE) == 1
    (notice,) = notices.notices(db, SENT)
    assert (notice.kind, notice.recipient, notice.when) == (DeliveryKind.FAILED, "ben@office.example", 100)
    assert notice.text.startswith("there is no such mailbox (550 no ") and not notice.confirmed
    assert keep(db, BOUNCE) == 0, "the same bounce twice is one notice"


def test_a_bounce_of_something_never_sent_is_not_kept(db: Database) -> None:
    assert keep(db, BOUNCE.replace(SENT.encode(), b"<other@x>")) == 0


def test_a_forwarded_bounce_is_no_bounce(db: Database) -> None:
    assert keep(db, b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" + BOUNCE + b"\r\n--o--\r\n") == 0
    assert keep(db, b"From: a@b\r\nContent-Type: message/rfc822\r\n\r\n" + BOUNCE) == 0


@pytest.mark.parametrize("word", ["processed", "dispatched", "displayed", "deleted", "failed"])
def test_every_disposition_becomes_a_notice_and_a_stranger_confirms_none(db: Database, word: str) -> None:
    raw = (
        "From: ben@office.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
        "Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822;ben@office.example\r\n"
        f"Original-Message-ID: {SENT}\r\nDisposition: automatic-action/MDN-sent-automatically; {word}\r\n--b--\r\n"
    ).encode()
    assert keep(db, raw) == 1
    assert notices.notices(db, SENT) == (DeliveryNotice(SENT, DeliveryKind(word), "ben@office.example", 100),)
