"""What stands in the list for a message that is too large to be received: its header, and a sentence."""

from tui_mail.mime.fields import split_fields

_KEPT = frozenset(
    {"from", "sender", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references"}
)


def place_holder(header: bytes, size_bytes: int) -> bytes:
    """A message of its own with the fields for people of `header`; it is neither signed nor encrypted."""
    fields, _body, _odd = split_fields(header, 0, len(header))
    kept = [header[one.start : one.end].rstrip(b"\r\n") + b"\r\n" for one in fields if one.name in _KEPT]
    megabytes = max(1, size_bytes // 1_000_000)
    text = (
        f"This message is too large for tui-mail: {megabytes} MB.\r\n"
        "It stays on the server whole. Read it there with another program, or ask for it in smaller pieces.\r\n"
    )
    type_ = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
    return b"".join([*kept, type_, b"\r\n", text.encode("ascii")])
