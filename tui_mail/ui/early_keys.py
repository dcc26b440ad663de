"""Keys that were typed faster than a screen could open: they belong to the field that has the focus there."""

from typing import Any

from textual.app import App
from textual.events import Key
from textual.widgets import Input, TextArea


def take_early_key(app: App[Any], event: Key) -> None:
    """For the application's `on_key`. A field keeps the letters that it gets, so one that comes through to here was
    sent to the screen before, and found another one when its turn came."""
    field = app.focused
    if not event.is_printable or event.character is None:
        return
    if isinstance(field, Input):
        field.insert_text_at_cursor(event.character)
    elif isinstance(field, TextArea):
        field.insert(event.character)
