"""What the list needs of a message before anyone has judged it: the header block alone, read fast.

The law: nothing here says anything about protection. `Envelope.kind` is a guess for scheduling and is never shown.
"""

import re
from datetime import datetime

from msgspec import Struct

from tui_mail.mime.fields import unfold
from tui_mail.mime.headers import addresses, decode, message_ids, parse_date
from tui_mail.model.address import Address

MAX_HEADER_BYTES = 1_000_000

# The names are tried at line ends alone, which is quicker than looking for each of them.
_WANTED = re.compile(
    rb"\n(from|to|cc|subject|date|message-id|references|in-reply-to|content-type)"
    rb"[ \t]*:([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(rb"\n(?=\r?\n)")


class Envelope(Struct, frozen=True):
    """The visible outside of a message; text is decoded foreign text, not cleaned.

    Attributes:
        references: ids of References, then of In-Reply-To, each once.
        has_attachments: a guess from the outer content type.
        kind: "signed", "encrypted" or "plain", a guess for scheduling only.
    """

    from_: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    references: tuple[str, ...] = ()
    has_attachments: bool = False
    kind: str = "plain"


def header_end(raw: bytes) -> int:
    """Offset of the blank line that ends the header, or the length of what is there."""
    for blank in _BLANK_LINE.finditer(raw, 0, MAX_HEADER_BYTES):
        start = blank.start()
        if raw[start + 1] == 0x0A:
            return start
        if start and raw[start - 1] == 0x0D:
            return start - 1
    return min(len(raw), MAX_HEADER_BYTES)


def read_envelope(raw: bytes) -> Envelope:
    """Header-only summary of a raw message; of doubled fields the first counts. Never raises."""
    seen = _first_values(raw, header_end(raw))
    references = message_ids(seen[b"references"]) if b"references" in seen else ()
    parent = message_ids(seen[b"in-reply-to"]) if b"in-reply-to" in seen else ()
    ids = message_ids(seen[b"message-id"]) if b"message-id" in seen else ()
    kind, attachments = _guess(seen.get(b"content-type", b""))
    return Envelope(
        from_=addresses(unfold(seen[b"from"])) if b"from" in seen else (),
        to=addresses(unfold(seen[b"to"])) if b"to" in seen else (),
        cc=addresses(unfold(seen[b"cc"])) if b"cc" in seen else (),
        subject=decode(seen[b"subject"]) if b"subject" in seen else "",
        date=parse_date(seen[b"date"]) if b"date" in seen else None,
        message_id=ids[0] if ids else "",
        references=references + tuple(one for one in parent if one not in references),
        has_attachments=attachments,
        kind=kind,
    )


def _first_values(raw: bytes, end: int) -> dict[bytes, bytes]:
    """The raw values of the wanted fields, of each name the first."""
    found: dict[bytes, bytes] = {}
    for name, value in _WANTED.findall(b"\n" + raw[:end]):
        found.setdefault(name.lower(), value)
    return found


def _guess(content_type: bytes) -> tuple[str, bool]:
    lowered = content_type.lower()
    if b"pkcs7-mime" in lowered:
        return ("signed", False) if b"signed-data" in lowered else ("encrypted", False)
    if b"multipart/signed" in lowered:
        return "signed", False
    if b".p7m" in lowered:
        return "encrypted", False
    return "plain", b"multipart/mixed" in lowered
