"""Plain text into paragraphs: format=flowed, quote marks, the signature (RFC 3676)."""

import re
from typing import NamedTuple

MAX_LINE = 2_000
MAX_LINES = 100_000
MAX_QUOTE_DEPTH = 30

_QUOTE = re.compile(r"(?:> ?)+")


class Line(NamedTuple):
    """One logical line: its quote depth, its text without quote marks, whether it belongs to the signature."""

    depth: int
    text: str
    signature: bool = False


def read_lines(text: str, *, flowed: bool = False, delsp: bool = False) -> list[Line]:
    """Logical lines of a plain text body; overlong lines are cut so that nothing downstream meets them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return _join(_flowed(lines[:MAX_LINES], delsp) if flowed else _fixed(lines[:MAX_LINES]))


def _fixed(lines: list[str]) -> list[Line]:
    result = []
    for line in lines:
        match = _QUOTE.match(line)
        if match is None:
            result.append(Line(0, line))
        else:
            result.append(Line(min(match[0].count(">"), MAX_QUOTE_DEPTH), line[match.end() :]))
    return result


def _flowed(lines: list[str], delsp: bool) -> list[Line]:
    """RFC 3676 section 4: a line that ends in a space goes on in the next one of the same depth."""
    result: list[Line] = []
    pieces: list[str] = []
    open_depth = -1
    for line in lines:
        marks = len(line) - len(line.lstrip(">"))
        depth = min(marks, MAX_QUOTE_DEPTH)
        content = line[marks:]
        content = content[1:] if content.startswith(" ") else content  # space-stuffing, section 4.4
        separator = content == "-- "
        if pieces and (depth != open_depth or separator):
            result.append(Line(open_depth, "".join(pieces)))
            pieces = []
        if content.endswith(" ") and not separator:
            pieces.append(content[:-1] if delsp else content)
            open_depth = depth
        elif pieces:
            result.append(Line(depth, "".join([*pieces, content])))
            pieces = []
        else:
            result.append(Line(depth, content))
    if pieces:
        result.append(Line(open_depth, "".join(pieces)))
    return result


def _join(lines: list[Line]) -> list[Line]:
    """Mark the signature (from the last "-- " at depth 0) and cut overlong lines."""
    mark = max((i for i, line in enumerate(lines) if line.depth == 0 and line.text == "-- "), default=len(lines))
    result = []
    for index, line in enumerate(lines):
        text = line.text.rstrip(" ") if line.text != "-- " else line.text
        for start in range(0, max(len(text), 1), MAX_LINE):
            result.append(Line(line.depth, text[start : start + MAX_LINE], index >= mark))
    return result
