"""Flags, moves and deletions: shown at once, on disk at once, told to the server by the receiver."""

from tui_mail.engine.messages import ChangeFlags, DeleteMessages, Done, MoveMessages, StoreChanged
from tui_mail.engine.session import Session
from tui_mail.model.errors import UsageError
from tui_mail.model.folder import FolderRole
from tui_mail.store import changes, folders, messages


def change_flags(session: Session, command: ChangeFlags) -> Done:
    """Set and clear flag bits."""
    changed = changes.change_flags(session.store.database, command.message_ids, command.add, command.remove)
    _announce(session, changed, messages.folders_of(session.store.database, changed))
    return Done(len(changed))


def move_messages(session: Session, command: MoveMessages) -> Done:
    """Move to another folder of the same account."""
    db = session.store.database
    target = folders.folder(db, command.folder_id)
    if target is None or not target.selectable or target.role is FolderRole.SNOOZED:
        raise UsageError("Mail cannot be moved there: choose a folder that holds mail.")
    before = messages.folders_of(db, command.message_ids)
    moved = changes.move(db, command.message_ids, command.folder_id)
    _announce(session, moved, (*before, command.folder_id))
    return Done(len(moved))


def delete_messages(session: Session, command: DeleteMessages) -> Done:
    """Move to Trash; what lies in Trash already, or in an account without one, is expunged."""
    db = session.store.database
    before = messages.folders_of(db, command.message_ids)
    touched: list[int] = []
    for folder_id in before:
        shown = folders.folder(db, folder_id)
        if shown is None:
            continue
        here = [number for number in command.message_ids if _is_in(session, number, folder_id)]
        trash = folders.folder_by_role(db, shown.account, FolderRole.TRASH)
        if trash is None or trash.id == folder_id:
            touched += changes.delete(db, here)
        else:
            touched += changes.move(db, here, trash.id)
            before = (*before, trash.id)
    _announce(session, tuple(touched), before)
    return Done(len(touched))


def _is_in(session: Session, message_id: int, folder_id: int) -> bool:
    place = messages.place(session.store.database, message_id)
    return place is not None and place.folder == folder_id


def _announce(session: Session, changed: tuple[int, ...], folder_ids: tuple[int, ...]) -> None:
    if not changed:
        return
    session.publish(StoreChanged(tuple(sorted(set(folder_ids)))))
    session.wake_receiver("")
