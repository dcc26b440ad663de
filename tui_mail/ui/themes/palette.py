"""The colours of each theme as hex digits. One accent; the other strong colours belong to verdicts alone."""

from __future__ import annotations

DARK = {
    "background": "#12151b",
    "surface": "#171b22",
    "panel": "#1e232c",
    "cursor": "#28303d",
    "foreground": "#d5dae3",
    "bright": "#f2f4f8",
    "muted": "#7f8a9c",
    "faint": "#4b5466",
    "accent": "#6cb6ff",
    "good": "#7fcf9a",
    "warning": "#e6b45c",
    "bad": "#f07a78",
}

LIGHT = {
    "background": "#fbfaf7",
    "surface": "#f4f2ed",
    "panel": "#eae7e0",
    "cursor": "#dbe6f3",
    "foreground": "#2b303a",
    "bright": "#0d1016",
    "muted": "#6b7280",
    "faint": "#b4b1a8",
    "accent": "#0a62b8",
    "good": "#1d7a46",
    "warning": "#94630a",
    "bad": "#b8292f",
}

CONTRAST = {
    "background": "#000000",
    "surface": "#000000",
    "panel": "#1a1a1a",
    "cursor": "#00409c",
    "foreground": "#ffffff",
    "bright": "#ffffff",
    "muted": "#d0d0d0",
    "faint": "#a0a0a0",
    "accent": "#59d0ff",
    "good": "#5cff8f",
    "warning": "#ffd83d",
    "bad": "#ff7b7b",
}

PALETTES = {"dark": DARK, "light": LIGHT, "high-contrast": CONTRAST}


def palette(theme: str) -> dict[str, str]:
    """The colours of a theme; an unknown name gets the dark one."""
    return PALETTES.get(theme, DARK)
