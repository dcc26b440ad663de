"""A folder's mail leaves the store in turns: others write between them, and what was cut short is finished later."""

from collections.abc import Iterator

import pytest

from tests.mailroom import Mailroom, mailroom
from tests.servers import MailServers
from tests.sync_scenes import agree, fill, make_anew
from tests.sync_servers import SyncServer, running
from tui_mail.engine.jobs import clear_folder
from tui_mail.engine.messages import Event, StoreChanged
from tui_mail.model.message import Flag
from tui_mail.store import changes, clearing, folders
from tui_mail.store.store import Store

SUBJECTS = tuple(f"mail {number}" for number in range(7))


@pytest.fixture(scope="module")
def server(_servers: MailServers) -> Iterator[SyncServer]:
    _servers.start()
    with running("dovecot", _servers) as server:
        yield server


@pytest.fixture
def room(server: SyncServer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """A folder of seven messages; two leave at once."""
    monkeypatch.setattr(clearing, "AT_ONCE", 2)
    monkeypatch.setattr(clear_folder, "BREATH_SECONDS", 0)
    server.empty()
    with server.imap(None) as other:
        other.create("Big")
    fill(server, *SUBJECTS, folder="Big")
    with mailroom(tmp_path_factory.mktemp("room"), server.account, server.password) as room:
        room.look()
        yield room


def stop_after_first_turn(room: Mailroom) -> None:
    """As the end of the engine does."""

    def publish(event: Event) -> None:
        if event == StoreChanged((big,)):
            room.receiver._stopping.set()

    big = room.folder("Big").id
    room.session.publish = publish  # type: ignore[method-assign]
    room.look()
    room.session.publish = room.events.append  # type: ignore[method-assign]
    room.receiver._stopping.clear()
    assert len(room.rows("Big")) == len(SUBJECTS) - 2


def test_a_deleted_folder_goes_in_turns_and_the_next_look_finishes(room: Mailroom, server: SyncServer) -> None:
    with server.imap(None) as other:
        other.delete("Big")
    room.hang_up()
    stop_after_first_turn(room)
    room.look()
    assert folders.folder_by_name(room.store.database, room.account.id, "Big") is None


def test_a_renumbered_folder_goes_in_turns_and_nothing_of_it_stays(room: Mailroom, server: SyncServer) -> None:
    make_anew(server, "Big")
    fill(server, "new", folder="Big")
    room.hang_up()
    stop_after_first_turn(room)
    room.look()
    assert set(room.by_subject("Big")) == {"new"}
    agree(room, server, "Big")


def test_a_folder_made_anew_after_it_was_half_cleared_is_whole(room: Mailroom, server: SyncServer) -> None:
    """Its old numbers are not taken for new ones."""
    with server.imap(None) as other:
        other.delete("Big")
    room.hang_up()
    stop_after_first_turn(room)
    with server.imap(None) as other:
        other.create("Big")
    fill(server, *SUBJECTS[:3], folder="Big")
    room.look()
    agree(room, server, "Big")


def test_many_messages_that_vanished_go_in_turns(room: Mailroom, server: SyncServer) -> None:
    with server.imap(None) as other:
        other.select("Big")
        other.uid("STORE", "1:6", "+FLAGS", "(\\Deleted)")
        other.expunge()
    room.receiver._stopping.wait = lambda _seconds=None: True  # type: ignore[method-assign]
    room.look()
    del room.receiver._stopping.wait
    assert 1 < len(room.rows("Big")) < len(SUBJECTS)  # the end of the engine came between
    room.look()
    agree(room, server, "Big")
    assert len(room.rows("Big")) == 1


def test_between_two_turns_another_connection_writes(room: Mailroom) -> None:
    """And what it changed stays: it is told to the server first."""
    other = Store(room.store.path, None, busy_seconds=0.0)
    turns = clearing.clear(room.store.database, room.folder("Big").id)
    next(turns)
    kept, *_ = room.by_subject("Big").values()
    changes.change_flags(other.database, [kept], add=int(Flag.FLAGGED))
    assert sum(turns) == len(SUBJECTS) - 3 and set(room.by_subject("Big").values()) == {kept}
    other.close()
