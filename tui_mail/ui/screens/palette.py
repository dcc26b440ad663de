"""The palette: every command by its name, and a line as it is typed behind a colon (`move Junk`, `sort date`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from tui_mail.ui.commands.typed import Typed, command_named
from tui_mail.ui.safe import text
from tui_mail.ui.screens.pick import PickScreen


class PaletteScreen(PickScreen):
    """Ends with the position of a command, `LINE` when the line itself was meant (then it is in `line`), or None.

    Args:
        names, notes, aliases: as for every choice.
        understood: what a whole line means.
    """

    LINE = -1
    PLACEHOLDER = "its name, or like: move Junk"

    def __init__(
        self,
        names: Sequence[str],
        notes: Sequence[str],
        aliases: Sequence[str],
        understood: Callable[[str], Typed | None],
    ) -> None:
        super().__init__("Commands", names, notes=notes, aliases=aliases)
        self._words = tuple(words.split() for words in aliases)
        self._understood = understood
        self.line: Typed | None = None

    def _take(self, index: int) -> None:
        if index != self.LINE or (self.line is not None and self.line.run is not None):
            self.dismiss(index)  # else it lacks something, and stays to be mended

    def _found(self, typed: str) -> list[int]:
        self.line = self._understood(typed)
        if self.line is not None:
            return [self.LINE]
        exact = command_named(typed)
        meant = [i for i, words in enumerate(self._words) if exact in words]
        return [*meant, *(i for i in super()._found(typed) if i not in meant)]

    def _option(self, index: int) -> Content:
        if index != self.LINE or self.line is None:
            return super()._option(index)
        return text(f" {self.line.sentence}", "" if self.line.run else "$warning")
