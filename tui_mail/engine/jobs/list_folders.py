"""The folders of an account, as its server has them."""

from tui_mail.engine.messages import StoreChanged
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.net.folder_status import FolderStatus
from tui_mail.net.imap import ImapSession
from tui_mail.store import folders
from tui_mail.sync.plan import ServerFolder, plan_folders


def list_folders(session: Session, account: Account, imap: ImapSession) -> dict[str, FolderStatus]:
    """Make the store's folders those of the server; what it says of each."""
    db = session.store.database
    listed, states = imap.folders_with_status()
    server = [ServerFolder(folder.name, folder.role, folder.delimiter, folder.selectable) for folder in listed]
    plan = plan_folders(folders.folders(db, account.id), server)
    with db.transaction():
        for new in plan.save:
            folders.save_folder(db, account.id, new.name, new.role, new.delimiter, new.selectable)
        folders.delete_folders(db, plan.delete)
    if plan.save or plan.delete:
        session.publish(StoreChanged())
    return states
