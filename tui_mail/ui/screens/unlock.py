"""The door: one passphrase opens the mail and the keys."""

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui_mail.engine.messages import Unlock, Welcome
from tui_mail.model.errors import TuiMailError, WrongPassphrase
from tui_mail.ui import safe
from tui_mail.ui.asking import Asker
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Page


class UnlockScreen(Page[Welcome | None]):
    """Ends with the engine's `Welcome` when the passphrase was right, with None on Escape."""

    DEFAULT_CSS = """
    UnlockScreen { align: center middle; background: $background; }
    UnlockScreen > Vertical {
        width: 56; max-width: 100%; height: auto; max-height: 100%; padding: 1 2; background: $surface;
        border: round $primary;
    }
    UnlockScreen Input { margin: 1 0 0 0; background: $panel; }
    UnlockScreen #answer { height: auto; min-height: 1; margin-top: 1; color: $text-muted; }
    UnlockScreen #answer.-wrong { color: $text-error; }
    UnlockScreen.-low > Vertical { width: 100%; height: 100%; padding: 0 1; border: none; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [Binding("escape", "leave", "Leave")]

    def __init__(self, client: Asker) -> None:
        super().__init__()
        self._client = client

    def compose(self) -> ComposeResult:
        """Who is at the door, the passphrase, and the answer."""
        with Vertical() as box:
            safe.title(box, "tui-mail")
            yield safe.static(self._whose())
            yield Input(password=True, id="passphrase", compact=True)
            yield safe.static("Enter unlocks · Esc leaves", id="answer")

    def _whose(self) -> str:
        accounts = self._client.welcome.settings.accounts
        if accounts:
            return f"Passphrase for the mail of {accounts[0].address}"
        return "Passphrase of this profile"

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one("#passphrase", Input))  # at once: keys that were typed meanwhile belong there

    @on(Input.Submitted)
    def try_passphrase(self, event: Input.Submitted) -> None:
        """Enter."""
        if event.value:
            event.input.disabled = True
            self._say("One moment…")
            self._unlock(event.value)

    @work(exclusive=True)
    async def _unlock(self, passphrase: str) -> None:
        line = self.query_one("#passphrase", Input)
        try:
            welcome = await self._client.ask(Unlock(passphrase), Welcome)
        except WrongPassphrase:
            self._say("That is not the passphrase. Look at Caps Lock and the keyboard's language, and try again.", True)
        except TuiMailError as error:
            self._say(str(error), True)
        else:
            self.dismiss(welcome)
            return
        line.disabled = False
        line.value = ""
        line.focus()

    def _say(self, sentence: str, wrong: bool = False) -> None:
        answer = self.query_one("#answer", Static)
        answer.set_class(wrong, "-wrong")
        safe.update(answer, sentence)

    def action_leave(self) -> None:
        """Go without opening."""
        self.dismiss(None)
