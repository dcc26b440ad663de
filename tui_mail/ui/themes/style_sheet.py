"""A style sheet that reads nothing twice: neither its sources for the colours that it knows, nor "bold $accent".

Textual's reads all sources anew whenever somebody might have changed a colour, at the start two or three times, and
loads a parser of markup for the first style with a name.
"""

from __future__ import annotations

from textual.cache import LRUCache
from textual.color import Color
from textual.css.stylesheet import Stylesheet
from textual.style import Style

MAX_KNOWN_SOURCES = 1024
"""Parsed sources that are kept: a few for every screen and widget there is."""


class KnownStyles(Stylesheet):
    """Behaves as textual's own."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(MAX_KNOWN_SOURCES)
        self._known_variables = variables

    def set_variables(self, variables: dict[str, str]) -> None:
        """Other colours; what is known is kept while they are the same."""
        if variables != self._known_variables:
            self._known_variables = variables
            super().set_variables(variables)

    def reparse(self) -> None:
        """Read what is not known for these colours. A source with a fault leaves the rules as they were."""
        self.parse()

    def parse_style(self, style_text: str | Style) -> Style:
        """The style that a text names."""
        if isinstance(style_text, str) and style_text not in self._style_parse_cache:
            simple = simple_style(style_text, self._known_variables)
            if simple is not None:
                self._style_parse_cache[style_text] = simple
        return super().parse_style(style_text)


def simple_style(text: str, colours: dict[str, str]) -> Style | None:
    """The style "$NAME" or "bold $NAME", where NAME is a plain colour; None for any other text."""
    name = text.removeprefix("bold ")
    colour = colours.get(name[1:], "") if name.startswith("$") else ""
    if len(colour) != 7 or not colour.startswith("#"):
        return None
    return Style(foreground=Color.parse(colour), bold=True if name != text else None)
