"""The bottom line of a screen that is not the mail: its keys, as many as fit, and always the one that leaves."""

from __future__ import annotations

from textual.actions import parse
from textual.binding import Binding
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
        # The screen's own keys first, in its own order, also where the focused part of it does the same with that key.
        own = [binding for _key, binding in self.screen._bindings if self._can(binding)]
        others = [active.binding for active in self.screen.active_bindings.values() if active.enabled]
        found = {binding.action: binding for binding in (*others, *reversed(own)) if binding.show}
        shown = list(dict.fromkeys(binding.action for binding in (*own, *others) if binding.show))
        bindings = [found[action] for action in shown]
        hints = [(binding.key_display or key_name(binding.key), binding.description) for binding in bindings]
        keys = [binding.key for binding in bindings]
        kept = next((number for number, key in enumerate(keys) if key == "escape"), None)
        fitting = places(hints, self.size.width, kept)
        self._keys = [(start, end, keys[number]) for number, start, end in fitting]
        return drawn(hints, fitting)

    def _can(self, binding: Binding) -> bool:
        _namespace, name, parameters = parse(binding.action)
        return self.screen.check_action(name, parameters) is True

    def on_click(self, event: Click) -> None:
        """As if the key were pressed."""
        for start, end, key in self._keys:
            if start <= event.x < end:
                self.app.simulate_key(key)
