"""Unfinished messages: kept while they are typed, opened again, discarded, taken back from the outbox.

The law (RFC 9787 section 5.3): a draft is never signed; and an encrypted message that somebody put into the Drafts
folder is no way to have it decrypted and sent on: only a draft that carries our own mark inside keeps its recipients.
"""

from msgspec.structs import replace

from tui_mail.engine.context import trust_context
from tui_mail.engine.jobs.draft_copy import files_in, is_marked, read_copy
from tui_mail.engine.jobs.fetch_whole import whole_bytes
from tui_mail.engine.jobs.outbox import give_up
from tui_mail.engine.messages import (
    DiscardDraft,
    Done,
    DraftOpened,
    Drafts,
    DraftSaved,
    ListDrafts,
    Notice,
    OpenDraft,
    OutboxChanged,
    PostponeSend,
    SaveDraft,
    StoreChanged,
    UndoSend,
)
from tui_mail.engine.session import Session, now
from tui_mail.mime.build import new_message_id
from tui_mail.model.address import address_key
from tui_mail.model.errors import UsageError
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, OutboxState
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.view import body
from tui_mail.store import changes, drafts, folders, messages, outbox
from tui_mail.sync.outbox import OutboxEvent, may_undo, next_state


def save_draft(session: Session, command: SaveDraft) -> DraftSaved:
    """On disk when this returns."""
    account = session.account(command.draft.account)
    number = drafts.save_draft(
        session.store.database,
        command.draft,
        message_id=new_message_id(account.address),
        changed=_seconds(),
        number=command.draft_id,
        closed=command.closed,
    )
    session.wake_drafts()
    return DraftSaved(number)


def list_drafts(session: Session, _command: ListDrafts) -> Drafts:
    """Every draft of this computer."""
    return Drafts(drafts.entries(session.store.database))


def discard_draft(session: Session, command: DiscardDraft) -> Done:
    """Remove it here, and on the server as soon as it can be told."""
    removed = drafts.remove(session.store.database, command.draft_id, _seconds())
    session.wake_drafts()
    return Done(int(removed is not None))


def open_draft(session: Session, command: OpenDraft) -> DraftOpened:
    """A draft of this computer, or one that lies in a Drafts folder. Raises UsageError."""
    db = session.store.database
    number = command.draft_id
    if not number:
        place, details = messages.place(db, command.message_id), messages.details(db, command.message_id)
        if place is None or details is None:
            raise UsageError("This draft is gone: it was sent or deleted.")
        number = drafts.number_of(db, details.message_id, place.uid) or 0
    found = drafts.draft(db, number)
    if found is not None:
        return DraftOpened(number, found)
    if not command.message_id:
        raise UsageError("This draft is gone: it was sent or deleted.")
    return _adopt(session, command.message_id)


def _adopt(session: Session, message_id: int) -> DraftOpened:
    """Make a message of a Drafts folder a draft of ours; its copy on the server is replaced by the next one we save."""
    db = session.store.database
    details, place = messages.details(db, message_id), messages.place(db, message_id)
    if details is None or place is None:
        raise UsageError("This draft is not here yet: look for new mail, then open it again.")
    home = folders.folder(db, place.home)
    if home is None or home.role is not FolderRole.DRAFTS:
        raise UsageError("This message is no draft: only what lies in a Drafts folder can be written on.")
    account = home.account
    opened = _opened(session, whole_bytes(session, message_id))
    found = read_copy(opened, account)
    if not is_marked(opened):
        found = replace(found, to=(), cc=(), bcc=())
        session.publish(
            Notice("warning", "This encrypted draft comes from another program: say yourself who shall get it.")
        )
    own_id = details.message_id or new_message_id(session.account(account).address)
    with db.transaction():
        number, whole = drafts.save_with_files(db, found, files_in(opened), message_id=own_id, changed=_seconds())
        if details.message_id:
            drafts.uploaded(db, number, 1, place.uid)
        else:
            changes.delete(db, [message_id])  # without a Message-ID it could not be found again: ours replaces it
    session.wake_receiver(account)
    return DraftOpened(number, whole)


def undo_send(session: Session, command: UndoSend) -> DraftOpened:
    """Out of the outbox, back to a draft. Raises UsageError when a copy has left or may have."""
    db = session.store.database
    with db.transaction():
        entry = outbox.entry(db, command.outbox_id)
        found = outbox.draft(db, command.outbox_id)
        copies = outbox.copies(db, command.outbox_id)
        if entry is None or found is None:
            raise UsageError("This message has left already.")
        if not may_undo(entry.state, [copy.state for copy in copies if copy.recipients]):
            raise UsageError("This message is on its way or was sent already; it cannot be taken back.")
        draft, files, _message_id = found
        if copies:
            # Its text and its files are in the final bytes alone; our own copy is among them.
            own = next(copy.raw for copy in copies if not copy.recipients)
            opened = _opened(session, own)
            draft, files = replace(draft, body=body(opened)[1]), files_in(opened)
        if entry.reached:
            draft = _without(draft, frozenset(map(address_key, entry.reached)))
        number, whole = drafts.save_with_files(
            db, draft, files, message_id=new_message_id(session.account(draft.account).address), changed=_seconds()
        )
        give_up(db, entry)
    session.publish(StoreChanged())
    session.wake_drafts()
    session.wake_receiver(entry.account)  # what some have is filed
    return DraftOpened(number, whole)


def _without(draft: Draft, reached: frozenset[str]) -> Draft:
    """For those who lack it."""
    to, cc, bcc = (tuple(one for one in line if one.key not in reached) for line in (draft.to, draft.cc, draft.bcc))
    return replace(draft, to=to, cc=cc, bcc=bcc)


def postpone_send(session: Session, command: PostponeSend) -> Done:
    """Another time to leave, or now. Raises UsageError when the message does not wait any more."""
    db = session.store.database
    with db.transaction():
        entry = outbox.entry(db, command.outbox_id)
        if entry is None or entry.state not in (OutboxState.DELAYED, OutboxState.QUEUED):
            raise UsageError("This message does not wait any more; it is on its way or was sent.")
        outbox.postpone(db, entry.id, next_state(entry.state, OutboxEvent.POSTPONE), command.at)
    after = outbox.entry(db, command.outbox_id)
    if after is not None:
        session.publish(OutboxChanged(after))
    session.wake_outbox()
    return Done(1)


def _opened(session: Session, raw: bytes) -> Opened:
    trust = trust_context(session, session.store.database)
    opened = open_message(raw, keys=session.agent.own_keys(), trust=trust, now=now())
    if opened.problem:
        raise UsageError(opened.problem)
    return opened


def _seconds() -> int:
    return int(now().timestamp())
