"""Taking a draft: everything that can be refused is refused now; then it is on disk before anything else happens."""

from tui_mail.engine.jobs.draft_files import read_attachments
from tui_mail.engine.jobs.recipients import check_recipients, own_encryption_certificate, signing_key
from tui_mail.engine.messages import OutboxChanged, Queued, SendMessage
from tui_mail.engine.session import Session, now
from tui_mail.mime.build import new_message_id
from tui_mail.model.account import Account
from tui_mail.model.errors import CertificateProblem, UsageError
from tui_mail.model.message import Draft
from tui_mail.store import drafts, outbox


def send_message(session: Session, command: SendMessage) -> Queued:
    """Put a draft into the outbox. Raises UsageError or CertificateProblem when it could not leave as asked."""
    draft = command.draft
    account = session.account(draft.account)
    check_draft(session, account, draft)
    files = read_attachments(session, draft.attachments)
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
