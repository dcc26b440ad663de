"""The bottom line of a screen that is not the mail: its keys, as many as fit, and always the one that leaves."""

from __future__ import annotations

from textual.content import Content
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget

from tui_mail.ui.commands.command import key_name
from tui_mail.ui.widgets.hints import drawn, places


class KeyLine(Widget):
    """Follows the bindings of its screen; each hint can be clicked."""

    DEFAULT_CSS = "KeyLine { height: 1; dock: bottom; background: $panel; color: $muted; }"

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Other keys make sense when the focus or the choice changes."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        """The keys that make sense now."""
        found: dict[str, tuple[str, str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.action not in found:
                found[binding.action] = (binding.key, binding.key_display or key_name(binding.key), binding.description)
        hints = [(shown, word) for _key, shown, word in found.values()]
        keys = [key for key, _shown, _word in found.values()]
        kept = next((number for number, key in enumerate(keys) if key == "escape"), None)
        fitting = places(hints, self.size.width, kept)
        self._keys = [(start, end, keys[number]) for number, start, end in fitting]
        return drawn(hints, fitting)

    def on_click(self, event: Click) -> None:
        """As if the key were pressed."""
        for start, end, key in self._keys:
            if start <= event.x < end:
                self.app.simulate_key(key)
