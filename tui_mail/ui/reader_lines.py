"""A message as styled lines for the reader. Pure; everything foreign is cleaned once more on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from tui_mail.model.address import Address
from tui_mail.model.clean import clean
from tui_mail.model.day import day
from tui_mail.model.delivery import DeliveryKind, DeliveryNotice
from tui_mail.model.message import AttachmentInfo, MessageView, Run, Style
from tui_mail.ui.columns import NO_SENDER
from tui_mail.ui.fit import shortened
from tui_mail.ui.invitation_lines import invitation_lines
from tui_mail.ui.links import leads_to, message_links, names_its_target
from tui_mail.ui.themes.glyphs import Glyphs
from tui_mail.ui.wrap import SHORT, Line

_STYLES = {
    Style.TEXT: "text",
    Style.QUOTE: "quote",
    Style.HEADING: "heading",
    Style.BOLD: "bold",
    Style.ITALIC: "italic",
    Style.LINK: "link",
    Style.CODE: "code",
    Style.MUTED: "muted",
    Style.SIGNATURE: "signature",
}
_LABEL = 6
_REPORT_STYLES = {
    DeliveryKind.DELAYED: "warning",
    DeliveryKind.FAILED: "bad",
    DeliveryKind.DELETED: "warning",
}
_ABBREVIATIONS = {"id": "ID", "mime": "MIME", "dkim": "DKIM", "spf": "SPF", "arc": "ARC", "ms": "MS"}
MAX_NOTICES = 20
MAX_NAMES = 12
"""Recipients shown by name; the rest is counted."""

NARROW = 50
"""With fewer columns the head of a message is short."""

FOLD_FROM = 9
"""Quotes of so many lines and more are folded."""


def message_lines(
    view: MessageView, glyphs: Glyphs, *, headers: bool = False, quotes: bool = True, narrow: bool = False
) -> Iterator[Line]:
    """Subject, addresses, date, text, attachments.

    Args:
        headers: all header fields instead of the short head.
        quotes: long quotes in full; else a line says how long they are.
        narrow: recipients by their addresses alone, and the day of the week in short.
    """
    yield from _all_headers(view) if headers else _head(view, narrow)
    yield from _outer_differences(view)
    if view.receipt_to is not None:
        who = view.sender.name or view.sender.spec
        yield (("".ljust(_LABEL), "faint"), (f"{clean(who)} asks for a receipt {glyphs.dash} Y sends one", "faint"))
    if view.unsubscribe is not None:
        yield (("".ljust(_LABEL), "faint"), (f"A mailing list {glyphs.dash} U leaves it", "faint"))
    yield ()
    if view.invitation is not None:
        yield from invitation_lines(view.invitation, view.sender.key, glyphs)
        yield ()
    numbers = {target: number for number, target in enumerate(message_links(view), 1)}
    for line in view.lines if quotes else _folded(view.lines, glyphs):
        yield tuple(_spans(line, numbers))
    if view.attachments:
        yield ()
        count = len(view.attachments)
        yield (
            (f"{count} attachment{'s' if count > 1 else ''}", "faint"),
            (f"  {glyphs.dash} p shows {'them' if count > 1 else 'it'}, s saves", "faint"),
        )
        for attachment in view.attachments:
            yield _attachment(attachment, glyphs)


def body_lines(lines: Iterable[tuple[Run, ...]]) -> Iterator[Line]:
    """Cleaned lines of the engine as styled ones; links name their host and have no number."""
    for line in lines:
        yield tuple(_spans(line, {}))


def _all_headers(view: MessageView) -> Iterator[Line]:
    for name, value in view.headers:
        yield ((f"{header_name(clean(name))}: ", "faint"), (clean(value), "muted"))


def header_name(name: str) -> str:
    """A header field's name as mail writes it: the engine tells names in small letters."""
    words = [_ABBREVIATIONS.get(word.lower(), word[:1].upper() + word[1:]) for word in name.split("-")]
    return "-".join(words)


def _head(view: MessageView, narrow: bool) -> Iterator[Line]:
    yield ((clean(view.subject) or "(no subject)", SHORT),)
    yield (("From".ljust(_LABEL), "faint"), *_address(view.sender))
    for name, people in (("To", view.to), ("Cc", view.cc)):
        if people:
            yield ((name.ljust(_LABEL), "faint"), (_names(people, narrow), "muted"))
    if view.reply_to and {a.key for a in view.reply_to} != {view.sender.key}:
        yield (
            ("Reply".ljust(_LABEL), "faint"),
            (f"{_names(view.reply_to)} (an answer goes there, not to the sender)", "warning"),
        )
    if view.date is not None:
        yield (("Date".ljust(_LABEL), "faint"), (_date(view.date, narrow), "muted"))
    for notice in view.notices[:MAX_NOTICES]:
        yield _notice(notice)
    if len(view.notices) > MAX_NOTICES:
        yield (("".ljust(_LABEL), "faint"), (f"and {len(view.notices) - MAX_NOTICES} more reports", "muted"))


def _folded(lines: tuple[tuple[Run, ...], ...], glyphs: Glyphs) -> Iterator[tuple[Run, ...]]:
    """The lines with a sentence in the place of each long quote."""
    for quoted, group in groupby(lines, key=lambda line: bool(line) and line[0].style is Style.QUOTE):
        block = tuple(group)
        if quoted and len(block) >= FOLD_FROM:
            yield (Run(f"{glyphs.arrow} {len(block)} quoted lines {glyphs.dash} v unfolds", Style.MUTED),)
        else:
            yield from block


def _notice(notice: DeliveryNotice) -> Line:
    """One report about a sent message."""
    when = datetime.fromtimestamp(notice.when).astimezone()
    sentence = f"{clean(notice.sentence)}, {day(when)}, {when:%H:%M}"
    style = _REPORT_STYLES.get(notice.kind, "muted")
    return (("Sent".ljust(_LABEL), "faint"), (sentence, style))


def size_text(size_bytes: int) -> str:
    """A size as people say it."""
    if size_bytes < 1_000:
        return f"{size_bytes} bytes"
    for unit, factor in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if size_bytes < 999.5 * factor or unit == "GB":
            value = size_bytes / factor
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    raise AssertionError


def _spans(line: tuple[Run, ...], numbers: dict[str, int]) -> Iterator[tuple[str, str]]:
    for run in line:
        yield clean(run.text), _STYLES.get(run.style, "text")
        target = clean(run.link)
        if run.style is Style.LINK and target:
            if not names_its_target(clean(run.text), target):
                yield f" ({leads_to(target)})", "muted"
            if target in numbers:
                yield f"[{numbers[target]}]", "faint"


def _address(address: Address) -> tuple[tuple[str, str], ...]:
    if not address.name:
        return ((clean(address.spec), "text") if address.spec else (NO_SENDER, "muted"),)
    return ((clean(address.name), "text"), (f"  {clean(address.spec)}", "muted"))


def _names(people: tuple[Address, ...], narrow: bool = False) -> str:
    shown = ", ".join(clean(person.spec if narrow else str(person)) for person in people[:MAX_NAMES])
    more = len(people) - MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _date(date: datetime, narrow: bool = False) -> str:
    here = date.astimezone()
    return f"{f'{here:%a}' if narrow else f'{here:%A},'} {here.day} {here:%B %Y, %H:%M}"


def _outer_differences(view: MessageView) -> Iterator[Line]:
    """RFC 9788: what the outside of the envelope said instead, where it differs."""
    for name, value in view.security.headers.outer.items():
        if name.lower() == "from":
            yield (("The envelope names another sender: ", "warning"), (clean(value), "warning"))


def _attachment(attachment: AttachmentInfo, glyphs: Glyphs) -> Line:
    return (
        (f"{glyphs.attachment} ", "accent"),
        (shortened(clean(attachment.name) or "unnamed"), "text"),
        (f"  {size_text(attachment.size_bytes)}  {clean(attachment.type)}", "muted"),
    )
