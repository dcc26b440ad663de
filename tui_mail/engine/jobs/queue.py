"""Taking a draft: everything that can be refused is refused now; then it is on disk before anything else happens."""

import secrets
from pathlib import Path

from tui_mail.engine.jobs.recipients import check_recipients, own_encryption_certificate, signing_key
from tui_mail.engine.messages import OutboxChanged, Queued, SendMessage
from tui_mail.engine.session import Session, now
from tui_mail.model.account import Account
from tui_mail.model.address import ascii_domain
from tui_mail.model.errors import CertificateProblem, UsageError
from tui_mail.model.message import Draft, DraftAttachment
from tui_mail.store import drafts, outbox
from tui_mail.store.database import Database

MAX_ATTACHMENT_BYTES = 50_000_000
MAX_MESSAGE_BYTES = 100_000_000


def send_message(session: Session, command: SendMessage) -> Queued:
    """Put a draft into the outbox. Raises UsageError or CertificateProblem when it could not leave as asked."""
    draft = command.draft
    account = session.account(draft.account)
    check_draft(session, account, draft)
    files = read_attachments(session.store.database, draft.attachments)
    return queue(session, account, draft, files, at=command.at, draft_id=command.draft_id)


def queue(
    session: Session,
    account: Account,
    draft: Draft,
    files: tuple[outbox.Attachment, ...],
    *,
    at: int = 0,
    draft_id: int = 0,
) -> Queued:
    """Write a checked draft to disk and wake the sender. The saved draft goes in the same transaction: what was written
    is in one of the two places, never in none and never in both."""
    db = session.store.database
    moment = int(now().timestamp())
    with db.transaction():
        number = outbox.queue_draft(
            db,
            draft,
            files,
            message_id=new_message_id(account.address),
            created=moment,
            due=at if at > moment else 0,
        )
        drafts.remove(db, draft_id, moment)
    entry = outbox.entry(db, number)
    if entry is not None:
        session.publish(OutboxChanged(entry))
    session.wake_outbox()
    if draft_id:
        session.wake_drafts()
    return Queued(number)


def check_draft(session: Session, account: Account, draft: Draft) -> None:
    """Raises what stands in the way of sending this draft as asked."""
    recipients = (*draft.to, *draft.cc, *draft.bcc)
    if not recipients:
        raise UsageError("Nobody is named as recipient: fill in To, Cc or Bcc.")
    for address in recipients:
        local, at, domain = address.spec.rpartition("@")
        if not (local and at and domain) or any(char.isspace() or char in "<>\r\n" for char in address.spec):
            raise UsageError(f"{address.spec!r} is not a mail address; correct it.")
    if session.settings.direct and not (draft.protection.sign and draft.protection.encrypt):
        raise CertificateProblem("Direct mail is always signed and encrypted: switch both on.")
    if draft.protection.sign:
        key, sentence = signing_key(session, account)
        if key is None:
            raise CertificateProblem(sentence)
    if draft.protection.encrypt:
        own_encryption_certificate(session, account)
        for check in check_recipients(session, tuple(address.spec for address in recipients)):
            if not check.encryptable:
                raise CertificateProblem(check.sentence)


def new_message_id(address: str) -> str:
    """A Message-ID that says nothing but the domain that stands in the From anyway (RFC 5322 section 3.6.4)."""
    domain = address.rpartition("@")[2] or "localhost"
    if not domain.isascii():
        domain = ascii_domain(domain)
    return f"<{secrets.token_hex(16)}@{domain}>"


def read_attachments(db: Database, wanted: tuple[DraftAttachment, ...]) -> tuple[outbox.Attachment, ...]:
    """The files of a draft with their bytes. Raises UsageError when one cannot be read or is too large."""
    files = []
    total = 0
    for attachment in wanted:
        if attachment.stored is not None:
            kept = drafts.file(db, attachment.stored)
            if kept is None:
                raise UsageError(f"The attachment {attachment.name} is gone: remove it, or attach it again.")
            files.append(kept)
            total += len(kept.content)
            continue
        path = Path(attachment.path).expanduser()
        try:
            if path.stat().st_size > MAX_ATTACHMENT_BYTES:
                limit = f"{MAX_ATTACHMENT_BYTES // 1_000_000} MB"
                raise UsageError(f"{path.name} is larger than {limit}; send it another way.")
            content = path.read_bytes()
        except OSError as error:
            raise UsageError(f"The attachment {path} cannot be read: {error.strerror}.") from None
        total += len(content)
        files.append(outbox.Attachment(attachment.name or path.name, attachment.type, content))
    if total > MAX_MESSAGE_BYTES:
        raise UsageError(f"The attachments are larger than {MAX_MESSAGE_BYTES // 1_000_000} MB together.")
    return tuple(files)
