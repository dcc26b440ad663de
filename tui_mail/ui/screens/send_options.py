"""How one message leaves: when, with which wishes, in which form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import DescendantFocus
from textual.widgets import Checkbox, Input, Static

from tui_mail.ui.safe import clean, label, static, update
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Dialog, all_typed
from tui_mail.ui.when import EXAMPLES, moment_in_words, said
from tui_mail.ui.widgets.key_hints import KeyHints
from tui_mail.ui.widgets.switches import CheckSwitch

MEANINGS = {
    "at": "It waits in the outbox until then; o shows it there, z takes it back.",
    "receipt": "Their programs offer to tell you that your mail was read. They may decline.",
    "separate": "Who has an old program gets a message of their own; for all others the safest way is taken.",
    "legacy": "An encrypted mail hides its subject. Old programs show it only where it stands in the text too.",
}
"""What each option means, said while the keys are on it."""


@dataclass(frozen=True, slots=True)
class SendOptions:
    """What was chosen. `at` is what was typed, empty for at once; the others are fields of Draft and Protection."""

    at: str = ""
    ask_receipt: bool = False
    separate: bool = False
    legacy_display: bool = False


class SendOptionsScreen(Dialog[SendOptions | None]):
    """Ends with the options, None on Escape."""

    DEFAULT_CSS = """
    SendOptionsScreen {
        align: center middle; background: transparent;
        & > Vertical {
            width: 76; max-width: 100%; height: auto; background: $surface; border: round $accent; padding: 1 2;
        }
        & #question { color: $bright; text-style: bold; margin-bottom: 1; }
        & .label { color: $muted; }
        & Input, & Input:focus { border: none; height: 1; background: $panel; padding: 0 1; }
        & #moment { height: auto; min-height: 1; margin-bottom: 1; }
        & CheckSwitch { margin: 0; }
        & #about { height: 2; color: $muted; margin-top: 1; }
        & #keys { color: $muted; margin-top: 1; }
    }
    SendOptionsScreen.-low > Vertical { border: none; width: 100%; height: 100%; padding: 0 1; }
    SendOptionsScreen.-low #question, SendOptionsScreen.-low #moment { margin: 0; }
    SendOptionsScreen.-low #keys { margin: 0; }
    SendOptionsScreen.-low #about { display: none; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [
        Binding("escape", "leave", "Cancel"),
        Binding("ctrl+s,f5", "take_typed", "Take", show=False, priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, options: SendOptions) -> None:
        super().__init__()
        self._options = options

    def compose(self) -> ComposeResult:
        """The time, three switches, the keys."""
        options = self._options
        with Vertical():
            yield static("Options for this message", id="question")
            yield label("Send later; empty: at once", classes="label")
            yield Input(clean(options.at), id="at", select_on_focus=False, placeholder=EXAMPLES)
            yield static("", id="moment")
            yield CheckSwitch("Ask the readers for a receipt", options.ask_receipt, id="receipt", compact=True)
            yield CheckSwitch("Separate messages for old programs", options.separate, id="separate", compact=True)
            yield CheckSwitch("The subject in the text too", options.legacy_display, id="legacy", compact=True)
            yield static("", id="about")
            yield KeyHints("Enter takes them", "Space switches", "Esc leaves all as it was", id="keys")

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one(Input))  # at once: keys that were typed meanwhile belong there
        self._tell()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """What it means."""
        update(self.query_one("#about", Static), MEANINGS.get(event.widget.id or "", ""))

    @on(Input.Changed)
    def _tell(self) -> None:
        """Say which moment is meant while it is typed."""
        typed, now = self._typed(), datetime.now().astimezone()
        moment = moment_in_words(typed, now)
        sentence = (
            "" if not typed else f"It leaves {said(moment, now)}." if moment else f"No time to come; try {EXAMPLES}."
        )
        update(self.query_one("#moment", Static), sentence)

    def _typed(self) -> str:
        return self.query_one(Input).value.strip()

    def on_input_submitted(self) -> None:
        """Enter."""
        self.action_take()

    def key_enter(self) -> None:
        """Enter on a switch takes too: Space switches."""
        self.action_take()

    async def action_take_typed(self) -> None:
        """A key that acts at once."""
        await all_typed(self.query(Input))
        self.action_take()

    def action_take(self) -> None:
        """Take them, unless the time makes no sense."""
        typed = self._typed()
        if typed and moment_in_words(typed, datetime.now().astimezone()) is None:
            self.query_one(Input).focus()
            return
        self.dismiss(
            SendOptions(
                typed,
                self.query_one("#receipt", Checkbox).value,
                self.query_one("#separate", Checkbox).value,
                self.query_one("#legacy", Checkbox).value,
            )
        )

    def action_leave(self) -> None:
        """Nothing changes."""
        self.dismiss(None)
