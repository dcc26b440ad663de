"""The words that a person types into the search, made into a query that cannot be malformed.

Every word must occur, in any of the fields; the last one may be a beginning. ``from:`` (or ``sender:``), ``to:``,
``subject:`` and ``body:`` before a word look into that field alone; "double quotes" hold words together. ``is:unread``,
``is:starred``, ``is:signed``, ``is:encrypted``, ``has:attachment``, ``sig:n``, ``before:`` and ``after:`` a day sift;
``sort:oldest``, ``sort:from`` and the other columns order, ``sort:-from`` backwards. ``in:here`` stays in the
open folder.
"""

import re
from datetime import date, datetime

from msgspec import Struct

from tui_mail.model.message import Flag

FIELDS = {
    "from": "sender",
    "sender": "sender",
    "to": "recipients",
    "cc": "recipients",
    "subject": "subject",
    "body": "body",
    "text": "body",
}
MAX_WORDS = 16
MAX_TYPED = 2_000
"""Characters of a query that are read."""

_STATES = {
    "unread": f"message.flags & {Flag.SEEN:d} = 0",
    "read": f"message.flags & {Flag.SEEN:d} <> 0",
    "starred": f"message.flags & {Flag.FLAGGED:d} <> 0",
    "answered": f"message.flags & {Flag.ANSWERED:d} <> 0",
    "signed": "message.sig <> ''",
    "trusted": "message.sig = 'Y'",
    "encrypted": "message.enc <> ''",
    "attachment": "message.attachments <> 0",
    "attachments": "message.attachments <> 0",
}
_LETTERS = frozenset("YNCE?MX")
_BY = {
    "from": "message.sender COLLATE NOCASE {0}",
    "sender": "message.sender COLLATE NOCASE {0}",
    "subject": "message.subject COLLATE NOCASE {0}",
    "sig": "message.sig {1}",
    "enc": "message.enc {1}",
    "attachment": "message.attachments <> 0 {1}",
    "unread": f"message.flags & {Flag.SEEN:d} <> 0 {{0}}",
    "starred": f"message.flags & {Flag.FLAGGED:d} <> 0 {{1}}",
}
_ORDERS = {name: f"{by.format('', 'DESC')}, message.date DESC" for name, by in _BY.items()}
_ORDERS |= {f"-{name}": f"{by.format('DESC', '')}, message.date DESC" for name, by in _BY.items()}
_ORDERS["oldest"] = "message.date, message.id"
_WORD = re.compile(r'(?:(?P<field>[A-Za-z]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


class Query(Struct, frozen=True):
    """What is looked for.

    Attributes:
        expression: the FTS5 expression, empty when no words were typed.
        conditions: constants of SQL that must hold as well, with their values.
        order: a constant of SQL, empty for the newest first.
        here: only the open folder.
    """

    expression: str = ""
    conditions: tuple[str, ...] = ()
    values: tuple[str | int, ...] = ()
    order: str = ""
    here: bool = False

    def __bool__(self) -> bool:
        return bool(self.expression or self.conditions or self.order)

    @property
    def stays(self) -> bool:
        """Whether it is about the open folder: words are looked for everywhere, filters and orders alone are not."""
        return self.here or not self.expression


def parse_query(text: str) -> Query:
    """What a person typed as a query. Words that only look like filters stay words, so nothing typed is an error."""
    conditions: list[str] = []
    values: list[str | int] = []
    order = ""
    here = False

    def sifted(found: re.Match[str]) -> str:
        nonlocal order, here
        field, word = (found["field"] or "").lower(), (found["word"] or "").lower()
        if field in ("is", "has") and word in _STATES:
            conditions.append(_STATES[word])
        elif field == "sig" and word.upper() in _LETTERS and len(word) == 1:
            conditions.append("message.sig = ?")
            values.append(word.upper())
        elif field in ("before", "after") and (day := _day(word)) is not None:
            conditions.append("message.date < ?" if field == "before" else "message.date >= ?")
            values.append(day)
        elif field == "sort" and word in _ORDERS:
            order = _ORDERS[word]
        elif field == "in" and word == "here":
            here = True
        else:
            return found[0]
        return ""

    words = _WORD.sub(sifted, text[:MAX_TYPED].replace("\0", " "))
    # The last word may be a beginning, also when a filter stands behind it.
    expression = search_expression(words.rstrip() if words != text else words)
    return Query(expression, tuple(conditions), tuple(values), order, here)


def _day(word: str) -> int | None:
    """The beginning of a day here, in seconds since 1970 UTC; None for what is no day."""
    try:
        return int(datetime.combine(date.fromisoformat(word), datetime.min.time()).timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def search_expression(text: str) -> str:
    """The FTS5 expression for words; empty when there is nothing to look for.

    User text only ever stands inside quoted strings, so none of it is syntax.
    """
    terms: list[str] = []
    for found in _WORD.finditer(text.replace("\0", " ")):
        field, phrase, word = found["field"], found["phrase"], found["word"]
        column = FIELDS.get((field or "").lower())
        content = phrase if phrase is not None else word
        if field and not column:
            content = f"{field} {content}"
        if not any(character.isalnum() for character in content):
            continue
        last = phrase is None and found.end() == len(text)
        term = '"' + content.replace('"', " ") + '"' + ("*" if last else "")
        terms.append(f"{column} : {term}" if column else term)
        if len(terms) == MAX_WORDS:
            break
    return " AND ".join(terms)
