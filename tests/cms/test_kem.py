"""KEM recipients (RFC 9629, RFC 9936, RFC 9690): a vendor's messages, KDF3, and our own there and back."""

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import mlkem
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import load_der_private_key

from tests.cms.sealed import encrypt_content
from tests.cms.third_party import cryptonext_cms, unarmour
from tests.pki import Pki, rsa_key
from tests.vectors import vectors
from tui_mail.cms import der
from tui_mail.cms.algorithms import Algorithm
from tui_mail.cms.certificates import issuer_and_serial, read_facts
from tui_mail.cms.ciphers import writable_cipher
from tui_mail.cms.content import DATA, ENVELOPED_DATA
from tui_mail.cms.enveloped import build_enveloped, decrypt, default_plan, parse_enveloped
from tui_mail.cms.kem import HKDF_SHA256, KEM_RECIPIENT, RSA_KEM, RSA_KEM_TRANSPORT, derive, other_info
from tui_mail.cms.key_wrap import WRAP_OIDS, wrap_key
from tui_mail.model.errors import DecryptionFailed, NoDecryptionKey, UnsupportedAlgorithm
from tui_mail.vault.software_key import SoftwareKey

CONTENT = b"Content-Type: text/plain\r\n\r\nFor the time after the quantum computer\r\n"
LEVELS = {"768": "2.16.840.1.101.3.4.4.2", "1024": "2.16.840.1.101.3.4.4.3"}
FORMS = ("kemri_auth", "kemri_id-alg-hkdf-with-sha256", "kemri_id-alg-hkdf-with-sha512", "kemri_ukm")
KDF3 = "1.3.133.16.840.9.44.1.2"
SHA256, SHA512 = der.algorithm("2.16.840.1.101.3.4.2.1"), der.algorithm("2.16.840.1.101.3.4.2.3")
WRAP = Algorithm(WRAP_OIDS["aes-256"])


def vendor_key(size):
    files, stem = cryptonext_cms(), f"ML-KEM-{size}-{LEVELS[size]}"
    # The files called "expandedkey" of this archive hold the seed.
    return SoftwareKey(load_der_private_key(files[f"{stem}_expandedkey_priv.der"], None), files[f"{stem}_ee.der"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", LEVELS)
def test_rfc9936_a_vendors_messages_open_with_the_exact_plaintext(size, form):
    """Rule 38: HKDF with SHA-256 and SHA-512, user keying material, GCM and CBC."""
    files = cryptonext_cms()
    enveloped = parse_enveloped(files[f"ML-KEM-{size}-{LEVELS[size]}_{form}.der"])
    assert decrypt(enveloped, vendor_key(size)) == files["expected_plaintext.txt"]
    assert [(one.info.type, one.info.algorithm) for one in enveloped.recipients] == [("kemri", f"ml-kem-{size}")]
    assert enveloped.recipients[0].info.id.startswith("ski:")


def test_other_kems_are_named_and_called_unsupported_never_corrupt():
    """ML-KEM-512, composite drafts and FrodoKEM: the message is good, only not computed here."""
    files = cryptonext_cms()
    messages = {name: data for name, data in files.items() if "_kemri_" in name and "ML-KEM-768" not in name}
    messages = {name: data for name, data in messages.items() if "ML-KEM-1024" not in name}
    assert len(messages) == 84
    private = mlkem.MLKEM768PrivateKey.generate()
    for name, data in messages.items():
        certificate = files[f"{name[: name.index('_kemri_')]}_ee.der"]
        enveloped = parse_enveloped(data)
        (recipient,) = enveloped.recipients
        assert recipient.info.algorithm.split()[0] in ("ml-kem-512", "composite", "frodokem"), recipient.info
        with pytest.raises(UnsupportedAlgorithm, match="not computed here"):
            decrypt(enveloped, SoftwareKey(private, certificate))


def test_rfc9936_appendix_c_the_example_with_ml_kem_512_is_named():
    folder = vectors("pq", "cms-kyber", "example")
    enveloped = parse_enveloped(unarmour((folder / "ML-KEM-512.cms").read_bytes()))
    assert [(one.info.type, one.info.algorithm) for one in enveloped.recipients] == [("kemri", "ml-kem-512")]
    # Its derivation is the one that we compute: key-encryption key from shared secret and the example's own info.
    secret, info, key = (
        bytes.fromhex((folder / f"{name}.txt").read_text().strip()) for name in ("shared_secret", "ori_info", "kek")
    )
    assert other_info(Algorithm(WRAP_OIDS["aes-128"]), 16, None) == info
    assert derive(Algorithm(HKDF_SHA256), secret, 16, info) == key


def test_wycheproof_ml_kem_768_answers():
    groups = json.loads(vectors("wycheproof", "mlkem_768_test.json").read_text())["testGroups"]
    asked = 0
    for group in groups:
        for one in group["tests"]:
            if one["result"] != "valid" or "seed" not in one:
                continue
            private = mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(one["seed"]))
            assert private.decapsulate(bytes.fromhex(one["c"])) == bytes.fromhex(one["K"]), one["tcId"]
            asked += 1
    assert asked > 10


# ---- our own


@pytest.fixture(scope="module")
def people():
    pki = Pki()
    kinds = ("ml-kem-768", "ml-kem-1024", "rsa", "ecdsa", "x25519")
    return {kind: pki.issue(f"{kind}@example.org", key=kind) for kind in kinds}


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-128-gcm", "aes-256-cbc", "chacha20-poly1305"])
@pytest.mark.parametrize("kind", ["ml-kem-768", "ml-kem-1024"])
def test_rfc9936_section_3_what_we_write_uses_hkdf_and_a_256_bit_wrap(people, kind, cipher):
    one = people[kind]
    data = build_enveloped(CONTENT, [default_plan(one.certificate)], cipher)
    enveloped = parse_enveloped(data)
    way = enveloped.recipients[0].way
    assert (way.version, way.kem, way.derivation) == (0, Algorithm(LEVELS[kind[7:]]), Algorithm(HKDF_SHA256))
    assert (way.wrap, way.key_bytes, way.user_material) == (WRAP, 32, None)
    assert decrypt(enveloped, one.key) == CONTENT
    if not enveloped.authenticated:
        assert b"\x02\x01\x03\x31" in data[:40]  # RFC 5652 section 6.1: version 3 with an other recipient


def test_a_hybrid_of_people_each_opens_with_the_own_kind_of_key(people):
    plans = [default_plan(one.certificate) for one in people.values()]
    enveloped = parse_enveloped(build_enveloped(CONTENT, plans, "aes-256-cbc"))
    assert sorted(one.info.type for one in enveloped.recipients) == ["kari", "kari", "kemri", "kemri", "ktri"]
    for one in people.values():
        assert decrypt(enveloped, one.key) == CONTENT
    with pytest.raises(NoDecryptionKey):
        decrypt(enveloped, Pki().issue("eve@example.org", key="ml-kem-768").key)


def kem_message(person, *, version=0, kem=None, derivation=HKDF_SHA256, kdf_parameters=b"", length=32, wrap=WRAP):
    """A KEM recipient made by hand, so that each rule can be broken."""
    facts = read_facts(person.certificate)
    content_key = bytes(range(32))
    if isinstance(facts.public_key, mlkem.MLKEM768PublicKey):
        secret, ciphertext = facts.public_key.encapsulate()
        kem = kem or Algorithm(facts.key_algorithm.oid)
    else:
        secret, ciphertext = rsa_kem_secret(facts.public_key)
    info = other_info(wrap, length, b"material")
    algorithm = Algorithm(derivation, kdf_parameters)
    try:
        key = derive(algorithm, secret, length, info)
    except UnsupportedAlgorithm:
        key = bytes(length)
    recipient = der.sequence(
        der.integer(version),
        issuer_and_serial(person.certificate).encode(),
        kem.encode(),
        der.octet_string(ciphertext),
        algorithm.encode(),
        der.integer(length),
        der.context(0, der.octet_string(b"material")),
        wrap.encode(),
        der.octet_string(wrap_key(key, content_key)),
    )
    return envelope(der.context(4, der.oid(KEM_RECIPIENT), recipient), content_key)


def envelope(recipient, content_key):
    identifier, data, _tag = encrypt_content(writable_cipher("aes-256-cbc"), content_key, CONTENT)
    body = der.sequence(
        der.integer(3),
        der.set_of([recipient]),
        der.sequence(der.oid(DATA), identifier, der.tlv(0x80, data)),
    )
    return der.sequence(der.oid(ENVELOPED_DATA), der.context(0, body))


@pytest.mark.parametrize("digest", [SHA256, SHA512])
def test_rule_44_kdf3_is_read_as_other_programs_write_it(people, digest):
    data = kem_message(people["ml-kem-768"], derivation=KDF3, kdf_parameters=digest)
    assert decrypt(parse_enveloped(data), people["ml-kem-768"].key) == CONTENT


def test_rfc9690_appendix_a_kdf3_is_the_concatenation_kdf():
    expected = ConcatKDFHash(hashes.SHA256(), 40, b"info").derive(b"secret")
    assert derive(Algorithm(KDF3, SHA256), b"secret", 40, b"info") == expected
    # Counter, secret, info (ANS X9.44): the first block by hand.
    first = hashes.Hash(hashes.SHA256())
    first.update(b"\0\0\0\1secretinfo")
    assert expected[:32] == first.finalize()


@pytest.mark.parametrize(
    "oid", ["1.2.840.113549.1.9.16.3.28", "1.2.840.113549.1.9.16.3.29", "1.2.840.113549.1.9.16.3.30"]
)
def test_rfc8619_every_hkdf_is_read(people, oid):
    assert (
        decrypt(parse_enveloped(kem_message(people["ml-kem-768"], derivation=oid)), people["ml-kem-768"].key) == CONTENT
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"version": 1},
        {"wrap": Algorithm(WRAP_OIDS["aes-128"])},
        {"kem": Algorithm(LEVELS["768"], der.NULL)},
        {"kem": Algorithm(LEVELS["1024"])},
    ],
)
def test_rule_38_version_parameters_and_lengths_that_do_not_fit_are_refused(people, fault):
    data = kem_message(people["ml-kem-768"], **fault)
    with pytest.raises(DecryptionFailed):
        decrypt(parse_enveloped(data), people["ml-kem-768"].key)


def test_an_unknown_derivation_is_named(people):
    data = kem_message(people["ml-kem-768"], derivation="1.3.133.16.840.9.44.1.9")
    with pytest.raises(UnsupportedAlgorithm, match="key derivation"):
        decrypt(parse_enveloped(data), people["ml-kem-768"].key)


def test_a_changed_ciphertext_gives_the_one_uniform_failure(people):
    data = bytearray(build_enveloped(CONTENT, [default_plan(people["ml-kem-768"].certificate)], "aes-256-gcm"))
    at = len(data) // 2
    data[at] ^= 1
    with pytest.raises(DecryptionFailed):
        decrypt(parse_enveloped(bytes(data)), people["ml-kem-768"].key)


# ---- RSA-KEM


def rsa_kem_secret(public, z=None):
    """Secret and ciphertext: a random number below the modulus, raised to the exponent, and KDF3 of it."""
    numbers, size = public.public_numbers(), public.key_size // 8
    z = z or int.from_bytes(b"\x5a" * size, "big") % numbers.n
    secret = derive(Algorithm(KDF3, SHA256), z.to_bytes(size, "big"), 16, b"")
    return secret, pow(z, numbers.e, numbers.n).to_bytes(size, "big")


RSA_PARAMETERS = der.sequence(der.algorithm(KDF3, SHA256), der.integer(16))


def test_rfc9690_an_rsa_kem_recipient_opens(people):
    data = kem_message(people["rsa"], kem=Algorithm(RSA_KEM, RSA_PARAMETERS), derivation=KDF3, kdf_parameters=SHA256)
    enveloped = parse_enveloped(data)
    assert [(one.info.type, one.info.algorithm) for one in enveloped.recipients] == [("kemri", "rsa-kem")]
    assert decrypt(enveloped, people["rsa"].key) == CONTENT
    with pytest.raises(DecryptionFailed):
        decrypt(enveloped, SoftwareKey(rsa_key(7), people["rsa"].certificate))


def test_rfc5990_appendix_a_4_rsa_kem_as_key_transport_opens(people):
    """GenericHybridParameters; the encrypted key is the ciphertext followed by the wrapped key."""
    person, content_key, wrap = people["rsa"], bytes(32), Algorithm(WRAP_OIDS["aes-128"])
    secret, ciphertext = rsa_kem_secret(read_facts(person.certificate).public_key)
    parameters = der.sequence(der.algorithm(RSA_KEM, RSA_PARAMETERS), wrap.encode())
    transport = der.sequence(
        der.integer(0),
        issuer_and_serial(person.certificate).encode(),
        der.algorithm(RSA_KEM_TRANSPORT, parameters),
        der.octet_string(ciphertext + wrap_key(secret, content_key)),
    )
    enveloped = parse_enveloped(envelope(transport, content_key))
    assert [(one.info.type, one.info.algorithm) for one in enveloped.recipients] == [("ktri", "rsa-kem")]
    assert decrypt(enveloped, person.key) == CONTENT
