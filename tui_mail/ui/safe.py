"""The only way for text to reach the terminal. The law: foreign text is cleaned here and is never read as markup.

Textual passes control characters on to the terminal and reads markup (with click actions) in plain `str`. So every
text that is not a constant of ours goes through a function of this file, which cleans it and hands out objects that
are not parsed again. `NoControls` is the backstop behind it: it looks at every line before it is painted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.style import Style
from textual.widget import Widget

from tui_mail.model.clean import REPLACEMENT, clean, clean_lines

if TYPE_CHECKING:
    from textual.widgets import Button, Label, Static  # loaded by the screens that have them

__all__ = [
    "MAX_SENTENCE",
    "NoControls",
    "button",
    "clean",
    "clean_lines",
    "join",
    "label",
    "notify",
    "paragraphs",
    "static",
    "text",
    "title",
    "update",
]

MAX_SENTENCE = 2_000
"""Longest notice or error sentence; what a server says may be megabytes."""

MAX_NOTICES = 2
"""So many stand above the last line at a time: they cover what lies below them."""

Severity = Literal["information", "warning", "error"]

_CONTROL = [*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C]
_BAD = dict.fromkeys(_CONTROL, REPLACEMENT)


class NoControls(LineFilter):
    """Backstop: no control or bidi character of any widget reaches the terminal, whatever went wrong before."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Replace what must not be there. ASCII that prints is passed on as it is: that is nearly every segment."""
        return [
            segment
            if segment.text.isascii() and segment.text.isprintable()
            else Segment(segment.text.translate(_BAD), segment.style)
            for segment in segments
            if not segment.control
        ]


def text(foreign: str, style: str | Style = "") -> Content:
    """One line of foreign text with a style of ours."""
    return Content.styled(clean(foreign), style) if style else Content(clean(foreign))


def paragraphs(foreign: str, style: str | Style = "") -> Content:
    """Foreign text that may hold line breaks."""
    return Content.styled(clean_lines(foreign), style) if style else Content(clean_lines(foreign))


def join(parts: Iterable[Content | str | tuple[str, str]], separator: str = "") -> Content:
    """Several pieces as one; each is Content, plain text, or text with a style name. Plain text is cleaned."""
    pieces = []
    for part in parts:
        if isinstance(part, Content):
            pieces.append(part)
        elif isinstance(part, str):
            pieces.append(paragraphs(part))
        else:
            pieces.append(paragraphs(*part))
    return Content(separator).join(pieces)


def static(foreign: str | Content = "", **options: Any) -> Static:
    """A Static that shows text as it is."""
    from textual.widgets import Static

    return Static(_content(foreign), markup=False, **options)


def label(foreign: str | Content = "", **options: Any) -> Label:
    """A Label that shows text as it is."""
    from textual.widgets import Label

    return Label(_content(foreign), markup=False, **options)


def button(foreign: str | Content, **options: Any) -> Button:
    """A Button whose face shows text as it is."""
    from textual.widgets import Button

    return Button(_content(foreign), **options)


def update(widget: Static, foreign: str | Content) -> None:
    """New text for a Static or Label."""
    widget.update(_content(foreign))


def title(widget: Widget, foreign: str) -> None:
    """The title on a widget's border."""
    widget.border_title = Content(clean(foreign)).markup


def notify(app: App[Any], sentence: str, severity: Severity = "information", timeout_seconds: float = 6) -> None:
    """Tell the person something at the bottom of the screen: once while it stands there, and few things at a time."""
    sentence = clean_lines(sentence)[:MAX_SENTENCE]
    standing = [notice.message for notice in app._notifications]
    if sentence in standing:
        return
    if len(standing) >= MAX_NOTICES:
        app.clear_notifications()
    app.notify(sentence, severity=severity, timeout=timeout_seconds, markup=False)


def _content(foreign: str | Content) -> Content:
    return foreign if isinstance(foreign, Content) else paragraphs(foreign)
