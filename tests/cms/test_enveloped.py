"""Encryption there and back, and everything that must not open."""

import os
from functools import lru_cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cms.sealed import encrypt_content
from tests.pki import Pki
from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import Algorithm
from tui_mail.cms.ciphers import (
    CEK_HKDF,
    CIPHER_OIDS,
    WRITABLE_CIPHERS,
    decrypt_content,
    writable_cipher,
)
from tui_mail.cms.content import AUTH_ENVELOPED_DATA, ENVELOPED_DATA
from tui_mail.cms.enveloped import (
    RecipientPlan,
    build_enveloped,
    decrypt,
    decrypt_with_password,
    default_plan,
    parse_enveloped,
)
from tui_mail.model.errors import (
    CertificateProblem,
    DecryptionFailed,
    MalformedInput,
    NoDecryptionKey,
    UnsupportedAlgorithm,
    VaultLocked,
)

CONTENT = b"Content-Type: text/plain\r\n\r\nThe meeting is at noon.\r\n"


@lru_cache(maxsize=16)
def person(kind, name="bob"):
    return Pki().issue(f"{name}@example.org", key=kind)


def plan(kind, key_encryption=None):
    made = default_plan(person(kind).certificate)
    return RecipientPlan(made.certificate, key_encryption) if key_encryption else made


@pytest.mark.parametrize("cipher", WRITABLE_CIPHERS)
@pytest.mark.parametrize(
    ("kind", "key_encryption", "algorithm"),
    [
        ("rsa", "rsa-v15", "rsa-v15"),
        ("rsa", "rsa-oaep", "rsa-oaep+sha256"),
        ("ecdsa", "ecdh", "ecdh+sha256"),
        ("ecdsa-p384", "ecdh", "ecdh+sha384"),
        ("x25519", "ecdh", "ecdh-hkdf+sha256"),
        ("x448", "ecdh", "ecdh-hkdf+sha512"),
    ],
)
def test_what_we_encrypt_opens(cipher, kind, key_encryption, algorithm):
    enveloped = parse_enveloped(build_enveloped(CONTENT, [plan(kind, key_encryption)], cipher))
    assert enveloped.cipher == cipher
    assert enveloped.authenticated == ("cbc" not in cipher)
    assert [one.info.algorithm for one in enveloped.recipients] == [algorithm]
    assert decrypt(enveloped, person(kind).key) == CONTENT


def test_every_recipient_opens_the_same_message_and_nobody_else_does():
    kinds = ("rsa", "ecdsa", "x25519")
    enveloped = parse_enveloped(build_enveloped(CONTENT, [plan(kind) for kind in kinds], "aes-256-gcm"))
    for kind in kinds:
        assert decrypt(enveloped, person(kind).key) == CONTENT
    with pytest.raises(NoDecryptionKey):
        decrypt(enveloped, person("ecdsa", "mallory").key)


@given(st.binary(max_size=300), st.sampled_from(WRITABLE_CIPHERS))
@settings(max_examples=60)
def test_any_content_goes_there_and_back(content, cipher):
    assert decrypt(parse_enveloped(build_enveloped(content, [plan("ecdsa")], cipher)), person("ecdsa").key) == content


def relabelled(data, kind, mac=b""):
    """The object under the other content type, with a message authentication code or without."""
    outer = list(ber.children(ber.read_tlv(data)))
    fields = [field.raw for field in ber.children(next(ber.children(outer[1])))][:3]
    return der.sequence(der.oid(kind), der.context(0, der.sequence(*fields, mac)))


def test_rfc5083_section_2_an_unauthenticated_cipher_does_not_pass_for_an_authenticated_one():
    """Anybody can put another label on CBC: then nothing opens, whatever stands where the code should be."""
    data = build_enveloped(CONTENT, [plan("ecdsa")], "aes-256-cbc")
    for mac in (bytes(16), bytes(12), b""):
        forged = parse_enveloped(relabelled(data, AUTH_ENVELOPED_DATA, der.octet_string(mac)))
        with pytest.raises(MalformedInput, match="does not authenticate"):
            decrypt(forged, person("ecdsa").key)
        assert not forged.protects_content


def test_rfc5084_section_1_an_authenticated_cipher_without_its_code_does_not_open():
    data = build_enveloped(CONTENT, [plan("ecdsa")], "aes-256-gcm")
    with pytest.raises(MalformedInput, match="lacks the message authentication code"):
        decrypt(parse_enveloped(relabelled(data, ENVELOPED_DATA)), person("ecdsa").key)


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "chacha20-poly1305"])
def test_rfc5083_section_2_2_no_changed_byte_of_an_authenticated_message_yields_plaintext(cipher):
    data = build_enveloped(CONTENT, [plan("ecdsa")], cipher)
    opened = 0
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        try:
            plaintext = decrypt(parse_enveloped(bytes(changed)), person("ecdsa").key)
        except (DecryptionFailed, MalformedInput, NoDecryptionKey, UnsupportedAlgorithm):
            continue
        assert plaintext == CONTENT
        opened += 1
    assert opened < 40  # versions, the originator's repeated curve


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_no_changed_byte_of_a_cbc_message_raises_anything_else(kind):
    data = build_enveloped(CONTENT, [plan(kind)], "aes-128-cbc")
    for at in range(0, len(data), 3):
        changed = bytearray(data)
        changed[at] ^= 0x10
        try:
            decrypt(parse_enveloped(bytes(changed)), person(kind).key)
        except (DecryptionFailed, MalformedInput, NoDecryptionKey, UnsupportedAlgorithm):
            pass


def test_rfc8551_section_6_all_failures_say_the_same():
    key = person("rsa").key
    data = build_enveloped(CONTENT, [plan("rsa")], "aes-256-gcm")
    enveloped = parse_enveloped(data)
    wrapped = enveloped.recipients[0].way.encrypted_key
    sentences = set()
    for part in (wrapped, enveloped.ciphertext, enveloped.mac):
        at = data.index(part)
        changed = data[:at] + bytes([part[0] ^ 1]) + data[at + 1 :]
        with pytest.raises(DecryptionFailed) as caught:
            decrypt(parse_enveloped(changed), key)
        sentences.add(str(caught.value))
    assert len(sentences) == 1


def test_rfc3218_section_2_3_2_a_wrong_rsa_block_fails_only_in_the_content():
    data = build_enveloped(CONTENT, [plan("rsa")], "aes-256-gcm")
    wrapped = parse_enveloped(data).recipients[0].way.encrypted_key
    for replacement in (os.urandom(len(wrapped)), bytes(len(wrapped)), b"\xff" * len(wrapped)):
        with pytest.raises(DecryptionFailed):
            decrypt(parse_enveloped(data.replace(wrapped, replacement)), person("rsa").key)


def test_a_locked_key_says_so():
    identity = Pki().issue("bob@example.org")
    data = build_enveloped(CONTENT, [default_plan(identity.certificate)], "aes-256-cbc")
    identity.key.forget()
    with pytest.raises(VaultLocked):
        decrypt(parse_enveloped(data), identity.key)


@pytest.mark.parametrize(("tag_bytes", "told"), [(16, None), (16, 16), (12, None), (12, 12)])
def test_rfc5084_section_3_2_tags_of_12_to_16_bytes_open(tag_bytes, told):
    assert open_gcm(tag_bytes, told) == CONTENT


@pytest.mark.parametrize(("tag_bytes", "told"), [(8, None), (8, 8), (4, 4), (0, None), (12, 16)])
def test_rfc5084_section_3_2_shorter_tags_are_refused(tag_bytes, told):
    with pytest.raises(MalformedInput):
        open_gcm(tag_bytes, told)


def open_gcm(tag_bytes, told):
    cipher, key = writable_cipher("aes-128-gcm"), os.urandom(16)
    identifier, data, tag = encrypt_content(cipher, key, CONTENT)
    parameters = list(ber.children(list(ber.children(ber.read_tlv(identifier)))[1]))
    length = b"" if told is None else der.integer(told)
    algorithm = Algorithm(cipher.oid, der.sequence(parameters[0].raw, length))
    return decrypt_content(algorithm, key, data, tag[:tag_bytes], b"")


def test_rfc9709_section_3_the_key_is_bound_to_the_cipher():
    """A message re-labelled from one cipher to another does not open."""
    key = os.urandom(32)
    nonce = der.octet_string(os.urandom(12))
    inner = der.algorithm(CIPHER_OIDS["aes-256-gcm"], der.sequence(nonce, der.integer(16)))
    derived = HKDF(hashes.SHA256(), 32, b"The Cryptographic Message Syntax", inner).derive(key)
    sealed = AESGCM(derived).encrypt(ber.octets(ber.read_tlv(nonce)), CONTENT, None)
    bound = Algorithm(CEK_HKDF, inner)
    assert decrypt_content(bound, key, sealed[:-16], sealed[-16:], b"") == CONTENT
    relabelled = Algorithm(CIPHER_OIDS["aes-256-gcm"], der.sequence(nonce, der.integer(16)))
    with pytest.raises(DecryptionFailed):
        decrypt_content(relabelled, key, sealed[:-16], sealed[-16:], b"")


def test_rfc5652_section_6_2_a_broken_recipient_does_not_block_ours():
    data = build_enveloped(CONTENT, [plan("ecdsa")], "aes-256-cbc")
    outer = list(ber.children(ber.read_tlv(data)))
    fields = [field.raw for field in ber.children(next(ber.children(outer[1])))]
    ours = next(ber.children(ber.read_tlv(fields[1]))).raw
    broken = [der.sequence(der.integer(0)), der.context(1, der.integer(3)), der.context(9, der.integer(1)), ours]
    fields[1] = der.set_of(broken)
    changed = der.sequence(outer[0].raw, der.context(0, der.sequence(*fields)))
    enveloped = parse_enveloped(changed)
    assert sorted(one.info.type for one in enveloped.recipients) == ["kari", "unknown", "unknown", "unknown"]
    assert decrypt(enveloped, person("ecdsa").key) == CONTENT


def test_rfc3211_a_password_opens_a_message_and_another_does_not(monkeypatch):
    monkeypatch.setattr("tui_mail.cms.password.OUR_ITERATIONS", 1000)
    for cipher in ("aes-128-cbc", "aes-256-gcm"):
        data = build_enveloped(CONTENT, [plan("rsa")], cipher, passwords=["correct horse"])
        enveloped = parse_enveloped(data)
        assert [one.info.type for one in enveloped.recipients].count("pwri") == 1
        assert decrypt_with_password(enveloped, "correct horse") == CONTENT
        assert decrypt(enveloped, person("rsa").key) == CONTENT
        with pytest.raises(DecryptionFailed):
            decrypt_with_password(enveloped, "wrong horse")


def test_a_key_that_only_signs_is_refused_with_a_sentence():
    with pytest.raises(CertificateProblem, match="only sign"):
        default_plan(person("ed25519").certificate)
    with pytest.raises(CertificateProblem):
        default_plan(b"not a certificate")
    with pytest.raises(CertificateProblem):
        build_enveloped(CONTENT, [], "aes-256-cbc")


def test_ciphers_that_are_only_read_are_not_written():
    for cipher in ("3des-cbc", "rc2-cbc", "rot13"):
        with pytest.raises(UnsupportedAlgorithm):
            build_enveloped(CONTENT, [plan("ecdsa")], cipher)
    with pytest.raises(UnsupportedAlgorithm):
        build_enveloped(CONTENT, [plan("ecdsa", "rsa-oaep")], "aes-256-cbc")


def test_a_message_that_names_our_key_a_thousand_times_costs_a_few_decryptions():
    """Nothing in RFC 5652 section 6.2 forbids it; each try is a private key operation and a pass over the content."""
    bob = person("rsa")
    tries = []

    class CountingKey:
        certificate = bob.certificate

        def unwrap(self, request):
            tries.append(request)
            return bob.key.unwrap(request)

    message = bytearray(build_enveloped(CONTENT, [plan("rsa")] * 1000, "aes-256-gcm"))
    message[-1] ^= 1
    with pytest.raises(DecryptionFailed):
        decrypt(parse_enveloped(bytes(message)), CountingKey())
    assert 1 <= len(tries) <= 8
