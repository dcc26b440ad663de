from pathlib import Path

import pytest

from tests.store.conftest import KEY
from tui_mail.model.message import Flag
from tui_mail.store import accounts, changes, folders, messages
from tui_mail.store.changes import ChangeKind
from tui_mail.store.database import Database
from tui_mail.store.messages import NewMessage
from tui_mail.store.store import Store


@pytest.fixture
def ids(db: Database, inbox: int) -> tuple[int, ...]:
    return messages.save_messages(db, inbox, [NewMessage(uid, b"%d" % uid, date=100 - uid) for uid in (1, 2, 3)])


def shown(db: Database, message_id: int) -> tuple[int | None, int]:
    place = messages.place(db, message_id)
    assert place is not None
    return place.folder, place.flags


def test_a_flag_shows_at_once_and_waits_for_the_server(db: Database, ids: tuple[int, ...]) -> None:
    assert changes.change_flags(db, ids[:1], add=Flag.SEEN) == ids[:1]
    assert shown(db, ids[0])[1] == Flag.SEEN
    (change,) = changes.waiting(db, "work")
    assert (change.kind, change.uid, change.add_flags, change.remove_flags) == (ChangeKind.FLAGS, 1, Flag.SEEN, 0)
    changes.flags_done(db, change)
    assert changes.waiting(db, "work") == () and shown(db, ids[0])[1] == Flag.SEEN


def test_a_flag_that_is_there_already_is_no_change(db: Database, ids: tuple[int, ...]) -> None:
    assert changes.change_flags(db, ids, remove=Flag.SEEN) == () and changes.waiting(db, "work") == ()


def test_later_flag_changes_are_merged_into_the_waiting_one(db: Database, ids: tuple[int, ...]) -> None:
    changes.change_flags(db, ids[:1], add=Flag.SEEN)
    changes.change_flags(db, ids[:1], add=Flag.FLAGGED)
    changes.change_flags(db, ids[:1], remove=Flag.SEEN)
    (change,) = changes.waiting(db, "work")
    assert (change.add_flags, change.remove_flags) == (Flag.FLAGGED, Flag.SEEN)


def test_a_change_widened_while_the_server_was_told_stays(db: Database, ids: tuple[int, ...]) -> None:
    changes.change_flags(db, ids[:1], add=Flag.SEEN)
    (told,) = changes.waiting(db, "work")
    changes.change_flags(db, ids[:1], remove=Flag.SEEN)
    changes.flags_done(db, told)
    assert [change.remove_flags for change in changes.waiting(db, "work")] == [Flag.SEEN]


def test_a_local_flag_wins_over_the_server_until_it_was_told(db: Database, inbox: int, ids: tuple[int, ...]) -> None:
    changes.change_flags(db, ids[:1], add=Flag.SEEN)
    messages.set_server_flags(db, inbox, {1: Flag.FLAGGED})
    assert shown(db, ids[0])[1] == Flag.SEEN | Flag.FLAGGED
    assert changes.pending_flags(db, inbox) == {1: (Flag.SEEN, 0)}
    changes.flags_done(db, changes.waiting(db, "work")[0])
    messages.set_server_flags(db, inbox, {1: Flag.FLAGGED})
    assert shown(db, ids[0])[1] == Flag.FLAGGED


def test_a_move_shows_at_once_and_keeps_its_place_on_the_server(
    db: Database, inbox: int, archive: int, ids: tuple[int, ...]
) -> None:
    assert changes.move(db, ids[:1], archive) == ids[:1]
    place = messages.place(db, ids[0])
    assert place is not None and (place.folder, place.home, place.uid) == (archive, inbox, 1)
    assert set(messages.uids(db, inbox)) == {1, 2, 3}, "the synchronisation must not fetch it again"
    (change,) = changes.waiting(db, "work")
    assert (change.kind, change.home, change.uid, change.target) == (ChangeKind.MOVE, inbox, 1, archive)
    changes.move_done(db, change, 77)
    assert messages.by_uid(db, archive, 77) == ids[0] and changes.waiting(db, "work") == ()


def test_a_move_and_its_way_back_leave_nothing_to_tell(
    db: Database, inbox: int, archive: int, ids: tuple[int, ...]
) -> None:
    changes.move(db, ids, archive)
    changes.move(db, ids, inbox)
    assert changes.waiting(db, "work") == () and shown(db, ids[0])[0] == inbox


def test_a_message_moved_on_while_the_server_was_told_moves_again(
    db: Database, inbox: int, archive: int, ids: tuple[int, ...]
) -> None:
    changes.move(db, ids[:1], archive)
    (told,) = changes.waiting(db, "work")
    other = folders.save_folder(db, "work", "Other")
    changes.move(db, ids[:1], other)
    changes.move_done(db, told, 77)
    (again,) = changes.waiting(db, "work")
    assert (again.home, again.uid, again.target) == (archive, 77, other)


def test_without_copyuid_the_message_is_known_again_by_its_bytes(
    db: Database, archive: int, ids: tuple[int, ...]
) -> None:
    """RFC 4315 section 3: a server may not say COPYUID."""
    changes.move(db, ids[:1], archive)
    changes.move_done(db, changes.waiting(db, "work")[0], None)
    changes.change_flags(db, ids[:1], add=Flag.FLAGGED)
    assert changes.waiting(db, "work") == (), "nothing can be told without a UID"
    assert messages.save_message(db, archive, NewMessage(50, b"1")) == ids[0]
    assert [(change.home, change.uid) for change in changes.waiting(db, "work")] == [(archive, 50)]
    assert shown(db, ids[0])[1] == Flag.FLAGGED


def test_a_target_that_was_synchronised_first_leaves_no_double(
    db: Database, archive: int, ids: tuple[int, ...]
) -> None:
    changes.move(db, ids[:1], archive)
    messages.save_message(db, archive, NewMessage(77, b"1"))
    changes.move_done(db, changes.waiting(db, "work")[0], 77)
    assert messages.by_uid(db, archive, 77) == ids[0]
    assert len(messages.newest(db, archive, 10)) == 1


def test_flags_of_a_message_are_told_before_its_move(db: Database, archive: int, ids: tuple[int, ...]) -> None:
    changes.move(db, ids[:2], archive)
    changes.change_flags(db, ids[:1], add=Flag.SEEN)
    assert [(change.uid, change.kind) for change in changes.waiting(db, "work")] == [
        (1, ChangeKind.FLAGS), (1, ChangeKind.MOVE), (2, ChangeKind.MOVE)
    ]  # fmt: skip


def test_nothing_moves_to_another_account(db: Database, ids: tuple[int, ...]) -> None:
    accounts.save_account(db, "home", "anna@home.example")
    assert changes.move(db, ids, folders.save_folder(db, "home", "INBOX")) == ()


def test_a_deleted_message_disappears_at_once(db: Database, inbox: int, ids: tuple[int, ...]) -> None:
    changes.change_flags(db, ids[:1], add=Flag.SEEN)
    assert changes.delete(db, ids[:1]) == ids[:1]
    assert [row.id for row in messages.newest(db, inbox, 10)] == [ids[1], ids[2]]
    (change,) = changes.waiting(db, "work")
    assert change.kind is ChangeKind.DELETE
    changes.delete_done(db, change)
    assert messages.place(db, ids[0]) is None and changes.waiting(db, "work") == ()


def test_what_the_server_lost_meanwhile_takes_its_changes_along(
    db: Database, inbox: int, archive: int, ids: tuple[int, ...]
) -> None:
    changes.move(db, ids, archive)
    messages.remove_vanished(db, inbox, [1, 2, 3])
    assert changes.waiting(db, "work") == () and messages.newest(db, archive, 10) == ()


def test_a_refused_change_is_counted_and_can_be_given_up(
    db: Database, inbox: int, archive: int, ids: tuple[int, ...]
) -> None:
    changes.move(db, ids[:1], archive)
    (change,) = changes.waiting(db, "work")
    changes.failed(db, change, "The server says no.")
    (again,) = changes.waiting(db, "work")
    assert (again.attempts, again.problem) == (1, "The server says no.")
    changes.give_up(db, again)
    assert shown(db, ids[0])[0] == inbox and changes.waiting(db, "work") == ()


def test_waiting_changes_survive_a_restart(store: Store, path: Path, ids: tuple[int, ...]) -> None:
    changes.change_flags(store.database, ids, add=Flag.FLAGGED)
    before = changes.waiting(store.database, "work")
    store.close()
    again = Store(path, KEY)
    assert changes.waiting(again.database, "work") == before and changes.waiting_count(again.database, "work") == 3
    again.close()
