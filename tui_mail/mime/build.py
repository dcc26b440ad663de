"""Making messages: a draft into canonical bytes (RFC 5322, RFC 2045). Bcc never goes in (RFC 9787, RFC 9788)."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from tui_mail.mime.encode import (
    address_list,
    address_value,
    base64_body,
    date_value,
    header,
    parameter,
    text_body,
    text_value,
)
from tui_mail.model.address import Address, ascii_domain
from tui_mail.model.message import Draft

MAX_LINE_BYTES = 998
"""RFC 5322 section 2.1.1."""

Attachment = tuple[str, str, bytes]
"""File name, media type, content."""


def build_message(
    draft: Draft, *, sender: Address, date: datetime, message_id: str, attachments: Sequence[Attachment] = ()
) -> bytes:
    """The unprotected message: seven bits, CRLF, no Bcc.

    Args:
        draft: what was written; its `attachments` are paths and are not read here.
        sender: the From.
        date: aware; protection must use the same instant as signing time.
        message_id: with angle brackets.
        attachments: what the paths of the draft held.
    """
    fields = [
        header("From", address_value(sender)),
        header("To", address_list(draft.to)) if draft.to else b"",
        header("Cc", address_list(draft.cc)) if draft.cc else b"",
        header("Subject", text_value(draft.subject)),
        header("Date", date_value(date)),
        header("Message-ID", message_id),
        header("In-Reply-To", draft.in_reply_to) if draft.in_reply_to else b"",
        header("References", " ".join(draft.references)) if draft.references else b"",
        header("Disposition-Notification-To", address_value(sender)) if draft.ask_receipt else b"",
        b"MIME-Version: 1.0\r\n",
    ]
    encoding, body = text_body(draft.body)
    text = (
        header("Content-Type", "text/plain; charset=utf-8")
        + header("Content-Transfer-Encoding", encoding)
        + b"\r\n"
        + body
    )
    text = _with_calendars(text, [attachment for attachment in attachments if _is_calendar(attachment)])
    attachments = [attachment for attachment in attachments if not _is_calendar(attachment)]
    if not attachments:
        return b"".join(fields) + text
    parts = [text, *(_attachment(*attachment) for attachment in attachments)]
    return b"".join(fields) + multipart("mixed", parts)


def _is_calendar(attachment: Attachment) -> bool:
    return attachment[1].lower().startswith("text/calendar; method=")


def _with_calendars(text: bytes, calendars: Sequence[Attachment]) -> bytes:
    """The text with calendar objects as other forms of it: RFC 6047 section 2.4 wants the method in the media type, and
    the calendars of this world look for it beside the text, not among the files."""
    if not calendars:
        return text
    parts = [
        header("Content-Type", f"{media_type}; charset=utf-8")
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64_body(content)
        for _name, media_type, content in calendars
    ]
    return multipart("alternative", [text, *parts])


def multipart(subtype: str, parts: Sequence[bytes], parameters: str = "") -> bytes:
    """Content-Type, blank line and body of a multipart; the boundary follows from the content and occurs in no part."""
    boundary = "=_" + hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]
    while any(boundary.encode("ascii") in part for part in parts):
        boundary = "=_" + secrets.token_hex(16)
    delimiter = b"--" + boundary.encode("ascii")
    head = header("Content-Type", f'multipart/{subtype}; boundary="{boundary}"{parameters}') + b"\r\n"
    return head + b"".join(delimiter + b"\r\n" + part + b"\r\n" for part in parts) + delimiter + b"--\r\n"


def _attachment(name: str, media_type: str, content: bytes) -> bytes:
    if media_type == "message/rfc822" and (message := _seven_bit_message(content)) is not None:
        return (
            header("Content-Type", media_type)
            + header("Content-Disposition", "attachment" + parameter("filename", name))
            + b"\r\n"
            + message
        )
    if not media_type.isascii() or media_type.count("/") != 1 or media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"  # base64 is not allowed there (RFC 2046 section 5.2.1)
    return (
        header("Content-Type", media_type + parameter("name", name))
        + header("Content-Disposition", "attachment" + parameter("filename", name))
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64_body(content)
    )


def _seven_bit_message(content: bytes) -> bytes | None:
    """The message with the line ends of mail; None when it could not travel unchanged without an encoding, which a
    message in a message must not have (RFC 2046 section 5.2.1)."""
    lines = content.split(b"\r\n") if b"\r\n" in content else content.split(b"\n")
    safe = content.isascii() and not any(
        len(line) > MAX_LINE_BYTES
        or line != line.rstrip()  # gateways change blanks at the end (RFC 8551 section 3.1.2), and this
        or line.startswith(b"From ")
        or any(octet in line for octet in (b"\r", b"\n", b"\0"))
        for line in lines
    )
    return b"\r\n".join(lines) if safe else None


def new_message_id(address: str) -> str:
    """A Message-ID that says nothing but the domain that stands in the From anyway (RFC 5322 section 3.6.4)."""
    domain = address.rpartition("@")[2] or "localhost"
    return f"<{secrets.token_hex(16)}@{domain if domain.isascii() else ascii_domain(domain)}>"
