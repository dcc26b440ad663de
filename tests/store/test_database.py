import os
import stat
import threading
import tracemalloc
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from tests.store.conftest import KEY
from tui_mail.model.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from tui_mail.store import messages, schema
from tui_mail.store.database import open_database
from tui_mail.store.messages import NewMessage
from tui_mail.store.store import Store
from tui_mail.store.views import ReadStore

SECRET = "Befund Kniegelenk"


def test_nothing_readable_lies_on_the_disk(store: Store, path: Path, inbox: int) -> None:
    messages.save_message(store.database, inbox, NewMessage(1, SECRET.encode() * 50, subject=SECRET))
    for file in path.parent.iterdir():
        content = file.read_bytes()
        assert SECRET.encode() not in content and b"SQLite format 3" not in content and b"CREATE" not in content


def test_only_its_owner_may_read_the_file(store: Store, path: Path) -> None:
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_wrong_key_is_damage(store: Store, path: Path) -> None:
    for opening in (Store, ReadStore):
        with pytest.raises(StoreDamaged, match="key does not fit"):
            opening(path, bytes(32))
        with pytest.raises(StoreDamaged, match="length"):
            opening(path, b"short")


def test_a_file_of_something_else_is_damage(path: Path) -> None:
    path.write_bytes(b"no database at all, " * 500)
    with pytest.raises(StoreDamaged):
        Store(path, KEY)


def test_a_flipped_bit_is_noticed(store: Store, path: Path, inbox: int) -> None:
    """The cipher authenticates every page."""
    number = messages.save_message(store.database, inbox, NewMessage(1, b"x" * 50_000))
    store.close()
    content = bytearray(path.read_bytes())
    for place in range(4096 + 100, len(content), 4096):
        content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        messages.raw(Store(path, KEY).database, number)


def test_a_missing_store_is_said_to_be_missing(path: Path) -> None:
    for opening in (Store, ReadStore):
        with pytest.raises(StoreError, match="not there"):
            opening(path, KEY)
    assert not path.exists()


def test_a_newer_store_is_refused(store: Store, path: Path) -> None:
    store.database.run(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(StoreError, match="newer tui-mail"):
        Store(path, KEY)


def test_a_second_writer_is_told_that_the_store_is_held(store: Store, path: Path, inbox: int) -> None:
    with store.write(), pytest.raises(StoreBusy, match="Another program"):
        other = Store(path, KEY, busy_seconds=0.05)
        messages.save_message(other.database, inbox, NewMessage(1, b"x"))


def test_readers_are_never_held_up_by_a_writer(store: Store, path: Path, inbox: int) -> None:
    reader = ReadStore(path, KEY)
    with store.write() as db:
        messages.save_message(db, inbox, NewMessage(1, b"x"))
        assert reader.count(inbox) == (0, 0)
    assert reader.count(inbox) == (1, 1)
    reader.close()


def test_a_reader_cannot_write(store: Store, path: Path) -> None:
    reader = open_database(path, KEY, read_only=True)
    with pytest.raises(StoreError, match="only be read"):
        reader.run("DELETE FROM folder")
    reader.close()


def test_a_full_disk_keeps_what_was_saved_and_goes_on_when_there_is_room(store: Store, inbox: int) -> None:
    db = store.database
    kept = messages.save_message(db, inbox, NewMessage(1, b"kept"))
    pages = db.value("PRAGMA page_count")
    db.run(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(StoreFull, match="disk is full"):
        messages.save_messages(db, inbox, [NewMessage(uid, os.urandom(20_000)) for uid in range(2, 9)])
    assert messages.raw(db, kept) == b"kept" and set(messages.uids(db, inbox)) == {1}
    db.run("PRAGMA max_page_count = 100000")
    messages.save_message(db, inbox, NewMessage(2, os.urandom(20_000)))
    assert db.value("PRAGMA integrity_check") == "ok"


def test_a_full_disk_inside_a_larger_transaction_undoes_all_of_it(store: Store, inbox: int) -> None:
    db = store.database
    db.run(f"PRAGMA max_page_count = {db.value('PRAGMA page_count') + 5}")
    with pytest.raises(StoreFull), store.write():
        messages.save_message(db, inbox, NewMessage(1, b"small"))
        messages.save_message(db, inbox, NewMessage(2, os.urandom(200_000)))
    assert messages.uids(db, inbox) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_disk_that_is_really_full_is_said_to_be_full(tmp_path: Path) -> None:
    import subprocess

    from tui_mail.store import accounts, folders

    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", mount], check=False).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        store = Store(mount / "mail.db", KEY, create=True)
        accounts.save_account(store.database, "work", "a@b.example")
        inbox = folders.save_folder(store.database, "work", "INBOX")
        kept = messages.save_message(store.database, inbox, NewMessage(1, b"kept"))
        with pytest.raises(StoreFull):
            for uid in range(2, 100):
                messages.save_message(store.database, inbox, NewMessage(uid, os.urandom(50_000)))
        assert messages.raw(store.database, kept) == b"kept"
        store.close()
        store = Store(mount / "mail.db", KEY)
        assert messages.raw(store.database, kept) == b"kept"
        store.close()
    finally:
        subprocess.run(["umount", mount], check=True)


def test_a_failed_part_undoes_itself_alone(store: Store, inbox: int) -> None:
    with store.write() as db:
        messages.save_message(db, inbox, NewMessage(1, b"a"))
        with pytest.raises(RuntimeError), db.transaction():
            messages.save_message(db, inbox, NewMessage(2, b"b"))
            raise RuntimeError
    assert set(messages.uids(store.database, inbox)) == {1}


def test_every_thread_has_its_own_connection(store: Store, inbox: int) -> None:
    failures: list[BaseException] = []

    def save(first: int) -> None:
        try:
            for uid in range(first, first + 20):
                messages.save_message(store.database, inbox, NewMessage(uid, b"%d" % uid))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=save, args=(1 + 100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and len(messages.uids(store.database, inbox)) == 80


def test_no_error_of_the_library_leaves_the_room(store: Store) -> None:
    for statement in ("no sql at all", "INSERT INTO folder(id) VALUES (1)", "SELECT * FROM nowhere"):
        for verb in (store.database.all, store.database.one, store.database.run, store.database.insert):
            with pytest.raises(StoreError) as caught:
                verb(statement)
            assert not isinstance(caught.value, apsw.Error)


def test_every_migration_leads_to_the_same_shape(path: Path, store: Store, tmp_path: Path) -> None:
    """A store that was begun with the first release, step by step, is the same as a new one."""
    old = open_database(tmp_path / "old.db", KEY, create=True)
    for number, script in enumerate(schema.MIGRATIONS, 1):
        old.run(script)
        old.run(f"PRAGMA user_version = {number}")
    listing = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
    assert old.all(listing) == store.database.all(listing)
    assert schema.version(old) == schema.version(store.database) == len(schema.MIGRATIONS)
    old.close()


def test_what_belongs_together_is_undone_whole_even_when_nobody_minds_the_failure(store: Store, inbox: int) -> None:
    db = store.database
    with pytest.raises(StoreError, match="Nothing of it was stored"), db.transaction():
        messages.save_message(db, inbox, NewMessage(1, b"one"))
        with suppress(ValueError), db.together():
            messages.save_message(db, inbox, NewMessage(2, b"two"))
            raise ValueError
    assert messages.uids(db, inbox) == {}
    messages.save_message(db, inbox, NewMessage(3, b"three"))
    assert list(messages.uids(db, inbox)) == [3]


def test_a_mark_around_what_failed_together_keeps_the_rest(store: Store, inbox: int) -> None:
    db = store.database
    with db.transaction():
        messages.save_message(db, inbox, NewMessage(1, b"one"))
        with suppress(ValueError), db.transaction(), db.together():
            messages.save_message(db, inbox, NewMessage(2, b"two"))
            raise ValueError
    assert list(messages.uids(db, inbox)) == [1]


def test_ten_thousand_questions_leave_nothing_in_memory(store: Store, inbox: int) -> None:
    db = store.database

    def ask() -> None:
        for number in range(10_000):
            db.one("SELECT name FROM folder WHERE id = ?", (number,))
            db.one("SELECT name FROM sqlite_schema")  # has more rows than are read

    ask()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        ask()
        assert tracemalloc.get_traced_memory()[0] - before < 100_000
    finally:
        tracemalloc.stop()


def test_a_question_that_has_more_answers_keeps_no_lock(store: Store, path: Path, inbox: int) -> None:
    store.database.one("SELECT name FROM sqlite_schema")
    messages.save_message(Store(path, KEY).database, inbox, NewMessage(1, b"from another connection"))
    assert store.database.value("SELECT total FROM folder WHERE id = ?", (inbox,)) == 1


def test_a_store_that_is_forgotten_keeps_no_file_open(store: Store, path: Path) -> None:
    seen = []
    for _ in range(4):
        reading = ReadStore(path, KEY)
        reading.folders()
        del reading
        seen.append(len(os.listdir("/proc/self/fd")))
    assert len(set(seen[1:])) == 1, seen  # SQLite itself keeps one back while another connection has the file open
