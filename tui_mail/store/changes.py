"""Changes that a person made here and the server does not know yet. Shown at once, replayed in order, kept on disk.

A message has at most one waiting change of each kind: a later one is merged into it. The engine takes `waiting`, tells
the server, and calls `flags_done`, `move_done` or `delete_done`; what changed again in the meantime stays waiting.
"""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound.

import json
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from tui_mail.store.database import AMONG, Database

COPYING = "copying"
"""The `problem` of a move whose copy was asked for, and of which nobody knows yet whether it was made."""


class ChangeKind(StrEnum):
    """What the server is to be told."""

    FLAGS = "flags"
    MOVE = "move"
    DELETE = "delete"


class Change(Struct, frozen=True):
    """One change that waits. The message is at (`home`, `uid`) on the server, in a folder of `account`.

    Attributes:
        target: the folder to move to, None for other kinds.
    """

    id: int
    kind: ChangeKind
    account: str
    message: int
    home: int
    uid: int
    add_flags: int = 0
    remove_flags: int = 0
    target: int | None = None
    attempts: int = 0
    problem: str = ""


def change_flags(db: Database, message_ids: Iterable[int], add: int = 0, remove: int = 0) -> tuple[int, ...]:
    """Set and clear flag bits, shown at once; the messages that look different now."""
    wanted = json.dumps(list(message_ids))
    with db.transaction():
        changed = db.all(
            f"SELECT id FROM message WHERE id {AMONG} AND (flags | ?) & ~? <> flags", (wanted, add, remove)
        )
        among = json.dumps([found[0] for found in changed])
        db.run(f"UPDATE message SET flags = (flags | ?) & ~? WHERE id {AMONG}", (add, remove, among))
        db.run(
            f"INSERT INTO change(message, kind, add_flags, remove_flags) SELECT id, 'flags', ?, ? FROM message"
            f" WHERE id {AMONG} ORDER BY date DESC, id DESC"
            " ON CONFLICT(message, kind) DO UPDATE SET attempts = 0, problem = '',"
            " add_flags = (add_flags | excluded.add_flags) & ~excluded.remove_flags,"
            " remove_flags = (remove_flags | excluded.remove_flags) & ~excluded.add_flags",
            (add & ~remove, remove, among),
        )
    return tuple(found[0] for found in changed)


def move(db: Database, message_ids: Iterable[int], folder_id: int) -> tuple[int, ...]:
    """Show messages in another folder of the same account, at once; those that moved."""
    wanted = json.dumps(list(message_ids))
    with db.transaction():
        moved = db.all(
            "SELECT message.id FROM message JOIN folder AS old ON old.id = message.home"
            f" JOIN folder AS new ON new.id = ? WHERE message.id {AMONG} AND message.folder IS NOT new.id"
            " AND old.account = new.account",
            (folder_id, wanted),
        )
        among = json.dumps([found[0] for found in moved])
        db.run(f"UPDATE message SET folder = ? WHERE id {AMONG}", (folder_id, among))
        _queue(db, ChangeKind.MOVE, among)
        db.run(
            f"DELETE FROM change WHERE message {AMONG} AND (kind = 'delete' OR kind = 'move' AND message IN"
            " (SELECT id FROM message WHERE home = folder))",
            (among,),
        )
    return tuple(found[0] for found in moved)


def delete(db: Database, message_ids: Iterable[int]) -> tuple[int, ...]:
    """Hide messages at once, to be expunged on the server; those that were hidden."""
    wanted = json.dumps(list(message_ids))
    with db.transaction():
        hidden = db.all(f"SELECT id FROM message WHERE id {AMONG} AND folder IS NOT NULL", (wanted,))
        among = json.dumps([found[0] for found in hidden])
        db.run(f"UPDATE message SET folder = NULL WHERE id {AMONG}", (among,))
        db.run(f"DELETE FROM change WHERE message {AMONG}", (among,))
        _queue(db, ChangeKind.DELETE, among)
    return tuple(found[0] for found in hidden)


def _queue(db: Database, kind: ChangeKind, among: str) -> None:
    db.run(
        f"INSERT INTO change(message, kind) SELECT id, ? FROM message WHERE id {AMONG} ORDER BY date DESC, id DESC"
        " ON CONFLICT(message, kind) DO UPDATE SET attempts = 0, problem = ''",
        (kind.value, among),
    )


def waiting(db: Database, account: str, limit: int = 1000) -> tuple[Change, ...]:
    """Changes that can be told to the server now, in the order in which they were made; flags of a message come before
    its move. What waits for a UID (moved on a server that does not say COPYUID) comes when the UID is known."""
    rows = db.all(
        "SELECT change.id, change.kind, home.account, message.id, message.home, message.uid, add_flags, remove_flags,"
        " message.folder, attempts, problem FROM change JOIN message ON message.id = change.message"
        " JOIN folder AS home ON home.id = message.home WHERE home.account = ? AND message.uid IS NOT NULL"
        " ORDER BY min(change.id) OVER (PARTITION BY message.id), change.kind LIMIT ?",
        (account, limit),
    )
    return tuple(_change(found) for found in rows)


def waiting_count(db: Database, account: str) -> int:
    """How many changes the server does not know yet."""
    return int(
        db.value(
            "SELECT count(*) FROM change JOIN message ON message.id = change.message JOIN folder ON folder.id = home"
            " WHERE account = ?",
            (account,),
            0,
        )
    )


def pending_flags(db: Database, folder_id: int) -> dict[int, tuple[int, int]]:
    """UID to (bits set, bits cleared) of flag changes that wait, for messages at home in this folder."""
    rows = db.all(
        "SELECT uid, add_flags, remove_flags FROM change JOIN message ON message.id = change.message"
        " WHERE kind = 'flags' AND home = ? AND uid IS NOT NULL",
        (folder_id,),
    )
    return {uid: (add, remove) for uid, add, remove in rows}


def flags_done(db: Database, change: Change) -> None:
    """The server has these flags now. A change that was widened in the meantime stays."""
    db.run(
        "DELETE FROM change WHERE id = ? AND add_flags = ? AND remove_flags = ?",
        (change.id, change.add_flags, change.remove_flags),
    )


def move_done(db: Database, change: Change, uid: int | None) -> None:
    """The server has moved the message to ``change.target``, under this UID when it said so (COPYUID, RFC 4315).

    Moved on in the meantime, it waits again from its new home.
    """
    with db.transaction():
        # The synchronisation of the target may have been faster: then its row is the better one, ours is a double.
        twin = uid is not None and db.value("SELECT id FROM message WHERE home = ? AND uid = ?", (change.target, uid))
        if twin and twin != change.message:
            db.run("DELETE FROM message WHERE id = ?", (twin,))
        db.run("UPDATE message SET home = ?, uid = ? WHERE id = ?", (change.target, uid, change.message))
        db.run(
            "DELETE FROM change WHERE id = ? AND message IN (SELECT id FROM message WHERE folder = home)", (change.id,)
        )


def delete_done(db: Database, change: Change) -> None:
    """The server has the message no longer."""
    db.run("DELETE FROM message WHERE id = ?", (change.message,))


def copying(db: Database, waiting: Iterable[Change]) -> None:
    """Note it before the server is asked to copy: asked again after a cut, it would make a second copy."""
    db.many("UPDATE change SET problem = ? WHERE id = ?", [(COPYING, change.id) for change in waiting])


def failed(db: Database, change: Change, problem: str) -> None:
    """The server refused for now; the change stays and counts the attempt. `problem` is a sentence. What may have been
    copied stays noted."""
    db.run(
        "UPDATE change SET attempts = attempts + 1, problem = iif(problem = ?, problem, ?) WHERE id = ?",
        (COPYING, problem, change.id),
    )


def give_up(db: Database, change: Change) -> None:
    """The server will never take this change: show the message as the server has it. Flags come back with the next
    synchronisation of its folder."""
    with db.transaction():
        db.run("DELETE FROM change WHERE id = ?", (change.id,))
        if change.kind is not ChangeKind.FLAGS:
            db.run("UPDATE message SET folder = home WHERE id = ?", (change.message,))


def _change(found: tuple[int, str, str, int, int, int, int, int, int | None, int, str]) -> Change:
    number, kind, account, message, home, uid, add, remove, folder, attempts, problem = found
    target = folder if kind == ChangeKind.MOVE else None
    return Change(number, ChangeKind(kind), account, message, home, uid, add, remove, target, attempts, problem)
