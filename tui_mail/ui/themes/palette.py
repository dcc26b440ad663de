"""The colours of each theme as hex digits. One accent; the other strong colours belong to verdicts alone."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost 7 ms before the first picture
if TYPE_CHECKING:
    from collections.abc import Mapping

DARK = {
    "background": "#12151b",
    "surface": "#171b22",
    "panel": "#1e232c",
    "cursor": "#28303d",
    "foreground": "#d5dae3",
    "bright": "#f2f4f8",
    "muted": "#7f8a9c",
    "faint": "#636f84",
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
    "faint": "#85827a",
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
READ = ("foreground", "bright", "accent", "good", "warning", "bad")
"""What is said in these colours has to be read on every background."""
MIN_CONTRAST = 3.0
"""Of WCAG 2.1 section 1.4.11; ours have more."""
MAX_NAME = 24

Palette = dict[str, str]


def palette(theme: str, own: Mapping[str, Mapping[str, str]] | None = None) -> Palette:
    """The colours of a theme; an unknown name gets the dark one."""
    return palettes(own or {})[0].get(theme, DARK)


def palettes(own: Mapping[str, Mapping[str, str]]) -> tuple[dict[str, Palette], tuple[str, ...]]:
    """Ours and a person's ``[themes.NAME]``, and a sentence for each of those that cannot be used. One names the
    theme that it changes (`base`) and the colours that are different, as ``#rrggbb``."""
    found, problems = dict(PALETTES), []
    for name, given in own.items():
        problem = _problem(name, given)
        if problem:
            problems.append(f"[themes.{name[:MAX_NAME]}] {problem}")
        else:
            changes = {key: value.lower() for key, value in given.items() if key != "base"}
            found[name] = PALETTES[given.get("base", "dark")] | changes
    return found, tuple(problems)


def _problem(name: str, given: Mapping[str, str]) -> str:
    if name in PALETTES or not 0 < len(name) <= MAX_NAME or not name.replace("-", "a").isalnum() or not name.isascii():
        return "is no name for a theme: letters, digits and hyphens, and not one of ours."
    if given.get("base", "dark") not in PALETTES:
        return f"base is one of {', '.join(PALETTES)}."
    for key, value in given.items():
        if key != "base" and key not in DARK:
            return f"There is no colour {key!r}; there are {', '.join(DARK)}."
        if key != "base" and not _is_colour(value):
            return f"{key}: a colour is written like #6cb6ff."
    colours = PALETTES[given.get("base", "dark")] | dict(given)
    for ground in ("background", "surface", "panel", "cursor"):
        for key in READ:
            if contrast(colours[key], colours[ground]) < MIN_CONTRAST:
                return f"{key} cannot be read on {ground}: they are too much alike."
    return ""


def _is_colour(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(digit in "0123456789abcdefABCDEF" for digit in text[1:])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def is_dark(colours: Mapping[str, str]) -> bool:
    """Light text on a dark ground."""
    return _luminance(colours["background"]) < _luminance(colours["foreground"])


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
