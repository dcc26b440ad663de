"""What the list shows of a message before anyone has judged it, made of its header fields alone."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from tui_mail.mime.envelope import read_envelope
from tui_mail.model.address import address_key
from tui_mail.model.storable import storable


class Outside(Struct, frozen=True, array_like=True):
    """Decoded foreign text, not cleaned. `date` in seconds since 1970 UTC, None where there is none that can be read;
    the other fields are those of ``store.messages.NewMessage``."""

    date: int | None
    sender: str
    sender_key: str
    recipients: str
    subject: str
    message_id: str
    references: tuple[str, ...]
    attachments: bool


def read_outside(raw: bytes) -> Outside:
    """Of a message or of its header block. Never raises."""
    envelope = read_envelope(raw)
    author = envelope.from_[0] if envelope.from_ else None
    return Outside(
        date=None if envelope.date is None else seconds(envelope.date),
        sender=storable((author.name or author.spec) if author else ""),
        sender_key=storable(address_key(author.spec) if author else ""),
        recipients=storable(_line((*envelope.to, *envelope.cc))),
        subject=storable(envelope.subject),
        message_id=storable(envelope.message_id),
        references=tuple(map(storable, envelope.references)),
        attachments=envelope.has_attachments,
    )


def seconds(moment: datetime) -> int:
    """Since 1970 UTC; 0 before."""
    try:
        return max(0, int(moment.timestamp()))
    except (OverflowError, ValueError, OSError):
        return 0


def _line(addresses: Iterable[object]) -> str:
    return ", ".join(str(address) for address in addresses)
