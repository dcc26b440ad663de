"""Signing in at the provider of an account: an address, a code, and waiting until the person was there."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from tui_mail.engine.messages import AwaitSignIn, BeginSignIn, Done, SignInPage
from tui_mail.model.errors import TuiMailError
from tui_mail.ui import safe
from tui_mail.ui.screens.account_dialog import AccountDialog


class SignInScreen(AccountDialog):
    """Where to go, and the code to type there."""

    DEFAULT_CSS = """
    SignInScreen {
        & #code { color: $bright; text-style: bold; margin: 1 0; }
        & #page { height: auto; }
    }
    SignInScreen.-low #code { margin: 0; }
    """
    BINDINGS = [Binding("enter", "again", "Begin again")]

    def _question(self) -> str:
        return f"Sign in as {self._account.address}"

    def _asked_for(self) -> ComposeResult:
        yield safe.static("One moment…", id="page")
        yield safe.static(id="code")

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

    def action_again(self) -> None:
        """Another address and another code."""
        self._sign_in()
