"""The preflight: what sending would meet, in sentences, while the person still types."""

from tui_mail.engine.jobs.recipients import check_recipients, own_encryption_certificate, signing_key
from tui_mail.engine.messages import Preflight, PreflightResult
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.address import address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.errors import CertificateProblem
from tui_mail.model.message import Protection
from tui_mail.store import people
from tui_mail.trust.certificate import read_certificate


def preflight(session: Session, command: Preflight) -> PreflightResult:
    """Check the own certificate and every recipient."""
    account = session.account(command.account)
    key, sentence = signing_key(session, account)
    info = read_certificate(key.certificate) if key is not None else None
    checks = check_recipients(session, command.recipients)
    ready = bool(command.recipients)
    notes: list[str] = []
    if command.protection.sign and key is None:
        ready = False
    if not command.protection.sign and info is not None:
        notes += _waiting_for(session, [check.address for check in checks], info)
    if command.protection.encrypt:
        ready = ready and all(check.encryptable for check in checks)
        own_sentence = _own_copy(session, account)
        if own_sentence:
            ready, sentence = False, sentence or own_sentence
        joining = [check.address for check in checks if check.trusts_on_send]
        if joining:
            notes.append(f"Sending adds to your trusted list: {', '.join(joining)}.")
        if not command.protection.sign:
            notes.append("Encrypted but not signed: recipients cannot see who wrote it.")
    return PreflightResult(
        signed_by=_signed_by(info, account, command.protection),
        own_certificate=info,
        own_sentence=sentence if command.protection.sign or command.protection.encrypt else "",
        recipients=checks,
        ready=ready,
        notes=tuple(notes),
    )


def _waiting_for(session: Session, addresses: list[str], own: CertificateInfo) -> list[str]:
    """Who would encrypt to a certificate of ours that is not the present one, because no signed mail told them."""
    db = session.store.database
    had = {address: people.correspondents(db, address_key(address)) for address in addresses}
    old = [address for address, found in had.items() if found and found[0].sent_sha256 not in ("", own.sha256)]
    return [f"Sign it, and {', '.join(old)} will learn of your new certificate."] if old else []


def _signed_by(info: CertificateInfo | None, account: Account, protection: Protection) -> str:
    """The address in the certificate that will sign; it is the account's, by choice of the key."""
    return account.address if info is not None and protection.sign else ""


def _own_copy(session: Session, account: Account) -> str:
    try:
        own_encryption_certificate(session, account)
    except CertificateProblem as problem:
        return str(problem)
    return ""
