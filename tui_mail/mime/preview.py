"""An attachment as text to look at: plain text, HTML, tables, address cards, forwarded mail.

The law: nothing is run, fetched or unpacked; what is shown went through the sanitiser and ends at a size.
"""

import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from tui_mail.mime.charset import decode_bytes
from tui_mail.mime.columns import aligned
from tui_mail.mime.flowed import read_lines
from tui_mail.mime.html import html_lines
from tui_mail.mime.text import Lines, attachment_name
from tui_mail.mime.tree import Part
from tui_mail.model.clean import clean, clean_lines
from tui_mail.model.message import Run, Style

MAX_PREVIEW_BYTES = 1_000_000
MAX_PREVIEW_LINES = 10_000
MAX_ROWS = 1_000
MAX_COLUMNS = 40
MAX_CARD_LINES = 500

_BY_TYPE = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/csv": "table",
    "text/tab-separated-values": "table",
    "text/vcard": "card",
    "text/x-vcard": "card",
    "text/directory": "card",
    "message/rfc822": "mail",
    "message/global": "mail",
    "application/json": "text",
    "application/xml": "text",
    "application/pgp-keys": "text",
    "application/x-pem-file": "text",
    "application/ics": "text",
}
_BY_SUFFIX = {
    "html": "html", "htm": "html", "csv": "table", "tsv": "table", "vcf": "card", "eml": "mail",
    "txt": "text", "log": "text", "md": "text", "rst": "text", "json": "text", "xml": "text", "ini": "text",
    "toml": "text", "yaml": "text", "yml": "text", "asc": "text", "pem": "text", "ics": "text", "diff": "text",
    "patch": "text", "conf": "text", "cfg": "text",
}  # fmt: skip
_CARD_NAMES = {
    "FN": "Name", "ORG": "Company", "TITLE": "Title", "ROLE": "Role", "TEL": "Telephone", "EMAIL": "E-mail",
    "ADR": "Address", "URL": "Web", "BDAY": "Birthday", "NOTE": "Note", "NICKNAME": "Nickname",
}  # fmt: skip
_DELIMITERS = ",;\t|"
_CHECKED_BYTES = 4_096


class Preview(NamedTuple):
    """`note` is a sentence for below the text, empty when there is nothing to say."""

    lines: Lines
    note: str = ""


def preview(part: Part) -> Preview | None:
    """What an attachment looks like as text; None when it is none that could be read so, and for an `inner_message`,
    which is read by itself."""
    kind = _kind(part)
    content = part.body_bytes()
    if kind in ("", "mail") or b"\0" in content[:_CHECKED_BYTES].replace(b"\0\0\xfe\xff", b""):
        return None
    text = decode_bytes(content[:MAX_PREVIEW_BYTES], part.params.get("charset", "") or "utf-8")
    note = f"The first {MAX_PREVIEW_BYTES:,} of {len(content):,} bytes." if len(content) > MAX_PREVIEW_BYTES else ""
    if kind == "html":
        lines: Iterable[tuple[Run, ...]] = html_lines(text)
    elif kind == "table":
        lines = _table(text)
    elif kind == "card":
        lines = _card(text)
    else:
        lines = _plain(text)
    shown = tuple(islice(lines, MAX_PREVIEW_LINES + 1))
    if len(shown) > MAX_PREVIEW_LINES:
        shown, note = shown[:MAX_PREVIEW_LINES], f"The first {MAX_PREVIEW_LINES:,} lines."
    return Preview(shown, note)


def inner_message(part: Part) -> bytes | None:
    """The message that is attached, None for an attachment of another kind."""
    if _kind(part) != "mail":
        return None
    return part.body if part.type.startswith("message/") else part.body_bytes()


def message_lines(fields: Iterable[tuple[str, str]], body: Lines, files: Sequence[str]) -> Lines:
    """A message as text: its header fields, its body, and the names of what is attached to it, all clean."""
    lines: list[tuple[Run, ...]] = [(Run(f"{name}: ", Style.MUTED), Run(value)) for name, value in fields]
    lines += [(), *body]
    if files:
        lines += [(), (Run(f"Inside it: {', '.join(files[:50])}", Style.MUTED),)]
    return tuple(lines[:MAX_PREVIEW_LINES])


def _kind(part: Part) -> str:
    suffix = attachment_name(part).rpartition(".")[2].lower()
    if part.type in _BY_TYPE:
        return _BY_TYPE[part.type]
    if part.type.startswith("text/"):
        return _BY_SUFFIX.get(suffix, "text")
    return _BY_SUFFIX.get(suffix, "") if part.type == "application/octet-stream" else ""


def _plain(text: str) -> Iterable[tuple[Run, ...]]:
    for line in read_lines(text):
        for piece in clean_lines("> " * line.depth + line.text).split("\n"):
            yield (Run(piece),) if piece else ()


def _table(text: str) -> list[tuple[Run, ...]]:
    """Comma-separated values (RFC 4180), or with the separator that the first line uses most."""
    lines = text.lstrip("\ufeff").splitlines()
    first = lines[0] if lines else ""
    delimiter = max(_DELIMITERS, key=first.count)
    rows: list[list[str]] = []
    try:
        for row in islice(csv.reader(lines, delimiter=delimiter), MAX_ROWS):
            rows.append([clean(cell) for cell in row[:MAX_COLUMNS]])
    except csv.Error:
        return list(_plain(text))
    shown: list[tuple[Run, ...]] = [
        (Run(line, Style.TEXT if number else Style.BOLD),) for number, line in enumerate(aligned(rows))
    ]
    return [*shown, (Run(f"The first {MAX_ROWS:,} rows.", Style.MUTED),)] if len(lines) > len(rows) else shown


def _card(text: str) -> Iterable[tuple[Run, ...]]:
    """RFC 6350 section 3: unfolded lines as name and value; what is not for people is left out."""
    unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    for line in unfolded.split("\n")[:MAX_CARD_LINES]:
        head, colon, value = line.partition(":")
        name = head.partition(";")[0].rpartition(".")[2].strip().upper()
        if name == "END" and colon:
            yield ()
        elif name == "PHOTO":
            yield (Run("Picture: ", Style.MUTED), Run("[picture: not shown]", Style.MUTED))
        elif name in _CARD_NAMES and value.strip():
            said = ", ".join(piece for piece in _unescaped(value).split(";") if piece.strip())
            yield (Run(f"{_CARD_NAMES[name]}: ", Style.MUTED), Run(clean(said)))


def _unescaped(value: str) -> str:
    for escaped, meant in (("\\n", " "), ("\\N", " "), ("\\,", ","), ("\\;", ","), ("\\\\", "\\")):
        value = value.replace(escaped, meant)
    return value
