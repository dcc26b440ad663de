"""Mail that was put off: elsewhere here, where it was for the server, and back in its hour."""

import pytest

from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag
from tui_mail.store import changes, folders, messages, snoozes
from tui_mail.store.database import Database
from tui_mail.store.messages import NewMessage


@pytest.fixture
def ids(db: Database, inbox: int) -> tuple[int, ...]:
    return messages.save_messages(db, inbox, [NewMessage(uid, b"%d" % uid, date=100 - uid) for uid in (1, 2, 3)])


def shown(db: Database, message_id: int) -> int | None:
    place = messages.place(db, message_id)
    assert place is not None
    return place.folder


def put_off(db: Database, *numbers: int, until: int = 1_000) -> int:
    assert snoozes.snooze(db, numbers, until) == numbers
    folder = folders.folder_by_role(db, "work", FolderRole.SNOOZED)
    assert folder is not None
    return folder.id


def test_it_is_shown_elsewhere_and_the_server_is_told_nothing(db: Database, inbox: int, ids: tuple[int, ...]) -> None:
    snoozed = put_off(db, *ids[:2])
    assert [shown(db, number) for number in ids] == [snoozed, snoozed, inbox]
    assert changes.waiting(db, "work") == ()
    assert messages.count_at_home(db, inbox) == 3


def test_in_its_hour_it_comes_back(db: Database, inbox: int, ids: tuple[int, ...]) -> None:
    put_off(db, ids[0], until=1_000)
    put_off(db, ids[1], until=2_000)
    assert snoozes.due(db, 999) == ()
    assert snoozes.due(db, 1_000) == ids[:1]
    assert snoozes.wake(db, ids[:1]) == {inbox: 1}
    assert shown(db, ids[0]) == inbox
    assert snoozes.due(db, 1_500) == () and snoozes.due(db, 2_000) == ids[1:2]
    assert snoozes.wake(db, ids[:1]) == {}  # what is not put off stays


def test_put_off_again_the_later_hour_counts(db: Database, ids: tuple[int, ...]) -> None:
    put_off(db, ids[0], until=1_000)
    put_off(db, ids[0], until=3_000)
    assert snoozes.due(db, 2_999) == () and snoozes.due(db, 3_000) == ids[:1]


def test_what_is_moved_or_deleted_is_put_off_no_longer(
    db: Database, inbox: int, archive: int, ids: tuple[int, ...]
) -> None:
    put_off(db, *ids)
    changes.move(db, ids[:1], archive)
    changes.move(db, ids[1:2], inbox)
    changes.delete(db, ids[2:])
    assert snoozes.due(db, 9_999) == ()
    assert [(change.message, change.kind, change.target) for change in changes.waiting(db, "work")] == [
        (ids[0], changes.ChangeKind.MOVE, archive),
        (ids[2], changes.ChangeKind.DELETE, None),
    ]
    assert shown(db, ids[1]) == inbox  # put back by hand: nothing to tell


def test_a_message_whose_move_waits_is_not_put_off(db: Database, archive: int, ids: tuple[int, ...]) -> None:
    changes.move(db, ids[:1], archive)
    assert snoozes.snooze(db, ids[:1], 1_000) == ()
    assert shown(db, ids[0]) == archive


def test_what_the_server_has_no_longer_is_gone_here_too(db: Database, inbox: int, ids: tuple[int, ...]) -> None:
    put_off(db, ids[0])
    folders.forget_content(db, inbox)
    assert snoozes.due(db, 9_999) == ()
    assert messages.place(db, ids[0]) is None


def test_flags_go_on_being_told(db: Database, ids: tuple[int, ...]) -> None:
    put_off(db, ids[0])
    changes.change_flags(db, ids[:1], add=Flag.FLAGGED)
    assert [change.uid for change in changes.waiting(db, "work")] == [1]


def test_a_folder_of_the_server_that_is_called_like_ours_is_another(
    db: Database, inbox: int, ids: tuple[int, ...]
) -> None:
    theirs = folders.save_folder(db, "work", snoozes.FOLDER_NAME)
    assert put_off(db, ids[0]) != theirs
