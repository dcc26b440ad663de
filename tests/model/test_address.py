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


def test_letters_that_older_rules_folded_together_stay_two_addresses() -> None:
    """RFC 5891: ß, final sigma and the joiners are letters of their own; nobody may speak for a look-alike."""
    assert address_key("anna@straße.example") != address_key("anna@strasse.example")
    assert address_key("anna@straße.example") == address_key("anna@xn--strae-oqa.example")
    assert address_key("straße@clinic.example") != address_key("strasse@clinic.example")
    assert address_key("J\u00d6rg@clinic.example") == address_key("JO\u0308rg@clinic.example")
