"""Which revocation list answers for which certificate (RFC 5280 section 6.3.3): short lists, which the validation
library reads, and long ones, which are looked up here, say the same.
"""

from datetime import timedelta

import pytest
from cryptography import x509

from tests.pki import NOW, Authority, Identity, Pki
from tui_mail.model.security import Revocation
from tui_mail.trust.chains import Material
from tui_mail.trust.long_list import LONG_LIST_BYTES
from tui_mail.trust.path import check_path
from tui_mail.trust.reasons import ALL_REASONS

GOOD, REVOKED, UNKNOWN = Revocation.GOOD, Revocation.REVOKED, Revocation.UNKNOWN
REASON = x509.ReasonFlags
STOLEN = frozenset({REASON.key_compromise, REASON.ca_compromise})
OTHER = ALL_REASONS - STOLEN
LONG = 8_000
LENGTHS = pytest.mark.parametrize("crowd", [0, LONG])
PKI = Pki()


def place(name: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(f"http://ca.test/{name}.crl")]


def scope(**given: object) -> tuple[x509.ExtensionType, bool]:
    """An issuing distribution point with these fields alone."""
    empty = dict.fromkeys(("full_name", "relative_name", "only_some_reasons"))
    flags = ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs")
    return x509.IssuingDistributionPoint(**{**empty, **dict.fromkeys(flags, False), **given}), True  # type: ignore[arg-type]


def leaf_at(*points: tuple[str, frozenset[x509.ReasonFlags] | None], ca: Authority | None = None) -> Identity:
    """A certificate with distribution points, each for some reasons or for all."""
    found = [x509.DistributionPoint(place(name), None, reasons, None) for name, reasons in points]
    return PKI.issue("anna@clinic.example", ca=ca, extensions=[(x509.CRLDistributionPoints(found), False)])


PLAIN, AT_A = PKI.issue("anna@clinic.example"), leaf_at(("a", None))
STOLEN_AT_A = leaf_at(("a", STOLEN))
SPLIT = leaf_at(("a", STOLEN), ("b", OTHER))
BOTH = leaf_at(("a", STOLEN), ("a", None))


def answer(leaf: Identity, *crls: bytes, pool: tuple[bytes, ...] = ()) -> Revocation:
    return check_path(
        leaf.certificate, Material(pool, (PKI.ca.certificate,), crls, ()), NOW, revocation=True
    ).revocation


def listed(crowd: int, *revoked: Identity, ca: Authority = PKI.ca, **fields: object) -> bytes:
    found = ca.crl(*revoked, crowd=crowd, extensions=[scope(**fields)] if fields else [])
    assert (len(found) > LONG_LIST_BYTES) is bool(crowd)
    return found


@LENGTHS
@pytest.mark.parametrize(
    ("leaf", "fields", "state"),
    [
        (PLAIN, {}, GOOD),
        (PLAIN, {"only_some_reasons": STOLEN}, UNKNOWN),
        (PLAIN, {"only_some_reasons": ALL_REASONS}, GOOD),
        (PLAIN, {"only_some_reasons": ALL_REASONS - {REASON.aa_compromise}}, UNKNOWN),
        (PLAIN, {"full_name": place("a")}, UNKNOWN),
        (PLAIN, {"only_contains_user_certs": True}, GOOD),
        (PLAIN, {"only_contains_ca_certs": True}, UNKNOWN),
        (PLAIN, {"only_contains_attribute_certs": True}, UNKNOWN),
        (AT_A, {}, GOOD),
        (AT_A, {"full_name": place("a")}, GOOD),
        (AT_A, {"full_name": place("b")}, UNKNOWN),
        (AT_A, {"full_name": place("a"), "only_some_reasons": STOLEN}, UNKNOWN),
        # The reasons of a distribution point hold for the list that lies there, and not for a list without a place.
        (STOLEN_AT_A, {}, GOOD),
        (STOLEN_AT_A, {"full_name": place("a")}, UNKNOWN),
        (STOLEN_AT_A, {"full_name": place("a"), "only_contains_user_certs": True}, UNKNOWN),
        (STOLEN_AT_A, {"full_name": place("a"), "only_some_reasons": ALL_REASONS}, UNKNOWN),
        (STOLEN_AT_A, {"only_contains_user_certs": True}, GOOD),
        (BOTH, {"full_name": place("a")}, GOOD),
    ],
)
def test_one_list_answers_only_for_its_certificates_and_reasons(
    crowd: int, leaf: Identity, fields: dict, state: Revocation
) -> None:
    assert answer(leaf, listed(crowd, **fields)) is state


@LENGTHS
def test_a_list_for_no_reason_at_all_answers_nothing(crowd: int) -> None:
    """An empty onlySomeReasons is not an absent one."""
    empty = x509.UnrecognizedExtension(x509.IssuingDistributionPoint.oid, bytes.fromhex("3003830100"))
    assert answer(PLAIN, PKI.ca.crl(crowd=crowd, extensions=[(empty, True)])) is UNKNOWN


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, LONG), (LONG, 0), (LONG, LONG)])
def test_lists_for_some_reasons_answer_when_together_they_are_for_all(first: int, second: int) -> None:
    """Section 6.3.3 (l), whichever way each of them is read."""
    stolen, other = listed(first, only_some_reasons=STOLEN), listed(second, only_some_reasons=OTHER)
    nearly = listed(second, only_some_reasons=OTHER - {REASON.superseded})
    assert answer(PLAIN, stolen, other) is GOOD
    assert answer(PLAIN, stolen, nearly) is UNKNOWN
    assert answer(PLAIN, stolen) is answer(PLAIN, other) is UNKNOWN
    at_a, at_b = listed(first, full_name=place("a")), listed(second, full_name=place("b"))
    assert answer(SPLIT, at_a, at_b) is GOOD
    assert answer(SPLIT, at_a) is answer(SPLIT, at_b) is UNKNOWN


def test_what_completes_the_reasons_must_be_the_issuers_and_in_time() -> None:
    liar = Authority(PKI.authority("Liar").private, PKI.ca.x509)
    at_a, old = listed(0, full_name=place("a")), NOW - timedelta(days=90)
    assert answer(SPLIT, at_a, listed(0, ca=liar, full_name=place("b"))) is UNKNOWN
    assert answer(SPLIT, at_a, PKI.ca.crl(this_update=old, extensions=[scope(full_name=place("b"))])) is UNKNOWN


@LENGTHS
def test_a_list_for_some_reasons_revokes_alone(crowd: int) -> None:
    for leaf, fields in (
        (PLAIN, {"only_some_reasons": STOLEN}),
        (STOLEN_AT_A, {"full_name": place("a")}),
        (SPLIT, {"full_name": place("b")}),
    ):
        assert answer(leaf, listed(crowd, leaf, **fields)) is REVOKED


def test_an_answer_of_another_kind_counts_beside_a_list_for_some_reasons() -> None:
    points = x509.CRLDistributionPoints([x509.DistributionPoint(place("a"), None, STOLEN, None)])
    where = x509.UniformResourceIdentifier("http://ca.test/ocsp")
    access = x509.AuthorityInformationAccess(
        [x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.OCSP, where)]
    )
    leaf = PKI.issue("anna@clinic.example", extensions=[(points, False), (access, False)])
    material = Material((), (PKI.ca.certificate,), (listed(0, full_name=place("a")),), (PKI.ca.ocsp(leaf),))
    assert check_path(leaf.certificate, material, NOW, revocation=True).revocation is GOOD


@LENGTHS
def test_a_list_of_authorities_answers_for_authorities_alone(crowd: int) -> None:
    below = PKI.authority("Below", above=PKI.ca)
    leaf, own = PKI.issue("anna@clinic.example", ca=below), below.crl()
    pool = (below.certificate,)
    assert answer(leaf, own, listed(crowd, only_contains_ca_certs=True), pool=pool) is GOOD
    assert answer(leaf, own, listed(crowd, only_contains_user_certs=True), pool=pool) is UNKNOWN
    assert answer(leaf, own, listed(crowd, only_some_reasons=STOLEN), pool=pool) is UNKNOWN


def named_by(issuer: Authority, reasons: frozenset[x509.ReasonFlags] | None = None) -> Identity:
    """A certificate whose lists are made by somebody else."""
    names = [x509.DirectoryName(issuer.x509.subject)]
    points = x509.CRLDistributionPoints([x509.DistributionPoint(None, None, reasons, names)])
    return PKI.issue("anna@clinic.example", extensions=[(points, False)])


def test_an_indirect_list_counts_where_the_certificate_names_its_issuer() -> None:
    """Section 6.3.3 (b)(1): the named issuer, and a list that says of itself that it is indirect."""
    office = PKI.authority("List Office", above=PKI.ca)
    leaf, pool = named_by(office), (office.certificate,)
    indirect = office.crl(extensions=[scope(indirect_crl=True)])
    assert answer(leaf, indirect, PKI.ca.crl(), pool=pool) is GOOD
    assert answer(leaf, office.crl(), PKI.ca.crl(), pool=pool) is UNKNOWN
    assert answer(leaf, PKI.ca.crl(), pool=pool) is UNKNOWN
    assert answer(PLAIN, indirect, pool=pool) is UNKNOWN
    stranger = Pki("Stranger").authority("List Office")
    lie = stranger.crl(extensions=[scope(indirect_crl=True)])
    assert answer(leaf, lie, PKI.ca.crl(), pool=(*pool, stranger.certificate)) is UNKNOWN
    assert answer(named_by(office, STOLEN), indirect, PKI.ca.crl(), pool=pool) is UNKNOWN


@LENGTHS
def test_a_change_list_counts_with_the_list_that_it_changes(crowd: int) -> None:
    """Section 6.3.3 (c), (h), (i): alone it answers nothing; it revokes, and it lifts a suspension."""
    freshest = (x509.FreshestCRL([x509.DistributionPoint(place("delta"), None, None, None)]), False)
    indicator = (x509.DeltaCRLIndicator(1), True)
    base, held = (PKI.ca.crl(*names, extensions=[freshest], crowd=crowd) for names in ((), (PLAIN,)))
    nothing, gone = PKI.ca.crl(extensions=[indicator]), PKI.ca.crl(PLAIN, extensions=[indicator])
    lifted = PKI.ca.crl(PLAIN, reason=REASON.remove_from_crl, extensions=[indicator])
    assert answer(PLAIN, nothing) is UNKNOWN
    assert answer(PLAIN, base) is GOOD  # a whole list in time counts; that there are changes is a service (5.2.4)
    assert answer(PLAIN, base, nothing) is GOOD
    assert answer(PLAIN, base, gone) is REVOKED
    assert answer(PLAIN, held) is REVOKED
    assert answer(PLAIN, held, nothing) is REVOKED
    assert answer(PLAIN, held, lifted) is GOOD
    liar = Authority(PKI.authority("Liar").private, PKI.ca.x509)
    assert answer(PLAIN, held, liar.crl(PLAIN, reason=REASON.remove_from_crl, extensions=[indicator])) is REVOKED
    assert answer(PLAIN, base, liar.crl(PLAIN, extensions=[indicator])) is GOOD


def test_changes_of_another_list_or_another_scope_change_nothing() -> None:
    """Section 6.3.3 (c): the numbers and the scope must fit."""
    freshest = (x509.FreshestCRL([x509.DistributionPoint(place("delta"), None, None, None)]), False)
    held = PKI.ca.crl(PLAIN, extensions=[freshest])
    for wrong in (
        [(x509.DeltaCRLIndicator(2), True)],
        [(x509.DeltaCRLIndicator(1), True), scope(full_name=place("b"))],
    ):
        assert answer(PLAIN, held, PKI.ca.crl(PLAIN, reason=REASON.remove_from_crl, extensions=wrong)) is REVOKED
    old = PKI.ca.crl(
        PLAIN,
        reason=REASON.remove_from_crl,
        this_update=NOW - timedelta(days=90),
        extensions=[(x509.DeltaCRLIndicator(1), True)],
    )
    assert answer(PLAIN, held, old) is REVOKED
