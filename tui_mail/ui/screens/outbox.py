"""Mail on its way: every message that is not yet filed, where it stands, and what can be done about it."""

from datetime import datetime

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui_mail.engine.messages import (
    Command,
    DecideOutbox,
    Done,
    DraftOpened,
    ListOutbox,
    Outbox,
    PostponeSend,
    Reply,
    SyncNow,
    UndoSend,
)
from tui_mail.model.errors import TuiMailError
from tui_mail.model.message import OutboxEntry, OutboxState
from tui_mail.ui import safe
from tui_mail.ui.asking import Asker
from tui_mail.ui.screens.page import Page
from tui_mail.ui.screens.question import Question
from tui_mail.ui.widgets.key_line import KeyLine
from tui_mail.ui.widgets.options import Options

_SENTENCES = {
    OutboxState.DELAYED: "Waits for its time.",
    OutboxState.QUEUED: "Waits for its turn.",
    OutboxState.PROTECTING: "Is being signed and encrypted.",
    OutboxState.READY: "Ready to leave; waits for the mail server.",
    OutboxState.SUBMITTING: "The mail server is taking it.",
    OutboxState.SENT: "Sent. A copy is being filed in Sent.",
    OutboxState.FILED: "Sent and filed.",
    OutboxState.FAILED: "Not sent.",
    OutboxState.UNKNOWN: "Nobody knows whether it was sent: the connection ended at the last moment.",
}
_TONES = {OutboxState.FAILED: "$text-error", OutboxState.UNKNOWN: "$text-warning", OutboxState.FILED: "$text-success"}
_WAITING = (OutboxState.DELAYED, OutboxState.QUEUED, OutboxState.READY, OutboxState.FAILED)
_DECIDABLE = (OutboxState.FAILED, OutboxState.UNKNOWN)

LOOK_SECONDS = 1.0
"""How often the engine is asked while the screen is open; the answer is small and comes from the disk."""


def entry_sentence(entry: OutboxEntry) -> str:
    """Where a message stands and what the person can do."""
    parts = [_SENTENCES[entry.state]]
    if entry.state is OutboxState.DELAYED:
        parts = [f"Leaves at {datetime.fromtimestamp(entry.due):%d %b %H:%M}.", "r sends it now, z takes it back."]
    if entry.state is OutboxState.SENT and entry.problem:
        return f"{entry.problem} It is tried again by itself."
    if entry.problem:
        parts.append(entry.problem)
    if entry.state is OutboxState.READY and entry.problem:
        parts.append("It is tried again by itself; r tries now, z makes it a draft again.")
    elif entry.state is OutboxState.FAILED:
        if entry.reached:
            parts[0] = f"Sent to {', '.join(entry.reached)}, and not to all."
            parts.append("r tries the others again, z writes to them anew, d leaves them out.")
        else:
            parts.append("r tries again, z makes it a draft again, d discards it.")
    elif entry.state is OutboxState.UNKNOWN:
        parts.append("Ask the recipient: w says it was sent, r sends it again, d discards it.")
    return " ".join(parts)


class OutboxScreen(Page[None]):
    """A list that follows what the engine does."""

    DEFAULT_CSS = """
    OutboxScreen { background: $background; }
    OutboxScreen #outbox-title { padding: 0 1; height: 1; background: $panel; color: $accent; text-style: bold; }
    OutboxScreen OptionList { height: 1fr; border: none; background: $background; padding: 0 1; }
    OutboxScreen #empty { padding: 1 2; color: $text-muted; height: 1fr; }
    """
    BINDINGS = [
        Binding("r", "decide('retry')", "Try again", tooltip="Send it once more"),
        Binding(
            "w", "decide('was-sent')", "It was sent", tooltip="You know that it was sent: file it, do not send it again"
        ),
        Binding("z", "undo", "Take back", tooltip="Take it back before it leaves"),
        Binding("d", "decide('discard')", "Discard", tooltip="Throw it away, after a question"),
        Binding("escape,q", "leave", "Back", key_display="Esc"),
        Binding("question_mark,f1", "app.keys_here", "Help", key_display="?", tooltip="Show these keys"),
    ]

    def __init__(self, client: Asker) -> None:
        super().__init__()
        self._client = client
        self._entries: tuple[OutboxEntry, ...] | None = None
        self._trouble = False

    def compose(self) -> ComposeResult:
        """Title, list or the sentence that it is empty, keys."""
        yield safe.static("Outbox", id="outbox-title")
        yield Options(id="entries", markup=False)
        yield safe.static("Nothing waits. Every message has left and is filed in Sent.", id="empty")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show what is there and follow what happens."""
        self._load()
        self.set_interval(LOOK_SECONDS, self._load)

    @work(exclusive=True, group="outbox")
    async def _load(self) -> None:
        try:
            entries_now = (await self._client.ask(ListOutbox(), Outbox)).entries
        except TuiMailError as error:
            if not self._trouble:
                safe.notify(self.app, str(error), "error")
            self._trouble = True
            return
        self._trouble = False
        if entries_now == self._entries or not self.query("#entries"):  # left meanwhile: what is in it goes before it
            return
        self._entries = entries_now
        entries = self.query_one("#entries", OptionList)
        chosen = entries.highlighted
        entries.clear_options()
        entries.add_options(Option(_face(entry)) for entry in self._entries)
        if self._entries:
            entries.highlighted = min(chosen or 0, len(self._entries) - 1)
        entries.display = bool(self._entries)
        self.query_one("#empty", Static).display = not self._entries
        self.refresh_bindings()

    @property
    def _chosen(self) -> OutboxEntry | None:
        index = self.query_one("#entries", OptionList).highlighted
        entries = self._entries or ()
        return entries[index] if index is not None and index < len(entries) else None

    def on_option_list_option_highlighted(self) -> None:
        """Other keys may apply now."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Failed and unknown messages ask for a decision, what waits may leave now; "was sent" is for the unknown."""
        entry = self._chosen
        if action == "undo":
            return entry is not None and entry.state in _WAITING
        if action != "decide":
            return True
        if entry is not None and entry.state in (OutboxState.DELAYED, OutboxState.READY):
            return parameters == ("retry",)
        if entry is None or entry.state not in _DECIDABLE:
            return False
        return parameters != ("was-sent",) or entry.state is OutboxState.UNKNOWN

    @work(exclusive=True, group="decide")
    async def action_decide(self, decision: str) -> None:
        """Tell the engine; ask first where a message would be lost or come twice."""
        entry = self._chosen
        if entry is None:
            return
        if entry.state is OutboxState.DELAYED:
            await self._ask(PostponeSend(entry.id, 0), Done)
            return
        if entry.state is OutboxState.READY:
            await self._ask(SyncNow(), Done)
            return
        question = _question(entry, decision)
        if question is not None and not await self.app.push_screen_wait(question):
            return
        await self._ask(DecideOutbox(entry.id, decision), Done)

    @work(exclusive=True, group="decide")
    async def action_undo(self) -> None:
        """Make it a draft again, and say where it is."""
        entry = self._chosen
        if entry is not None and await self._ask(UndoSend(entry.id), DraftOpened):
            safe.notify(self.app, "It is a draft again: D shows your drafts.")

    async def _ask(self, command: Command, kind: type[Reply]) -> bool:
        try:
            await self._client.ask(command, kind)
        except TuiMailError as error:
            safe.notify(self.app, str(error), "error")
            return False
        finally:
            self._load()
        return True

    def action_leave(self) -> None:
        """Back to where one was."""
        self.dismiss(None)


def _face(entry: OutboxEntry) -> Content:
    when = datetime.fromtimestamp(entry.created).strftime("%d %b %H:%M")
    return safe.join(
        [
            safe.join([(safe.clean(entry.subject) or "(no subject)", "bold"), (f"  {when}", "dim")]),
            safe.text(f"to {', '.join(entry.recipients)}", "dim"),
            (safe.clean(entry_sentence(entry)), _TONES.get(entry.state, "")),
        ],
        "\n",
    )


def _question(entry: OutboxEntry, decision: str) -> Question | None:
    if decision == "discard":
        if entry.reached:
            return Question(
                "Leave the others out? The message is filed as sent to those who have it.", action="Leave out"
            )
        return Question("Discard this message? It will not be sent and is not kept.", action="Discard it")
    if decision == "retry" and entry.state is OutboxState.UNKNOWN:
        return Question("It may arrive twice. Send it again?", action="Send again")
    return None
