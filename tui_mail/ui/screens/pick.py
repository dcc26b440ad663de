"""Choosing one thing from a list by typing a part of its name: a folder, an attachment."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList

from tui_mail.ui.safe import static, text


class PickScreen(ModalScreen[int | None]):
    """Ends with the position of the chosen name, or None."""

    DEFAULT_CSS = """
    PickScreen {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 56; max-width: 100%; height: auto; max-height: 90%; background: $surface; border: round $accent;
            padding: 0 1;
        }
        & #question { padding: 0 1; color: $bright; text-style: bold; }
        & Input { border: none; height: 1; background: $panel; padding: 0 1; margin: 1 0; }
        & OptionList { border: none; height: auto; max-height: 16; background: $surface; padding: 0; }
    }
    PickScreen.low > Vertical { border: none; height: 100%; max-height: 100%; }
    PickScreen.low Input { margin: 0; }
    PickScreen.low OptionList { height: 1fr; }
    """
    BINDINGS = [
        Binding("escape", "leave", "Cancel"),
        Binding("down", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
    ]

    def __init__(self, question: str, names: Sequence[str], chosen: int = 0) -> None:
        super().__init__()
        self._question = question
        self._names = tuple(names)
        self._chosen = chosen
        self._shown: list[int] = []

    def compose(self) -> ComposeResult:
        """Question, filter, names."""
        with Vertical():
            yield static(self._question, id="question")
            yield Input(placeholder="type a part of the name")
            yield OptionList()

    def on_mount(self) -> None:
        """All names to begin with."""
        self._filter("")
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        """A low terminal gets no frame."""
        self.set_class(self.size.height < 24, "low")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Fewer names."""
        self._filter(event.value)

    def on_input_submitted(self) -> None:
        """Take the highlighted one."""
        options = self.query_one(OptionList)
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

    def _filter(self, part: str) -> None:
        wanted = part.casefold().strip()
        self._shown = [i for i, name in enumerate(self._names) if wanted in name.casefold()]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([text(" " + self._names[i]) for i in self._shown])
        if self._shown:
            start = self._shown.index(self._chosen) if not wanted and self._chosen in self._shown else 0
            options.highlighted = start
