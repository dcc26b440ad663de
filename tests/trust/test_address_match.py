"""Whose address is it: RFC 8550 section 3, RFC 9598 and the tricks that people play with From."""

import time

import pytest

from tests.pki import Pki
from tui_mail.model.security import AddressMatch
from tui_mail.trust.address_match import hidden_address, match_address
from tui_mail.trust.certificate import read_certificate

ANNA = ("anna@clinic.example",)


@pytest.mark.parametrize(
    ("addresses", "author", "expected"),
    [
        (ANNA, "anna@clinic.example", "match"),
        (ANNA, "Anna@CLINIC.Example", "match"),
        (ANNA, "anna@clinic.example.", "match"),
        (ANNA, "anna@clinic.example.evil", "mismatch"),
        (ANNA, "anna@clinik.example", "mismatch"),
        (("x@y.example", "anna@clinic.example"), "anna@clinic.example", "match"),
        (("anna@xn--bcher-kva.example",), "anna@bücher.example", "match"),
        (("jörg@xn--bcher-kva.example",), "jörg@bücher.example", "match"),
        (("jorg@bucher.example",), "jörg@bücher.example", "mismatch"),
        (("clinic.example",), "anna@clinic.example", "mismatch"),
        ((), "anna@clinic.example", "no address"),
    ],
)
def test_addresses_are_compared_without_case_and_domains_as_a_labels(addresses, author, expected):
    assert match_address(addresses, (author,)) is AddressMatch(expected)


@pytest.mark.parametrize("authors", [(), ("",), ("anna",), ("anna@clinic.example", "eve@evil.example")])
def test_no_author_and_several_authors_are_never_a_match(authors):
    assert match_address(ANNA, authors) is AddressMatch.AMBIGUOUS


@pytest.mark.parametrize(
    "name",
    [
        "boss@clinic.example",
        "The Boss <boss@clinic.example>",
        "boss＠clinic.example",
        '"boss@clinic.example"',
        "boss\v@bank.example",
        "boss @ bank.example",
        "boss\u00a0@\u200abank.example",
        "boss (at) bank.example",
        "boss[AT]bank.example",
        "boss'@'bank.example",
        "a@b@bank.example",
    ],
)
def test_a_display_name_that_shows_another_address_is_never_a_match(name):
    assert match_address(ANNA, ANNA, (name,)) is AddressMatch.AMBIGUOUS


@pytest.mark.parametrize(
    "name", ["", "Anna", "anna@clinic.example", "Anna (Clinic) @ work", "Anna@", "Anna Berg @ clinic.example"]
)
def test_a_display_name_that_repeats_the_address_or_shows_none_is_fine(name):
    assert match_address(ANNA, ANNA, (name,)) is AddressMatch.MATCH
    assert hidden_address(name, ANNA[0]) == ""


@pytest.mark.parametrize("name", ["a" * 1_000_000, " " * 1_000_000, "@" * 1_000_000, "(at" * 300_000, "a@" * 300_000])
def test_a_long_name_is_looked_through_in_moments(name):
    begin = time.process_time()
    hidden_address(name, ANNA[0])
    assert time.process_time() - begin < 5


def test_a_sender_who_is_somebody_else_is_never_a_match():
    assert match_address(ANNA, ANNA, (), ("eve@evil.example",)) is AddressMatch.AMBIGUOUS
    assert match_address(ANNA, ANNA, (), ANNA) is AddressMatch.MATCH
    assert match_address(("eve@evil.example",), ANNA, (), ("eve@evil.example",)) is AddressMatch.MISMATCH


def test_addresses_come_from_alternative_names_and_from_the_old_attribute():
    """RFC 8550 section 3, RFC 9598 section 3."""
    identity = Pki().issue(
        "anna@clinic.example",
        addresses=["anna@clinic.example", "jörg@clinic.example"],
        legacy_address="old@clinic.example",
    )
    info = read_certificate(identity.certificate)
    assert set(info.addresses) == {"anna@clinic.example", "jörg@clinic.example", "old@clinic.example"}
