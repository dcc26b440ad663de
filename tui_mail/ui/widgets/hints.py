"""The bottom line: the keys that make sense now, or a sentence for a moment. Each hint can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from tui_mail.ui.commands.command import Command
from tui_mail.ui.safe import MAX_SENTENCE, clean, join, text

SENTENCE_SECONDS = 6.0
TONES = {"info": "$foreground", "warning": "$warning", "error": "$bad"}


GAP = 2
"""Cells between two hints."""


def places(hints: Sequence[tuple[str, str]], width: int, kept: int | None) -> list[tuple[int, int, int]]:
    """(number, first cell, cell after it) of the hints (key, word) that fit into a line, the first ones first; room is
    left for the one that is `kept`, which stands last when others have to go."""
    cells = [len(key) + len(word) + 1 for key, word in hints]
    if kept is not None and 1 + sum(cells) + GAP * (len(cells) - 1) > width:
        order = [number for number in range(len(hints)) if number != kept]
        room = width - cells[kept] - GAP
    else:
        order, room, kept = list(range(len(hints))), width, None
    found = []
    used = 1
    for number in order:
        if used + cells[number] > room:
            break
        found.append((number, used, used + cells[number]))
        used += cells[number] + GAP
    if kept is not None and used + cells[kept] <= width:
        found.append((kept, used, used + cells[kept]))
    return found


def drawn(hints: Sequence[tuple[str, str]], shown: Sequence[tuple[int, int, int]]) -> Content:
    """The line of those hints."""
    parts = [
        join([text(hints[number][0], "bold $accent"), text(f" {hints[number][1]}", "$muted")]) for number, *_ in shown
    ]
    return join([" ", join(parts, " " * GAP)])


class Hints(Widget):
    """One line of keys; `say` puts a sentence there for some seconds."""

    DEFAULT_CSS = "Hints { height: 1; background: $panel; color: $muted; }"

    commands: reactive[Sequence[Command]] = reactive(())
    sentence: reactive[tuple[str, str]] = reactive(("", ""))

    class Chosen(Message):
        """A hint was clicked."""

        def __init__(self, command: Command) -> None:
            self.command = command
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._timer: Timer | None = None
        self._places: list[tuple[int, int, Command]] = []

    def say(self, sentence: str, level: str = "info") -> None:
        """Show a sentence instead of the keys; errors stay longer."""
        self.sentence = (level, clean(sentence)[:MAX_SENTENCE])
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SENTENCE_SECONDS * (2 if level == "error" else 1), self.silence)

    def has_room(self, sentence: str) -> bool:
        """Whether a sentence stands here in full."""
        return not self.size.width or cell_len(clean(sentence)) + 1 <= self.size.width

    def silence(self) -> None:
        """Back to the keys."""
        self.sentence = ("", "")

    def render(self) -> Content:
        """As many hints as fit, the first ones first, and how to find the others."""
        level, sentence = self.sentence
        self._places = []
        if sentence:
            return text(f" {sentence}", TONES.get(level, "$foreground")).truncate(self.size.width, ellipsis=True)
        commands = [command for command in self.commands if command.key_names]
        hints = [(command.key_names[0], command.footer) for command in commands]
        kept = next((number for number, command in enumerate(commands) if command.id == "help"), None)
        shown = places(hints, self.size.width, kept)
        self._places = [(start, end, commands[number]) for number, start, end in shown]
        return drawn(hints, shown)

    def on_click(self, event: Click) -> None:
        """Do what the hint says."""
        for start, end, command in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(command))
                return
        self.silence()


class Guide(Widget):
    """A line above the hints that stays until it is replaced: the demo's tour, or a banner about the engine."""

    DEFAULT_CSS = """
    Guide { height: auto; max-height: 3; display: none; padding: 0 1; background: $cursor; color: $bright; }
    Guide.problem { color: $warning; }
    """
    sentence: reactive[str] = reactive("", layout=True)

    def watch_sentence(self, sentence: str) -> None:
        """Without a sentence there is no line."""
        self.display = bool(sentence)

    def render(self) -> Content:
        """The sentence, wrapped by textual."""
        return text(self.sentence[:MAX_SENTENCE])
