"""One suite of synchronisation for three different servers. After every scene store and server must agree, byte for
byte and flag for flag."""

import threading
from typing import Any

import pytest

from tests.mailroom import Mailroom
from tests.sync_scenes import agree, fill, letter, make_anew
from tests.sync_servers import SyncServer
from tui_mail.engine.jobs.receive import REFUSED_SECONDS
from tui_mail.engine.jobs.sync_folder import FolderSync
from tui_mail.engine.messages import Event, StoreChanged
from tui_mail.model.errors import ConnectionLost
from tui_mail.model.message import Flag
from tui_mail.net.folder_status import FolderStatus
from tui_mail.net.imap import ImapSession
from tui_mail.net.wire import Answers
from tui_mail.store import changes, folders


def test_new_mail_changed_flags_and_what_vanished(room: Mailroom, server: SyncServer) -> None:
    fill(server, "a", "b", "c", "d")
    assert room.look().new_messages == 4
    agree(room, server)
    with server.imap() as other:
        other.store("1", "+FLAGS", "(\\Flagged \\Seen)")
        other.store("2:3", "+FLAGS", "(\\Deleted)")
        other.expunge()
    fill(server, "e")
    looked = room.look()
    assert looked.new_messages == 1 and looked.expunged == 2 and looked.flag_changes >= 1
    agree(room, server)


def test_a_new_connection_is_told_the_same(room: Mailroom, server: SyncServer) -> None:
    fill(server, "a", "b", "c")
    room.look()
    room.hang_up()
    with server.imap() as other:
        other.store("2", "+FLAGS", "(\\Deleted)")
        other.expunge()
        other.store("1", "+FLAGS", "(\\Answered)")
    fill(server, "d")
    room.look()
    agree(room, server)


def test_local_changes_are_told_in_their_order(room: Mailroom, server: SyncServer) -> None:
    fill(server, "keep", "flag", "move", "delete")
    room.look()
    db, numbers = room.store.database, room.by_subject()
    changes.change_flags(db, [numbers["flag"], numbers["move"]], add=int(Flag.FLAGGED | Flag.SEEN))
    changes.move(db, [numbers["move"]], room.folder("Archive").id)
    changes.delete(db, [numbers["delete"]])
    assert set(room.by_subject()) == {"keep", "flag"}  # shown at once
    room.look()
    agree(room, server, "INBOX", "Archive")
    assert {row.subject: row.flags for row in room.rows("Archive")} == {"move": Flag.FLAGGED | Flag.SEEN}
    assert changes.waiting_count(db, room.account.id) == 0


def test_a_move_and_back_again_before_the_server_was_told_is_nothing(room: Mailroom, server: SyncServer) -> None:
    fill(server, "a")
    room.look()
    db, number = room.store.database, room.by_subject()["a"]
    changes.move(db, [number], room.folder("Archive").id)
    changes.move(db, [number], room.folder("INBOX").id)
    room.look()
    agree(room, server, "INBOX", "Archive")
    assert [row.id for row in room.rows()] == [number]


def test_a_message_that_vanished_there_while_it_was_moved_here_takes_nothing_along(
    room: Mailroom, server: SyncServer
) -> None:
    fill(server, "gone", "stays")
    room.look()
    changes.move(room.store.database, list(room.by_subject().values()), room.folder("Archive").id)
    with server.imap() as other:
        other.store("1", "+FLAGS", "(\\Deleted)")
        other.expunge()
    room.look()
    room.look()
    agree(room, server, "INBOX", "Archive")
    assert set(room.by_subject("Archive")) == {"stays"}


def test_flags_of_both_sides_are_merged(room: Mailroom, server: SyncServer) -> None:
    fill(server, "a")
    room.look()
    changes.change_flags(room.store.database, [room.by_subject()["a"]], add=int(Flag.SEEN))
    with server.imap() as other:
        other.store("1", "+FLAGS", "(\\Flagged)")
    room.look()
    room.look()
    agree(room, server)
    assert room.rows()[0].flags == Flag.SEEN | Flag.FLAGGED


def test_an_open_inbox_is_opened_again_only_where_the_server_cannot_tell_what_happened_in_it(
    room: Mailroom, server: SyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(server, "one", "two")
    room.look()
    opened: list[str] = []
    select = ImapSession.select

    def counted(session: ImapSession, name: str, *args: Any, **kinds: Any) -> FolderStatus:
        opened.append(name)
        return select(session, name, *args, **kinds)

    def look_from_the_inbox() -> list[str]:
        assert room.imap is not None
        FolderSync(room.session, room.account, room.imap, room.folder(), threading.Event()).run()
        opened.clear()
        room.look()
        return list(opened)

    monkeypatch.setattr(ImapSession, "select", counted)
    quiet = look_from_the_inbox()
    assert room.imap is not None
    assert quiet == [] or not room.imap.has_condstore
    with server.imap(None) as other:
        for change in ("flag", "new", "expunge"):
            opened.clear()
            other.select("INBOX")
            if change == "new":
                fill(server, "three")
            else:
                other.store("1", "+FLAGS", "(\\Flagged)" if change == "flag" else "(\\Deleted)")
                if change == "expunge":
                    other.expunge()
            other.close()
            room.look()
            assert ("INBOX" in opened) is not room.imap.has_qresync
            agree(room, server)
            look_from_the_inbox()


def look_into_the_inbox(room: Mailroom) -> ImapSession:
    assert room.imap is not None
    FolderSync(room.session, room.account, room.imap, room.folder(), threading.Event()).run()
    return room.imap


def test_an_open_inbox_whose_numbers_do_not_add_up_is_opened_again(room: Mailroom, server: SyncServer) -> None:
    fill(server, "one", "two", "three")
    room.look()
    imap = look_into_the_inbox(room)
    wire = imap._client.wire
    for wrong in (-1, 1):
        wire.exists += wrong
        with server.imap("INBOX") as other:
            other.store("1", "+FLAGS" if wrong > 0 else "-FLAGS", "(\\Flagged)")
            other.expunge()
        look_into_the_inbox(room)
        agree(room, server)
        assert wire.exists == 3 or not imap.has_qresync


def test_mail_that_comes_while_an_open_inbox_tells_of_changes_is_not_missed(
    room: Mailroom, server: SyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(server, "one", "two")
    room.look()
    imap = look_into_the_inbox(room)
    fill(server, "three")
    late = ["four", "five", "six"] if imap.has_qresync else []
    wire = imap._client.wire
    answers = wire.answers

    def with_more(command: bytes) -> Answers:
        if b"CHANGEDSINCE" in command and late:
            fill(server, late.pop(0))
        return answers(command)

    monkeypatch.setattr(wire, "answers", with_more)
    look_into_the_inbox(room)
    room.look()
    agree(room, server)
    assert not late


def test_a_message_that_is_too_large_is_listed_by_its_header_and_asked_for_once(
    room: Mailroom, server: SyncServer
) -> None:
    fill(server, "one")
    server.append(letter("large", "x" * 9_000), "INBOX")
    room.imap = ImapSession.connect(room.account.imap, server.password)
    room.imap.max_message_bytes = 5_000
    room.look()
    room.look()
    listed = {raw for raw, _flags in room.content("INBOX").values()}
    assert set(room.by_subject()) == {"one", "large"}
    assert not any(raw and b"x" * 9_000 in raw for raw in listed)
    before = room.imap.bytes_received
    fill(server, "three")
    room.look()
    assert room.imap.bytes_received - before < 9_000
    assert set(room.by_subject()) == {"one", "large", "three"}


def test_two_messages_with_one_message_id_are_two(room: Mailroom, server: SyncServer) -> None:
    fill(server, "same", "same", "same")
    room.look()
    assert len(room.rows()) == 3
    agree(room, server)


def test_a_folder_made_anew_under_its_old_name_is_read_anew(room: Mailroom, server: SyncServer) -> None:
    """RFC 9051 section 2.3.1.1."""
    with server.imap(None) as other:
        other.create("Project")
    fill(server, "old", folder="Project")
    room.look()
    make_anew(server, "Project")
    fill(server, "new", folder="Project")
    room.look()
    assert set(room.by_subject("Project")) == {"new"}
    agree(room, server, "Project")


def test_a_first_look_that_was_cut_short_under_another_uidvalidity_keeps_nothing_of_it(
    room: Mailroom, server: SyncServer
) -> None:
    with server.imap(None) as other:
        other.create("Project")
    fill(server, "old", folder="Project")
    room.look()
    db, folder = room.store.database, room.folder("Project")
    known = folders.server_state(db, folder.id)
    folders.set_server_state(db, folder.id, folders.ServerState(known.uidvalidity))  # as a kill in the middle leaves it
    make_anew(server, "Project")
    fill(server, "new", folder="Project")
    room.hang_up()
    room.look()
    assert set(room.by_subject("Project")) == {"new"}


def test_a_renamed_folder_is_found_under_its_new_name(room: Mailroom, server: SyncServer) -> None:
    with server.imap(None) as other:
        other.create("Before")
    fill(server, "a", "b", folder="Before")
    room.look()
    with server.imap(None) as other:
        other.rename("Before", "After")
    room.hang_up()  # a server may say BYE to those who have a folder open that is no more
    room.look()
    assert folders.folder_by_name(room.store.database, room.account.id, "Before") is None
    agree(room, server, "After")


def test_a_renamed_folder_keeps_its_mail_where_the_server_gives_it_an_id(room: Mailroom, server: SyncServer) -> None:
    """RFC 8474 section 4.3; Dovecot has no ids."""
    with server.imap(None) as other:
        for name in ("One", "Two"):
            other.create(name)
    fill(server, "a", "b", folder="One")
    fill(server, "c", folder="Two")
    room.look()
    assert room.imap is not None
    has_ids = room.imap._client.has_capability("OBJECTID")
    assert has_ids == (server.kind != "dovecot")
    before = {**room.by_subject("One"), **room.by_subject("Two")}
    changes.change_flags(room.store.database, [before["a"]], add=Flag.FLAGGED)
    with server.imap(None) as other:
        for old, new in (("One", "First"), ("Two", "Second")):
            other.rename(old, new)
    room.hang_up()
    result = room.look()
    if has_ids:
        assert result.new_messages == result.expunged == 0
        assert {**room.by_subject("First"), **room.by_subject("Second")} == before
        room.look()
        assert any(flags & Flag.FLAGGED for _, flags in room.content("First").values())
    for name in ("First", "Second"):
        agree(room, server, name)


def test_a_folder_that_is_gone_takes_its_mail_along(room: Mailroom, server: SyncServer) -> None:
    with server.imap(None) as other:
        other.create("Gone")
    fill(server, "a", folder="Gone")
    room.look()
    with server.imap(None) as other:
        other.delete("Gone")
    room.hang_up()
    room.look()
    assert folders.folder_by_name(room.store.database, room.account.id, "Gone") is None
    agree(room, server)


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: 8-bit \xfc\xe4 \xff\r\nX-Odd: \x80\x81\r\n\r\nbody \xfe\r\n",
        b"Subject: long\r\n\r\n" + b"x" * 300_000 + b"\r\n",
        b"\r\n",
        b"no header at all\r\n",
        b"Subject: " + b"y" * 5000 + b"\r\n\r\n.\r\n..\r\n",
    ],
    ids=["8-bit header", "long line", "empty", "no header", "long header"],
)
def test_odd_messages_arrive_byte_for_byte(room: Mailroom, server: SyncServer, raw: bytes) -> None:
    try:
        server.append(raw)
    except AssertionError:
        assert server.kind == "cyrus" and b":" not in raw  # it wants a header; then there is nothing to agree about
        return
    room.look()
    agree(room, server)


def test_a_look_that_is_cut_in_the_middle_is_finished_by_the_next(
    room: Mailroom, server: SyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.engine.jobs.sync_folder.MAX_BATCH_MESSAGES", 3)
    monkeypatch.setattr("tui_mail.engine.jobs.sync_folder.FIRST_BATCH_MESSAGES", 2)
    fill(server, *"abcdefgh")
    saved = room.session.wake_judge
    room.session.wake_judge = room.receiver._stopping.set  # after the first batch
    room.look()
    assert len(room.rows()) == 2
    room.session.wake_judge = saved
    room.receiver._stopping.clear()
    room.hang_up()
    room.look()
    agree(room, server)


def test_mail_that_came_before_the_line_was_lost_is_put_into_threads_all_the_same(
    room: Mailroom, server: SyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.engine.jobs.sync_folder.FIRST_BATCH_MESSAGES", 2)
    monkeypatch.setattr("tui_mail.engine.jobs.sync_folder.THREADED_SECONDS", float("inf"))
    fill(server, *"abcd")
    calls: list[str] = []
    room.session.wake_threads = lambda: calls.append("threads")

    def lost() -> None:
        raise ConnectionLost("The line was cut.")

    room.session.wake_judge = lost  # after the first batch
    with pytest.raises(ConnectionLost):
        room.look()
    assert len(room.rows()) == 2 and calls == ["threads"]
    room.session.wake_judge = lambda: None
    room.hang_up()
    room.look()
    assert room.store.database.value("SELECT count(*) FROM message WHERE thread IS NULL") == 0
    agree(room, server)


def test_the_list_hears_of_threads_that_are_computed_after_all_mail_is_saved(
    room: Mailroom, server: SyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.engine.jobs.sync_folder.FIRST_BATCH_MESSAGES", 2)
    monkeypatch.setattr("tui_mail.engine.jobs.sync_folder.MAX_BATCH_MESSAGES", 2)
    monkeypatch.setattr("tui_mail.engine.jobs.sync_folder.THREADED_SECONDS", float("inf"))
    fill(server, *"abcd")
    left: list[int] = []

    def publish(event: Event) -> None:
        if isinstance(event, StoreChanged):
            left.append(room.store.database.value("SELECT count(*) FROM message WHERE thread IS NULL"))

    monkeypatch.setattr(room.session, "publish", publish)
    room.look()
    assert max(left) > 0 and left[-1] == 0


def test_small_windows_compare_the_same(room: Mailroom, server: SyncServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_mail.engine.jobs.sync_folder.WINDOW_MESSAGES", 2)
    fill(server, *"abcdefg")
    with server.imap() as other:
        other.store("2,5", "+FLAGS", "(\\Deleted)")
        other.expunge()
    room.look()
    agree(room, server)
    known = folders.server_state(room.store.database, room.folder().id)
    folders.set_server_state(room.store.database, room.folder().id, folders.ServerState(known.uidvalidity))
    with server.imap() as other:
        other.store("1,3", "+FLAGS", "(\\Deleted)")
        other.expunge()
        other.store("1", "+FLAGS", "(\\Seen)")
    fill(server, "h")
    room.look()
    agree(room, server)


def test_what_was_filed_during_a_look_is_listed_by_the_same_look(room: Mailroom, server: SyncServer) -> None:
    """What the server said of the folder before is out of date then."""
    room.look()
    room.hang_up()
    sent = room.folder("Sent").id

    def file_now(*_: object) -> int:
        server.append(letter("filed"), "Sent")
        return sent

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui_mail.engine.jobs.receive.file_sent", file_now)
        room.look()
    assert set(room.by_subject("Sent")) == {"filed"}


def test_what_a_server_refused_to_hand_over_is_asked_for_again_after_an_hour(
    room: Mailroom, server: SyncServer
) -> None:
    fill(server, "one")
    room.look()
    fill(server, "two")
    left = room.receiver._left[room.folder().id]
    left.add(max(server.messages("INBOX")))
    for _ in range(2):
        room.look()
        assert set(room.by_subject()) == {"one"}
    room.receiver._left_since -= REFUSED_SECONDS
    room.look()
    assert not left
    agree(room, server)
