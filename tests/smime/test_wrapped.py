"""Whole-message wrapping (RFC 8551 section 3.1), as Direct secure messaging asks: written, and read back."""

import email
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.pki import NOW, Pki
from tui_mail.cms.enveloped import default_plan
from tui_mail.model.security import Letter
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA, BEN = PKI.issue("anna@clinic.example"), PKI.issue("ben@office.example")
MESSAGE = (
    b"From: Anna <anna@clinic.example>\r\nTo: ben@office.example\r\nSubject: Blood results\r\nKeywords: blood\r\n"
    b"Message-ID: <m1@clinic.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Sch\xc3\xb6ne Gr\xc3\xbc\xc3\x9fe\r\n"
)
TRUST = TrustContext(anchors=(PKI.ca.certificate,))


def wrapped(encrypt: bool = True) -> bytes:
    plans = (default_plan(BEN.certificate),) if encrypt else ()
    return protect(MESSAGE, sign=ANNA.key, recipients=plans, now=NOW, headers="wrapped")


def test_what_is_wrapped_reads_back_with_its_inner_header() -> None:
    opened = open_message(wrapped(), trust=TRUST, now=NOW, keys=(BEN.key,))
    assert opened.security.verdict.letter is Letter.VALID
    assert opened.security.layers == ("encrypted", "signed")
    assert opened.security.headers.subject == "Blood results"
    assert {"subject", "keywords"} <= set(opened.security.headers.confidential)
    assert "Schöne Grüße" in opened.payload.text()
    assert opened.security.errant_layers == 0 and opened.security.warnings == ()


def test_the_outside_tells_no_subject_and_the_inside_is_a_whole_message() -> None:
    made = wrapped()
    assert made.isascii() and b"Blood" not in made and b"Keywords" not in made
    outer = email.message_from_bytes(made)
    assert (outer["Subject"], outer["Message-ID"]) == ("[...]", "<m1@clinic.example>")
    assert outer["Date"] == "Mon, 01 Jun 2026 12:00:00 +0000"


@pytest.mark.parametrize("encrypt", [True, False])
def test_openssl_opens_it_and_finds_a_message_in_it(encrypt: bool, tmp_path: Path) -> None:
    made = tmp_path / "made.eml"
    made.write_bytes(wrapped(encrypt))
    files = BEN.write(tmp_path)
    (tmp_path / "ca.pem").write_bytes(PKI.ca.pem)
    if encrypt:
        command = ["openssl", "cms", "-decrypt", "-in", made, "-recip", files.certificate, "-inkey", files.key]
        made = tmp_path / "signed.eml"
        subprocess.run([*command, "-out", made], check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    command = ["openssl", "cms", "-verify", "-in", made, "-CAfile", tmp_path / "ca.pem", "-attime", "1780315200"]
    done = subprocess.run([*command, "-out", tmp_path / "inner.eml"], capture_output=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    found = email.message_from_bytes((tmp_path / "inner.eml").read_bytes())
    assert found.get_content_type() == "message/rfc822"
    inner = found.get_payload(0)
    assert (inner["Subject"], inner["From"]) == ("Blood results", "Anna <anna@clinic.example>")
    assert inner["Date"] == "Mon, 01 Jun 2026 12:00:00 +0000"
