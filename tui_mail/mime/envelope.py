"""What the list shows of a message before anyone has judged it, made of its header block alone, read fast.

The law: nothing here says anything about protection.
"""

import re
from functools import lru_cache

from msgspec import Struct

from tui_mail.mime.fields import unfold
from tui_mail.mime.headers import MAX_SIMPLE_BYTES, addresses, decode, message_ids, parse_seconds
from tui_mail.model.address import address_key
from tui_mail.model.storable import storable

MAX_HEADER_BYTES = 1_000_000

# The names are tried at line ends alone, and where the first letters fit, which is quicker than looking for each.
_WANTED = re.compile(
    rb"\n(?=[ftcsdmri][rocuaen][^c])(from|to|cc|subject|date|message-id|references|in-reply-to|content-type)"
    rb"[ \t]*:([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE,
)
_PROTECTED = (b"pkcs7-mime", b"multipart/signed", b".p7m")
_BLANK_LINE = re.compile(rb"\n(?:\n|\r\n)")


class Envelope(Struct, frozen=True, array_like=True):
    """The visible outside of a message. Decoded foreign text that can be stored, not cleaned.

    Attributes:
        date: seconds since 1970 UTC, None where there is none that can be read.
        sender: the name of the first author, else the address.
        sender_key: that address in the form of `address_key`.
        recipients: To and Cc as one line.
        message_id: with angle brackets, empty when there is none.
        references: ids of References, then of In-Reply-To, each once.
        attachments: a guess from the outer content type.
    """

    date: int | None
    sender: str
    sender_key: str
    recipients: str
    subject: str
    message_id: str
    references: tuple[str, ...]
    attachments: bool


def header_end(raw: bytes) -> int:
    """Offset of the blank line that ends the header, or the length of what is there."""
    position = 0
    while (blank := _BLANK_LINE.search(raw, position, MAX_HEADER_BYTES)) is not None:
        start = blank.start()
        if raw[start + 1] == 0x0A:
            return start
        if start and raw[start - 1] == 0x0D:
            return start - 1
        position = start + 1
    return min(len(raw), MAX_HEADER_BYTES)


def read_envelope(raw: bytes) -> Envelope:
    """Of a message or of its header block. Never raises."""
    return read_header(raw[: header_end(raw)])


def read_header(header: bytes) -> Envelope:
    """Of what stands before `header_end`; of doubled fields the first counts. Never raises."""
    values: dict[bytes, bytes] = {}
    for name, value in _WANTED.findall(b"\n" + header):
        values.setdefault(name.lower(), value)
    get = values.get
    own, before, parent = get(b"message-id"), get(b"references"), get(b"in-reply-to")
    ids = message_ids(own) if own else ()
    references = message_ids(before) if before else ()
    if parent:
        references += tuple([one for one in message_ids(parent) if one not in references])
    sender, sender_key = _author(get(b"from", b""))
    return Envelope(
        parse_seconds(values[b"date"]) if b"date" in values else None,
        sender,
        sender_key,
        ", ".join((*_line(get(b"to", b"")), *_line(get(b"cc", b"")))),
        storable(decode(get(b"subject", b""))),
        storable(ids[0]) if ids else "",
        tuple(map(storable, references)),
        _may_have_attachments(get(b"content-type", b"")),
    )


def _author(raw: bytes) -> tuple[str, str]:
    return _short_author(raw) if len(raw) <= MAX_SIMPLE_BYTES else _read_author(raw)


def _read_author(raw: bytes) -> tuple[str, str]:
    for author in addresses(unfold(raw)):
        return storable(author.name or author.spec), storable(address_key(author.spec))
    return "", ""


def _line(raw: bytes) -> tuple[str, ...]:
    return _short_line(raw) if len(raw) <= MAX_SIMPLE_BYTES else _read_line(raw)


def _read_line(raw: bytes) -> tuple[str, ...]:
    """All addresses of a field as one text, which is left out where there are none."""
    found = addresses(unfold(raw))
    return (storable(", ".join(map(str, found))),) if found else ()


# Of mail that comes together much is from and to the same people.
_short_author = lru_cache(maxsize=2048)(_read_author)
_short_line = lru_cache(maxsize=2048)(_read_line)


def _may_have_attachments(content_type: bytes) -> bool:
    """A guess; what is signed or encrypted is not guessed."""
    lowered = content_type.lower()
    return b"multipart/mixed" in lowered and not any(sign in lowered for sign in _PROTECTED)
