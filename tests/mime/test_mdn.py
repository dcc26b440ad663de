"""Receipts: what is built reads back, here and elsewhere; what others send is understood (RFC 8098)."""

import email
import email.base64mime
import email.policy
from datetime import UTC, datetime

import pytest

from tui_mail.mime.mdn import (
    Disposition,
    build_mdn,
    options,
    read_mdn,
    wants_final_delivery,
)
from tui_mail.mime.tree import parse
from tui_mail.model.address import Address
from tui_mail.model.errors import UsageError

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OTHER_PROGRAM = b"""\
Date: Wed, 20 Sep 1995 00:19:00 (EDT) -0400\r
From: Joe Recipient <Joe_Recipient@example.com>\r
Message-Id: <199509200019.12345@example.com>\r
Subject: Re: First draft of report\r
To: Jane Sender <Jane_Sender@example.org>\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=disposition-notification;\r
 boundary="RAA14128.773615765/example.com"\r
\r
--RAA14128.773615765/example.com\r
Content-type: text/plain\r
\r
The message was displayed.\r
--RAA14128.773615765/example.com\r
Content-type: message/disposition-notification\r
\r
Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\r
Original-Recipient: rfc822;Joe_Recipient@example.com\r
Final-Recipient: rfc822; Joe_Recipient@box.example.com\r
Original-Message-ID: <199509192301.23456@example.org>\r
Disposition: manual-action/MDN-sent-manually; displayed\r
\r
--RAA14128.773615765/example.com\r
Content-type: message/rfc822\r
\r
Message-ID: <199509192301.23456@example.org>\r
Subject: First draft of report\r
\r
--RAA14128.773615765/example.com--\r
"""


def receipt(**changes: object) -> bytes:
    values: dict[str, object] = {
        "sender": Address("ben@example.org", "Ben"),
        "to": Address("anna@example.com"),
        "date": NOON,
        "message_id": "<r1@example.org>",
        "original_message_id": "<m1@example.com>",
        "disposition": Disposition.DISPLAYED,
        "text": "Your message was shown.",
    }
    return build_mdn(**(values | changes))  # type: ignore[arg-type]


def test_another_programs_receipt_is_read() -> None:
    found = read_mdn(parse(OTHER_PROGRAM))
    assert found is not None
    assert found.disposition is Disposition.DISPLAYED
    assert found.original_message_id == "<199509192301.23456@example.org>"
    assert found.final_recipient == "Joe_Recipient@box.example.com"
    assert found.recipient == "Joe_Recipient@example.com"
    assert not found.automatic and not found.sent_automatically
    assert found.reporting_ua == "joes-pc.cs.example.com; Foomail 97.1"
    assert found.text.startswith("The message was displayed.")


def test_blank_lines_bare_newlines_and_base64_do_not_hide_a_receipt() -> None:
    gaps = OTHER_PROGRAM.replace(b"Original-Recipient:", b"\r\nOriginal-Recipient:").replace(b"\r\n", b"\n")
    found = read_mdn(parse(gaps))
    assert found is not None and found.disposition is Disposition.DISPLAYED
    start = OTHER_PROGRAM.index(b"Reporting-UA")
    end = OTHER_PROGRAM.index(b"\r\n--RAA", start)
    coded = email.base64mime.body_encode(OTHER_PROGRAM[start:end]).encode()
    raw = OTHER_PROGRAM[: start - 2] + b"Content-Transfer-Encoding: base64\r\n\r\n" + coded + OTHER_PROGRAM[end:]
    assert read_mdn(parse(raw)) == read_mdn(parse(OTHER_PROGRAM))


def test_the_id_comes_from_the_returned_message_when_the_field_is_missing() -> None:
    raw = OTHER_PROGRAM.replace(b"Original-Message-ID: <199509192301.23456@example.org>\r\n", b"")
    found = read_mdn(parse(raw))
    assert found is not None and found.original_message_id == "<199509192301.23456@example.org>"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@b\r\n\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n",
        OTHER_PROGRAM.replace(b"multipart/report", b"multipart/mixed"),
        OTHER_PROGRAM.replace(b"; displayed", b"; eaten"),
        OTHER_PROGRAM.replace(b"message/disposition-notification", b"message/delivery-status"),
        b"Content-Type: message/rfc822\r\n\r\n" + OTHER_PROGRAM,
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x--\r\n",
        b"",
    ],
)
def test_what_is_no_receipt_is_not_taken_for_one(raw: bytes) -> None:
    assert read_mdn(parse(raw)) is None


def test_a_hostile_report_costs_little() -> None:
    body = b"A: b\r\n\r\n" * 200_000 + b":\r\n" * 100_000
    raw = b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n--x\r\n"
    raw += b"Content-Type: message/disposition-notification\r\n\r\n" + body + b"\r\n--x--\r\n"
    assert read_mdn(parse(raw)) is None


def test_what_is_built_reads_back_here() -> None:
    made = receipt(
        automatic=True,
        sent_automatically=True,
        original_recipient="ben@old.example",
        disposition=Disposition.PROCESSED,
        problem="Nothing was kept",
    )
    found = read_mdn(parse(made))
    assert found is not None
    assert (found.original_message_id, found.final_recipient) == ("<m1@example.com>", "ben@example.org")
    assert found.recipient == "ben@old.example"
    assert found.automatic and found.sent_automatically
    assert (found.disposition, found.modifiers) == (Disposition.PROCESSED, ("error",))
    assert found.problems == ("Nothing was kept",)
    assert "Your message was shown." in found.text
    assert parse(made).all_flags() == ()


def test_what_is_built_reads_in_another_parser_and_is_canonical() -> None:
    made = receipt(subject="Gelesen: Überweisung", text="Ihre Nachricht wurde geöffnet.\n")
    assert made.isascii() and b"\n" not in made.replace(b"\r\n", b"")
    message = email.message_from_bytes(made, policy=email.policy.default)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "disposition-notification"
    assert message["Subject"] == "Gelesen: Überweisung"
    text, machine = message.get_payload()  # type: ignore[misc]
    assert text.get_content().strip() == "Ihre Nachricht wurde geöffnet."
    fields = machine.get_payload()[0]
    assert fields["Final-Recipient"] == "rfc822;ben@example.org"
    assert fields["Disposition"] == "manual-action/MDN-sent-manually; displayed"
    assert message["Auto-Submitted"] is None


def test_a_receipt_asks_for_no_receipt() -> None:
    """RFC 8098 section 2.1."""
    made = receipt()
    assert b"Disposition-Notification-To" not in made


@pytest.mark.parametrize("spec", ["no address", "a@b>", "a@b; x", "a b@c", "ü@example.org", "a@b\r\nBcc: c@d"])
def test_an_address_that_would_break_the_report_is_refused(spec: str) -> None:
    with pytest.raises(UsageError):
        receipt(sender=Address(spec))


def test_the_direct_option_is_read() -> None:
    raw = b"Disposition-Notification-Options: X-DIRECT-FINAL-DESTINATION-DELIVERY=optional,true\r\n\r\n"
    assert options(parse(raw)) == {"x-direct-final-destination-delivery": ("optional", "true")}
    assert wants_final_delivery(parse(raw))
    assert not wants_final_delivery(parse(raw.replace(b"true", b"false")))
    assert not wants_final_delivery(parse(b"\r\n"))
