"""Making, renaming and deleting folders: at the server first, over a short connection of their own; then here.

The law: no message is lost by it. A folder with messages or with folders in it is not deleted, special ones stay what
they are, and a renamed folder keeps its messages here.
"""

import contextlib
from collections.abc import Iterator

from tui_mail.engine.messages import CreateFolder, DeleteFolder, Done, FolderMade, RenameFolder, StoreChanged
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import UsageError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.net.imap import ImapSession
from tui_mail.store import folders, homeless, messages

MAX_NAME_CHARACTERS = 200


def create_folder(session: Session, command: CreateFolder) -> FolderMade:
    """A new folder, empty. Raises UsageError, and what the server answers."""
    db = session.store.database
    account = session.account(command.account)
    delimiter = next((known.delimiter for known in folders.folders(db, account.id)), "/")
    name = _new_name(session, account.id, command.name, delimiter)
    with _server(session, account) as imap:
        imap.create_folder(name)
    number = folders.save_folder(db, account.id, name, delimiter=delimiter)
    session.publish(StoreChanged())
    return FolderMade(number)


def rename_folder(session: Session, command: RenameFolder) -> Done:
    """Another name, for the folders in it as well."""
    db = session.store.database
    folder = _plain_folder(session, command.folder_id)
    name = _new_name(session, folder.account, command.name, folder.delimiter)
    with _server(session, session.account(folder.account)) as imap:
        imap.rename_folder(folder.name, name)
    with db.transaction():
        for inner in (folder, *_inside(session, folder)):
            folders.rename_folder(db, inner.id, name + inner.name[len(folder.name) :])
    session.publish(StoreChanged())
    session.wake_receiver(folder.account)
    return Done(1)


def delete_folder(session: Session, command: DeleteFolder) -> Done:
    """Remove an empty folder. The server is asked what is in it: others may have put something there just now."""
    db = session.store.database
    folder = _plain_folder(session, command.folder_id)
    if _inside(session, folder):
        raise UsageError(f"There are folders in {folder.name}: delete them first.")
    if folder.total or homeless.numbers(db, folder.id) or messages.count_at_home(db, folder.id):
        raise UsageError(f"There are messages in {folder.name}: move or delete them first.")
    with _server(session, session.account(folder.account)) as imap:
        if folder.selectable and imap.status(folder.name).exists:
            session.wake_receiver(folder.account)
            raise UsageError(f"Somebody has put messages into {folder.name}: look for new mail first.")
        imap.delete_folder(folder.name)
    folders.delete_folders(db, (folder.id,))
    session.publish(StoreChanged())
    return Done(1)


@contextlib.contextmanager
def _server(session: Session, account: Account) -> Iterator[ImapSession]:
    imap = session.logins.imap(account)
    try:
        imap.folders()  # so that names are said as the server spells them
        yield imap
    finally:
        imap.close()


def _plain_folder(session: Session, number: int) -> Folder:
    folder = folders.folder(session.store.database, number)
    if folder is None:
        raise UsageError("This folder is not here any more.")
    if folder.role is not FolderRole.NONE:
        raise UsageError(f"{folder.name} is needed for your {folder.role}: it keeps its place and its name.")
    return folder


def _inside(session: Session, folder: Folder) -> tuple[Folder, ...]:
    start = folder.name + folder.delimiter
    all_of_them = folders.folders(session.store.database, folder.account) if folder.delimiter else ()
    return tuple(other for other in all_of_them if other.name.startswith(start))


def _new_name(session: Session, account: str, typed: str, delimiter: str) -> str:
    name = typed.strip()
    parts = name.split(delimiter) if delimiter else [name]
    if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable() or not all(part.strip() for part in parts):
        raise UsageError(f"“{name[:MAX_NAME_CHARACTERS]}” is no name for a folder; choose another.")
    if any(known.name.casefold() == name.casefold() for known in folders.folders(session.store.database, account)):
        raise UsageError(f"There is a folder {name} already.")
    return name
