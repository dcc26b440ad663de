"""The folded list and the list of all inboxes."""

from pathlib import Path

import pytest

from tests.store.conftest import KEY
from tui_mail.model.folder import FolderRole
from tui_mail.store import accounts, changes, folders, messages
from tui_mail.store.database import Database
from tui_mail.store.messages import NewMessage
from tui_mail.store.thread_window import ThreadWindow
from tui_mail.store.views import ReadStore


def mail(uid: int, subject: str, answers: int = 0, date: int = 0) -> NewMessage:
    references = (f"<{answers}@x>",) if answers else ()
    return NewMessage(uid, b"x", 0, date or uid, subject=subject, message_id=f"<{uid}@x>", references=references)


@pytest.fixture
def numbers(db: Database, inbox: int) -> dict[str, int]:
    """Three conversations: a, b with two answers, c."""
    new = [mail(1, "a"), mail(2, "b"), mail(3, "Re: b", 2), mail(4, "c"), mail(5, "Re: b (2)", 3)]
    return dict(zip(("a", "b", "b1", "c", "b2"), messages.save_messages(db, inbox, new), strict=True))


def lines(window: ThreadWindow) -> list[str]:
    rows = [window.row(index) for index in range(window.total)]
    return [row.subject for row in rows if row is not None]


@pytest.fixture
def window(path: Path, inbox: int, numbers: dict[str, int]) -> ThreadWindow:
    return ReadStore(path, KEY).threads(inbox)


def test_each_conversation_is_one_line_with_the_newest_first(window: ThreadWindow) -> None:
    assert lines(window) == ["Re: b (2)", "c", "a"]
    fold = window.fold(0)
    assert fold is not None and (fold.total, fold.unread, fold.unfolded, fold.inside) == (3, 3, False, False)
    assert window.row(3) is None and window.fold(3) is None


def test_unfolding_adds_the_older_ones_and_folding_takes_them_away(
    window: ThreadWindow, numbers: dict[str, int]
) -> None:
    assert window.turn(0)
    assert lines(window) == ["Re: b (2)", "Re: b", "b", "c", "a"]
    assert [fold.inside for index in range(5) if (fold := window.fold(index))] == [False, True, True, False, False]
    assert [window.index_of(numbers[name]) for name in ("b2", "b1", "b", "c", "a")] == [0, 1, 2, 3, 4]
    assert not window.turn(3)  # one message alone has nothing to unfold
    assert window.turn(2)
    assert lines(window) == ["Re: b (2)", "c", "a"]
    assert window.index_of(numbers["b"]) == 0
    assert window.index_of(99) is None


def test_the_list_follows_what_happens(
    db: Database, inbox: int, archive: int, window: ThreadWindow, numbers: dict[str, int]
) -> None:
    window.turn(0)
    assert not window.refresh()
    messages.save_messages(db, inbox, [mail(9, "Re: a", 1)])
    assert window.refresh()
    assert lines(window) == ["Re: a", "Re: b (2)", "Re: b", "b", "c"]
    changes.change_flags(db, [numbers["b1"]], add=1)
    assert window.refresh()
    assert (fold := window.fold(1)) is not None and fold.unread == 2
    changes.move(db, [numbers["b2"]], archive)
    assert window.refresh()
    assert lines(window) == ["Re: a", "c", "Re: b", "b"]
    messages.remove(db, [numbers["b1"]])
    window.refresh()
    assert lines(window) == ["Re: a", "c", "b"]


def test_many_conversations_are_read_in_pages(db: Database, inbox: int, path: Path) -> None:
    messages.save_messages(db, inbox, [mail(uid, f"s{uid}") for uid in range(1, 301)])
    messages.save_messages(db, inbox, [mail(uid, "Re", uid - 400) for uid in range(410, 420)])
    window = ReadStore(path, KEY).threads(inbox)
    assert window.total == 300
    for index in (299, 0, 150, 10, 9):
        window.turn(index)
    assert window.total == 303  # three of those have two messages
    seen = [row.id for index in range(window.total) if (row := window.row(index))]
    assert len(seen) == len(set(seen)) == 303
    assert [window.index_of(number) for number in seen] == list(range(303))


def test_all_inboxes_are_one_list(db: Database, inbox: int, archive: int, path: Path) -> None:
    accounts.save_account(db, "home", "b@y")
    other = folders.save_folder(db, "home", "INBOX", FolderRole.INBOX)
    for uid in range(1, 201):
        messages.save_message(db, (inbox, other)[uid % 2], mail(uid, f"s{uid}"))
    messages.save_message(db, archive, mail(1000, "not here"))
    reader = ReadStore(path, KEY)
    window = reader.inboxes()
    assert (window.total, window.unread) == (200, 200)
    assert [row.subject for index in range(200) if (row := window.row(index))] == [f"s{n}" for n in range(200, 0, -1)]
    fresh = reader.inboxes()
    assert (last := fresh.row(199)) is not None and last.subject == "s1"
    assert (row := fresh.row(70)) is not None and fresh.index_of(row.id) == 70
    assert reader.inboxes().index_of(last.id) == 199
    messages.save_message(db, other, mail(300, "new"))
    assert fresh.refresh().reordered
    assert (top := fresh.row(0)) is not None and top.subject == "new" and fresh.total == 201


def test_without_accounts_the_list_is_empty(path: Path, db: Database) -> None:
    window = ReadStore(path, KEY).inboxes()
    assert window.total == 0 and window.row(0) is None and window.index_of(1) is None
