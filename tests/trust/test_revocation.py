"""Revocation lists and OCSP answers: three honest states whatever is handed in (RFC 5280 section 5, 6960, 9654)."""

import time
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_request
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tests.pki import NOW, Authority, Identity, Pki
from tui_mail.model.security import PathState, Revocation
from tui_mail.trust.chains import Material
from tui_mail.trust.long_list import LONG_LIST_BYTES
from tui_mail.trust.path import PathResult, check_path
from tui_mail.trust.revocation import (
    MAX_LIST_BYTES,
    Places,
    answer_validity,
    list_validity,
    ocsp_fits,
    ocsp_question,
    places,
)

GOOD, REVOKED, UNKNOWN = Revocation.GOOD, Revocation.REVOKED, Revocation.UNKNOWN


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def anna(pki: Pki) -> Identity:
    return asked_by_ocsp(pki, "anna@clinic.example")


def asked_by_ocsp(pki: Pki, address: str) -> Identity:
    """A certificate that names a responder: only such ones are answered for by OCSP."""
    place = x509.UniformResourceIdentifier("http://ca.test/ocsp")
    access = x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)])
    return pki.issue(address, extensions=[(access, False)])


def responder(pki: Pki, *, purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,), no_check: bool = True, ca=None) -> Identity:
    extensions = [(x509.OCSPNoCheck(), False)] if no_check else []
    return pki.issue("", addresses=(), name="Responder", purposes=purposes, extensions=extensions, ca=ca)


def found(
    pki: Pki, leaf: Identity, *ocsps: bytes, crls: tuple[bytes, ...] = (), pool: tuple[bytes, ...] = ()
) -> PathResult:
    return check_path(leaf.certificate, Material(pool, (pki.ca.certificate,), crls, ocsps), NOW, revocation=True)


def test_an_answer_of_the_issuer_itself_counts(pki: Pki, anna: Identity) -> None:
    result = found(pki, anna, pki.ca.ocsp(anna))
    assert result.revocation is GOOD
    assert (
        result.revocation_note
        == "Not revoked, says its issuer's answer (OCSP) of 31 May 2026, valid until 8 June 2026."
    )
    result = found(pki, anna, pki.ca.ocsp(anna, OCSPCertStatus.REVOKED, reason=x509.ReasonFlags.key_compromise))
    assert (result.state, result.revocation) == (PathState.INVALID, REVOKED)
    assert result.reason == "The certificate was revoked on 30 May 2026: its key fell into wrong hands."
    assert found(pki, anna, pki.ca.ocsp(anna, OCSPCertStatus.UNKNOWN)).revocation is UNKNOWN


def test_a_delegated_responder_needs_the_purpose_and_the_issuers_signature(pki: Pki, anna: Identity) -> None:
    """RFC 6960 section 4.2.2.2."""
    assert found(pki, anna, pki.ca.ocsp(anna, responder=responder(pki))).revocation is GOOD
    mail_only = responder(pki, purposes=(ExtendedKeyUsageOID.EMAIL_PROTECTION,))
    assert found(pki, anna, pki.ca.ocsp(anna, responder=mail_only)).revocation is UNKNOWN
    stranger = responder(Pki("Stranger"))
    assert found(pki, anna, pki.ca.ocsp(anna, responder=stranger)).revocation is UNKNOWN
    below = pki.authority("Below", above=pki.ca)
    nephew = responder(pki, ca=below)
    assert found(pki, anna, pki.ca.ocsp(anna, responder=nephew), pool=(below.certificate,)).revocation is UNKNOWN


def test_a_responder_without_nocheck_must_be_answered_for_too(pki: Pki, anna: Identity) -> None:
    """RFC 6960 section 4.2.2.2.1."""
    helper = responder(pki, no_check=False)
    answer = pki.ca.ocsp(anna, responder=helper)
    assert found(pki, anna, answer).revocation is UNKNOWN
    assert found(pki, anna, answer, crls=(pki.ca.crl(),)).revocation is GOOD
    lost = found(pki, anna, answer, pki.ca.ocsp(anna), crls=(pki.ca.crl(helper),))
    assert lost.revocation is GOOD  # the list of the issuer itself still answers for Anna


def test_answers_of_a_wrong_signer_or_time_or_for_others_say_nothing(pki: Pki, anna: Identity) -> None:
    other = asked_by_ocsp(pki, "bert@clinic.example")
    liar = Pki("Liar")
    for answer in (
        liar.ca.ocsp(anna, issuer=pki.ca),
        liar.ca.ocsp(anna, OCSPCertStatus.REVOKED, issuer=pki.ca),
        pki.ca.ocsp(other),
        pki.ca.ocsp(other, OCSPCertStatus.REVOKED),
        pki.ca.ocsp(anna, this_update=NOW - timedelta(days=30)),
        pki.ca.ocsp(anna, this_update=NOW + timedelta(days=30)),
        pki.ca.ocsp(anna)[:-1],
        b"rubbish",
        b"",
    ):
        result = found(pki, anna, answer)
        assert (result.state, result.revocation) == (PathState.VALID, UNKNOWN)
        assert result.revocation_note.startswith("Whether it was revoked is not checked")


def test_a_changed_answer_says_nothing(pki: Pki, anna: Identity) -> None:
    answer = pki.ca.ocsp(anna, OCSPCertStatus.REVOKED)
    for position in range(0, len(answer), 7):
        changed = answer[:position] + bytes((answer[position] ^ 0x41,)) + answer[position + 1 :]
        assert found(pki, anna, changed).revocation is not GOOD


def test_a_bad_answer_never_hides_a_revocation_on_a_list(pki: Pki, anna: Identity) -> None:
    old = pki.ca.ocsp(anna, this_update=NOW - timedelta(days=30))
    assert found(pki, anna, old, crls=(pki.ca.crl(anna),)).revocation is REVOKED


def test_a_good_answer_never_hides_a_revocation_on_a_list(pki: Pki, anna: Identity) -> None:
    for crowd in (0, LONG):
        assert found(pki, anna, pki.ca.ocsp(anna), crls=(pki.ca.crl(anna, crowd=crowd),)).revocation is REVOKED
        assert found(pki, anna, pki.ca.ocsp(anna), crls=(pki.ca.crl(crowd=crowd),)).revocation is GOOD


def test_lists_are_told_with_their_dates(pki: Pki, anna: Identity) -> None:
    assert found(pki, anna, crls=(pki.ca.crl(),)).revocation_note == (
        "Not revoked, says its issuer's list of 31 May 2026, valid until 1 July 2026."
    )
    stale = found(pki, anna, crls=(pki.ca.crl(this_update=NOW - timedelta(days=90)),))
    assert (stale.revocation, stale.revocation_note[-35:]) == (UNKNOWN, "that is here ended on 2 April 2026.")
    future = found(pki, anna, crls=(pki.ca.crl(this_update=NOW + timedelta(days=90)),))
    assert (future.revocation, future.revocation_note[-23:]) == (UNKNOWN, "which has not come yet.")
    assert found(pki, anna).revocation_note.endswith("no list or answer of its issuer is here.")
    why = found(pki, anna, crls=(pki.ca.crl(anna, reason=x509.ReasonFlags.superseded),)).reason
    assert why == "The certificate was revoked on 30 May 2026: another one took its place."


def test_when_only_an_authority_is_not_answered_for_that_is_said(pki: Pki) -> None:
    below = pki.authority("Below", above=pki.ca)
    leaf = pki.issue("anna@clinic.example", ca=below)
    half = found(pki, leaf, crls=(below.crl(),), pool=(below.certificate,))
    assert half.revocation is UNKNOWN
    assert "every authority above it" in half.revocation_note
    whole = found(pki, leaf, crls=(below.crl(), pki.ca.crl()), pool=(below.certificate,))
    assert whole.revocation is GOOD


def test_places_are_the_web_addresses_and_nothing_else(pki: Pki) -> None:
    def uri(text: str) -> x509.UniformResourceIdentifier:
        return x509.UniformResourceIdentifier(text)

    points = x509.CRLDistributionPoints(
        [
            x509.DistributionPoint([uri("ldap://ca.test/cn=x"), uri("http://ca.test/a.crl")], None, None, None),
            x509.DistributionPoint([uri(f"http://ca.test/{n}.crl") for n in range(20)], None, None, None),
        ]
    )
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, uri("http://ca.test/ocsp")),
            x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, uri("https://ca.test/ca.p7c")),
            x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, uri("file:///etc/passwd")),
        ]
    )
    leaf = pki.issue("anna@clinic.example", extensions=[(points, False), (access, False)])
    named = places(leaf.certificate)
    assert named.lists[0] == "http://ca.test/a.crl"
    assert len(named.lists) == 4
    assert (named.responders, named.issuers) == (("http://ca.test/ocsp",), ("https://ca.test/ca.p7c",))
    assert places(b"rubbish") == Places()
    assert places(pki.issue("bert@clinic.example").certificate) == Places()


def test_a_question_names_the_certificate_and_carries_the_nonce(pki: Pki, anna: Identity) -> None:
    question = load_der_ocsp_request(ocsp_question(anna.certificate, pki.ca.certificate, b"n" * 32))
    assert question.serial_number == anna.x509.serial_number
    assert question.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 32


def test_an_answer_to_somebody_elses_question_does_not_fit(pki: Pki, anna: Identity) -> None:
    """RFC 9654 section 2.1: an echoed nonce must be ours; an answer without one may be a cached one."""
    assert ocsp_fits(pki.ca.ocsp(anna, nonce=b"n" * 32), b"n" * 32)
    assert not ocsp_fits(pki.ca.ocsp(anna, nonce=b"m" * 32), b"n" * 32)
    assert ocsp_fits(pki.ca.ocsp(anna), b"n" * 32)
    assert not ocsp_fits(b"\x30\x03\x0a\x01\x03", b"")  # tryLater
    assert not ocsp_fits(b"rubbish", b"")


def test_dates_are_read_and_rubbish_has_none(pki: Pki, anna: Identity) -> None:
    listed, answered = list_validity(pki.ca.crl()), answer_validity(pki.ca.ocsp(anna))
    assert listed is not None
    assert listed.next_update == NOW + timedelta(days=30)
    assert answered is not None
    assert answered.this_update == NOW - timedelta(days=1)
    assert list_validity(b"rubbish") is None
    assert list_validity(b"\x30" * (MAX_LIST_BYTES + 1)) is None
    assert answer_validity(b"rubbish") is None


def test_the_lists_of_hundreds_of_other_authorities_cost_nothing(pki: Pki, anna: Identity) -> None:
    others = tuple(Authority(pki.ca.private, pki.authority(f"A{n}").x509).crl() for n in range(100))
    assert found(pki, anna, crls=(*others, pki.ca.crl())).revocation is GOOD
    assert found(pki, anna, crls=(*others, pki.ca.crl(anna))).revocation is REVOKED


LONG = 8_000
"""So many entries make a list that is looked up the quick way."""


@pytest.mark.parametrize("below", [False, True])
def test_long_lists_say_the_same_as_short_ones(pki: Pki, below: bool) -> None:
    ca = pki.authority("Big", above=pki.ca) if below else pki.ca
    leaf, other = pki.issue("anna@clinic.example", ca=ca), pki.issue("bert@clinic.example", ca=ca)
    pool = (ca.certificate,) if below else ()
    month = timedelta(days=90)
    liar = Authority(pki.authority("Liar").private, ca.x509)
    for named, how in (
        ((), {}),
        ((other,), {}),
        ((leaf,), {"reason": x509.ReasonFlags.key_compromise}),
        ((), {"this_update": NOW - month}),
        ((), {"this_update": NOW + month}),
    ):
        short, long = ca.crl(*named, **how), ca.crl(*named, crowd=LONG, **how)
        assert len(short) < LONG_LIST_BYTES < len(long)
        above = (pki.ca.crl(),) if below else ()
        expected = found(pki, leaf, crls=(short, *above), pool=pool)
        assert found(pki, leaf, crls=(long, *above), pool=pool) == expected
        assert found(pki, leaf, crls=(liar.crl(*named, crowd=LONG, **how), *above), pool=pool).revocation is UNKNOWN


def test_a_long_list_answers_for_authorities_too(pki: Pki) -> None:
    ca = pki.authority("Below", above=pki.ca)
    leaf = pki.issue("anna@clinic.example", ca=ca)
    long = pki.ca.crl(crowd=LONG)
    assert found(pki, leaf, crls=(ca.crl(), long), pool=(ca.certificate,)).revocation is GOOD
    assert found(pki, leaf, crls=(long,), pool=(ca.certificate,)).revocation is UNKNOWN
    gone = pki.ca.crl(Identity("", "", ca.x509, leaf.key), crowd=LONG)
    revoked = found(pki, leaf, crls=(ca.crl(), gone), pool=(ca.certificate,))
    assert (revoked.revocation, revoked.reason) == (REVOKED, "An issuer's certificate was revoked on 30 May 2026.")


@pytest.mark.parametrize(
    ("scope", "answers"),
    [
        ({}, True),
        ({"only_contains_user_certs": True}, True),
        ({"only_contains_ca_certs": True}, False),
        ({"indirect_crl": True}, False),
        ({"only_some_reasons": frozenset({x509.ReasonFlags.superseded})}, False),
        ({"full_name": [x509.UniformResourceIdentifier("http://ca.test/a.crl")]}, True),
        ({"full_name": [x509.UniformResourceIdentifier("http://ca.test/other.crl")]}, False),
    ],
)
def test_a_long_list_for_others_is_no_answer(pki: Pki, scope: dict, answers: bool) -> None:
    """RFC 5280 section 6.3.3 (b)(2)."""
    points = [x509.DistributionPoint([x509.UniformResourceIdentifier("http://ca.test/a.crl")], None, None, None)]
    leaf = pki.issue("anna@clinic.example", extensions=[(x509.CRLDistributionPoints(points), False)])
    nothing = dict.fromkeys(("full_name", "relative_name", "only_some_reasons"))
    flags = dict.fromkeys(
        ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs"), False
    )
    extensions = [(x509.IssuingDistributionPoint(**{**nothing, **flags, **scope}), True)] if scope else []
    listed = pki.ca.crl(crowd=LONG, extensions=extensions)
    assert found(pki, leaf, crls=(listed,)).revocation is (GOOD if answers else UNKNOWN)


def test_a_long_list_is_looked_up_in_moments(pki: Pki, anna: Identity) -> None:
    listed = pki.ca.crl(anna, crowd=80_000)
    assert len(listed) > 10 * LONG_LIST_BYTES
    begin = time.thread_time()
    assert found(pki, anna, crls=(listed,)).revocation is REVOKED
    assert time.thread_time() - begin < 1.0
