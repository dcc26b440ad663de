"""The frame of what a mail server wants to know of a person: what is asked, what the server said, and the answer."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Static

from tui_mail.model.account import Account
from tui_mail.ui import safe
from tui_mail.ui.asking import Asker
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Dialog


class AccountDialog(Dialog[bool]):
    """Ends with True when the account can receive again.

    Args:
        sentence: why it is asked, in the server's words or ours; foreign text.
    """

    DEFAULT_CSS = """
    AccountDialog {
        align: center middle; background: transparent;
        & > Vertical {
            width: 76; max-width: 100%; height: auto; background: $surface; border: round $accent; padding: 1 2;
        }
        & #question { color: $bright; text-style: bold; }
        & #answer { height: auto; min-height: 1; color: $muted; }
        & #answer.-wrong { color: $bad; }
    }
    AccountDialog.-low > Vertical { border: none; width: 100%; height: 100%; padding: 0 1; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [Binding("escape", "leave", "Cancel")]
    ANSWER = ""

    def __init__(self, client: Asker, account: Account, sentence: str = "") -> None:
        super().__init__()
        self._client = client
        self._account = account
        self._sentence = sentence

    def compose(self) -> ComposeResult:
        """The question, what the server said, what is asked for, the answer."""
        with Vertical():
            yield safe.static(self._question(), id="question")
            if self._sentence:
                yield safe.static(self._sentence)
            yield from self._asked_for()
            yield safe.static(self.ANSWER, id="answer")

    def _question(self) -> str:
        raise NotImplementedError

    def _asked_for(self) -> ComposeResult:
        """Between what the server said and the answer."""
        yield from ()

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        answer = self.query_one("#answer", Static)
        answer.set_class(wrong, "-wrong")
        safe.update(answer, sentence)

    def action_leave(self) -> None:
        """Receiving waits; K asks again."""
        self.dismiss(False)
