"""The two questions that may be asked of a key, and that they are answered correctly or not at all."""

import pickle

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, mlkem, padding, x25519

from tests.pki import Pki, make_key, rsa_key
from tui_mail.model.errors import DecryptionFailed, MalformedInput, UnsupportedAlgorithm
from tui_mail.model.keys import Decapsulation, KeyAgreement, RsaTransport, SignatureScheme
from tui_mail.vault.software_key import SoftwareKey


def spki(public):
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_rsa_signs_in_both_paddings_and_ecdsa_and_edwards_sign():
    private = rsa_key(0)
    key = SoftwareKey(private, b"")
    public = private.public_key()
    for digest, algorithm in (("sha256", hashes.SHA256()), ("sha512", hashes.SHA512())):
        public.verify(key.sign(b"x", SignatureScheme("rsa-v15", digest)), b"x", padding.PKCS1v15(), algorithm)
        pss = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
        public.verify(key.sign(b"x", SignatureScheme("rsa-pss", digest)), b"x", pss, algorithm)
    private = make_key("ecdsa-p384")
    signature = SoftwareKey(private, b"").sign(b"x", SignatureScheme("ecdsa", "sha384"))
    private.public_key().verify(signature, b"x", ec.ECDSA(hashes.SHA384()))
    for kind in ("ed25519", "ed448"):
        private = make_key(kind)
        private.public_key().verify(SoftwareKey(private, b"").sign(b"x", SignatureScheme(kind)), b"x")


def test_ml_dsa_signs_and_ml_kem_opens():
    private = mldsa.MLDSA65PrivateKey.generate()
    private.public_key().verify(SoftwareKey(private, b"").sign(b"x", SignatureScheme("ml-dsa-65")), b"x")
    private = mlkem.MLKEM768PrivateKey.generate()
    shared, ciphertext = private.public_key().encapsulate()
    assert SoftwareKey(private, b"").unwrap(Decapsulation(ciphertext)) == shared


def test_a_scheme_that_does_not_fit_the_key_is_refused():
    for kind, scheme in (("rsa", "ecdsa"), ("ecdsa", "rsa-v15"), ("ed25519", "ed448"), ("x25519", "ed25519")):
        with pytest.raises(UnsupportedAlgorithm):
            SoftwareKey(make_key(kind), b"").sign(b"x", SignatureScheme(scheme))
    with pytest.raises(UnsupportedAlgorithm):
        SoftwareKey(rsa_key(0), b"").sign(b"x", SignatureScheme("rsa-v15", "md5"))


def test_rsa_opens_v15_and_oaep_with_distinct_hashes_and_label():
    private = rsa_key(0)
    key = SoftwareKey(private, b"")
    public = private.public_key()
    assert key.unwrap(RsaTransport(public.encrypt(b"secret", padding.PKCS1v15()))) == b"secret"
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), b"label")
    request = RsaTransport(public.encrypt(b"secret", oaep), "sha256", "sha1", b"label")
    assert key.unwrap(request) == b"secret"


def test_bad_rsa_v15_padding_is_answered_with_noise_and_not_with_an_error():
    """RFC 8551 section 6: implicit rejection gives no oracle."""
    key = SoftwareKey(rsa_key(0), b"")
    key.unwrap(RsaTransport(b"\x01" + bytes(255)))


def test_key_agreement_works_for_nist_and_montgomery_curves():
    for kind in ("ecdsa", "ecdsa-p384", "x25519", "x448"):
        own, peer = make_key(kind), make_key(kind)
        answer = SoftwareKey(own, b"").unwrap(KeyAgreement(spki(peer.public_key())))
        assert answer == SoftwareKey(peer, b"").unwrap(KeyAgreement(spki(own.public_key())))


def test_everything_that_does_not_work_is_the_same_failure():
    rsa, curve, point = SoftwareKey(rsa_key(0), b""), SoftwareKey(make_key("ecdsa"), b""), make_key("x25519")
    zero = x25519.X25519PublicKey.from_public_bytes(bytes(32))
    for key, request in (
        (rsa, RsaTransport(bytes(256), "sha256")),
        (rsa, RsaTransport(bytes(3))),
        (rsa, RsaTransport(bytes(256), "md5")),
        (rsa, KeyAgreement(spki(point.public_key()))),
        (curve, KeyAgreement(spki(point.public_key()))),
        (curve, KeyAgreement(b"no key")),
        (curve, RsaTransport(bytes(256))),
        (SoftwareKey(point, b""), KeyAgreement(spki(zero))),
        (SoftwareKey(mlkem.MLKEM768PrivateKey.generate(), b""), Decapsulation(b"short")),
    ):
        with pytest.raises(DecryptionFailed) as caught:
            key.unwrap(request)
        assert caught.value.__cause__ is None


def test_a_key_does_not_travel_and_shows_nothing():
    key = Pki().issue("anna@clinic.example").key
    with pytest.raises(TypeError):
        pickle.dumps(key)
    assert repr(key) == f"<SoftwareKey {key.sha256[:16]}>"


def test_rubbish_instead_of_a_key_is_named():
    with pytest.raises(MalformedInput):
        SoftwareKey.from_pkcs8(b"rubbish", b"")
