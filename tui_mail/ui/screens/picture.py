"""A picture in the cells of the terminal: two pixels in each, above and below, as colours of a half block."""

from __future__ import annotations

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.engine.messages import Picture
from tui_mail.ui.reader_lines import size_text
from tui_mail.ui.safe import clean, static

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


class PictureScreen(ModalScreen[None]):
    """The picture, its name, type and size. `plain`: characters instead of colours."""

    DEFAULT_CSS = """
    PictureScreen {
        align: center middle; background: $background;
        & > Vertical { width: auto; height: auto; align-horizontal: center; }
        & .line { width: auto; color: $muted; }
        & #name { color: $bright; text-style: bold; margin-bottom: 1; }
        & #leave { margin-top: 1; }
    }
    """
    BINDINGS = [Binding("escape,q,enter,p,space,left", "dismiss", "Close")]

    def __init__(self, picture: Picture, *, plain: bool) -> None:
        super().__init__()
        self._picture = picture
        self._plain = plain

    def compose(self) -> ComposeResult:
        """Name, picture, how to leave."""
        info = self._picture.info
        name = f"{clean(info.name)}  {size_text(info.size_bytes)}"
        size = f"{self._picture.own_width} x {self._picture.own_height}"
        with Vertical():
            yield static(name, id="name", classes="line")
            yield PictureView(self._picture, plain=self._plain)
            yield static(f"{size} pixels · Esc closes", id="leave", classes="line")
