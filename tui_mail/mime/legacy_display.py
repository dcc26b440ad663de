"""Copies of hidden header fields in the text itself, for readers without header protection (RFC 9788 section 5.2).

Readers that know header protection hide them again: `text.main_lines` does.
"""

import html
import re
from collections.abc import Iterator, Sequence

from tui_mail.mime.encode import header, text_body
from tui_mail.mime.html import LEGACY_DISPLAY_CLASS
from tui_mail.mime.text import plan_body
from tui_mail.mime.tree import Part, parse

_MAIN_TYPES = ("text/plain", "text/html")
_CHARSET = re.compile(rb';[ \t\r\n]*charset=("[^"]*"|[^;\s]*)', re.IGNORECASE)
_BODY_TAG = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


def with_legacy_display(entity: bytes, lines: Sequence[str]) -> bytes:
    """A whole entity whose main texts begin with `lines` ("Subject: …") and say so; CRLF line ends."""
    root = parse(entity)
    pieces: list[bytes] = []
    position = 0
    for leaf in _main_parts(root):
        made = b"".join(_marked(leaf, lines))
        # The line break before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
        pieces += [entity[position : leaf.start], made if leaf is root else made.removesuffix(b"\r\n")]
        position = leaf.end
    return b"".join([*pieces, entity[position:]])


def _main_parts(root: Part) -> list[Part]:
    """The first text of the message, in all the forms in which it is offered (RFC 9788 section 1.1.1)."""
    texts = plan_body(root).texts
    if not texts or texts[0].type not in _MAIN_TYPES:
        return []
    for part in root.walk():
        if part.type == "multipart/alternative" and texts[0] in part.walk():
            return [leaf for leaf in part.walk() if leaf.type in _MAIN_TYPES and not leaf.is_attachment]
    return [texts[0]]


def _marked(leaf: Part, lines: Sequence[str]) -> Iterator[bytes]:
    """The leaf with a marked Content-Type, the lines, and a transfer encoding that suits the result."""
    typed = False
    for field in leaf.fields:
        raw = leaf.raw[field.start : field.end]
        if field.name == "content-type":
            typed = True
            yield _mark(raw)
        elif field.name != "content-transfer-encoding":
            yield raw
    if not typed:
        yield _mark(b"Content-Type: text/plain\r\n")
    text = leaf.text()
    encoding, body = text_body(_into_html(text, lines) if leaf.type == "text/html" else _into_text(text, lines))
    yield header("Content-Transfer-Encoding", encoding) + b"\r\n" + body


def _mark(field: bytes) -> bytes:
    bare = _CHARSET.sub(b"", field.rstrip(b"\r\n").rstrip(b"; \t"))
    return bare + b';\r\n charset=utf-8; hp-legacy-display="1"\r\n'


def _into_text(text: str, lines: Sequence[str]) -> str:
    """Section 5.2.2: the lines, an empty line, the text."""
    return "\n".join([*lines, "", text])


def _into_html(text: str, lines: Sequence[str]) -> str:
    """Section 5.2.3: a division of its own class at the beginning of the body."""
    shown = html.escape("\n".join(lines))
    division = f'<div class="{LEGACY_DISPLAY_CLASS}"><pre>{shown}</pre></div>'
    found = _BODY_TAG.search(text)
    at = found.end() if found else 0
    return f"{text[:at]}{division}{text[at:]}"
