"""The password of a mail server: asked for when the server refuses the one that is kept, or when it has changed."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui_mail.engine.messages import Done, SetPassword
from tui_mail.model.account import Account
from tui_mail.model.errors import TuiMailError
from tui_mail.ui import safe
from tui_mail.ui.asking import Asker
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Dialog


class ServerPasswordScreen(Dialog[bool]):
    """Ends with True when the servers took the new password, which the vault keeps from then on."""

    DEFAULT_CSS = """
    ServerPasswordScreen {
        align: center middle; background: transparent;
        & > Vertical {
            width: 66; max-width: 100%; height: auto; background: $surface; border: round $accent; padding: 1 2;
        }
        & #question { color: $bright; text-style: bold; }
        & Input, & Input:focus { border: none; height: 1; background: $panel; padding: 0 1; margin: 1 0; }
        & #answer { height: auto; min-height: 1; color: $muted; }
        & #answer.-wrong { color: $bad; }
    }
    ServerPasswordScreen.-low > Vertical { border: none; width: 100%; height: 100%; padding: 0 1; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [Binding("escape", "leave", "Cancel")]

    def __init__(self, client: Asker, account: Account, sentence: str = "") -> None:
        super().__init__()
        self._client = client
        self._account = account
        self._sentence = sentence

    def compose(self) -> ComposeResult:
        """What the server said, the line to type into, the answer."""
        with Vertical():
            yield safe.static(f"Password of {self._account.address} on {self._account.imap.host}", id="question")
            if self._sentence:
                yield safe.static(self._sentence)
            yield Input(password=True, id="password")
            yield safe.static("Enter tries it and keeps it in the vault, Esc leaves.", id="answer")

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one(Input))  # at once: keys that were typed meanwhile belong there

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        if event.value:
            event.input.disabled = True
            self._say("One moment…")
            self._try(event.value)

    @work(exclusive=True)
    async def _try(self, password: str) -> None:
        try:
            await self._client.ask(SetPassword(self._account.id, password), Done)
        except TuiMailError as error:
            self._say(str(error), wrong=True)
            line = self.query_one(Input)
            line.disabled = False
            line.value = ""
            line.focus()
            return
        safe.notify(self.app, "The new password works and is kept in the vault.")
        self.dismiss(True)

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        answer = self.query_one("#answer", Static)
        answer.set_class(wrong, "-wrong")
        safe.update(answer, sentence)

    def action_leave(self) -> None:
        """Receiving waits; K asks again."""
        self.dismiss(False)
