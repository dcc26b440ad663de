"""Keys that were typed faster than a screen could open: they belong to the field that has the focus there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.app import App
from textual.events import Key

if TYPE_CHECKING:
    from textual.widgets import Input, TextArea


def take_early_key(app: App[Any], event: Key) -> None:
    """For the application's `on_key`. A field keeps the letters that it gets, so one that comes through to here was
    sent to the screen before, and found another one when its turn came."""
    field = app.focused
    if not event.is_printable or event.character is None:
        return
    # Asking for the classes would load an editor at the start.
    if hasattr(field, "insert_text_at_cursor"):
        cast("Input", field).insert_text_at_cursor(event.character)
    elif hasattr(field, "document"):
        cast("TextArea", field).insert(event.character)
