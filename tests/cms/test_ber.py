"""The reader takes what X.690 allows and refuses the rest, in linear time; the writer makes DER."""

import time
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.cms import ber, der
from tui_mail.cms.attributes import read_time
from tui_mail.model.errors import LimitExceeded, MalformedInput


def indefinite(tag, *parts):
    return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"


def walk(data):
    """Look at every element, as deep as it goes."""
    pending = [ber.read_tlv(data)]
    seen = 0
    while pending:
        element = pending.pop()
        seen += 1
        if element.constructed:
            pending.extend(ber.children(element))
    return seen


@given(st.binary(max_size=300))
@settings(max_examples=400)
def test_any_bytes_parse_or_are_malformed_input(data):
    try:
        walk(data)
    except MalformedInput:
        pass


@given(st.recursive(st.binary(max_size=20), lambda inner: st.lists(inner, max_size=4), max_leaves=20), st.randoms())
@settings(max_examples=200)
def test_x690_section_8_1_3_definite_and_indefinite_lengths_read_alike(tree, random):
    def encode(node, mixed):
        if isinstance(node, bytes):
            return der.octet_string(node)
        parts = [encode(child, mixed) for child in node]
        return indefinite(0x30, *parts) if mixed and random.random() < 0.5 else der.sequence(*parts)

    assert der.from_ber(ber.read_tlv(encode(tree, True))) == encode(tree, False)


@given(st.binary(max_size=2000), st.integers(1, 100))
@settings(max_examples=100)
def test_x690_section_8_7_constructed_octet_strings_are_joined(content, size):
    pieces = [der.octet_string(content[at : at + size]) for at in range(0, len(content), size)]
    assert ber.octets(ber.read_tlv(der.tlv(0x24, *pieces))) == content
    assert ber.octets(ber.read_tlv(indefinite(0x24, indefinite(0x24, *pieces)))) == content
    assert ber.octets(ber.read_tlv(indefinite(0xA0, *pieces)), 0x80) == content


@given(st.integers(-(2**200), 2**200))
def test_integers_go_there_and_back(value):
    assert ber.integer(ber.read_tlv(der.integer(value))) == value


@given(st.tuples(st.integers(0, 2), st.integers(0, 39)), st.lists(st.integers(0, 2**64), max_size=6))
def test_object_identifiers_go_there_and_back(first, rest):
    dotted = ".".join(map(str, [*first, *rest]))
    assert ber.oid(ber.read_tlv(der.oid(dotted))) == dotted


@given(st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1)))
def test_rfc5652_section_11_3_times_go_there_and_back(moment):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    element = ber.read_tlv(der.time(moment))
    assert read_time(element) == moment
    assert (element.tag == ber.UTC_TIME) == (moment.year < 2050)


@pytest.mark.parametrize(
    "body", [b"260101000000", b"260101000000+0100", b"2601010000Z", b"261301000000Z", b"26010100000\xb2Z"]
)
def test_rfc5652_section_11_3_other_forms_of_time_are_malformed(body):
    with pytest.raises(MalformedInput):
        read_time(ber.read_tlv(der.tlv(ber.UTC_TIME, body)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x05\x04\x01a",
        b"\x30\x80\x04\x01a",
        b"\x04\x80a\0\0",
        b"\x30\x89" + b"\xff" * 9,
        b"\x04\x01ab",
        b"\x1f\xff\xff\xff\xff\xff\x01\x00",
        b"\x1f\x85",
        b"\x30\x02\x00\x00",
    ],
)
def test_broken_structures_are_malformed(data):
    with pytest.raises(MalformedInput):
        walk(data)


def test_deep_nesting_is_refused_and_does_not_recurse():
    for data in (b"\x30\x80" * 200_000, b"\x24\x80" * 200_000):
        with pytest.raises(MalformedInput):
            ber.octets(ber.read_tlv(data))
    nested = b"\x05\x00"
    for _ in range(ber.MAX_DEPTH + 5):
        nested = der.sequence(nested)
    with pytest.raises(LimitExceeded):
        walk(nested)


def test_the_number_of_elements_has_a_limit():
    with pytest.raises(LimitExceeded):
        ber.read_tlv(indefinite(0x30, b"\x05\x00" * (ber.MAX_ELEMENTS + 1)))


def test_reading_a_streamed_object_takes_linear_time():
    def seconds(chunks):
        data = indefinite(0x30, indefinite(0xA0, indefinite(0x24, der.octet_string(bytes(1000)) * chunks)))
        start = time.process_time()
        holder = next(ber.children(ber.read_tlv(data)))
        assert len(ber.octets(next(ber.children(holder)))) == 1000 * chunks
        return time.process_time() - start

    small = min(seconds(500) for _ in range(3))
    # Ten times the data takes a hundred times as long where the work is quadratic.
    assert min(seconds(5000) for _ in range(3)) < 40 * small


def test_many_small_pieces_take_little_memory():
    """A memoryview for each octet would cost two hundred times the object."""
    data = indefinite(0x24, b"\x04\x01a" * 100_000)
    tracemalloc.start()
    try:
        assert ber.octets(ber.read_tlv(data)) == b"a" * 100_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_two_hundred_thousand_nested_tags_are_refused_at_once():
    begin = time.process_time()
    for data in (b"\x30\x80" * 200_000, b"\xa0\x80" * 200_000, b"\x24\x84\x7f\xff\xff\xff" * 200_000):
        with pytest.raises(MalformedInput):
            walk(data)
    assert time.process_time() - begin < 0.5


def test_trailing_bytes_are_refused_unless_asked_for():
    with pytest.raises(MalformedInput):
        ber.read_tlv(b"\x05\x00\x00")
    assert ber.read_tlv(b"\x05\x00\x00", strict=False).end == 2


def test_x690_section_11_6_set_of_is_sorted():
    assert der.set_of([b"\x04\x01b", b"\x04\x01a"]) == b"\x31\x06\x04\x01a\x04\x01b"
    assert der.from_ber(ber.read_tlv(b"\x31\x80\x04\x01b\x24\x80\x04\x01a\0\0\0\0")) == b"\x31\x06\x04\x01a\x04\x01b"
