"""The outbox as people see and decide it."""

from tui_mail.engine.messages import DecideOutbox, Done, ListOutbox, Outbox, OutboxChanged, StoreChanged
from tui_mail.engine.session import Session
from tui_mail.model.errors import UsageError
from tui_mail.model.message import OutboxEntry, OutboxState
from tui_mail.store import outbox
from tui_mail.store.database import Database
from tui_mail.sync.outbox import OutboxEvent, may_discard, next_state, summarise

_DECISIONS = ("retry", "discard", "was-sent")


def list_outbox(session: Session, _command: ListOutbox) -> Outbox:
    """Everything not yet filed."""
    return Outbox(outbox.entries(session.store.database))


def decide_outbox(session: Session, command: DecideOutbox) -> Done:
    """What the person decided for an entry that failed or of which nobody knows whether it left."""
    if command.decision not in _DECISIONS:
        raise UsageError(f"An outbox entry can be told to {', '.join(_DECISIONS)}; nothing else.")
    db = session.store.database
    with db.transaction():
        entry = outbox.entry(db, command.outbox_id)
        if entry is None or entry.state is OutboxState.FILED:
            raise UsageError("This message is not in the outbox any more.")
        if command.decision == "discard":
            if not may_discard(entry.state):
                raise UsageError("This message is on its way or was sent already; it cannot be discarded.")
            give_up(db, entry)
        elif entry.state not in (OutboxState.FAILED, OutboxState.UNKNOWN):
            raise UsageError("This message is on its way; wait until that succeeds or fails.")
        else:
            _decide(session, entry, was_sent=command.decision == "was-sent")
    after = outbox.entry(db, command.outbox_id)
    if after is not None:
        session.publish(OutboxChanged(after))
    session.publish(StoreChanged())
    session.wake_outbox()
    session.wake_receiver(entry.account)  # what was sent is filed by the receiver
    return Done(1)


def give_up(db: Database, entry: OutboxEntry) -> None:
    """Nobody else gets this message. What some have is sent mail, and is filed as such; the rest goes for good."""
    if not entry.reached:
        outbox.discard(db, entry.id)
        return
    for copy in outbox.copies(db, entry.id):
        if copy.recipients and copy.state is not OutboxState.SENT:
            outbox.set_copy_state(db, entry.id, copy.position, OutboxState.SENT)
    outbox.set_state(db, entry.id, OutboxState.SENT)


def _decide(session: Session, entry: OutboxEntry, *, was_sent: bool) -> None:
    """Retry sends only the copies that have not left; was-sent takes those that are in doubt for sent."""
    db = session.store.database
    copies = outbox.copies(db, entry.id)
    if not copies:
        if was_sent:
            raise UsageError("This message has never left; retry or discard it.")
        outbox.set_state(db, entry.id, next_state(entry.state, OutboxEvent.REBUILD))
        return
    event = OutboxEvent.WAS_SENT if was_sent else OutboxEvent.RETRY
    for copy in copies:
        if copy.recipients and copy.state in (OutboxState.FAILED, OutboxState.UNKNOWN):
            outbox.set_copy_state(db, entry.id, copy.position, next_state(copy.state, event))
    after = [copy.state for copy in outbox.copies(db, entry.id) if copy.recipients]
    outbox.set_state(db, entry.id, summarise(after))
