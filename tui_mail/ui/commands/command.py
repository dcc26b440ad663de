"""The shape of a command, and what is made of it: key bindings, footer, palette, help, and the README's key table."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

if TYPE_CHECKING:
    from tui_mail.ui.screens.mail import MailScreen

_ARROWS = {"up": "↑", "down": "↓", "left": "←", "right": "→"}
_KEY_NAMES = {
    **_ARROWS,
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "asterisk": "*",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "home": "Home",
    "end": "End",
    "delete": "Del",
    "backspace": "Backspace",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "underscore": "_",
    "comma": ",",
    "full_stop": ".",
    "plus": "+",
    "minus": "-",
    "exclamation_mark": "!",
    "number_sign": "#",
    "equals_sign": "=",
    "semicolon": ";",
    "at": "@",
    "dollar_sign": "$",
    "percent_sign": "%",
}


NO_KEY = "none"
"""What stands for the keys of a command whose keys were all given to others; no keyboard has it."""


class Place(StrEnum):
    """Where a command's keys work."""

    LIST = "list"
    READER = "reader"
    ANYWHERE = "anywhere"


class Command:
    """One thing that a person can do.

    Attributes:
        id: a word, unique.
        keys: textual's key names, comma separated; a keymap gives the one instance others.
        name: what it does, for the palette and the help.
        footer: one word for the line of hints, empty to stay out of it.
        group: the heading in the help.
        otherwise: what is said when it makes no sense now; empty where that goes without saying.
        needs_keys: with locked keys the passphrase is asked for first.
        needs_text: it concerns the open text; while a message is being opened, it waits for that.
    """

    id: ClassVar[str]
    keys: str
    name: ClassVar[str]
    footer: ClassVar[str] = ""
    group: ClassVar[str] = "Move"
    place: ClassVar[Place] = Place.ANYWHERE
    otherwise: ClassVar[str] = ""
    needs_keys: ClassVar[bool] = False
    needs_text: ClassVar[bool] = False

    def available(self, mail: MailScreen) -> bool:
        """Whether it makes sense now; the footer and the palette leave it out otherwise."""
        return True

    def run(self, mail: MailScreen) -> None:
        """Do it."""
        raise NotImplementedError

    @property
    def key_names(self) -> tuple[str, ...]:
        """The keys as people read them."""
        return tuple(key_name(key) for key in self.keys.split(",") if key != NO_KEY)


def name_arrows(*, in_words: bool) -> None:
    """Call the arrow keys by words where there are no arrows to show: a v or a > would be taken for another key."""
    _KEY_NAMES.update({key: key.capitalize() if in_words else arrow for key, arrow in _ARROWS.items()})


def key_name(key: str) -> str:
    """textual's name of a key as it stands on the keyboard."""
    if key.startswith("ctrl+"):
        return "Ctrl+" + key_name(key[5:]).upper()
    if key.startswith("alt+"):
        return "Alt+" + key_name(key[4:])
    if key.startswith("shift+"):
        return "Shift+" + key_name(key[6:])
    return _KEY_NAMES.get(key, key.upper() if key[1:].isdigit() else key)


def bindings(commands: Iterable[Command], *places: Place) -> list[BindingType]:
    """The key bindings of the commands that belong to these places."""
    return [
        Binding(type(command).keys, f"screen.command('{command.id}')", command.name, show=False, id=command.id)
        for command in commands
        if command.place in places
    ]


def key_table(commands: Iterable[Command]) -> str:
    """The keys as a Markdown table, for the README."""
    lines = ["| Key | What it does |", "|---|---|"]
    for command in commands:
        keys = " ".join(f"`{name}`" for name in command.key_names)
        where = {Place.LIST: " (in the list)", Place.READER: " (in the reader)", Place.ANYWHERE: ""}[command.place]
        lines.append(f"| {keys} | {command.name}{where} |")
    return "\n".join(lines) + "\n"
