"""The same palettes for terminals of 256 and of 16 colours, chosen by hand: what a formula takes for our dark greys is
black, navy and teal there, and in sixteen colours the row under the cursor was as white as the screen.

Each value stands in the terminal's own table, so that it arrives there as it is written here."""

from __future__ import annotations

TRUE_COLOUR = 1 << 24

_256 = {
    # dark: the terminal's own greys
    "#12151b": "#121212",
    "#171b22": "#1c1c1c",
    "#1e232c": "#262626",
    "#28303d": "#3a3a3a",
    # light
    "#fbfaf7": "#ffffff",
    "#f4f2ed": "#f0f0f0",
    "#eae7e0": "#e8e8e8",
}
_16 = {
    # dark
    "#12151b": "#000000",
    "#171b22": "#000000",
    "#1e232c": "#000000",
    "#28303d": "#0000aa",
    "#d5dae3": "#aaaaaa",
    "#f2f4f8": "#ffffff",
    "#7f8a9c": "#aaaaaa",
    "#636f84": "#555555",
    "#6cb6ff": "#55ffff",
    "#7fcf9a": "#55ff55",
    "#e6b45c": "#ffff55",
    "#f07a78": "#ff5555",
    # light
    "#fbfaf7": "#ffffff",
    "#f4f2ed": "#ffffff",
    "#eae7e0": "#ffffff",
    "#dbe6f3": "#55ffff",
    "#2b303a": "#000000",
    "#0d1016": "#000000",
    "#6b7280": "#555555",
    "#85827a": "#aaaaaa",
    "#0a62b8": "#0000aa",
    "#1d7a46": "#00aa00",
    "#94630a": "#aa5500",
    "#b8292f": "#aa0000",
    # high contrast
    "#1a1a1a": "#000000",
    "#00409c": "#0000aa",
    "#d0d0d0": "#aaaaaa",
    "#a0a0a0": "#aaaaaa",
    "#59d0ff": "#55ffff",
    "#5cff8f": "#55ff55",
    "#ffd83d": "#ffff55",
    "#ff7b7b": "#ff5555",
}


def fewer(colours: dict[str, str], depth: int) -> dict[str, str]:
    """A palette for a terminal that knows `depth` colours; 0 means that none are sent, whatever it knows. A person's
    own colours stay as they are."""
    if depth == 0 or depth >= TRUE_COLOUR:
        return colours
    table = _256 if depth >= 256 else _16
    return {name: table.get(colour, colour) for name, colour in colours.items()}
