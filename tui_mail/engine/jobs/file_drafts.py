"""Keeping the server's Drafts folder: the newest copy of each draft, and none of what was sent or discarded.

The law: the new copy is there before the old one goes; all copies of a draft have one Message-ID, so that what a crash
left behind is found again.
"""

import time
from datetime import UTC, datetime

from tui_mail.engine.jobs.draft_copy import build_copy
from tui_mail.engine.jobs.draft_files import read_attachments
from tui_mail.engine.logbook import describe, log
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import CertificateProblem, ServerRefused, UsageError, VaultLocked
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag
from tui_mail.net.imap import ImapSession
from tui_mail.store import drafts, folders
from tui_mail.store.database import Database
from tui_mail.store.drafts import Waiting

DRAFTS_NAME = "Drafts"
RETRY_SECONDS = 600


def file_drafts(session: Session, account: Account, imap: ImapSession) -> int | None:
    """Tell the server what changed; the Drafts folder's number when something did."""
    db = session.store.database
    waiting = drafts.waiting(db, account.id, int(time.time()))
    if not waiting:
        return None
    number, name = _drafts_folder(db, account, imap)
    for one in waiting:
        try:
            _file(session, account, imap, name, one)
        except (CertificateProblem, VaultLocked, UsageError, ServerRefused) as problem:
            # The draft itself is safe on this disk: its copy may wait.
            log.warning("draft %d: %s", one.id, describe(problem))
            drafts.postpone(db, one.id, int(time.time()) + RETRY_SECONDS)
    return number


def _file(session: Session, account: Account, imap: ImapSession, folder: str, one: Waiting) -> None:
    db = session.store.database
    imap.select(folder)
    old = imap.find_message_id(one.message_id)
    draft = drafts.draft(db, one.id)
    if one.gone or draft is None:
        if old:
            imap.expunge(old)
        drafts.forget(db, one.id)
        return
    files = read_attachments(session, draft.attachments)
    moment = datetime.now(UTC).replace(microsecond=0)
    raw = build_copy(session, account, draft, files, one.message_id, moment)
    uid = imap.append(folder, raw, int(Flag.SEEN | Flag.DRAFT))
    if old:
        imap.expunge(old)
    drafts.uploaded(db, one.id, one.revision, uid)


def _drafts_folder(db: Database, account: Account, imap: ImapSession) -> tuple[int, str]:
    found = folders.folder_by_role(db, account.id, FolderRole.DRAFTS)
    if found is not None:
        return found.id, found.name
    imap.create_folder(DRAFTS_NAME)
    return folders.save_folder(db, account.id, DRAFTS_NAME, FolderRole.DRAFTS), DRAFTS_NAME


class DraftKeeper:
    """The job that wakes the receivers when drafts are due."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def turn(self) -> float | None:
        """Wake who has something to tell; seconds until the next is due."""
        moment = time.time()
        pause: float | None = None
        for account, due in drafts.next_due(self._session.store.database):
            if due <= moment:
                self._session.wake_receiver(account)
            else:
                pause = min(due - moment, pause if pause is not None else due - moment)
        return pause
