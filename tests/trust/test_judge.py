"""Certificates in, letters out: the whole way of one signer, as mail meets it."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.pki import NOT_BEFORE, NOW, Pki, make_key
from tui_mail.model.security import Continuity, Integrity, PathState, Revocation, TrustSource
from tui_mail.trust.context import SeenCertificate, TrustContext
from tui_mail.trust.decide import decide
from tui_mail.trust.judge import judge_signer
from tui_mail.trust.relabel import outlive, relabel

ANNA = "anna@clinic.example"
ENDED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki():
    return Pki()


def judge(identity, trust, *, signing_time=NOW, now=NOW, from_specs=(ANNA,), **more):
    return judge_signer(
        integrity=Integrity.INTACT,
        certificate=identity.certificate,
        from_specs=from_specs,
        signing_time=signing_time,
        extra=identity.key.chain,
        trust=trust,
        now=now,
        **more,
    )


def letter(identity, trust, **more):
    return decide(judge(identity, trust, **more)).letter.value


def anchored(pki, **more):
    return TrustContext(anchors=(pki.ca.certificate,), **more)


def test_issued_under_a_trusted_anchor_is_y_also_over_an_intermediate_from_the_message(pki):
    assert letter(pki.issue(ANNA), anchored(pki)) == "Y"
    below = pki.authority("Below", above=pki.ca)
    check = judge(pki.issue(ANNA, ca=below), anchored(pki))
    assert check.trust_source is TrustSource.ANCHOR
    assert len(check.chain) == 3


def test_self_signed_and_unknown_authorities_are_n_and_y_when_pinned(pki):
    for identity in (pki.issue(ANNA, self_signed=True), Pki("Elsewhere").issue(ANNA)):
        assert letter(identity, anchored(pki)) == "N"
        pinned = anchored(pki, pins=frozenset({(ANNA, identity.sha256)}))
        assert letter(identity, pinned) == "Y"
        other = anchored(pki, pins=frozenset({("eve@clinic.example", identity.sha256)}))
        assert letter(identity, other) == "N"


def test_a_pin_does_not_make_another_address_right(pki):
    identity = pki.issue("eve@clinic.example", self_signed=True)
    assert letter(identity, anchored(pki, pins=frozenset({(ANNA, identity.sha256)}))) == "M"


def test_expired_since_is_e_and_signed_outside_the_validity_is_x(pki):
    for self_signed in (False, True):
        identity = pki.issue(ANNA, not_after=ENDED, self_signed=self_signed)
        pinned = anchored(pki, pins=frozenset({(ANNA, identity.sha256)}))
        assert letter(identity, pinned, signing_time=ENDED - timedelta(days=1)) == "E"
        assert letter(identity, pinned, signing_time=ENDED + timedelta(days=1)) == "X"
        assert letter(identity, pinned, signing_time=NOT_BEFORE - timedelta(days=1)) == "X"
        assert letter(identity, pinned, signing_time=None) == "X"
        assert letter(identity, pinned, now=ENDED - timedelta(days=9), signing_time=ENDED - timedelta(days=10)) == "Y"


def test_not_valid_yet_is_x(pki):
    assert letter(pki.issue(ANNA, not_before=NOW + timedelta(days=1)), anchored(pki), signing_time=None) == "X"


def test_an_issuer_that_expired_since_is_e(pki):
    below = pki.authority("Below", above=pki.ca, not_after=ENDED)
    identity = pki.issue(ANNA, ca=below)
    assert letter(identity, anchored(pki), signing_time=ENDED - timedelta(days=5)) == "E"
    assert letter(identity, anchored(pki), signing_time=ENDED + timedelta(days=5)) == "X"


def test_revoked_is_x_and_a_missing_answer_counts_only_when_required(pki):
    identity = pki.issue(ANNA)
    assert letter(identity, anchored(pki, crls=(pki.ca.crl(identity),))) == "X"
    assert letter(identity, anchored(pki, crls=(pki.ca.crl(identity),), revocation="off")) == "Y"
    assert letter(identity, anchored(pki)) == "Y"
    assert letter(identity, anchored(pki, revocation="require")) == "?"
    assert letter(identity, anchored(pki, revocation="require", crls=(pki.ca.crl(),))) == "Y"
    assert judge(identity, anchored(pki)).revocation is Revocation.UNKNOWN


def test_nobody_can_revoke_a_self_signed_certificate_so_nothing_is_required_of_it(pki):
    identity = pki.issue(ANNA, self_signed=True)
    assert letter(identity, anchored(pki, revocation="require", pins=frozenset({(ANNA, identity.sha256)}))) == "Y"


def test_a_certificate_revoked_before_its_end_is_x_whatever_signing_time_it_claims(pki):
    identity = pki.issue(ANNA, not_after=NOW - timedelta(days=1))
    lists = (pki.ca.crl(identity, this_update=NOW - timedelta(days=2)),)
    early = NOT_BEFORE + timedelta(days=1)
    assert letter(identity, anchored(pki, crls=lists), signing_time=early) == "X"
    assert letter(identity, anchored(pki, crls=(pki.ca.crl(),)), signing_time=early) == "E"


@pytest.mark.parametrize(
    "made",
    [
        {"sign": False},
        {"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)},
        {"extensions": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)]},
    ],
)
def test_a_certificate_not_made_for_signing_mail_is_x_even_when_pinned(pki, made):
    """RFC 8550 sections 4.4.2 and 4.4.4, RFC 5280 section 4.2."""
    for self_signed in (False, True):
        identity = pki.issue(ANNA, self_signed=self_signed, **made)
        assert letter(identity, anchored(pki, pins=frozenset({(ANNA, identity.sha256)}))) == "X"


def test_a_curve_that_is_too_short_is_x(pki):
    made = pki.issue("anna@clinic.example", key="ecdsa-p192")
    found = judge(made, anchored(pki))
    assert decide(found).letter == "X"
    assert "too short" in found.path_reason


def test_absent_usages_mean_both(pki):
    """RFC 8550 section 4.4.2."""
    assert letter(pki.issue(ANNA, usage=False, purposes=None), anchored(pki)) == "Y"
    assert letter(pki.issue(ANNA, purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)), anchored(pki)) == "Y"


def test_a_self_signed_certificate_with_a_wrong_signature_is_x(pki):
    identity = pki.issue(ANNA, self_signed=True)
    damaged = bytearray(identity.certificate)
    damaged[-1] ^= 1
    check = judge_signer(
        integrity=Integrity.INTACT,
        certificate=bytes(damaged),
        from_specs=(ANNA,),
        signing_time=NOW,
        trust=anchored(pki),
        now=NOW,
    )
    assert decide(check).letter == "X"


def test_rubbish_for_a_certificate_is_x_and_none_is_a_question():
    trust = TrustContext()
    for certificate, integrity, expected in (
        (b"rubbish", Integrity.INTACT, "X"),
        (None, Integrity.NO_CERTIFICATE, "?"),
    ):
        check = judge_signer(integrity=integrity, certificate=certificate, from_specs=(ANNA,), trust=trust, now=NOW)
        assert decide(check).letter == expected


def test_a_time_to_come_is_said_and_changes_no_letter(pki):
    check = judge(pki.issue(ANNA), anchored(pki), signing_time=NOW + timedelta(days=300))
    assert decide(check).letter == "Y"
    assert any("has not come" in sentence for sentence in decide(check).reasons)


def seen(identity, day, *, vouched=True):
    moment = NOW - timedelta(days=day)
    public = judge(identity, TrustContext()).signer.public_key_sha256
    return SeenCertificate(identity.sha256, public, moment, moment, vouched)


def test_another_key_than_before_is_c_until_it_is_pinned_and_the_old_one_stays_as_it_was(pki):
    old, new = pki.issue(ANNA), pki.issue(ANNA)
    known = {ANNA: (seen(old, 100), seen(new, 1))}
    assert letter(old, anchored(pki, known=known)) == "Y"
    assert letter(new, anchored(pki, known=known)) == "C"
    assert letter(new, anchored(pki, known=known, pins=frozenset({(ANNA, new.sha256)}))) == "Y"


def test_a_renewal_with_the_same_key_is_no_change(pki):
    private = make_key("ecdsa")
    old, new = pki.issue(ANNA, key=private), pki.issue(ANNA, key=private)
    check = judge(new, anchored(pki, known={ANNA: (seen(old, 100),)}))
    assert check.continuity is Continuity.SAME


def test_an_invented_early_signing_time_does_not_make_a_stranger_the_first(pki):
    pinned, stranger = pki.issue(ANNA, self_signed=True), pki.issue(ANNA, self_signed=True)
    trust = TrustContext(pins=frozenset({(ANNA, pinned.sha256)}), known={ANNA: (seen(pinned, 1),)})
    assert letter(stranger, trust, signing_time=NOT_BEFORE + timedelta(days=1)) == "C"
    assert letter(pinned, trust) == "Y"


def test_a_stranger_s_backdated_mail_does_not_break_the_continuity_of_whom_an_authority_vouches_for(pki):
    """Signing times are the signer's word, so who is unknown must not say who came first."""
    anna, stranger = pki.issue(ANNA), pki.issue(ANNA, self_signed=True)
    known = {ANNA: (seen(stranger, 400, vouched=False), seen(anna, 9))}
    assert letter(anna, anchored(pki, known=known)) == "Y"
    assert letter(stranger, anchored(pki, known=known)) == "C"
    assert letter(stranger, anchored(pki, known={ANNA: (seen(anna, 9),)}), signing_time=NOT_BEFORE) == "C"


def test_of_two_whom_nobody_vouched_for_the_later_one_is_c(pki):
    old, new = pki.issue(ANNA), Pki("Elsewhere").issue(ANNA, self_signed=True)
    known = {ANNA: (seen(old, 400, vouched=False), seen(new, 9, vouched=False))}
    assert letter(new, anchored(pki, known=known)) == "C"
    assert letter(old, TrustContext(known=known)) == "N"


def test_outliving_a_certificate_gives_what_judging_anew_would_give(pki):
    for self_signed in (False, True):
        identity = pki.issue(ANNA, not_after=ENDED, self_signed=self_signed)
        trust = anchored(pki, pins=frozenset({(ANNA, identity.sha256)}))
        made, later = ENDED - timedelta(days=9), ENDED + timedelta(days=9)
        before = judge(identity, trust, signing_time=made, now=made)
        assert before.holds_until == ENDED + timedelta(seconds=1)
        assert decide(before).letter == "Y"
        assert outlive(before, made, timed=True) is before
        assert outlive(before, later, timed=True) == judge(identity, trust, signing_time=made, now=later)
        assert outlive(before, later, timed=False) is None


def test_what_an_issuer_s_end_changes_only_the_message_itself_can_tell(pki):
    below = pki.authority("Below", above=pki.ca, not_after=ENDED)
    check = judge(
        pki.issue(ANNA, ca=below), anchored(pki), signing_time=ENDED - timedelta(days=9), now=ENDED - timedelta(days=9)
    )
    assert check.holds_until == ENDED + timedelta(seconds=1)
    assert outlive(check, ENDED + timedelta(days=1), timed=True) is None


def test_a_certificate_that_is_not_valid_yet_is_looked_at_again_when_it_begins(pki):
    begin = NOW + timedelta(days=1)
    assert judge(pki.issue(ANNA, not_before=begin), anchored(pki), signing_time=None).holds_until == begin


def test_relabelling_gives_what_judging_anew_would_give(pki):
    own, other = pki.issue(ANNA, self_signed=True), pki.issue(ANNA)
    for identity in (own, other):
        for known in ({}, {ANNA: (seen(own, 9), seen(other, 5))}, {ANNA: (seen(other, 9), seen(own, 5))}):
            for pins in (frozenset(), frozenset({(ANNA, own.sha256)}), frozenset({(ANNA, other.sha256)})):
                fresh = judge(identity, anchored(pki, known=known, pins=pins))
                for before in (anchored(pki), anchored(pki, pins=frozenset({(ANNA, identity.sha256)}))):
                    assert relabel(judge(identity, before), pins, known) == fresh


def test_the_path_is_checked_at_the_time_of_judgement(pki):
    identity = pki.issue(ANNA)
    assert judge(identity, anchored(pki)).path is PathState.VALID
    assert letter(identity, anchored(pki), now=datetime(2040, 1, 1, tzinfo=UTC)) == "E"


def test_a_certificate_without_a_defined_end_never_ends(pki):
    """RFC 5280 section 4.1.2.5: 99991231235959Z."""
    identity = pki.issue(ANNA, not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert letter(identity, anchored(pki)) == "Y"
