"""Telling a sender who asks for it that a message was read (RFC 8098): only when the person says so, and once."""

from datetime import UTC, datetime

from tui_mail.engine.jobs.change import change_flags
from tui_mail.engine.jobs.open_message import opened_message
from tui_mail.engine.jobs.recipients import check_recipients, cipher_for, plans, signing_key
from tui_mail.engine.messages import ChangeFlags, OutboxChanged, Queued, SendReceipt
from tui_mail.engine.session import Session
from tui_mail.mime.build import new_message_id
from tui_mail.mime.headers import message_ids
from tui_mail.mime.mdn import Disposition, build_mdn
from tui_mail.model.account import Account
from tui_mail.model.address import Address
from tui_mail.model.errors import CertificateProblem, UsageError
from tui_mail.model.message import Draft, Flag
from tui_mail.smime.protect import protect
from tui_mail.smime.reports import receipt_to
from tui_mail.store import messages, outbox
from tui_mail.store.database import Database
from tui_mail.store.outbox import Copy


def send_receipt(session: Session, command: SendReceipt) -> Queued:
    """Queue the receipt and mark the message, so that no other program asks again (RFC 3503). Signed where there is a
    certificate; encrypted where the message was and the asker can read it.

    Raises UsageError when nobody asks, when the answer is given already, or when another address asks than the person
    was shown.
    """
    db = session.store.database
    account = session.account(command.account)
    opened = opened_message(session, command.message_id)
    asker = receipt_to(opened)
    place = messages.place(db, command.message_id)
    if asker is None or asker.spec != command.to:
        raise UsageError("The sender of this message does not ask for a receipt to this address.")
    if place is None or place.flags & Flag.RECEIPT_SENT:
        raise UsageError("A receipt for this message was sent already.")
    moment = datetime.now(UTC).replace(microsecond=0)
    own_id = new_message_id(account.address)
    ids = message_ids(opened.source.get("message-id"))
    receipt = build_mdn(
        sender=Address(account.address, account.name),
        to=Address(asker.spec),
        date=moment,
        message_id=own_id,
        original_message_id=ids[0] if ids else "",
        disposition=Disposition.DISPLAYED,
        text=f"Your message to {account.address} was shown on its screen. That does not say that it was read.",
    )
    raw = _protected(session, db, account, asker, receipt, moment, encrypted=opened.encrypted)
    stub = Draft(account.id, to=(Address(asker.spec),), subject="Displayed: receipt", report=True)
    with db.transaction():
        number = outbox.queue_draft(db, stub, (), message_id=own_id, created=int(moment.timestamp()))
        outbox.save_copies(db, number, (Copy((asker.spec,), raw),))
        change_flags(session, ChangeFlags((command.message_id,), add=int(Flag.RECEIPT_SENT)))
    entry = outbox.entry(db, number)
    if entry is not None:
        session.publish(OutboxChanged(entry))
    session.wake_outbox()
    return Queued(number)


def _protected(
    session: Session,
    db: Database,
    account: Account,
    asker: Address,
    receipt: bytes,
    moment: datetime,
    *,
    encrypted: bool,
) -> bytes:
    key, sentence = signing_key(session, account)
    checks = check_recipients(session, (asker.spec,))
    sealed = encrypted and all(check.encryptable for check in checks)
    if session.settings.direct and (key is None or not sealed):
        raise CertificateProblem(sentence or checks[0].sentence)
    if key is None:
        return receipt
    return protect(
        receipt,
        sign=key,
        recipients=plans(checks, db) if sealed else (),
        cipher=cipher_for(db, (asker.spec,)),
        now=moment,
        headers="wrapped" if session.settings.direct else "baseline",
    )
