"""The demo's mails are what they seem: each is opened and judged from its bytes."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from tui_mail.demo.clinic import CARL, DORA, EMIL, HANA, IVO, PHARMACY, YOU, Clinic, found_clinic
from tui_mail.demo.pictures import pdf, png
from tui_mail.demo.postbag import Placed, Postbag
from tui_mail.model.security import Integrity, Letter, PathState
from tui_mail.smime.open import Opened, open_message
from tui_mail.trust.context import TrustContext

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    return found_clinic(NOW)


@pytest.fixture(scope="module")
def mails(clinic: Clinic) -> list[Placed]:
    return Postbag(clinic).mails()


@pytest.fixture(scope="module")
def opened(clinic: Clinic, mails: list[Placed]) -> list[Opened]:
    trust = TrustContext(anchors=(clinic.authority.der,), pins=frozenset())
    return [open_message(mail.raw, keys=[clinic.key(YOU)], trust=trust, now=NOW) for mail in mails]


def found(opened: list[Opened], sender: str, letter: Letter) -> list[Opened]:
    return [one for one in opened if sender in one.security.headers.from_ and one.security.verdict.letter is letter]


def test_there_are_about_sixty_in_several_folders(mails: list[Placed]) -> None:
    assert 55 <= len(mails) <= 70
    assert set(Counter(mail.folder for mail in mails)) == {"INBOX", "Sent", "Archive", "Junk"}
    assert 5 <= sum(not mail.read for mail in mails) <= 15


def test_every_letter_occurs_except_the_one_that_needs_a_history(opened: list[Opened]) -> None:
    assert {one.security.verdict.letter for one in opened} == set(Letter) - {Letter.CHANGED}


def test_an_altered_mail_was_really_altered_after_signing(opened: list[Opened]) -> None:
    [bill] = found(opened, HANA.spec, Letter.BROKEN)
    assert bill.security.signatures[0].integrity is Integrity.ALTERED
    [damaged] = found(opened, CARL.spec, Letter.BROKEN)
    assert damaged.security.signatures[0].integrity is Integrity.MALFORMED


def test_an_expired_certificate_was_valid_when_it_signed_and_has_really_expired(opened: list[Opened]) -> None:
    for one in found(opened, EMIL.spec, Letter.EXPIRED):
        check = one.security.signatures[0]
        assert check.path is PathState.EXPIRED
        assert check.signer is not None
        assert check.signing_time is not None
        assert check.signing_time < check.signer.not_after < NOW


def test_the_stranger_is_intact_and_untrusted_and_others_are_as_their_letter_says(opened: list[Opened]) -> None:
    assert found(opened, DORA.spec, Letter.NEW)
    assert found(opened, PHARMACY.spec, Letter.MISMATCH)
    assert found(opened, IVO.spec, Letter.UNKNOWN)


def test_encrypted_mail_comes_open_unauthenticated_and_closed(opened: list[Opened]) -> None:
    states = {
        (check.opened, check.authenticated)
        for check in (one.security.encryption for one in opened)
        if check is not None
    }
    assert states == {(True, True), (True, False), (False, True)}


def test_the_attached_files_are_what_their_names_say() -> None:
    assert pdf("a").startswith(b"%PDF-1.4")
    assert pdf("a").endswith(b"%%EOF\n")
    assert png().startswith(b"\x89PNG\r\n\x1a\n")
