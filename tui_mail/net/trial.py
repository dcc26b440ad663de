"""The live test of an account: every step that a person could have got wrong, with a sentence each. Sends no mail."""

from collections.abc import Iterator
from typing import NamedTuple

from tui_mail.model.account import Account
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import FolderRole
from tui_mail.net.imap import ImapSession
from tui_mail.net.smtp import probe

TRIAL_SECONDS = 10.0


class TrialStep(NamedTuple):
    """One line of the test."""

    name: str
    ok: bool
    sentence: str


def try_account(
    account: Account, imap_password: str, smtp_password: str, timeout: float = TRIAL_SECONDS
) -> Iterator[TrialStep]:
    """Run the test step by step; the first step that fails is the last.

    The right to send is asked with MAIL, RCPT and RSET: the server says what it would do, and nothing is sent.
    """
    step = "Receiving server"
    session: ImapSession | None = None
    try:
        session = ImapSession.greet(account.imap, timeout)
        yield TrialStep(step, True, f"{account.imap.host} answers on port {account.imap.port}.")
        step = "Receiving login"
        session.login(imap_password)
        yield TrialStep(step, True, f"{account.imap.user} is logged in.")
        step = "Folders"
        yield _folders(session)
        step = "Sending server and login"
        probe(account.smtp, smtp_password, timeout=timeout)
        yield TrialStep(step, True, f"{account.smtp.host} accepts the login on port {account.smtp.port}.")
        step = "Right to send"
        probe(account.smtp, smtp_password, account.address, timeout=timeout)
        yield TrialStep(step, True, f"{account.smtp.host} takes mail from {account.address}.")
    except TuiMailError as error:
        yield TrialStep(step, False, str(error))
    finally:
        if session is not None:
            session.close()


def _folders(session: ImapSession) -> TrialStep:
    folders = session.folders()
    if not any(folder.role is FolderRole.INBOX for folder in folders):
        return TrialStep("Folders", False, "The server shows no inbox to this user. Ask who runs the server.")
    status = session.status("INBOX")
    sent = next((folder.name for folder in folders if folder.role is FolderRole.SENT), "")
    where = f"Sent mail will be kept in {sent}." if sent else "There is no folder for sent mail: one will be made."
    return TrialStep("Folders", True, f"{len(folders)} folders, {status.exists} messages in the inbox. {where}")
