"""The help: every key from its command, every sign from its meaning."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding

from tui_mail.ui.commands.command import Place
from tui_mail.ui.commands.register import COMMANDS
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.screens.story import StoryScreen
from tui_mail.ui.themes.glyphs import ENC_MEANING, ENC_TONE, SIG_MEANING, SIG_TONE, Glyphs
from tui_mail.ui.wrap import Line

GROUPS = ("Mail", "Read", "Write", "Security", "Program", "Move")
MOUSE = (
    ("Sig column", "Trust: who the signer is, and decide"),
    ("Message", "Choose it; once more reads it"),
    ("Column name", "Order by it; once more ends that"),
    ("Folder", "Open it"),
    ("Bottom line", "Do what the hint says"),
    ("Wheel", "Scroll the list or the message"),
)
_WHERE = {Place.LIST: " (in the list)", Place.READER: " (in the reader)", Place.ANYWHERE: ""}


def help_screen(glyphs: Glyphs) -> StoryScreen:
    """The help as a panel."""
    return StoryScreen("Keys and signs", help_lines(glyphs))


def help_lines(glyphs: Glyphs) -> Iterator[Line]:
    """Signs first: they are what people ask about."""
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
        yield ()
        yield ((group, "heading"),)
        for command in COMMANDS:
            if command.group == group:
                keys = "  ".join(command.key_names)
                yield ((f"  {keys}".ljust(16), "accent"), (command.name + _WHERE[command.place], "text"))
    yield ()
    yield (("While you write", "heading"),)
    for binding in ComposeScreen.BINDINGS:
        if isinstance(binding, Binding) and binding.show:
            yield ((f"  {binding.key_display}".ljust(16), "accent"), (binding.tooltip or binding.description, "text"))
    yield ()
    yield (("Mouse", "heading"),)
    for place, what in MOUSE:
        yield ((f"  {place}".ljust(16), "accent"), (what, "text"))
