"""Chains of ML-DSA certificates and the usages of post-quantum keys (RFC 9881, RFC 9935)."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.cms.third_party import cryptonext_keys
from tests.pki import NOW, Pki, key_usage, make_key
from tui_mail.model.security import PathState, Revocation
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.chains import Material
from tui_mail.trust.context import TrustContext
from tui_mail.trust.path import check_path
from tui_mail.trust.profile import profile_fault
from tui_mail.trust.validity import check_validity

SUMMER = datetime(2026, 10, 1, tzinfo=UTC)
OTHERS = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")


@pytest.fixture(scope="module")
def chain():
    pki = Pki(key="ml-dsa-87")
    below = pki.authority("Below", above=pki.ca, key="ml-dsa-65")
    return pki, below, pki.issue("anna@clinic.example", key="ml-dsa-44", ca=below)


def test_a_chain_of_ml_dsa_certificates_reaches_its_anchor_and_its_lists_are_believed(chain):
    pki, below, anna = chain
    lists = (pki.ca.crl(), below.crl())
    material = Material((below.certificate,), (pki.ca.certificate,), lists)
    found = check_path(anna.certificate, material, NOW, revocation=True)
    assert (found.state, found.anchored, found.revocation) == (PathState.VALID, True, Revocation.GOOD), found.reason
    revoked = Material((below.certificate,), (pki.ca.certificate,), (pki.ca.crl(), below.crl(anna)))
    assert check_path(anna.certificate, revoked, NOW, revocation=True).revocation is Revocation.REVOKED


def test_an_ml_dsa_certificate_with_a_changed_byte_does_not_chain(chain):
    pki, below, anna = chain
    changed = anna.certificate.replace(b"anna@clinic", b"anne@clinic")
    found = check_path(changed, Material((below.certificate,), (pki.ca.certificate,)), NOW, revocation=False)
    assert found.state is PathState.INVALID


@pytest.mark.parametrize("size", ["768", "1024"])
def test_a_vendors_ml_kem_certificate_chains_to_its_ml_dsa_root_for_encryption(size):
    level, signer = {"768": ("2", "65"), "1024": ("3", "87")}[size]
    files = cryptonext_keys()
    leaf = files[f"ML-KEM-{size}-2.16.840.1.101.3.4.4.{level}_ee.der"]
    root = next(data for name, data in files.items() if name.startswith(f"ML-DSA-{signer}") and "_ta" in name)
    trust = TrustContext(anchors=(root,), revocation="off")
    found = check_validity(leaf, trust, now=SUMMER, encrypt=True)
    assert (found.state, found.anchored) == (PathState.VALID, True), found.reason
    info = read_certificate(leaf)
    assert (info.key_algorithm, info.can_sign, info.can_encrypt) == (f"ML-KEM-{size}", False, True)


def test_rfc9935_section_5_ml_kem_needs_key_encipherment_and_ml_dsa_never_encrypts():
    """Rules 22 and 40: whatever other usages the certificate names."""
    for kind, usage, may in (
        ("ml-kem-768", "key_encipherment", (False, True)),
        ("ml-kem-768", "key_agreement", (False, False)),
        ("ml-kem-768", "digital_signature", (False, False)),
        ("ml-dsa-65", "digital_signature", (True, False)),
        ("ml-dsa-65", "key_encipherment", (False, False)),
        ("rsa", "key_encipherment", (False, True)),
    ):
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        flags = {name: name == usage for name in (*names, *OTHERS)}
        person = Pki().issue("a@b.example", key=kind, usage=False, extensions=[(x509.KeyUsage(**flags), True)])
        info = read_certificate(person.certificate)
        assert (info.can_sign, info.can_encrypt) == may, (kind, usage)


def test_the_usual_usages_of_post_quantum_keys_are_accepted():
    for kind, encrypt in (("ml-dsa-44", False), ("ml-kem-1024", True)):
        person = Pki().issue("a@b.example", key=kind)
        assert profile_fault(person.certificate, encrypt=encrypt) == ""
        assert profile_fault(person.certificate, encrypt=not encrypt)
    assert key_usage(make_key("ml-kem-768")).key_encipherment


def test_certificates_of_kinds_that_are_not_computed_are_named_and_never_called_damaged():
    seen = set()
    for name, data in cryptonext_keys().items():
        if not name.endswith(("_ee.der", "_ta.der")):
            continue
        info = read_certificate(data)
        seen.add(info.key_algorithm)
        if info.can_encrypt and not name.startswith("ML-KEM-768") and not name.startswith("ML-KEM-1024"):
            assert "is not supported here" in profile_fault(data, encrypt=True), name
    assert {"ML-KEM-512", "SLH-DSA", "Composite ML-DSA", "Composite ML-KEM", "ML-DSA-65", "ML-KEM-768"} <= seen


def test_a_chain_whose_issuer_signs_with_an_unknown_method_is_undetermined_and_not_invalid():
    """An issuer with SLH-DSA: nobody here can say yes, and nobody may say broken."""
    files = cryptonext_keys()
    root = next(data for name, data in files.items() if name.startswith("SLH-DSA-SHA2-128s") and "_ta" in name)
    pki = Pki()
    anchor = x509.load_der_x509_certificate(root)
    person = pki.issue("a@b.example", key="ecdsa")
    builder = x509.CertificateBuilder(extensions=list(person.x509.extensions)[:-1])
    made = (
        builder.subject_name(person.x509.subject)
        .issuer_name(anchor.subject)
        .public_key(person.x509.public_key())
        .serial_number(5)
        .not_valid_before(person.x509.not_valid_before_utc)
        .not_valid_after(person.x509.not_valid_after_utc)
        .sign(make_key("ed25519"), None)
        .public_bytes(Encoding.DER)
    )
    # The signature's algorithm is named twice in a certificate: Ed25519 becomes SLH-DSA-SHA2-128s.
    ed25519 = bytes.fromhex("300506032b6570")
    slh_dsa = bytes.fromhex("300b0609608648016503040314")
    forged = _relabel(made, ed25519, slh_dsa)
    assert read_certificate(forged).key_algorithm == "ECDSA P-256"
    found = check_path(forged, Material((), (root,)), SUMMER, revocation=False)
    assert (found.state, found.anchored) == (PathState.UNDETERMINED, True), found.reason


def _relabel(certificate: bytes, old: bytes, new: bytes) -> bytes:
    """Replace an AlgorithmIdentifier in a certificate and correct the three lengths around it."""
    grown = len(new) - len(old)
    head, tbs, rest = certificate[:4], certificate[4:], b""
    tbs_length = int.from_bytes(tbs[2:4], "big")
    tbs, rest = tbs[: tbs_length + 4], tbs[tbs_length + 4 :]
    tbs = tbs[:2] + (tbs_length + grown).to_bytes(2, "big") + tbs[4:].replace(old, new)
    rest = rest.replace(old, new)
    return head[:2] + (len(tbs) + len(rest)).to_bytes(2, "big") + tbs + rest
