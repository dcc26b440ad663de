"""The certificate book: rows, keys, and terminals of every size."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.ui.clinic import NOW, certificate
from tests.ui.fake_engine import FakeEngine, OneScreen, says, screen_text, shows, until
from tui_mail.engine.messages import (
    BlockSender,
    BookEntry,
    CertificateBook,
    Done,
    ListCertificates,
    Queued,
    SaveNote,
    SendIntroduction,
    TrustSender,
    UnblockSender,
    WaitingEntry,
)
from tui_mail.model.certificate import CertificateInfo, spoken_words
from tui_mail.model.discovery import Place, Provenance
from tui_mail.ui.book_rows import cells, ends, matching, people, person_lines
from tui_mail.ui.screens.book import BookScreen


def info(sha256: str, address: str, days: int = 400) -> CertificateInfo:
    return replace(certificate(address), sha256=sha256 * 32, not_after=NOW + timedelta(days=days))


MINE = BookEntry("anna@clinic.test", info("00", "anna@clinic.test"), False, True, 0, 0, 0)
BEN = BookEntry(
    "ben@lab.example", info("11", "ben@lab.example"), False, False, 1_700_000_000, 1_790_000_000, 41,
    reads=("aes-256-gcm", "aes-256-cbc"), sent_at=1_790_000_000, sent_sha256="00" * 32,
)  # fmt: skip
CLARA = BookEntry("clara@clinic.example", info("22", "clara@clinic.example", 12), True, False, 1, 2, 3, sent_at=1)
EMIL = BookEntry("emil@pharmacy.example", info("33", "emil@pharmacy.example"), True, False, 1, 2, 3, blocked=True)
BOOK = CertificateBook((MINE, BEN, CLARA, EMIL), (WaitingEntry("new@x.test", "Met in Rome", 1_790_000_000, "00" * 32),))


def engine(book: CertificateBook = BOOK) -> FakeEngine:
    answers = dict.fromkeys((BlockSender, UnblockSender, SaveNote, TrustSender), Done(1))
    return FakeEngine({ListCertificates: book, SendIntroduction: Queued(7), **answers})


def test_there_is_one_row_a_correspondent_and_none_for_ourselves() -> None:
    found = {person.address: person for person in people(BOOK, NOW)}
    assert set(found) == {"ben@lab.example", "clara@clinic.example", "emil@pharmacy.example", "new@x.test"}
    assert [found[name].mine for name in sorted(found)] == ["sent", "old", "", "sent"]
    assert [found[name].trust for name in sorted(found)] == ["not yet", "by you", "blocked", ""]


def test_a_valid_trusted_certificate_counts_before_a_newer_one_that_nobody_trusts() -> None:
    stranger = replace(CLARA, certificate=info("44", "clara@clinic.example"), trusted=False, last_seen=99)
    person = people(CertificateBook((CLARA, stranger)), NOW)[0]
    assert person.entry == CLARA and person.certificates == 2


def test_words_find_people_by_address_note_and_trust() -> None:
    found = people(BOOK, NOW)
    assert [person.address for person in matching(found, "rome")] == ["new@x.test"]
    assert [person.address for person in matching(found, "BLOCKED pharmacy")] == ["emil@pharmacy.example"]
    assert matching(found, "nobody at all") == ()


def test_ends_are_said_as_people_count() -> None:
    for days, words in ((-1, "expired"), (1, "1 day"), (12, "12 days"), (3000, "8 years")):
        assert ends(replace(CLARA, certificate=info("22", "x", days)), NOW) == words
    assert ends(None, datetime(2026, 1, 1, tzinfo=UTC)) == ""


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (40, 10)])
async def test_the_book_fits_every_terminal(size: tuple[int, int]) -> None:
    async with OneScreen(BookScreen(engine(), "main", NOW)).run_test(size=size) as pilot:
        await shows(pilot, "ben@lab.example")
        shown = screen_text(pilot.app)
        for words in ("12 days", "by you", "blocked", "Trusted", "Ends in"):
            assert words in shown
        assert ("aes-256-gcm" in shown) is (size[0] >= 64)


async def test_one_key_repeats_the_exchange_and_others_decide() -> None:
    fake = engine()
    async with OneScreen(BookScreen(fake, "main", NOW)).run_test(size=(90, 24)) as pilot:
        await shows(pilot, "emil@pharmacy.example")
        await pilot.press("x")
        await says(pilot, "A signed introduction goes to emil@pharmacy.example")
        assert fake.commands(SendIntroduction) == [SendIntroduction("main", "emil@pharmacy.example")]
        await pilot.press("b")
        await until(pilot, lambda: fake.commands(UnblockSender))
        await pilot.press("j", "j")
        await pilot.press("t")
        await shows(pilot, spoken_words("11" * 32))
        await pilot.press("y")
        await until(pilot, lambda: fake.commands(TrustSender))
        assert fake.commands(TrustSender) == [TrustSender("ben@lab.example", "11" * 32)]
        await pilot.press("b")
        await shows(pilot, "Block ben@lab.example?")
        await pilot.press("y")
        await until(pilot, lambda: fake.commands(BlockSender))
        await pilot.press("n")
        await shows(pilot, "Note on ben@lab.example")
        await pilot.press(*"Lab", "enter")
        await until(pilot, lambda: fake.commands(SaveNote))
        assert fake.commands(SaveNote) == [SaveNote("ben@lab.example", "Lab")]
        await shows(pilot, "emil@pharmacy.example")  # the note is taken once, and the book stays open


class Slow(FakeEngine):
    """An engine whose answer comes after the first picture."""

    def __init__(self) -> None:
        super().__init__(engine().answers)
        self.ready = asyncio.Event()

    async def ask(self, command, kind):  # type: ignore[no-untyped-def]
        await self.ready.wait()
        return await super().ask(command, kind)


async def test_the_arrow_keys_move_from_the_start_and_after_the_filter_found_nobody() -> None:
    slow = Slow()
    async with OneScreen(BookScreen(slow, "main", NOW)).run_test(size=(90, 24)) as pilot:
        await shows(pilot, "Looking")
        slow.ready.set()
        await shows(pilot, "emil@pharmacy.example")
        await pilot.press("down", "n")
        await shows(pilot, "Note on new@x.test")
        await pilot.press("escape", "slash", *"zzz")
        await shows(pilot, "Nobody fits")
        await pilot.press("escape")
        await shows(pilot, "emil@pharmacy.example")
        await pilot.press("down", "n")
        await shows(pilot, "Note on new@x.test")


async def test_nobody_is_asked_to_compare_the_words_of_a_certificate_that_has_ended() -> None:
    ended = replace(BEN, certificate=info("11", "ben@lab.example", -3))
    fake = engine(CertificateBook((ended,)))
    async with OneScreen(BookScreen(fake, "main", NOW)).run_test(size=(90, 24)) as pilot:
        await shows(pilot, "ben@lab.example")
        await pilot.press("t")
        await says(pilot, "This certificate ended on")
    assert fake.commands(TrustSender) == []


async def test_details_show_the_words_to_compare_and_the_filter_narrows() -> None:
    async with OneScreen(BookScreen(engine(), "main", NOW)).run_test(size=(100, 40)) as pilot:
        await shows(pilot, "ben@lab.example")
        await pilot.press("slash", *"rome", "enter")
        await shows(pilot, "1 of 4")
        assert "ben@lab.example" not in screen_text(pilot.app)
        await pilot.press("escape", "slash", *"lab.ex", "enter", "enter")
        await shows(pilot, spoken_words("11" * 32))
        assert "41 signed mails" in screen_text(pilot.app)


async def test_an_empty_book_says_how_certificates_come() -> None:
    async with OneScreen(BookScreen(engine(CertificateBook(())), "main", NOW)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Certificates come with signed mail")


def test_a_certificate_that_was_only_found_is_called_found_and_counts_after_one_that_was_sent() -> None:
    place = Provenance("gina@lab.example", "44", Place.DNS, "gina.lab.example\x1b[2J", 1_800_000_000)
    found = BookEntry("gina@lab.example", info("44", "gina@lab.example"), False, False, 0, 0, 0, found=place)
    (gina,) = people(CertificateBook((found,)), NOW)
    assert ("theirs", "found ") in cells(gina, 100, NOW) and gina.trust == "not yet"
    said = ["".join(text for text, _style in line) for line in person_lines(gina, NOW)]
    assert any("DNS, gina.lab.example" in line and "not sent by its owner" in line for line in said)
    assert not any("\x1b" in line for line in said)
    sent = replace(found, certificate=info("55", "gina@lab.example", 5), found=None)
    (gina,) = people(CertificateBook((found, sent)), NOW)
    assert gina.entry == sent


async def test_an_answer_that_comes_while_the_book_is_being_left_changes_nothing() -> None:
    screen = BookScreen(engine(), "main", NOW)
    async with OneScreen(screen).run_test(size=(90, 24)) as pilot:
        await shows(pilot, "emil@pharmacy.example")
        await screen.query("*").remove()  # textual takes away what is in a screen before the screen
        assert screen.is_attached
        screen._show()
