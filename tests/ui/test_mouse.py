"""The mouse reaches what the keys reach: hints, columns, rows, folders, fields, switches, choices, answers."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Checkbox

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.fake_engine import OneScreen, shows
from tests.ui.office import furnish
from tests.ui.test_book import engine as book_engine
from tests.ui.test_commands import office
from tests.ui.test_compose import composer
from tests.ui.test_compose import engine as compose_engine
from tests.ui.test_mail_screen import mail_of
from tui_mail.model.message import AttachmentInfo, Run, Style
from tui_mail.model.unsubscribe import Unsubscribe
from tui_mail.ui.screens.book import BookScreen
from tui_mail.ui.screens.question import Question
from tui_mail.ui.widgets.hints import Hints

__all__ = ["furnish", "office"]


async def click_on(pilot: Pilot, words: str, line: int | None = None) -> None:  # type: ignore[type-arg]
    """Click on the first place where these words stand, or on those of one line."""
    rows = screen_text(pilot).splitlines()
    y = next(index for index, row in enumerate(rows) if words in row) if line is None else line % pilot.app.size.height
    await pilot.click(offset=(rows[y].index(words) + 1, y))


@pytest.mark.parametrize("before", [(), ("enter",)], ids=["list", "reader"])
async def test_every_hint_of_the_bottom_line_does_what_it_says(
    office: EngineStandIn, before: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(office, (220, 40)) as pilot:
        await pilot.press(*before)
        await settled(pilot)
        done: list[str] = []
        monkeypatch.setattr(mail_of(pilot), "action_command", done.append)
        hints = mail_of(pilot).query_one(Hints)
        wanted = [command.id for command in hints.commands]
        for command in hints.commands:
            await click_on(pilot, f"{command.key_names[0]} {command.footer}", line=-1)
        await pilot.pause()
        assert done == wanted and len(wanted) > 9


async def test_a_row_a_folder_a_letter_and_a_column_answer_to_clicks(office: EngineStandIn) -> None:
    async with running(office, (130, 36)) as pilot:
        await click_on(pilot, "pumpkin")
        assert mail_of(pilot).list.row.subject.startswith("This week")
        await click_on(pilot, "pumpkin")
        await settled(pilot)
        assert mail_of(pilot).reading
        await click_on(pilot, "N ◆")
        await settled(pilot)
        await click_on(pilot, "Not now")
        await settled(pilot)
        assert pilot.app.screen is mail_of(pilot)
        await click_on(pilot, "Subject")
        await settled(pilot)
        assert "Subject ▾" in screen_text(pilot)
        await click_on(pilot, "Sent")
        await settled(pilot)
        assert mail_of(pilot).folder.name == "Sent"


async def test_a_link_a_file_an_offer_and_the_protection_answer_to_clicks(office: EngineStandIn) -> None:
    link = Run("our long page " * 8, Style.LINK, "https://b.example/x")
    lines = ((Run("See "), Run("this", Style.LINK, "https://a.example/"), Run(" and ")), (link, Run(" [1]")))
    files = (AttachmentInfo(0, "a.txt", "text/plain", 5),)
    leave = Unsubscribe(mailto="mailto:leave@list.example")
    office.views[1] = replace(office.views[1], lines=lines, attachments=files, unsubscribe=leave)
    async with running(office, (90, 30)) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        for words, shown in (
            ("this", "This link leads to a.example."),
            ("[1]", "This link leads to a.example."),
            ("our long page", "This link leads to b.example."),
            ("a.txt", "Enter looks at it"),
            ("p shows it, s saves", "Enter looks at it"),
            ("Signed by ben@lab", "Trust this certificate"),
        ):
            await click_on(pilot, words)
            await settled(pilot)
            assert shown in screen_text(pilot), words
            await pilot.press("escape")
            await settled(pilot)
        for words in ("See", "and"):
            await click_on(pilot, words)
            await settled(pilot)
            assert pilot.app.screen is mail_of(pilot)
        await click_on(pilot, "U leaves it")
        await settled(pilot)
        assert "leave@list.example" in screen_text(pilot)


async def test_a_choice_and_an_answer_are_clicked(office: EngineStandIn) -> None:
    async with running(office, (130, 36)) as pilot:
        await click_on(pilot, "g Folder")
        await settled(pilot)
        rows = screen_text(pilot).splitlines()
        y = next(index for index, row in enumerate(rows) if "│  Sent" in row)
        await pilot.click(offset=(rows[y].index("│  Sent") + 4, y))
        await settled(pilot)
        assert mail_of(pilot).folder.name == "Sent"
    app = OneScreen(Question("Really?", action="Do it"))
    async with app.run_test(size=(80, 24)) as pilot:
        await click_on(pilot, "Do it")
        await pilot.pause()
        assert app.result is True


async def test_the_composer_answers_to_clicks_on_fields_switches_and_keys() -> None:
    fake = compose_engine()
    app = composer(fake)
    async with app.run_test(size=(110, 30)) as pilot:
        await shows(pilot, "Signed by")
        await click_on(pilot, "Subject")
        await pilot.click("#subject")
        assert app.screen.query_one("#subject").has_focus
        await click_on(pilot, "[ ] Encrypt")
        await pilot.pause()
        assert app.screen.query_one("#encrypt", Checkbox).value
        await click_on(pilot, "F3 Encrypt", line=-1)
        await pilot.pause()
        assert not app.screen.query_one("#encrypt", Checkbox).value
        await click_on(pilot, "Esc Close", line=-1)
        await pilot.pause(0.1)
        assert app.result is None


async def test_the_book_answers_to_clicks(tmp_path: Path) -> None:
    async with OneScreen(BookScreen(book_engine(), "main")).run_test(size=(110, 30)) as pilot:
        await shows(pilot, "ben@lab.example")
        await click_on(pilot, "ben@lab.example")
        await shows(pilot, "Their certificate")
        await pilot.press("escape")
        await pilot.pause()
        await click_on(pilot, "n Note", line=-1)
        await shows(pilot, "Note on ben@lab.example")
