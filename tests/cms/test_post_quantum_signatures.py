"""ML-DSA in signed objects (RFC 9882, FIPS 204): what others made, what we make, and what may not pass."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa

from tests.cms.third_party import certificate_der, cryptonext_cms, unarmour
from tests.pki import NOW, Pki
from tests.vectors import vectors
from tui_mail.cms import der
from tui_mail.cms.algorithms import Algorithm
from tui_mail.cms.certificates import issuer_and_serial
from tui_mail.cms.content import DATA, SIGNED_DATA
from tui_mail.cms.schemes import Scheme, algorithm_name, is_valid
from tui_mail.cms.signed import build_signed_data, check_signer, digest_name_for, micalg, parse_signed_data
from tui_mail.model.keys import SignatureScheme
from tui_mail.model.security import Integrity

CONTENT = b"Content-Type: text/plain\r\n\r\nSigned for a long time\r\n"
TEXT_HEADER = b"Content-Type: text/plain\r\n\r\n"
SIZES = ("44", "65", "87")
OIDS = {"44": "2.16.840.1.101.3.4.3.17", "65": "2.16.840.1.101.3.4.3.18", "87": "2.16.840.1.101.3.4.3.19"}


def judge(data, content=None, extra=()):
    signed = parse_signed_data(data)
    return [check_signer(signed, signer, content, now=NOW, extra_certificates=extra) for signer in signed.signers]


def rfc9882(size):
    """The example of RFC 9882 appendix B and the certificate of RFC 9881 whose key made it."""
    data = unarmour(vectors("pq", "cms-ml-dsa", "examples", f"mldsa{size}-signed-attrs.pem").read_bytes())
    return data, certificate_der(vectors("pq", "dilithium-certificates", "examples", f"ML-DSA-{size}.crt"))


@pytest.mark.parametrize("size", SIZES)
def test_rfc9882_appendix_b_examples_are_intact_and_a_changed_byte_is_not(size):
    data, certificate = rfc9882(size)
    (result,) = judge(data, extra=(certificate,))
    assert (result.integrity, result.algorithm) == (Integrity.INTACT, f"ml-dsa-{size}"), result.reason
    (altered,) = judge(data.replace(b"signed-data", b"signed-Data"), extra=(certificate,))
    assert altered.integrity == Integrity.ALTERED
    (broken,) = judge(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], extra=(certificate,))
    assert broken.integrity == Integrity.BAD_SIGNATURE


@pytest.mark.parametrize("size", SIZES)
def test_a_vendors_ml_dsa_signature_is_intact(size):
    data = cryptonext_cms()[f"ML-DSA-{size}-{OIDS[size]}_signed_attrs.der"]
    (result,) = judge(data)
    assert (result.integrity, result.algorithm) == (Integrity.INTACT, f"ml-dsa-{size}"), result.reason
    assert parse_signed_data(data).content == TEXT_HEADER + cryptonext_cms()["expected_plaintext.txt"]


def test_slh_dsa_pre_hashed_and_composite_signatures_are_named_and_called_unsupported():
    """Never "corrupt": the mail may be perfectly good."""
    found = {name: data for name, data in cryptonext_cms().items() if name.endswith("_signed_attrs.der")}
    rare = {name: data for name, data in found.items() if not name.startswith("ML-DSA")}
    assert len(rare) == 45
    for name, data in rare.items():
        (result,) = judge(data)
        assert result.integrity == Integrity.UNSUPPORTED, (name, result)
        expected = name.rsplit("-", 1)[0].lower() if "SLH" in name or "HASH" in name else "composite signature"
        assert result.algorithm.startswith(expected), (name, result.algorithm)
        assert result.algorithm in result.reason


def test_wycheproof_ml_dsa_65_answers():
    groups = json.loads(vectors("wycheproof", "mldsa_65_verify_test.json").read_text())["testGroups"]
    asked = 0
    for group in groups:
        raw = bytes.fromhex(group["publicKey"])
        if len(raw) != 1952:
            continue
        key = mldsa.MLDSA65PublicKey.from_public_bytes(raw)
        for one in group["tests"]:
            if one.get("ctx"):
                continue  # CMS knows only the empty context
            signature, message = bytes.fromhex(one["sig"]), bytes.fromhex(one["msg"])
            good = is_valid(Scheme("ml-dsa-65", ""), key, signature, message)
            assert good == (one["result"] == "valid"), one["comment"]
            asked += 1
    assert asked > 50


@pytest.fixture(scope="module")
def people():
    return {size: Pki().issue("anna@example.org", key=f"ml-dsa-{size}") for size in SIZES}


@pytest.mark.parametrize("detached", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_rfc9882_section_3_what_we_sign_is_intact_with_sha512_and_absent_parameters(people, size, detached):
    key = people[size].key
    data = build_signed_data(CONTENT, key, detached=detached, signing_time=NOW)
    (result,) = judge(data, CONTENT if detached else None)
    assert (result.integrity, result.algorithm) == (Integrity.INTACT, f"ml-dsa-{size}")
    assert (digest_name_for(key), micalg(digest_name_for(key))) == ("sha512", "sha-512")
    (signer,) = parse_signed_data(data).signers
    assert signer.signature_algorithm == Algorithm(OIDS[size])
    assert signer.signed_attributes is not None


def hand_made(person, *, digest, parameters=b"", over=CONTENT):
    """A signature over the content itself, without signed attributes."""
    scheme = algorithm_name(Algorithm(OIDS["65"]))
    signer = der.sequence(
        der.integer(1),
        issuer_and_serial(person.certificate).encode(),
        der.algorithm(digest),
        der.algorithm(OIDS["65"], parameters),
        der.octet_string(person.key.sign(over, SignatureScheme(scheme))),
    )
    body = der.sequence(
        der.integer(1),
        der.set_of([der.algorithm(digest)]),
        der.sequence(der.oid(DATA), der.context(0, der.octet_string(CONTENT))),
        der.set_of([person.certificate], tag=0xA0),
        der.set_of([signer]),
    )
    return der.sequence(der.oid(SIGNED_DATA), der.context(0, body))


@pytest.mark.parametrize("digest", ["2.16.840.1.101.3.4.2.3", "2.16.840.1.101.3.4.2.1", "1.2.3.4"])
def test_rfc9882_section_3_3_without_signed_attributes_the_digest_algorithm_is_ignored(people, digest):
    """Rule 38: even one that nobody knows; the signature is over the content itself."""
    (result,) = judge(hand_made(people["65"], digest=digest))
    assert (result.integrity, result.algorithm) == (Integrity.INTACT, "ml-dsa-65"), result.reason
    (other,) = judge(hand_made(people["65"], digest=digest, over=b"another content"))
    assert other.integrity == Integrity.BAD_SIGNATURE


def test_rfc9882_section_2_parameters_must_be_absent(people):
    (result,) = judge(hand_made(people["65"], digest="2.16.840.1.101.3.4.2.3", parameters=der.NULL))
    assert result.integrity == Integrity.MALFORMED


def test_rfc9882_section_3_3_shake256_is_read_as_the_digest_of_the_attributes(people):
    """512 bits of output (RFC 8702 section 3.1)."""
    data = build_signed_data(CONTENT, people["87"].key, detached=False, signing_time=NOW, digest="shake256")
    (result,) = judge(data)
    assert (result.integrity, result.algorithm) == (Integrity.INTACT, "ml-dsa-87"), result.reason
    (signer,) = parse_signed_data(data).signers
    assert signer.digest_algorithm == Algorithm("2.16.840.1.101.3.4.2.12")
