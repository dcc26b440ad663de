"""The preflight: every state, the sentence that goes with it, and what is never trusted by itself."""

from datetime import timedelta

import pytest

from tests.pki import NOW, Pki, make_key
from tui_mail.model.recipient import RecipientState
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import SeenCertificate, TrustContext
from tui_mail.trust.recipient import Candidate, check_recipient

ANNA = "anna@clinic.example"


@pytest.fixture(scope="module")
def pki():
    return Pki()


def ask(*candidates, trust=None, address=ANNA, trust_on_send=True):
    return check_recipient(address, candidates, trust or TrustContext(), NOW, trust_on_send, 30)


def test_without_a_certificate_the_introduction_is_offered(pki):
    found = ask()
    assert (found.state, found.encryptable, found.certificate) == (RecipientState.MISSING, False, None)
    assert "introduction" in found.sentence


def test_a_trusted_valid_certificate_is_ready(pki):
    identity = pki.issue(ANNA, self_signed=True)
    for candidate, trust in (
        (Candidate(identity.certificate, trusted=True), TrustContext()),
        (Candidate(identity.certificate), TrustContext(pins=frozenset({(ANNA, identity.sha256)}))),
        (Candidate(pki.issue(ANNA).certificate), TrustContext(anchors=(pki.ca.certificate,))),
    ):
        found = ask(candidate, trust=trust, address="Anna@Clinic.example")
        assert (found.state, found.encryptable, found.trusts_on_send) == (RecipientState.READY, True, False)


def test_soon_is_said_and_allowed(pki):
    identity = pki.issue(ANNA, not_after=NOW + timedelta(days=10))
    found = ask(Candidate(identity.certificate, trusted=True))
    assert (found.state, found.encryptable) == (RecipientState.EXPIRES_SOON, True)
    assert "11 June 2026" in found.sentence


def test_a_known_valid_certificate_is_trusted_on_sending_only_with_the_setting(pki):
    candidate = Candidate(pki.issue(ANNA, self_signed=True).certificate, last_signing_time=NOW)
    found = ask(candidate)
    assert (found.state, found.encryptable, found.trusts_on_send) == (RecipientState.UNTRUSTED, True, True)
    assert "compare its fingerprint" in found.sentence
    found = ask(candidate, trust_on_send=False)
    assert (found.state, found.encryptable, found.trusts_on_send) == (RecipientState.UNTRUSTED, True, False)


def test_expired_invalid_and_revoked_are_never_encrypted_to_nor_trusted(pki):
    ended = pki.issue(ANNA, not_after=NOW - timedelta(days=1))
    revoked = pki.issue(ANNA)
    signing_only = pki.issue(ANNA, encrypt=False)
    trust = TrustContext(anchors=(pki.ca.certificate,), crls=(pki.ca.crl(revoked),))
    for identity, state in (
        (ended, RecipientState.EXPIRED),
        (revoked, RecipientState.INVALID),
        (signing_only, RecipientState.INVALID),
    ):
        found = ask(Candidate(identity.certificate, trusted=True), trust=trust)
        assert (found.state, found.encryptable, found.trusts_on_send) == (state, False, False)
        assert "introduction" in found.sentence


def test_a_certificate_for_another_address_does_not_count(pki):
    stranger = pki.issue("eve@evil.example")
    assert ask(Candidate(stranger.certificate, trusted=True)).state is RecipientState.MISSING
    assert ask(Candidate(b"rubbish")).state is RecipientState.MISSING


def test_another_certificate_never_takes_the_place_of_the_trusted_one_nor_blocks_it(pki):
    """Anybody can sign mail with this address: that must neither redirect nor stop mail to whom we trust."""
    old, new = pki.issue(ANNA, self_signed=True), pki.issue(ANNA, self_signed=True)
    candidates = (
        Candidate(old.certificate, trusted=True, last_signing_time=NOW - timedelta(days=9)),
        Candidate(new.certificate, last_signing_time=NOW),
    )
    for order in (candidates, candidates[::-1]):
        found = ask(*order)
        assert (found.state, found.encryptable, found.trusts_on_send) == (RecipientState.READY, True, False)
        assert found.certificate.sha256 == old.sha256
        assert "another certificate, which is not used" in found.sentence
    ended = pki.issue(ANNA, self_signed=True, not_after=NOW - timedelta(days=1))
    found = ask(Candidate(ended.certificate, trusted=True), Candidate(new.certificate, last_signing_time=NOW))
    assert (found.state, found.encryptable, found.trusts_on_send) == (RecipientState.CHANGED, False, False)
    assert found.certificate.sha256 == new.sha256


def test_of_two_untrusted_certificates_none_is_used_whatever_dates_they_claim(pki):
    """A stranger who claims an early and a late signing time must not get the next encrypted mail."""
    real, stranger = pki.issue(ANNA, self_signed=True), pki.issue(ANNA, self_signed=True)
    for early, late in ((NOW - timedelta(days=300), NOW), (NOW, NOW), (NOW - timedelta(days=300),) * 2):
        known = (
            SeenCertificate(real.sha256, read_certificate(real.certificate).public_key_sha256, NOW - timedelta(days=9)),
            SeenCertificate(stranger.sha256, read_certificate(stranger.certificate).public_key_sha256, early),
        )
        found = ask(
            Candidate(real.certificate, last_signing_time=NOW - timedelta(days=2)),
            Candidate(stranger.certificate, last_signing_time=late),
            trust=TrustContext(known={ANNA: known}),
        )
        assert (found.state, found.encryptable, found.trusts_on_send) == (RecipientState.CHANGED, False, False)


def test_a_certificate_that_nobody_vouches_for_is_not_called_the_recipients(pki):
    for trust_on_send in (True, False):
        candidate = Candidate(pki.issue(ANNA, self_signed=True).certificate, last_signing_time=NOW)
        sentence = ask(candidate, trust_on_send=trust_on_send).sentence
        assert sentence.startswith("Nobody has confirmed yet that the certificate belongs to")
        assert "compare its fingerprint" in sentence
        assert "can read" not in sentence


def test_a_change_of_a_certificate_that_was_only_seen_has_to_be_compared_too(pki):
    new = pki.issue(ANNA, self_signed=True)
    earlier = SeenCertificate("00", "11", NOW - timedelta(days=99))
    found = ask(Candidate(new.certificate, last_signing_time=NOW), trust=TrustContext(known={ANNA: (earlier,)}))
    assert found.state is RecipientState.CHANGED


def test_a_renewal_with_the_same_key_is_no_change(pki):
    private = make_key("ecdsa")
    old = pki.issue(ANNA, key=private, not_after=NOW - timedelta(days=1))
    new = pki.issue(ANNA, key=private)
    found = ask(
        Candidate(old.certificate, trusted=True, last_signing_time=NOW - timedelta(days=9)),
        Candidate(new.certificate, last_signing_time=NOW),
    )
    assert (found.state, found.certificate.sha256) == (RecipientState.UNTRUSTED, new.sha256)


def test_the_newest_valid_certificate_is_chosen_over_an_expired_one(pki):
    old = pki.issue(ANNA, not_after=NOW - timedelta(days=1))
    new = pki.issue(ANNA)
    trust = TrustContext(anchors=(pki.ca.certificate,))
    found = ask(Candidate(old.certificate, True, NOW), Candidate(new.certificate), trust=trust)
    assert (found.state, found.certificate.sha256) == (RecipientState.READY, new.sha256)


def test_required_revocation_answers_are_required_here_too(pki):
    identity = pki.issue(ANNA)
    trust = TrustContext(anchors=(pki.ca.certificate,), revocation="require")
    found = ask(Candidate(identity.certificate), trust=trust)
    assert (found.state, found.encryptable) == (RecipientState.INVALID, False)
    trust = TrustContext(anchors=(pki.ca.certificate,), revocation="require", crls=(pki.ca.crl(),))
    assert ask(Candidate(identity.certificate), trust=trust).state is RecipientState.READY


@pytest.mark.parametrize("address", ["", "anna", "@clinic.example", "anna@"])
def test_something_that_is_no_address_is_said(address):
    found = ask(address=address)
    assert not found.encryptable
    assert "not an e-mail address" in found.sentence


def test_usages_decide_about_encryption_by_kind_of_key():
    """RFC 8550 section 4.4.2: keyEncipherment for RSA, keyAgreement for curves; Edwards keys never."""
    pki = Pki()
    for kind, sign, encrypt in (
        ("rsa", True, True),
        ("ecdsa", True, True),
        ("ed25519", True, False),
        ("x25519", False, True),
    ):
        info = read_certificate(pki.issue(ANNA, key=kind).certificate)
        assert (info.can_sign, info.can_encrypt) == (sign, encrypt), kind


def test_rfc8551_section_2_5_3_the_certificate_that_a_trusted_signer_named_is_used_and_trusted(pki):
    """A person with a key that only signs and another that only decrypts (ML-DSA and ML-KEM)."""
    signs, opens = pki.issue(ANNA, key="ml-dsa-65"), pki.issue(ANNA, key="ml-kem-768")
    old = pki.issue(ANNA, key="rsa")
    named = Candidate(opens.certificate, named_by=signs.sha256)
    found = ask(Candidate(signs.certificate, trusted=True), named, Candidate(old.certificate, trusted=True))
    assert (found.state, found.certificate.sha256) == (RecipientState.READY, opens.sha256)
    found = ask(Candidate(signs.certificate), named)
    assert (found.state, found.encryptable) == (RecipientState.UNTRUSTED, True)
    assert found.certificate.sha256 == opens.sha256


def test_a_certificate_that_a_stranger_named_does_not_take_the_place_of_a_trusted_one(pki):
    mine, stranger = pki.issue(ANNA, key="rsa"), pki.issue(ANNA, key="ml-dsa-65")
    planted = Candidate(pki.issue(ANNA, key="ml-kem-768").certificate, named_by=stranger.sha256)
    found = ask(Candidate(mine.certificate, trusted=True), Candidate(stranger.certificate), planted)
    assert found.certificate.sha256 == mine.sha256
    alone = ask(Candidate(mine.certificate), Candidate(stranger.certificate), planted)
    assert (alone.state, alone.encryptable) == (RecipientState.CHANGED, False)
