"""Keys that were typed faster than the program, or one of its screens, could open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.app import App
from textual.events import Key

if TYPE_CHECKING:
    from textual.widgets import Input, TextArea


def keys_of_bytes(typed: bytes) -> list[Key]:
    """The keys in what a terminal sent. An Esc at the end is one, and a line feed is an Enter that was typed before the
    terminal was in raw mode."""
    if not typed:
        return []
    from textual._xterm_parser import XTermParser

    alone = typed.endswith(b"\x1b")
    events = XTermParser().feed(typed.removesuffix(b"\x1b").replace(b"\n", b"\r").decode("utf-8", "replace"))
    return [event for event in events if isinstance(event, Key)] + ([Key("escape", "\x1b")] if alone else [])


def take_early_key(app: App[Any], event: Key) -> None:
    """For the application's `on_key`: it belongs to the field that has the focus. A field keeps the letters that it
    gets, so one that comes through to here was sent to the screen before, and found another one when its turn came."""
    field = app.focused
    if not event.is_printable or event.character is None:
        return
    # Asking for the classes would load an editor at the start.
    if hasattr(field, "insert_text_at_cursor"):
        cast("Input", field).insert_text_at_cursor(event.character)
    elif hasattr(field, "document"):
        cast("TextArea", field).insert(event.character)
