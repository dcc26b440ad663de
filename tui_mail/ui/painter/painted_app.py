"""Where the painter meets textual: one private method, taken over with care, given back when anything is strange."""

from __future__ import annotations

import os

from rich.color import ColorSystem
from rich.console import RenderableType
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.events import DescendantFocus, Resize
from textual.screen import Screen

from tui_mail.ui.painter.cells import Unpaintable
from tui_mail.ui.painter.painter import Painter
from tui_mail.ui.spared_imports import textual_version

TEXTUAL = "8.2."
"""The textual whose updates the painter reads; any other paints by itself."""

TERMINALS = (
    "alacritty",
    "contour",
    "eterm",
    "foot",
    "ghostty",
    "gnome",
    "iterm",
    "konsole",
    "linux",
    "mintty",
    "mlterm",
    "putty",
    "rxvt",
    "screen",
    "st",
    "tmux",
    "vte",
    "wezterm",
    "xterm",
)
"""Beginnings of TERM whose terminals know scroll regions and erasing."""


def new_painter(colours: ColorSystem | None) -> Painter | None:
    """A painter for this terminal; None when textual shall paint: ``TUI_MAIL_PAINT=stock``, or it is unknown."""
    term = os.environ.get("TERM", "")
    if os.environ.get("TUI_MAIL_PAINT") == "stock" or not textual_version().startswith(TEXTUAL):
        return None
    if not term.startswith(TERMINALS):
        return None
    # QUIRK: erasing takes the ground (terminfo's bce) everywhere but in GNU screen; tmux may also be called screen.
    erases = not term.startswith("screen") or "TMUX" in os.environ
    return Painter(colours or ColorSystem.TRUECOLOR, erases=erases)


class PaintedApp(App[int]):
    """An application that sends few bytes. What is on the terminal is cell for cell what textual would paint."""

    _painter: Painter | None = None
    _painter_made = False

    def paint_anew(self) -> None:
        """Send everything again: nobody knows what the terminal shows."""
        if self._painter is not None:
            self._painter.forget()
        for screen in self.screen_stack[-1:]:
            screen.refresh()

    def send_raw(self, text: str) -> None:
        """Send the terminal what is no cell: the bell, a notification. Never foreign text."""
        if text and self._driver is not None:
            self._driver.write(text)

    async def _on_resize(self, event: Resize) -> None:
        # A terminal that became small and large again has lost its cells, even where the size is the old one.
        self.call_later(self.paint_anew)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """No cursor blinks: who does nothing is sent nothing."""
        if hasattr(event.widget, "cursor_blink"):  # asking for the classes would load the editor at the start
            event.widget.cursor_blink = False

    def _resume_signal(self) -> None:
        super()._resume_signal()
        self.paint_anew()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if not self._painter_made and not self.is_headless:
            self._painter_made = True
            self._painter = new_painter(self.console._color_system)
        painter, driver = self._painter, self._driver
        if (
            painter is None
            or driver is None
            or driver.is_inline
            or self.is_headless
            or self._batch_count
            or self._closed
            or not self._running
            or not isinstance(renderable, LayoutUpdate | ChopsUpdate)
        ):
            super()._display(screen, renderable)
            return
        try:
            if not painter.knows and isinstance(renderable, ChopsUpdate):
                renderable = screen._compositor.render_full_update()
            text = painter.paint(renderable)
        except Unpaintable:
            super()._display(screen, renderable)
            return
        except Exception as error:
            # SAFE: textual needs to know nothing of what was painted before, so it can go on at any moment.
            self.log.error(f"painting by textual from now on: {type(error).__name__}")
            self._painter = None
            super()._display(screen, renderable)
            return
        self._send(text)
        self.post_display_hook()

    def _send(self, text: str) -> None:
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        driver = self._driver
        if driver is None or not (text or cursor != self._previous_cursor_position):
            return
        self._previous_cursor_position = cursor
        text += f"\x1b[{cursor.y + 1};{cursor.x + 1}H"
        driver.write(f"{SYNC_START}{text}{SYNC_END}" if self._sync_available else text)
        driver.flush()
