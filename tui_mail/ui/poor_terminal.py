"""What is left for terminals, or people, that want less: no colours (NO_COLOR), no character beyond ASCII."""

from __future__ import annotations

from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_STANDS_OUT = 0.2
"""A ground that differs so much from the screen's (0 to 1) means the cursor, a selection or a button."""

_SHAPES = str.maketrans(
    {
        **dict.fromkeys("─━═▔▁▂▃", "-"),
        **dict.fromkeys("│┃║▏▎▌▐▕▊▋▍▉", "|"),
        **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼", "+"),
        **dict.fromkeys("·•●○", "*"),
        **dict.fromkeys("–—", "-"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‘’‚", "'"),
        **dict.fromkeys("▀▄█▇▆▅", "#"),
        "…": ".",
        "›": ">",
        "‹": "<",
        "→": ">",
        "←": "<",
        "↑": "^",
        "↓": "v",
        "▼": "v",
        "▲": "^",
        "\xa0": " ",
    }
)


class NoColour(LineFilter):
    """Bold, underline and reverse stay; a ground that stands out becomes reverse, so that the cursor can be seen.

    Args:
        cursor: the theme's colour of the row under the cursor, which is too quiet to be noticed by its brightness.
    """

    def __init__(self, cursor: str) -> None:
        super().__init__()
        self._cursor = Color.parse(cursor)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Take the colours away."""
        return [Segment(segment.text, self._plain(segment.style, background)) for segment in segments]

    def _plain(self, style: Style | None, background: Color) -> Style | None:
        if style is None:
            return None
        stands_out = style.bgcolor is not None and self._stands_out(style.bgcolor, background)
        return Style(
            bold=style.bold,
            italic=style.italic,
            underline=style.underline,
            strike=style.strike,
            reverse=bool(style.reverse) != stands_out,
            meta=style.meta,
        )

    def _stands_out(self, ground: RichColor, background: Color) -> bool:
        colour = Color.from_rich_color(ground)
        return colour.rgb == self._cursor.rgb or abs(colour.brightness - background.brightness) > _STANDS_OUT


class OnlyAscii(LineFilter):
    """Our shapes have ASCII twins; foreign letters become question marks of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Write every segment in ASCII."""
        return [
            segment if segment.text.isascii() else Segment(ascii_twin(segment.text), segment.style)
            for segment in segments
        ]


def ascii_twin(text: str) -> str:
    """The text in as many cells."""
    return "".join(char if char.isascii() else "?" * cell_len(char) for char in text.translate(_SHAPES))
