"""What `protect` writes, read back by openssl and by plain eyes."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.pki import Identity, Pki
from tui_mail.cms.enveloped import default_plan
from tui_mail.model.errors import UsageError
from tui_mail.smime.protect import protect

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
MESSAGE = (
    "From: Anna Berg <anna@clinic.test>\nTo: Bert <bert@clinic.test>\nBcc: hidden@clinic.test\n"
    "Subject: Grüße\nKeywords: secret\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nHällo\nFrom me  \n"
).encode()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def anna(pki: Pki) -> Identity:
    return pki.issue("anna@clinic.test", key="rsa")


@pytest.fixture(scope="module")
def bert(pki: Pki) -> Identity:
    return pki.issue("bert@clinic.test")


def openssl(*args: str, data: bytes) -> bytes:
    return subprocess.run(["openssl", "cms", *args], input=data, capture_output=True, check=True).stdout


def decrypted(message: bytes, identity: Identity, folder: Path) -> bytes:
    key = folder / "key.pem"
    key.write_bytes(identity.key_pem)
    return openssl("-decrypt", "-inkey", str(key), data=message)


def test_a_detached_signature_verifies_in_openssl_and_is_all_seven_bits(anna: Identity) -> None:
    signed = protect(MESSAGE, sign=anna.key, now=NOW)
    assert signed.isascii() and b"\n" not in signed.replace(b"\r\n", b"")
    payload = openssl("-verify", "-noverify", data=signed)
    assert b'hp="clear"' in payload and b"Subject: =?utf-8?B?" in payload
    assert b"micalg=sha-256" in signed


def test_an_opaque_signature_verifies_in_openssl(bert: Identity) -> None:
    signed = protect(MESSAGE, sign=bert.key, now=NOW, opaque=True)
    assert b"smime-type=signed-data" in signed
    assert b"H=C3=A4llo" in openssl("-verify", "-noverify", data=signed)


def test_bcc_is_nowhere(anna: Identity, bert: Identity, tmp_path: Path) -> None:
    """RFC 9788 section 11.4: a blind copy must not be seen by the others, neither outside nor inside."""
    protected = protect(MESSAGE, sign=anna.key, recipients=[default_plan(bert.certificate_der)], now=NOW)
    assert b"hidden@" not in protected + decrypted(protected, bert, tmp_path)


def test_encrypting_hides_the_subject_outside_and_keeps_it_inside(bert: Identity, tmp_path: Path) -> None:
    """RFC 9788 section 3.2.1 (hcp_baseline) and 2.2 (HP-Outer lists what the outside shows)."""
    protected = protect(MESSAGE, sign=None, recipients=[default_plan(bert.certificate_der)], now=NOW)
    outside = protected.partition(b"\r\n\r\n")[0]
    assert b"Subject: [...]" in outside and b"Keywords" not in outside and b"hp=" not in outside
    inside = decrypted(protected, bert, tmp_path)
    assert b'hp="cipher"' in inside and b"Keywords: secret" in inside
    assert b"HP-Outer: Subject: [...]" in inside and b"HP-Outer: Keywords" not in inside


def test_shy_drops_names_and_time_zone(bert: Identity) -> None:
    """RFC 9788 section 3.2.2 (hcp_shy); the addr-spec itself stays."""
    protected = protect(MESSAGE, sign=None, recipients=[default_plan(bert.certificate_der)], now=NOW, headers="shy")
    outside = protected.partition(b"\r\n\r\n")[0]
    assert b"From: anna@clinic.test\r\n" in outside and b"Anna" not in outside
    assert b"12:00:00 +0000" in outside


def test_without_header_protection_the_payload_has_content_fields_alone(bert: Identity, tmp_path: Path) -> None:
    protected = protect(MESSAGE, sign=None, recipients=[default_plan(bert.certificate_der)], now=NOW, headers="none")
    assert b"Subject: =?utf-8?B?" in protected.partition(b"\r\n\r\n")[0]
    assert b"Subject" not in decrypted(protected, bert, tmp_path)


def test_signing_is_inside_encryption(anna: Identity, bert: Identity, tmp_path: Path) -> None:
    """RFC 9787 section 5.2: a signature speaks of the text, so it is made first."""
    protected = protect(
        MESSAGE, sign=anna.key, recipients=[default_plan(bert.certificate_der)], cipher="aes-256-cbc", now=NOW
    )
    inside = decrypted(protected, bert, tmp_path)
    assert inside.startswith(b"Content-Type: multipart/signed;")
    openssl("-verify", "-noverify", data=inside)


def test_date_and_signing_time_are_the_same_instant(anna: Identity) -> None:
    signed = protect(MESSAGE, sign=anna.key, now=NOW.replace(microsecond=999_999), opaque=True)
    assert b"Date: Mon, 01 Jun 2026 12:00:00 +0000" in signed
    assert b"Jun  1 12:00:00 2026 GMT" in openssl("-cmsout", "-print", data=signed)


def test_eight_bit_attachments_inside_are_encoded(anna: Identity) -> None:
    """RFC 8551 section 3.1.2: what is signed must survive seven-bit gateways."""
    message = (
        b"From: anna@clinic.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\xff\x80\r\n--b--\r\n"
    )
    payload = openssl("-verify", "-noverify", data=protect(message, sign=anna.key, now=NOW))
    assert payload.isascii() and b"Gr=FC=DFe" in payload and b"AP+A" in payload


def test_asking_for_nothing_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        protect(MESSAGE, sign=None, now=NOW)
