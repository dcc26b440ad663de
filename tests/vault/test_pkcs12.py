"""Key files of many producers, then our own there and back."""

import hashlib
import os
import shutil
import subprocess
import sys
import warnings

import pytest
from cryptography import x509

from tests.patience import PATIENCE_SECONDS
from tests.pki import NOW, Pki
from tests.vectors import vectors
from tui_mail.model.errors import MalformedInput, UsageError, WrongPassphrase
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.profile import profile_fault
from tui_mail.vault.new_key import KEY_TYPES, make_keys, make_self_signed
from tui_mail.vault.pkcs12 import load_key, load_key_file, load_pkcs12, save_pkcs12
from tui_mail.vault.pkcs12_file import OLD_FORM

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


@pytest.mark.skipif(shutil.which("gpgsm") is None, reason="gpgsm is not installed")
def test_the_old_form_is_imported_by_gpgsm_and_the_present_form_names_more(tmp_path):
    """gpgsm 2.2 reads PBES2 with AES-128 and the default function of PBKDF2, and no other AES."""
    key = Pki().issue("anna@clinic.example", key="rsa").key
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    environment = {**os.environ, "GNUPGHOME": str(home)}
    words = ["gpgsm", "--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0", "--import"]
    (tmp_path / "old.p12").write_bytes(save_pkcs12(key, "export", "Anna", form=OLD_FORM))
    try:
        done = subprocess.run(
            [*words, tmp_path / "old.p12"],
            input=b"export\n",
            capture_output=True,
            env=environment,
            timeout=PATIENCE_SECONDS,
        )
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=environment, capture_output=True, timeout=PATIENCE_SECONDS)
    assert b"secret keys imported: 1" in done.stderr, done.stderr
    assert load_pkcs12((tmp_path / "old.p12").read_bytes(), "export")[0].pkcs8() == key.pkcs8()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_rfc4055_section_1_2_an_exported_pss_key_keeps_its_identifier_and_its_restriction(tmp_path):
    def openssl(*words):
        return subprocess.run(
            ["openssl", *map(str, words)], capture_output=True, check=True, timeout=PATIENCE_SECONDS
        ).stdout

    options = ("-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_pss_keygen_md:sha384")
    openssl("genpkey", "-algorithm", "RSA-PSS", *options, "-out", tmp_path / "key")
    openssl("req", "-x509", "-new", "-key", tmp_path / "key", "-subj", "/CN=P", "-out", tmp_path / "certificate")
    key = load_key((tmp_path / "key").read_bytes() + (tmp_path / "certificate").read_bytes(), "")
    (tmp_path / "p12").write_bytes(save_pkcs12(key, "export"))
    text = openssl("pkcs12", "-in", tmp_path / "p12", "-passin", "pass:export", "-nodes", "-nocerts")
    (tmp_path / "again").write_bytes(text)
    shown = openssl("pkey", "-in", tmp_path / "again", "-noout", "-text")
    assert b"Minimum Salt Length" in shown  # only keys with the identifier of PSS have one
    assert b"384" in shown
    assert load_pkcs12((tmp_path / "p12").read_bytes(), "export")[0].certificate == key.certificate


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


@pytest.mark.parametrize("key_type", [one for one in KEY_TYPES if not one.startswith("rsa")])
def test_new_keys_of_every_kind_have_the_usages_of_their_kind(key_type):
    """RFC 9881 section 5 and RFC 9935 section 5; a KEM key comes with the key that vouches for it."""
    keys = make_keys("anna@clinic.example", "Anna", key_type, 730, NOW)
    infos = [read_certificate(key.certificate) for key in keys]
    kem, curve = key_type.startswith("ml-kem"), key_type.startswith("ecdsa")
    assert [(one.can_sign, one.can_encrypt) for one in infos] == (
        [(True, False), (False, True)] if kem else [(True, curve)]
    )
    for key, info in zip(keys, infos, strict=True):
        assert info.addresses == ("anna@clinic.example",)
        assert profile_fault(key.certificate, encrypt=not info.can_sign) == ""
    signer = x509.load_der_x509_certificate(keys[0].certificate)
    for key in keys:
        x509.load_der_x509_certificate(key.certificate).verify_directly_issued_by(signer)


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
