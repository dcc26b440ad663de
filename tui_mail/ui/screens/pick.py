"""Choosing one thing from a list by typing parts of its name: a folder, an attachment, a command."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList

from tui_mail.ui.safe import fit, join, static, text
from tui_mail.ui.screens.page import Dialog


class PickScreen(Dialog[int | None]):
    """Ends with the position of the chosen name, or None.

    Args:
        question: what is chosen.
        names: the choices, foreign text.
        chosen: the position that is highlighted at first.
        notes: what stands at the right edge beside each name, such as its key.
        aliases: other words by which each choice is found.
    """

    DEFAULT_CSS = """
    PickScreen {
        align: center middle; background: transparent;
        & > Vertical {
            width: 64; max-width: 100%; height: auto; max-height: 90%; background: $surface; border: round $accent;
            padding: 0 1;
        }
        & #question { padding: 0 1; color: $bright; text-style: bold; }
        & Input, & Input:focus { border: none; height: 1; background: $panel; padding: 0 1; margin: 1 0; }
        & #none { padding: 0 1; color: $muted; }
        & OptionList { border: none; height: auto; max-height: 16; background: $surface; padding: 0; }
    }
    PickScreen.low > Vertical { border: none; height: 100%; max-height: 100%; }
    PickScreen.low Input { margin: 0; }
    PickScreen.low OptionList { height: 1fr; }
    """
    BINDINGS = [
        Binding("escape", "leave", "Cancel"),
        # Priority: what is typed after it is meant for what comes next, and must not reach the line to type in.
        Binding("enter", "take", show=False, priority=True),
        Binding("down", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
    ]

    def __init__(
        self,
        question: str,
        names: Sequence[str],
        chosen: int = 0,
        *,
        notes: Sequence[str] = (),
        aliases: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._question = question
        self._names = tuple(names)
        self._notes = tuple(notes)
        self._searched = tuple(
            f"{name} {alias}".casefold() for name, alias in zip_longest(names, aliases, fillvalue="")
        )
        self._chosen = chosen
        self._shown: list[int] = []
        self._filtered = ""

    def compose(self) -> ComposeResult:
        """Question, filter, names."""
        with Vertical():
            yield static(self._question, id="question")
            yield Input(placeholder="type a part of it")
            yield OptionList()
            yield static("Nothing fits.", id="none")

    def on_mount(self) -> None:
        """All names to begin with."""
        self._filter("")
        self.set_focus(self.query_one(Input))  # at once: keys that were typed meanwhile belong there

    def on_resize(self) -> None:
        """A low terminal gets no frame."""
        self.set_class(self.size.height < 24, "low")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Fewer names."""
        self._filter(event.value)

    def action_take(self) -> None:
        """Take what is highlighted, of those that fit to what stands in the line now."""
        options = self.query_one(OptionList)
        typed = self.query_one(Input).value
        if typed != self._filtered:
            self._filter(typed)
        if options.highlighted is not None and options.highlighted < len(self._shown):
            self.dismiss(self._shown[options.highlighted])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Clicked."""
        self.dismiss(self._shown[event.option_index])

    def action_step(self, rows: int) -> None:
        """Up or down while the typing goes on."""
        options = self.query_one(OptionList)
        if rows > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_leave(self) -> None:
        """Nothing chosen."""
        self.dismiss(None)

    def _filter(self, typed: str) -> None:
        self._filtered = typed
        words = typed.casefold().split()
        found = [i for i, name in enumerate(self._searched) if all(word in name for word in words)]
        # What begins with the first word comes before what merely holds it.
        self._shown = sorted(found, key=lambda i: bool(words) and not self._searched[i].startswith(words[0]))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([self._option(i) for i in self._shown])
        self.query_one("#none").display = not self._shown
        if self._shown:
            options.highlighted = self._shown.index(self._chosen) if not words and self._chosen in self._shown else 0

    def _option(self, index: int) -> Content:
        name = " " + self._names[index]
        if not self._notes:
            return text(name)
        note = f" {self._notes[index]} "
        return join([fit(name, self._columns() - cell_len(note)), (note, "$accent")])

    def _columns(self) -> int:
        """Cells in a row of the list: what the frame and the scrollbar leave of the panel."""
        return max(20, min(64, self.size.width) - 6)
