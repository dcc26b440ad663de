"""Signing in at the provider of an account: an address, a code, and waiting until the person was there."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Static

from tui_mail.engine.messages import AwaitSignIn, BeginSignIn, Done, SignInPage
from tui_mail.model.account import Account
from tui_mail.model.errors import TuiMailError
from tui_mail.ui import safe
from tui_mail.ui.asking import Asker
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Dialog


class SignInScreen(Dialog[bool]):
    """Ends with True when the person has signed in."""

    DEFAULT_CSS = """
    SignInScreen {
        align: center middle; background: transparent;
        & > Vertical {
            width: 76; max-width: 100%; height: auto; background: $surface; border: round $accent; padding: 1 2;
        }
        & #question, & #code { color: $bright; text-style: bold; }
        & #code { margin: 1 0; }
        & #page { height: auto; }
        & #answer { height: auto; min-height: 1; color: $muted; }
        & #answer.-wrong { color: $bad; }
    }
    SignInScreen.-low > Vertical { border: none; width: 100%; height: 100%; padding: 0 1; }
    SignInScreen.-low #code { margin: 0; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [Binding("escape", "leave", "Cancel"), Binding("enter", "again", "Begin again")]

    def __init__(self, client: Asker, account: Account, sentence: str = "") -> None:
        super().__init__()
        self._client = client
        self._account = account
        self._sentence = sentence

    def compose(self) -> ComposeResult:
        """What the server said, where to go, the code to type there."""
        with Vertical():
            yield safe.static(f"Sign in as {self._account.address}", id="question")
            if self._sentence:
                yield safe.static(self._sentence)
            yield safe.static("One moment…", id="page")
            yield safe.static(id="code")
            yield safe.static(id="answer")

    def on_mount(self) -> None:
        """Begin at once."""
        self._sign_in()

    @work(exclusive=True)
    async def _sign_in(self) -> None:
        try:
            page = await self._client.ask(BeginSignIn(self._account), SignInPage)
            self._show(page)
            await self._client.ask(AwaitSignIn(self._account.id), Done)
        except TuiMailError as error:
            self._say(f"{error} Enter begins again, Esc leaves.", wrong=True)
            return
        safe.notify(self.app, "You are signed in.")
        self.dismiss(True)

    def _show(self, page: SignInPage) -> None:
        where = "Open this address on any device and type the code:" if page.code else (
            "Open this address in a browser on this computer:"
        )  # fmt: skip
        safe.update(self.query_one("#page", Static), f"{where}\n{page.url}")
        safe.update(self.query_one("#code", Static), page.code)
        self._say("It goes on by itself when you have signed in. Esc leaves.")

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        answer = self.query_one("#answer", Static)
        answer.set_class(wrong, "-wrong")
        safe.update(answer, sentence)

    def action_again(self) -> None:
        """Another address and another code."""
        self._sign_in()

    def action_leave(self) -> None:
        """Receiving waits; K asks again."""
        self.dismiss(False)
