"""Letters on everything: two keys lead anywhere."""

from pathlib import Path

import pytest
from textual.events import Key

from tests.ui.clinic import fill
from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.office import furnish
from tests.ui.test_mail_screen import mail_of
from tui_mail.ui.screens.jump import LETTERS


@pytest.fixture
def office(tmp_path: Path) -> EngineStandIn:
    store, views = fill(tmp_path / "mail.db")
    engine = EngineStandIn(store, tmp_path / "mail.db", views)
    furnish(store, engine)
    return engine


async def test_a_letter_stands_on_every_folder_and_leads_there(office: EngineStandIn) -> None:
    async with running(office, (130, 30)) as pilot:
        names = [line[2:22].strip() for line in screen_text(pilot).splitlines()]
        await pilot.press("semicolon")
        await settled(pilot)
        lines = screen_text(pilot).splitlines()
        row = next(index for index, name in enumerate(names) if name.startswith("Trash"))
        letter = lines[row][1]
        assert letter in LETTERS
        await pilot.press(letter)
        await settled(pilot)
        folder = mail_of(pilot).folder
        assert folder is not None
        assert folder.name == "Trash"


async def test_with_an_open_message_one_leads_to_the_list_and_one_to_the_text(office: EngineStandIn) -> None:
    async with running(office, (130, 30)) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        mail = mail_of(pilot)
        assert mail.reader.has_focus_within
        await pilot.press("semicolon", "a")
        await settled(pilot)
        assert mail.list.has_focus
        assert mail.reading
        await pilot.press("semicolon", "s")
        await settled(pilot)
        assert mail.reader.has_focus_within


async def test_another_key_and_another_size_go_back_and_do_nothing_else(office: EngineStandIn) -> None:
    async with running(office, (130, 30)) as pilot:
        folder = mail_of(pilot).folder
        await pilot.press("semicolon", "escape")
        await settled(pilot)
        assert pilot.app.screen is mail_of(pilot)
        await pilot.press("semicolon")
        await pilot.resize_terminal(90, 30)
        await settled(pilot)
        assert pilot.app.screen is mail_of(pilot)
        assert mail_of(pilot).folder == folder


async def test_a_click_on_a_letter_is_the_letter(office: EngineStandIn) -> None:
    async with running(office, (130, 30)) as pilot:
        names = [line[2:22].strip() for line in screen_text(pilot).splitlines()]
        row = next(index for index, name in enumerate(names) if name.startswith("Trash"))
        await pilot.press("semicolon")
        await settled(pilot)
        await pilot.click(offset=(1, row))
        await settled(pilot)
        folder = mail_of(pilot).folder
        assert folder is not None
        assert folder.name == "Trash"


async def test_while_writing_f12_leads_to_every_line(office: EngineStandIn) -> None:
    async with running(office, (130, 30)) as pilot:
        await pilot.press("c")
        await settled(pilot)
        await pilot.press("f12")
        await settled(pilot)
        subject = next(line for line in screen_text(pilot).splitlines() if "Subject" in line)
        letter = next(part for part in subject.split() if len(part) == 1 and part in LETTERS)
        await pilot.press(letter)
        await settled(pilot)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "subject"


async def test_a_dialog_is_left_once_however_fast_the_keys_come(office: EngineStandIn) -> None:
    async with running(office, (130, 30)) as pilot:
        mail = mail_of(pilot)
        await pilot.press("semicolon")
        await settled(pilot)
        dialog = pilot.app.screen
        for key in ("escape", "1", "escape"):
            dialog.post_message(Key(key, None))
        await settled(pilot)
        assert pilot.app.screen is mail
        await pilot.press("down")
        assert pilot.app.is_running
