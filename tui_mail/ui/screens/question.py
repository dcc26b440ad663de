"""A short question over the screen: one sentence and two answers."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from tui_mail.ui import safe
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Dialog


class Question(Dialog[bool]):
    """Asks; True for the action, False for going back, which Escape also means and which has the focus."""

    DEFAULT_CSS = """
    Question { align: center middle; background: transparent; }
    Question > Vertical {
        width: 60; max-width: 100%; height: auto; padding: 1 2; background: $panel; border: round $primary;
    }
    Question #question { width: 100%; margin-bottom: 1; }
    Question Horizontal { height: auto; align-horizontal: right; }
    Question Button { margin-left: 2; }
    Question.-low > Vertical { width: 100%; height: 100%; padding: 0 1; border: none; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [
        Binding("escape,n", "answer(False)", "Back"),
        Binding("y", "answer(True)", "Yes"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, *, action: str, back: str = "Back") -> None:
        super().__init__()
        self._question = question
        self._action = action
        self._back = back

    def compose(self) -> ComposeResult:
        """The sentence over the two buttons."""
        with Vertical():
            yield safe.static(self._question, id="question")
            with Horizontal():
                yield safe.button(self._back, id="back", compact=True)
                yield safe.button(self._action, id="action", variant="warning", compact=True)

    def on_mount(self) -> None:
        """The harmless answer is the one that Enter gives."""
        self.set_focus(self.query_one("#back", Button))  # at once: keys that were typed meanwhile belong there

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click or Enter."""
        self.dismiss(event.button.id == "action")

    def action_answer(self, answer: bool) -> None:
        """A key."""
        self.dismiss(answer)
