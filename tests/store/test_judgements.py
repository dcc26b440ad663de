from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.message import EncState
from tui_mail.model.security import Integrity, Letter, MessageSecurity, SignatureCheck, Summary, Verdict
from tui_mail.store import certificates, judgements, messages, proofs
from tui_mail.store.certificates import Capability
from tui_mail.store.database import Database
from tui_mail.store.judgements import Judgement
from tui_mail.store.messages import NewMessage
from tui_mail.store.proofs import Proof, separate

DAY = datetime(2026, 1, 1, tzinfo=UTC)
ANNA = "anna@clinic.example"


def signed(letter: Letter, *signers: str) -> MessageSecurity:
    checks = tuple(
        SignatureCheck(
            Integrity.INTACT,
            signer=CertificateInfo(
                signer, signer, (ANNA,), "CN=Anna", "CN=Anna", "1", DAY, DAY, "RSA", True, True, True
            ),
            signing_time=DAY,
        )
        for signer in signers
    )
    verdict = Verdict(letter, ("because",))
    return MessageSecurity(Summary.SIGNED, verdict, checks, (verdict,) * len(checks))


@pytest.fixture
def ids(db: Database, inbox: int) -> tuple[int, ...]:
    return messages.save_messages(db, inbox, [NewMessage(uid, b"x", date=uid) for uid in (1, 2, 3)])


def judge(db: Database, number: int, letter: Letter = Letter.NEW, *signers: str, **fields: object) -> Judgement:
    judgement = Judgement(signed(letter, *signers), sender_key=ANNA, **fields)  # type: ignore[arg-type]
    judgements.save_judgement(db, number, judgement)
    return judgement


def test_the_evidence_comes_back_whole(db: Database, ids: tuple[int, ...]) -> None:
    assert judgements.security(db, ids[0]) is None
    judge(db, ids[0], Letter.VALID, "aa")
    assert judgements.security(db, ids[0]) == signed(Letter.VALID, "aa")


def test_the_list_shows_what_was_found_out(db: Database, ids: tuple[int, ...]) -> None:
    judge(
        db, ids[0], Letter.NEW, "aa", enc=EncState.OPEN, sender="Anna", subject="inner", preview="p", attachments=True
    )
    row = messages.row(db, ids[0])
    assert row is not None
    assert (row.sig, row.enc, row.sender, row.subject, row.preview, row.attachments) == (
        "N", EncState.OPEN, "Anna", "inner", "p", True
    )  # fmt: skip


def test_unjudged_mail_is_listed_newest_first(db: Database, ids: tuple[int, ...]) -> None:
    judge(db, ids[1])
    assert judgements.unjudged(db, 10) == (ids[2], ids[0]) and judgements.unjudged_count(db) == 2
    assert judgements.judge_again(db, [ids[1]]) == 1
    assert judgements.unjudged(db, 2) == (ids[2], ids[1])


def test_an_unsigned_message_counts_as_judged(db: Database, ids: tuple[int, ...]) -> None:
    judge(db, ids[0], Letter.NONE)
    assert ids[0] not in judgements.unjudged(db, 10)


def test_locked_messages_are_found_for_the_day_the_key_comes(db: Database, ids: tuple[int, ...]) -> None:
    judge(db, ids[0], Letter.NONE, enc=EncState.LOCKED)
    judge(db, ids[1], Letter.NONE, enc=EncState.CLOSED)
    assert judgements.locked_messages(db) == ids[:1]


def proof_of(letter: Letter, *signers: str) -> Proof:
    return separate(signed(letter, *signers))[0]


def test_one_sender_s_mail_is_lettered_anew_without_bytes(db: Database, ids: tuple[int, ...]) -> None:
    judge(db, ids[0], Letter.NEW, "aa")
    judge(db, ids[1], Letter.NEW, "aa", "bb")
    judge(db, ids[2], Letter.NONE)
    found = proofs.proofs_of_sender(db, ANNA)
    assert [proof for _, proof in found] == [proof_of(Letter.NEW, "aa"), proof_of(Letter.NEW, "aa", "bb")]
    assert set(judgements.signed_messages(db)) == {ids[0], ids[1]}
    assert [proofs.change_proof(db, number, proof_of(Letter.VALID, "aa")) for number, _ in found[:1]] == [1]
    assert [messages.row(db, number).sig for number in ids] == ["Y", "N", ""]  # type: ignore[union-attr]
    assert judgements.security(db, ids[0]) == signed(Letter.VALID, "aa")
    assert judgements.security(db, ids[1]) == signed(Letter.NEW, "aa", "bb")
    assert proofs.folders_of_proofs(db, [found[0][0]]) != ()


def test_messages_that_prove_the_same_share_it_and_keep_their_own_signing_times(
    db: Database, ids: tuple[int, ...]
) -> None:
    for place, number in enumerate(ids):
        evidence = signed(Letter.NEW, "aa")
        check = replace(evidence.signatures[0], signing_time=DAY + timedelta(days=place))
        judgements.save_judgement(db, number, Judgement(replace(evidence, signatures=(check,)), sender_key=ANNA))
    assert len(proofs.proofs_of_sender(db, ANNA)) == 1
    times = [judgements.security(db, number).signatures[0].signing_time for number in ids]  # type: ignore[union-attr]
    assert times == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]


def test_a_message_that_waits_to_be_judged_again_gets_no_letter_meanwhile(db: Database, ids: tuple[int, ...]) -> None:
    judge(db, ids[0], Letter.NEW, "aa")
    judgements.judge_again(db, ids[:1])
    assert proofs.change_proof(db, proofs.proofs_of_sender(db, ANNA)[0][0], proof_of(Letter.VALID, "aa")) == 0
    assert judgements.unjudged(db, 9) == ids[::-1]


def test_proofs_wait_for_the_moment_that_changes_them(db: Database, ids: tuple[int, ...]) -> None:
    evidence = signed(Letter.NEW, "aa")
    ends = replace(evidence, signatures=(replace(evidence.signatures[0], holds_until=DAY),))
    assert proofs.next_end(db) is None
    judgements.save_judgement(db, ids[0], Judgement(ends, sender_key=ANNA))
    moment = int(DAY.timestamp())
    assert proofs.next_end(db) == moment
    assert proofs.outlived_proofs(db, moment - 1) == []
    numbers = [number for number, _ in proofs.outlived_proofs(db, moment)]
    assert proofs.judge_proofs_again(db, numbers) == 1
    assert proofs.next_end(db) is None
    assert ids[0] in judgements.unjudged(db, 9)


def test_judging_again_replaces_the_signers_and_drops_what_nobody_proves(db: Database, ids: tuple[int, ...]) -> None:
    judge(db, ids[0], Letter.NEW, "aa", "bb")
    judge(db, ids[0], Letter.NEW, "cc")
    assert [proof for _, proof in proofs.proofs_of_sender(db, ANNA)] == [proof_of(Letter.NEW, "cc")]


def test_a_message_that_went_away_meanwhile_is_passed_over(db: Database, ids: tuple[int, ...]) -> None:
    messages.remove(db, ids)
    judge(db, ids[0])
    assert db.value("SELECT count(*) FROM evidence") == 0


def test_a_certificate_is_kept_once_and_named_by_its_fingerprint(db: Database) -> None:
    first = certificates.save_certificate(db, b"DER")
    assert certificates.save_certificates(db, [b"DER", b"other"])[0] == first
    assert certificates.certificate(db, first) == b"DER" and len(certificates.all_certificates(db)) == 2


def test_who_was_seen_with_what_is_kept_by_signing_time(db: Database, ids: tuple[int, ...]) -> None:
    sha256 = certificates.save_certificate(db, b"DER")
    judge(db, ids[0], Letter.NEW, sha256)
    for signing_time in (50, 20, 90, 50):
        certificates.record_seen(db, ANNA, sha256, signing_time)
    assert certificates.seen(db, ANNA) == (certificates.Seen(ANNA, sha256, 20, 90, 1),)
    assert certificates.seen(db) == certificates.seen(db, ANNA) and certificates.seen(db, "other@x") == ()
    messages.remove(db, ids)
    assert certificates.seen(db, ANNA)[0].messages == 0, "the memory of a signer outlives the mail"


def test_pins_anchors_and_own_certificates_come_and_go(db: Database) -> None:
    sha256 = certificates.save_certificate(db, b"DER")
    certificates.pin(db, ANNA, sha256, 5)
    certificates.pin(db, ANNA, sha256, 6)
    assert certificates.pins(db) == certificates.pins(db, ANNA) == {(ANNA, sha256)}
    assert certificates.book(db, ANNA) == ((ANNA, sha256),)
    certificates.unpin(db, ANNA, sha256)
    assert certificates.pins(db) == frozenset() and certificates.book(db) == ()
    certificates.add_to_book(db, ANNA, sha256)
    assert certificates.book(db) == ((ANNA, sha256),)
    root = certificates.add_anchor(db, b"root")
    assert certificates.anchors(db) == (b"root",)
    certificates.remove_anchor(db, root)
    assert certificates.anchors(db) == ()
    own = certificates.add_own(db, b"mine")
    assert certificates.own_certificates(db) == {own: b"mine"}


def test_only_newer_capabilities_replace_those_that_are_kept(db: Database) -> None:
    """RFC 8551 section 2.7.1."""
    assert certificates.save_capability(db, Capability(ANNA, 50, b"gcm", "aa"))
    assert not certificates.save_capability(db, Capability(ANNA, 50, b"other"))
    assert not certificates.save_capability(db, Capability(ANNA, 49, b"old"))
    assert certificates.capability(db, ANNA) == Capability(ANNA, 50, b"gcm", "aa")
    assert certificates.save_capability(db, Capability(ANNA, 51, b"new"))
    assert certificates.capability(db, "other@x") is None
