"""A letter on everything that can be gone to, and the next key goes there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.events import Click, Key, Resize
from textual.geometry import Offset, Region, Size
from textual.screen import Screen

from tui_mail.ui.safe import static
from tui_mail.ui.screens.page import Dialog

LETTERS = "asdfghjklqwertyuiopzxcvbnm"
"""Those under the fingers first. There is one key a place, so what is beyond the last letter gets none."""

WIDTH = 2


@dataclass(frozen=True, slots=True)
class Target:
    """One place: where its letter stands on the terminal, and what going there means."""

    at: Offset
    go: Callable[[], object]


def panes(screen: Screen[object]) -> list[Target]:
    """Everything on a screen that takes keys and can be seen, from the top left on."""
    found = []
    for widget in screen.focus_chain:
        seen = widget.region.intersection(screen.region)
        if seen.area:
            found.append(Target(seen.offset, widget.focus))
    return sorted(found, key=lambda target: (target.at.y, target.at.x))


class JumpScreen(Dialog["Target | None"]):
    """Letters over the screen beneath. Ends with the target whose letter was typed, or None."""

    DEFAULT_CSS = """
    JumpScreen { background: transparent; layout: horizontal; }
    JumpScreen Static {
        position: absolute; width: 2; height: 1;
        background: $accent; color: $background; text-style: bold;
    }
    """

    def __init__(self, targets: list[Target], size: Size) -> None:
        super().__init__()
        self._drawn_for = size
        self._targets = dict(zip(LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        """One small box a target."""
        for letter, target in self._targets.items():
            box = static(f" {letter}")
            box.styles.offset = (target.at.x, target.at.y)
            yield box

    def on_key(self, event: Key) -> None:
        """A letter goes there; any other key goes back."""
        event.stop()
        event.prevent_default()
        self.dismiss(self._targets.get(event.key))

    def on_click(self, event: Click) -> None:
        """A click on a letter is that letter."""
        under = (one for one in self._targets.values() if Region(*one.at, WIDTH, 1).contains(*event.screen_offset))
        self.dismiss(next(under, None))

    def on_resize(self, event: Resize) -> None:
        """The places are elsewhere now."""
        if self._drawn_for != event.size and self.is_current:
            self.dismiss(None)
