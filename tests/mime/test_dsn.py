"""Bounces of real servers' forms (RFC 3464), and what their codes mean (RFC 3463)."""

from datetime import UTC, datetime

import pytest

from tui_mail.mime.dsn import DsnAction, explain_status, read_dsn
from tui_mail.mime.tree import parse

POSTFIX = b"""\
Return-Path: <>\r
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)\r
Subject: Undelivered Mail Returned to Sender\r
To: anna@example.com\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status;\r
\tboundary="4Xy.1700000000/mx.example.com"\r
\r
This is a MIME-encapsulated message.\r
\r
--4Xy.1700000000/mx.example.com\r
Content-Description: Notification\r
Content-Type: text/plain; charset=us-ascii\r
\r
This is the mail system at host mx.example.com.\r
\r
--4Xy.1700000000/mx.example.com\r
Content-Description: Delivery report\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.com\r
X-Postfix-Queue-ID: 4Xy\r
X-Postfix-Sender: rfc822; anna@example.com\r
Original-Envelope-Id: env-7\r
Arrival-Date: Tue, 14 Nov 2023 22:13:20 +0000 (UTC)\r
\r
Final-Recipient: rfc822; nobody@example.org\r
Original-Recipient: rfc822;Nobody@example.org\r
Action: failed\r
Status: 5.1.1\r
Remote-MTA: dns; mail.example.org\r
Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.org>: Recipient address\r
    rejected: User unknown\r
\r
Final-Recipient: rfc822; slow@example.net\r
Action: delayed\r
Status: 4.4.1\r
Will-Retry-Until: Sun, 19 Nov 2023 22:13:20 +0000\r
\r
--4Xy.1700000000/mx.example.com\r
Content-Description: Undelivered Message Headers\r
Content-Type: text/rfc822-headers\r
\r
From: anna@example.com\r
Subject: Hello\r
Message-ID: <m1@example.com>\r
\r
--4Xy.1700000000/mx.example.com--\r
"""


def test_every_recipient_of_a_bounce_is_read() -> None:
    found = read_dsn(parse(POSTFIX))
    assert found is not None
    failed, delayed = found.recipients
    assert (failed.recipient, failed.action, failed.status) == ("Nobody@example.org", DsnAction.FAILED, "5.1.1")
    assert failed.diagnostic == "550 5.1.1 <nobody@example.org>: Recipient address    rejected: User unknown"
    assert failed.remote_mta == "mail.example.org"
    assert failed.sentence == "there is no such mailbox"
    assert (delayed.recipient, delayed.action) == ("slow@example.net", DsnAction.DELAYED)
    assert delayed.will_retry_until == datetime(2023, 11, 19, 22, 13, 20, tzinfo=UTC)
    assert found.reporting_mta == "mx.example.com"
    assert found.arrival_date == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_a_bounce_names_the_message_it_is_about() -> None:
    found = read_dsn(parse(POSTFIX))
    assert found is not None
    assert (found.original_message_id, found.envelope_id) == ("<m1@example.com>", "env-7")
    whole = POSTFIX.replace(b"text/rfc822-headers", b"message/rfc822")
    assert read_dsn(parse(whole)) == found


def test_a_missing_blank_line_before_the_recipient_is_forgiven() -> None:
    raw = POSTFIX.replace(b"(UTC)\r\n\r\nFinal", b"(UTC)\r\nFinal")
    found = read_dsn(parse(raw))
    assert found is not None
    assert [one.recipient for one in found.recipients] == ["Nobody@example.org", "slow@example.net"]


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: Undelivered Mail Returned to Sender\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\n",
        POSTFIX.replace(b"Action: ", b"Action: not-"),
        POSTFIX.replace(b"Final-Recipient", b"X").replace(b"Original-Recipient", b"Y"),
        b"Content-Type: message/rfc822\r\n\r\n" + POSTFIX,
        POSTFIX.replace(b"message/delivery-status", b"text/plain"),
    ],
)
def test_what_is_no_bounce_is_not_taken_for_one(raw: bytes) -> None:
    assert read_dsn(parse(raw)) is None


def test_a_bounce_with_a_million_recipients_is_cut() -> None:
    group = b"Final-Recipient: rfc822; a@b\r\nAction: failed\r\n\r\n"
    raw = b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n--x\r\n"
    raw += b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n" + group * 50_000 + b"--x--\r\n"
    found = read_dsn(parse(raw))
    assert found is not None and len(found.recipients) < 1_000


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.2.2", "the mailbox is full"),
        ("4.2.2", "the mailbox is full"),
        ("5.7.999", "the other mail server does not allow it"),
        ("5.0.0", ""),
        ("5.1", ""),
        ("9.1.1", ""),
        ("", ""),
    ],
)
def test_a_status_code_is_said_in_plain_words(status: str, words: str) -> None:
    assert explain_status(status) == words
