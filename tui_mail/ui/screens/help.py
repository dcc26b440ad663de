"""The help: every key from its command, every sign from its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui_mail.ui.commands.command import Command, Place, key_name
from tui_mail.ui.commands.register import COMMANDS
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.screens.story import StoryScreen
from tui_mail.ui.themes.glyphs import ENC_MEANING, ENC_TONE, SIG_MEANING, SIG_TONE, Glyphs
from tui_mail.ui.wrap import Line

GROUPS = ("Mail", "Read", "Write", "Security", "Program", "Move")
MOUSE = (
    ("Sig column", "Trust: who the signer is, and decide"),
    ("Message", "Choose it; once more reads it"),
    ("Column name", "Order by it; once more turns that round, a third time ends it"),
    ("Folder", "Open it"),
    ("Bottom line", "Do what the hint says"),
    ("Wheel", "Scroll the list or the message"),
)
_HERE = {Place.LIST: "In the list", Place.READER: "In the message"}


def help_screen(glyphs: Glyphs, place: Place = Place.LIST) -> StoryScreen:
    """The help as a panel; the keys of the place where the person is stand first."""
    return StoryScreen("Keys and signs", help_lines(glyphs, place))


def help_lines(glyphs: Glyphs, place: Place = Place.LIST) -> Iterator[Line]:
    """What can be done here, then everywhere, then elsewhere; the signs are what people ask about."""
    other = Place.READER if place is Place.LIST else Place.LIST
    yield ((_HERE[place], "heading"),)
    yield from _commands(command for command in COMMANDS if command.place is place)
    yield ()
    yield (("Sig", "heading"), ("  what is true of the signature", "muted"))
    for letter, meaning in SIG_MEANING:
        shape = glyphs.sig[letter]
        tone = SIG_TONE[letter]
        yield ((f"  {letter} {'' if shape == letter else shape}".ljust(8), tone), (meaning, "text"))
    yield ()
    yield (("Enc", "heading"), ("  whether it was encrypted", "muted"))
    for state, meaning in ENC_MEANING:
        yield ((f"  {glyphs.enc[state]}".ljust(8), ENC_TONE[state]), (meaning, "text"))
    for group in GROUPS:
        commands = [one for one in COMMANDS if one.group == group and one.place is Place.ANYWHERE]
        if commands:
            yield ()
            yield ((group, "heading"), ("  everywhere", "muted"))
            yield from _commands(commands)
    yield ()
    yield ((_HERE[other], "heading"),)
    yield from _commands(command for command in COMMANDS if command.place is other)
    yield ()
    yield (("While you write", "heading"),)
    yield from binding_lines(ComposeScreen.BINDINGS)
    yield ()
    yield (("Mouse", "heading"),)
    for where, what in MOUSE:
        yield _key_line(where, what)


def keys_of(screen: Screen[object]) -> StoryScreen:
    """The keys of a screen that is not the mail."""
    return StoryScreen("Keys", [*binding_lines(type(screen).BINDINGS)])


def binding_lines(bindings: Iterable[BindingType]) -> Iterator[Line]:
    """A line for each key that has something to say; those of the footer and those beside it."""
    for binding in bindings:
        if isinstance(binding, Binding) and (binding.tooltip or (binding.show and binding.description)):
            keys = "  ".join(key_name(key) for key in binding.key.split(",") if key != "ctrl+enter")
            yield _key_line(keys, binding.tooltip or binding.description)


def _commands(commands: Iterable[Command]) -> Iterator[Line]:
    for command in commands:
        yield _key_line("  ".join(command.key_names), command.name)


def _key_line(keys: str, what: str) -> Line:
    return ((f"  {keys}".ljust(16) + ("" if len(keys) < 14 else " "), "accent"), (what, "text"))
