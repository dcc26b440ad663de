"""Folders: what they are called, what they are for, and how far they are in step with the server."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from tui_mail.model.folder import Folder, FolderRole
from tui_mail.store import arrivals
from tui_mail.store.database import Database

_FOLDER = "SELECT id, account, name, role, delimiter, selectable, total, unread FROM folder"
_ROLE_ORDER = ("inbox", "snoozed", "drafts", "sent", "archive", "junk", "trash", "all")


class ServerState(Struct, frozen=True):
    """What the server said of a folder when it was last in step (RFC 9051 section 2.3.1.1, RFC 7162); 0: never."""

    uidvalidity: int = 0
    uidnext: int = 0
    highestmodseq: int = 0


def folder_order(folder: Folder) -> tuple[str, int, str]:
    """The order in which people expect folders: account, special ones first, then by name."""
    rank = _ROLE_ORDER.index(folder.role) if folder.role in _ROLE_ORDER else len(_ROLE_ORDER)
    return folder.account, rank, folder.name.casefold()


def folders(db: Database, account: str = "") -> tuple[Folder, ...]:
    """The folders of one account, or of all; inbox and other special ones first, then by name."""
    rows = db.all(f"{_FOLDER} WHERE account = ?", (account,)) if account else db.all(_FOLDER)
    return tuple(sorted((_folder(row) for row in rows), key=folder_order))


def folder(db: Database, folder_id: int) -> Folder | None:
    """One folder by its number."""
    row = db.one(f"{_FOLDER} WHERE id = ?", (folder_id,))
    return _folder(row) if row else None


def folder_by_name(db: Database, account: str, name: str) -> Folder | None:
    """One folder by its decoded server name."""
    row = db.one(f"{_FOLDER} WHERE account = ? AND name = ?", (account, name))
    return _folder(row) if row else None


def folder_by_role(db: Database, account: str, role: FolderRole) -> Folder | None:
    """The account's folder for a purpose; the first by name when the server names several."""
    row = db.one(f"{_FOLDER} WHERE account = ? AND role = ? ORDER BY name", (account, role.value))
    return _folder(row) if row else None


def save_folder(
    db: Database,
    account: str,
    name: str,
    role: FolderRole = FolderRole.NONE,
    delimiter: str = "/",
    selectable: bool = True,
) -> int:
    """Make the folder known, or change what it is for; its number."""
    with db.transaction():
        db.run(
            "INSERT INTO folder(account, name, role, delimiter, selectable) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT(account, name) DO UPDATE SET role = excluded.role, delimiter = excluded.delimiter,"
            " selectable = excluded.selectable",
            (account, name, role.value, delimiter, int(selectable)),
        )
        return int(db.value("SELECT id FROM folder WHERE account = ? AND name = ?", (account, name)))


def rename_folder(db: Database, folder_id: int, name: str) -> None:
    """Give the folder another name; its messages stay."""
    db.run("UPDATE folder SET name = ? WHERE id = ?", (name, folder_id))


def rename_folders(db: Database, names: Mapping[int, str]) -> None:
    """Give folders other names, which may be those of one another."""
    with db.transaction():
        for number in names:
            rename_folder(db, number, f"\0{number}")
        for number, name in names.items():
            rename_folder(db, number, name)


def mailbox_ids(db: Database, account: str) -> dict[int, str]:
    """What the server calls the folders, whatever their names are (RFC 8474), by number; those of which it is known."""
    return dict(db.all("SELECT id, mailbox_id FROM folder WHERE account = ? AND mailbox_id <> ''", (account,)))


def mailbox_id(db: Database, folder_id: int) -> str:
    """One of `mailbox_ids`; empty when it is not known."""
    return str(db.value("SELECT mailbox_id FROM folder WHERE id = ?", (folder_id,), ""))


def set_mailbox_id(db: Database, folder_id: int, name: str) -> None:
    """Note what the server calls the folder."""
    db.run("UPDATE folder SET mailbox_id = ?1 WHERE id = ?2 AND mailbox_id <> ?1", (name, folder_id))


def delete_folders(db: Database, folder_ids: Iterable[int]) -> None:
    """Remove folders that the server has no longer, with their messages. What was only on its way there is back where
    the server has it."""
    gone = [(number,) for number in folder_ids]
    with db.transaction():
        db.many("DELETE FROM change WHERE kind = 'move' AND message IN (SELECT id FROM message WHERE folder = ?)", gone)
        db.many("UPDATE message SET folder = home WHERE folder = ?", gone)
        db.many("DELETE FROM folder WHERE id = ?", gone)


def server_state(db: Database, folder_id: int) -> ServerState:
    """How far the folder is in step with the server."""
    row = db.one("SELECT uidvalidity, uidnext, highestmodseq FROM folder WHERE id = ?", (folder_id,))
    return ServerState(*row) if row else ServerState()


def set_server_state(db: Database, folder_id: int, state: ServerState) -> None:
    """Note how far the folder is in step. Save it in the transaction that saves the mail, or after it, never before."""
    db.run(
        "UPDATE folder SET uidvalidity = ?, uidnext = ?, highestmodseq = ? WHERE id = ?",
        (state.uidvalidity, state.uidnext, state.highestmodseq, folder_id),
    )


def forget_content(db: Database, folder_id: int) -> int:
    """Remove every message whose home is this folder, because UIDVALIDITY changed; how many there were. Those for which
    a change waits only lose their UID: they are known again by their bytes when the folder is read anew."""
    with db.transaction():
        db.run("UPDATE folder SET uidvalidity = 0, uidnext = 0, highestmodseq = 0 WHERE id = ?", (folder_id,))
        arrivals.forget_all(db, folder_id)
        db.run("UPDATE message SET uid = NULL WHERE home = ? AND id IN (SELECT message FROM change)", (folder_id,))
        return db.run("DELETE FROM message WHERE home = ? AND uid IS NOT NULL", (folder_id,))


def _folder(row: tuple[int, str, str, str, str, int, int, int]) -> Folder:
    number, account, name, role, delimiter, selectable, total, unread = row
    return Folder(number, account, name, FolderRole(role), delimiter, bool(selectable), total, unread)
