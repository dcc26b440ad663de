import random
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from tests.store.conftest import KEY
from tui_mail.model.message import Flag
from tui_mail.store import changes, folders, judgements, messages
from tui_mail.store.first_window import first_rows, later_rows
from tui_mail.store.judgements import Judgement
from tui_mail.store.messages import NewMessage
from tui_mail.store.store import Store
from tui_mail.store.views import ReadStore
from tui_mail.store.window import MAX_PAGES, PAGE_ROWS, MessageWindow

MANY = PAGE_ROWS * (MAX_PAGES + 6) + 17


@pytest.fixture
def reader(store: Store, path: Path):
    reader = ReadStore(path, KEY)
    yield reader
    reader.close()


def fill(store: Store, folder_id: int, count: int, first: int = 1) -> None:
    generator = random.Random(count)
    with store.write() as db:
        for uid in range(first, first + count):
            date = generator.randrange(count // 3 + 1)
            messages.save_message(db, folder_id, NewMessage(uid, b"", date=date, subject=f"no {uid}"))


def expected(store: Store, folder_id: int) -> list[int]:
    rows = store.database.all("SELECT id FROM message WHERE folder = ? ORDER BY date DESC, id DESC", (folder_id,))
    return [number for (number,) in rows]


def listed(window: MessageWindow) -> list[int]:
    return [window.row(index).id for index in range(window.total)]  # type: ignore[union-attr]


def test_a_list_shows_every_message_once_newest_first(store: Store, inbox: int, reader: ReadStore) -> None:
    fill(store, inbox, MANY)
    window = reader.window(inbox)
    assert window.total == MANY and listed(window) == expected(store, inbox)


def test_any_jump_lands_on_the_right_row(store: Store, inbox: int, reader: ReadStore) -> None:
    """Many messages share a date, so that seeking by date alone would fail."""
    fill(store, inbox, MANY)
    window, numbers = reader.window(inbox), expected(store, inbox)
    generator = random.Random(1)
    for index in [0, MANY - 1, MANY // 2, PAGE_ROWS - 1, PAGE_ROWS, *(generator.randrange(MANY) for _ in range(300))]:
        row = window.row(index)
        assert row is not None and row.id == numbers[index]
        assert window.index_of(row.id) == index
        assert reader.window(inbox).index_of(row.id) == index
    assert window.row(-1) is None and window.row(MANY) is None and window.index_of(10**6) is None


def test_a_window_on_nothing_is_empty(store: Store, inbox: int, reader: ReadStore) -> None:
    for folder_id in (inbox, 99):
        window = reader.window(folder_id)
        assert (window.total, window.row(0), window.index_of(1), bool(window.refresh())) == (0, None, None, False)


def test_refreshing_an_unchanged_list_finds_nothing(store: Store, inbox: int, archive: int, reader: ReadStore) -> None:
    fill(store, inbox, 10)
    window = reader.window(inbox)
    window.row(0)
    assert not window.refresh()
    fill(store, archive, 3)
    assert not window.refresh(), "another folder changed"


def test_a_flag_redraws_one_row_only(store: Store, inbox: int, reader: ReadStore) -> None:
    fill(store, inbox, 200)
    window = reader.window(inbox)
    target = window.row(70)
    assert target is not None
    changes.change_flags(store.database, [target.id], add=Flag.SEEN)
    found = window.refresh()
    assert (found.reordered, found.changed) == (False, {target.id})
    assert window.row(70).flags == Flag.SEEN and window.unread == 199  # type: ignore[union-attr]


def test_new_mail_and_removed_mail_reorder_the_list(store: Store, inbox: int, reader: ReadStore) -> None:
    fill(store, inbox, 200)
    window = reader.window(inbox)
    listed(window)
    number = messages.save_message(store.database, inbox, NewMessage(900, b"", date=10**6))
    assert window.refresh().reordered and window.row(0).id == number  # type: ignore[union-attr]
    assert listed(window) == expected(store, inbox)
    messages.remove(store.database, [number])
    assert window.refresh().reordered and window.total == 200
    assert listed(window) == expected(store, inbox)


def test_a_search_window_follows_the_store(store: Store, inbox: int, reader: ReadStore) -> None:
    fill(store, inbox, 3)
    numbers = expected(store, inbox)
    window = reader.search("hello")
    assert window.total == 0 and not window.refresh()
    from tests.store.test_search import PLAIN

    judgements.save_judgement(store.database, numbers[1], Judgement(PLAIN, subject="hello"))
    assert window.refresh().reordered and window.total == 1 and window.index_of(numbers[1]) == 0
    assert window.row(0).subject == "hello"  # type: ignore[union-attr]
    changes.change_flags(store.database, [numbers[1]], add=Flag.FLAGGED)
    assert window.refresh().changed == {numbers[1]} and window.index_of(numbers[0]) is None


def test_folders_stand_in_the_order_that_people_expect(store: Store, reader: ReadStore) -> None:
    from tui_mail.model.folder import FolderRole

    for name, role in [("Zebra", ""), ("alpha", ""), ("Trash", "trash"), ("INBOX", "inbox"), ("Sent", "sent")]:
        folders.save_folder(store.database, "work", name, FolderRole(role))
    assert [folder.name for folder in reader.folders()] == ["INBOX", "Sent", "Trash", "alpha", "Zebra"]


def test_a_reader_notices_that_something_was_written(store: Store, inbox: int, reader: ReadStore) -> None:
    reader.changed()
    assert not reader.changed()
    fill(store, inbox, 1)
    assert reader.changed() and not reader.changed()


def test_a_store_on_which_nothing_may_be_written_can_be_read(store: Store, path: Path, inbox: int) -> None:
    fill(store, inbox, 3)
    store.close()
    path.chmod(0o400)
    reader = ReadStore(path, KEY)
    assert reader.window(inbox).total == 3
    reader.close()


def test_the_first_paint_shows_the_inbox_s_newest_rows(store: Store, path: Path, inbox: int, archive: int) -> None:
    fill(store, inbox, 50)
    fill(store, archive, 5)
    found = first_rows(str(path), KEY.hex(), 20)
    assert found is not None
    name, unread, total, rows = found
    assert (name, unread, total) == ("INBOX", 50, 50)
    assert [row[0] for row in rows] == expected(store, inbox)[:20]


def test_the_rows_below_the_first_picture_are_those_of_the_list(store: Store, path: Path, inbox: int) -> None:
    fill(store, inbox, MANY)
    numbers = expected(store, inbox)
    for start in (0, 1, MANY // 2 - 3, MANY // 2 + 1, MANY - 20, MANY - 3, MANY):
        found = [row[0] for row in later_rows(str(path), KEY.hex(), start, 20)]
        assert found == numbers[start : start + 20]
    with pytest.raises((apsw.Error, ValueError)):
        later_rows(str(path), "no key", 0, 20)


def test_the_first_paint_stays_silent_when_there_is_nothing_to_show(store: Store, path: Path, tmp_path: Path) -> None:
    assert first_rows(str(path), KEY.hex(), 20) is None, "no folder yet"
    assert first_rows(str(path), "00" * 32, 20) is None
    assert first_rows(str(path), "no key", 20) is None
    assert first_rows(str(tmp_path / "none.db"), KEY.hex(), 20) is None
    assert not (tmp_path / "none.db").exists()


def test_the_first_paint_imports_nothing_heavy() -> None:
    code = "import sys, tui_mail.store.first_window; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "apsw" in loaded
    assert not {"msgspec", "cryptography", "textual", "asyncio", "tui_mail.model.message"} & set(loaded)
