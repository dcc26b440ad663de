"""One line to type the place of a file that is going to be written."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from tui_mail.ui.safe import clean, static
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Dialog


class AskPath(Dialog[str | None]):
    """Ends with the path as it was typed, None on Escape."""

    DEFAULT_CSS = """
    AskPath {
        align: center middle; background: transparent;
        & > Vertical {
            width: 76; max-width: 100%; height: auto; background: $surface; border: round $accent; padding: 0 1;
        }
        & #question { padding: 0 1; color: $bright; text-style: bold; }
        & Input, & Input:focus { border: none; height: 1; background: $panel; padding: 0 1; margin: 1 0; }
        & #keys { padding: 0 1; color: $muted; }
    }
    AskPath.-low > Vertical { border: none; width: 100%; height: 100%; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [Binding("escape", "leave", "Cancel")]
    EMPTY_COUNTS = False
    HINT = "Enter saves, Esc leaves; a file that is there is never overwritten."

    def __init__(self, question: str, path: str) -> None:
        super().__init__()
        self._question = question
        self._path = path

    def compose(self) -> ComposeResult:
        """Question, path, keys."""
        with Vertical():
            yield static(self._question, id="question")
            yield Input(clean(self._path), select_on_focus=False)
            yield static(self.HINT, id="keys")

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one(Input))  # at once: keys that were typed meanwhile belong there

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it."""
        value = event.value.strip()
        self.dismiss(value if value or self.EMPTY_COUNTS else None)

    def action_leave(self) -> None:
        """Nothing."""
        self.dismiss(None)
