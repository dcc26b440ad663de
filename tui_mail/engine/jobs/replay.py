"""Telling the server what people changed here: flags, moves, deletions, in the order in which they were made.

The law: nothing is said of a UID whose UIDVALIDITY is not the one under which we learned it (RFC 9051 section 2.3.1.1),
nor in another folder that has the name now (RFC 8474).
The rule for every conflict with what happened on the server meanwhile is the table in `tests/engine/test_conflicts.py`.
"""

from itertools import groupby

from tui_mail.engine.messages import Notice, StoreChanged
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import ServerRefused
from tui_mail.net.imap import ImapSession
from tui_mail.store import changes, folders, messages, place_holders
from tui_mail.store.changes import Change, ChangeKind
from tui_mail.store.database import Database

MAX_ATTEMPTS = 5
CHANGES_A_ROUND = 1000


def replay_changes(session: Session, account: Account, imap: ImapSession) -> tuple[str, ...]:
    """Send everything that waits; sentences about what the server refused. Connection errors are raised, and what
    was not told yet goes on waiting."""
    db = session.store.database
    problems: list[str] = []
    mailbox_ids = folders.mailbox_ids(db, account.id)
    selected, read_only, same = -1, False, True
    for _key, group in groupby(changes.waiting(db, account.id, CHANGES_A_ROUND), key=_same):
        alike = list(group)
        home = folders.folder(db, alike[0].home)
        if home is None:
            continue
        try:
            if selected != home.id:
                known, status = folders.server_state(db, home.id), imap.select(home.name)
                read_only, same = status.read_only, status.uidvalidity == known.uidvalidity
                same &= mailbox_ids.get(home.id, status.mailbox_id) in ("", status.mailbox_id)
                selected = home.id
            if not same:
                continue  # our numbers may be those of other messages now; the look at this folder finds them again
            if not read_only:
                _tell(db, imap, alike)
            elif sentence := _cannot_be_told(session, alike, home.name):
                problems.append(sentence)
        except ServerRefused as refused:
            selected = -1
            problems.append(str(refused))
            _refused(session, db, alike, str(refused))
    return tuple(problems)


def _same(change: Change) -> tuple[object, ...]:
    """Neighbours that go to the server in one command."""
    return change.home, change.kind, change.add_flags, change.remove_flags, change.target


def _cannot_be_told(session: Session, alike: list[Change], folder: str) -> str:
    """A folder that others let us read only. What was read is read for us; what was moved or deleted comes back, and
    the answer is a sentence about that."""
    flags = alike[0].kind is ChangeKind.FLAGS
    db = session.store.database
    with db.transaction():
        for change in alike:
            changes.flags_done(db, change) if flags else changes.give_up(db, change)
    if flags:
        return ""
    sentence = f"The folder {folder} can only be read: what was moved or deleted there is back."
    session.publish(StoreChanged())
    session.publish(Notice("warning", sentence))
    return sentence


def _tell(db: Database, imap: ImapSession, alike: list[Change]) -> None:
    uids = [change.uid for change in alike]
    first = alike[0]
    match first.kind:
        case ChangeKind.FLAGS:
            imap.store_flags(uids, first.add_flags, first.remove_flags)
            with db.transaction():
                for change in alike:
                    changes.flags_done(db, change)
        case ChangeKind.MOVE:
            target = folders.folder(db, first.target) if first.target is not None else None
            if target is None:
                return
            new_uids = imap.move(uids, target.name) if imap.has_move else _move_in_steps(db, imap, alike, target.name)
            with db.transaction():
                for change in alike:
                    changes.move_done(db, change, new_uids.get(change.uid))
        case ChangeKind.DELETE:
            imap.expunge(uids)
            with db.transaction():
                for change in alike:
                    changes.delete_done(db, change)


def _move_in_steps(db: Database, imap: ImapSession, alike: list[Change], target: str) -> dict[int, int]:
    """Without MOVE: all copies first, then the originals go. What was cut in between is looked for at the target, so
    that it is not copied twice. The new UIDs by the old ones, as far as the server tells."""
    new_uids: dict[int, int] = {}
    doubtful = [change for change in alike if change.problem == changes.COPYING]
    if doubtful:
        home = imap.selected
        imap.select(target, read_only=True)
        for change in doubtful:
            if (uid := _copied(db, imap, change)) is not None:
                new_uids[change.uid] = uid
        imap.select(home)
    missing = [change for change in alike if change.uid not in new_uids]
    changes.copying(db, missing)
    if missing:
        new_uids |= imap.copy([change.uid for change in missing], target)
    imap.expunge([change.uid for change in alike])
    return new_uids


def _copied(db: Database, imap: ImapSession, change: Change) -> int | None:
    """The UID of the very same bytes in the open folder: another message may have the same Message-ID. Of a place
    holder the same is made there."""
    raw, details = messages.raw(db, change.message), messages.details(db, change.message)
    if raw is None or details is None or not details.message_id:
        return None
    held = place_holders.held_back(db, change.message)
    is_large = None if held is None else held.size_bytes.__eq__
    for found in list(imap.fetch_raw(imap.find_message_id(details.message_id), is_large)):
        if found.raw == raw and found.held == held:
            return found.uid
    return None


def _refused(session: Session, db: Database, alike: list[Change], sentence: str) -> None:
    with db.transaction():
        for change in alike:
            if change.attempts + 1 >= MAX_ATTEMPTS:
                changes.give_up(db, change)
            else:
                changes.failed(db, change, sentence)
    session.publish(StoreChanged())
