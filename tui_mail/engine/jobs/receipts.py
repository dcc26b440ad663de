"""Direct secure messaging: a message that could be opened and whose sender is trusted is answered with "processed", and
with "dispatched" when the sender asks for that; signed and encrypted, at most one a minute.

The law: a receipt never answers a report, an automatic message, or one that is not trusted (Applicability Statement,
section 3; RFC 8098 section 2.1), and no message is answered twice.
"""

import time
from datetime import UTC, datetime

from tui_mail.engine.jobs.recipients import check_recipients, cipher_for, plans, signing_key
from tui_mail.engine.logbook import describe, log
from tui_mail.engine.messages import OutboxChanged
from tui_mail.engine.session import Session
from tui_mail.mime.build import new_message_id
from tui_mail.mime.mdn import Disposition, build_mdn
from tui_mail.model.account import Account
from tui_mail.model.address import Address, address_key
from tui_mail.model.delivery import ReceiptWish
from tui_mail.model.errors import CertificateProblem, StoreError, TuiMailError, VaultLocked
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft
from tui_mail.smime.protect import protect
from tui_mail.store import folders, messages, outbox, receipts
from tui_mail.store.database import Database
from tui_mail.store.outbox import Copy

SECONDS_BETWEEN = 60
LOCKED_SECONDS = 60.0
MAX_AGE_SECONDS = 2 * 86_400
"""Older mail is not answered: switching Direct on must not send receipts for a whole mailbox."""

_TEXTS = {
    Disposition.PROCESSED: "Your message to {0} has arrived, could be opened, and its signature is trusted.",
    Disposition.DISPATCHED: "Your message to {0} has been put into the mailbox of its recipient.",
}


def owe_receipts(session: Session, db: Database, message_id: int, wish: ReceiptWish) -> bool:
    """Note the receipts for a message that just came into an inbox; whether there are new ones."""
    if not session.settings.direct:
        return False
    place, details = messages.place(db, message_id), messages.details(db, message_id)
    folder = folders.folder(db, place.folder) if place is not None and place.folder is not None else None
    if folder is None or details is None or folder.role is not FolderRole.INBOX:
        return False
    moment = int(time.time())
    account = session.account(folder.account)
    if address_key(wish.sender) == address_key(account.address) or moment - details.internal_date > MAX_AGE_SECONDS:
        return False
    kinds = [Disposition.PROCESSED, *([Disposition.DISPATCHED] if wish.dispatched else [])]
    return sum(receipts.owe(db, account.id, wish.message_id, wish.sender, kind.value, moment) for kind in kinds) > 0


class ReceiptSender:
    """The job that lets owed receipts leave, one a minute."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def turn(self) -> float | None:
        """Send the next one when its time has come; seconds until the one after, None when none waits."""
        db = self._session.store.database
        owed = receipts.next_owed(db)
        if owed is None or not self._session.settings.direct:
            return None
        left = receipts.last_done(db) + SECONDS_BETWEEN - time.time()
        if left > 0:
            return left
        try:
            account = self._session.account(owed.account)
            self._queue(db, account, owed)
        except VaultLocked:
            return LOCKED_SECONDS
        except StoreError:
            raise
        except TuiMailError as error:
            log.warning("receipt %d: %s", owed.id, describe(error))
            receipts.done(db, owed.id, int(time.time()), str(error))
            return 0.0
        self._session.wake_outbox()
        return float(SECONDS_BETWEEN)

    def _queue(self, db: Database, account: Account, owed: receipts.Owed) -> None:
        """Build, sign, encrypt, and put into the outbox: on disk in one step with the note that it left."""
        moment = datetime.now(UTC).replace(microsecond=0)
        number_id = new_message_id(account.address)
        raw = self._sealed(db, account, owed, moment, number_id)
        to = Address(owed.sender)
        stub = Draft(account.id, to=(to,), subject=f"{owed.kind.capitalize()}: receipt", report=True)
        with db.transaction():
            number = outbox.queue_draft(db, stub, (), message_id=number_id, created=int(moment.timestamp()))
            outbox.save_copies(db, number, (Copy((owed.sender,), raw),))
            receipts.done(db, owed.id, int(moment.timestamp()))
        entry = outbox.entry(db, number)
        if entry is not None:
            self._session.publish(OutboxChanged(entry))

    def _sealed(self, db: Database, account: Account, owed: receipts.Owed, moment: datetime, message_id: str) -> bytes:
        disposition = Disposition(owed.kind)
        key, sentence = signing_key(self._session, account)
        if key is None:
            raise CertificateProblem(sentence)
        message = build_mdn(
            sender=Address(account.address, account.name),
            to=Address(owed.sender),
            date=moment,
            message_id=message_id,
            original_message_id=owed.message_id,
            disposition=disposition,
            text=_TEXTS[disposition].format(account.address),
            automatic=True,
            sent_automatically=True,
        )
        return protect(
            message,
            sign=key,
            recipients=plans(check_recipients(self._session, (owed.sender,)), db),
            cipher=cipher_for(db, (owed.sender,)),
            now=moment,
            headers="wrapped",
        )
