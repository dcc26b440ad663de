"""The table of conflicts: what a person changed here while the server was not told, and what happened there meanwhile.

The law of every row: no message is lost that nobody deleted, nothing that was not meant is touched; in the end store
and server agree, and nothing waits.
"""

import time
from collections.abc import Callable

import pytest

from tests.mailroom import Mailroom
from tests.patience import PATIENCE_SECONDS
from tests.sync_scenes import agree, fill, letter, make_anew
from tests.sync_servers import SyncServer
from tui_mail.model.message import Flag
from tui_mail.store import changes, folders, homeless

HOME = ("first", "it", "last")
THERE = "there before"

# ---- what happens on the server


def nothing(_: SyncServer) -> None:
    """Nobody else is there."""


def answered(server: SyncServer) -> None:
    with server.imap("Home") as other:
        other.store("2", "+FLAGS", "(\\Answered)")


def deleted(server: SyncServer) -> None:
    with server.imap("Home") as other:
        other.store("2", "+FLAGS", "(\\Deleted)")
        other.expunge()


def moved_away(server: SyncServer) -> None:
    with server.imap("Home") as other:
        other.copy("2", "Other")
    deleted(server)


def renumbered(server: SyncServer) -> None:
    """RFC 9051 section 2.3.1.1: the number that was the message's is another's now."""
    make_anew(server, "Home")
    fill(server, "last", "first", "it", folder="Home")


def renamed(server: SyncServer) -> None:
    with server.imap(None) as other:
        answer = other.rename("Home", "Renamed")
        assert answer[0] == "OK", answer


def folder_deleted(server: SyncServer, name: str = "Home") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    with server.imap(None) as other:
        while (answer := other.delete(name))[0] != "OK":  # Cyrus deletes one folder of a name a second
            assert time.monotonic() < deadline, answer


def target_deleted(server: SyncServer) -> None:
    folder_deleted(server, "Target")


def target_made_anew(server: SyncServer) -> None:
    make_anew(server, "Target")
    fill(server, THERE, folder="Target")


# ---- the table: where the message is afterwards, and with which flags

F, A = int(Flag.FLAGGED), int(Flag.ANSWERED)
EVERYWHERE_GONE: dict[str, int] = {}
Rule = dict[str, int]

RULES: dict[str, dict[Callable[[SyncServer], None], Rule]] = {
    "flag": {
        nothing: {"Home": F},
        answered: {"Home": F | A},  # both
        deleted: EVERYWHERE_GONE,
        moved_away: {"Other": 0},  # nobody can tell that it is the same
        renumbered: {"Home": F},  # known again by its bytes
        renamed: {"Renamed": 0},
        folder_deleted: EVERYWHERE_GONE,
        target_deleted: {"Home": F},
        target_made_anew: {"Home": F},
    },
    "move": {
        nothing: {"Target": 0},
        answered: {"Target": A},
        deleted: EVERYWHERE_GONE,
        moved_away: {"Other": 0},
        renumbered: {"Target": 0},
        renamed: {"Renamed": 0},
        folder_deleted: EVERYWHERE_GONE,
        target_deleted: {"Home": 0},  # comes back
        target_made_anew: {"Target": 0},
    },
    "flag and move": {
        nothing: {"Target": F},
        answered: {"Target": F | A},
        deleted: EVERYWHERE_GONE,
        moved_away: {"Other": 0},
        renumbered: {"Target": F},
        renamed: {"Renamed": 0},
        folder_deleted: EVERYWHERE_GONE,
        target_deleted: {"Home": F},
        target_made_anew: {"Target": F},
    },
    "delete": {
        nothing: EVERYWHERE_GONE,
        answered: EVERYWHERE_GONE,  # what a person deletes is deleted
        deleted: EVERYWHERE_GONE,
        moved_away: {"Other": 0},  # what another program saved stays saved
        renumbered: EVERYWHERE_GONE,
        renamed: {"Renamed": 0},  # comes back: better once too often than lost
        folder_deleted: EVERYWHERE_GONE,
        target_deleted: EVERYWHERE_GONE,
        target_made_anew: EVERYWHERE_GONE,
    },
}


def change(room: Mailroom, what: str) -> None:
    db, number = room.store.database, room.by_subject("Home")["it"]
    if "flag" in what:
        changes.change_flags(db, [number], add=F)
    if "move" in what:
        changes.move(db, [number], room.folder("Target").id)
    if "delete" in what:
        changes.delete(db, [number])


def look_without(room: Mailroom, missing: tuple[bytes, ...]) -> None:
    room.connect()
    assert room.imap is not None
    client = room.imap._client
    client.capabilities()
    client._cached_capabilities = tuple(one for one in client._cached_capabilities if one not in missing)
    room.look()


def on_server(server: SyncServer) -> list[tuple[str, bytes, int]]:
    """Folder, bytes and flags of everything that is there."""
    found = []
    with server.imap(None) as other:
        there = {line.decode().rpartition(' "/" ')[2].strip('"') for line in other.list()[1]}
    for folder in sorted(there & {"Home", "Renamed", "Target", "Other"}):
        for raw, flags in server.messages(folder).values():
            bits = F * (b"\\Flagged" in flags) | A * (b"\\Answered" in flags)
            found.append((folder, raw, bits))
    return sorted(found)


def test_the_table_has_a_rule_for_every_conflict() -> None:
    happenings = {
        nothing, answered, deleted, moved_away, renumbered, renamed, folder_deleted, target_deleted, target_made_anew,
    }  # fmt: skip
    assert all(set(rules) == happenings for rules in RULES.values())


@pytest.mark.parametrize("running_server", ["dovecot"], indirect=True)
@pytest.mark.parametrize("happening", RULES["flag"], ids=lambda happening: happening.__name__)
@pytest.mark.parametrize("what", RULES)
def test_every_conflict_ends_as_its_rule_says(
    room: Mailroom, server: SyncServer, what: str, happening: Callable[[SyncServer], None]
) -> None:
    conflict(room, server, what, happening, ())


@pytest.mark.parametrize("running_server", ["cyrus", "pymap"], indirect=True)
@pytest.mark.parametrize(
    "happening", [moved_away, renumbered, target_deleted], ids=lambda happening: happening.__name__
)
@pytest.mark.parametrize("what", ["flag and move", "delete"])
def test_the_hardest_conflicts_end_the_same_way_with_other_servers(
    room: Mailroom, server: SyncServer, what: str, happening: Callable[[SyncServer], None]
) -> None:
    conflict(room, server, what, happening, ())


@pytest.mark.parametrize("running_server", ["dovecot"], indirect=True)
@pytest.mark.parametrize("missing", [(b"MOVE",), (b"MOVE", b"UIDPLUS")], ids=["no MOVE", "no MOVE, no UIDPLUS"])
@pytest.mark.parametrize("happening", RULES["move"], ids=lambda happening: happening.__name__)
@pytest.mark.parametrize("what", ["move", "delete"])
def test_every_conflict_ends_the_same_way_without_extensions(
    room: Mailroom, server: SyncServer, what: str, happening: Callable[[SyncServer], None], missing: tuple[bytes, ...]
) -> None:
    conflict(room, server, what, happening, missing)


def conflict(
    room: Mailroom,
    server: SyncServer,
    what: str,
    happening: Callable[[SyncServer], None],
    missing: tuple[bytes, ...],
) -> None:
    with server.imap(None) as other:
        for name in ("Home", "Target", "Other"):
            other.create(name)
    fill(server, *HOME, folder="Home")
    fill(server, THERE, folder="Target")
    room.look()
    room.hang_up()
    change(room, what)
    happening(server)
    for _ in range(3):
        look_without(room, missing)
        room.hang_up()
    bystanders = [] if happening is folder_deleted else [
        ("Renamed" if happening is renamed else "Home", letter(subject), 0) for subject in ("first", "last")
    ]  # fmt: skip
    if happening is not target_deleted:
        bystanders.append(("Target", letter(THERE), 0))
    it = [(folder, letter("it"), flags) for folder, flags in RULES[what][happening].items()]
    assert on_server(server) == sorted([*bystanders, *it])
    db = room.store.database
    known = [folder for folder in folders.folders(db, room.account.id) if folder.selectable]
    agree(room, server, *(folder.name for folder in known))
    assert not any(homeless.numbers(db, folder.id) for folder in known)
    assert changes.waiting_count(db, room.account.id) == 0


def test_what_another_program_marked_as_deleted_is_not_expunged_by_ours(room: Mailroom, server: SyncServer) -> None:
    """Without UIDPLUS an EXPUNGE takes everything that is marked (RFC 9051 section 6.4.3)."""
    with server.imap(None) as other:
        for name in ("Home", "Target"):
            other.create(name)
    fill(server, *HOME, folder="Home")
    room.look()
    room.hang_up()
    change(room, "delete")
    with server.imap("Home") as other:
        other.store("3", "+FLAGS", "(\\Deleted)")
    for _ in range(2):
        look_without(room, (b"MOVE", b"UIDPLUS"))
        room.hang_up()
    there = dict(server.messages("Home").values())
    assert set(there) == {letter(subject) for subject in HOME}
    assert there[letter("it")] == there[letter("last")] == {b"\\Deleted"}
