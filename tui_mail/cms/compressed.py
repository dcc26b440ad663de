"""CompressedData (RFC 3274): opened with a limit, because a few kilobytes can hold gigabytes of zeros."""

import zlib

from tui_mail.cms import ber
from tui_mail.cms.algorithms import read_algorithm
from tui_mail.cms.ber import Fields
from tui_mail.cms.content import COMPRESSED_DATA, read_content_info
from tui_mail.model.errors import LimitExceeded, MalformedInput, UnsupportedAlgorithm

MAX_DECOMPRESSED_BYTES = 100_000_000
"""The largest content that a compressed message may unfold to."""

_ZLIB = "1.2.840.113549.1.9.16.3.8"


def decompress(data: bytes, limit: int = MAX_DECOMPRESSED_BYTES) -> bytes:
    """The content of a ContentInfo with CompressedData.

    Raises:
        LimitExceeded: the content is larger than `limit` bytes; no more than that was ever held.
        MalformedInput, UnsupportedAlgorithm: it cannot be read.
    """
    kind, content = read_content_info(data)
    if kind != COMPRESSED_DATA:
        raise MalformedInput("This CMS object is not compressed data.")
    fields = Fields(content)
    ber.small_integer(fields.take(ber.INTEGER))
    algorithm = read_algorithm(fields.take())
    if algorithm.oid != _ZLIB:
        raise UnsupportedAlgorithm(f"Compression with {algorithm.oid} is not computed here.")
    encapsulated = Fields(fields.take(ber.SEQUENCE))
    fields.end()
    encapsulated.take(ber.OID)
    holder = Fields(encapsulated.take(0xA0), 0xA0)
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(ber.octets_in_place(holder.take()), limit + 1)
    except zlib.error as error:
        raise MalformedInput("The compressed content is damaged.") from error
    if len(plain) > limit:
        raise LimitExceeded(f"The compressed content is larger than {limit} bytes.")
    if not stream.eof:
        raise MalformedInput("The compressed content is cut off.")
    return plain
