"""What a message says about others: bounces and receipts that it is, and the receipt that it may be answered with.

The law: only a message that itself is a report counts, and a receipt is confirmed only when the person of whom it
speaks has signed it with a certificate that is trusted. Nothing answers a report, a robot or a stranger (RFC 8098
section 2.1, RFC 3834 section 2).
"""

from collections.abc import Iterator

from tui_mail.mime.dsn import DsnAction, DsnRecipient, read_dsn
from tui_mail.mime.headers import message_ids
from tui_mail.mime.mdn import REQUEST_FIELD, Disposition, Mdn, is_automatic, read_mdn, wants_final_delivery
from tui_mail.mime.report import is_report
from tui_mail.model.address import Address, address_key
from tui_mail.model.delivery import DeliveryKind, DeliveryNotice, ReceiptWish
from tui_mail.model.security import Letter
from tui_mail.smime.open import Opened

_DISPOSITIONS = {
    Disposition.DISPLAYED: DeliveryKind.DISPLAYED,
    Disposition.DELETED: DeliveryKind.DELETED,
    Disposition.DISPATCHED: DeliveryKind.DISPATCHED,
    Disposition.PROCESSED: DeliveryKind.PROCESSED,
    Disposition.FAILED: DeliveryKind.FAILED,
}
_ACTIONS = {
    DsnAction.FAILED: DeliveryKind.FAILED,
    DsnAction.DELAYED: DeliveryKind.DELAYED,
    DsnAction.DELIVERED: DeliveryKind.DELIVERED,
    DsnAction.RELAYED: DeliveryKind.RELAYED,
}


def read_notices(opened: Opened) -> tuple[DeliveryNotice, ...]:
    """What the message reports; `when` is left at 0 for whoever knows when it came."""
    return tuple(_notices(opened)) if is_report(opened.payload) else ()


def receipt_wish(opened: Opened) -> ReceiptWish | None:
    """Who may get a receipt for this message; None when nobody does."""
    security = opened.security
    encrypted = security.encryption is not None and security.encryption.opened
    if not encrypted or security.verdict.letter is not Letter.VALID:
        return None
    if is_report(opened.payload) or is_report(opened.root):
        return None
    if is_automatic(opened.source.get) or is_automatic(opened.root.get):
        return None
    authors = opened.source.addresses("from")
    ids = message_ids(opened.source.get("message-id"))
    if len(authors) != 1 or not authors[0].spec or not ids:
        return None
    wants = wants_final_delivery(opened.payload) or wants_final_delivery(opened.root)
    return ReceiptWish(ids[0], authors[0].spec, wants)


def receipt_to(opened: Opened) -> Address | None:
    """Who asks to be told that this message was read (RFC 8098 section 2.1), inside the protection where there is one.
    Nobody for reports, robots and lists, nor when several are named: which of them is meant nobody knows."""
    if opened.problem or is_report(opened.payload) or is_report(opened.root) or is_automatic(opened.source.get):
        return None
    asking = {address.key: address for address in opened.source.addresses(REQUEST_FIELD.lower()) if address.spec}
    return next(iter(asking.values())) if len(asking) == 1 else None


def _notices(opened: Opened) -> Iterator[DeliveryNotice]:
    mdn = read_mdn(opened.payload)
    if mdn is not None:
        kind = _DISPOSITIONS.get(mdn.disposition)
        if kind is not None and mdn.original_message_id and mdn.recipient:
            confirmed = _confirms(opened, mdn)
            text = " ".join(mdn.problems)
            yield DeliveryNotice(mdn.original_message_id, kind, mdn.recipient, 0, text, confirmed)
        return
    dsn = read_dsn(opened.payload)
    if dsn is None or not dsn.original_message_id:
        return
    for one in dsn.recipients:
        if one.action in _ACTIONS:
            kind = _ACTIONS[one.action]
            yield DeliveryNotice(dsn.original_message_id, kind, one.recipient, 0, _reason(one))


def _confirms(opened: Opened, mdn: Mdn) -> bool:
    authors = opened.source.addresses("from")
    trusted = opened.security.verdict.letter is Letter.VALID and len(authors) == 1
    return trusted and authors[0].key in (address_key(mdn.final_recipient), address_key(mdn.original_recipient))


def _reason(one: DsnRecipient) -> str:
    said = f" ({one.diagnostic})" if one.diagnostic else ""
    return f"{one.sentence or one.status}{said}".strip()
