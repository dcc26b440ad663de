"""A picture in the cells of the terminal: two pixels in each, above and below, as colours of a half block."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal, cast

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.engine.messages import Picture
from tui_mail.ui.fit import shortened
from tui_mail.ui.graphics import Protocol, cell_pixels, removal, sequence
from tui_mail.ui.reader_lines import size_text
from tui_mail.ui.safe import clean, static
from tui_mail.ui.screens.page import Dialog

if TYPE_CHECKING:
    from tui_mail.ui.painter.painted_app import PaintedApp

Full = Callable[[int, int, Literal["png", "sixel"]], Awaitable[Picture | None]]

_SHADES = " .:-=+*#%@"


class PictureView(Widget):
    """As large as its picture."""

    def __init__(self, picture: Picture, *, plain: bool) -> None:
        super().__init__()
        self._picture = picture
        self._plain = plain
        self.styles.width = picture.width
        self.styles.height = (picture.height + 1) // 2

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        picture = self._picture
        if 2 * y >= picture.height:
            return Strip.blank(picture.width)
        above = self._row(2 * y)
        below = self._row(2 * y + 1) if 2 * y + 1 < picture.height else above
        if self._plain:
            shades = [_shade((*one, *other)) for one, other in zip(above, below, strict=True)]
            return Strip([Segment("".join(shades))], picture.width)
        return Strip(
            [
                Segment("▀", Style(color=Color.from_rgb(*one), bgcolor=Color.from_rgb(*other)))
                for one, other in zip(above, below, strict=True)
            ],
            picture.width,
        )

    def _row(self, number: int) -> list[tuple[int, int, int]]:
        start = number * self._picture.width * 3
        row = self._picture.pixels[start : start + self._picture.width * 3]
        return list(zip(row[0::3], row[1::3], row[2::3], strict=True))


def _shade(colours: tuple[int, ...]) -> str:
    """A character as light as these colours together."""
    return _SHADES[sum(colours) * (len(_SHADES) - 1) // (255 * len(colours))]


class PictureScreen(Dialog[None]):
    """The picture, its name, type and size.

    Args:
        plain: characters instead of colours.
        how: what the terminal can do better, see `ui.graphics`.
        full: asks for the picture as large as so many pixels; None when it failed and that was said.
    """

    DEFAULT_CSS = """
    PictureScreen {
        align: center middle; background: $background;
        & > Vertical { width: auto; height: auto; align-horizontal: center; }
        & .line { width: auto; color: $muted; }
        & #name { color: $bright; text-style: bold; margin-bottom: 1; }
        & #leave { margin-top: 1; }
    }
    """
    BINDINGS = [
        Binding("escape,q,enter,p,space,left", "dismiss", "Close"),
        Binding("g", "turn_graphics", "As a real picture, or in cells"),
    ]

    def __init__(self, picture: Picture, *, plain: bool, how: Protocol = "", full: Full | None = None) -> None:
        super().__init__()
        self._picture = picture
        self._plain = plain
        self._how: Protocol = how if full is not None else ""
        self._full = full
        self._shown = False

    def compose(self) -> ComposeResult:
        """Name, picture, how to leave."""
        info = self._picture.info
        name = f"{shortened(clean(info.name))}  {size_text(info.size_bytes)}"
        size = f"{self._picture.own_width} x {self._picture.own_height}"
        with Vertical():
            yield static(name, id="name", classes="line")
            yield PictureView(self._picture, plain=self._plain)
            keys = "g sharpens · Esc closes" if self._how else "Esc closes"
            yield static(f"{size} pixels · {keys}", id="leave", classes="line")

    def action_turn_graphics(self) -> None:
        """The real picture over the cells, or the cells again."""
        if self._shown:
            self._remove()
        elif self._how:
            self.run_worker(self._show(), group="picture", exclusive=True)

    async def _show(self) -> None:
        """Ask for it in the size of its cells, and put it there."""
        place = self.query_one(PictureView).region
        wide, high = cell_pixels()
        if self._full is None or not place:
            return
        form: Literal["png", "sixel"] = "sixel" if self._how == "sixel" else "png"
        found = await self._full(place.width * wide, place.height * high, form)
        if found is None or not self.is_current or self._shown:
            return
        columns, rows = max(1, -(-found.width // wide)), max(1, -(-found.height // high))
        text = sequence(self._how, found.pixels, columns, rows)
        if text:
            self._shown = True
            self._write(f"\x1b7\x1b[{place.y + 1};{place.x + 1}H{text}\x1b8")

    def _remove(self) -> None:
        if self._shown:
            self._shown = False
            self._write(removal(self._how))
            cast("PaintedApp", self.app).paint_anew()

    def _write(self, text: str) -> None:
        # SAFE: no text of a mail; `ui.graphics` encodes what it sends.
        driver = self.app._driver
        if driver is not None and text:
            driver.write(text)
            driver.flush()

    def on_resize(self) -> None:
        """Its place is another now."""
        self._remove()

    def on_unmount(self) -> None:
        """Nothing of it stays."""
        self._remove()
