"""Direct secure messaging: a certificate without addresses speaks for the domains that it names (Applicability
Statement, section 4.1), and for nothing else; outside Direct it speaks for nobody."""

import pytest
from cryptography import x509

from tests.pki import NOW, Pki
from tui_mail.model.recipient import RecipientState
from tui_mail.model.security import AddressMatch, Integrity
from tui_mail.trust.address_match import match_address, speaks_for
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.trust.judge import judge_signer
from tui_mail.trust.recipient import Candidate, check_recipient

PKI = Pki()
ANNA = "anna@clinic.example"


def bound(*domains: str, addresses: tuple[str, ...] = ()):
    names = [*(x509.RFC822Name(address) for address in addresses), *(x509.DNSName(domain) for domain in domains)]
    return PKI.issue("clinic", addresses=(), extensions=((x509.SubjectAlternativeName(names), False),))


@pytest.mark.parametrize(
    ("domains", "expected"),
    [
        (("clinic.example",), AddressMatch.MATCH),
        (("CLINIC.example.",), AddressMatch.MATCH),
        (("other.example", "clinic.example"), AddressMatch.MATCH),
        (("example",), AddressMatch.MISMATCH),
        (("sub.clinic.example",), AddressMatch.MISMATCH),
        (("*.example",), AddressMatch.MISMATCH),
        (("*.clinic.example",), AddressMatch.MISMATCH),
        (("clinic.example.evil",), AddressMatch.MISMATCH),
        ((), AddressMatch.NO_ADDRESS),
    ],
)
def test_the_domain_must_be_the_very_domain(domains: tuple[str, ...], expected: AddressMatch) -> None:
    assert match_address((), (ANNA,), domains=domains) is expected


def test_a_certificate_with_an_address_speaks_for_that_address_alone() -> None:
    info = read_certificate(bound("clinic.example", addresses=("carl@clinic.example",)).certificate)
    assert info.addresses == ("carl@clinic.example",) and info.domains == ("clinic.example",)
    assert not speaks_for(info, ANNA, direct=True)
    assert speaks_for(info, "carl@clinic.example", direct=True)
    assert match_address(info.addresses, (ANNA,), domains=info.domains) is AddressMatch.MISMATCH


@pytest.mark.parametrize(("direct", "expected"), [(True, AddressMatch.MATCH), (False, AddressMatch.NO_ADDRESS)])
def test_only_a_direct_profile_matches_by_domain(direct: bool, expected: AddressMatch) -> None:
    check = judge_signer(
        integrity=Integrity.INTACT,
        certificate=bound("clinic.example").certificate,
        from_specs=(ANNA,),
        signing_time=NOW,
        trust=TrustContext(anchors=(PKI.ca.certificate,), direct=direct),
        now=NOW,
    )
    assert check.address_match is expected


def test_two_authors_are_ambiguous_for_a_domain_too() -> None:
    authors = (ANNA, "ben@clinic.example")
    assert match_address((), authors, domains=("clinic.example",)) is AddressMatch.AMBIGUOUS
    sender = ("ben@clinic.example",)
    assert match_address((), (ANNA,), sender_specs=sender, domains=("clinic.example",)) is AddressMatch.AMBIGUOUS


@pytest.mark.parametrize(("direct", "state"), [(True, RecipientState.READY), (False, RecipientState.MISSING)])
def test_a_recipient_of_the_domain_can_be_encrypted_to_in_direct_only(direct: bool, state: RecipientState) -> None:
    trust = TrustContext(anchors=(PKI.ca.certificate,), direct=direct)
    candidate = Candidate(bound("clinic.example").certificate)
    assert check_recipient(ANNA, [candidate], trust, NOW, trust_on_send=False, warning_days=30).state is state
