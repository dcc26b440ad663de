"""Bringing one folder in step with the server: new mail newest first, flags, and what vanished.

The law: raw bytes are on disk before anyone looks into them, and the folder's server state is noted only after that.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from tui_mail.engine.jobs.clear_folder import BREATH_SECONDS, clear_folder
from tui_mail.engine.jobs.spool import FolderSpool, arrival_of
from tui_mail.engine.lister import Lister
from tui_mail.engine.messages import Notice, Progress, StoreChanged
from tui_mail.engine.session import Session
from tui_mail.mime.envelope import Envelope
from tui_mail.mime.headers import seconds
from tui_mail.model.account import Account
from tui_mail.model.errors import NetworkProblem
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import Flag
from tui_mail.net.fetched import FetchedMessage
from tui_mail.net.folder_status import FolderStatus
from tui_mail.net.imap import ImapSession
from tui_mail.net.uids import UidRanges
from tui_mail.store import changes, clearing, folders, homeless, messages, threads
from tui_mail.store.folders import ServerState
from tui_mail.store.messages import NewMessage
from tui_mail.sync.plan import FolderState, Look, MessagePlan, needs_all_uids, plan_changes, plan_look, plan_window

FIRST_BATCH_MESSAGES = 40
MAX_BATCH_MESSAGES = 400
MAX_BATCH_BYTES = 4_000_000
MAX_BATCH_SECONDS = 1.0
BATCHES_TO_SAVE = 3
"""A batch is saved when one of these is reached, so that mail appears while it comes: a screenful first. So many may
wait to be saved."""

LISTED_APART = 500
"""For so many messages their header fields are read in a process of its own."""

WINDOW_MESSAGES = 10_000
"""So many UIDs are compared at once: a folder of any size costs the same memory."""

THREADED_TOGETHER = 1_600
THREADED_SECONDS = 1.0
MAX_THREADED = 20_000
"""Threads are computed for so many new messages at once, and now and then for fewer: many cost less, but more than may
wait to be saved would hold up the line."""

MIN_PROGRESS = 25

_SEEN = int(Flag.SEEN)
"""As a number: to ask a `Flag` costs more than a microsecond, each time."""


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


class LeftThere(set[int]):
    """UIDs of a folder's messages that the server refuses to hand over; `named` are those of which a person knows."""

    def __init__(self) -> None:
        super().__init__()
        self.named: set[int] = set()


class FolderSync:
    """One synchronisation of one folder."""

    def __init__(
        self,
        session: Session,
        account: Account,
        imap: ImapSession,
        folder: Folder,
        stopping: threading.Event,
        status: FolderStatus | None = None,
        left: LeftThere | None = None,
    ) -> None:
        """
        Args:
            status: what STATUS told of the folder just now, when it was asked. Of an open folder it may be old.
            left: UIDs of messages that the server refuses to hand over. Kept by the caller from one visit to the next,
                so that they are not asked for each time.
        """
        self._session = session
        self._account = account
        self._imap = imap
        self._folder = folder
        self._stopping = stopping
        self._told = status
        self._large_bytes = max(0, session.settings.large_messages_mb) * 1_000_000
        self._is_all_mail = folder.name == imap.all_mail
        self._left = LeftThere() if left is None else left
        self._spool = FolderSpool(session, account.id, folder.id)
        self._lost: NetworkProblem | None = None
        self._counts = FolderCounts()
        self._total = 0
        self._unthreaded = 0
        self._threaded_at = 0.0
        self._lister = Lister()

    def run(self) -> FolderCounts:
        """Do what is needed; nothing when the server says that nothing changed."""
        try:
            with self._lister:
                self._run()
            self._thread_the_rest()
            return self._counts
        finally:
            self._spool.end()
            self._end_progress()
            if self._unthreaded:
                self._session.wake_threads()
            if self._account.id in self._session.hurried:
                self._session.hurried.discard(self._account.id)
                self._session.wake_judge()

    def _run(self, *, anew: bool = False) -> None:
        """With `anew` the folder is opened once more, also when it is open."""
        db = self._session.store.database
        folder = self._folder.id
        known = folders.server_state(db, folder)
        if (
            not known.uidvalidity
            and self._imap.selected != self._folder.name
            and self._told is not None
            and self._told.exists
            and not self._is_all_mail
            and self._is_large() is None
        ):
            self._receive_new(self._told)
            return
        lost = homeless.numbers(db, folder)
        since = (known.uidvalidity, known.highestmodseq)
        kept_open = self._imap.changes(since) if self._may_stay_open() and not lost and not anew else None
        status = kept_open
        if status is None:
            status = self._imap.select(self._folder.name, since=since)
        count = messages.count_at_home(db, folder) + len(self._left)
        look = plan_look(FolderState(known.uidvalidity, known.uidnext, count, known.highestmodseq), _state(status))
        if self._is_all_mail and look is not Look.RESET:
            look = Look.EVERYTHING  # its numbers count what lies in other folders too
        if status.mailbox_id and folders.mailbox_id(db, folder) not in ("", status.mailbox_id):
            look = Look.RESET  # RFC 8474: another folder has the name now, whatever its UIDVALIDITY
        if look is Look.NOTHING:
            folders.set_mailbox_id(db, folder, status.mailbox_id)
            self._forget(lost)
            self._imap.all_seen()
            return
        if look is Look.RESET:
            self._left.clear()
            self._left.named.clear()
            # RFC 9051 section 2.3.1.1: with another UIDVALIDITY our numbers mean nothing any more.
            self._counts += FolderCounts(expunged=clear_folder(self._session, folder, self._stopping))
            if self._stopping.is_set():
                return
            self._counts += FolderCounts(expunged=folders.forget_content(db, folder))
            lost = homeless.numbers(db, folder)
            self._session.publish(StoreChanged((folder,)))
            self._session.wake_receiver(self._account.id)  # changes that wait can be told when their UIDs are known
        folders.set_mailbox_id(db, folder, status.mailbox_id)
        if known.uidvalidity != status.uidvalidity:
            # On disk before the first UID under it: cut short, the next visit knows what the UIDs meant.
            folders.set_server_state(db, folder, ServerState(status.uidvalidity))
        plan = self._changes(status, known, count) if look is Look.CHANGES else None
        if plan is None and kept_open is not None:
            self._run(anew=True)
            return
        if plan is not None:
            self._apply(plan)
            self._total = len(plan.fetch)
            self._fetch(plan.fetch)
        else:
            self._compare_everything(status)
        self._finish(status, lost)

    def _may_stay_open(self) -> bool:
        """QUIRK: in an open folder that was deleted and made anew meanwhile nothing ever happens (Dovecot); the inbox
        cannot be deleted (RFC 9051 section 6.3.5)."""
        return self._folder.role is FolderRole.INBOX and self._imap.selected == self._folder.name

    def _receive_new(self, told: FolderStatus) -> None:
        """A folder that nobody has looked into yet: its newest screenful comes with the answer to opening it."""
        db, folder = self._session.store.database, self._folder.id
        lost = homeless.numbers(db, folder)
        newest = max(1, told.exists - FIRST_BATCH_MESSAGES + 1)
        status, first = self._imap.open_new(self._folder.name, (newest, told.exists), self._spool)
        folders.set_server_state(db, folder, ServerState(status.uidvalidity))
        folders.set_mailbox_id(db, folder, status.mailbox_id)
        self._total = status.exists
        self._receive(first)
        if not self._stopping.is_set():
            self._compare_everything(status)
        self._finish(status, lost)

    def _finish(self, status: FolderStatus, lost: frozenset[int]) -> None:
        if self._stopping.is_set():
            return
        db, folder = self._session.store.database, self._folder.id
        highest = status.uidnext or messages.highest_uid(db, folder) + 1
        folders.set_server_state(db, folder, ServerState(status.uidvalidity, highest, status.highestmodseq or 0))
        self._spool.forget_settled()
        self._forget(lost & homeless.numbers(db, folder))
        self._imap.all_seen()

    def _forget(self, lost: frozenset[int]) -> None:
        """A message that was moved here and that a whole look did not find was gone before the move: another program
        took it. What it did to it, its own folder tells."""
        if lost:
            removed = messages.remove(self._session.store.database, lost)
            self._counts += FolderCounts(expunged=removed)
            self._session.publish(StoreChanged((self._folder.id,)))

    def _changes(self, status: FolderStatus, known: ServerState, count: int) -> MessagePlan | None:
        """What changed, told by the server; None when its numbers do not add up and everything must be compared."""
        db, folder = self._session.store.database, self._folder.id
        changed = status.changed
        if changed is None:
            changed = self._imap.uids_and_flags(changed_since=known.highestmodseq)
        gone: list[int] = []
        for low, high in status.vanished:
            gone += messages.uids_between(db, folder, low, high)
        local = messages.uids_among(db, folder, (*changed, *gone))
        pending = changes.pending_flags(db, folder)
        plan = plan_changes(local, {uid: int(flags) for uid, flags in changed.items()}, gone, pending)
        return None if needs_all_uids(count - len(plan.vanished), len(plan.fetch), status.exists) else plan

    def _compare_everything(self, status: FolderStatus) -> None:
        """Window by window, the newest first: what is missing here, what is gone there, which flags differ."""
        db, folder = self._session.store.database, self._folder.id
        listed = self._imap.uid_ranges() if status.exists and not self._is_all_mail else UidRanges()
        # QUIRK: some servers answer SEARCH from an index that lags behind: a short list removes nothing.
        complete = len(listed) >= status.exists or self._imap.news
        if self._is_all_mail:
            # Gmail: a message lies in the folder of each of its labels, and once more here. Only what lies nowhere else
            # is received, so that no message is here twice.
            listed, complete = self._imap.archived() if status.exists else listed, True
        self._total = max(self._total, len(listed) - messages.count_at_home(db, folder))
        still_left: set[int] = set()
        for low, high, uids in listed.windows(WINDOW_MESSAGES):
            local = messages.uids_between(db, folder, low, high)
            if not local and not uids:
                continue
            here = sorted(set(local).intersection(uids))
            flags = self._imap.uids_and_flags(f"{here[0]}:{here[-1]}") if here else {}
            pending = changes.pending_flags(db, folder)
            plan = plan_window(local, uids, {uid: int(bits) for uid, bits in flags.items()}, pending, complete=complete)
            self._apply(plan)
            self._fetch(plan.fetch)
            still_left |= self._left & set(uids)
            if self._stopping.is_set():
                return
        self._left &= still_left

    def _apply(self, plan: MessagePlan) -> None:
        db, folder = self._session.store.database, self._folder.id
        if not plan.vanished and not plan.flags:
            return
        expunged = 0
        for start in range(0, len(plan.vanished), clearing.AT_ONCE):
            expunged += messages.remove_vanished(db, folder, plan.vanished[start : start + clearing.AT_ONCE])
            if start + clearing.AT_ONCE < len(plan.vanished) and self._stopping.wait(BREATH_SECONDS):
                return
        flagged = messages.set_server_flags(db, folder, plan.flags) if plan.flags else 0
        self._counts += FolderCounts(expunged=expunged, flag_changes=flagged)
        if expunged or flagged:
            self._session.publish(StoreChanged((folder,)))

    def _fetch(self, uids: tuple[int, ...]) -> None:
        begun = self._spool.begun()
        for wanted in (
            [uid for uid in uids if uid not in self._left and uid not in begun],
            [uid for uid in uids if uid not in self._left and uid in begun],  # large, on a line that was lost before
        ):
            if wanted and not self._stopping.is_set():
                self._receive(self._imap.fetch_raw(wanted, self._is_large(), self._spool))

    def _is_large(self) -> Callable[[int], bool] | None:
        """Which sizes come as place holders: those above the setting. What waits for its UID comes as it is here."""
        limit = self._large_bytes
        whole, held = homeless.sizes(self._session.store.database, self._folder.id)
        if not limit and not held:
            return None
        return lambda size: size in held or (bool(limit) and size > limit and size not in whole)

    def _receive(self, arriving: Iterator[FetchedMessage]) -> None:
        """While batches are saved the next ones are read; the first, which may be all, without a thread of its own."""
        batch: list[FetchedMessage] = []
        size = 0
        began = time.monotonic()
        limit = FIRST_BATCH_MESSAGES
        saving: deque[Future[None]] = deque()
        if self._total - self._counts.new_messages >= LISTED_APART:
            self._lister.start()
        with ThreadPoolExecutor(1, thread_name_prefix="saver") as saver:
            for fetched in self._until_lost(arriving):
                batch.append(fetched)
                size += len(fetched.raw)
                late = time.monotonic() - began >= MAX_BATCH_SECONDS
                if len(batch) < limit and size < MAX_BATCH_BYTES and not late:
                    continue
                if late or limit == MAX_BATCH_MESSAGES:
                    self._pace(streams=not late)
                while len(saving) >= BATCHES_TO_SAVE:
                    saving.popleft().result()
                saving.append(saver.submit(self._save, batch, self._lister.ask([one.raw for one in batch])))
                if limit == FIRST_BATCH_MESSAGES:
                    saving.popleft().result()
                batch, size, began, limit = [], 0, time.monotonic(), MAX_BATCH_MESSAGES
                if self._stopping.is_set():
                    break
            while saving:
                saving.popleft().result()
        if batch:
            self._save(batch, self._lister.ask([one.raw for one in batch]))
        if self._lost is not None:
            raise self._lost
        self._leave()

    def _until_lost(self, arriving: Iterator[FetchedMessage]) -> Iterator[FetchedMessage]:
        """What comes before the line is lost is saved as well."""
        try:
            yield from arriving
        except NetworkProblem as problem:
            self._lost = problem

    def _leave(self) -> None:
        """Say which messages stay on the server alone: they must not be missing without a word."""
        for _uid in self._imap.refused - self._left.named:
            sentence = f"The server refused to hand over a message in {self._folder.name}. Another program may read it."
            self._session.publish(Notice("warning", sentence))
        self._left |= self._imap.refused
        self._left.named |= self._imap.refused
        self._imap.refused.clear()

    def _save(self, batch: list[FetchedMessage], envelopes: Callable[[], Sequence[Envelope]]) -> None:
        new = [new_message(*one) for one in zip(batch, envelopes(), strict=True)]
        waiting = self._unthreaded + len(new)
        due = waiting >= THREADED_TOGETHER or time.monotonic() - self._threaded_at >= THREADED_SECONDS
        with self._session.store.write() as db:
            messages.save_messages(db, self._folder.id, new, threaded=False)
            if due:
                threads.thread_waiting(db, MAX_THREADED)
        self._unthreaded = 0 if due else waiting
        if due:
            self._threaded_at = time.monotonic()
        unread = sum(not message.flags & _SEEN for message in new)
        received = sum(message.size_bytes for message in new)
        self._counts += FolderCounts(new_messages=len(new), new_unread=unread, bytes_received=received)
        self._session.publish(StoreChanged((self._folder.id,)))
        if self._account.id not in self._session.hurried:
            self._session.wake_judge()
        if self._total >= MIN_PROGRESS:
            task, done = f"sync:{self._account.id}", min(self._counts.new_messages, self._total)
            self._session.publish(Progress(task, done, self._total, f"Receiving {self._folder.name}"))

    def _end_progress(self) -> None:
        """Nothing comes any more, also when less came than was counted: a bar that stands still is taken away."""
        if self._total >= MIN_PROGRESS and 0 < self._counts.new_messages < self._total:
            told = "The rest of this folder is received later."
            self._session.publish(Progress(f"sync:{self._account.id}", self._total, self._total, told))

    def _thread_the_rest(self) -> None:
        if self._unthreaded:
            with self._session.store.write() as db:
                threads.thread_waiting(db, MAX_THREADED)
            self._unthreaded = 0
            self._session.publish(StoreChanged((self._folder.id,)))

    def _pace(self, *, streams: bool) -> None:
        """Mail that comes this fast shall be listed first; other work lets it pass."""
        if streams:
            self._session.hurried.add(self._account.id)
        else:
            self._session.hurried.discard(self._account.id)


def new_message(fetched: FetchedMessage, envelope: Envelope) -> NewMessage:
    """What the store keeps of a message before anyone has judged it."""
    received = 0 if fetched.internal_date is None else seconds(fetched.internal_date)
    return NewMessage(
        uid=fetched.uid,
        raw=fetched.raw,
        flags=int(fetched.flags),
        date=received if envelope.date is None else envelope.date,
        internal_date=received,
        sender=envelope.sender,
        sender_key=envelope.sender_key,
        recipients=envelope.recipients,
        subject=envelope.subject,
        message_id=envelope.message_id,
        references=envelope.references,
        attachments=envelope.attachments or (fetched.held is not None and bool(fetched.held.files)),
        held=fetched.held,
        arrival=arrival_of(*fetched.whole) if fetched.whole is not None else None,
    )


def _state(status: FolderStatus) -> FolderState:
    return FolderState(status.uidvalidity, status.uidnext, status.exists, status.highestmodseq or 0)
