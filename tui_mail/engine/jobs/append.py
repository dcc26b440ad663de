"""Importing: a message goes to the server as it is, and comes back by synchronisation like any other."""

from tui_mail.engine.messages import AppendMessage, Done
from tui_mail.engine.session import Session
from tui_mail.model.errors import UsageError
from tui_mail.model.message import Flag
from tui_mail.store import folders


def append_message(session: Session, command: AppendMessage) -> Done:
    """Append to a folder over a connection of its own. Raises what the server refuses."""
    folder = folders.folder(session.store.database, command.folder_id)
    if folder is None or not folder.selectable:
        raise UsageError("Mail cannot be put there: choose a folder that holds mail.")
    account = session.account(folder.account)
    imap = session.logins.imap(account)
    try:
        imap.append(folder.name, command.raw, int(Flag.SEEN) if command.seen else 0)
    finally:
        imap.close()
    return Done(1)
