import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tui_mail.model.message import Flag
from tui_mail.model.storable import storable
from tui_mail.store import changes, folders, messages
from tui_mail.store.database import Database
from tui_mail.store.messages import NewMessage
from tui_mail.store.store import Store

TEXT = st.text(st.characters(codec=None), max_size=20)


def new(uid: int | None, **fields: object) -> NewMessage:
    defaults: dict[str, object] = {"raw": b"Subject: %d\r\n\r\n\x00\xff body" % (uid or 0), "date": 1000 + (uid or 0)}
    return NewMessage(uid, **(defaults | fields))  # type: ignore[arg-type]


def counts(db: Database, folder_id: int) -> tuple[int, int]:
    folder = folders.folder(db, folder_id)
    assert folder is not None
    return folder.total, folder.unread


def test_raw_bytes_come_back_untouched(db: Database, inbox: int) -> None:
    raw = bytes(range(256)) * 1000
    assert messages.raw(db, messages.save_message(db, inbox, new(1, raw=raw))) == raw


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.binary(max_size=30), TEXT, TEXT, st.lists(TEXT, max_size=3)), min_size=1, max_size=6),
    st.booleans(),
)
@example([(b"", "", "", [])], False)
@example([(b"\0", "\0", "a\0b", []), (b"", "\ud800", "\U0001f600", ["\u2028"])], True)
def test_a_batch_comes_back_as_it_was(
    db: Database, inbox: int, mails: list[tuple[bytes, str, str, list[str]]], large: bool
) -> None:
    """Many rows travel as one value: nothing in a text or in bytes may be lost or changed on the way."""
    extra = [(b"\xff" * (messages.MAX_SMALL_BYTES + 1), "large", "", [""])] if large else []
    batch = [
        new(None, raw=raw, sender=sender, subject=subject, references=tuple(references))
        for raw, sender, subject, references in (*mails, *extra)
    ]
    for message, number in zip(batch, messages.save_messages(db, inbox, batch), strict=True):
        row, details = messages.row(db, number), messages.details(db, number)
        assert row is not None and details is not None
        kept = messages.raw(db, number)
        assert kept == message.raw and isinstance(kept, bytes)
        assert (row.sender, row.subject) == (storable(message.sender), storable(message.subject))
        assert details.references == tuple(storable(" ".join(message.references)).split())
        assert details.size_bytes == len(message.raw)


def test_a_message_that_is_not_here_has_no_bytes(db: Database) -> None:
    assert messages.raw(db, 7) is None and messages.row(db, 7) is None and messages.place(db, 7) is None


def test_a_new_message_has_no_letter(db: Database, inbox: int) -> None:
    row = messages.row(db, messages.save_message(db, inbox, new(1, sender="Anna", subject="hello")))
    assert row is not None and (row.sig, row.sender, row.subject) == (None, "Anna", "hello")


def test_counts_follow_every_change(db: Database, inbox: int, archive: int) -> None:
    ids = messages.save_messages(db, inbox, [new(1), new(2, flags=Flag.SEEN), new(3)])
    assert counts(db, inbox) == (3, 2)
    changes.change_flags(db, ids, add=Flag.SEEN)
    assert counts(db, inbox) == (3, 0)
    changes.change_flags(db, ids[:1], remove=Flag.SEEN)
    assert counts(db, inbox) == (3, 1)
    changes.move(db, ids[:1], archive)
    assert (counts(db, inbox), counts(db, archive)) == ((2, 0), (1, 1))
    messages.remove(db, ids)
    assert (counts(db, inbox), counts(db, archive)) == ((0, 0), (0, 0))


def test_saving_a_uid_twice_keeps_one_row(db: Database, inbox: int) -> None:
    first = messages.save_message(db, inbox, new(1))
    assert messages.save_message(db, inbox, new(1, flags=Flag.SEEN)) == first
    assert counts(db, inbox) == (1, 0)


def test_a_uid_that_comes_twice_in_one_batch_is_one_row_with_the_flags_told_last(db: Database, inbox: int) -> None:
    first, second, third = messages.save_messages(
        db, inbox, [NewMessage(7, b"a", flags=0), NewMessage(8, b"b"), NewMessage(7, b"a", flags=int(Flag.SEEN))]
    )
    assert first == third != second
    assert messages.uids(db, inbox) == {7: Flag.SEEN, 8: 0}
    assert db.value("SELECT unread FROM folder WHERE id = ?", (inbox,)) == 1


def test_a_batch_is_saved_whole_or_not_at_all(store: Store, inbox: int) -> None:
    with pytest.raises(RuntimeError), store.write() as db:
        messages.save_messages(db, inbox, [new(1), new(2)])
        raise RuntimeError
    assert messages.uids(store.database, inbox) == {}


def test_vanished_messages_go_with_everything(db: Database, inbox: int) -> None:
    ids = messages.save_messages(db, inbox, [new(1), new(2)])
    changes.change_flags(db, ids, add=Flag.SEEN)
    assert messages.remove_vanished(db, inbox, [1, 99]) == 1
    assert messages.uids(db, inbox) == {2: Flag.SEEN}
    assert [change.uid for change in changes.waiting(db, "work")] == [2]
    assert messages.raw(db, ids[0]) is None
    for table in ("raw", "detail", "evidence", "signature"):
        assert db.value(f"SELECT count(*) FROM {table} WHERE message = ?", (ids[0],)) == 0


def test_message_numbers_are_never_given_twice(db: Database, inbox: int) -> None:
    first = messages.save_message(db, inbox, new(1))
    messages.remove(db, [first])
    assert messages.save_message(db, inbox, new(2)) > first


def test_a_new_uidvalidity_removes_the_folder_s_content(db: Database, inbox: int) -> None:
    """RFC 9051 section 2.3.1.1."""
    messages.save_messages(db, inbox, [new(1), new(2)])
    folders.set_server_state(db, inbox, folders.ServerState(7, 3, 9))
    assert folders.forget_content(db, inbox) == 2
    assert counts(db, inbox) == (0, 0) and folders.server_state(db, inbox) == folders.ServerState()


def test_deleting_a_folder_removes_its_messages(db: Database, inbox: int) -> None:
    number = messages.save_message(db, inbox, new(1))
    folders.delete_folders(db, [inbox])
    assert messages.place(db, number) is None and folders.folders(db) == ()


def test_lone_surrogates_and_absurd_dates_are_stored_safely(db: Database, inbox: int) -> None:
    number = messages.save_message(db, inbox, new(1, subject="a\udc80b", date=1 << 60))
    row = messages.row(db, number)
    assert row is not None and row.subject == "a�b" and row.date < 1 << 34
    assert messages.row(db, messages.save_message(db, inbox, new(2, date=-5))).date == 0  # type: ignore[union-attr]


def test_a_message_is_found_by_its_message_id(db: Database, inbox: int, archive: int) -> None:
    number = messages.save_message(db, inbox, new(1, message_id="<a@b>", references=("<x@y>", "<z@y>")))
    assert messages.find_message_id(db, "<a@b>") == (number,)
    assert messages.find_message_id(db, "<a@b>", archive) == ()
    details = messages.details(db, number)
    assert details is not None and details.references == ("<x@y>", "<z@y>")


def test_server_flags_are_taken_over(db: Database, inbox: int) -> None:
    messages.save_messages(db, inbox, [new(1), new(2)])
    assert messages.set_server_flags(db, inbox, {1: Flag.SEEN | Flag.FLAGGED, 2: 0, 99: 1}) == 1
    assert messages.uids(db, inbox) == {1: Flag.SEEN | Flag.FLAGGED, 2: 0}


def test_what_is_at_home_is_counted_without_counting(db: Database, inbox: int, archive: int) -> None:
    """The count that is kept, put right for what a waiting change shows elsewhere, is the one that `uids` gives."""
    account = str(db.value("SELECT account FROM folder WHERE id = ?", (inbox,)))
    ids = [messages.save_message(db, inbox, new(uid)) for uid in range(1, 9)]
    messages.save_message(db, archive, new(1))

    def agrees() -> bool:
        return all(messages.count_at_home(db, folder) == len(messages.uids(db, folder)) for folder in (inbox, archive))

    assert agrees()
    changes.move(db, ids[:3], archive)
    changes.change_flags(db, ids[:5], add=1)
    changes.delete(db, ids[4:6])
    assert agrees()
    moves = [one for one in changes.waiting(db, account) if one.kind is changes.ChangeKind.MOVE]
    changes.move_done(db, moves[0], 2)
    assert agrees()
    changes.move_done(db, moves[1], None)
    assert agrees()
    changes.give_up(db, moves[2])
    changes.delete_done(db, next(one for one in changes.waiting(db, account) if one.kind is changes.ChangeKind.DELETE))
    assert agrees()
