"""The receiver: one connection an account that keeps the store in step with the server, and waits in IDLE for more."""

import threading
import time
from collections import defaultdict
from concurrent.futures import Future

from tui_mail.engine.jobs.file_drafts import file_drafts
from tui_mail.engine.jobs.file_sent import file_sent
from tui_mail.engine.jobs.list_folders import list_folders
from tui_mail.engine.jobs.replay import replay_changes
from tui_mail.engine.jobs.sync_folder import FolderCounts, FolderSync, LeftThere
from tui_mail.engine.lease import Lease
from tui_mail.engine.logbook import describe, log
from tui_mail.engine.messages import Connection, NewMail, Notice, Progress, Synced
from tui_mail.engine.scheduler import JOIN_SECONDS, LONGEST_BACKOFF_SECONDS, Backoff
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import LoginRefused, NetworkProblem, ServerBusy, ServerRefused, TuiMailError, UsageError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.net.folder_status import FolderStatus
from tui_mail.net.imap import ImapSession
from tui_mail.net.wake import WakeEvent
from tui_mail.store import accounts, folders, homeless, messages
from tui_mail.sync.plan import FolderState, is_in_step

POLL_SECONDS = 180.0
"""How often folders other than the inbox are looked at."""
WATCHED_POLL_SECONDS = 1800.0
"""The same where the server tells of them by itself (NOTIFY)."""

QUOTA_SECONDS = 3600.0
"""How often the server is asked how full the mailbox is."""
NEARLY_FULL = (90, 98)
"""Percent at which that is said, once each."""

TAKEN = (
    "Another profile of yours receives the mail of {address} on this machine already. Once is enough: read it there, or"
    " switch receiving off there."
)

REFUSED_SECONDS = 3600.0
"""What a server refused to hand over is asked for again after so long: some only could not do so just then."""
MAX_RUMOURS = 5
RUMOUR_SECONDS = 10.0


class Receiver:
    """The thread that receives for one account."""

    def __init__(self, session: Session, account: Account) -> None:
        self.account = account
        self._session = session
        self._wake = WakeEvent()
        self._stopping = threading.Event()
        self._mutex = threading.Lock()
        self._asked: list[Future[Synced]] = []
        self._last_full = 0.0
        self._watched: bool | None = None
        self._rumours = 0
        self._left: defaultdict[int, LeftThere] = defaultdict(LeftThere)
        self._left_since = time.monotonic()
        self._last_quota = -QUOTA_SECONDS
        self._fullness = 0
        self._backoff = Backoff()
        self._cut_off = False
        self._lease = Lease(session.paths.socket.parent, account.imap)
        self.connection = Connection(account.id, "connecting")
        """How it stands with the server; every change is published."""
        self._thread = threading.Thread(target=self._run, name=f"receiver-{account.id}", daemon=True)

    def start(self) -> None:
        """Connect and look at everything."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stopping.set()
        self._wake.set()

    def join(self) -> None:
        """Wait for the end, for a while."""
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def wake(self) -> None:
        """Something waits for the server: a local change or a sent message to be filed."""
        self._wake.set()

    def network_changed(self) -> None:
        """The server may be there again, or the connection be dead without a word: look now, and begin small again."""
        self._backoff.reset()
        self._wake.set()

    def look_now(self) -> Future[Synced]:
        """Look at every folder; the result comes when that is done, with its problems when it is not."""
        future: Future[Synced] = Future()
        with self._mutex:
            self._asked.append(future)
        self._wake.set()
        return future

    def _run(self) -> None:
        while not self._stopping.is_set():
            imap: ImapSession | None = None
            pause = left_alone = 0.0
            try:
                self._wake.clear()
                self._announce("connecting")
                if not self._lease.take():
                    raise UsageError(TAKEN.format(address=self.account.address))
                imap = self._session.logins.imap(self.account)
                if self._cut_off:
                    self._cut_off = False
                    self._session.retry_outbox()  # whoever can be received from can be sent to, as a rule
                self._announce("online")
                self._watched = None
                self._ask_again()
                self._serve(imap)
            except TuiMailError as problem:
                log.warning("receiver: %s", describe(problem))
                pause = LONGEST_BACKOFF_SECONDS if isinstance(problem, LoginRefused) else self._backoff.next_seconds()
                if isinstance(problem, ServerBusy):
                    left_alone = time.monotonic() + problem.retry_seconds
                    pause = max(pause, problem.retry_seconds)
                self._cut_off = isinstance(problem, NetworkProblem)
                self._fail(str(problem), password_refused=isinstance(problem, LoginRefused))
            except Exception as error:
                log.error("receiver failed: %s", describe(error))
                pause = self._backoff.next_seconds()
                self._fail(f"Receiving failed inside tui-mail ({type(error).__name__}); the engine's log says where.")
            finally:
                if imap is not None:
                    imap.close()
            if pause and not self._stopping.is_set():
                self._wake.wait(pause)
            while not self._stopping.is_set() and not self._asked and (left := left_alone - time.monotonic()) > 0:
                self._wake.clear()  # a change that waits is no reason to ask earlier; a person who looks is one
                self._wake.wait(left)
        self._lease.release()
        self._fail("The engine stopped.")

    def _serve(self, imap: ImapSession) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            with self._mutex:
                asked, self._asked = self._asked, []
            full = bool(asked) or not self._last_full or time.monotonic() - self._last_full >= POLL_SECONDS
            try:
                result = self.look(imap, full)
            except BaseException:
                with self._mutex:
                    self._asked = asked + self._asked
                raise
            for future in asked:
                future.set_result(result)
            if full and time.monotonic() - self._last_quota >= QUOTA_SECONDS:
                self._look_at_quota(imap)
            if result.new_messages or result.expunged or result.flag_changes:
                self._rumours = 0
            self._backoff.reset()
            if self._wake.is_set() or self._stopping.is_set():
                continue
            self._wait(imap)

    def _look_at_quota(self, imap: ImapSession) -> None:
        """Say it before the server takes no more mail."""
        self._last_quota = time.monotonic()
        quota = imap.quota()
        fullness = sum(quota.percent >= percent for percent in NEARLY_FULL) if quota is not None else 0
        if quota is not None and fullness > self._fullness:
            self._session.publish(
                Notice(
                    "warning",
                    f"The mailbox of {self.account.address} is {quota.percent} % full. Delete large messages and empty"
                    " the trash: a full mailbox gets no mail.",
                )
            )
        self._fullness = fullness

    def _wait(self, imap: ImapSession) -> None:
        """Until something happens: here, in the inbox, or in any folder where the server tells of all."""
        if self._watched is None:
            self._watched = imap.watch_all_folders()
        patience = max(
            1.0, self._last_full + (WATCHED_POLL_SECONDS if self._watched else POLL_SECONDS) - time.monotonic()
        )
        inbox = folders.folder_by_role(self._session.store.database, self.account.id, FolderRole.INBOX)
        if inbox is None:
            self._wake.wait(patience)
            return
        if imap.selected != inbox.name:
            # What came to the inbox while the others were looked at: IDLE says nothing of it.
            self._sync(imap, inbox, False)
        if imap.idle(patience, self._wake):
            if self._watched:
                self._last_full = 0.0  # it may be in any folder; one question tells in which
            self._rumours += 1
            if self._rumours > MAX_RUMOURS:
                # QUIRK: some servers announce at every IDLE what everyone knows; news that are none may wait a little.
                self._wake.wait(RUMOUR_SECONDS)

    def look(self, imap: ImapSession, full: bool) -> Synced:
        """Tell the server what changed here, then look what changed there."""
        began = time.monotonic()
        db = self._session.store.database
        if full and began - self._left_since >= REFUSED_SECONDS:
            self._ask_again()
        problems = list(replay_changes(self._session, self.account, imap))
        first = not accounts.last_sync(db, self.account.id)
        states = list_folders(self._session, self.account, imap, self._stopping) if full else {}
        filed = (
            file_sent(self._session, self.account, imap),
            file_drafts(self._session, self.account, imap),
        )
        total = FolderCounts()
        wanted = [
            folder
            for folder in folders.folders(db, self.account.id)
            if folder.selectable
            and folder.role is not FolderRole.SNOOZED
            and (full or folder.role is FolderRole.INBOX or folder.id in filed)
        ]
        for position, folder in enumerate(wanted):
            if self._stopping.is_set():
                break
            status = None if folder.id in filed else states.get(folder.name)
            is_open = folder.name == imap.selected
            if status is not None and self._in_step(folder, status) and (not is_open or self._is_quiet(imap, folder)):
                continue
            if full and first:
                self._progress(position, len(wanted), f"Looking at {folder.name}")
            try:
                total += self._sync(imap, folder, first, status)
            except ServerRefused as refused:
                problems.append(str(refused))
            except TuiMailError:
                if full and first:
                    self._progress(1, 1, "The other folders are looked at later.")
                raise
        if full and not self._stopping.is_set():
            self._last_full = time.monotonic()
            accounts.set_last_sync(db, self.account.id, int(time.time()))
            if first:
                self._progress(len(wanted), len(wanted), "All folders are in step.")
        return Synced(
            folders=len(wanted),
            new_messages=total.new_messages,
            expunged=total.expunged,
            flag_changes=total.flag_changes,
            bytes_received=total.bytes_received,
            seconds=time.monotonic() - began,
            problems=tuple(problems),
        )

    def _ask_again(self) -> None:
        """What was refused is asked for once more."""
        for left in self._left.values():
            left.clear()
        self._left_since = time.monotonic()

    def _sync(self, imap: ImapSession, folder: Folder, first: bool, status: FolderStatus | None = None) -> FolderCounts:
        left = self._left[folder.id]
        counts = FolderSync(self._session, self.account, imap, folder, self._stopping, status, left).run()
        if counts.new_unread and folder.role is FolderRole.INBOX and not first:
            self._session.publish(NewMail(folder.id, counts.new_unread))
        return counts

    def _in_step(self, folder: Folder, status: FolderStatus) -> bool:
        db = self._session.store.database
        known = folders.server_state(db, folder.id)
        count = messages.count_at_home(db, folder.id) + len(self._left[folder.id])
        return not homeless.numbers(db, folder.id) and is_in_step(
            FolderState(known.uidvalidity, known.uidnext, count, known.highestmodseq),
            FolderState(status.uidvalidity, status.uidnext, status.exists, status.highestmodseq or 0),
        )

    def _is_quiet(self, imap: ImapSession, folder: Folder) -> bool:
        """Nothing happened in the open folder. QUIRK: in one that was deleted and made anew meanwhile nothing ever
        happens (Dovecot); the inbox cannot be deleted (RFC 9051 section 6.3.5)."""
        return folder.role is FolderRole.INBOX and imap.is_quiet()

    def _announce(self, state: str, sentence: str = "", *, password_refused: bool = False) -> None:
        now = Connection(self.account.id, state, sentence, password_refused)
        if now != self.connection:
            self.connection = now
            self._session.publish(now)

    def _progress(self, done: int, total: int, sentence: str) -> None:
        self._session.publish(Progress(f"folders:{self.account.id}", done, total, sentence))

    def _fail(self, sentence: str, *, password_refused: bool = False) -> None:
        if not self._stopping.is_set():
            self._announce("offline", sentence, password_refused=password_refused)
        with self._mutex:
            asked, self._asked = self._asked, []
        for future in asked:
            future.set_result(Synced(0, 0, 0, 0, 0, 0.0, (sentence,)))
