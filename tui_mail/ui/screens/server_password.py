"""The password of a mail server: asked for when the server refuses the one that is kept, or when it has changed."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input

from tui_mail.engine.messages import Done, SetPassword
from tui_mail.model.errors import TuiMailError
from tui_mail.ui import safe
from tui_mail.ui.screens.account_dialog import AccountDialog


class ServerPasswordScreen(AccountDialog):
    """The servers try the new password; the vault keeps it from then on."""

    DEFAULT_CSS = """
    ServerPasswordScreen {
        & Input, & Input:focus { border: none; height: 1; background: $panel; padding: 0 1; margin: 1 0; }
    }
    """
    ANSWER = "Enter tries it and keeps it in the vault, Esc leaves."

    def _question(self) -> str:
        return f"Password of {self._account.address} on {self._account.imap.host}"

    def _asked_for(self) -> ComposeResult:
        yield Input(password=True, id="password")

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
