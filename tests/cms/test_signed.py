"""RFC 5652 section 5 and its companions, rule by rule, on messages that we make and then change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.pki import NOW, Pki
from tui_mail.cms import attributes as attr
from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import digest, digest_identifier
from tui_mail.cms.capabilities import OUR_CAPABILITIES
from tui_mail.cms.certificates import issuer_and_serial, read_facts
from tui_mail.cms.content import DATA, SIGNED_DATA
from tui_mail.cms.schemes import signature_identifier
from tui_mail.cms.signed import build_signed_data, check_signer, digest_name_for, micalg, parse_signed_data
from tui_mail.model.errors import CertificateProblem, MalformedInput, UnsupportedAlgorithm
from tui_mail.model.keys import SignatureScheme
from tui_mail.model.security import Integrity

CONTENT = b"Content-Type: text/plain\r\n\r\nHello\r\n"


@lru_cache(maxsize=1)
def pki():
    return Pki()


@lru_cache(maxsize=8)
def issued(kind):
    return pki().issue("alice@example.org", key=kind)


def someone(kind="ecdsa"):
    return issued(kind)


def judge(data, content=None, *, now=NOW, extra=()):
    signed = parse_signed_data(data)
    (signer,) = signed.signers
    return check_signer(signed, signer, content, now=now, extra_certificates=extra)


def make(
    attributes=None,
    *,
    content=CONTENT,
    content_type=DATA,
    digest_name="sha256",
    key="ecdsa",
    scheme=None,
    unsigned=(),
    certificates=None,
    digest_id=None,
    signature_id=None,
    sorted_attributes=True,
    signer_id=None,
):
    """A SignedData made by hand, so that each rule can be broken. `attributes` None: no signed attributes."""
    identity = someone(key)
    scheme = scheme or SignatureScheme("ecdsa" if key == "ecdsa" else "rsa-v15", digest_name)
    order = sorted if sorted_attributes else list
    covered = content if attributes is None else der.tlv(ber.SET, *order(attributes))
    signer = der.sequence(
        der.integer(1),
        signer_id or issuer_and_serial(identity.certificate).encode(),
        digest_id or digest_identifier(digest_name),
        b"" if attributes is None else der.tlv(0xA0, *order(attributes)),
        signature_id or signature_identifier(scheme.kind, scheme.digest),
        der.octet_string(identity.key.sign(covered, scheme)),
        der.set_of(unsigned, tag=0xA1) if unsigned else b"",
    )
    signed_data = der.sequence(
        der.integer(1),
        der.set_of([]),
        der.sequence(der.oid(content_type), der.context(0, der.octet_string(content))),
        der.set_of([identity.certificate] if certificates is None else certificates, tag=0xA0),
        der.set_of([signer]),
    )
    return der.sequence(der.oid(SIGNED_DATA), der.context(0, signed_data))


CONTENT_TYPE = attr.attribute(attr.CONTENT_TYPE, der.oid(DATA))
OTHER_TYPE = attr.attribute(attr.CONTENT_TYPE, der.oid("1.2.3.4"))
MESSAGE_DIGEST = attr.attribute(attr.MESSAGE_DIGEST, der.octet_string(digest("sha256", [CONTENT])))
SHA1_DIGEST = attr.attribute(attr.MESSAGE_DIGEST, der.octet_string(digest("sha1", [CONTENT])))
TIME = attr.attribute(attr.SIGNING_TIME, der.time(NOW))
PLAIN = [CONTENT_TYPE, MESSAGE_DIGEST]


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ecdsa-p384", "ed25519", "ed448"])
@pytest.mark.parametrize("detached", [True, False])
def test_what_we_sign_is_intact_and_says_what_we_can_read(kind, detached):
    data = build_signed_data(CONTENT, someone(kind).key, detached=detached, signing_time=NOW)
    result = judge(data, CONTENT if detached else None)
    assert (result.integrity, result.reason) == (Integrity.INTACT, "")
    assert result.signing_time == NOW
    assert result.certificate == someone(kind).certificate
    assert result.capabilities == OUR_CAPABILITIES
    assert (result.encryption_certificate == someone(kind).certificate) == (not kind.startswith("ed"))
    assert judge(data, None if detached else CONTENT).integrity == Integrity.MALFORMED
    if detached:
        assert judge(data, [CONTENT[:5], CONTENT[5:]]).integrity == Integrity.INTACT
        assert judge(data, CONTENT + b"\r\n").integrity == Integrity.ALTERED


def test_rfc8551_section_3_5_3_2_micalg_names():
    assert [micalg(name) for name in ("sha1", "sha256", "sha384", "sha512")] == [
        "sha-1",
        "sha-256",
        "sha-384",
        "sha-512",
    ]
    assert [digest_name_for(someone(kind).key) for kind in ("rsa", "ecdsa", "ecdsa-p384", "ed25519")] == [
        "sha256",
        "sha256",
        "sha384",
        "sha512",
    ]


def test_weak_digests_are_never_used_for_signing():
    with pytest.raises(UnsupportedAlgorithm):
        build_signed_data(CONTENT, someone().key, detached=True, signing_time=NOW, digest="sha1")
    with pytest.raises(CertificateProblem):
        build_signed_data(CONTENT, someone("x25519").key, detached=True, signing_time=NOW)


def test_the_hand_made_message_is_intact_to_begin_with():
    assert judge(make(PLAIN)).integrity == Integrity.INTACT
    assert judge(make()).integrity == Integrity.INTACT
    assert judge(make(), now=NOW).signing_time is None


@pytest.mark.parametrize(
    "attributes",
    [
        [CONTENT_TYPE],
        [MESSAGE_DIGEST],
        [],
        [*PLAIN, CONTENT_TYPE],
        [*PLAIN, OTHER_TYPE],
        [*PLAIN, MESSAGE_DIGEST],
        [*PLAIN, TIME, TIME],
        [MESSAGE_DIGEST, OTHER_TYPE],
        [CONTENT_TYPE, attr.attribute(attr.MESSAGE_DIGEST)],
        [*PLAIN, attr.attribute(attr.SIGNING_TIME, der.octet_string(b"x"))],
        [*PLAIN, attr.attribute(attr.SIGNING_TIME, der.time(NOW), der.time(NOW + timedelta(1)))],
        [*PLAIN, attr.attribute(attr.CAPABILITIES, der.sequence()), attr.attribute(attr.CAPABILITIES, der.sequence())],
    ],
)
def test_rfc5652_section_11_attributes_missing_doubled_or_malformed(attributes):
    assert judge(make(attributes)).integrity == Integrity.MALFORMED


@pytest.mark.parametrize("attribute", [CONTENT_TYPE, MESSAGE_DIGEST, TIME])
def test_rfc5652_section_11_these_attributes_must_not_be_unsigned(attribute):
    assert judge(make(PLAIN, unsigned=[attribute])).integrity == Integrity.MALFORMED


def test_rfc5652_section_11_2_a_wrong_digest_means_altered():
    wrong = attr.attribute(attr.MESSAGE_DIGEST, der.octet_string(bytes(32)))
    assert judge(make([CONTENT_TYPE, wrong])).integrity == Integrity.ALTERED


def test_rfc5652_section_5_3_another_content_type_needs_signed_attributes():
    assert judge(make(content_type="1.2.3.4")).integrity == Integrity.MALFORMED


def test_rfc5652_section_5_4_attributes_in_the_signers_own_order_are_accepted():
    attributes = sorted([*PLAIN, TIME], reverse=True)
    assert judge(make(attributes, sorted_attributes=False)).integrity == Integrity.INTACT


def test_signed_attributes_do_not_pass_as_a_content_of_their_own():
    """A signature over signed attributes also fits a message without them whose content is these attributes."""
    inner = der.set_of(PLAIN)
    assert judge(make(content=inner)).integrity == Integrity.MALFORMED


def test_rfc6211_section_2_algorithm_protection_must_match():
    right = der.sequence(digest_identifier("sha256"), b"\xa1" + signature_identifier("ecdsa", "sha256")[1:])
    wrong = der.sequence(digest_identifier("sha512"), b"\xa1" + signature_identifier("ecdsa", "sha256")[1:])
    no_signature = der.sequence(digest_identifier("sha256"))
    expected = [(right, Integrity.INTACT), (wrong, Integrity.MALFORMED), (no_signature, Integrity.MALFORMED)]
    for value, integrity in expected:
        assert judge(make([*PLAIN, attr.attribute(attr.ALGORITHM_PROTECTION, value)])).integrity == integrity


def test_rfc8933_section_2_signature_and_content_have_one_digest():
    data = make(PLAIN, signature_id=signature_identifier("ecdsa", "sha512"))
    assert judge(data).integrity == Integrity.MALFORMED


def test_rfc5035_section_5_another_signing_certificate_is_malformed():
    other = pki().issue("mallory@example.org")
    for identity, integrity in ((someone(), Integrity.INTACT), (other, Integrity.MALFORMED)):
        value = attr.signing_certificate_v2(identity.certificate, issuer_and_serial(identity.certificate))
        assert judge(make([*PLAIN, attr.attribute(attr.SIGNING_CERTIFICATE_V2, value)])).integrity == integrity


def test_a_signature_of_another_key_is_bad():
    data = make(PLAIN, signer_id=issuer_and_serial(someone("rsa").certificate).encode())
    assert judge(data).integrity == Integrity.NO_CERTIFICATE
    assert judge(data, extra=(someone("rsa").certificate,)).integrity == Integrity.BAD_SIGNATURE


def test_every_certificate_with_the_key_identifier_is_tried():
    """RFC 5652 section 5.3: a subjectKeyIdentifier may fit several certificates, a renewed one for instance."""
    identity = someone()
    renewed = pki().issue("alice@example.org", key=identity.key._private)
    ski = der.tlv(0x80, key_identifier(identity.certificate))
    data = make(PLAIN, signer_id=ski, certificates=[renewed.certificate, identity.certificate])
    assert judge(data).integrity == Integrity.INTACT


def key_identifier(certificate):
    return read_facts(certificate).key_identifier


def test_a_certificate_that_cannot_be_read_does_not_hide_another():
    data = make(PLAIN, certificates=[der.sequence(der.integer(1)), someone().certificate])
    assert judge(data).integrity == Integrity.INTACT


def test_a_broken_signer_does_not_hide_another():
    signed = parse_signed_data(make(PLAIN))
    (good,) = signed.signers
    both = replace(signed, signers=(replace(good, malformed="cut off"), good))
    assert [check_signer(both, one, None, now=NOW).integrity for one in both.signers] == [
        Integrity.MALFORMED,
        Integrity.INTACT,
    ]


@pytest.mark.parametrize(
    ("signed_at", "now", "integrity"),
    [
        (datetime(2016, 12, 31, tzinfo=UTC), NOW, Integrity.INTACT),
        (datetime(2017, 1, 1, tzinfo=UTC), NOW, Integrity.REFUSED),
        (None, NOW, Integrity.REFUSED),
        (None, datetime(2016, 6, 1, tzinfo=UTC), Integrity.INTACT),
    ],
)
def test_sha1_counts_only_when_signed_before_2017(signed_at, now, integrity):
    attributes = [CONTENT_TYPE, SHA1_DIGEST]
    if signed_at:
        attributes.append(attr.attribute(attr.SIGNING_TIME, der.time(signed_at)))
    scheme = SignatureScheme("rsa-v15", "sha1")
    data = make(
        attributes,
        digest_name="sha1",
        key="rsa",
        scheme=scheme,
        signature_id=der.algorithm("1.2.840.113549.1.1.5", der.NULL),
    )
    result = judge(data, now=now)
    assert (result.integrity, result.algorithm) == (integrity, "rsa-v15+sha1"), result.reason
    assert bool(result.capabilities) is False


def test_a_dsa_signature_is_named_and_not_computed():
    result = judge(make(PLAIN, signature_id=der.algorithm("2.16.840.1.101.3.4.3.2")))
    assert (result.integrity, result.algorithm) == (Integrity.UNSUPPORTED, "dsa+sha256")


def test_a_short_rsa_key_is_refused():
    identity = pki().issue("short@example.org", key=rsa.generate_private_key(65537, 1024))
    data = build_signed_data(CONTENT, identity.key, detached=False, signing_time=NOW)
    assert judge(data).integrity == Integrity.REFUSED


def test_without_any_signer_nothing_is_signed():
    signed_data = der.sequence(
        der.integer(1),
        der.set_of([]),
        der.sequence(der.oid(DATA)),
        der.set_of([someone().certificate], tag=0xA0),
        der.set_of([]),
    )
    signed = parse_signed_data(der.sequence(der.oid(SIGNED_DATA), der.context(0, signed_data)))
    assert signed.certs_only
    assert signed.signers == ()
    assert signed.certificates == (someone().certificate,)


def test_a_streamed_object_with_indefinite_lengths_is_intact():
    """RFC 5652 section 5.2: the content may come in BER, in pieces."""
    data = build_signed_data(CONTENT, someone().key, detached=False, signing_time=NOW)
    outer = list(ber.children(ber.read_tlv(data)))
    fields = list(ber.children(next(ber.children(outer[1]))))
    pieces = b"".join(der.octet_string(CONTENT[at : at + 5]) for at in range(0, len(CONTENT), 5))
    encapsulated = b"\x30\x80" + der.oid(DATA) + b"\xa0\x80\x24\x80" + pieces + b"\0\0" * 3
    parts = [field.raw for field in fields]
    parts[2] = encapsulated
    streamed = b"\x30\x80" + outer[0].raw + b"\xa0\x80\x30\x80" + b"".join(parts) + b"\0\0" * 3
    assert judge(streamed).integrity == Integrity.INTACT
    assert parse_signed_data(streamed).content == CONTENT


def test_no_changed_byte_ever_leaves_a_signature_intact_unless_it_means_the_same():
    """Every byte is changed in turn: nothing raises but MalformedInput, nothing changed is called intact."""
    identity = someone()
    data = build_signed_data(CONTENT, identity.key, detached=False, signing_time=NOW)
    original = parse_signed_data(data)
    (told,) = original.signers
    survivors = []
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        try:
            signed = parse_signed_data(bytes(changed))
        except MalformedInput:
            continue
        for signer in signed.signers:
            result = check_signer(signed, signer, None, now=NOW)
            if result.integrity == Integrity.INTACT:
                same = (signed.content, signer.signed_bytes, signer.signature) == (
                    original.content,
                    told.signed_bytes,
                    told.signature,
                )
                assert same and result.certificate is not None, at
                survivors.append(at)
    # The version numbers, the digest hint, the certificate's own signature and the like are covered by others.
    assert len(survivors) < len(data) / 2
