"""What the keys of a dialog do, in words; the line breaks between two keys, never within one."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui_mail.ui.safe import join, text

BETWEEN = " · "


class KeyHints(Widget):
    """As high as its hints are at its width."""

    DEFAULT_CSS = "KeyHints { height: auto; }"

    def __init__(self, *hints: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints = hints

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The rows that the hints take."""
        return len(self._rows(width))

    def render(self) -> Content:
        """As many in a row as have room there."""
        return join(map(text, self._rows(self.content_size.width)), "\n")

    def _rows(self, width: int) -> list[str]:
        rows = list(self._hints[:1])
        for hint in self._hints[1:]:
            longer = rows[-1] + BETWEEN + hint
            if cell_len(longer) <= width:
                rows[-1] = longer
            else:
                rows.append(hint)
        return rows
