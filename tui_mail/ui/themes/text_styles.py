"""How the styles of a text look, in colours of the palette: for the style sheet and for what is painted before it."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """Names of colours and one attribute; the reader's own where empty."""

    colour: str = ""
    ground: str = ""
    attribute: str = ""

    @property
    def rules(self) -> str:
        """It as declarations of a style sheet."""
        colour = f"color: ${self.colour};" if self.colour else ""
        ground = f" background: ${self.ground};" if self.ground else ""
        return colour + ground + (f" text-style: {self.attribute};" if self.attribute else "")


LOOKS = {
    "text": Look(),
    "bright": Look("bright", attribute="bold"),
    "subject": Look("bright", attribute="bold"),
    "bold": Look(attribute="bold"),
    "italic": Look(attribute="italic"),
    "muted": Look("muted"),
    "faint": Look("faint"),
    "accent": Look("accent"),
    "good": Look("good"),
    "warning": Look("warning"),
    "bad": Look("bad"),
    "quote": Look("muted"),
    "heading": Look("bright", attribute="bold"),
    "link": Look("accent", attribute="underline"),
    "code": Look("bright", ground="panel"),
    "signature": Look("muted"),
}
