"""Which test holds which rule of the acceptance list for S/MIME clients; the functions must exist and be tests."""

import ast
from functools import lru_cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

RULES: dict[int, tuple[str, ...]] = {
    1: ("cms/test_signed.py::test_rfc5652_section_11_attributes_missing_doubled_or_malformed",),
    2: ("cms/test_signed.py::test_rfc8933_section_2_signature_and_content_have_one_digest",),
    3: (
        "cms/test_signed.py::test_rfc5652_section_5_4_attributes_in_the_signers_own_order_are_accepted",
        "cms/test_signed.py::test_a_streamed_object_with_indefinite_lengths_is_intact",
    ),
    4: (
        "cms/test_signed.py::test_without_any_signer_nothing_is_signed",
        "smime/test_vectors.py::test_signers_are_judged_separately_and_never_combined",
        "smime/test_two_signatures.py::test_two_signatures_are_judged_each_alone_and_both_are_good",
    ),
    5: (
        "cms/test_vectors_signed.py::"
        "test_rfc8551_section_3_5_3_a_detached_signature_with_a_content_of_its_own_is_malformed",
    ),
    6: (
        "cms/test_signed.py::test_signed_attributes_do_not_pass_as_a_content_of_their_own",
        "cms/test_signed.py::test_rfc6211_section_2_algorithm_protection_must_match",
    ),
    7: (
        "smime/test_rules.py::test_rule_7_a_signing_time_in_the_future_is_said",
        "cms/test_ber.py::test_rfc5652_section_11_3_times_go_there_and_back",
    ),
    8: (
        "cms/test_signed.py::test_every_certificate_with_the_key_identifier_is_tried",
        "cms/test_signed.py::test_rfc5035_section_5_another_signing_certificate_is_malformed",
    ),
    9: (
        "cms/test_signed.py::test_a_broken_signer_does_not_hide_another",
        "smime/test_rules.py::test_rule_9_a_broken_recipient_of_another_kind_does_not_block_ours",
    ),
    10: (
        "cms/test_enveloped.py::"
        "test_rfc5083_section_2_an_unauthenticated_cipher_does_not_pass_for_an_authenticated_one",
        "cms/test_enveloped.py::test_rfc5083_section_2_2_no_changed_byte_of_an_authenticated_message_yields_plaintext",
        "cms/test_enveloped.py::test_rfc8551_section_6_all_failures_say_the_same",
    ),
    11: (
        "cms/test_enveloped.py::test_rfc5084_section_3_2_shorter_tags_are_refused",
        "cms/test_rarer_algorithms.py::test_rfc5083_section_2_2_the_tag_covers_the_attributes_as_a_der_set",
    ),
    12: (
        "cms/test_enveloped.py::test_what_we_encrypt_opens",
        "cms/test_enveloped.py::test_rfc3218_section_2_3_2_a_wrong_rsa_block_fails_only_in_the_content",
        "smime/test_two_signatures.py::test_rule_12_what_is_announced_begins_with_what_we_prefer",
    ),
    13: (
        "cms/test_capabilities.py::test_the_strongest_cipher_that_all_announced_is_chosen",
        "smime/test_open.py::test_capabilities_come_only_from_intact_signatures",
        "smime/test_groups.py::test_an_old_program_gets_a_message_of_its_own",
    ),
    14: (
        "smime/test_two_signatures.py::"
        "test_rfc8551_section_2_5_3_the_preference_names_the_certificate_for_answers_and_brings_it_along",
    ),
    15: ("engine/test_send.py::test_a_bcc_recipient_gets_a_message_alone_and_nobody_else_learns_of_it",),
    16: (
        "cms/test_enveloped.py::test_rfc9709_section_3_the_key_is_bound_to_the_cipher",
        "smime/test_rules.py::test_rule_16_a_key_is_bound_to_its_cipher_when_all_recipients_announced_it",
    ),
    17: (
        "smime/test_sloppy_forms.py::test_what_only_looks_odd_is_y",
        "smime/test_rules.py::test_rule_17_what_stands_in_a_signed_part_is_hashed_as_it_stands",
        "smime/test_rules.py::test_rule_17_a_wrong_or_listed_micalg_does_not_matter_on_reading",
    ),
    18: (
        "smime/test_sloppy_forms.py::test_an_object_is_recognised_by_type_parameter_or_name",
        "smime/test_open.py::test_the_cms_content_decides_and_not_the_label",
        "smime/test_rules.py::test_rule_18_an_attachment_with_that_name_is_not_the_message",
    ),
    19: (
        "smime/test_rules.py::test_rule_19_nesting_ends_at_a_named_depth_and_is_said",
        "cms/test_content.py::test_a_compression_bomb_is_stopped_at_the_limit",
    ),
    20: ("smime/test_open.py::test_a_from_that_does_not_name_one_author_is_never_green",),
    21: ("trust/test_path.py::test_name_constraints_hold_for_every_address_wherever_it_stands",),
    22: (
        "trust/test_recipient.py::test_usages_decide_about_encryption_by_kind_of_key",
        "trust/test_post_quantum.py::test_rfc9935_section_5_ml_kem_needs_key_encipherment_and_ml_dsa_never_encrypts",
    ),
    23: ("trust/test_path.py::test_pkits_paths_are_accepted_and_refused_as_nist_says",),
    24: ("trust/test_lint.py::test_every_certificate_has_exactly_the_findings_that_stand_in_its_file",),
    25: (
        "smime/test_open.py::test_a_mailing_list_footer_makes_the_signature_errant",
        "smime/test_open.py::test_an_encrypted_part_inside_a_mixed_is_never_decrypted",
    ),
    26: ("smime/test_tampering.py::test_what_stands_around_the_signed_part_is_not_shown",),
    27: ("smime/test_open.py::test_a_signature_around_encryption_is_not_the_authors",),
    28: (
        "engine/test_privacy.py::test_rule_28_no_mail_makes_anybody_fetch_anything_and_no_part_reaches_into_the_next",
    ),
    29: (
        "smime/test_header_attacks.py::test_the_subject_comes_from_the_root_of_the_payload_alone",
        "smime/test_header_protection.py::test_hp_counts_only_on_the_root_of_the_payload",
        "smime/test_header_protection.py::test_hp_cipher_in_a_message_that_is_only_signed_proves_no_encryption",
    ),
    30: (
        "smime/test_header_protection.py::test_a_field_without_a_record_is_confidential",
        "smime/test_header_protection.py::test_folded_hp_outer_records_are_compared_by_name_and_value",
    ),
    31: (
        "smime/test_protect.py::test_encrypting_hides_the_subject_outside_and_keeps_it_inside",
        "smime/test_protect.py::test_shy_drops_names_and_time_zone",
    ),
    32: ("smime/test_header_protection.py::test_an_inner_from_that_nobody_vouches_for_is_not_shown",),
    33: (
        "smime/test_header_protection.py::test_an_answer_keeps_inside_what_the_answered_message_kept_inside",
        "smime/test_rules.py::test_rule_33_answers_go_to_the_protected_recipients_and_not_to_those_added_outside",
        "ui/test_pure_parts.py::test_a_reply_goes_to_the_sender_and_an_answer_to_encrypted_mail_is_encrypted",
    ),
    34: (
        "smime/test_header_protection.py::test_legacy_display_elements_are_hidden_only_inside_encryption",
        "smime/test_legacy_display.py::test_section_5_2_2_plain_text_begins_with_the_fields_and_an_empty_line",
    ),
    35: (
        "smime/test_header_protection.py::test_the_older_wrapping_is_read",
        "smime/test_rules.py::test_rule_35_header_protection_is_never_written_as_a_wrapped_message",
    ),
    36: ("smime/test_header_protection.py::test_signed_messages_prefer_the_signed_copy_of_a_field",),
    37: (
        "engine/test_privacy.py::test_rule_37_the_words_of_a_sealed_mail_are_found_by_search_and_stand_in_no_file",
        "engine/test_privacy.py::test_rule_37_no_server_is_told_a_word_of_a_sealed_mail",
        "ui/test_hostile_pty.py::test_no_hostile_byte_of_any_field_reaches_the_terminal",  # no title among ours
        "ui/test_new_mail_call.py::test_the_desktop_is_told_how_many_and_nothing_else",
    ),
    38: (
        "cms/test_kem.py::test_rule_38_version_parameters_and_lengths_that_do_not_fit_are_refused",
        "cms/test_post_quantum_signatures.py::"
        "test_rfc9882_section_3_3_without_signed_attributes_the_digest_algorithm_is_ignored",
    ),
    39: ("vault/test_lattice_key.py::test_rfc9881_appendix_c_inconsistent_keys_are_refused_with_a_sentence",),
    40: ("trust/test_post_quantum.py::test_rfc9935_section_5_ml_kem_needs_key_encipherment_and_ml_dsa_never_encrypts",),
    41: ("cms/test_vectors_enveloped.py::test_rfc8551_section_3_4_the_sample_with_an_omitted_tag_length_opens",),
    42: ("smime/test_vectors.py::test_no_spoofed_mail_appears_as_signed_by_the_manager",),
    43: ("smime/test_rules.py::test_rule_43_the_moment_of_judgement_is_an_argument",),
    44: ("cms/test_kem.py::test_rule_44_kdf3_is_read_as_other_programs_write_it",),
    45: ("smime/test_rules.py::test_rule_45_an_x25519_recipient_gets_the_hkdf_agreement",),
    46: ("vault/test_lattice_key.py::test_rfc9881_and_rfc9935_key_files_open_in_every_form",),
    47: ("smime/test_open.py::test_a_key_of_any_age_opens_old_mail",),
    48: ("smime/test_rules.py::test_rule_48_an_unknown_sender_is_a_verdict_on_a_readable_message",),
    49: ("smime/test_rules.py::test_rule_49_a_from_and_an_attachment_name_alone_make_no_y",),
}


@lru_cache(maxsize=64)
def names_in(file: str) -> frozenset[str]:
    """The test functions of one file."""
    tree = ast.parse((TESTS / file).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_rule_is_held_by_somebody():
    assert RULES.keys() == set(range(1, 50))


@pytest.mark.parametrize("number", RULES)
def test_the_tests_that_hold_a_rule_exist(number):
    for place in RULES[number]:
        file, _, name = place.partition("::")
        assert name.startswith("test_") and name in names_in(file), place
