"""What few programs write and all may read: RSA-PSS keys, SHA-3, shared keys, authenticated attributes.

`openssl` is the other side wherever version 3.0 can be; the rest is made here by hand from the standard's text.
"""

import os
import shutil
import subprocess
from functools import lru_cache

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from tests.cms.third_party import pem_key
from tests.patience import PATIENCE_SECONDS
from tests.pki import NOW, Pki
from tui_mail.cms import attributes as attr
from tui_mail.cms import ber, der
from tui_mail.cms.ciphers import CIPHER_OIDS
from tui_mail.cms.content import AUTH_ENVELOPED_DATA, DATA
from tui_mail.cms.enveloped import (
    build_enveloped,
    decrypt,
    decrypt_with_shared_key,
    default_plan,
    parse_enveloped,
)
from tui_mail.cms.schemes import pss_parameters
from tui_mail.cms.signed import build_signed_data, check_signer, digest_name_for, parse_signed_data
from tui_mail.model.errors import DecryptionFailed, MalformedInput, NoDecryptionKey
from tui_mail.model.security import Integrity

CONTENT = b"Content-Type: text/plain\r\n\r\nSomething rare\r\n"
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def openssl(*arguments, data=b""):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def judge(data, content=None):
    signed = parse_signed_data(data)
    (signer,) = signed.signers
    return check_signer(signed, signer, content, now=NOW)


# ---- RSA-PSS


@pytest.fixture(scope="module")
def pss(tmp_path_factory):
    """A key that may only be used with PSS, and another that is also bound to SHA-384 (RFC 4055 section 1.2)."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    found = {}
    for name, options in {
        "any": (),
        "sha384": ("-pkeyopt", "rsa_pss_keygen_md:sha384", "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha384"),
    }.items():
        folder = tmp_path_factory.mktemp(name)
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        openssl("genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", *options, "-out", key)
        usage = "keyUsage=critical,digitalSignature"
        subject = ("-subj", "/CN=Paula", "-addext", "subjectAltName=email:paula@example.org", "-addext", usage)
        openssl("req", "-x509", "-new", "-key", key, *subject, "-days", "3000", "-out", certificate)
        found[name] = (pem_key(key, certificate), key, certificate)
    return found


@pytest.mark.parametrize(("name", "digest"), [("any", "sha256"), ("sha384", "sha384")])
@pytest.mark.parametrize("detached", [True, False])
def test_rfc4056_section_3_a_pss_key_signs_with_pss_and_its_own_digest(pss, tmp_path, name, digest, detached):
    key, _, certificate = pss[name]
    data = build_signed_data(CONTENT, key, detached=detached, signing_time=NOW)
    assert digest_name_for(key) == digest
    result = judge(data, CONTENT if detached else None)
    assert (result.integrity, result.algorithm) == (Integrity.INTACT, f"rsa-pss+{digest}")
    # RFC 4055 section 3.3: the salt is as long as the digest, and the mask uses the same one.
    assert pss_parameters(digest, {"sha256": 32, "sha384": 48}[digest]) in data
    (tmp_path / "signed").write_bytes(data)
    (tmp_path / "content").write_bytes(CONTENT)
    options = ("-content", tmp_path / "content") if detached else ()
    options += ("-CAfile", certificate, "-purpose", "any", "-no_check_time")
    assert openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "signed", *options) == CONTENT


def test_a_digest_that_the_pss_key_forbids_is_not_used(pss):
    """RFC 4055 section 3.1: the parameters of the key bind its signatures."""
    data = build_signed_data(CONTENT, pss["sha384"][0], detached=False, signing_time=NOW, digest="sha512")
    assert judge(data).algorithm == "rsa-pss+sha384"


def test_what_openssl_signs_with_a_pss_key_is_intact_and_a_changed_byte_is_not(pss):
    _, key, certificate = pss["any"]
    # QUIRK: without the second option openssl 3.0 writes the identifier of v1.5 over a PSS signature.
    signer = ("-signer", certificate, "-inkey", key, "-md", "sha512", "-keyopt", "rsa_padding_mode:pss")
    data = openssl("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", *signer, data=CONTENT)
    assert (judge(data).integrity, judge(data).algorithm) == (Integrity.INTACT, "rsa-pss+sha512")
    assert judge(data.replace(b"rare", b"Rare")).integrity == Integrity.ALTERED
    assert judge(data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]).integrity == Integrity.BAD_SIGNATURE


# ---- SHA-3


@lru_cache(maxsize=4)
def person(kind):
    return Pki().issue("bob@example.org", key=kind)


@needs_openssl
@pytest.mark.parametrize("digest", ["sha3-256", "sha3-384", "sha3-512"])
@pytest.mark.parametrize(("kind", "name"), [("rsa", "rsa-v15"), ("ecdsa", "ecdsa"), ("ecdsa-p384", "ecdsa")])
def test_rfc8702_section_3_sha3_signatures_are_written_and_judged(tmp_path, kind, name, digest):
    """`openssl cms` 3.0 has no SHA-3; its bare signature check has, and is asked about the signed attributes."""
    identity = person(kind)
    data = build_signed_data(CONTENT, identity.key, detached=False, signing_time=NOW, digest=digest)
    assert (judge(data).integrity, judge(data).algorithm) == (Integrity.INTACT, f"{name}+{digest}")
    assert judge(data.replace(b"rare", b"Rare")).integrity == Integrity.ALTERED
    (signer,) = parse_signed_data(data).signers
    (tmp_path / "certificate").write_bytes(identity.certificate_pem)
    (tmp_path / "key").write_bytes(openssl("x509", "-in", tmp_path / "certificate", "-pubkey", "-noout"))
    (tmp_path / "signature").write_bytes(signer.signature)
    (tmp_path / "covered").write_bytes(next(iter(signer.covered_bytes())))
    check = ("-verify", tmp_path / "key", "-signature", tmp_path / "signature", tmp_path / "covered")
    assert b"Verified OK" in openssl("dgst", f"-{digest}", *check)


def test_a_sha3_signature_relabelled_as_sha2_is_not_intact():
    data = build_signed_data(CONTENT, person("rsa").key, detached=False, signing_time=NOW, digest="sha3-256")
    sha3, sha2 = der.oid("2.16.840.1.101.3.4.2.8"), der.oid("2.16.840.1.101.3.4.2.1")
    assert judge(data.replace(sha3, sha2)).integrity not in (Integrity.INTACT, Integrity.UNSUPPORTED)


# ---- shared keys


@needs_openssl
@pytest.mark.parametrize("size", [16, 24, 32])
@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-cbc", "aes-256-gcm"])
def test_rfc5652_section_6_2_3_a_shared_key_recipient_of_openssl_opens(tmp_path, size, cipher):
    key = bytes(range(size))
    secret = ("-secretkey", key.hex(), "-secretkeyid", "c0ffee")
    data = openssl("cms", "-encrypt", "-binary", "-outform", "DER", f"-{cipher}", *secret, data=CONTENT)
    enveloped = parse_enveloped(data)
    (recipient,) = enveloped.recipients
    assert (recipient.info.type, recipient.info.algorithm) == ("kekri", f"aes-{size * 8}-wrap")
    assert (recipient.info.id, enveloped.cipher) == ("c0ffee", cipher)
    assert decrypt_with_shared_key(enveloped, key) == CONTENT
    for wrong in (bytes(size), key[:-1], b""):
        with pytest.raises(DecryptionFailed):
            decrypt_with_shared_key(enveloped, wrong)
    with pytest.raises(NoDecryptionKey):
        decrypt(enveloped, person("rsa").key)


@needs_openssl
def test_a_shared_key_beside_a_certificate_hinders_neither(tmp_path):
    (tmp_path / "certificate").write_bytes(person("rsa").certificate_pem)
    secret = ("-secretkey", bytes(16).hex(), "-secretkeyid", "01")
    recipient = ("-recip", tmp_path / "certificate")
    data = openssl("cms", "-encrypt", "-binary", "-outform", "DER", "-aes256", *secret, *recipient, data=CONTENT)
    enveloped = parse_enveloped(data)
    assert {one.info.type for one in enveloped.recipients} == {"kekri", "ktri"}
    assert decrypt(enveloped, person("rsa").key) == decrypt_with_shared_key(enveloped, bytes(16)) == CONTENT
    with pytest.raises(NoDecryptionKey):
        decrypt_with_shared_key(
            parse_enveloped(build_enveloped(CONTENT, [default_plan(person("rsa").certificate)], "aes-256-cbc")),
            bytes(16),
        )


# ---- authenticated attributes

KEY = bytes(range(16))
SIGNED_TYPE = "1.2.840.113549.1.7.2"


def auth_enveloped(attributes, covered, *, content_type=DATA):
    """AuthEnvelopedData for the shared key; `covered` is what the tag is computed over beside the content."""
    content_key, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(content_key).encrypt(nonce, CONTENT, covered or None)
    recipient = der.context(
        2,
        der.integer(4),
        der.sequence(der.octet_string(b"id")),
        der.algorithm("2.16.840.1.101.3.4.1.5"),
        der.octet_string(aes_key_wrap(KEY, content_key)),
    )
    cipher = der.algorithm(CIPHER_OIDS["aes-128-gcm"], der.sequence(der.octet_string(nonce), der.integer(16)))
    body = der.sequence(
        der.integer(0),
        der.set_of([recipient]),
        der.sequence(der.oid(content_type), cipher, der.tlv(0x80, sealed[:-16])),
        b"" if attributes is None else der.tlv(0xA1, *attributes),
        der.octet_string(sealed[-16:]),
    )
    return der.sequence(der.oid(AUTH_ENVELOPED_DATA), der.context(0, body))


TYPE_ATTRIBUTE = attr.attribute(attr.CONTENT_TYPE, der.oid(SIGNED_TYPE))
TIME_ATTRIBUTE = attr.attribute(attr.SIGNING_TIME, der.time(NOW))
BOTH = sorted((TYPE_ATTRIBUTE, TIME_ATTRIBUTE))


@pytest.mark.parametrize("order", [BOTH, BOTH[::-1]])
def test_rfc5083_section_2_2_the_tag_covers_the_attributes_as_a_der_set(order):
    """Tagged 0x31 and in DER order, whatever tag and order the message itself has."""
    data = auth_enveloped(order, der.tlv(ber.SET, *BOTH), content_type=SIGNED_TYPE)
    assert decrypt_with_shared_key(parse_enveloped(data), KEY) == CONTENT


def test_rfc5083_section_2_2_attributes_under_another_tag_or_changed_do_not_open():
    implicit = auth_enveloped(BOTH, der.tlv(0xA1, *BOTH), content_type=SIGNED_TYPE)
    changed = auth_enveloped([TIME_ATTRIBUTE], der.tlv(ber.SET, TYPE_ATTRIBUTE))
    dropped = auth_enveloped(None, der.tlv(ber.SET, TIME_ATTRIBUTE))
    added = auth_enveloped([TIME_ATTRIBUTE], b"")
    for data in (implicit, changed, dropped, added):
        with pytest.raises(DecryptionFailed):
            decrypt_with_shared_key(parse_enveloped(data), KEY)


def test_rfc5083_section_2_1_content_of_another_type_must_have_its_attribute():
    for attributes in (None, [TIME_ATTRIBUTE], [attr.attribute(attr.CONTENT_TYPE, der.oid(DATA))]):
        covered = b"" if attributes is None else der.tlv(ber.SET, *attributes)
        with pytest.raises(MalformedInput):
            parse_enveloped(auth_enveloped(attributes, covered, content_type=SIGNED_TYPE))
    with pytest.raises(MalformedInput, match="another type"):
        parse_enveloped(auth_enveloped(BOTH, der.tlv(ber.SET, *BOTH)))  # data that says it is something else
