"""Key files of many producers, then our own there and back."""

import hashlib
import subprocess
import sys
import warnings

import pytest

from tests.pki import NOW, Pki
from tests.vectors import vectors
from tui_mail.model.errors import MalformedInput, UsageError, WrongPassphrase
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.profile import profile_fault
from tui_mail.vault.new_key import make_self_signed
from tui_mail.vault.pkcs12 import load_key, load_key_file, load_pkcs12, save_pkcs12

REFUSED_BY_OPENSSL_TOO = {"t5793-test.pfx", "edward.tester@demo.gnupg.com.p12"}


def described():
    """(file name, password, SHA-1 of the certificates) of the data's own description."""
    entries, entry = [], {}
    for line in vectors("gpgsm", "keys", "Description-p12").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Name":
            entry = {"file": value.strip(), "certificates": []}
            entries.append(entry)
        elif name == "Pass":
            entry["password"] = value.strip()
        elif name == "Cert":
            entry["certificates"] += value.strip().split(",")
    return entries


@pytest.mark.filterwarnings("ignore")
def test_key_files_of_many_producers_open_with_their_password_and_no_other():
    opened = 0
    for entry in described():
        path = vectors("gpgsm", "keys", entry["file"])
        with pytest.raises(WrongPassphrase):
            load_key_file(path, "not the password")
        if entry["file"] in REFUSED_BY_OPENSSL_TOO:
            continue
        key = load_key_file(path, entry["password"])
        assert hashlib.sha1(key.certificate).hexdigest() in entry["certificates"]
        opened += 1
    assert opened == 8


def test_thunderbird_key_files_open():
    files = sorted(vectors("thunderbird").glob("*.p12"))
    assert len(files) == 7
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in files:
            assert load_key_file(path, "nss").pkcs8()


def test_an_exported_key_comes_back_with_its_chain_and_openssl_opens_it(tmp_path):
    pki = Pki()
    key = pki.issue("anna@clinic.example", ca=pki.authority("Below", above=pki.ca)).key
    data = save_pkcs12(key, "export", "Anna")
    (again,) = load_pkcs12(data, "export")
    assert (again.pkcs8(), again.certificate, again.chain) == (key.pkcs8(), key.certificate, key.chain)
    path = tmp_path / "anna.p12"
    path.write_bytes(data)
    answer = subprocess.run(
        ["openssl", "pkcs12", "-in", path, "-passin", "pass:export", "-nokeys"], capture_output=True, check=True
    )
    assert answer.stdout.count(b"BEGIN CERTIFICATE") == 2
    with pytest.raises(UsageError):
        save_pkcs12(key, "")


def test_a_pem_file_with_key_and_certificates_opens_in_any_order():
    pki = Pki()
    identity = pki.issue("anna@clinic.example", ca=pki.authority("Below", above=pki.ca))
    extra = pki.issue("other@clinic.example").certificate_pem + pki.ca.pem
    key = load_key(extra + identity.certificate_pem + identity.key_pem, "")
    assert key.certificate == identity.certificate
    assert key.pkcs8() == identity.key.pkcs8()


def test_what_is_missing_in_a_key_file_is_named(tmp_path):
    identity = Pki().issue("anna@clinic.example")
    with pytest.raises(MalformedInput, match="no certificate"):
        load_key(identity.key_pem, "")
    with pytest.raises(MalformedInput, match="not a PKCS #12"):
        load_key(identity.certificate_pem, "")
    with pytest.raises(MalformedInput):
        load_key(b"0\x82rubbish", "")
    with pytest.raises(UsageError, match="cannot be read"):
        load_key_file(tmp_path / "absent.p12", "")


@pytest.mark.parametrize("key_type", ["rsa-3072", "ecdsa-p256"])
def test_a_self_made_certificate_may_sign_and_encrypt_mail(key_type):
    """RFC 8550 section 4.4: keyUsage for both, emailProtection, the address as alternative name."""
    key, certificate = make_self_signed("anna@clinic.example", "Anna Ärztin", key_type, 730, NOW)
    info = read_certificate(certificate)
    assert key.certificate == certificate
    assert info.addresses == ("anna@clinic.example",)
    assert info.subject == "CN=Anna Ärztin"
    assert (info.can_sign, info.can_encrypt, info.self_signed, info.is_ca) == (True, True, True, False)
    assert info.not_before < NOW
    assert (info.not_after - NOW).days == 730
    assert profile_fault(certificate) == ""
    assert profile_fault(certificate, encrypt=True) == ""


def test_a_self_made_certificate_for_a_local_part_that_is_not_ascii_uses_smtp_utf8_mailbox():
    """RFC 9598 section 3: the domain as A-label."""
    _key, certificate = make_self_signed("jörg@bücher.example", "", "ecdsa-p256", 10, NOW)
    assert read_certificate(certificate).addresses == ("jörg@xn--bcher-kva.example",)


@pytest.mark.parametrize("address", ["", "anna", "@clinic.example", "anna@", "an na@x.example", "a\n@x.example"])
def test_no_certificate_is_made_for_something_that_is_no_address(address):
    with pytest.raises(UsageError):
        make_self_signed(address, "Anna", "ecdsa-p256", 10, NOW)


def test_unknown_key_types_and_absurd_durations_are_refused():
    for key_type, days in (("rsa-512", 10), ("ecdsa-p256", 0), ("ecdsa-p256", 100_000)):
        with pytest.raises(UsageError):
            make_self_signed("anna@clinic.example", "Anna", key_type, days, NOW)


def test_a_key_file_in_ber_opens_without_a_word_on_stderr(tmp_path):
    """NSS writes BER, which the library remarks with a warning: nothing of that may reach a terminal."""
    key = vectors("thunderbird", "Bob.p12")
    (tmp_path / "password").write_text("nss\n")
    (tmp_path / "letter").write_bytes(b"From: a@b.test\r\n\r\nHello\r\n")
    words = ["check", "letter", "--key", str(key), "--password-file", "password"]
    done = subprocess.run([sys.executable, "-m", "tui_mail", *words], capture_output=True, cwd=tmp_path, check=True)
    assert done.stderr == b""
