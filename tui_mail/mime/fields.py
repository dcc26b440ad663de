"""Header blocks: splitting bytes into fields without decoding anything (RFC 5322 section 2.2).

The law: every field knows the offsets it came from, and the bytes are never changed.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

MAX_FIELDS = 2_000

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)\n?")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")


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
    if b"\n" in value:
        value = _FOLD.sub(b"", value).replace(b"\r", b"").replace(b"\n", b"")
    return value.strip(b" \t\r\n")


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
        envelope_line = position == start and raw.startswith((b"From ", b">From "), position)
        if not fields and not envelope_line:
            return fields, position, True
        odd = odd or not envelope_line
        newline = raw.find(b"\n", position, limit)
        position = limit if newline < 0 else newline + 1
    return fields, position, odd
