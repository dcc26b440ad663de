"""Header values as people read them: encoded words, addresses, dates, message-ids (RFC 2047, RFC 5322, RFC 6532).

The law: nothing here raises, and nothing is invented: text that fits no form comes back as text.
"""

import email.utils
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote_to_bytes

from tui_mail.mime.charset import decode_bytes
from tui_mail.mime.fields import unfold
from tui_mail.mime.transfer import decode_base64
from tui_mail.model.address import Address

MAX_ADDRESSES = 5_000
MAX_ANGLES = 100
MAX_ADDRESS_TOKENS = 50_000
MAX_MESSAGE_IDS = 1_000
MAX_COMMENT_DEPTH = 10
MAX_DATE_CHARACTERS = 200
MAX_ENCODED_WORDS = 10_000
"""In one value; the others stay as they stand."""
MAX_SIMPLE_BYTES = 1_000
"""Up to here what was found in a value is kept."""

# No "?" inside a word: allowing it would make hostile subjects cost quadratic time.
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")
_IDS = re.compile(r"<[^<>\s]+>")
_ADDRESS_TOKEN = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"?|<(?:[^<>\"]|\"(?:[^\"\\]|\\.)*\")*>?|[,;:]|\(|\s+|[^\s\"<>,;:()]+|[>)]", re.DOTALL
)
_COMMENT = re.compile(r"\([^()]*\)")
_BLANKS = re.compile(r"\s+")
_AROUND_DOTS = re.compile(r" ?([@.]) ?")
# Possessive: no place is looked at twice, however long the value is.
_PLAIN = re.compile(rb"\s*+([^\s\"<>,;:()@\\=]++@[^\s\"<>,;:()@\\]++)\s*+\Z")
_NAMED = re.compile(
    rb"\s*+(\"[^\"\\<>@=]*+\"\s*+|[^\"<>,;:()@\\=]*+)<([^\s\"<>,;:()@\\=]++@[^\s\"<>,;:()@\\]++)>\s*+\Z"
)
_DATE = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{4}|\d{2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?"
    r"\s+([+-]\d{4}|[A-Za-z]{1,5})"
)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_ZONES = {"UT": 0, "GMT": 0, "UTC": 0, "Z": 0, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300}
_ZONES |= {"MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "CET": 60, "CEST": 120, "MET": 60, "BST": 60}


def decode(raw: bytes) -> str:
    """Unstructured text: unfolded, encoded words decoded, raw eight-bit text as UTF-8 (RFC 6532) or windows-1252."""
    value = unfold(raw)
    text = value.decode("ascii") if value.isascii() else decode_bytes(value)
    return decode_words(text) if "=?" in text else text


def decode_words(text: str) -> str:
    """Encoded words inside `text` (RFC 2047). White space between two of them does not exist (section 6.2).

    QUIRK: characters must not be split between words (section 5), yet they are: neighbours of one charset are joined
    as bytes first.
    """
    result: list[str] = []
    pending = b""
    charset = ""
    position = 0
    for match in islice(_WORD.finditer(text), MAX_ENCODED_WORDS):
        between = text[position : match.start()]
        word_charset = match[1].partition("*")[0].lower()
        adjacent = position > 0 and not between.strip()
        if not adjacent or word_charset != charset:
            if pending:
                result.append(decode_bytes(pending, charset))
                pending = b""
            if not adjacent:
                result.append(between)
        charset = word_charset
        pending += _word_bytes(match[2], match[3])
        position = match.end()
    if pending:
        result.append(decode_bytes(pending, charset))
    result.append(text[position:])
    return "".join(result)


def _word_bytes(encoding: str, content: str) -> bytes:
    data = content.encode("utf-8", "surrogateescape")
    if encoding in "bB":
        return decode_base64(data)
    return unquote_to_bytes(data.replace(b"%", b"=25").replace(b"_", b"=20").replace(b"=", b"%"))


def addresses(raw: bytes) -> tuple[Address, ...]:
    """The mailboxes of an address list (RFC 5322 section 3.4), groups flattened.

    Anything between two commas gives at least one entry, so that a strange From never looks like an empty one; two
    angle brackets in one entry give two addresses.
    """
    return _short_list(raw) if len(raw) <= MAX_SIMPLE_BYTES else _any_list(raw)


def _any_list(raw: bytes) -> tuple[Address, ...]:
    if not raw.isascii() or len(raw) > MAX_ADDRESS_TOKENS:
        return _address_list(raw)
    found = []
    for entry in raw.split(b","):
        one = _simple(entry)
        if one is None:
            return _address_list(raw)
        found.append(one)
    return tuple(found[:MAX_ADDRESSES])


_short_list = lru_cache(maxsize=2048)(_any_list)


def _simple(entry: bytes) -> Address | None:
    """What stands between two commas, if it has the form that most have: then no comma was inside of anything."""
    named = (_NAMED if b"<" in entry else _PLAIN).match(entry)
    if named is None:
        return None
    spec, name = named[named.lastindex or 1].decode("ascii"), ""
    if named.lastindex == 2:
        name = named[1].strip().strip(b'"').strip().decode("ascii")
    # Runs of blanks between words are one.
    return Address(spec, name) if spec.isprintable() and name.isprintable() and "  " not in name else None


def _address_list(raw: bytes) -> tuple[Address, ...]:
    found: list[Address] = []
    entry = _Entry()
    text = decode_bytes(unfold(raw))
    position = 0
    for _ in range(MAX_ADDRESS_TOKENS):
        match = _ADDRESS_TOKEN.match(text, position)
        if match is None or len(found) >= MAX_ADDRESSES:
            break
        piece = match[0]
        position = match.end()
        if piece == "(":
            comment, position = _comment(text, position)
            entry.comments.append(comment)
        elif piece in (",", ";"):
            found.extend(entry.finish())
            entry = _Entry()
        elif piece == ":":
            entry.group()
        elif piece[0] == "<":
            if len(entry.angles) < MAX_ANGLES:
                entry.angles.append(piece.strip("<>").strip())
        elif piece[0] == '"':
            entry.quoted(re.sub(r"\\(.)", r"\1", piece[1:].removesuffix('"')))
        elif piece.isspace():
            entry.words.append(" ")
        else:
            entry.words.append(piece)
    found.extend(entry.finish())
    return tuple(found[:MAX_ADDRESSES])


def _comment(text: str, position: int) -> tuple[str, int]:
    """The comment whose "(" stands before `position`, nested ones included."""
    depth, start = 1, position
    while position < len(text):
        character = text[position]
        position += 1
        if character == "\\":
            position += 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return text[start : position - 1], position
    return text[start:], len(text)


class _Entry:
    """One mailbox while its tokens come in."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.angles: list[str] = []
        self.comments: list[str] = []
        self.pretended: list[Address] = []
        self.literal = False

    def quoted(self, text: str) -> None:
        """A quoted string: a name, or the local part when an "@" follows at once."""
        self.words.append(text)
        self.literal = True

    def group(self) -> None:
        """What stood before a colon was a group's name, unless it has an angle bracket already. One that looks like an
        address stays as a name without an address: another program may show it as the author."""
        if not self.angles:
            name = "".join(self.words).strip()
            if "@" in name:
                self.pretended.append(Address("", name))
            self.words.clear()

    def finish(self) -> list[Address]:
        """The addresses of this entry: none, one, or two and more when the entry is ambiguous."""
        return [*self.pretended, *self._mailboxes()]

    def _mailboxes(self) -> list[Address]:
        name = decode_words("".join(self.words)).strip() if self.words else ""
        if self.angles:
            specs = [_without_route(angle) for angle in self.angles]
            if len(specs) == 1:
                return [Address(specs[0], name)] if specs[0] or name else []
            return [Address(spec, name) for spec in specs]
        text = "".join(self.words).strip()
        if not text:
            return []
        if "@" in text and not re.search(r"\s", text):
            return [Address(text, self.comments[0].strip() if self.comments else "")]
        joined = _without_blanks(text)
        if "@" in joined and not re.search(r"\s", joined):
            return [Address(joined)]  # obsolete syntax: blanks around the dots and the "@"
        return [Address("", name)] if "@" not in text else [Address(word, "") for word in text.split() if "@" in word]


def _without_route(spec: str) -> str:
    """RFC 5322 section 4.4: an obsolete source route goes, and so do comments and blanks around dots and "@"."""
    if spec.startswith("@") and ":" in spec:
        spec = spec.partition(":")[2]
    if '"' in spec:
        return spec.strip()
    spec = _without_comments(spec)
    return _without_blanks(spec).strip()


def _without_blanks(spec: str) -> str:
    """None around dots and "@". Runs of them become one first: to look for their end from each of them is quadratic."""
    return _AROUND_DOTS.sub(r"\1", _BLANKS.sub(" ", spec))


def _without_comments(text: str) -> str:
    """RFC 5322 section 3.2.2, from the innermost comment outwards."""
    for _ in range(MAX_COMMENT_DEPTH):
        if "(" not in text:
            break
        text = _COMMENT.sub(" ", text)
    return text


def parse_date(raw: bytes) -> datetime | None:
    """An aware instant with its own offset, None when there is no date in it (RFC 5322 section 3.3)."""
    found = _day_and_time(raw)
    if isinstance(found, tuple):
        midnight = _midnight(*found[0])
        return None if midnight is None else midnight + timedelta(0, found[1])
    return found


def parse_seconds(raw: bytes) -> int | None:
    """The same in seconds since 1970 UTC, 0 before."""
    found = _day_and_time(raw)
    if isinstance(found, tuple):
        midnight = _midnight_seconds(*found[0])
        return None if midnight is None else max(0, midnight + found[1])
    return None if found is None else seconds(found)


def seconds(moment: datetime) -> int:
    """Since 1970 UTC; 0 before."""
    try:
        return max(0, int(moment.timestamp()))
    except (OverflowError, ValueError, OSError):
        return 0


def _day_and_time(raw: bytes) -> tuple[tuple[str, str, str, str], int] | datetime | None:
    """Day, month, year and zone as they stand there, and the seconds since midnight; of odd forms the whole date."""
    text = decode_bytes(raw, "us-ascii").strip()
    match = _DATE.match(text) or _DATE.match(" ".join(_without_comments(text[:MAX_DATE_CHARACTERS]).split()))
    if match is None:
        return _parse_date_leniently(text)
    day, month, year, hour, minute, second, zone = match.groups()
    hours, minutes = int(hour), int(minute)
    if hours > 23 or minutes > 59:
        return None
    return (day, month, year, zone), hours * 3600 + minutes * 60 + min(int(second or 0), 59)


@lru_cache(maxsize=1024)
def _midnight(day: str, month_name: str, year_text: str, zone: str) -> datetime | None:
    """When a day began, None when there is no such day or zone; mail that comes together is of few days."""
    month = _MONTHS.get(month_name.lower())
    if month is None:
        return None
    year = int(year_text)
    if len(year_text) == 2:
        year += 2000 if year < 50 else 1900
    if zone[0] in "+-":
        minutes = int(zone[1:3]) * 60 + int(zone[3:])
        offset = -minutes if zone[0] == "-" else minutes
    else:
        offset = _ZONES.get(zone.upper(), 0)
    try:
        return datetime(year, month, int(day), tzinfo=UTC if offset == 0 else timezone(timedelta(minutes=offset)))
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=1024)
def _midnight_seconds(day: str, month: str, year: str, zone: str) -> int | None:
    midnight = _midnight(day, month, year, zone)
    return None if midnight is None else int(midnight.timestamp())


def _parse_date_leniently(text: str) -> datetime | None:
    """Odd forms that the standard library knows; only reached for dates that fit no standard form."""
    try:
        moment = email.utils.parsedate_to_datetime(text[:MAX_DATE_CHARACTERS])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def message_ids(raw: bytes) -> tuple[str, ...]:
    """The message-ids of a References, In-Reply-To or Message-ID field, with their angle brackets, in order."""
    text = decode_bytes(unfold(raw), "us-ascii")
    return tuple(_IDS.findall(text)[:MAX_MESSAGE_IDS])
