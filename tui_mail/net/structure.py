"""BODYSTRUCTURE: what parts a message has, told by the server without handing them over (RFC 3501 section 7.4.2)."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_response

from tui_mail.mime.headers import decode_words

MAX_DEPTH = 30
MAX_FILES = 50
MAX_STRUCTURE_BYTES = 200_000
"""A longer one is not read: its message comes whole."""

_BEGIN = re.compile(rb"\bBODYSTRUCTURE (?=\()", re.IGNORECASE)
# The words that a signed or encrypted part bears: its type, or the endings that RFC 8551 section 3.2.1 gives its file.
# And a report on a message of ours (RFC 6522), which belongs to that message.
_PROTECTED = re.compile(rb"pkcs7|(?:\"|\}\r?\n)(?:signed|encrypted|report)\b|\.p7[mscz]\b", re.IGNORECASE)
_TEXTS = (b"text/plain", b"text/html")
_PROTECTED_NAME = re.compile(r"\.p7[mscz]\s*\Z", re.IGNORECASE)


class Structure(NamedTuple):
    """Where the text of a message lies, and which files come with it.

    Attributes:
        text: the section number of the first text for reading (RFC 3501 section 6.4.5), None when there is none.
        is_single: the message has one part alone, whose fields are those of the message.
        files: names of the other parts, foreign text, or their types; another form of the text is none of them.
    """

    text: bytes | None
    is_single: bool
    files: tuple[str, ...]


def read_structure(pieces: list[bytes]) -> Structure | None:
    """What may wait on the server of the message that a FETCH answer with BODYSTRUCTURE tells of; None when all of it
    is wanted now.

    The rule: a message comes whole at once when anything in its structure bears the name of S/MIME, of a signature or
    of encryption, when it is a report (a bounce), when it is neither a text nor a multipart, or when its structure
    cannot be read. A word too many only means that more is received at once.
    """
    text = b"".join(pieces)
    begin = _BEGIN.search(pieces[0])
    if begin is None or len(text) > MAX_STRUCTURE_BYTES or _PROTECTED.search(text):
        return None
    # A name with odd characters comes as a literal: imapclient takes a line and what it announced as a pair.
    lines = [pieces[0][begin.end() :].rstrip(b"\r\n"), *(piece.rstrip(b"\r\n") for piece in pieces[2::2])]
    answer: list[Any] = [*zip(lines, pieces[1::2], strict=False), lines[-1]]
    try:
        found: Any = parse_response(answer)[0]
        leaves = list(_leaves(found, b"", 0))
    except (ProtocolError, ValueError, TypeError, IndexError, RecursionError, StopIteration):
        return None
    is_single = not isinstance(found[0], tuple)
    if (is_single and _word(found[0]) != b"text") or any(_PROTECTED_NAME.search(one.name) for one in leaves):
        return None
    shown = next((one for one in leaves if one.kind == b"text/plain" and not one.is_file), None)
    shown = shown or next((one for one in leaves if one.kind == b"text/html" and not one.is_file), None)
    others = [one for one in leaves if one.is_file or (one.kind == b"text/plain" and one is not shown)]
    files = tuple(one.name or one.kind.decode("utf-8", "replace") for one in others)[:MAX_FILES]
    return Structure(None if shown is None else shown.section, is_single, files)


class _Leaf(NamedTuple):
    section: bytes
    kind: bytes
    is_file: bool
    name: str


def _leaves(part: Any, section: bytes, depth: int) -> Iterator[_Leaf]:
    if depth > MAX_DEPTH:
        raise ValueError
    if isinstance(part[0], tuple):
        for number, child in enumerate(part, 1):
            if not isinstance(child, tuple):
                return
            yield from _leaves(child, (section + b"." if section else b"") + b"%d" % number, depth + 1)
        return
    kind = _word(part[0]) + b"/" + _word(part[1])
    groups = [item for item in part[7:] if isinstance(item, tuple) and item]
    disposition = next((item for item in groups if _word(item[0]) in (b"attachment", b"inline")), ())
    name = _parameter(disposition[1] if len(disposition) > 1 else (), b"filename") or _parameter(part[2], b"name")
    is_file = kind not in _TEXTS or _word(disposition[0] if disposition else b"") == b"attachment"
    yield _Leaf(section or b"1", kind, is_file, name)


def _parameter(pairs: Any, wanted: bytes) -> str:
    if isinstance(pairs, tuple):
        for name, value in zip(pairs[::2], pairs[1::2], strict=False):
            if isinstance(value, bytes) and _word(name).rstrip(b"*0") == wanted:
                return decode_words(value.decode("utf-8", "replace"))[:200]
    return ""


def _word(value: Any) -> bytes:
    return value.lower() if isinstance(value, bytes) else b""
