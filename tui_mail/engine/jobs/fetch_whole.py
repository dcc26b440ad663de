"""Fetching the rest of a message of which only a place holder is here.

The law: the place holder stays until all bytes are on disk in its place, and nothing that leaves this program takes it
for the message. What came before the line was lost is not asked for again.
"""

from tui_mail.engine.jobs.judge import judge_messages
from tui_mail.engine.jobs.spool import FolderSpool
from tui_mail.engine.messages import Done, FetchWhole, StoreChanged
from tui_mail.engine.session import Session
from tui_mail.model.errors import UsageError
from tui_mail.net.fetched import FetchedMessage
from tui_mail.store import folders, messages, place_holders

GONE = "This message is not here any more; it was deleted or moved elsewhere."
MOVED = "This message was moved just now: look for new mail, then ask for the whole again."


def fetch_whole(session: Session, command: FetchWhole) -> Done:
    """Over a connection of its own. Raises what the server refuses, and UsageError when the message is gone there."""
    db, number = session.store.database, command.message_id
    held = place_holders.held_back(db, number)
    if held is None:
        return Done(0)
    if held.too_large:
        raise UsageError("This message is too large for tui-mail: read it on the server with another program.")
    with session.arriving(number):
        if place_holders.held_back(db, number) is None:
            return Done(0)  # somebody else waited for it too
        fetched = _fetch(session, number)
        with session.trust_mutex:  # a judgement of the place holder that is under way ends before
            if not place_holders.make_whole(db, number, fetched.raw, fetched.whole.number if fetched.whole else None):
                return Done(0)
            judge_messages(session, (number,))
    session.publish(StoreChanged(messages.folders_of(db, (number,))))
    return Done(1)


def have_whole(session: Session, message_id: int) -> None:
    """See that all of the message is here, without reading it. Raises UsageError when it is gone."""
    fetch_whole(session, FetchWhole(message_id))
    if messages.place(session.store.database, message_id) is None:
        raise UsageError(GONE)


def whole_bytes(session: Session, message_id: int) -> bytes:
    """The message as it came; what waits on the server is fetched first. Raises UsageError when the message is gone."""
    fetch_whole(session, FetchWhole(message_id))
    raw = messages.raw(session.store.database, message_id)
    if raw is None:
        raise UsageError(GONE)
    return raw


def _fetch(session: Session, number: int) -> FetchedMessage:
    db = session.store.database
    place = messages.place(db, number)
    home = folders.folder(db, place.home) if place is not None else None
    if place is None or home is None:
        raise UsageError(GONE)
    if place.uid is None:
        raise UsageError(MOVED)
    spool = FolderSpool(session, home.account, home.id)
    imap = session.logins.imap(session.account(home.account))
    try:
        status = imap.select(home.name, read_only=True)
        if status.uidvalidity != folders.server_state(db, home.id).uidvalidity:
            raise UsageError(MOVED)  # our numbers may be those of other messages now
        found = list(imap.fetch_raw([place.uid], spool=spool))
    finally:
        spool.end()
        imap.close()
    if not found or found[0].held is not None:
        raise UsageError("The server does not hand over this message any more: look for new mail, then try again.")
    return found[0]
