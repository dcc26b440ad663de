"""On 60x20 and 40x10 terminals everything that matters can be read, and nothing is cut in the middle of a key."""

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from tests.ui.clinic import evidence
from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.fake_engine import FakeEngine, OneScreen, shows
from tests.ui.fake_engine import screen_text as text_of
from tests.ui.test_mail_screen import mail_of
from tui_mail.model.address import Address
from tui_mail.model.message import AttachmentInfo, EncState, Hint, Run
from tui_mail.model.security import Letter
from tui_mail.ui.fit import shortened
from tui_mail.ui.screens.attachments import AttachmentsScreen
from tui_mail.ui.screens.send_options import SendOptions, SendOptionsScreen
from tui_mail.ui.screens.wizard import WizardScreen

SIZES = [(60, 20), (40, 10)]
LONG_NAME = "x" * 200 + ".txt"


async def test_the_line_of_keys_breaks_between_two_keys() -> None:
    screen = AttachmentsScreen([AttachmentInfo(0, "a.txt", "text/plain", 5)], {})
    async with OneScreen(screen).run_test(size=(40, 10)) as pilot:
        await shows(pilot, "Enter looks at it")
        rows = [row.strip() for row in text_of(pilot.app).splitlines()]
        assert "Enter looks at it · s saves" in rows and "a saves all · o opens · Esc closes" in rows


@pytest.mark.parametrize("size", SIZES)
async def test_the_options_of_a_message_are_read_in_full(size: tuple[int, int]) -> None:
    async with OneScreen(SendOptionsScreen(SendOptions())).run_test(size=size) as pilot:
        for words in (
            "Send later; empty: at once",
            "tomorrow 8:00, in 2 hours",
            "[ ] Ask the readers for a receipt",
            "[ ] Separate messages for old programs",
            "[ ] The subject in the text too",
        ):
            await shows(pilot, words)
        assert "…" not in text_of(pilot.app)


async def test_an_option_says_what_it_means_while_the_keys_are_on_it() -> None:
    async with OneScreen(SendOptionsScreen(SendOptions())).run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down")
        await shows(pilot, "a message of their own")


@pytest.mark.parametrize("size", SIZES)
async def test_no_sentence_about_the_protection_is_left_out(engine: EngineStandIn, size: tuple[int, int]) -> None:
    security = evidence(Letter.VALID, EncState.OPEN_CBC, "radiology-of-the-hospital@hospital.example")
    hint = Hint("This is the first mail from radiology-of-the-hospital@hospital.example.")
    engine.views[1] = replace(engine.views[1], security=security, hints=(hint,))
    async with running(engine, size) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        rows = screen_text(pilot).splitlines()
        assert all(any(words in row for row in rows) for words in ("Signed by", "Encrypted, but", "This is the first"))
        cut = [row for row in rows if row.rstrip().endswith("…")]
        assert bool(cut) is (size == (40, 10))


async def test_the_head_of_a_message_is_short_where_there_is_little_room(engine: EngineStandIn) -> None:
    people = (Address("anna@clinic.example", "Anna Weber"), Address("ward3@clinic.example", "Ward 3"))
    engine.views[1] = replace(engine.views[1], to=people[:1], cc=people[1:], sender=Address("ben@lab.example", "Ben O"))
    async with running(engine, (40, 10)) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        head = [row.strip(" ▁▂▃▄▅▆▇█") for row in screen_text(pilot).splitlines()]
        assert "To    anna@clinic.example" in head and "Cc    ward3@clinic.example" in head
        await pilot.press("down", "down", "down")
        await settled(pilot)
        assert "Date  Mon 23 November 2026, 12:00" in screen_text(pilot)


async def test_the_top_line_names_place_and_state_before_the_program(engine: EngineStandIn) -> None:
    async with running(engine, (40, 10)) as pilot:
        await pilot.press("L")
        await settled(pilot)
        top = screen_text(pilot).splitlines()[0]
        assert "Inbox  6 unread" in top and "keys locked" in top


async def test_settings_never_run_into_their_values(engine: EngineStandIn) -> None:
    async with running(engine, (40, 10)) as pilot:
        await pilot.press("S")
        await settled(pilot)
        row = next(row for row in screen_text(pilot).splitlines() if "Trust those" in row)
        assert " on" in row.rstrip()[-4:] or row.rstrip().endswith(" on")


async def test_a_hint_in_a_line_to_type_in_is_whole(engine: EngineStandIn) -> None:
    async with running(engine, (40, 10)) as pilot:
        await pilot.press("colon")
        await settled(pilot)
        line = pilot.app.screen.query_one(Input)
        assert line.placeholder in screen_text(pilot)


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    assert shortened("short.txt", 40) == "short.txt"
    assert shortened(LONG_NAME, 20) == "xxxxxxxxxxxx…xxx.txt"
    assert len(shortened(LONG_NAME, 20)) == 20


async def test_the_long_name_of_a_file_takes_one_row(engine: EngineStandIn) -> None:
    file = AttachmentInfo(0, LONG_NAME, "text/plain", 5)
    engine.views[1] = replace(engine.views[1], attachments=(file,), lines=((Run("x"),),))
    async with running(engine, (80, 24)) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        rows = [row for row in screen_text(pilot).splitlines() if "xxxx" in row]
        assert len(rows) == 1 and ".txt  5 bytes" in rows[0]


async def test_a_message_that_is_read_stays_where_it_is_when_the_window_changes(engine: EngineStandIn) -> None:
    lines = tuple((Run(f"Line {number} " + "and some words that fill it " * 4),) for number in range(80))
    engine.views[1] = replace(engine.views[1], lines=lines)
    async with running(engine, (130, 40)) as pilot:
        await pilot.press("enter", "enter")
        await settled(pilot)
        await pilot.press("pagedown", "pagedown")
        await settled(pilot)
        pane = mail_of(pilot).reader.pane
        top = next(row for row in screen_text(pilot).splitlines() if "Line " in row).split()[1]
        for size in ((60, 20), (130, 40)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            while pane._timer is not None:  # on a busy machine the lines are broken little by little
                await pilot.pause(0.03)
            await settled(pilot)
            seen = [row.split()[1] for row in screen_text(pilot).splitlines() if row.split()[:1] == ["Line"]]
            assert seen and abs(int(seen[0]) - int(top)) <= 1, (size, seen, pane.scroll_offset)


async def test_the_setup_never_cuts_what_its_keys_do(engine: EngineStandIn) -> None:
    hints = "Enter goes on · Esc goes back"
    for size, shown in (((60, 20), False), ((80, 24), True)):
        fake = FakeEngine({}, state="new")
        async with OneScreen(WizardScreen(fake)).run_test(size=size) as pilot:
            await shows(pilot, "Who are you?")
            text = text_of(pilot.app)
            assert (hints in text) is shown and ("Enter goes" in text) is shown and "Continue" in text
