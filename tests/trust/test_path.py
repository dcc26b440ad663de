"""Paths up to a trusted root: NIST's suite first, then hostile pools, the cache and revocation."""

import importlib.util
import json
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from asn1crypto.x509 import PolicyMappings
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.pki import NOT_AFTER, NOT_BEFORE, NOW, Pki
from tests.vectors import vectors
from tui_mail.model.security import PathState, Revocation
from tui_mail.trust import path as path_module
from tui_mail.trust import usage
from tui_mail.trust.chains import MAX_DEPTH, Material
from tui_mail.trust.path import check_path

PKITS_TIME = datetime(2011, 4, 15, tzinfo=UTC)
DSA = {"valid_dsa_signatures_test4", "valid_dsa_parameter_inheritance_test5"}


@pytest.fixture(scope="module")
def pki():
    return Pki()


def pkits_folder() -> Path:
    spec = importlib.util.find_spec("cryptography_vectors")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("cryptography-vectors is not installed")
    return Path(spec.submodule_search_locations[0]) / "x509" / "PKITS_data"


def test_pkits_paths_are_accepted_and_refused_as_nist_says():
    """All cases with the default inputs of RFC 5280 section 6.1.1, which are the only ones that mail uses."""
    folder = pkits_folder()
    anchor = (folder / "certs" / "TrustAnchorRootCertificate.crt").read_bytes()
    root_list = (folder / "crls" / "TrustAnchorRootCRL.crl").read_bytes()
    differing, compared = set(), 0
    for case in json.loads(vectors("pkits", "expected.json").read_text()):
        if case.get("params") and "error" in case:
            continue
        pool = tuple((folder / "certs" / name).read_bytes() for name in case.get("other_certs", ()))
        lists = (*((folder / "crls" / name).read_bytes() for name in case.get("crls", ())), root_list)
        leaf = (folder / "certs" / case["cert"]).read_bytes()
        found = check_path(leaf, Material(pool, (anchor,), lists), PKITS_TIME, revocation=True)
        accepted = found.anchored and found.state is PathState.VALID and found.revocation is Revocation.GOOD
        compared += 1
        if accepted != ("error" not in case):
            differing.add(case["name"])
    assert compared > 220
    assert differing == DSA


def test_a_path_over_an_intermediate_authority_reaches_the_anchor(pki):
    below = pki.authority("Below", above=pki.ca)
    leaf = pki.issue("anna@clinic.example", ca=below)
    found = check_path(leaf.certificate, Material((below.certificate,), (pki.ca.certificate,)), NOW, revocation=False)
    assert (found.state, found.anchored) == (PathState.VALID, True)
    assert len(found.chain) == 3
    assert found.chain[0] == leaf.sha256


def test_without_the_intermediate_nobody_vouches_and_nothing_is_wrong(pki):
    leaf = pki.issue("anna@clinic.example", ca=pki.authority("Absent", above=pki.ca))
    found = check_path(leaf.certificate, Material((), (pki.ca.certificate,)), NOW, revocation=False)
    assert (found.state, found.anchored) == (PathState.VALID, False)


def test_a_forged_certificate_in_the_name_of_a_trusted_root_is_invalid(pki):
    forger = Pki("Test Root")
    leaf = forger.issue("anna@clinic.example")
    material = Material((forger.ca.certificate,), (pki.ca.certificate,))
    found = check_path(leaf.certificate, material, NOW, revocation=False)
    assert not found.anchored  # another key identifier: simply another root of the same name

    private = forger.ca
    private.x509 = pki.ca.x509
    bare = forger.issue("anna@clinic.example", ca=private)
    found = check_path(bare.certificate, Material((), (pki.ca.certificate,)), NOW, revocation=False)
    assert not (found.anchored and found.state is PathState.VALID)


def test_a_root_that_came_with_the_message_is_never_trusted(pki):
    other = Pki("Other")
    leaf = other.issue("anna@clinic.example")
    found = check_path(
        leaf.certificate, Material((other.ca.certificate,), (pki.ca.certificate,)), NOW, revocation=False
    )
    assert not found.anchored


def test_an_ordinary_certificate_cannot_issue_others_even_below_an_anchor(pki):
    """RFC 5280 section 6.1.4 (k)."""
    middle = pki.issue("mallory@evil.example")
    fake = pki.authority("unused")
    fake.private, fake.x509 = path_key(middle), middle.x509
    leaf = pki.issue("boss@clinic.example", ca=fake)
    found = check_path(leaf.certificate, Material((middle.certificate,), (pki.ca.certificate,)), NOW, revocation=False)
    assert (found.anchored, found.state) == (True, PathState.INVALID)
    anchored = check_path(leaf.certificate, Material((), (middle.certificate,)), NOW, revocation=False)
    assert not anchored.anchored


def path_key(identity):
    from cryptography.hazmat.primitives import serialization

    return serialization.load_der_private_key(identity.key.pkcs8(), None)


def test_name_constraints_of_an_issuer_hold(pki):
    """RFC 5280 section 4.2.1.10."""
    constraints = x509.NameConstraints([x509.RFC822Name("clinic.example")], None)
    below = pki.authority("Constrained", above=pki.ca, extensions=[(constraints, True)])
    material = Material((below.certificate,), (pki.ca.certificate,))
    inside = pki.issue("anna@clinic.example", ca=below)
    outside = pki.issue("anna@bank.example", ca=below)
    assert check_path(inside.certificate, material, NOW, revocation=False).state is PathState.VALID
    assert check_path(outside.certificate, material, NOW, revocation=False).state is PathState.INVALID


@pytest.mark.parametrize(
    ("constraint", "allowed", "forbidden"),
    [
        ("clinic.example", ("anna@clinic.example",), ("anna@sub.clinic.example", "anna@notclinic.example")),
        (".clinic.example", ("anna@sub.clinic.example",), ("anna@clinic.example", "anna@notclinic.example")),
        ("anna@clinic.example", ("anna@clinic.example",), ("bert@clinic.example",)),
    ],
)
def test_name_constraints_hold_for_every_address_wherever_it_stands(pki, constraint, allowed, forbidden):
    """RFC 5280 section 4.2.1.10, RFC 9598 section 6: also for emailAddress beside an alternative name, and for
    SmtpUTF8Mailbox; else an authority for one domain could speak for all."""
    below = pki.authority(
        "Confined", above=pki.ca, extensions=[(x509.NameConstraints([x509.RFC822Name(constraint)], None), True)]
    )
    material = Material((below.certificate,), (pki.ca.certificate,))
    for address in allowed:
        assert check_path(pki.issue(address, ca=below).certificate, material, NOW, revocation=False).state == "valid"
    for address in forbidden:
        for identity in (
            pki.issue(address, ca=below),
            pki.issue(allowed[0], ca=below, legacy_address=address),
            pki.issue(f"\u0430{address}", ca=below),
        ):
            found = check_path(identity.certificate, material, NOW, revocation=False)
            assert (found.state, found.anchored) == ("invalid", True), address


OTHER = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x01a")


@pytest.mark.parametrize(
    "excluded",
    [
        [OTHER],
        [x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4"))],
    ],
)
def test_constraints_on_names_that_mail_has_not_are_no_hindrance(pki, excluded):
    """RFC 5280 section 4.2.1.10: a form that cannot be processed matters where such a name appears below."""
    names = x509.NameConstraints([x509.RFC822Name("clinic.example")], excluded)
    below = pki.authority("Mixed", above=pki.ca, extensions=[(names, True)])
    material = Material((below.certificate,), (pki.ca.certificate,))
    leaf = pki.issue("anna@clinic.example", ca=below)
    assert check_path(leaf.certificate, material, NOW, revocation=False).state is PathState.VALID
    both = x509.SubjectAlternativeName([x509.RFC822Name("anna@clinic.example"), excluded[0]])
    leaf = pki.issue("", name="Anna", addresses=(), ca=below, extensions=[(both, False)])
    found = check_path(leaf.certificate, material, NOW, revocation=False)
    assert found.state is PathState.UNDETERMINED
    assert "limits names" in found.reason


@pytest.mark.parametrize(
    ("permitted", "excluded", "addresses", "holds"),
    [
        ((), ("0.0.0.0/0", "::/0"), (), True),
        ((), ("0.0.0.0/0",), ("192.0.2.1",), False),
        ((), ("0.0.0.0/0",), ("2001:db8::1",), True),
        (("192.0.2.0/24",), (), ("192.0.2.1", "192.0.2.255"), True),
        (("192.0.2.0/24",), (), ("192.0.2.1", "192.0.3.1"), False),
        (("192.0.2.0/24", "2001:db8::/32"), ("192.0.2.128/25",), ("192.0.2.1", "2001:db8::1"), True),
        (("192.0.2.0/24", "2001:db8::/32"), ("192.0.2.128/25",), ("192.0.2.129",), False),
        (("192.0.2.0/24",), (), ("2001:db8::1",), False),
    ],
)
def test_constraints_on_ip_addresses_are_compared(pki, permitted, excluded, addresses, holds):
    """RFC 5280 section 4.2.1.10; certificates for mail seldom carry addresses of this kind, but some do."""
    inside, outside = ([x509.IPAddress(ip_network(one)) for one in ones] or None for ones in (permitted, excluded))
    below = pki.authority("Net", above=pki.ca, extensions=[(x509.NameConstraints(inside, outside), True)])
    names = [x509.RFC822Name("anna@clinic.example"), *(x509.IPAddress(ip_address(one)) for one in addresses)]
    extensions = [(x509.SubjectAlternativeName(names), False)]
    leaf = pki.issue("", name="Anna", addresses=(), ca=below, extensions=extensions)
    found = check_path(leaf.certificate, Material((below.certificate,), (pki.ca.certificate,)), NOW, revocation=False)
    assert found.state is (PathState.VALID if holds else PathState.INVALID)


def test_an_issuer_with_a_curve_that_is_too_short_vouches_for_nobody(pki):
    """P-192 is as weak as RSA with 1,536 bits; what is refused in a person's own key is refused above it."""
    for short, found in (("ecdsa-p192", PathState.INVALID), ("ecdsa", PathState.VALID)):
        below = pki.authority("Short", above=pki.ca, key=short)
        leaf = pki.issue("anna@clinic.example", ca=below)
        material = Material((below.certificate,), (pki.ca.certificate,))
        assert check_path(leaf.certificate, material, NOW, revocation=False).state is found


def test_the_deadline_cuts_inside_of_one_path_and_what_it_cut_is_asked_again(pki, monkeypatch):
    """Each look at the clock is a second here: the third signature of five is never verified."""
    chain = [pki.ca]
    for number in range(4):
        chain.append(pki.authority(f"Slow {number}", above=chain[-1]))
    leaf = pki.issue("anna@clinic.example", ca=chain[-1])
    material = Material(tuple(one.certificate for one in chain[1:]), (pki.ca.certificate,))
    seconds = iter(range(1_000))
    asked = []
    real = usage.Usage.signature_algorithm_allowed

    def count(*arguments, **named):
        asked.append(1)
        return real(*arguments, **named)

    monkeypatch.setattr(usage.Usage, "signature_algorithm_allowed", count)
    with monkeypatch.context() as patch:
        patch.setattr(usage.time, "thread_time", lambda: next(seconds))
        patch.setattr(path_module, "DEADLINE_SECONDS", 7)
        found = check_path(leaf.certificate, material, NOW, revocation=False)
    assert (found.state, found.anchored) == (PathState.UNDETERMINED, True)
    assert "too long" in found.reason
    assert len(asked) == 3
    assert check_path(leaf.certificate, material, NOW, revocation=False).state is PathState.VALID


def test_an_issuer_that_is_limited_to_web_servers_cannot_issue_for_mail(pki):
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    below = pki.authority("Web only", above=pki.ca, extensions=[(purposes, False)])
    leaf = pki.issue("anna@clinic.example", ca=below)
    found = check_path(leaf.certificate, Material((below.certificate,), (pki.ca.certificate,)), NOW, revocation=False)
    assert found.state is PathState.INVALID
    assert "e-mail" in found.reason


def test_revocation_has_three_answers(pki):
    """RFC 8550 section 4: good, revoked and unknown are never mixed."""
    leaf = pki.issue("anna@clinic.example")
    anchors = (pki.ca.certificate,)
    for lists, expected in (
        ((), Revocation.UNKNOWN),
        ((pki.ca.crl(),), Revocation.GOOD),
        ((pki.ca.crl(leaf),), Revocation.REVOKED),
        ((pki.ca.crl(this_update=NOW - timedelta(days=90)),), Revocation.UNKNOWN),
        ((Pki().ca.crl(leaf),), Revocation.UNKNOWN),
        ((b"rubbish",), Revocation.UNKNOWN),
    ):
        found = check_path(leaf.certificate, Material((), anchors, lists), NOW, revocation=True)
        assert found.revocation is expected
        assert (found.state is PathState.INVALID) == (expected is Revocation.REVOKED)
    assert (
        check_path(leaf.certificate, Material((), anchors), NOW, revocation=False).revocation is Revocation.NOT_CHECKED
    )


def test_a_revoked_certificate_is_found_even_when_its_issuers_list_is_missing(pki):
    below = pki.authority("Below", above=pki.ca)
    leaf = pki.issue("anna@clinic.example", ca=below)
    material = Material((below.certificate,), (pki.ca.certificate,), (below.crl(leaf),))
    assert check_path(leaf.certificate, material, NOW, revocation=True).revocation is Revocation.REVOKED


def test_a_pool_of_hostile_certificates_ends_soon(pki):
    """Hundreds of authorities that all carry one name and issue each other."""
    crowd = []
    above = None
    for _ in range(60):
        above = pki.authority("Crowd", above=above)
        crowd.append(above)
    leaf = pki.issue("anna@clinic.example", ca=crowd[-1])
    pool = tuple(authority.certificate for authority in crowd) * 5
    begin = time.thread_time()
    found = check_path(leaf.certificate, Material(pool, (pki.ca.certificate,)), NOW, revocation=True)
    assert not found.anchored
    assert time.thread_time() - begin < path_module.DEADLINE_SECONDS


def test_two_hundred_cross_signed_authorities_end_soon(pki):
    """Fourteen names that all certify each other, and themselves in the anchor's name with a wrong signature."""
    crowd = [pki.authority(f"Crossed {number}") for number in range(14)]
    forged = [forge(pki.ca, one) for one in crowd]
    crossed = [forge(above, below, above.private) for above in crowd for below in crowd if above is not below]
    pool = (*forged, *crossed)
    assert len(pool) > 190
    leaf = pki.issue("anna@clinic.example", ca=crowd[0])
    begin = time.thread_time()
    for revocation in (False, True):
        material = Material(pool, (pki.ca.certificate,), (pki.ca.crl(),))
        found = check_path(leaf.certificate, material, NOW, revocation=revocation)
        assert found.state is PathState.INVALID
    assert time.thread_time() - begin < path_module.DEADLINE_SECONDS


def forge(above, below, private=None):
    """A certificate for `below` in the name of `above`."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(below.x509.subject)
        .issuer_name(above.x509.subject)
        .public_key(below.private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .add_extension(x509.BasicConstraints(True, None), critical=True)
    )
    return builder.sign(private or below.private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(("count", "state"), [(6, PathState.VALID), (40, PathState.INVALID)])
def test_a_forest_of_policies_is_refused_and_a_grove_is_not(pki, count, state):
    """RFC 9618: a tree of policies in which each is mapped to each grows with every certificate."""
    names = [f"1.2.3.{number}" for number in range(1, count + 1)]
    policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(name), None) for name in names])
    pairs = [{"issuer_domain_policy": one, "subject_domain_policy": other} for one in names for other in names]
    mappings = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), PolicyMappings(pairs).dump())
    above, pool = pki.ca, []
    for number in range(8):
        above = pki.authority(f"Policy {number}", above=above, extensions=[(policies, False), (mappings, False)])
        pool.append(above.certificate)
    leaf = pki.issue("anna@clinic.example", ca=above, extensions=[(policies, False)])
    found = check_path(leaf.certificate, Material(tuple(pool), (pki.ca.certificate,)), NOW, revocation=False)
    assert (found.anchored, found.state) == (True, state)


def test_a_path_longer_than_the_limit_is_not_followed(pki):
    above, pool = pki.ca, []
    for number in range(MAX_DEPTH + 2):
        above = pki.authority(f"Step {number}", above=above)
        pool.append(above.certificate)
    leaf = pki.issue("anna@clinic.example", ca=above)
    assert not check_path(
        leaf.certificate, Material(tuple(pool), (pki.ca.certificate,)), NOW, revocation=False
    ).anchored


def test_rubbish_in_the_pool_and_as_leaf_does_no_harm(pki):
    leaf = pki.issue("anna@clinic.example")
    material = Material((b"", b"rubbish", leaf.certificate[:-1]), (pki.ca.certificate, b"rubbish"))
    assert check_path(leaf.certificate, material, NOW, revocation=False).state is PathState.VALID
    assert not check_path(b"rubbish", material, NOW, revocation=False).anchored


def test_the_kept_answer_ends_with_the_certificate(pki):
    leaf = pki.issue("anna@clinic.example", not_after=NOW + timedelta(minutes=1))
    material = Material((), (pki.ca.certificate,))

    def at(seconds):
        return check_path(leaf.certificate, material, NOW + timedelta(seconds=seconds), revocation=False).state

    assert [at(0), at(59), at(60), at(70), at(0)] == [
        PathState.VALID,
        PathState.VALID,
        PathState.VALID,
        PathState.EXPIRED,
        PathState.VALID,
    ]


def test_an_answer_with_revocation_data_is_kept_for_an_hour_at_most(pki):
    leaf = pki.issue("anna@clinic.example")
    material = Material((), (pki.ca.certificate,), (pki.ca.crl(days=1),))
    assert check_path(leaf.certificate, material, NOW, revocation=True).revocation is Revocation.GOOD
    later = check_path(leaf.certificate, material, NOW + timedelta(days=2), revocation=True)
    assert later.revocation is Revocation.UNKNOWN


def test_an_ended_root_ends_what_it_issued(pki):
    root = Pki().authority("Old", not_after=NOW - timedelta(days=1))
    leaf = pki.issue("anna@clinic.example", ca=root, not_after=NOT_AFTER)
    found = check_path(leaf.certificate, Material((), (root.certificate,)), NOW, revocation=False)
    assert found.state is PathState.EXPIRED


def test_every_single_changed_byte_in_an_intermediate_is_survived_and_never_accepted(pki):
    below = pki.authority("Below", above=pki.ca)
    leaf = pki.issue("anna@clinic.example", ca=below).certificate
    der = below.certificate
    for position in range(len(der)):
        changed = der[:position] + bytes((der[position] ^ 0x41,)) + der[position + 1 :]
        found = check_path(leaf, Material((changed,), (pki.ca.certificate,)), NOW, revocation=False)
        assert not (found.anchored and found.state is PathState.VALID), position
