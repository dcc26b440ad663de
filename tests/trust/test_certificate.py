"""Certificates in files of any form, and strange ones."""

import base64
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from tests.pki import NOW, Pki
from tests.vectors import vectors
from tui_mail.model.errors import MalformedInput
from tui_mail.model.security import PathState
from tui_mail.trust.certificate import load_certificates, read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.trust.validity import check_validity


@pytest.fixture(scope="module")
def pki():
    return Pki()


def test_thunderbirds_test_authority_is_read():
    (der,) = load_certificates(vectors("thunderbird", "TestCA.pem").read_bytes())
    info = read_certificate(der)
    assert info.is_ca
    assert info.self_signed


def test_a_certificate_with_very_many_names_is_read():
    (der,) = load_certificates(vectors("gpgsm", "keys", "cert-with-117-akas.pem").read_bytes())
    assert read_certificate(der).subject


def test_pem_der_base64_and_pkcs7_give_the_same_certificates(pki):
    one, two = pki.issue("anna@clinic.example"), pki.ca
    pem = b"some words: before\r\n" + one.certificate_pem.replace(b"\n", b"\r\n") + b"between\n" + two.pem
    both = (one.certificate, two.certificate)
    assert load_certificates(pem) == both
    assert load_certificates(pem + pem) == both
    assert load_certificates(one.certificate) == both[:1]
    assert load_certificates(base64.encodebytes(one.certificate)) == both[:1]
    bag = [x509.load_der_x509_certificate(der) for der in both]
    for encoding in (serialization.Encoding.DER, serialization.Encoding.PEM):
        assert set(load_certificates(pkcs7.serialize_certificates(bag, encoding))) == set(both)


@pytest.mark.parametrize("data", [b"", b"rubbish", b"0\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----\n!\n-----END"])
def test_a_file_without_a_certificate_is_refused_in_a_sentence(data):
    with pytest.raises(MalformedInput):
        load_certificates(data)


def test_fingerprint_serial_and_names_agree_with_openssl(pki, tmp_path):
    identity = pki.issue("anna@clinic.example", name="Anna, Ärztin", legacy_address="old@clinic.example", key="rsa")
    path = tmp_path / "a.pem"
    path.write_bytes(identity.certificate_pem)
    shown = subprocess.run(
        ["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256", "-serial", "-email"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.replace(":", "")
    info = read_certificate(identity.certificate)
    assert info.sha256.upper() in shown
    assert info.serial.upper() in shown.upper()
    assert set(info.addresses) == {line for line in shown.splitlines() if "@" in line}
    assert info.key_algorithm == "RSA 2048"
    assert not info.self_signed


def test_every_truncation_of_a_certificate_is_refused_and_none_crashes(pki):
    der = pki.issue("anna@clinic.example").certificate
    for length in range(len(der)):
        with pytest.raises(MalformedInput):
            read_certificate(der[:length])


def test_every_single_changed_byte_is_judged_and_never_crashes_nor_passes(pki):
    """Any change breaks the issuer's signature, so a changed certificate is never valid below the anchor."""
    der = pki.issue("anna@clinic.example", legacy_address="old@clinic.example").certificate
    trust = TrustContext(anchors=(pki.ca.certificate,))
    for position in range(len(der)):
        changed = der[:position] + bytes((der[position] ^ 0x41,)) + der[position + 1 :]
        found = check_validity(changed, trust, now=NOW, signing_time=NOW)
        assert not (found.anchored and found.state is PathState.VALID), position


def test_a_file_of_beginnings_without_an_end_is_refused_in_moments():
    """Bundles and directories come from the network."""
    begin = time.process_time()
    for text in (b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN PKCS7-----\n-----BEGIN CMS-----\n", b"a: " * 9):
        with pytest.raises(MalformedInput):
            load_certificates(text * 100_000)
    assert time.process_time() - begin < 5


def test_what_is_not_closed_hides_nothing_that_is():
    one, two = Pki().ca, Pki("Two").ca
    data = b"-----BEGIN CMS-----\nabc\n" + one.pem + b"words between\n" + two.pem + b"-----BEGIN CERTIFICATE-----\nMIIB"
    assert load_certificates(data) == (one.certificate, two.certificate)
