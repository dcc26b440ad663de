"""The list by conversations, and the inboxes of several accounts as one."""

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.test_mail_screen import mail_of
from tui_mail.engine.messages import DeleteMessages, MoveMessages
from tui_mail.model.folder import FolderRole
from tui_mail.store import accounts, folders, messages
from tui_mail.store.messages import NewMessage

INBOX = 1
NEWEST = 1_900_000_000


def mail(number: int, answers: int | None = None) -> NewMessage:
    references = () if answers is None else (f"<p{answers}@x>",)
    subject = "Ward plan" if answers is None else "Re: Ward plan"
    date = NEWEST + number
    return NewMessage(900 + number, b"x", 0, date, subject=subject, message_id=f"<p{number}@x>", references=references)


def conversation(engine: EngineStandIn) -> list[int]:
    """Three messages that answer each other, newer than all others."""
    return list(messages.save_messages(engine.store.database, INBOX, [mail(0), mail(1, 0), mail(2, 1)]))


async def test_a_conversation_is_one_line_that_unfolds_and_folds(engine: EngineStandIn) -> None:
    conversation(engine)
    async with running(engine) as pilot:
        assert screen_text(pilot).count("Ward plan") == 3
        await pilot.press("V")
        await settled(pilot)
        assert screen_text(pilot).count("Ward plan") == 1 and "▸ 3 Re: Ward plan" in screen_text(pilot)
        await pilot.press("right")
        await settled(pilot)
        screen = screen_text(pilot)
        assert screen.count("Ward plan") == 3 and "▾ 3 Re: Ward plan" in screen and "└ Ward plan" in screen
        await pilot.press("down", "right")
        await settled(pilot)
        assert screen_text(pilot).count("Ward plan") == 1
        await pilot.press("V")
        await settled(pilot)
        assert screen_text(pilot).count("Ward plan") == 3


async def test_a_folded_conversation_is_deleted_whole_and_of_an_unfolded_one_the_line(engine: EngineStandIn) -> None:
    numbers = conversation(engine)
    async with running(engine) as pilot:
        await pilot.press("V", "right", "down", "d")
        await settled(pilot)
        assert engine.commands[-1] == DeleteMessages((numbers[1],))
        await pilot.press("home", "right", "d")
        await settled(pilot)
        last = engine.commands[-1]
        assert isinstance(last, DeleteMessages) and sorted(last.message_ids) == [numbers[0], numbers[2]]
        assert "2 messages deleted" in screen_text(pilot)


async def test_the_inboxes_of_two_accounts_are_one_list(engine: EngineStandIn) -> None:
    db = engine.store.database
    accounts.save_account(db, "home", "anna@home.test")
    other = folders.save_folder(db, "home", "INBOX", FolderRole.INBOX)
    messages.save_message(db, other, NewMessage(1, b"x", 0, NEWEST, subject="From home"))
    async with running(engine) as pilot:
        listed = mail_of(pilot)
        assert "All inboxes" in screen_text(pilot)
        await pilot.press("g", *"all inb", "enter")
        await settled(pilot)
        assert listed.list.window.total == 13 and "From home" in screen_text(pilot)
        await pilot.press("m", *"all inb")
        await settled(pilot)
        assert "Move to folder" in screen_text(pilot)
        await pilot.press("enter", "escape")
        await settled(pilot)
        assert "Moved" not in screen_text(pilot)


async def test_what_goes_to_the_archives_of_two_accounts_is_counted_and_taken_back_as_one(
    engine: EngineStandIn,
) -> None:
    db = engine.store.database
    db.run("UPDATE folder SET role = 'archive' WHERE role = 'sent'")
    accounts.save_account(db, "home", "anna@home.test")
    other = folders.save_folder(db, "home", "INBOX", FolderRole.INBOX)
    theirs = folders.save_folder(db, "home", "Archive", FolderRole.ARCHIVE)
    messages.save_message(db, other, NewMessage(1, b"x", 0, NEWEST, subject="From home"))
    async with running(engine) as pilot:
        assert "All inboxes" in screen_text(pilot)
        rows = [row[:24].strip() for row in screen_text(pilot).splitlines()]
        place = next(index for index, row in enumerate(rows) if row.startswith("All inboxes"))
        assert rows[place - 1] == "" and rows[place - 2].startswith("tui-mail"), "one empty line above"
        await pilot.press("g")
        await settled(pilot)
        assert "All inboxes ·" not in screen_text(pilot)
        await pilot.press(*"all inb", "enter")
        await settled(pilot)
        await pilot.press("home", "x", "x", "x", "e")
        await settled(pilot)
        assert "3 messages moved to" in screen_text(pilot)
        moves = [command for command in engine.commands if isinstance(command, MoveMessages)]
        assert {move.folder_id for move in moves} > {theirs} and sum(len(move.message_ids) for move in moves) == 3
        await pilot.press("z")
        await settled(pilot)
        back = [command for command in engine.commands if isinstance(command, MoveMessages)][len(moves) :]
        assert sorted(number for move in back for number in move.message_ids) == sorted(
            number for move in moves for number in move.message_ids
        )
        assert "Taken back." in screen_text(pilot)
