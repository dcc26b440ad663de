from tui_mail.model.address import Address, address_key


def test_addresses_compare_without_case_in_local_part_and_domain() -> None:
    """RFC 8550 section 3."""
    assert Address("Anna.Berg@Clinic.TEST").key == Address("anna.berg@clinic.test").key


def test_an_international_domain_equals_its_a_label() -> None:
    """RFC 9598 section 3: domains are compared as A-labels."""
    assert address_key("anna@bücher.example") == address_key("anna@xn--bcher-kva.example")


def test_a_trailing_dot_of_the_domain_does_not_matter() -> None:
    assert address_key("anna@clinic.test.") == "anna@clinic.test"


def test_text_that_is_no_address_is_kept_comparable() -> None:
    assert address_key(" Undisclosed ") == "undisclosed"


def test_a_label_that_idna_refuses_does_not_raise() -> None:
    assert address_key("a@" + "ü" * 80 + ".test").startswith("a@")
