"""What stands on the screen is true, whole and said once: after failures, with locked keys, on low terminals."""

import asyncio

import pytest
from msgspec.structs import replace
from textual.events import Key

from tests.ui.clinic import evidence, view
from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.fake_engine import FakeEngine, OneScreen, shows
from tests.ui.fake_engine import screen_text as text_of
from tests.ui.test_mail_screen import mail_of
from tui_mail.engine.messages import (
    CertificateBook,
    ListCertificates,
    Lock,
    LockChanged,
    Notice,
    OpenMessage,
    RawSource,
)
from tui_mail.model.errors import VaultLocked
from tui_mail.model.message import EncState, Run, Style
from tui_mail.model.security import Letter
from tui_mail.ui import safe
from tui_mail.ui.app import MailApp
from tui_mail.ui.reader_lines import header_name
from tui_mail.ui.screens.ask_path import AskPath
from tui_mail.ui.screens.book import BookScreen
from tui_mail.ui.screens.question import Question
from tui_mail.ui.widgets.hints import places
from tui_mail.ui.wrap import wrap_line


async def test_a_message_that_cannot_be_opened_shows_nothing_of_the_one_before(engine: EngineStandIn) -> None:
    engine.views.pop(2)
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        assert "Signed by ben@lab.example" in screen_text(pilot)
        await pilot.press("j")
        await settled(pilot)
        screen = screen_text(pilot)
        assert "This message is gone." in screen
        assert "Signed by" not in screen and "Dear Anna" not in screen
        await pilot.press("k")
        await settled(pilot)
        assert "Signed by ben@lab.example" in screen_text(pilot)


async def test_a_message_that_takes_long_is_said_to_be_opened(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, answered = engine.ask, asyncio.Event()

    async def slow(command, kind):  # type: ignore[no-untyped-def]
        if isinstance(command, OpenMessage):
            await answered.wait()
        return await ask(command, kind)

    monkeypatch.setattr(engine, "ask", slow)
    async with running(engine) as pilot:
        await pilot.press("enter")
        await pilot.pause(0.4)
        assert "Opening the message …" in screen_text(pilot)
        answered.set()
        await settled(pilot)
        assert "Opening" not in screen_text(pilot) and "Dear Anna" in screen_text(pilot)


@pytest.mark.parametrize("key", ["enter", "t", "i", "ctrl+u"])
async def test_with_locked_keys_the_passphrase_is_asked_for_and_the_command_goes_on(
    engine: EngineStandIn, key: str
) -> None:
    async with running(engine) as pilot:
        await pilot.press("L")
        await settled(pilot)
        assert isinstance(engine.commands[-1], Lock) and "keys locked" in screen_text(pilot)
        await pilot.press(key)
        await settled(pilot)
        assert "Passphrase for the mail of" in screen_text(pilot)
        await pilot.press(*"correct", "space", *"horse", "enter")
        engine.publish(LockChanged(False))
        await settled(pilot)
        await settled(pilot)
        opened = {"enter": "Dear Anna", "t": "Trust this certificate", "i": "Protection of", "ctrl+u": "Source of"}
        assert opened[key] in screen_text(pilot)


async def test_escape_from_the_passphrase_does_nothing(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("L")
        await settled(pilot)
        await pilot.press("ctrl+u", "escape")
        await settled(pilot)
        assert pilot.app.screen is mail_of(pilot)
    assert not [command for command in engine.commands if isinstance(command, RawSource)]


async def test_a_book_that_cannot_be_read_does_not_look_empty() -> None:
    fake = FakeEngine({ListCertificates: VaultLocked("Your keys are locked.")})
    async with OneScreen(BookScreen(fake, "main")).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Your keys are locked.")
        assert "Nobody yet" not in text_of(pilot.app)
        fake.answers[ListCertificates] = CertificateBook(())
        pilot.app.screen._load()
        await shows(pilot, "Nobody yet")


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_the_place_of_a_file_can_be_read_while_it_is_typed(size: tuple[int, int]) -> None:
    async with OneScreen(AskPath("Save attachment as", "/home/anna/x.pdf")).run_test(size=size) as pilot:
        await shows(pilot, "/home/anna/x.pdf")
        assert "Enter saves" in text_of(pilot.app)


@pytest.mark.parametrize("size", [(40, 10), (60, 20)])
async def test_a_sentence_that_is_longer_than_the_bottom_line_is_said_in_full(
    engine: EngineStandIn, size: tuple[int, int]
) -> None:
    sentence = "192.0.2.7 is a computer of the own network. The setting fetch_private_addresses allows it."

    async def connect() -> EngineStandIn:
        return engine

    async with MailApp(connect).run_test(size=size, notifications=True) as pilot:
        await settled(pilot)
        engine.publish(Notice("warning", sentence))
        await settled(pilot)
        assert sentence in " ".join(screen_text(pilot).replace("▌", " ").split())


async def test_a_question_fits_a_low_terminal_with_its_answers() -> None:
    question = Question("Block bea@clinic.example? " + "Nothing is encrypted to them then. " * 3, action="Block")
    async with OneScreen(question).run_test(size=(40, 10)) as pilot:
        await shows(pilot, "Block bea@clinic.example?")
        assert "Back" in text_of(pilot.app) and text_of(pilot.app).count("Block") == 2


async def test_what_was_said_and_still_stands_is_not_said_again() -> None:
    async with OneScreen(Question("Really?", action="Yes")).run_test(notifications=True) as pilot:
        said = []
        for sentence in ("One.", "One.", "Two.", "One.", "Three."):
            safe.notify(pilot.app, sentence)
            await pilot.pause(0.02)
            said.append([notice.message for notice in pilot.app._notifications])
    assert said == [["One."], ["One."], ["One.", "Two."], ["One.", "Two."], ["Three."]]


def test_the_hint_that_leads_on_is_never_left_out() -> None:
    hints = [("Enter", "Read"), ("r", "Reply"), ("c", "Compose"), ("?", "Help"), ("q", "Quit")]
    assert [number for number, *_ in places(hints, 100, 3)] == [0, 1, 2, 3, 4]
    assert [number for number, *_ in places(hints, 34, 3)] == [0, 1, 3]
    for width in range(8, 60):
        shown = places(hints, width, 3)
        assert 3 in [number for number, *_ in shown] and shown[-1][2] <= width


async def test_arrow_keys_are_words_where_there_are_no_arrows(engine: EngineStandIn) -> None:
    """A v or a > would be taken for another key."""
    settings = engine.welcome.settings
    for ascii_only, names in ((True, ("Shift+Down", "j  Down", "    Right ")), (False, ("Shift+↓", "j  ↓", "    → "))):
        engine.welcome = replace(engine.welcome, settings=replace(settings, ascii=ascii_only))
        async with running(engine) as pilot:
            await pilot.press("question_mark")
            await settled(pilot)
            assert all(name in screen_text(pilot) for name in names)


async def test_help_is_named_in_the_bottom_line_of_every_terminal(engine: EngineStandIn) -> None:
    for size in ((120, 36), (80, 24), (40, 10)):
        async with running(engine, size) as pilot:
            assert "? Help" in screen_text(pilot).splitlines()[-1]
            assert screen_text(pilot).splitlines()[0].rstrip().endswith(("●", "example", "unread"))


def test_what_a_label_names_goes_on_below_itself_and_mail_text_before_a_link_does_not() -> None:
    label = list(wrap_line((("  N ◆   ", "accent"), ("one two three four", "text")), 20))
    assert [line[0][0] for line in label[1:]] == [" " * 8] * (len(label) - 1) and len(label) > 1
    mail = list(wrap_line((("Look at ", "text"), ("a page", "link"), (" that is good and long", "text")), 20))
    assert not mail[1][0][0].startswith(" ")


def test_header_names_are_written_as_mail_writes_them() -> None:
    for name, shown in (("message-id", "Message-ID"), ("dkim-signature", "DKIM-Signature"), ("X-Odd", "X-Odd")):
        assert header_name(name) == shown


async def test_details_say_the_verdict_once_and_name_no_state_of_the_program(engine: EngineStandIn) -> None:
    security = evidence(Letter.NEW, EncState.NONE, "ben@lab.example")
    checked = replace(security.signatures[0], chain=("9f" * 32, "ab" * 32))
    one = view(1, "Ben", "ben@lab.example", "s", "t", replace(security, signatures=(checked,)))
    engine.views[1] = replace(one, lines=((Run("x", Style.TEXT),),))
    async with running(engine, (130, 60)) as pilot:
        await pilot.press("i")
        await settled(pilot)
        screen = screen_text(pilot)
    assert screen.count("N: signed and intact") == 1
    assert "the certificate belongs to the sender, ben@lab.example" in screen
    assert "under ABAB ABAB ABAB ABAB" in screen


async def post_all(pilot, keys: str) -> None:  # type: ignore[no-untyped-def]
    """Keys as a fast typist or a slow line sends them: none waits for the one before it to be done."""
    names = {"\r": "enter", " ": "space", "@": "at", ".": "full_stop"}
    for key in keys:
        pilot.app.post_message(Key(names.get(key, key), key if key >= " " else None))
    await settled(pilot)
    await settled(pilot)


async def test_letters_typed_before_a_list_of_choices_stands_narrow_it(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await post_all(pilot, "gnorth")
        await pilot.press("enter")
        await settled(pilot)
        assert mail_of(pilot).folder.name == "Wards/North"
        await pilot.press("colon", *"xyz")
        await settled(pilot)
        assert "Nothing fits." in screen_text(pilot)


async def test_enter_right_behind_the_letters_takes_what_they_name(engine: EngineStandIn) -> None:
    """Else a message would be moved into the folder that was highlighted before."""
    async with running(engine) as pilot:
        await pilot.press("g")
        await settled(pilot)
        await post_all(pilot, "sent\r")
        assert mail_of(pilot).folder.name == "Sent"


async def test_letters_typed_before_the_composer_stands_are_in_it(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await post_all(pilot, "cben@lab.example")
        assert pilot.app.screen.query_one("#to").value == "ben@lab.example"
