"""Until when a message is put off: one of the usual moments, or any that is typed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from tui_mail.ui.safe import text
from tui_mail.ui.screens.pick import PickScreen
from tui_mail.ui.when import moment_in_words, said


class UntilScreen(PickScreen):
    """Ends with the position of a name, `TYPED` when a moment was typed (then it is in `moment`), or None."""

    TYPED = -1
    PLACEHOLDER = "or type: Mon 9:30, in 2 hours"

    def __init__(self, names: Sequence[str], notes: Sequence[str], now: datetime) -> None:
        super().__init__("Until when?", names, notes=notes)
        self._now = now
        self.moment: datetime | None = None

    def _found(self, typed: str) -> list[int]:
        self.moment = moment_in_words(typed, self._now) if typed.strip() else None
        found = super()._found(typed)
        return [self.TYPED, *found] if self.moment is not None and self.moment > self._now else found

    def _option(self, index: int) -> Content:
        if index != self.TYPED or self.moment is None:
            return super()._option(index)
        return text(f" Until {said(self.moment, self._now)}")
