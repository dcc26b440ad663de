"""The composer, driven by keys against an engine that answers what the test says."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot

from tests.ui.fake_engine import ANNA, Answer, FakeEngine, OneScreen, says, screen_text, shows, until
from tui_mail.engine.messages import (
    CertificateSearched,
    Command,
    DiscardDraft,
    Done,
    DraftSaved,
    FindCertificate,
    ListPeople,
    People,
    Preflight,
    PreflightResult,
    Queued,
    SaveDraft,
    SendIntroduction,
    SendMessage,
)
from tui_mail.model.address import Address
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.errors import CertificateProblem, StoreFull
from tui_mail.model.message import Draft, DraftAttachment, Protection
from tui_mail.model.recipient import RecipientCheck, RecipientState
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.widgets.address_choices import AddressChoices, matching
from tui_mail.ui.widgets.body_editor import MAX_LINE, BodyEditor, editable
from tui_mail.ui.widgets.recipient_field import RecipientField

OWN = CertificateInfo(
    "ab" * 32, "cd" * 32, ("anna@clinic.test",), "CN=Anna", "CN=CA", "1",
    datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC), "RSA 3072", True, True, False,
)  # fmt: skip
STATES = {
    "bob@x.test": RecipientState.READY,
    "new@x.test": RecipientState.UNTRUSTED,
    "none@x.test": RecipientState.MISSING,
    "old@x.test": RecipientState.EXPIRED,
    "soon@x.test": RecipientState.EXPIRES_SOON,
}
ABLE = {RecipientState.READY, RecipientState.FOUND, RecipientState.UNTRUSTED, RecipientState.EXPIRES_SOON}


KNOWN = People(
    (
        Address("bob@x.test", "Bob Berg"),
        Address("none@x.test", "Nora None"),
        Address("bert@y.test"),
        Address("dr-ines.weber@clinic.test", "Weber, Inès"),
    )
)


def preflight(command: Preflight) -> PreflightResult:
    checks = tuple(
        RecipientCheck(
            address,
            state,
            encryptable=state in ABLE,
            sentence=f"The certificate is {state}.",
        )
        for address in command.recipients
        for state in [STATES.get(address, RecipientState.MISSING)]  # an address may be asked for half typed
    )
    ready = not command.protection.encrypt or all(check.encryptable for check in checks)
    return PreflightResult("anna@clinic.test", OWN, "", checks, ready, ("Sending adds to your trusted list: new.",))


def engine() -> FakeEngine:
    answers: dict[type[Command], Answer] = {
        Preflight: preflight,
        ListPeople: KNOWN,
        SendMessage: Queued(7),
        SendIntroduction: Queued(8),
        SaveDraft: lambda command: DraftSaved(command.draft_id or 3),
        DiscardDraft: Done(1),
    }
    return FakeEngine(answers)


def composer(fake: FakeEngine, draft: Draft | None = None) -> OneScreen:
    return OneScreen(ComposeScreen(fake, ANNA, draft or Draft("main", ())))


async def settle(pilot: Pilot[Any]) -> None:
    """Wait for the preflight's first answer."""
    await shows(pilot, "Signed by")


async def test_what_is_typed_right_before_the_key_that_sends_is_sent() -> None:
    fake = engine()
    app = composer(fake, Draft("main", (Address("bob@x.test"),), subject="Hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        await shows(pilot, "Signed by")
        app.screen.set_focus(app.screen.query_one("#body"))
        for key in "soon":
            app.post_message(Key(key, key))
        app.post_message(Key("f5", None))
        await until(pilot, lambda: fake.commands(SendMessage))
    assert fake.commands(SendMessage)[0].draft.body.startswith("soon")


async def test_a_message_is_typed_and_sent() -> None:
    fake = engine()
    app = composer(fake)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"bob@x.test", "tab", "tab", "tab", *"Hello", "tab", *"Dear Bob,", "enter", *"bye")
        await pilot.press("f5")
        await until(pilot, lambda: app.result == 7)
        [sent] = fake.commands(SendMessage)
        assert sent.draft.to == (Address("bob@x.test"),)
        assert sent.draft.subject == "Hello"
        assert sent.draft.body == "Dear Bob,\nbye"
        assert sent.draft.protection == Protection(sign=True, encrypt=False)


async def test_the_from_is_the_address_of_the_certificate_that_signs_and_no_key_reaches_it() -> None:
    fake = engine()
    async with composer(fake).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await shows(pilot, "Signed by anna@clinic.test, valid until 1 January 2028")
        assert not pilot.app.screen.query_one("#signed-by").can_focus


async def test_while_typing_each_recipient_gets_a_line_and_the_engine_is_not_asked_for_every_key() -> None:
    fake = engine()
    draft = Draft("main", (), protection=Protection(encrypt=True))
    async with composer(fake, draft).run_test(size=(100, 30)) as pilot:
        await pilot.press(*"bob@x.test, new@x.test, none@x.test, old@x.test, soon@x.test", "tab")
        for address, state in STATES.items():
            await shows(pilot, f"{address}  The certificate is {state}.")
        await shows(pilot, "2 recipients cannot be encrypted to yet.")
        shown = screen_text(pilot.app)
        assert "Sending adds to your trusted list: new." in shown
        assert len(fake.commands(Preflight)) < 8


async def test_who_lacks_a_certificate_stands_first_and_long_sentences_go_on_below_themselves() -> None:
    fake = engine()
    draft = Draft("main", (Address("bob@x.test"), Address("none@x.test")), protection=Protection(encrypt=True))
    async with composer(fake, draft).run_test(size=(40, 30)) as pilot:
        await shows(pilot, "1 recipient cannot be encrypted to")
        rows = [row.strip(" ▁▔") for row in screen_text(pilot.app).splitlines()]
        raw = screen_text(pilot.app).splitlines()
        first = next(index for index, row in enumerate(rows) if "none@x.test  The" in row)
        assert first < next(index for index, row in enumerate(rows) if "bob@x.test  The" in row)
        assert raw[first][1:3] == "? " and raw[first + 1].startswith("   ") and "missing." in raw[first + 1]


async def test_switches_read_without_colour() -> None:
    draft = Draft("main", (), protection=Protection(sign=True, encrypt=False))
    async with composer(engine(), draft).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "[x] Sign")
        assert "[ ] Encrypt" in screen_text(pilot.app)
        await pilot.press("f3")
        await shows(pilot, "[x] Encrypt")


async def test_an_encrypted_mail_waits_until_everyone_has_a_certificate() -> None:
    fake = engine()
    draft = Draft("main", (Address("none@x.test"),), subject="s", protection=Protection(encrypt=True))
    app = composer(fake, draft)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await pilot.pause()
        assert not fake.commands(SendMessage)
        assert app.result == "not ended"
        await says(pilot, "missing")


async def test_one_key_sends_a_signed_introduction_to_those_who_lack_a_certificate() -> None:
    fake = engine()
    draft = Draft("main", (Address("bob@x.test"), Address("none@x.test"), Address("old@x.test")))
    async with composer(fake, draft).run_test(size=(90, 30)) as pilot:
        await settle(pilot)
        await pilot.press("f9")
        await shows(pilot, "An introduction is on its way.")
        assert [c.address for c in fake.commands(SendIntroduction)] == ["none@x.test", "old@x.test"]
        await shows(pilot, "An introduction is on its way.")
        await pilot.press("f9")
        await pilot.pause()
        assert len(fake.commands(SendIntroduction)) == 2


def searched(command: FindCertificate) -> CertificateSearched:
    able = command.address == "none@x.test"
    state = RecipientState.FOUND if able else RecipientState.MISSING
    if able:
        STATES[command.address] = state
    return CertificateSearched((), RecipientCheck(command.address, state, able, "It was found in DNS."))


async def test_one_key_looks_for_missing_certificates_and_what_is_found_is_called_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(STATES, "none@x.test", RecipientState.MISSING)
    fake = engine()
    fake.answers[FindCertificate] = searched
    draft = Draft("main", (Address("bob@x.test"), Address("none@x.test"), Address("old@x.test")))
    async with composer(fake, draft).run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert fake.commands(FindCertificate) == []
        await pilot.press("f7")
        await shows(pilot, "none@x.test  The certificate is found.")
        await until(pilot, lambda: len(fake.commands(FindCertificate)) == 2)


async def test_while_writing_encrypted_it_looks_by_itself_once_when_the_settings_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(STATES, "none@x.test", RecipientState.MISSING)
    fake = engine()
    fake.answers[FindCertificate] = searched
    settings = fake.welcome.settings
    discovery = msgspec.structs.replace(settings.discovery, when="writing")
    settings = msgspec.structs.replace(settings, discovery=discovery)
    fake.welcome = msgspec.structs.replace(fake.welcome, settings=settings)
    draft = Draft("main", (Address("none@x.test"), Address("old@x.test")), protection=Protection(encrypt=True))
    async with composer(fake, draft).run_test(size=(100, 30)) as pilot:
        await shows(pilot, "none@x.test  The certificate is found.")
        await pilot.press("tab", *"x")
        await pilot.pause(0.4)
        assert [c.address for c in fake.commands(FindCertificate)] == ["none@x.test", "old@x.test"]


async def test_text_that_speaks_of_an_attachment_without_one_is_asked_about() -> None:
    fake = engine()
    draft = Draft("main", (Address("bob@x.test"),), subject="s", body="Please find the report attached.")
    app = composer(fake, draft)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "speaks of an attachment")
        await pilot.press("escape")
        await pilot.pause()
        assert not fake.commands(SendMessage)
        await pilot.press("f5")
        await shows(pilot, "speaks of an attachment")
        await pilot.press("y")
        await until(pilot, lambda: len(fake.commands(SendMessage)) == 1)


async def test_escape_closes_an_untouched_draft_and_keeps_a_written_one() -> None:
    fake = engine()
    app = composer(fake)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: app.result is None)
        assert fake.commands(SaveDraft) == []
    app = composer(fake)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x", "escape")
        await until(pilot, lambda: app.result is None)
        assert [(one.draft.account, one.closed) for one in fake.commands(SaveDraft)] == [("main", True)]


async def test_what_cannot_be_kept_is_asked_about_before_it_is_lost() -> None:
    fake = engine()
    fake.answers[SaveDraft] = StoreFull("The disk is full.")
    app = composer(fake)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x", "escape")
        await shows(pilot, "It cannot be kept: The disk is full.")
        await pilot.press("n")
        await pilot.pause()
        assert app.result == "not ended"
        await pilot.press("escape")
        await shows(pilot, "It cannot be kept")
        await pilot.press("y")
        await until(pilot, lambda: app.result is None)


async def test_what_is_typed_is_kept_when_typing_rests_and_sent_under_its_number() -> None:
    fake = engine()
    app = composer(fake, Draft("main", (Address("bob@x.test"),), subject="s"))
    async with app.run_test(size=(80, 24)) as pilot:
        app.screen._keep_later()  # nothing was written: nothing is kept
        await pilot.press(*"Dear Bob")
        await until(pilot, lambda: fake.commands(SaveDraft))
        assert [(one.draft_id, one.draft.body) for one in fake.commands(SaveDraft)] == [(0, "Dear Bob")]
        await pilot.press(*"!!")
        await until(pilot, lambda: len(fake.commands(SaveDraft)) == 2)
        assert fake.commands(SaveDraft)[1].draft_id == 3
        await pilot.press("f5")
        await until(pilot, lambda: fake.commands(SendMessage))
        [sent] = fake.commands(SendMessage)
        assert sent.draft_id == 3
        assert 0 < sent.at - time.time() <= fake.welcome.settings.undo_seconds


async def test_discarding_asks_and_removes_the_draft() -> None:
    fake = engine()
    app = OneScreen(ComposeScreen(fake, ANNA, Draft("main", (Address("bob@x.test"),), body="old"), draft_id=9))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f8")
        await shows(pilot, "Discard this message?")
        await pilot.press("y")
        await until(pilot, lambda: app.result is None)
        assert fake.commands(DiscardDraft) == [DiscardDraft(9)]


async def test_what_is_no_address_is_said_and_not_sent() -> None:
    fake = engine()
    async with composer(fake).run_test(size=(80, 24)) as pilot:
        await pilot.press(*"bob", "f5")
        await says(pilot, "“bob” is not a mail address.")
        assert not fake.commands(SendMessage)


async def test_a_refusal_of_the_engine_keeps_the_draft_on_the_screen() -> None:
    fake = engine()
    fake.answers[SendMessage] = CertificateProblem("Your certificate has expired. Make a new one.")
    app = composer(fake, Draft("main", (Address("bob@x.test"),), subject="s", body="text"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await pilot.pause()
        assert app.result == "not ended"
        await says(pilot, "has expired")


async def test_a_file_is_attached_by_its_path_with_completion(tmp_path: Path) -> None:
    (tmp_path / "report 2026.pdf").write_bytes(b"%PDF" + b"x" * 2000)
    fake = engine()
    app = composer(fake, Draft("main", (Address("bob@x.test"),), subject="s", body="attached"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        await shows(pilot, "Attach a file")
        line = app.screen.query_one("#path")
        line.value = f"{tmp_path}/rep"  # type: ignore[attr-defined]
        await pilot.pause()
        await pilot.press("tab", "enter")
        await shows(pilot, "report 2026.pdf")
        await pilot.press("f5")
        await until(pilot, lambda: fake.commands(SendMessage))
        path = str(tmp_path / "report 2026.pdf")
        assert fake.commands(SendMessage)[0].draft.attachments == (
            DraftAttachment(path, "report 2026.pdf", "application/pdf"),
        )


def names(typed: str) -> list[str]:
    return [person.spec for person in matching(KNOWN.people, typed)]


def test_people_are_found_by_a_part_of_their_name_or_address() -> None:
    assert names("be") == ["bob@x.test", "bert@y.test"]  # Bob Berg, bert
    assert names("weber in") == names("ines") == names("@clinic") == names("dr-i") == ["dr-ines.weber@clinic.test"]
    assert names("x.test") == ["bob@x.test", "none@x.test"]
    assert names("b") == names("") == names("zz") == []
    assert names("bert@y.test") == []  # it stands there whole


async def test_a_known_address_is_offered_with_a_mark_and_taken_by_enter_or_tab() -> None:
    fake = engine()
    app = composer(fake)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: fake.commands(ListPeople))
        await pilot.press(*"new@x.test, be")
        await shows(pilot, "Bob Berg <bob@x.test>")
        await shows(pilot, "reads encrypted mail")
        await shows(pilot, "no certificate yet")  # Bert's
        await pilot.press("down", "enter", *"bob@x")
        await shows(pilot, "Bob Berg <bob@x.test>")
        await pilot.press("down", "up", "tab")
        line = app.screen.query_one("#to", RecipientField)
        await until(pilot, lambda: line.value == "new@x.test, bert@y.test, Bob Berg <bob@x.test>, ")
        assert not line.all_problems and app.screen.query_one("#cc").has_focus
        await until(pilot, lambda: "reads encrypted mail" not in screen_text(app))


@pytest.mark.parametrize("typed", ["bob@x.test", "bob@x.te"])
async def test_a_whole_address_is_never_replaced_however_fast_tab_comes(typed: str) -> None:
    """The keys stand in the line's queue while the screen already has Tab."""
    app = composer(engine())
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.screen.query_one("#to", RecipientField)
        await until(pilot, lambda: line._known)
        for key in typed:
            app.post_message(Key(key, key))
        app.post_message(Key("tab", None))
        await until(pilot, lambda: app.screen.query_one("#cc").has_focus)
        await pilot.pause()
        assert line.value == typed and not app.screen.query_one("#cc", RecipientField).value


async def test_a_name_with_a_comma_is_taken_in_quotes_and_read_back() -> None:
    app = composer(engine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"weber")
        await shows(pilot, "dr-ines")
        await pilot.click(AddressChoices, offset=(4, 0))
        line = app.screen.query_one("#to", RecipientField)
        await until(pilot, lambda: line.addresses == (Address("dr-ines.weber@clinic.test", "Weber, Inès"),))
        await pilot.press(*"bo")
        await shows(pilot, "Bob Berg")


async def test_the_list_goes_with_escape_and_with_the_cursor_and_takes_no_key_when_it_is_gone() -> None:
    app = composer(engine())
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press(*"bo")
        await shows(pilot, "Bob Berg")
        await pilot.press("escape")
        await until(pilot, lambda: "Bob Berg" not in screen_text(app))
        assert isinstance(app.screen, ComposeScreen)
        await pilot.press("tab")
        assert app.screen.query_one("#cc").has_focus or app.screen.query_one("#subject").has_focus
        await pilot.press("shift+tab", "end", "backspace", "o")
        await shows(pilot, "Bob Berg")
        await pilot.press("shift+tab")
        await until(pilot, lambda: "Bob Berg" not in screen_text(app))


async def test_foreign_names_in_the_list_are_clean() -> None:
    fake = engine()
    fake.answers[ListPeople] = People((Address("bob@x.test", "Bo\x1b]52;c;A\x07 [@click=app.bell]x[/]"),))
    app = composer(fake)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"bo")
        await shows(pilot, "[@click=app.bell]x[/]")
        assert "\x1b" not in screen_text(app)
        await pilot.press("enter")
        assert "\x1b" not in app.screen.query_one("#to", RecipientField).value


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (200, 60)])
async def test_the_text_has_room_in_every_terminal(size: tuple[int, int]) -> None:
    app = composer(engine(), Draft("main", (Address("bob@x.test"),), subject="s", body="text here"))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert app.screen.query_one("#body").size.height >= 3
        shown = screen_text(app)
        assert "text here" in shown
        assert "Encrypt" in shown


async def test_foreign_text_in_a_reply_reaches_the_screen_clean() -> None:
    evil = "\x1b]52;c;AAAA\x07[@click=app.bell]x[/] \u202egnp.exe"
    draft = Draft("main", (Address("bob@x.test", evil),), subject=evil, body=f"> {evil}")
    app = composer(engine(), draft)
    async with app.run_test(size=(100, 24)) as pilot:
        await settle(pilot)
        shown = screen_text(app)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "[@click=app.bell]x[/]" in shown


def test_lines_that_would_slow_the_editor_are_broken_at_a_space() -> None:
    words = "word " * 1_000
    broken = editable(words)
    assert max(map(len, broken.split("\n"))) <= MAX_LINE
    assert broken.replace("\n", "") == words


async def test_a_pasted_long_line_is_broken_and_cleaned_wherever_it_is_pasted() -> None:
    app = composer(engine(), Draft("main", (Address("bob@x.test"),), body="b" * 1_500))
    async with app.run_test(size=(80, 24)) as pilot:
        body = app.screen.query_one("#body", BodyEditor)
        await pilot.pause()
        for _ in range(3):
            app.post_message(Paste("a" * 5_000 + "\x1b[2J"))
        await until(pilot, lambda: len(body.text) > 16_000)
        assert max(map(len, body.text.split("\n"))) <= MAX_LINE
        assert "\x1b" not in body.text
