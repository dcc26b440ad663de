"""Filing: what was sent is put into the Sent folder, the same bytes, exactly once."""

from tui_mail.engine.messages import OutboxChanged
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import ServerRefused
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag, OutboxState
from tui_mail.net.imap import ImapSession
from tui_mail.store import folders, outbox
from tui_mail.store.database import Database
from tui_mail.sync.outbox import OutboxEvent, next_state

SENT_NAME = "Sent"


def file_sent(session: Session, account: Account, imap: ImapSession) -> int | None:
    """File every SENT entry of the account; the Sent folder's number when something was filed."""
    db = session.store.database
    waiting = [entry for entry in outbox.entries(db) if entry.state is OutboxState.SENT and entry.account == account.id]
    if not waiting:
        return None
    number, name = _sent_folder(db, account, imap)
    for entry in waiting:
        found = outbox.draft(db, entry.id)
        copy = next((copy for copy in outbox.copies(db, entry.id) if not copy.recipients), None)
        if found is None or copy is None:
            outbox.set_state(db, entry.id, next_state(entry.state, OutboxEvent.FILED))
            continue
        message_id = found[2]
        try:
            # A crash after the append and before this note must not file twice: ask the server first.
            imap.select(name)
            if not imap.find_message_id(message_id):
                imap.append(name, copy.raw, int(Flag.SEEN))
        except ServerRefused as refused:
            outbox.set_state(db, entry.id, OutboxState.SENT, problem=f"Sent, but not filed: {refused}")
        else:
            outbox.set_state(db, entry.id, next_state(entry.state, OutboxEvent.FILED))
        after = outbox.entry(db, entry.id)
        if after is not None:
            session.publish(OutboxChanged(after))
    return number


def _sent_folder(db: Database, account: Account, imap: ImapSession) -> tuple[int, str]:
    sent = folders.folder_by_role(db, account.id, FolderRole.SENT)
    if sent is not None:
        return sent.id, sent.name
    imap.create_folder(SENT_NAME)
    return folders.save_folder(db, account.id, SENT_NAME, FolderRole.SENT), SENT_NAME
