"""What an account that does not receive here has to tell its server: changes, sent mail to be filed, drafts.

The law: nothing is fetched, and no connection stands while nothing waits.
"""

import time

from tui_mail.engine.jobs.file_drafts import file_drafts
from tui_mail.engine.jobs.file_sent import file_sent
from tui_mail.engine.jobs.list_folders import list_folders
from tui_mail.engine.jobs.replay import replay_changes
from tui_mail.engine.logbook import describe, log
from tui_mail.engine.scheduler import Backoff, Worker
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import OutboxState
from tui_mail.net.imap import ImapSession
from tui_mail.store import changes, drafts, folders, outbox

RETRY_SECONDS = 600.0
"""When what the server did not take is told once more."""


class Errands(Worker):
    """The thread of one account with `receive = false`."""

    def __init__(self, session: Session, account: Account) -> None:
        super().__init__(f"errands-{account.id}", self.turn)
        self._session = session
        self.account = account
        self._backoff = Backoff()

    def turn(self) -> float | None:
        """Tell everything that waits; seconds until the next attempt when something is left, None when nothing is."""
        if not self._waits(OutboxState.SENT, OutboxState.UNKNOWN):
            return None
        try:
            imap = self._session.logins.imap(self.account)
            try:
                self._tell(imap)
            finally:
                imap.close()
        except TuiMailError as problem:
            log.warning("errands: %s", describe(problem))
            return self._backoff.next_seconds()
        self._backoff.reset()
        return RETRY_SECONDS if self._waits(OutboxState.SENT) else None

    def _waits(self, *states: OutboxState) -> bool:
        db, name = self._session.store.database, self.account.id
        return (
            any(entry.account == name and entry.state in states for entry in outbox.entries(db))
            or bool(changes.waiting(db, name, 1))
            or bool(drafts.waiting(db, name, int(time.time())))
        )

    def _tell(self, imap: ImapSession) -> None:
        db = self._session.store.database
        for problem in replay_changes(self._session, self.account, imap):
            log.warning("errands: %s", problem)
        needed = (FolderRole.SENT, FolderRole.DRAFTS)
        if any(folders.folder_by_role(db, self.account.id, role) is None for role in needed):
            list_folders(self._session, self.account, imap, self.stopping)
        file_sent(self._session, self.account, imap)
        file_drafts(self._session, self.account, imap)
