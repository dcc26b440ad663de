"""A FETCH answer and what it says of a message (RFC 3501 section 7.4.2)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from tui_mail.model.message import Flag, HeldBack
from tui_mail.net.large import Whole

_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_INTERNAL_DATE = re.compile(rb'\bINTERNALDATE "([ \d]\d-\w{3}-\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})"', re.IGNORECASE)
_USUAL = re.compile(
    rb"\* \d+ FETCH \(UID (\d+) FLAGS \(([^()\[{\"]*)\) (INTERNALDATE \"[ \w:+-]+\") BODY\[\] \{\d+\}\r\n\Z",
    re.IGNORECASE,
)
"""The answer to `fetch.CONTENT_ITEMS` as most servers give it, so that it need not be taken apart."""
_BODY = re.compile(rb"\bBODY\[(?:HEADER)?\](?:<0>)? (?:\{\d+\}\r?\n|(NIL\b)|\"((?:[^\"\\]|\\.)*)\")", re.IGNORECASE)
_SECTION = re.compile(
    rb"\bBODY\[([\d.]+(?:\.MIME)?)\](?:<0>)? (?:\{\d+\}\r?\n|NIL\b|\"((?:[^\"\\]|\\.)*)\")", re.IGNORECASE
)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
_MONTHS = {name: i for i, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}

_FLAG_NAMES = {
    b"\\seen": Flag.SEEN,
    b"\\answered": Flag.ANSWERED,
    b"\\flagged": Flag.FLAGGED,
    b"\\deleted": Flag.DELETED,
    b"\\draft": Flag.DRAFT,
    b"$forwarded": Flag.FORWARDED,
    b"$mdnsent": Flag.RECEIPT_SENT,
}
_WIRE_NAMES = {
    Flag.SEEN: "\\Seen",
    Flag.ANSWERED: "\\Answered",
    Flag.FLAGGED: "\\Flagged",
    Flag.DELETED: "\\Deleted",
    Flag.DRAFT: "\\Draft",
    Flag.FORWARDED: "$Forwarded",
    Flag.RECEIPT_SENT: "$MDNSent",
}


class FetchedMessage(NamedTuple):
    """One message as the server has it: `raw` untouched, `internal_date` in UTC (None when the server's is no date).
    With `held` the bytes are a place holder, and that is what waits on the server; with `whole` they are the beginning
    of what lies in the spool."""

    uid: int
    flags: Flag
    internal_date: datetime | None
    raw: bytes
    held: HeldBack | None = None
    whole: Whole | None = None


@lru_cache(maxsize=512)
def read_flags(names: bytes) -> Flag:
    """``\\Seen $Forwarded …`` as `Flag`; other keywords are not ours and stay on the server."""
    flags = Flag.NONE
    for name in names.split():
        flags |= _FLAG_NAMES.get(name.lower(), Flag.NONE)
    return flags


def flag_names(flags: int) -> list[str]:
    """The names of `flags` on the wire."""
    return [name for flag, name in _WIRE_NAMES.items() if flags & flag]


def is_fetch(line: bytes) -> bool:
    """Whether an untagged answer is one of FETCH."""
    return _FETCH.match(line) is not None


def uid_of(pieces: list[bytes]) -> int | None:
    """The UID that an answer names before or behind its content."""
    found = _UID.search(pieces[0]) or _UID.search(pieces[-1])
    return int(found[1]) if found else None


def read_size_answer(line: bytes) -> tuple[int, int] | None:
    """UID and size in bytes of a FETCH answer; None for any other line."""
    uid, size = _UID.search(line), _SIZE.search(line)
    return (int(uid[1]), int(size[1])) if uid and size else None


def read_flag_answer(line: bytes) -> tuple[int, Flag] | None:
    """UID and flags of a FETCH answer without content; None for any other line."""
    if not _FETCH.match(line) or (flags := _FLAGS.search(line)) is None:
        return None
    # A keyword could be called UID: look for the number outside of the flags.
    uid = _UID.search(line, flags.end()) or _UID.search(line[: flags.start()])
    return (int(uid[1]), read_flags(flags[1])) if uid else None


def read_message(pieces: list[bytes], too_large: dict[int, int]) -> FetchedMessage | None:
    """The message in a FETCH answer; None when it says something else, or of a message that was too large to be taken,
    which is noted then."""
    if len(pieces) == 3 and pieces[1] and pieces[2] == b")\r\n" and (usual := _USUAL.match(pieces[0])) is not None:
        return FetchedMessage(int(usual[1]), read_flags(usual[2]), read_internal_date(usual[3]), pieces[1])
    if not _FETCH.match(pieces[0]):
        return None
    raw: bytes | None = None
    attributes: list[bytes] = []
    for index in range(0, len(pieces), 2):
        line = pieces[index]
        body = _BODY.search(line)
        if body is None:
            attributes.append(line)
            continue
        attributes += (line[: body.start()], line[body.end() :])
        if body[1] is not None or body[2] is not None:
            raw = re.sub(rb"\\(.)", rb"\1", body[2] or b"")
        elif index + 1 < len(pieces):
            raw = pieces[index + 1]
    text = b" ".join(attributes)
    flags = _FLAGS.search(text)
    rest = text[: flags.start()] + text[flags.end() :] if flags else text
    uid = _UID.search(rest)
    if uid is None or raw is None:
        return None  # flags that changed meanwhile: the next synchronisation will ask for them
    announced = re.search(rb"\{(\d+)\}\r?\n\Z", pieces[0])
    if announced and not raw and int(announced[1]):
        too_large[int(uid[1])] = int(announced[1])
        return None
    return FetchedMessage(int(uid[1]), read_flags(flags[1]) if flags else Flag.NONE, read_internal_date(rest), raw)


def read_internal_date(text: bytes) -> datetime | None:
    """The INTERNALDATE in a FETCH answer, in UTC."""
    found = _INTERNAL_DATE.search(text)
    if found is None:
        return None
    day, hour, minute, second, zone = found.groups()
    hours, minutes = int(hour), int(minute)
    midnight = _midnight(day, zone)
    if midnight is None or hours > 23 or minutes > 59:
        return None
    try:
        return (midnight + timedelta(0, hours * 3600 + minutes * 60 + min(int(second), 59))).astimezone(UTC)
    except OverflowError:
        return None


@lru_cache(maxsize=512)
def _midnight(day: bytes, zone: bytes) -> datetime | None:
    """When ``17-Jul-1996`` began where ``-0700`` holds; None when there is no such day or zone."""
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    try:
        where = timezone(-offset if zone.startswith(b"-") else offset)
        return datetime(int(day[7:]), _MONTHS[day[3:6].lower()], int(day[:2]), tzinfo=where)
    except (ValueError, KeyError):
        return None


def read_sections(pieces: list[bytes]) -> dict[bytes, bytes]:
    """The parts in a FETCH answer, by section."""
    found: dict[bytes, bytes] = {}
    for index, line in enumerate(pieces[::2]):
        for part in _SECTION.finditer(line):
            literal = part[2] is None and 2 * index + 1 < len(pieces)
            content = pieces[2 * index + 1] if literal else re.sub(rb"\\(.)", rb"\1", part[2] or b"")
            found[part[1].upper()] = content
    return found
