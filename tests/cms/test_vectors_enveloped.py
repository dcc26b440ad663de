"""Encrypted objects that others made: every one must open with its key, or name what is not computed."""

import itertools

import pytest

from tests.cms.third_party import certificate_der, nss_key, opaque, pem_key, thunderbird_key, unarmour
from tests.vectors import vectors
from tui_mail.cms.content import ContentKind, content_kind
from tui_mail.cms.enveloped import (
    decrypt,
    decrypt_with_password,
    decrypt_with_shared_key,
    parse_enveloped,
)
from tui_mail.model.errors import DecryptionFailed, MalformedInput, NoDecryptionKey, UnsupportedAlgorithm

RFC9216_TEXT = b"This is some sample content."


def rfc9216(name):
    return parse_enveloped(unarmour(vectors("rfc9216", "pem-encoded", f"{name}.pem").read_bytes()))


def rfc9216_key(name):
    folder = vectors("rfc9216", "certs-and-keys")
    return pem_key(folder / f"lamps-{name}.decrypt.p8.pem", folder / f"lamps-{name}.encrypt.crt")


@pytest.mark.parametrize(
    ("name", "person", "cipher", "algorithm"),
    [
        ("encryptedForBobRSAOaep", "bob", "aes-128-cbc", "rsa-oaep+sha256"),
        ("authEnvelopedForBobChaCha20Poly1305", "bob", "chacha20-poly1305", "rsa-oaep+sha256"),
        ("authEnvelopedForDanaX25519HKDF", "dana", "aes-128-gcm", "ecdh-hkdf+sha256"),
        ("encryptedForBobAndDana", "bob", "aes-128-cbc", "rsa-oaep+sha256"),
        ("encryptedForBobAndDana", "dana", "aes-128-cbc", "ecdh+sha256"),
    ],
)
def test_rfc9216_messages_open(name, person, cipher, algorithm):
    enveloped = rfc9216(name)
    key = rfc9216_key(person)
    assert decrypt(enveloped, key) == RFC9216_TEXT
    assert enveloped.cipher == cipher
    assert [one.info.algorithm for one in enveloped.recipients if one.matches(key.certificate)] == [algorithm]


def test_rfc9216_a_key_that_is_not_named_is_not_tried():
    with pytest.raises(NoDecryptionKey):
        decrypt(rfc9216("encryptedForBobRSAOaep"), rfc9216_key("dana"))


def test_rfc9216_shared_key_recipient_is_named():
    enveloped = rfc9216("encryptedKekri")
    assert [(one.info.type, one.info.algorithm) for one in enveloped.recipients] == [("kekri", "aes-256-wrap")]
    with pytest.raises(DecryptionFailed):
        decrypt_with_shared_key(enveloped, bytes(32))


NSS_FILES = [
    "fran-ec_ossl-aes128-sha1",
    "fran-ec_ossl-aes128-sha224",
    "fran-ec_ossl-aes128-sha256",
    "fran-ec_ossl-aes192-sha384",
    "fran-ec_ossl-aes256-sha512",
    "fran-oaep-label_ossl",
    "fran-oaep-sha256hash-label_ossl",
    "fran-oaep-sha256hash-sha256mgf_ossl",
    "fran-oaep-sha256hash_ossl",
    "fran-oaep-sha256mgf-label_ossl",
    "fran-oaep-sha256mgf_ossl",
    "fran-oaep-sha384hash_ossl",
    "fran-oaep-sha384mgf_ossl",
    "fran-oaep-sha512hash_ossl",
    "fran-oaep-sha512mgf_ossl",
    "fran-oaep_ossl-sha256hash-sha256mgf-label",
    "fran-oaep_ossl",
]


@pytest.mark.parametrize("name", NSS_FILES)
def test_rfc4055_and_rfc5753_every_hash_mask_and_label_of_the_nss_matrix_opens(name):
    data = vectors("nss", "tests", "smime", "interop-openssl", f"{name}.env").read_bytes()
    key = nss_key("Fran-ec.p12" if "-ec_" in name else "Fran.p12")
    assert b"This is a test message to Fran." in decrypt(parse_enveloped(data), key)


def test_rfc8551_section_3_4_the_sample_with_an_omitted_tag_length_opens():
    """RFC 5084 section 3.2: the length defaults to 12, the tag has 16."""
    data = opaque(vectors("rfc8551", "authEnveloped-3.4.eml"))
    key = pem_key(vectors("rfc4134", "BobPrivRSAEncrypt.pri"), vectors("rfc4134", "BobRSASignByCarl.cer"))
    enveloped = parse_enveloped(data)
    assert content_kind(data) == ContentKind.AUTH_ENVELOPED
    assert enveloped.cipher == "aes-128-gcm"
    assert enveloped.authenticated
    assert b"Content-Type" in decrypt(enveloped, key)


def test_rfc4134_section_5_1_triple_des_opens_and_rc2_is_named():
    key = pem_key(vectors("rfc4134", "BobPrivRSAEncrypt.pri"), vectors("rfc4134", "BobRSASignByCarl.cer"))
    expected = vectors("rfc4134", "ExContent.bin").read_bytes()
    assert decrypt(parse_enveloped(vectors("rfc4134", "5.1.bin").read_bytes()), key) == expected
    weak = parse_enveloped(vectors("rfc4134", "5.2.bin").read_bytes())
    assert weak.cipher == "rc2-cbc"
    with pytest.raises(UnsupportedAlgorithm, match="rc2"):
        decrypt(weak, key)


def test_thunderbird_encrypted_mails_open_for_bob():
    paths = sorted(path for path in vectors("thunderbird").glob("alice*.env.eml"))
    assert len(paths) > 10
    for path in paths:
        assert decrypt(parse_enveloped(opaque(path)), thunderbird_key("Bob")), path.name


@pytest.mark.parametrize("name", ["pwri-sample.cbc.p7m", "pwri-sample.cbc-2.p7m", "pwri-sample.gcm.p7m"])
def test_rfc3211_password_recipients_of_gpgsm_open(name):
    enveloped = parse_enveloped(unarmour(vectors("gpgsm", "messages", name).read_bytes()))
    assert decrypt_with_password(enveloped, "abc")
    with pytest.raises(DecryptionFailed):
        decrypt_with_password(enveloped, "abd")


def test_openssl_1_1_1_ciphertext_opens():
    data = opaque(vectors("openssl", "test", "recipes", "80-test_cms_data", "ciphertext_from_1_1_1.cms"))
    enveloped = parse_enveloped(data)
    folder = vectors("openssl", "test", "smime-certs")
    opened = []
    for path in sorted(folder.glob("sm*.pem")):
        certificate = certificate_der(path)
        if any(one.matches(certificate) for one in enveloped.recipients):
            opened.append(decrypt(enveloped, pem_key(path, path)))
    assert opened


def test_every_truncation_of_a_message_is_a_malformed_input_and_not_a_crash():
    data = vectors("nss", "tests", "smime", "interop-openssl", "fran-oaep_ossl.env").read_bytes()
    for length in itertools.chain(range(0, 64), range(64, len(data), 7)):
        with pytest.raises(MalformedInput):
            parse_enveloped(data[:length])
