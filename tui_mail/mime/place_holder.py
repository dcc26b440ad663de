"""What is kept here of a message that was not received whole: its header, and its text or a sentence."""

from tui_mail.mime.fields import split_fields

_KEPT = frozenset(
    {"from", "sender", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references"}
)
_OF_THE_TEXT = frozenset({"content-type", "content-transfer-encoding"})


def place_holder(header: bytes, text_fields: bytes, text: bytes) -> bytes:
    """A message of its own with the fields for people of `header`; it is neither signed nor encrypted.

    Args:
        text_fields: the header fields of the part that `text` is the content of; what they say of its type and its
            encoding is kept.
    """
    kept = _fields(header, _KEPT)
    return b"".join([*kept, b"MIME-Version: 1.0\r\n", *_fields(text_fields, _OF_THE_TEXT), b"\r\n", text])


def too_large(header: bytes, size_bytes: int) -> bytes:
    """The same for a message that stays on the server because of its size, with a sentence that says so."""
    megabytes = max(1, size_bytes // 1_000_000)
    text = (
        f"This message is too large for tui-mail: {megabytes} MB.\r\n"
        "It stays on the server whole. Read it there with another program, or ask for it in smaller pieces.\r\n"
    )
    return place_holder(header, b"Content-Type: text/plain; charset=us-ascii\r\n\r\n", text.encode("ascii"))


def _fields(header: bytes, names: frozenset[str]) -> list[bytes]:
    fields, _body, _odd = split_fields(header, 0, len(header))
    return [header[one.start : one.end].rstrip(b"\r\n") + b"\r\n" for one in fields if one.name in names]
