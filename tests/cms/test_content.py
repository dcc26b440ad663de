"""ContentInfo and CompressedData (RFC 5652 section 3, RFC 3274)."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.cms import der
from tui_mail.cms.compressed import decompress
from tui_mail.cms.content import COMPRESSED_DATA, DATA, SIGNED_DATA, ContentKind, content_kind
from tui_mail.model.errors import LimitExceeded, MalformedInput, UnsupportedAlgorithm

ZLIB = "1.2.840.113549.1.9.16.3.8"


def compressed(content, algorithm=ZLIB):
    body = der.sequence(
        der.integer(0),
        der.algorithm(algorithm),
        der.sequence(der.oid(DATA), der.context(0, der.octet_string(content))),
    )
    return der.sequence(der.oid(COMPRESSED_DATA), der.context(0, body))


def test_the_kind_is_read_from_the_first_octets():
    assert content_kind(b"\x30\x80" + der.oid(SIGNED_DATA)) == ContentKind.SIGNED
    assert content_kind(b"\x30\x84\x01\x02\x03\x04" + der.oid("1.2.3")) == ContentKind.OTHER
    assert content_kind(compressed(b"")) == ContentKind.COMPRESSED


@given(st.binary(max_size=80))
def test_other_bytes_have_no_kind(data):
    try:
        assert content_kind(data) == ContentKind.OTHER
    except MalformedInput:
        pass


def test_compressed_content_opens():
    assert decompress(compressed(zlib.compress(b"hello" * 1000))) == b"hello" * 1000


def test_a_compression_bomb_is_stopped_at_the_limit():
    with pytest.raises(LimitExceeded):
        decompress(compressed(zlib.compress(bytes(10_000_000))), limit=1_000_000)


def test_damaged_or_foreign_compression_is_named():
    with pytest.raises(MalformedInput):
        decompress(compressed(b"no zlib"))
    with pytest.raises(MalformedInput):
        decompress(compressed(zlib.compress(b"hello" * 1000)[:-8]))
    with pytest.raises(UnsupportedAlgorithm):
        decompress(compressed(b"", "1.2.3.4"))
