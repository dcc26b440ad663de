"""Addresses that the eye takes for one another (UTS #39)."""

import pytest

from tui_mail.model.address import address_key
from tui_mail.trust.lookalike import look_alike


@pytest.mark.parametrize(
    "twin",
    [
        "ben@lab-c1inic.example",
        "ben@lab-сlinic.example",  # Cyrillic es
        "bеn@lab-clinic.example",  # Cyrillic ie
        "ben@lаb-clinic.example",  # Cyrillic a
        "ben@lab-cliníc.example",
        "ben@lab-clinlc.example",
        "BEN@lab_clinic.example",
    ],
)
def test_twins_are_found_whatever_their_letters(twin: str) -> None:
    assert look_alike(address_key(twin), "ben@lab-clinic.example")


@pytest.mark.parametrize(
    ("one", "other"),
    [("info@modern.example", "info@modem.example"), ("a@vveb.test", "a@web.test"), ("a@g00d.test", "a@good.test")],
)
def test_pairs_and_figures_count_as_letters(one: str, other: str) -> None:
    assert look_alike(one, other)


@pytest.mark.parametrize(
    "other",
    ["ben@lab-clinic.example", "ken@lab-clinic.example", "ben@lab-clinic.test", "ben@labclinic.example",
     "бен@lab-clinic.example", "ben@xn--broken-\u00e4.example", "ben@xn--99999999.example"],
)  # fmt: skip
def test_the_same_address_and_different_ones_are_no_twins(other: str) -> None:
    assert not look_alike(address_key(other), "ben@lab-clinic.example")
