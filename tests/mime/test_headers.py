"""Header values: encoded words, addresses, dates, ids."""

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors import vectors
from tui_mail.mime.envelope import header_end, read_envelope, read_header
from tui_mail.mime.headers import _address_list, addresses, decode, message_ids, parse_date, parse_seconds
from tui_mail.mime.parameters import parse_parameters


def test_unstructured_values_agree_with_another_parser() -> None:
    """RFC 2047. Exceptions are values that break the standard, where readers differ."""
    cases = json.loads(vectors("mime", "parse-trees", "unstructured.json").read_text())
    agree = sum(decode(case["header"].encode()) == case["expected"] for case in cases)
    assert agree >= len(cases) * 0.6


def test_dates_agree_with_another_parser() -> None:
    """RFC 5322 section 3.3 and the obsolete forms of section 4.3."""
    wrong = []
    for case in json.loads(vectors("mime", "parse-trees", "date.json").read_text()):
        wanted = case["expected"]
        found = parse_date(case["header"].encode())
        if wanted is None or wanted["year"] < 1900 or ";" in case["header"]:
            continue
        if found is None or [found.year, found.month, found.day, found.hour, found.minute] != [
            wanted[name] for name in ("year", "month", "day", "hour", "minute")
        ]:
            wrong.append(case["header"])
    assert len(wrong) <= 3, wrong


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a@b.test", [("a@b.test", "")]),
        (b"Anna Berg <a@b.test>", [("a@b.test", "Anna Berg")]),
        (b'"Berg, Anna" <a@b.test>, x@y.test', [("a@b.test", "Berg, Anna"), ("x@y.test", "")]),
        (b"=?utf-8?Q?J=C3=B6rg?= <j@b.test>", [("j@b.test", "Jörg")]),
        ("Jörg <j@b.test>".encode(), [("j@b.test", "Jörg")]),
        (b"Team: a@b.test, c@d.test;", [("a@b.test", ""), ("c@d.test", "")]),
        (b"undisclosed-recipients:;", []),
        (b"pete(his account)@silly.test (Pete)", [("pete@silly.test", "his account")]),
        (b"John <jdoe@machine(comment).  example>", [("jdoe@machine.example", "John")]),
        (b"<@hop.test:mary@example.net>", [("mary@example.net", "")]),
        (b"<manager@a.test> <eve@b.test>", [("manager@a.test", ""), ("eve@b.test", "")]),
        (b'"manager@a.test" <eve@b.test>', [("eve@b.test", "manager@a.test")]),
        (b"manager@a.test, eve@b.test", [("manager@a.test", ""), ("eve@b.test", "")]),
    ],
)
def test_addresses_are_read_and_nothing_strange_looks_like_one_plain_author(
    raw: bytes, expected: list[tuple[str, str]]
) -> None:
    """RFC 5322 section 3.4 and 4.4."""
    assert [(one.spec, one.name) for one in addresses(raw)] == expected


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=", "äö"),
        (b"=?utf-8?B?w?= =?utf-8?B?6Q=?=", "é"),
        (b"=?iso-8859-1?Q?a_b=E4?= c", "a bä c"),
        (b"=?x-nonsense?Q?a=E4?=", "aä"),
        (b"folded\r\n subject", "folded subject"),
        ("roh ä".encode(), "roh ä"),
        (b"roh \xe4", "roh ä"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
    ],
)
def test_encoded_words(raw: bytes, text: str) -> None:
    """RFC 2047 section 6.2; raw text: RFC 6532."""
    if raw.startswith(b"=?utf-8?B?w?="):
        assert "\N{REPLACEMENT CHARACTER}" in decode(raw) or decode(raw) == text
        return
    assert decode(raw) == text


@given(st.binary(max_size=200))
def test_no_header_bytes_raise(raw: bytes) -> None:
    decode(raw)
    addresses(raw)
    parse_date(raw)
    message_ids(raw)
    read_envelope(raw)


def test_an_envelope_is_read_from_the_header_alone() -> None:
    raw = (
        b"From: Anna <anna@a.test>\r\nTo: b@b.test,\r\n c@c.test\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
        b"Date: Mon, 01 Jun 2026 12:00:00 +0200\r\nMessage-ID: <1@a.test>\r\nIn-Reply-To: <0@a.test>\r\n"
        b"References: <x@a.test>\r\n <0@a.test>\r\nContent-Type: multipart/signed; protocol=x\r\n\r\nSubject: body"
    )
    envelope = read_envelope(raw)
    assert (envelope.sender, envelope.sender_key) == ("Anna", "anna@a.test")
    assert envelope.recipients == "b@b.test, c@c.test"
    assert envelope.subject == "Grüße"
    assert envelope.date == datetime(2026, 6, 1, 10, tzinfo=UTC).timestamp()
    assert envelope.references == ("<x@a.test>", "<0@a.test>")
    assert envelope.message_id == "<1@a.test>"
    assert not envelope.attachments
    assert read_header(raw[: header_end(raw)]) == envelope


_PIECES = st.sampled_from(
    (*b"a@b.test <a@b.test> Bob \"Bob\" , ( ) ; : @ < > \\ =?utf-8?q?=41?= \x00 '".split(b" "),
     b'"a  @b"', b" ", b"  ", b"\t", b"\x1c")
)  # fmt: skip


@given(st.lists(_PIECES, max_size=9).map(b"".join))
def test_the_usual_forms_of_addresses_are_read_as_the_grammar_reads_them(raw: bytes) -> None:
    """RFC 5322 section 3.4; runs of blanks between the words of a name are one (section 3.2.2)."""
    assert addresses(raw) == _address_list(raw)


def test_long_lists_are_read_as_short_ones_are() -> None:
    entries = [b"Bob Smith <bob%d@b.test>" % number for number in range(500)]
    assert addresses(b",\r\n ".join(entries)) == tuple(one for entry in entries for one in addresses(entry))


_DAYS = st.tuples(st.integers(1, 31), st.sampled_from(["Jan", "feb", "Dec"]), st.sampled_from(["1969", "2026", "70"]))
_TIMES = st.tuples(st.integers(0, 25), st.integers(0, 61), st.integers(0, 61))
_ZONES = st.sampled_from(["+0000", "-2359", "+9900", "EST", "XYZ", "+0130", "never"])


@given(_DAYS, _TIMES, _ZONES)
def test_the_seconds_of_a_date_are_those_of_its_instant(
    day: tuple[int, str, str], clock: tuple[int, int, int], zone: str
) -> None:
    raw = f"{day[0]} {day[1]} {day[2]} {clock[0]:02}:{clock[1]:02}:{clock[2]:02} {zone}".encode()
    moment = parse_date(raw)
    assert parse_seconds(raw) == (None if moment is None else max(0, int(moment.timestamp())))
    if clock[0] > 23 or clock[1] > 59:
        assert moment is None


@pytest.mark.parametrize(
    "raw",
    [
        b"=?utf-8?Q?a" * 20_000,
        b"=?utf-8?Q?a?= " * 20_000,
        b"<" * 50_000,
        b"((" * 50_000,
        b"a@b " * 20_000,
    ],
    ids=["open-words", "words", "angles", "comments", "addresses"],
)
def test_hostile_headers_take_bounded_time(raw: bytes) -> None:
    begin = time.process_time()
    decode(raw)
    addresses(raw)
    parse_date(raw)
    parse_parameters(raw)
    assert time.process_time() - begin < 3


def test_a_groups_name_that_looks_like_an_address_is_no_second_author_unseen() -> None:
    """RFC 6854: groups may stand in From; whoever shows the group's name would show another author than the signer."""
    found = addresses(b"anna@clinic.test:;, eve@evil.test")
    assert [address.spec for address in found] == ["", "eve@evil.test"]
    assert [address.spec for address in addresses(b"Staff: anna@clinic.test, ben@clinic.test;")] == [
        "anna@clinic.test",
        "ben@clinic.test",
    ]
