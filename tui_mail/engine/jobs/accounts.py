"""Further accounts of a profile, and passwords that have changed."""

import re

from msgspec.structs import replace

from tui_mail.engine.jobs.book import save_own_certificates
from tui_mail.engine.messages import AddAccount, Done, SetPassword
from tui_mail.engine.session import Session, now
from tui_mail.engine.setup import key_for
from tui_mail.model.account import Settings
from tui_mail.model.address import address_key
from tui_mail.model.errors import UsageError
from tui_mail.net.trial import try_account
from tui_mail.store import accounts
from tui_mail.trust.certificate import read_certificate

_ID = re.compile(r"[\w.@+-]{1,64}\Z")


def add_account(session: Session, command: AddAccount) -> Settings:
    """Put key and passwords into the vault and the account into the store; the settings to save, which make it exist.

    Raises UsageError, CertificateProblem, VaultLocked; then there is no new account.
    """
    account, settings = command.account, session.settings
    if not _ID.match(account.id):
        raise UsageError("The short name of an account is one word of letters and digits.")
    if any(known.id == account.id for known in settings.accounts):
        raise UsageError(f"There is an account {account.id!r} in this profile already; choose another short name.")
    if any(address_key(known.address) == address_key(account.address) for known in settings.accounts):
        raise UsageError(f"{account.address} is in this profile already.")
    key = None if command.certificate is None else key_for(account, command.certificate, now())
    if key is None and not _has_certificate(session, account.address):
        raise UsageError(f"No certificate here names {account.address}: choose a file, or let one be made.")
    session.agent.set_password(account.id, "imap", command.imap_password)
    session.agent.set_password(account.id, "smtp", command.smtp_password)
    session.logins.keep(account.id)
    if key is not None:
        session.agent.add_key(key)
    with session.store.write() as db:
        accounts.save_account(db, account.id, account.address)
        save_own_certificates(db, session.agent)
    return replace(settings, accounts=(*settings.accounts, account))


def _has_certificate(session: Session, address: str) -> bool:
    return any(
        address_key(address) in map(address_key, read_certificate(key.certificate).addresses)
        for key in session.agent.own_keys()
    )


def set_password(session: Session, command: SetPassword) -> Done:
    """Try the password and keep it; what waited for it goes on at once. Raises what the server says, then the old one
    stays."""
    account = session.account(command.account)
    smtp_password = command.smtp_password or command.imap_password
    if account.sign_in is not None:
        raise UsageError(
            f"{account.address} has no password here: sign in with `tui-mail setup --sign-in {account.id}`."
        )
    if not command.imap_password:
        raise UsageError("The new password is empty.")
    if command.test:
        steps = tuple(try_account(account, command.imap_password, smtp_password))
        if not all(step.ok for step in steps):
            raise UsageError(f"{steps[-1].sentence} The old password stays.")
    session.agent.set_password(account.id, "imap", command.imap_password)
    session.agent.set_password(account.id, "smtp", smtp_password)
    session.wake_receiver(account.id)
    session.wake_outbox()
    return Done(1)
