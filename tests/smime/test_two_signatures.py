"""A hybrid of people: two signatures over one content, a KEM recipient beside others, the certificate for answers."""

from msgspec.structs import replace

from tests.pki import NOW, Pki
from tui_mail.cms import ber
from tui_mail.cms.attributes import read_attributes
from tui_mail.cms.capabilities import OUR_CAPABILITIES
from tui_mail.cms.enveloped import default_plan
from tui_mail.cms.signed import build_signed_data, check_signer, parse_signed_data
from tui_mail.mime.tree import parse
from tui_mail.model.security import Integrity, Letter, Summary
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import TrustContext

PKI = Pki()
ADDRESS = "anna@clinic.test"
CLASSICAL = PKI.issue(ADDRESS, key="rsa")
QUANTUM = PKI.issue(ADDRESS, key="ml-dsa-65")
KEM = PKI.issue(ADDRESS, key="ml-kem-768")
BERT = PKI.issue("bert@clinic.test")
MESSAGE = b"From: Anna <anna@clinic.test>\nTo: Bert <bert@clinic.test>\nSubject: Both\n\nTwo signatures, one text.\n"
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")


def both(**more):
    return protect(MESSAGE, sign=(CLASSICAL.key, QUANTUM.key), now=NOW, **more)


def test_two_signatures_are_judged_each_alone_and_both_are_good():
    for opaque in (False, True):
        opened = open_message(both(opaque=opaque), trust=TRUST, now=NOW)
        assert opened.security.verdict.letter is Letter.VALID
        assert sorted(one.algorithm for one in opened.security.signatures) == ["ml-dsa-65", "rsa-v15+sha256"]
        assert {one.letter for one in opened.security.verdicts} == {Letter.VALID}


def test_rfc8551_section_3_5_3_2_the_micalg_names_both_digests():
    root = parse(both())
    assert root.params["micalg"] == "sha-256,sha-512"
    assert len(root.children) == 2


def test_who_cannot_compute_one_of_the_two_still_believes_the_other():
    """As a program without ML-DSA sees it: the algorithm of one signer is unknown."""
    raw = both(opaque=True)
    encoded = parse(raw).body_bytes()
    unknown = encoded.replace(bytes.fromhex("0609608648016503040312"), bytes.fromhex("060960864801650304031f"))
    signed = parse_signed_data(unknown)
    results = {one.algorithm: one for one in (check_signer(signed, s, None, now=NOW) for s in signed.signers)}
    assert results["rsa-v15+sha256"].integrity is Integrity.INTACT
    assert results["slh-dsa-shake-256f"].integrity is not Integrity.INTACT


def test_a_changed_text_breaks_both():
    opened = open_message(both().replace(b"one text", b"two text"), trust=TRUST, now=NOW)
    assert opened.security.verdict.letter is Letter.BROKEN
    assert {one.integrity for one in opened.security.signatures} == {Integrity.ALTERED}


def test_rfc8551_section_2_5_3_the_preference_names_the_certificate_for_answers_and_brings_it_along():
    data = build_signed_data(
        b"text\r\n", QUANTUM.key, detached=False, signing_time=NOW, encryption_certificate=KEM.certificate
    )
    signed = parse_signed_data(data)
    assert KEM.certificate in signed.certificates
    result = check_signer(signed, signed.signers[0], None, now=NOW)
    assert (result.integrity, result.encryption_certificate) == (Integrity.INTACT, KEM.certificate)
    assert result.capabilities == OUR_CAPABILITIES
    # Rule 14: one preference and one list of capabilities, each with one value, among the signed attributes.
    attributes = read_attributes(signed.signers[0].signed_set)
    for oid in ("1.2.840.113549.1.9.15", "1.2.840.113549.1.9.16.2.11"):
        assert [len(one.values) for one in attributes if one.oid == oid] == [1]


def test_without_another_certificate_a_key_that_only_signs_names_none():
    data = build_signed_data(b"text\r\n", QUANTUM.key, detached=False, signing_time=NOW)
    signed = parse_signed_data(data)
    assert check_signer(signed, signed.signers[0], None, now=NOW).encryption_certificate is None


def test_rule_12_what_is_announced_begins_with_what_we_prefer():
    names = [one.cipher for one in OUR_CAPABILITIES if one.cipher]
    assert names[0] == "aes-256-gcm"
    oids = [one.oid for one in OUR_CAPABILITIES]
    kem, x25519, oaep = "2.16.840.1.101.3.4.4.3", "1.2.840.113549.1.9.16.3.19", "1.2.840.113549.1.1.7"
    assert oids.index(kem) < oids.index(x25519) < oids.index(oaep)
    assert ber.read_tlv(OUR_CAPABILITIES[-1].parameters).tag == ber.SEQUENCE


def test_a_recipient_with_ml_kem_and_one_without_read_the_same_message():
    plans = [default_plan(KEM.certificate), default_plan(BERT.certificate)]
    raw = both(recipients=plans, cipher="aes-256-gcm", encryption_certificate=KEM.certificate)
    for key in (KEM.key, BERT.key):
        opened = open_message(raw, trust=TRUST, now=NOW, keys=(key,))
        assert opened.security.summary is Summary.SIGNED_ENCRYPTED
        assert opened.security.verdict.letter is Letter.VALID
        assert b"one text" in opened.payload.source
    kinds = sorted(one.type for one in opened.security.encryption.recipients)
    assert kinds == ["kari", "kemri"]
    assert replace(opened.security.encryption, recipients=()).authenticated
