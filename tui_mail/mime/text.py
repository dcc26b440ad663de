"""What the reader shows of a message: which parts are the body, which are attachments, and the body's lines.

The law: no part is lost. What is not body is an attachment; parts of different protection never meet here, because
the caller hands in the cryptographic payload and nothing else (RFC 9787 section 4.2).
"""

from collections.abc import Sequence
from typing import NamedTuple

from tui_mail.mime.first_words import first_words
from tui_mail.mime.flowed import read_lines
from tui_mail.mime.html import html_lines
from tui_mail.mime.html_words import html_words
from tui_mail.mime.links import link_runs
from tui_mail.mime.tree import Part
from tui_mail.model.clean import clean_lines
from tui_mail.model.message import Run, Style

MAX_BODY_BYTES = 5_000_000
MAX_BODY_PARTS = 100
MAX_FILE_NAME = 200
MAX_FILE_KIND = 10
"""Characters behind the last dot of a long name that are kept when it is cut."""

Lines = tuple[tuple[Run, ...], ...]
_SHOWN_TYPES = ("text/plain", "text/html", "text/enriched", "text/markdown")
_RULE: tuple[Run, ...] = (Run("---", Style.MUTED),)


class BodyPlan(NamedTuple):
    """The parts to show as text, in order, and all others that carry content."""

    texts: tuple[Part, ...]
    attachments: tuple[Part, ...]


def plan_body(payload: Part) -> BodyPlan:
    """Sort the leaves of a payload into body and attachments (RFC 2046 section 5.1)."""
    texts: list[Part] = []
    attachments: list[Part] = []
    stack = [payload]
    while stack:
        part = stack.pop()
        if part.type == "multipart/alternative" and part.children:
            chosen = _choose(part)
            # The forms that were not chosen say the same; calendars and other odd ones stay reachable.
            attachments.extend(one for one in part.children if one is not chosen and not _renderable(one))
            stack.append(chosen)
        elif part.type == "multipart/related" and part.children:
            root = _related_root(part)
            stack.extend(one for one in reversed(part.children) if one is not root)
            stack.append(root)
        elif part.is_multipart:
            stack.extend(reversed(part.children))
        elif part.type in _SHOWN_TYPES and not _offered_as_file(part, payload) and len(texts) < MAX_BODY_PARTS:
            texts.append(part)
        elif part.type.startswith("multipart/"):
            texts.append(part)  # no part was found in it: its source is all there is to show
        else:
            attachments.append(part)
    return BodyPlan(tuple(texts), tuple(attachments))


def _offered_as_file(part: Part, payload: Part) -> bool:
    """A text that the sender offers as a file; the only part of a message is always shown."""
    return part is not payload and part.is_attachment and not (part.disposition == "inline" and not part.filename)


def _renderable(part: Part) -> bool:
    return part.type in _SHOWN_TYPES or part.type.startswith("multipart/")


def _choose(alternative: Part) -> Part:
    """Plain text when it says something, else the last form that can be shown, else the first."""
    shown = [part for part in alternative.children if _renderable(part)]
    for part in shown:
        if part.type == "text/plain" and part.text().strip():
            return part
    return shown[-1] if shown else alternative.children[0]


def _related_root(related: Part) -> Part:
    """RFC 2387 section 3.2: the part that `start` names, else the first."""
    wanted = related.params.get("start", "").strip()
    for part in related.children:
        if wanted and (part.get("content-id") or b"").strip() == wanted.encode("utf-8", "replace"):
            return part
    return related.children[0]


def main_lines(payload: Part, *, hide_legacy_display: bool = False) -> tuple[Lines, str]:
    """The body as cleaned logical lines, and the same as plain text.

    Args:
        payload: the message or its cryptographic payload.
        hide_legacy_display: the payload was encrypted, so marked copies of header fields are left out
            (RFC 9788 section 4.5.3).
    """
    lines: list[tuple[Run, ...]] = []
    for number, part in enumerate(plan_body(payload).texts):
        if number:
            lines.append(_RULE)
        lines.extend(_part_lines(part, hide_legacy_display and part.params.get("hp-legacy-display") == "1"))
    return tuple(lines), "\n".join("".join(run.text for run in line) for line in lines)


def main_words(texts: Sequence[Part], wanted: int, *, hide_legacy_display: bool = False) -> tuple[str, str]:
    """The first `wanted` characters of the texts of a `BodyPlan` in one line, without quotes and signature, and all of
    their words for the search. What `main_lines` gives, but long plain text is not laid out for it."""
    begins: list[str] = []
    words: list[str] = []
    for part in texts:
        missing = wanted - sum(map(len, begins))
        hide = hide_legacy_display and part.params.get("hp-legacy-display") == "1"
        begin, text = _part_words(part, missing, hide)
        begins.append(begin)
        words.append(text)
    return " ".join(filter(None, begins))[:wanted], "\n".join(words)


def _part_words(part: Part, wanted: int, hide_legacy: bool) -> tuple[str, str]:
    text = _part_text(part, hide_legacy)
    if part.type == "text/html":
        return html_words(text, wanted, hide_legacy_display=hide_legacy)
    if _delsp(part):  # its lines are joined inside words
        lines = read_lines(text, flowed=_flowed(part), delsp=True)
        text = "\n".join("> " * line.depth + line.text for line in lines)
    else:
        text = "\n".join(text.split("\r\n")).replace("\r", "\n")  # a third of what it costs to replace both
    return first_words(text, wanted), clean_lines(text).strip()


def _part_lines(part: Part, hide_legacy: bool) -> list[tuple[Run, ...]]:
    text = _part_text(part, hide_legacy)
    if part.type == "text/html":
        return html_lines(text, hide_legacy_display=hide_legacy)
    return _plain_lines(part, text)


def _plain_lines(part: Part, text: str) -> list[tuple[Run, ...]]:
    result: list[tuple[Run, ...]] = []
    for line in read_lines(text, flowed=_flowed(part), delsp=_delsp(part)):
        style = Style.SIGNATURE if line.signature else Style.QUOTE if line.depth else Style.TEXT
        content = ("> " * line.depth) + clean_lines(line.text)
        result.extend(tuple(link_runs(piece, style)) for piece in content.split("\n"))
    return result


def _flowed(part: Part) -> bool:
    return part.params.get("format", "").lower() == "flowed"


def _delsp(part: Part) -> bool:
    return part.params.get("delsp", "").lower() == "yes"


def _part_text(part: Part, hide_legacy: bool) -> str:
    text = part.text() if part.end - part.header_end <= MAX_BODY_BYTES else _beginning(part)
    return drop_legacy_lines(text) if hide_legacy and part.type != "text/html" else text


def _beginning(part: Part) -> str:
    whole = part.text()
    return whole if len(whole) <= MAX_BODY_BYTES else whole[:MAX_BODY_BYTES] + "\n[…]"


def drop_legacy_lines(text: str) -> str:
    """RFC 9788 section 4.5.3.1: without the lines up to and including the first blank one. Text without any is kept."""
    lines = text.replace("\r\n", "\n").split("\n")
    for index, line in enumerate(lines[:-1]):  # what follows the last line end is no line
        if not line.strip():
            return "\n".join(lines[index + 1 :])
    return text


def attachment_name(part: Part) -> str:
    """A name to show and to save under: without folders, never empty, foreign text all the same."""
    name = part.filename.replace("\\", "/").rpartition("/")[2].strip().strip(".")
    if len(name) > MAX_FILE_NAME:  # its kind is at the end
        stem, dot, kind = name.rpartition(".")
        end = dot + kind if stem and len(kind) <= MAX_FILE_KIND else ""
        return name[: MAX_FILE_NAME - len(end)] + end
    if name:
        return name
    if part.type.startswith("message/"):
        return "message.eml"
    if part.type == "text/calendar":
        return "invitation.ics"
    if part.type.startswith("text/"):
        return "part.html" if part.type == "text/html" else "part.txt"
    return "attachment"
