"""Doing something with several messages at once, and taking it back."""

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.test_mail_screen import mail_of
from tui_mail.engine.messages import ChangeFlags, Command, DeleteMessages, MoveMessages
from tui_mail.model.message import Flag
from tui_mail.ui.screens.question import Question

INBOX, TRASH = 1, 3


def told(engine: EngineStandIn) -> list[Command]:
    return [one for one in engine.commands if isinstance(one, ChangeFlags | DeleteMessages | MoveMessages)]


async def test_marked_messages_are_deleted_together_and_come_back_together(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        numbers = tuple(mail_of(pilot).list.window.row(index).id for index in range(2))
        await pilot.press("x", "x")
        await settled(pilot)
        screen = screen_text(pilot)
        assert "2 marked" in screen and sum("▌+" in line or " +" in line[:40] for line in screen.splitlines()) >= 2
        await pilot.press("d")
        await settled(pilot)
        assert told(engine) == [DeleteMessages(numbers)]
        assert "2 messages deleted. z takes it back." in screen_text(pilot)
        assert not mail_of(pilot).list.marked
        await pilot.press("z")
        await settled(pilot)
    assert told(engine)[-1] == MoveMessages(numbers, INBOX)


async def test_a_flag_is_set_for_all_marked_that_lack_it_and_undone_for_just_these(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("s")  # the first has its star already when all three get theirs
        await settled(pilot)
        await pilot.press("x", "x", "x", "asterisk")
        await settled(pilot)
        command = told(engine)[-1]
        assert isinstance(command, ChangeFlags) and len(command.message_ids) == 2 and command.add == Flag.FLAGGED
        await pilot.press("z")
        await settled(pilot)
    assert told(engine)[-1] == ChangeFlags(command.message_ids, remove=Flag.FLAGGED)


async def test_escape_takes_the_marks_away_and_a_click_before_the_verdict_marks(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("A")
        await settled(pilot)
        listed = mail_of(pilot).list
        assert len(listed.marked) == listed.window.total
        await pilot.press("escape")
        assert not listed.marked
        await pilot.click("#list", offset=(1, 2))
        assert list(listed.marked) == [listed.window.row(2).id]


async def test_without_an_archive_folder_it_says_what_to_do(engine: EngineStandIn) -> None:
    engine.store.database.run("UPDATE folder SET role = '' WHERE role = 'archive'")
    async with running(engine) as pilot:
        await pilot.press("e")
        await settled(pilot)
        assert "no archive folder" in screen_text(pilot)
    assert not told(engine)


async def test_archiving_goes_to_the_archive_of_the_account(engine: EngineStandIn) -> None:
    engine.store.database.run("UPDATE folder SET role = 'archive' WHERE role = 'sent'")
    async with running(engine) as pilot:
        archive = next(folder for folder in mail_of(pilot).folders if folder.role == "archive")
        row = mail_of(pilot).list.row
        await pilot.press("e")
        await settled(pilot)
        assert told(engine) == [MoveMessages((row.id,), archive.id)]
        assert "z takes it back" in screen_text(pilot)


async def test_what_is_in_the_trash_goes_for_good_only_after_a_question(engine: EngineStandIn) -> None:
    engine.store.database.run("UPDATE message SET folder = ? WHERE id = 1", (TRASH,))
    async with running(engine) as pilot:
        mail = mail_of(pilot)
        mail.open_folder(next(folder for folder in mail.folders if folder.id == TRASH))
        await settled(pilot)
        await pilot.press("d")
        await settled(pilot)
        assert isinstance(pilot.app.screen, Question) and not told(engine)
        await pilot.press("y")
        await settled(pilot)
    assert told(engine) == [DeleteMessages((1,))]


async def test_with_nothing_to_take_back_it_says_so(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("z")
        await settled(pilot)
        assert "nothing to take back" in screen_text(pilot)
