"""Header blocks: splitting bytes into fields without decoding anything (RFC 5322 section 2.2).

The law: every field knows the offsets it came from, and the bytes are never changed.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

MAX_FIELDS = 2_000

# Possessive, so that a million folded lines cost no memory: nothing is kept to come back to.
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?")
_WHOLE_FIELD = re.compile(rb"(%b)" % _FIELD.pattern)
FREQUENT = frozenset(
    {
        "content-type", "content-transfer-encoding", "content-disposition", "from", "to", "cc", "subject", "date",
        "reply-to", "message-id",
    }
)  # fmt: skip
"""The fields that are asked for in every message and every part."""
# Begins with a letter that they have, so that other lines are passed over at once.
_FREQUENT = re.compile(
    rb"\n(?=[cCdDfFmMrRsStT])(%b)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)"
    % b"|".join(
        b"".join(b"[%c%c]" % (letter, letter - 32) if letter > 0x60 else b"%c" % letter for letter in name.encode())
        for name in sorted(FREQUENT)
    )
)
_FIELDS = re.compile(rb"(?:(?!--)[!-9;-~]++[ \t]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+){0,%d}+" % MAX_FIELDS)


class Field(NamedTuple):
    """One header field. `name` is lower case, `value` the raw bytes after the colon with folding still in it."""

    name: str
    value: bytes
    start: int
    end: int

    @property
    def unfolded(self) -> bytes:
        """The value in one line, outer white space gone."""
        return unfold(self.value)


def unfold(value: bytes) -> bytes:
    """RFC 5322 section 2.2.3: remove the line break before white space; also trims both ends."""
    if 0x0A in value:  # a number: to look for bytes costs more
        value = value.translate(None, b"\r\n")
    return value.strip(b" \t\r\n")


def after_envelope_line(raw: bytes, start: int) -> int:
    """Where the header at `start` begins: mail that was kept in an mbox file often brings its "From " line along."""
    if not raw.startswith((b"From ", b">From "), start) or _FIELD.match(raw, start) is not None:
        return start
    return raw.find(b"\n", start) + 1 or len(raw)


def plain_block(raw: bytes, start: int) -> tuple[int, int]:
    """Where the fields of the header at `start` end and where the body begins, if nothing but whole fields and the
    blank line stand there and no line that could be a boundary; (-1, -1) otherwise: `split_fields` reads that."""
    match = _FIELDS.match(raw, start)
    end = match.end() if match is not None else start
    # QUIRK: before Python 3.11.5 a possessive match may end inside the line on which it failed, hence the first look.
    if end == start or raw[end - 1] == 0x0A:
        if raw.startswith(b"\n", end):
            return end, end + 1
        if raw.startswith(b"\r\n", end):
            return end, end + 2
    return -1, -1


def fields_between(raw: bytes, start: int, end: int) -> list[Field]:
    """The fields of a block that `plain_block` found."""
    fields = []
    for whole, name, value in _WHOLE_FIELD.findall(raw, start, end):
        after = start + len(whole)
        fields.append(Field(name.decode("ascii").lower(), value, start, after))
        start = after
    return fields


def values_by_name(raw: bytes, start: int, end: int) -> dict[str, list[bytes]]:
    """The raw values of such a block by lower-case name, names in the order in which they first stand there."""
    return _by_name(_FIELD.findall(raw, start, end))


def frequent_values(raw: bytes, start: int, end: int) -> dict[str, list[bytes]]:
    """`values_by_name` of the `FREQUENT` names alone, in half the time."""
    before = start - 1
    first: re.Match[bytes] | None = None
    if before < 0 or raw[before] != 0x0A:  # a line end stands before all others
        first = _FIELD.match(raw, start, end)
        before = start
    pairs = _FREQUENT.findall(raw, before, end)
    if first is not None and first[1].decode("ascii").lower() in FREQUENT:
        pairs.insert(0, first.groups())
    return _by_name(pairs)


def _by_name(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for spelled, value in pairs:
        name = spelled.decode("ascii").lower()
        if name in found:
            found[name].append(value)
        else:
            found[name] = [value]
    return found


def split_fields(
    raw: bytes, start: int, limit: int, is_delimiter: Callable[[int], bool] | None = None
) -> tuple[list[Field], int, bool]:
    """Read the header block at `start`.

    Args:
        raw: the buffer.
        start: offset of the first header line.
        limit: offset where the buffer ends for this part.
        is_delimiter: says whether the line at an offset is a boundary of an enclosing multipart, which ends the block.

    Returns:
        The fields, the offset of the body, and whether a line was neither field nor blank (which some programs read
        as the begin of the body, others skip).
    """
    position = min(after_envelope_line(raw, start), limit)
    end, body = plain_block(raw, position)
    if 0 <= body <= limit:
        return fields_between(raw, position, end), body, False
    return split_line_by_line(raw, position, limit, is_delimiter)


def split_line_by_line(
    raw: bytes, start: int, limit: int, is_delimiter: Callable[[int], bool] | None = None
) -> tuple[list[Field], int, bool]:
    """`split_fields` of a header block of any form, behind the envelope line."""
    fields: list[Field] = []
    position = start
    odd = False
    while position < limit:
        first = raw[position]
        if first == 0x0A:
            return fields, position + 1, odd
        if first == 0x0D and raw.startswith(b"\r\n", position):
            return fields, position + 2, odd
        if first == 0x2D and is_delimiter is not None and raw.startswith(b"--", position) and is_delimiter(position):
            return fields, position, odd
        match = _FIELD.match(raw, position, limit)
        if match is not None and len(fields) < MAX_FIELDS:
            fields.append(Field(match[1].decode("ascii").lower(), match[2], position, match.end()))
            position = match.end()
            continue
        if not fields:
            return fields, position, True
        odd = True
        newline = raw.find(b"\n", position, limit)
        position = limit if newline < 0 else newline + 1
    return fields, position, odd
