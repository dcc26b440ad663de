"""ContentInfo (RFC 5652 section 3): which kind of CMS object this is."""

from enum import StrEnum

from tui_mail.cms import ber
from tui_mail.cms.ber import Element, Fields
from tui_mail.model.errors import MalformedInput

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
ENVELOPED_DATA = "1.2.840.113549.1.7.3"
COMPRESSED_DATA = "1.2.840.113549.1.9.16.1.9"
AUTH_ENVELOPED_DATA = "1.2.840.113549.1.9.16.1.23"


_OTHERS = {
    "1.2.840.113549.1.7.4": "signed and enveloped data",
    "1.2.840.113549.1.7.5": "digested data",
    "1.2.840.113549.1.7.6": "encrypted data without a recipient",
    "1.2.840.113549.1.9.16.1.2": "authenticated data",
    "1.2.840.113549.1.9.16.1.4": "a time stamp",
    DATA: "bare data",
}


LAYER_TYPES = (SIGNED_DATA, ENVELOPED_DATA, COMPRESSED_DATA, AUTH_ENVELOPED_DATA)
"""What can be a layer of a mail."""


class ContentKind(StrEnum):
    """What a CMS object does to its content."""

    SIGNED = "signed"
    ENVELOPED = "enveloped"
    AUTH_ENVELOPED = "auth-enveloped"
    COMPRESSED = "compressed"
    DATA = "data"
    OTHER = "other"


_KINDS = {
    DATA: ContentKind.DATA,
    SIGNED_DATA: ContentKind.SIGNED,
    ENVELOPED_DATA: ContentKind.ENVELOPED,
    AUTH_ENVELOPED_DATA: ContentKind.AUTH_ENVELOPED,
    COMPRESSED_DATA: ContentKind.COMPRESSED,
}


PEEK_BYTES = 64
"""As many octets as `content_kind` looks at."""


def content_kind(data: bytes) -> ContentKind:
    """The kind of a ContentInfo from its first few octets; the rest is not looked at. Raises MalformedInput."""
    return _KINDS.get(_content_type(data), ContentKind.OTHER)


def content_kind_or_none(data: bytes) -> ContentKind | None:
    """The kind of an object that can be a layer of mail, None for anything else, MIME among it."""
    try:
        kind = content_kind(data)
    except MalformedInput:
        return None
    return None if kind in (ContentKind.DATA, ContentKind.OTHER) else kind


def content_name(data: bytes) -> str:
    """What a ContentInfo holds that mail has no use for, in words or as dotted identifier. Raises MalformedInput."""
    oid = _content_type(data)
    return _OTHERS.get(oid, oid)


def _content_type(data: bytes) -> str:
    # The outer lengths may be wrong here: whoever opens the object will say so.
    view = memoryview(data)[:PEEK_BYTES]
    at = _after_header(view, 0, ber.SEQUENCE)
    end = _after_header(view, at, ber.OID)
    length = view[at + 1]
    return ber.oid_from_bytes(bytes(view[end : end + length]))


def _after_header(view: memoryview, at: int, tag: int) -> int:
    if at + 2 > len(view) or view[at] != tag:
        raise MalformedInput("This is not a CMS object.")
    length = view[at + 1]
    return at + 2 + (length & 0x7F if length > 0x80 else 0)


def read_content_info(data: bytes | memoryview, *, strict: bool = True) -> tuple[str, Element]:
    """Content type and content of a ContentInfo. Raises MalformedInput."""
    outer = ber.read_tlv(data, strict=strict)
    fields = Fields(outer)
    oid = ber.oid(fields.take())
    explicit = Fields(fields.take(0xA0), 0xA0)
    fields.end()
    content = explicit.take()
    explicit.end()
    return oid, content
