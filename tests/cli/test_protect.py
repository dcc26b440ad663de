"""``tui-mail protect``: from standard input to standard output, read back by ``check`` and by openssl."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pki import NOW, Pki
from tui_mail.__main__ import main
from tui_mail.mime.headers import parse_date
from tui_mail.mime.tree import parse

PKI = Pki()
ANNA = PKI.issue("anna@clinic.test", key="rsa")
BERT = PKI.issue("bert@clinic.test", key="rsa")
CARL = PKI.issue("carl@clinic.test")
TIME = ("--time", "2026-06-01T12:00:00Z")
PLAIN = (
    "From: Anna <anna@clinic.test>\nTo: Bert <bert@clinic.test>\nBcc: hidden@clinic.test\nSubject: Grüße\n\n"
    "Lieber Bert\nFrom now on.\n"
).encode()
Run = Callable[..., bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for one in (ANNA, BERT, CARL):
        one.write(tmp_path, "secret")
    (tmp_path / "ca.pem").write_bytes(PKI.ca.pem)
    (tmp_path / "pw").write_text("secret\n")
    return tmp_path


@pytest.fixture
def run(folder: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    def protect(*options: str, data: bytes = PLAIN, exit_code: int = 0) -> bytes:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert main(["protect", *options]) == exit_code
        captured = capsysbinary.readouterr()
        return captured.out if exit_code == 0 else captured.err

    return protect


def check(raw: bytes, folder: Path, capsysbinary: pytest.CaptureFixture[bytes], *keys: str) -> dict:
    (folder / "m.eml").write_bytes(raw)
    options = [part for key in keys for part in ("--key", key)] + ["--password-file", "pw", "--anchor", "ca.pem"]
    assert main(["check", "m.eml", "--json", "--body", *TIME, *options]) == 0
    found: dict = json.loads(capsysbinary.readouterr().out)
    return found


SIGN = ("--sign", "anna.p12", "--password-file", "pw", *TIME)


@pytest.mark.parametrize("form", [(), ("--opaque",), ("--headers", "none")])
def test_signed_mail_is_y_and_date_and_signing_time_are_one_instant(
    run: Run, folder: Path, capsysbinary: pytest.CaptureFixture[bytes], form: tuple[str, ...]
) -> None:
    raw = run(*SIGN, *form)
    assert b"hidden" not in raw and raw.isascii() and raw.count(b"\n") == raw.count(b"\r\n")
    assert parse_date(parse(raw).get("date") or b"") == NOW
    found = check(raw, folder, capsysbinary)
    assert (found["sig"], found["warnings"]) == ("Y", [])
    assert found["signatures"][0]["signing_time"] == "2026-06-01T12:00:00Z"
    assert found["text"] == "Lieber Bert\nFrom now on."
    assert found["headers"]["subject"] == "Grüße"
    assert bool(found["headers"]["protected"]) == (form != ("--headers", "none"))


@pytest.mark.parametrize(
    ("options", "cipher", "ways"),
    [
        ((), "aes-256-cbc", {"rsa-v15"}),
        (("--cipher", "aes-256-gcm"), "aes-256-gcm", {"rsa-v15"}),
        (("--cipher", "aes-256-gcm", "--key-encryption", "rsa-oaep"), "aes-256-gcm", {"rsa-oaep+sha256"}),
    ],
)
def test_encrypted_mail_hides_its_subject_and_opens_for_every_recipient(
    run: Run,
    folder: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    options: tuple[str, ...],
    cipher: str,
    ways: set[str],
) -> None:
    raw = run(*SIGN, "--encrypt", "bert.crt.pem", "--encrypt", "carl.crt.pem", *options)
    assert parse(raw).get("subject") == b"[...]"
    for key in ("bert.p12", "carl.p12"):
        found = check(raw, folder, capsysbinary, key)
        assert (found["sig"], found["summary"]) == ("Y", "signed+encrypted")
        assert found["encryption"]["cipher"] == cipher
        assert found["headers"]["confidential"] == ["subject"]
        assert ways <= {one["algorithm"] for one in found["encryption"]["recipients"]}


def test_capabilities_from_a_signed_mail_choose_the_stronger_cipher(
    run: Run, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """RFC 8551 section 2.7.1."""
    bert = ("--sign", "bert.p12", "--password-file", "pw", *TIME)
    (folder / "from-bert.eml").write_bytes(run(*bert, data=PLAIN.replace(b"anna@", b"bert@")))
    raw = run(*SIGN, "--encrypt", "bert.crt.pem", "--capabilities", "from-bert.eml")
    assert check(raw, folder, capsysbinary, "bert.p12")["encryption"]["cipher"] == "aes-256-gcm"


def test_openssl_verifies_and_decrypts_what_was_protected(run: Run, folder: Path) -> None:
    signed = run(*SIGN)
    command = ["openssl", "cms", "-verify", "-CAfile", "ca.pem", "-purpose", "any", "-attime", "1780315200"]
    result = subprocess.run(command, input=signed, capture_output=True, cwd=folder, check=True)
    assert b"Lieber Bert" in result.stdout
    encrypted = run(*SIGN, "--encrypt", "bert.crt.pem")
    command = ["openssl", "cms", "-decrypt", "-inkey", "bert.key.pem", "-recip", "bert.crt.pem"]
    plain = subprocess.run(command, input=encrypted, capture_output=True, cwd=folder, check=True).stdout
    assert b'hp="cipher"' in plain and re.search(rb"HP-Outer:\s*Subject: \[\.\.\.\]", plain)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), b"--sign"),
        (("--sign", "absent.p12", "--password-file", "pw"), b"absent.p12"),
        (("--encrypt", "pw"), b"pw"),
        (("--encrypt", "bert.crt.pem", "--cipher", "rot13"), b"rot13"),
    ],
)
def test_what_cannot_be_done_ends_with_one_sentence(run: Run, options: tuple[str, ...], words: bytes) -> None:
    code = 1 if "--cipher" in options else 2
    message = run(*options, exit_code=code)
    assert words in message and message.count(b"\n") == 1


def test_an_empty_message_is_refused(run: Run) -> None:
    assert b"no message" in run(*SIGN, data=b"", exit_code=2)


def test_two_keys_of_a_person_make_two_signatures_and_a_kem_recipient_is_shown_as_such(
    run: Run, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Of a file with several certificates the one that can be encrypted to is taken (RFC 8550 section 4.4)."""
    sign, opens = PKI.issue("anna@clinic.test", key="ml-dsa-65"), PKI.issue("anna@clinic.test", key="ml-kem-1024")
    for name, one in (("sign", sign), ("opens", opens)):
        (folder / f"{name}.pem").write_bytes(one.key_pem + one.certificate_pem)
    (folder / "both.pem").write_bytes(sign.certificate_pem + opens.certificate_pem + PKI.ca.pem)
    (folder / "none").write_text("\n")
    raw = run(*SIGN, "--sign", "sign.pem", "--encrypt", "both.pem", "--encrypt", "bert.crt.pem")
    found = check(raw, folder, capsysbinary, "opens.pem")
    assert found["sig"] == "Y"
    assert sorted(one["algorithm"] for one in found["signatures"]) == ["ml-dsa-65", "rsa-v15+sha256"]
    recipients = found["encryption"]["recipients"]
    assert sorted((one["type"], one["algorithm"]) for one in recipients) == [
        ("kemri", "ml-kem-1024"),
        ("ktri", "rsa-v15"),
    ]
    assert all(f"/{certificate.x509.serial_number:x}" in str(recipients) for certificate in (opens, BERT))
    assert found["encryption"]["key"] == opens.sha256


def test_one_message_for_each_group_of_recipients(
    run: Run, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """RFC 8551 section 2.7.1.3: Bert announced GCM, nothing is known of Carl."""
    bert = run("--sign", "bert.p12", "--password-file", "pw", *TIME)
    (folder / "bert.eml").write_bytes(bert)
    options = ("--encrypt", "carl.crt.pem", "--encrypt", "bert.crt.pem", "--capabilities", "bert.eml")
    assert run(*SIGN, *options, "--separate", "out", "--legacy-display") == b""
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["1.eml", "2.eml"]
    for name, key, cipher in (("1", "carl.p12", "aes-256-cbc"), ("2", "bert.p12", "aes-256-gcm")):
        found = check((folder / "out" / f"{name}.eml").read_bytes(), folder, capsysbinary, key)
        assert (found["sig"], found["encryption"]["cipher"]) == ("Y", cipher)
        assert len(found["encryption"]["recipients"]) == 1
        assert found["text"] == "Lieber Bert\nFrom now on."
