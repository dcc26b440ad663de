"""Which keys the commands have: plain ones, those of vim or emacs, and what a person has written into [keys]."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tui_mail.ui.commands.command import NO_KEY, Command, Place, key_name

KEYMAPS: dict[str, dict[str, str]] = {
    "plain": {},
    "vim": {
        "first-row": "g,home",
        "text-start": "g,home",
        "next-page": "ctrl+d,ctrl+f,pagedown,space",
        "previous-page": "ctrl+b,pageup",
        "read-on": "ctrl+d,ctrl+f,space,pagedown",
        "read-back": "ctrl+b,pageup,b",
        "folder": "ctrl+o",
        "undo": "u,z",
        "unread": "ctrl+n",
        "fold": "o,right",
        "outbox": "O",
    },
    "emacs": {
        "next-row": "ctrl+n,down",
        "previous-row": "ctrl+p,up",
        "scroll-down": "ctrl+n,down",
        "scroll-up": "ctrl+p,up",
        "next-page": "ctrl+v,pagedown,space",
        "previous-page": "alt+v,pageup",
        "read-on": "ctrl+v,space,pagedown",
        "read-back": "alt+v,pageup",
        "first-row": "alt+less_than_sign,home",
        "last-row": "alt+greater_than_sign,end",
        "text-start": "alt+less_than_sign,home",
        "text-end": "alt+greater_than_sign,end",
        "search": "ctrl+s,slash",
        "back": "ctrl+g,escape,left",
        "palette": "alt+x,colon",
        "undo": "ctrl+underscore,z",
    },
}
"""What differs from the keys in the commands themselves, by the command's id."""

MAX_KEYS = 8
MEND = "Give it another in [keys] of settings.toml."
_KEY = re.compile(r"(?:(?:ctrl|alt|shift)\+)*(?:[a-z0-9]|[A-Z]|[a-z_]{2,24}[0-9]?|f[0-9]{1,2})\Z")
_SIGNS = {
    "?": "question_mark", "/": "slash", ":": "colon", "*": "asterisk", ".": "full_stop", ",": "comma", "+": "plus",
    "-": "minus", "#": "number_sign", "!": "exclamation_mark", "<": "less_than_sign", ">": "greater_than_sign",
    "=": "equals_sign", "_": "underscore", ";": "semicolon", "@": "at", "$": "dollar_sign", "%": "percent_sign",
    "del": "delete", "esc": "escape", "pgup": "pageup", "pgdn": "pagedown",
}  # fmt: skip


def chosen_keys(
    commands: Iterable[Command], keymap: str, own: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The keys of every command, textual's names with commas between, and a sentence for each thing that is wrong.

    Args:
        keymap: a name in `KEYMAPS`; another is said and is as "plain".
        own: a person's, by command; keys with spaces between. What is wrong there leaves the command its keys.
    """
    commands = list(commands)
    problems: list[str] = []
    chosen: dict[str, list[str]] = {}
    if keymap not in KEYMAPS:
        problems.append(f"There is no keymap {keymap!r}; there are {', '.join(KEYMAPS)}.")
    keys = {command.id: KEYMAPS.get(keymap, {}).get(command.id, type(command).keys) for command in commands}
    for name, typed in own.items():
        if name not in keys:
            problems.append(f"[keys] There is no command {name!r}; `:` lists them all.")
            continue
        words = typed.split()[:MAX_KEYS]
        wrong = [word for word in words if not _KEY.match(_key(word))]
        if wrong or not words:
            problems.append(f"[keys] {name}: {(wrong or ['nothing'])[0]!r} is no key.")
            continue
        keys[name] = ",".join(map(_key, words))
        chosen[name] = keys[name].split(",")
    problems += _make_way(commands, keys, chosen)
    for place in (Place.LIST, Place.READER):
        taken: dict[str, str] = {}
        for command in commands:
            if command.place not in (place, Place.ANYWHERE):
                continue
            for key in keys[command.id].split(","):
                sentence = f"The key {key_name(key)} is given to {taken.get(key)} and to {command.id}. {MEND}"
                if key in taken and sentence not in problems:
                    problems.append(sentence)
                taken.setdefault(key, command.id)
    return keys, tuple(problems)


def _make_way(commands: list[Command], keys: dict[str, str], chosen: Mapping[str, list[str]]) -> list[str]:
    """A key that a person gave to one command is taken from those that have it by themselves; a sentence for each that
    has none left."""
    problems = []
    places = {command.id: command.place for command in commands}
    for name, given in chosen.items():
        for other in keys.keys() - chosen.keys():
            if Place.ANYWHERE not in (places[name], places[other]) and places[name] is not places[other]:
                continue
            left = [key for key in keys[other].split(",") if key not in given]
            if not left:
                lost = " ".join(map(key_name, keys[other].split(",")))
                problems.append(f"{lost} is {name} now; {other} has no key left. {MEND}")
            keys[other] = ",".join(left) or NO_KEY
    return sorted(problems)


def _key(word: str) -> str:
    head, plus, last = word.rpartition("+")
    if not head and word == "+":
        plus, last = "", "+"
    named = _SIGNS.get(last.lower() if len(last) > 1 else last, last if len(last) == 1 else last.lower())
    return f"{head.lower()}{plus}{named}"


def give_keys(commands: Iterable[Command], keys: Mapping[str, str]) -> None:
    """Let every command know its keys: footer, help, palette and bindings ask it."""
    for command in commands:
        command.keys = keys[command.id]
