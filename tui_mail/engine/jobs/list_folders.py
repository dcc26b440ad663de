"""The folders of an account, as its server has them."""

import threading
from collections.abc import Sequence

from msgspec.structs import replace

from tui_mail.engine.jobs.clear_folder import clear_folder
from tui_mail.engine.messages import StoreChanged
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.folder import Folder
from tui_mail.net.folder_status import FolderStatus
from tui_mail.net.imap import ImapSession
from tui_mail.store import folders
from tui_mail.sync.plan import ServerFolder, plan_folders

MAX_ASKED = 50
"""Folders that are opened to see whether they are old ones under new names."""


def list_folders(
    session: Session, account: Account, imap: ImapSession, stopping: threading.Event
) -> dict[str, FolderStatus]:
    """Make the store's folders those of the server; what it says of each. One that another program renamed keeps its
    messages where the server says by an id that it is the same (RFC 8474)."""
    db = session.store.database
    listed, states = imap.folders_with_status()
    local = folders.folders(db, account.id)
    server = [ServerFolder(folder.name, folder.role, folder.delimiter, folder.selectable) for folder in listed]
    known = folders.mailbox_ids(db, account.id)
    plan = plan_folders(local, server)
    if known and plan.save:
        told = _ids_of_new_ones(imap, local, server, known)
        plan = plan_folders(local, [replace(one, mailbox_id=told.get(one.name, "")) for one in server], known)
    for number in plan.delete:
        clear_folder(session, number, stopping)
    if stopping.is_set():
        return states
    with db.transaction():
        folders.delete_folders(db, plan.delete)
        folders.rename_folders(db, plan.rename)
        for new in plan.save:
            folders.save_folder(db, account.id, new.name, new.role, new.delimiter, new.selectable)
    if plan.save or plan.delete or plan.rename:
        session.publish(StoreChanged())
    return states


def _ids_of_new_ones(
    imap: ImapSession, local: Sequence[Folder], server: Sequence[ServerFolder], known: dict[int, str]
) -> dict[str, str]:
    """The ids of folders whose names are new here, and of those whose names were those of the same folders before."""
    names = {folder.name for folder in local}
    selectable = {folder.name for folder in server if folder.selectable}
    owners = {known[folder.id]: folder.name for folder in local if folder.id in known}
    waiting = sorted(selectable - names)
    told: dict[str, str] = {}
    while waiting and len(told) < MAX_ASKED:
        name = waiting.pop(0)
        told[name] = imap.mailbox_id(name)
        before = owners.get(told[name], name)
        if before in selectable and before not in told and before not in waiting:
            waiting.append(before)
    return told
