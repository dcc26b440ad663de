"""Mail that was put off: shown in a folder that is only here until its hour, then in its own again.

The server is told nothing, so other programs see the message where it is. A message that is moved or deleted in the
meantime is put off no longer (the trigger ``snooze_ended``).
"""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound.

import json
from collections.abc import Iterable

from tui_mail.model.folder import FolderRole
from tui_mail.store import folders
from tui_mail.store.database import AMONG, Database

FOLDER_NAME = "Snoozed"


def snooze(db: Database, message_ids: Iterable[int], until: int) -> tuple[int, ...]:
    """Put messages off until a time (seconds since 1970); those that are put off now. One whose move the server does
    not know yet stays where it is shown."""
    wanted = json.dumps(list(message_ids))
    with db.transaction():
        found = db.all(
            "SELECT message.id, home.account FROM message JOIN folder AS home ON home.id = message.home"
            " JOIN folder AS shown ON shown.id = message.folder"
            f" WHERE message.id {AMONG} AND (shown.id = home.id OR shown.role = ?)",
            (wanted, FolderRole.SNOOZED.value),
        )
        for account in {account for _number, account in found}:
            among = json.dumps([number for number, of in found if of == account])
            db.run(f"UPDATE message SET folder = ? WHERE id {AMONG}", (_folder(db, account), among))
            db.run(
                f"INSERT INTO snooze(message, until) SELECT id, ? FROM message WHERE id {AMONG}"
                " ON CONFLICT(message) DO UPDATE SET until = excluded.until",
                (until, among),
            )
    return tuple(number for number, _account in found)


def due(db: Database, now: int) -> tuple[int, ...]:
    """The messages whose hour has come."""
    return tuple(number for (number,) in db.all("SELECT message FROM snooze WHERE until <= ?", (now,)))


def next_due(db: Database) -> int | None:
    """When the next hour comes (seconds since 1970); None when nothing is put off."""
    then: int | None = db.value("SELECT min(until) FROM snooze")
    return then


def wake(db: Database, message_ids: Iterable[int]) -> dict[int, int]:
    """Show messages where they are on the server again; how many came back to each folder."""
    among = json.dumps(list(message_ids))
    of_them = f"id {AMONG} AND id IN (SELECT message FROM snooze)"
    with db.transaction():
        back = db.all(f"SELECT home, count(*) FROM message WHERE {of_them} GROUP BY home", (among,))
        db.run(f"UPDATE message SET folder = home WHERE {of_them}", (among,))
    return dict(back)


def _folder(db: Database, account: str) -> int:
    found = folders.folder_by_role(db, account, FolderRole.SNOOZED)
    if found is not None:
        return found.id
    name = FOLDER_NAME
    while folders.folder_by_name(db, account, name) is not None:
        name += " here"
    return folders.save_folder(db, account, name, FolderRole.SNOOZED, delimiter="")
