"""Filing: what was sent is put into the Sent folder, the same bytes, exactly once."""

import msgspec

from tui_mail.engine.jobs.mark_answered import mark_answered
from tui_mail.engine.messages import OutboxChanged
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import ServerRefused
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag, OutboxEntry, OutboxState
from tui_mail.net.imap import ImapSession
from tui_mail.store import folders, outbox
from tui_mail.store.database import Database
from tui_mail.sync.outbox import OutboxEvent, next_state

SENT_NAME = "Sent"


def file_sent(session: Session, account: Account, imap: ImapSession) -> int | None:
    """File every SENT entry of the account; the Sent folder's number when something was filed."""
    db = session.store.database
    own = [entry for entry in outbox.entries(db) if entry.account == account.id]
    doubtful = [entry for entry in own if entry.state is OutboxState.UNKNOWN]
    waiting = [entry for entry in own if entry.state is OutboxState.SENT]
    if not waiting and not doubtful:
        return None
    number, name = _sent_folder(db, account, imap)
    for entry in doubtful:
        if _was_taken(session, imap, name, entry):
            mark_answered(session, entry.id)
            waiting.append(msgspec.structs.replace(entry, state=OutboxState.SENT))
    for entry in waiting:
        try:
            _file(db, imap, name, entry.id)
        except ServerRefused as refused:
            problem = f"Sent, but not filed yet: {refused}"
            if problem == entry.problem:
                continue  # that was said
            outbox.set_state(db, entry.id, OutboxState.SENT, problem=problem)
        else:
            outbox.set_state(db, entry.id, next_state(entry.state, OutboxEvent.FILED))
        after = outbox.entry(db, entry.id)
        if after is not None:
            session.publish(OutboxChanged(after))
    return number


def _file(db: Database, imap: ImapSession, folder: str, number: int) -> None:
    """Append the own copy, unless it is there already; reports have none."""
    found = outbox.draft(db, number)
    copy = next((copy for copy in outbox.copies(db, number) if not copy.recipients), None)
    if found is None or copy is None:
        return
    imap.select(folder)
    # A crash after the append and before the note of it must not file twice: ask the server first.
    if not imap.find_message_id(found[2]):
        imap.append(folder, copy.raw, int(Flag.SEEN))


def _was_taken(session: Session, imap: ImapSession, name: str, entry: OutboxEntry) -> bool:
    """Whether the server itself put the message, of which nobody knew whether it left, into Sent. Nothing of ours gets
    there before it is known to be sent; with several copies it would not say which of them left."""
    db = session.store.database
    found = outbox.draft(db, entry.id)
    leaving = [copy for copy in outbox.copies(db, entry.id) if copy.recipients]
    if found is None or len(leaving) != 1:
        return False
    imap.select(name, read_only=True)
    if not imap.find_message_id(found[2]):
        return False
    with db.transaction():
        state = next_state(leaving[0].state, OutboxEvent.FOUND)
        outbox.set_copy_state(db, entry.id, leaving[0].position, state)
        outbox.set_state(db, entry.id, next_state(entry.state, OutboxEvent.FOUND))
    return True


def _sent_folder(db: Database, account: Account, imap: ImapSession) -> tuple[int, str]:
    sent = folders.folder_by_role(db, account.id, FolderRole.SENT)
    if sent is not None:
        return sent.id, sent.name
    imap.create_folder(SENT_NAME)
    return folders.save_folder(db, account.id, SENT_NAME, FolderRole.SENT), SENT_NAME
