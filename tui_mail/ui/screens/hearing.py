"""What the engine tells while it works: where it stands on the main screen, and who is called."""

from __future__ import annotations

from tui_mail.engine.messages import (
    Connection,
    Event,
    LockChanged,
    NewMail,
    Notice,
    OutboxChanged,
    Progress,
    StoreChanged,
)
from tui_mail.model.message import OutboxState
from tui_mail.ui.new_mail_call import desktop_call, terminal_call, words
from tui_mail.ui.screens.reader_actions import ReaderActions
from tui_mail.ui.widgets.hints import Guide
from tui_mail.ui.widgets.progress import bar


class Hearing(ReaderActions):
    """The part of the main screen that listens."""

    def __init__(self) -> None:
        super().__init__()
        self._ready = False
        self._tasks: dict[str, Progress] = {}
        self._states: dict[str, str] = {}

    def _mark_stale(self) -> None:
        """The store has changed."""
        raise NotImplementedError

    def hear(self, event: Event) -> None:
        """Everything that the engine tells."""
        if isinstance(event, StoreChanged):
            self._mark_stale()
        elif isinstance(event, Notice):
            if event.level == "guide":
                self._guide(event.sentence)
            else:
                self.say(event.sentence, event.level)
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, NewMail):
            self.say(f"{words(event.count)}.")
            self._call(event.count)
        elif isinstance(event, OutboxChanged):
            if event.entry.state in (OutboxState.FAILED, OutboxState.UNKNOWN):
                self.say(f"{event.entry.problem} Press o for the outbox.", "error")
            elif event.entry.state is OutboxState.SENT:
                self.say(event.entry.problem or "Sent.", "warning" if event.entry.problem else "info")
        elif isinstance(event, LockChanged):
            self.status.locked = event.locked
            self._mark_stale()
        elif isinstance(event, Connection):
            self._states[event.account] = event.state
            states = set(self._states.values())
            worst = next((state for state in ("offline", "connecting", "online") if state in states), "")
            self.status.state = worst
            if event.password_refused and self.app.screen is self and not self.status.locked:
                self.ask_server_password(event.account, event.sentence)
            elif event.state == "offline" and event.sentence:
                self.say(event.sentence, "warning")

    def _call(self, count: int) -> None:
        """Let people who look elsewhere know, as the settings say."""
        kind = self.mail_app.settings.notify
        self.mail_app.send_raw(terminal_call(kind, count))
        if kind == "desktop":
            self.run_worker(desktop_call(count), group="call", exclusive=True, exit_on_error=False)

    def _progress(self, event: Progress) -> None:
        if event.total and event.done >= event.total:
            self._tasks.pop(event.task, None)
        else:
            self._tasks[event.task] = event
        latest = next(reversed(self._tasks.values()), None)
        if latest is None:
            self.status.busy = ""
        elif latest.total:
            self.status.busy = f"{latest.sentence} {bar(latest.done, latest.total, self.mail_app.settings.ascii)}"
        else:
            self.status.busy = f"{latest.sentence} {latest.done:,}" if latest.done else latest.sentence

    def engine_gone(self, sentence: str) -> None:
        """Say so, and that it is being looked for. What it did and how it stood with the servers is over."""
        self._tasks.clear()
        self._states.clear()
        self.status.busy = self.status.state = ""
        if self._ready:
            self.query_one(Guide).add_class("problem")
            self._guide(sentence)

    def engine_here(self, *, locked: bool) -> None:
        """All is well again."""
        if self._ready:
            self.status.locked = locked
            guide = self.query_one(Guide)
            if guide.has_class("problem"):
                guide.remove_class("problem")
                self._guide("")

    def _guide(self, sentence: str) -> None:
        self.query_one(Guide).sentence = sentence
