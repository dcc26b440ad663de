"""What is kept of an opened message: the judgement for the store, and what valid signatures may bring into it."""

from msgspec import Struct

from tui_mail.mime.headers import message_ids
from tui_mail.mime.text import plan_body
from tui_mail.model.address import Address, address_key
from tui_mail.model.clean import clean
from tui_mail.model.delivery import DeliveryNotice, ReceiptWish
from tui_mail.smime.open import Opened, SignerCapabilities
from tui_mail.smime.reports import read_notices, receipt_wish
from tui_mail.smime.view import enc_state, people, references, words
from tui_mail.store.judgements import Judgement


class Brought(Struct, frozen=True):
    """Certificates and capabilities that came along; see `smime.open.Opened` for each.

    Attributes:
        notices: what the message reports of sent mail. wish: the receipt that it may be answered with.
        protected_ids: Message-ID and references from inside the protection, None where there are no header fields.
    """

    certificates: tuple[bytes, ...] = ()
    signer_certificates: tuple[bytes | None, ...] = ()
    capabilities: tuple[SignerCapabilities, ...] = ()
    protected_ids: tuple[str, tuple[str, ...]] | None = None
    notices: tuple[DeliveryNotice, ...] = ()
    wish: ReceiptWish | None = None

    @classmethod
    def by(cls, opened: Opened) -> "Brought":
        """What this message brought."""
        protected = None
        if opened.source.protected:
            ids = message_ids(opened.source.get("message-id"))
            protected = (ids[0] if ids else "", references(opened))
        return cls(
            opened.certificates,
            opened.signer_certificates,
            opened.capabilities,
            protected,
            read_notices(opened),
            receipt_wish(opened),
        )


def judgement_of(opened: Opened, message_id: int, sender_key: str) -> Judgement:
    """What the store keeps of an opened message."""
    plan = plan_body(opened.payload)
    first, text = words(opened, plan)
    authors, to, cc = people(opened)
    sender = authors[0] if authors else Address("")
    return Judgement(
        security=opened.security,
        enc=enc_state(opened.security),
        sender=sender.name or sender.spec,
        sender_key=address_key(sender.spec) if sender.spec else sender_key,
        recipients=", ".join(str(address) for address in (*to, *cc)),
        subject=clean(opened.security.headers.subject),
        preview=first,
        attachments=bool(plan.attachments),
        search_text=text,
    )
