"""Choosing one thing from a list by typing parts of its name: a folder, an attachment, a command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList

from tui_mail.ui.fit import fit
from tui_mail.ui.safe import join, static, text
from tui_mail.ui.screens.page import Dialog, all_typed
from tui_mail.ui.widgets.options import Options

LOOSE = 3
"""From this rank on only the order of the letters fits; that counts when nothing fits better."""


def fits(typed: str, name: str) -> int | None:
    """How well what was typed fits a name (casefolded, other words behind it): 0 begins it, 1 begins one of its words,
    2 lies in it, 3 has its letters in order from the beginning of a word on (`arcv` for archive); None does not fit."""
    words = typed.casefold().split()
    if all(word in name for word in words):
        if not words or name.startswith(words[0]):
            return 0
        return 1 if f" {words[0]}" in name else 2
    loose = r"\b" + ".*?".join(map(re.escape, "".join(words)))
    return LOOSE if re.search(loose, name) else None


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
            width: 64; max-width: 100%; height: auto; max-height: 100%; background: $surface; border: round $accent;
            padding: 0 1;
        }
        & #question { padding: 0 1; color: $bright; text-style: bold; }
        & Input, & Input:focus { border: none; height: 1; background: $panel; padding: 0 1; margin: 1 0; }
        & #none { display: none; padding: 0 1; color: $muted; }
        & #none.-alone { display: block; }
        & OptionList { border: none; height: auto; max-height: 16; background: $surface; padding: 0; }
    }
    PickScreen.low > Vertical { border: none; height: 100%; max-height: 100%; }
    PickScreen.low Input { margin: 0; }
    PickScreen.low OptionList { height: 1fr; }
    """
    PLACEHOLDER = "type a part of it"
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
            yield Input(placeholder=self.PLACEHOLDER)
            yield Options()
            yield static("Nothing fits.", id="none")

    def on_mount(self) -> None:
        """All names to begin with."""
        self._filter("")
        self.set_focus(self.query_one(Input))  # at once: keys that were typed meanwhile belong there

    def on_resize(self) -> None:
        """A low terminal gets no frame."""
        low = self.size.height < 24
        self.set_class(low, "low")
        # The room for all of them stays while fewer are shown: nothing moves under the eye that types.
        room = None if low else min(len(self._names), 16)
        self.query_one(OptionList).styles.min_height = self.query_one("#none").styles.min_height = room

    def on_input_changed(self, event: Input.Changed) -> None:
        """Fewer names."""
        self._filter(event.value)

    async def action_take(self) -> None:
        """Take what is highlighted, of those that fit to what was typed."""
        await all_typed(self.query(Input))
        options = self.query_one(OptionList)
        typed = self.query_one(Input).value
        if typed != self._filtered:
            self._filter(typed)
        if options.highlighted is not None and options.highlighted < len(self._shown):
            self._take(self._shown[options.highlighted])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Clicked."""
        self._take(self._shown[event.option_index])

    async def action_step(self, rows: int) -> None:
        """Up or down while the typing goes on."""
        await all_typed(self.query(Input))
        options = self.query_one(OptionList)
        if rows > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_leave(self) -> None:
        """Nothing chosen."""
        self.dismiss(None)

    def _take(self, index: int) -> None:
        self.dismiss(index)

    def _filter(self, typed: str) -> None:
        self._filtered = typed
        self._shown = self._found(typed)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([self._option(i) for i in self._shown])
        options.display = bool(self._shown)
        self.query_one("#none").set_class(not self._shown, "-alone")
        if self._shown:
            chosen = self._chosen if not typed.strip() and self._chosen in self._shown else self._shown[0]
            options.highlighted = self._shown.index(chosen)

    def _found(self, typed: str) -> list[int]:
        """The positions of what fits, the best first."""
        ranks = [(rank, i) for i, name in enumerate(self._searched) if (rank := fits(typed, name)) is not None]
        clear = any(rank < LOOSE for rank, _i in ranks)
        return [i for rank, i in sorted(ranks) if rank < LOOSE or not clear]

    def _option(self, index: int) -> Content:
        name = " " + self._names[index]
        if not self._notes:
            return text(name)
        note = f" {self._notes[index]} "
        return join([fit(name, self._columns() - cell_len(note)), (note, "$accent")])

    def _columns(self) -> int:
        """Cells in a row of the list: what the frame and the scrollbar leave of the panel."""
        return max(20, min(64, self.size.width) - 6)
