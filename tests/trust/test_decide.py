"""The letter table, exhaustively: every combination of facts, compared with the rule written a second time here."""

import itertools
from datetime import UTC, datetime

import msgspec
import pytest

from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.security import (
    AddressMatch,
    Continuity,
    Integrity,
    Letter,
    PathState,
    Revocation,
    SignatureCheck,
    TrustSource,
)
from tui_mail.trust.decide import decide, summarise

SIGNER = CertificateInfo(
    sha256="aa",
    public_key_sha256="bb",
    addresses=("anna@clinic.example",),
    subject="CN=Anna",
    issuer="CN=Root",
    serial="1",
    not_before=datetime(2025, 1, 1, tzinfo=UTC),
    not_after=datetime(2030, 1, 1, tzinfo=UTC),
    key_algorithm="ECDSA P-256",
    can_sign=True,
    can_encrypt=True,
    self_signed=False,
)
ORDER = "X?MECNY"

SPOKEN_BY = {
    Integrity.INTACT: "",
    Integrity.ALTERED: "X",
    Integrity.BAD_SIGNATURE: "X",
    Integrity.MALFORMED: "X",
    Integrity.REFUSED: "X",
    Integrity.UNSUPPORTED: "?",
    Integrity.NO_CERTIFICATE: "?",
    Integrity.ABSENT: "?",
    PathState.VALID: "",
    PathState.EXPIRED: "E",
    PathState.INVALID: "X",
    PathState.UNDETERMINED: "?",
    PathState.NOT_CHECKED: "?",
    AddressMatch.MATCH: "",
    AddressMatch.MISMATCH: "M",
    AddressMatch.NO_ADDRESS: "M",
    AddressMatch.AMBIGUOUS: "M",
    TrustSource.NONE: "N",
    TrustSource.ANCHOR: "",
    TrustSource.PIN: "",
    Continuity.FIRST: "",
    Continuity.SAME: "",
    Continuity.CHANGED: "C",
}


def check(**facts):
    usual = {
        "integrity": Integrity.INTACT,
        "signer": SIGNER,
        "path": PathState.VALID,
        "address_match": AddressMatch.MATCH,
        "from_specs": ("anna@clinic.example",),
        "trust_source": TrustSource.PIN,
    }
    return SignatureCheck(**(usual | facts))


def expected(integrity, path, revocation, required, match, source, continuity, blocked):
    letters = "".join(SPOKEN_BY[fact] for fact in (integrity, path, match, source, continuity))
    if path is PathState.NOT_CHECKED and integrity is not Integrity.INTACT:
        letters = letters.replace("?", "") + SPOKEN_BY[integrity]
    if revocation is Revocation.REVOKED:
        letters += "X"
    if required and revocation in (Revocation.UNKNOWN, Revocation.NOT_CHECKED):
        letters += "?"
    if blocked:
        letters += "X"
    return min(letters or "Y", key=ORDER.index)


def test_every_combination_of_facts_has_the_letter_of_its_worst_fact():
    count = 0
    for facts in itertools.product(
        Integrity, PathState, Revocation, (False, True), AddressMatch, TrustSource, Continuity, (False, True)
    ):
        integrity, path, revocation, required, match, source, continuity, blocked = facts
        verdict = decide(
            check(
                integrity=integrity,
                path=path,
                revocation=revocation,
                revocation_required=required,
                address_match=match,
                trust_source=source,
                continuity=continuity,
                blocked=blocked,
            )
        )
        assert verdict.letter == expected(*facts), facts
        assert verdict.reasons and all(sentence.endswith((".", "?")) for sentence in verdict.reasons), facts
        count += 1
    assert count == 8 * 5 * 4 * 2 * 4 * 3 * 3 * 2


def test_only_a_signature_that_is_right_in_everything_is_y():
    assert decide(check()).letter is Letter.VALID
    assert decide(SignatureCheck(Integrity.INTACT)).letter is not Letter.VALID


def test_every_fact_of_a_check_is_in_the_table_or_explains_one_that_is():
    judged = {"integrity", "path", "revocation", "revocation_required", "address_match", "trust_source", "continuity"}
    explains = {"integrity_reason", "signer", "algorithm", "signing_time", "path_reason", "chain", "revocation_note"}
    assert set(SignatureCheck.__struct_fields__) == judged | explains | {"blocked", "from_specs", "holds_until"}


@pytest.mark.parametrize("integrity", [one for one in Integrity if one is not Integrity.INTACT])
@pytest.mark.parametrize("path", PathState)
@pytest.mark.parametrize("source", TrustSource)
def test_without_a_signers_certificate_nothing_is_y(integrity, path, source):
    assert decide(check(integrity=integrity, path=path, signer=None, trust_source=source)).letter in ("X", "?")


def test_without_a_known_certificate_there_is_one_sentence():
    verdict = decide(SignatureCheck(Integrity.NO_CERTIFICATE))
    assert verdict.letter is Letter.UNKNOWN
    assert len(verdict.reasons) == 1


def test_the_decisive_sentence_comes_first():
    verdict = decide(check(integrity=Integrity.ALTERED, trust_source=TrustSource.NONE, continuity=Continuity.CHANGED))
    assert "changed after it was signed" in verdict.reasons[0]


def test_the_invitation_to_trust_stands_only_where_trusting_would_help():
    assert "Press t" in decide(check(trust_source=TrustSource.NONE)).reasons[0]
    for facts in ({"path": PathState.EXPIRED}, {"address_match": AddressMatch.MISMATCH}, {"path": PathState.INVALID}):
        assert "Press t" not in " ".join(decide(check(trust_source=TrustSource.NONE, **facts)).reasons)


def test_a_mismatch_names_both_addresses():
    verdict = decide(check(address_match=AddressMatch.MISMATCH, from_specs=("boss@clinic.example",)))
    assert "boss@clinic.example" in verdict.reasons[0]
    assert "anna@clinic.example" in verdict.reasons[0]


@pytest.mark.parametrize("spec", ["", "Anna", "=?utf-8?b?YW5uYUB4?="])
def test_a_sender_field_without_an_address_is_called_that(spec):
    verdict = decide(check(address_match=AddressMatch.AMBIGUOUS, from_specs=(spec,)))
    assert verdict.reasons[0] == "The message names no address of its sender, so no certificate can speak for it."


def test_a_certificate_with_an_empty_address_was_signed_by_somebody_else():
    empty = msgspec.structs.replace(SIGNER, addresses=("", " "))
    verdict = decide(check(address_match=AddressMatch.MISMATCH, signer=empty))
    assert verdict.reasons[0].endswith("but it was signed by somebody else.")


def test_a_certificate_without_any_address_is_m_and_says_so():
    verdict = decide(check(address_match=AddressMatch.NO_ADDRESS))
    assert verdict.letter is Letter.MISMATCH
    assert "names no address" in verdict.reasons[0]


def test_no_signature_is_blank():
    assert summarise([]).letter is Letter.NONE


GOOD = check()
BROKEN = check(integrity=Integrity.ALTERED)
STRANGER = check(address_match=AddressMatch.MISMATCH)
BROKEN_STRANGER = check(address_match=AddressMatch.MISMATCH, integrity=Integrity.BAD_SIGNATURE)
NEW = check(trust_source=TrustSource.NONE)


@pytest.mark.parametrize(
    ("checks", "letter"),
    [
        ((GOOD,), "Y"),
        ((GOOD, BROKEN), "Y"),
        ((NEW, BROKEN), "N"),
        ((BROKEN, STRANGER), "X"),
        ((GOOD, STRANGER), "Y"),
        ((NEW, BROKEN_STRANGER), "N"),
        ((STRANGER,), "M"),
        ((STRANGER, BROKEN_STRANGER), "X"),
    ],
)
def test_the_best_signature_bound_to_from_speaks_for_a_message_else_the_worst(checks, letter):
    """RFC 5652 section 5.1 allows several signers; RFC 9787 section 3.1 wants one summary."""
    assert summarise(checks).letter == letter
    assert summarise(checks[::-1]).letter == letter
