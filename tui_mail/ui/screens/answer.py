"""Answering an invitation: who will read it, and three answers."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from tui_mail.model.invitation import Answer, Invitation
from tui_mail.ui import safe
from tui_mail.ui.invitation_lines import when
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Dialog

_NAMES = {"accept": Answer.ACCEPTED, "tentative": Answer.TENTATIVE, "decline": Answer.DECLINED}


class AnswerScreen(Dialog[Answer | None]):
    """Ends with the answer; Escape gives none, and nothing leaves."""

    DEFAULT_CSS = """
    AnswerScreen { align: center middle; background: transparent; }
    AnswerScreen > Vertical {
        width: 64; max-width: 100%; height: auto; padding: 1 2; background: $panel; border: round $primary;
    }
    AnswerScreen #question { width: 100%; margin-bottom: 1; }
    AnswerScreen #keys { width: 100%; color: $muted; margin-bottom: 1; }
    AnswerScreen Horizontal { height: auto; align-horizontal: right; }
    AnswerScreen Button { margin-left: 1; min-width: 6; }
    AnswerScreen.-low > Vertical { width: 100%; height: 100%; padding: 0 1; border: none; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [
        Binding("escape,q", "answer('')", "Back"),
        Binding("a", "answer('accept')", "Accept"),
        Binding("t", "answer('tentative')", "Perhaps"),
        Binding("d", "answer('decline')", "Decline"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, invitation: Invitation) -> None:
        super().__init__()
        self._invitation = invitation

    def compose(self) -> ComposeResult:
        """What, when, to whom the answer goes, and the buttons."""
        invitation = self._invitation
        host = invitation.organizer.spec if invitation.organizer is not None else ""
        with Vertical():
            question = f"{invitation.summary}\n{when(invitation)}\n\nYour answer goes to {host} as a mail."
            yield safe.static(question, id="question")
            yield safe.static("a accepts, t perhaps, d declines.", id="keys")
            with Horizontal():
                yield safe.button("Back", id="back", compact=True)
                yield safe.button("Decline", id="decline", compact=True)
                yield safe.button("Perhaps", id="tentative", compact=True)
                yield safe.button("Accept", id="accept", variant="success", compact=True)

    def on_mount(self) -> None:
        """The harmless answer is the one that Enter gives."""
        self.set_focus(self.query_one("#back", Button))  # at once: keys that were typed meanwhile belong there

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click or Enter."""
        self.action_answer(event.button.id or "")

    def action_answer(self, name: str) -> None:
        """A key."""
        self.dismiss(_NAMES.get(name))
