"""What a signature does not cover is neither called signed nor shown as if it were."""

import re

import pytest

from tests.pki import NOW, Pki
from tui_mail.cms.enveloped import build_enveloped, default_plan
from tui_mail.mime.encode import base64_body
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.view import view
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA, EVE = PKI.issue("anna@clinic.test"), PKI.issue("eve@evil.test")
BERT = PKI.issue("bert@clinic.test", key="rsa")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
PLAIN = b"From: Anna <anna@clinic.test>\r\nTo: bert@clinic.test\r\nSubject: Hello\r\n\r\nDear Bert\r\n"
BARE = protect(PLAIN, sign=ANNA.key, now=NOW, headers="none")
HEAD = b"From: Anna <anna@clinic.test>\r\nSubject: Hello\r\n"
FOUND = re.search(rb"Content-Type: multipart/signed[^\r]*(?:\r\n[ \t][^\r]*)*\r\n", BARE)
assert FOUND is not None
TYPE, BODY = FOUND[0], BARE.partition(b"\r\n\r\n")[2]
MIXED = b"Content-Type: multipart/mixed; boundary=q\r\n\r\n"
PAY = b"--q\r\nContent-Type: text/plain\r\n\r\nPay Eve\r\n"


def opened(raw: bytes) -> Opened:
    return open_message(raw, keys=(BERT.key,), trust=TRUST, now=NOW)


def sealed(entity: bytes, head: bytes = HEAD) -> bytes:
    data = build_enveloped(entity, [default_plan(BERT.certificate)], "aes-256-gcm")
    kind = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + kind + base64_body(data)


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + TYPE + b"\r\nPay Eve\r\n" + BODY,
        BARE + b"\r\nPay Eve\r\n",
        HEAD + b"Content-Transfer-Encoding: base64\r\n" + TYPE + b"\r\n" + BODY,
        HEAD + TYPE + b"Content-Type: text/plain\r\n\r\n" + BODY,
        HEAD + b"Content-Type: text/plain\r\n" + TYPE + b"\r\n" + BODY,
        HEAD + MIXED + PAY + b"--q\r\n" + TYPE + b"\r\n" + BODY + b"\r\n--q--\r\n",
        sealed(MIXED + PAY + b"--q\r\n" + TYPE + b"\r\n" + BODY + b"\r\n--q--\r\n"),
    ],
    ids=("preamble", "preamble alone", "base64", "type after", "type before", "neighbour", "neighbour encrypted"),
)
def test_what_is_y_is_the_signed_text_and_nothing_else(raw: bytes) -> None:
    """RFC 9787 section 4, RFC 2046 section 5.1.1: preambles, epilogues and neighbours are not the payload."""
    message = opened(raw)
    letter = message.security.verdict.letter.value
    assert letter in ("Y", "")
    if letter == "Y":
        assert view(message, 1).quote_text.strip() == "Dear Bert"


@pytest.mark.parametrize(
    "author",
    [
        "anna@clinic.test (eve@evil.test)",
        "=?utf-8?q?boss=40bank.test?= <anna@clinic.test>",
        '"eve@evil.test" <anna@clinic.test>',
        "anna@clinic.test\0@evil.test",
        "an\u200bna@clinic.test",
        "\u0430nna@clinic.test",
        "anna@clinic.test.evil.test",
        "=?utf-8?q?eve?=@evil.test, <anna@clinic.test>",
        "eve@evil.test, anna@clinic.test",
    ],
)
def test_an_author_who_is_not_exactly_the_signer_is_never_y(author: str) -> None:
    """RFC 8550 section 3."""
    raw = BARE.replace(b"Anna <anna@clinic.test>", author.encode(), 1)
    assert opened(raw).security.verdict.letter.value == "M"


def test_fields_that_only_stand_outside_are_named_as_not_signed() -> None:
    """RFC 9788 section 1.1: a Y without header protection says nothing about Subject, Date and recipients."""
    changed = opened(BARE.replace(b"Subject: Hello", b"Subject: Pay Eve", 1))
    assert changed.security.verdict.letter.value == "Y"
    assert changed.security.headers.uncovered == ("to", "subject", "date")
    again = opened(sealed(TYPE + b"\r\n" + BODY, HEAD.replace(b"Hello", b"Pay Eve")))
    assert "subject" in again.security.headers.uncovered
    assert opened(protect(PLAIN, sign=ANNA.key, now=NOW)).security.headers.uncovered == ()


def test_a_signer_cannot_put_another_author_inside() -> None:
    """RFC 9788 section 4.4."""
    raw = protect(PLAIN, sign=EVE.key, now=NOW).replace(b"From: Anna <anna@clinic.test>", b"From: eve@evil.test", 1)
    message = opened(raw)
    assert view(message, 1).sender.spec == "eve@evil.test"
    assert "from" not in message.security.headers.protected
    assert message.security.warnings
    assert opened(protect(PLAIN, sign=EVE.key, now=NOW)).security.verdict.letter.value == "M"
