"""The bottom line: the keys that make sense now, or a sentence for a moment. Each hint can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

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

    def silence(self) -> None:
        """Back to the keys."""
        self.sentence = ("", "")

    def render(self) -> Content:
        """As many hints as fit, the first ones first."""
        level, sentence = self.sentence
        self._places = []
        if sentence:
            return text(f" {sentence}", TONES.get(level, "$foreground")).truncate(self.size.width, ellipsis=True)
        width = self.size.width
        parts: list[Content] = []
        used = 1
        for command in self.commands:
            key = command.key_names[0]
            cells = len(key) + len(command.footer) + 1
            if used + cells > width:
                break
            parts.append(join([text(key, "bold $accent"), text(f" {command.footer}", "$muted")]))
            self._places.append((used, used + cells, command))
            used += cells + 3
        return join([" ", join(parts, "   ")])

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
