"""Bringing one folder in step with the server: new mail newest first, flags, and what vanished.

The law: raw bytes are on disk before anyone looks into them, and the folder's server state is noted only after that.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tui_mail.engine.messages import Progress, StoreChanged
from tui_mail.engine.session import Session
from tui_mail.mime.envelope import read_envelope
from tui_mail.model.account import Account
from tui_mail.model.address import address_key
from tui_mail.model.folder import Folder
from tui_mail.model.message import Flag
from tui_mail.net.fetch import FetchedMessage
from tui_mail.net.folder_status import FolderStatus
from tui_mail.net.imap import ImapSession
from tui_mail.store import changes, folders, messages
from tui_mail.store.folders import ServerState
from tui_mail.store.messages import NewMessage
from tui_mail.sync.plan import FolderState, Look, MessagePlan, needs_all_uids, plan_folder, plan_look

MAX_BATCH_MESSAGES = 200
MAX_BATCH_BYTES = 2_000_000
MAX_BATCH_SECONDS = 1.0
"""A batch is saved when one of these is reached, so that mail appears while it comes."""

MIN_PROGRESS = 25


@dataclass(frozen=True, slots=True)
class FolderCounts:
    """What the synchronisation of one or several folders did."""

    new_messages: int = 0
    new_unread: int = 0
    expunged: int = 0
    flag_changes: int = 0
    bytes_received: int = 0

    def __add__(self, other: "FolderCounts") -> "FolderCounts":
        return FolderCounts(
            self.new_messages + other.new_messages,
            self.new_unread + other.new_unread,
            self.expunged + other.expunged,
            self.flag_changes + other.flag_changes,
            self.bytes_received + other.bytes_received,
        )


class FolderSync:
    """One synchronisation of one folder."""

    def __init__(
        self, session: Session, account: Account, imap: ImapSession, folder: Folder, stopping: threading.Event
    ) -> None:
        self._session = session
        self._account = account
        self._imap = imap
        self._folder = folder
        self._stopping = stopping
        self._counts = FolderCounts()

    def run(self) -> FolderCounts:
        """Do what is needed; nothing when the server says that nothing changed."""
        db = self._session.store.database
        folder = self._folder.id
        known = folders.server_state(db, folder)
        status = self._imap.select(self._folder.name)
        local = messages.uids(db, folder)
        look = plan_look(FolderState(known.uidvalidity, known.uidnext, len(local), known.highestmodseq), _state(status))
        if look is Look.NOTHING:
            return self._counts
        dropped = 0
        if look is Look.RESET:
            # RFC 9051 section 2.3.1.1: with another UIDVALIDITY our numbers mean nothing any more.
            dropped = folders.forget_content(db, folder)
            local = {}
        plan = self._plan(look, local, status, known)
        with db.transaction():
            expunged = messages.remove_vanished(db, folder, plan.vanished) if plan.vanished else 0
            flagged = messages.set_server_flags(db, folder, plan.flags) if plan.flags else 0
        self._counts += FolderCounts(expunged=expunged + dropped, flag_changes=flagged)
        if expunged or flagged or dropped:
            self._session.publish(StoreChanged((folder,)))
        self._fetch(plan.fetch)
        if not self._stopping.is_set():
            highest = max((*local, *plan.fetch), default=0)
            state = ServerState(status.uidvalidity, status.uidnext or highest + 1, status.highestmodseq or 0)
            folders.set_server_state(db, folder, state)
        return self._counts

    def _plan(self, look: Look, local: dict[int, int], status: FolderStatus, known: ServerState) -> MessagePlan:
        pending = changes.pending_flags(self._session.store.database, self._folder.id)
        if look is Look.CHANGES:
            changed = self._flags(known.highestmodseq)
            new = sum(uid not in local for uid in changed)
            if not needs_all_uids(len(local), new, status.exists):
                return plan_folder(local, changed, pending, complete=False)
        everything = self._flags(None) if status.exists else {}
        return plan_folder(local, everything, pending)

    def _flags(self, changed_since: int | None) -> dict[int, int]:
        found = self._imap.uids_and_flags(changed_since=changed_since)
        return {uid: int(flags) for uid, flags in found.items()}

    def _fetch(self, uids: tuple[int, ...]) -> None:
        if not uids:
            return
        batch: list[NewMessage] = []
        size = 0
        began = time.monotonic()
        for done, fetched in enumerate(self._imap.fetch_raw(uids), start=1):
            batch.append(new_message(fetched))
            size += len(fetched.raw)
            late = time.monotonic() - began >= MAX_BATCH_SECONDS
            if len(batch) >= MAX_BATCH_MESSAGES or size >= MAX_BATCH_BYTES or late:
                self._save(batch)
                self._progress(done, len(uids))
                batch, size, began = [], 0, time.monotonic()
                if self._stopping.is_set():
                    return
        self._save(batch)
        self._progress(len(uids), len(uids))

    def _save(self, batch: list[NewMessage]) -> None:
        if not batch:
            return
        db = self._session.store.database
        with self._session.store.write():
            messages.save_messages(db, self._folder.id, batch)
        unread = sum(not message.flags & Flag.SEEN for message in batch)
        received = sum(len(message.raw) for message in batch)
        self._counts += FolderCounts(new_messages=len(batch), new_unread=unread, bytes_received=received)
        self._session.publish(StoreChanged((self._folder.id,)))
        self._session.wake_judge()

    def _progress(self, done: int, total: int) -> None:
        if total >= MIN_PROGRESS:
            task = f"sync:{self._account.id}"
            self._session.publish(Progress(task, done, total, f"Receiving {self._folder.name}"))


def new_message(fetched: FetchedMessage) -> NewMessage:
    """What the list shows of a message before anyone has judged it."""
    envelope = read_envelope(fetched.raw)
    author = envelope.from_[0] if envelope.from_ else None
    received = fetched.internal_date or datetime.fromtimestamp(0, UTC)
    return NewMessage(
        uid=fetched.uid,
        raw=fetched.raw,
        flags=int(fetched.flags),
        date=_seconds(envelope.date or received),
        internal_date=_seconds(received),
        sender=(author.name or author.spec) if author else "",
        sender_key=address_key(author.spec) if author else "",
        recipients=_line((*envelope.to, *envelope.cc)),
        subject=envelope.subject,
        message_id=envelope.message_id,
        references=envelope.references,
        attachments=envelope.has_attachments,
    )


def _state(status: FolderStatus) -> FolderState:
    return FolderState(status.uidvalidity, status.uidnext, status.exists, status.highestmodseq or 0)


def _line(addresses: Iterable[object]) -> str:
    return ", ".join(str(address) for address in addresses)


def _seconds(moment: datetime) -> int:
    try:
        return max(0, int(moment.timestamp()))
    except (OverflowError, ValueError, OSError):
        return 0
