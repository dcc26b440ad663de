"""Header blocks: the quick way and the careful way say the same (RFC 5322 section 2.2)."""

import tracemalloc

from hypothesis import example, given
from hypothesis import strategies as st

from tui_mail.mime.fields import (
    FREQUENT,
    MAX_FIELDS,
    fields_between,
    frequent_values,
    plain_block,
    split_fields,
    split_line_by_line,
    unfold,
    values_by_name,
)
from tui_mail.mime.tree import parse

PIECES = [
    "a",
    "To",
    "Content-Type",
    "content-x",
    "content-TYPE",
    "reply-to",
    "\nTo :",
    ":",
    " ",
    "\t",
    "\r\n",
    "\n",
    "\r",
    "--",
    "-",
    "é",
    "\r\n ",
    "b: c\r\n",
]
HEADERS = st.lists(st.sampled_from(PIECES), max_size=40).map(lambda pieces: "".join(pieces).encode("latin-1"))


@given(HEADERS, st.sampled_from([b"", b"\n", b"\r\n\r\nbody"]))
@example(b"a: b\r\nabc", b"\n\n")
@example(b"a: b\n c", b"")
@example(b"a: b\r\nContent-Type: c\r\n d", b"\r\n\r\n")
def test_a_plain_block_is_read_as_any_other(head: bytes, rest: bytes) -> None:
    raw = head + rest
    end, body = plain_block(raw, 0)
    if body < 0:
        return
    fields, careful_body, odd = split_line_by_line(raw, 0, len(raw))
    assert (body, odd) == (careful_body, False)
    assert fields_between(raw, 0, end) == fields
    by_name: dict[str, list[bytes]] = {}
    for field in fields:
        by_name.setdefault(field.name, []).append(field.value)
    found = values_by_name(raw, 0, end)
    assert found == by_name
    assert list(found) == list(by_name)
    frequent = {name: values for name, values in found.items() if name in FREQUENT}
    assert frequent_values(raw, 0, end) == frequent
    for before in (b"\n", b"x"):
        assert frequent_values(before + raw, 1, 1 + end) == frequent
    part = parse(raw)
    assert {name: part.folded(name) for name in reversed(by_name)} == by_name == {**part._whole_header()}
    assert list(part.field_names) == list(by_name)


def test_the_header_of_ordinary_mail_is_a_plain_block() -> None:
    raw = b"Received: a\r\n\tb\r\nSubject: c\r\n\r\nbody"
    assert plain_block(raw, 0) == (raw.index(b"\r\n\r\n") + 2, raw.index(b"body"))
    assert plain_block(raw.replace(b"\r\n", b"\n"), 0)[1] > 0


def test_what_could_be_a_boundary_or_is_no_field_is_no_plain_block() -> None:
    for raw in (b"a: b\r\n--x: y\r\n\r\n", b"a: b\r\nno field\r\n\r\n", b"a: b", b"", b"From me\r\na: b\r\n\r\n"):
        assert plain_block(raw, 0) == (-1, -1)
    assert plain_block(b"a: b\r\n" * (MAX_FIELDS + 1) + b"\r\n", 0) == (-1, -1)


def test_the_envelope_line_of_an_mbox_is_no_field_and_nothing_odd() -> None:
    for begin in (b"From me Mon Jan  1 00:00:00 2026\r\n", b">From me\n"):
        fields, body, odd = split_fields(begin + b"a: b\r\n\r\nbody", 0, len(begin) + 14)
        assert ([(field.name, field.start) for field in fields], odd) == ([("a", len(begin))], False)
        assert body == len(begin) + 8
        assert split_fields(begin, 0, len(begin)) == ([], len(begin), False)
    fields, _body, odd = split_fields(b"From : a@x.test\r\n\r\n", 0, 19)
    assert ([field.name for field in fields], odd) == (["from"], False)


def test_unfolding_takes_every_line_end_away_and_nothing_inside() -> None:
    assert unfold(b" a\r\n b\n\tc\r") == b"a b\tc"
    assert unfold(b" a\rb ") == b"a\rb"


def test_a_million_folded_lines_cost_no_more_than_themselves() -> None:
    """Once a header of 9 MB took 480 MB."""
    raw = b"Subject: x" + b"\n y" * 1_000_000 + b"\n\nbody"
    tracemalloc.start()
    assert parse(raw).get("subject") is not None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * len(raw)
