"""The palettes as themes of textual, with the names that our style sheet uses."""

from collections.abc import Mapping

from textual.theme import Theme

from tui_mail.ui.themes.palette import PALETTES, is_dark

PREFIX = "tui-mail-"


def themes(palettes: Mapping[str, dict[str, str]] = PALETTES) -> list[Theme]:
    """All themes; their names are those of the settings with a prefix."""
    return [_theme(name, colours) for name, colours in palettes.items()]


def _theme(name: str, colours: dict[str, str]) -> Theme:
    return Theme(
        name=PREFIX + name,
        primary=colours["accent"],
        secondary=colours["accent"],
        accent=colours["accent"],
        warning=colours["warning"],
        error=colours["bad"],
        success=colours["good"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        dark=is_dark(colours),
        variables={
            "muted": colours["muted"],
            "faint": colours["faint"],
            "bright": colours["bright"],
            "cursor": colours["cursor"],
            "good": colours["good"],
            "warning": colours["warning"],  # as it is: textual's arithmetic makes it darker by one
            "bad": colours["bad"],
            "block-cursor-background": colours["cursor"],
            "block-cursor-foreground": colours["bright"],
            "block-cursor-text-style": "bold",
            "block-cursor-blurred-background": colours["cursor"],
            "block-cursor-blurred-foreground": colours["bright"],
            "block-cursor-blurred-text-style": "bold",
            "input-selection-background": colours["cursor"],
            "border": colours["faint"],
            "scrollbar": colours["faint"],
            "scrollbar-hover": colours["muted"],
            "scrollbar-active": colours["accent"],
            "scrollbar-background": colours["background"],
            "scrollbar-background-hover": colours["background"],
            "scrollbar-background-active": colours["background"],
            "scrollbar-corner-color": colours["background"],
        },
    )
