"""The octets of a SignedData before its content, for reading many alike without parsing (RFC 5652 sections 3 and 5.1).

The law: a `Head` exists only where those octets are the very ones that DER writes around so many others.
"""

from typing import NamedTuple

from tui_mail.cms import ber, der
from tui_mail.cms.content import SIGNED_DATA
from tui_mail.model.errors import MalformedInput

_SIGNED_DATA = der.oid(SIGNED_DATA)


class Head(NamedTuple):
    """Where the content stands, its type, and the two pieces that are the same for a content of any length: version
    with digest algorithms, and the type in its encoding."""

    start: int
    end: int
    content_type: str
    fixed: tuple[bytes, bytes]


def read_head(data: bytes) -> Head | None:
    """What stands before the content of `data`; None where there is none, or not in DER."""
    try:
        at = _inner(data, 0) + len(_SIGNED_DATA)
        begin = _inner(data, _inner(data, at))
        after = _end(data, _end(data, begin))  # version and digest algorithms
        of_type = _inner(data, after)
        holder = _end(data, of_type)
        inside = _inner(data, holder)
        start, end = _inner(data, inside), _end(data, inside)
    except IndexError:
        return None
    fixed = data[begin:after], data[of_type:holder]
    if end > len(data) or _opening(fixed, end - start, len(data) - end) != data[:start]:
        return None
    try:
        return Head(start, end, ber.oid(ber.read_tlv(fixed[1])), fixed)
    except MalformedInput:
        return None


def _opening(fixed: tuple[bytes, bytes], content: int, rest: int) -> bytes:
    """The octets before a content of so many octets, where so many follow it."""
    before, of_type = fixed
    head = der.opening(ber.OCTET_STRING, b"", content)
    head = der.opening(0xA0, head, content)
    head = der.opening(ber.SEQUENCE, of_type + head, content)
    head = der.opening(ber.SEQUENCE, before + head, content + rest)
    head = der.opening(0xA0, head, content + rest)
    return der.opening(ber.SEQUENCE, _SIGNED_DATA + head, content + rest)


def _inner(data: bytes, at: int) -> int:
    """Where the content of the element at `at` begins, unchecked: `_opening` says afterwards what was right."""
    length = data[at + 1]
    return at + 2 if length < 0x80 else at + 2 + (length & 0x7F)


def _end(data: bytes, at: int) -> int:
    """Where that element ends."""
    length, body = data[at + 1], _inner(data, at)
    return body + (length if length < 0x80 else int.from_bytes(data[at + 2 : body], "big"))
