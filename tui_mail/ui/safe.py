"""The only way for text to reach the terminal. The law: foreign text is cleaned here and is never read as markup.

Textual passes control characters on to the terminal and reads markup (with click actions) in plain `str`. So every
text that is not a constant of ours goes through a function of this file, which cleans it and hands out objects that
are not parsed again. `NoControls` is the backstop behind it: it looks at every line before it is painted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from rich.cells import cell_len
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
    "fit",
    "join",
    "label",
    "notify",
    "paragraphs",
    "shortened",
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

_CUT = "…"
_CONTROL = [*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C]
_BAD = dict.fromkeys(_CONTROL, REPLACEMENT)
# Terminals disagree about the width of joined emoji and of emoji made by a variation selector; apart they agree.
_UNSURE = dict.fromkeys([0x200D, 0xFE0E, 0xFE0F])


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


def fit(cleaned: str, width: int) -> str:
    """Exactly `width` terminal cells of text that is already clean, with an ellipsis where it was cut."""
    if width <= 0:
        return ""
    if cleaned.isascii():
        return cleaned.ljust(width) if len(cleaned) <= width else cleaned[: width - 1] + _CUT
    cleaned = cleaned[: width * 8].translate(_UNSURE)  # a cell holds few characters; what follows cannot be seen
    length = cell_len(cleaned)
    if length <= width:
        return cleaned + " " * (width - length)
    used = end = 0
    for character in cleaned:
        cells = cell_len(character)
        if used + cells > width - 1:
            break
        used += cells
        end += 1
    return cleaned[:end] + _CUT + " " * (width - 1 - used)


MAX_FILE_NAME = 44
"""Cells of a file's name in a sentence or a row."""

END_OF_A_NAME = 7
"""Characters of the end of a file's name that stay when it is shortened: what kind of file it is."""


def shortened(name: str, width: int = MAX_FILE_NAME) -> str:
    """At most `width` terminal cells of a cleaned name: its beginning and its end."""
    if cell_len(name) <= width:
        return name
    end = name[-END_OF_A_NAME:]
    return fit(name, width - cell_len(end)).rstrip() + end


def _content(foreign: str | Content) -> Content:
    return foreign if isinstance(foreign, Content) else paragraphs(foreign)
