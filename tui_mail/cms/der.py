"""A writer for DER (ITU-T X.690 section 10), and the way from received BER to DER."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from tui_mail.cms import ber
from tui_mail.cms.ber import Element

NULL = b"\x05\x00"


def header(tag: int, length: int) -> bytes:
    """Identifier and length octets."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element whose content is `parts` joined."""
    return header(tag, sum(map(len, parts))) + b"".join(parts)


def wrap(tag: int, pieces: Iterable[bytes]) -> list[bytes]:
    """Like `tlv` without joining: mail-sized content is copied once, at the end, not once a level."""
    pieces = list(pieces)
    return [header(tag, sum(map(len, pieces))), *pieces]


def opening(tag: int, head: bytes, rest: int) -> bytes:
    """The begin of an element whose content is `head` and then so many octets that are written later."""
    return header(tag, len(head) + rest) + head


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of already encoded parts."""
    return tlv(ber.SEQUENCE, *parts)


def set_of(parts: Iterable[bytes], tag: int = ber.SET) -> bytes:
    """SET OF: the encodings in ascending order (X.690 section 11.6)."""
    return tlv(tag, *sorted(parts))


def integer(value: int) -> bytes:
    """INTEGER in the fewest octets."""
    return tlv(ber.INTEGER, value.to_bytes((value.bit_length() // 8) + 1, "big", signed=True))


def octet_string(value: bytes) -> bytes:
    """OCTET STRING, primitive."""
    return tlv(ber.OCTET_STRING, value)


def bit_string(value: bytes) -> bytes:
    """BIT STRING of whole octets."""
    return tlv(ber.BIT_STRING, b"\x00", value)


def context(number: int, *parts: bytes) -> bytes:
    """Constructed context tag: EXPLICIT around a whole element, or IMPLICIT in place of a SEQUENCE or SET tag."""
    return tlv(0xA0 | number, *parts)


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form."""
    arcs = [int(arc) for arc in dotted.split(".")]
    body = bytearray()
    for arc in [arcs[0] * 40 + arcs[1], *arcs[2:]]:
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.append(arc & 0x7F | 0x80)
        body += bytes(reversed(octets))
    return tlv(ber.OID, bytes(body))


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    """AlgorithmIdentifier; `parameters` is encoded, empty for absent."""
    return sequence(oid(dotted), parameters)


def time(moment: datetime) -> bytes:
    """Time of RFC 5652 section 11.3: UTCTime from 1950 to 2049, GeneralizedTime otherwise; seconds, in UTC."""
    moment = moment.astimezone(UTC)
    if 1950 <= moment.year < 2050:
        return tlv(ber.UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(ber.GENERALIZED_TIME, f"{moment.year:04}{moment:%m%d%H%M%SZ}".encode())


def from_ber(element: Element) -> bytes:
    """The DER form of a received element: definite lengths, primitive strings, sorted SET OF.

    SAFE: recursive, but `ber.children` refuses more than `ber.MAX_DEPTH` levels.
    """
    if not element.constructed:
        return tlv_of_any_tag(element.tag, bytes(element.body))
    if element.tag == ber.OCTET_STRING | ber.CONSTRUCTED:
        return octet_string(ber.octets(element))
    parts = [from_ber(child) for child in ber.children(element)]
    if element.tag == ber.SET:
        parts.sort()
    return tlv_of_any_tag(element.tag, b"".join(parts))


def tlv_of_any_tag(tag: int, body: bytes) -> bytes:
    """`tlv` for a tag that may have several octets, as `ber.Element.tag` holds it."""
    octets = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    return octets[:-1] + header(octets[-1], len(body)) + body
