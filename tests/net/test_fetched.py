"""Reading FETCH answers, without a server."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.message import Flag
from tui_mail.net.fetched import flag_names, read_flags, read_internal_date, read_message
from tui_mail.net.uids import uid_set


@given(st.lists(st.integers(1, 200), min_size=1))
def test_a_uid_set_names_exactly_the_uids(uids: list[int]) -> None:
    named: list[int] = []
    for part in uid_set(uids).decode().split(","):
        first, _, last = part.partition(":")
        named += range(int(first), int(last or first) + 1)
    assert named == sorted(set(uids))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'INTERNALDATE "17-Jul-1996 02:44:25 -0700"', datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)),
        (b'INTERNALDATE " 1-Jan-2026 00:00:00 +0100"', datetime(2025, 12, 31, 23, 0, 0, tzinfo=UTC)),
        (b'INTERNALDATE "31-Feb-2026 00:00:00 +0100"', None),
        (b'INTERNALDATE "01-Xyz-2026 00:00:00 +0100"', None),
        (b'INTERNALDATE "01-Jan-2026 00:00:00 +9900"', None),
        (b'INTERNALDATE "31-Dec-2026 23:59:60 -0001"', datetime(2027, 1, 1, 0, 0, 59, tzinfo=UTC)),
        (b'INTERNALDATE "01-Jan-2026 24:00:00 +0000"', None),
        (b'INTERNALDATE "01-Jan-2026 00:60:00 +0000"', None),
        (b'INTERNALDATE "01-Jan-0001 10:00:00 +0900"', datetime(1, 1, 1, 1, 0, 0, tzinfo=UTC)),
        (b'INTERNALDATE "01-Jan-0001 08:00:00 +0900"', None),
        (b"INTERNALDATE NIL", None),
    ],
)
def test_internal_dates_become_utc_or_none_rfc_3501_section_2_3_3(text: bytes, expected: datetime | None) -> None:
    assert read_internal_date(text) == expected


def test_every_flag_survives_the_way_out_and_back() -> None:
    for flag in Flag:
        assert read_flags(" ".join(flag_names(flag)).encode()) == flag
    assert read_flags(b"\\seen $FORWARDED NotJunk \\Recent") == Flag.SEEN | Flag.FORWARDED


_FLAGS = st.lists(
    st.sampled_from([b"\\Seen", b"$MDNSent", b"UID", b"7", b"x{3}", b"[NIL]", b"NIL", b'"', b"INTERNALDATE", b"\xff"])
).map(b" ".join)
_DATES = st.sampled_from([b" 1-Jan-2026 00:00:00 +0100", b"01-Jan-2026 24:00:00 +0000", b"(never)", b""])


@given(_FLAGS, _DATES, st.permutations([0, 1, 2]), st.sampled_from([b"", b"Hello"]), st.booleans())
def test_the_usual_answer_says_what_the_same_in_any_order_says(
    flags: bytes, date: bytes, order: Sequence[int], raw: bytes, body_first: bool
) -> None:
    items = [b"UID 12", b"FLAGS (%s)" % flags, b'INTERNALDATE "%s"' % date]
    body = b"BODY[] {%d}\r\n" % len(raw)
    usual = read_message([b"* 3 FETCH (" + b" ".join(items) + b" " + body, raw, b")\r\n"], {})
    turned = b" ".join(items[index] for index in order)
    if body_first:
        other = read_message([b"* 3 FETCH (" + body, raw, b" " + turned + b")\r\n"], {})
    else:
        other = read_message([b"* 3 FETCH (" + turned + b" " + body, raw, b" )\r\n"], {})
    assert usual is not None
    assert usual == other
    assert (usual.uid, usual.raw, usual.flags) == (12, raw, read_flags(flags))
