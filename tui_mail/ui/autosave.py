"""Keeping what is being written: the engine gets it a second after typing rests, so that nothing that ends this
program can lose more than that second."""

from __future__ import annotations

from tui_mail.engine.messages import DiscardDraft, Done, DraftSaved, SaveDraft
from tui_mail.model.errors import TuiMailError
from tui_mail.model.message import Draft
from tui_mail.ui.asking import Asker

REST_SECONDS = 1.0


class Autosave:
    """One draft and its number in the store. `problem` says why it could not be kept, empty when it is."""

    def __init__(self, client: Asker, draft_id: int = 0) -> None:
        self.draft_id = draft_id
        self.problem = ""
        self._client = client
        self._kept: Draft | None = None

    async def keep(self, draft: Draft, *, closed: bool = False) -> bool:
        """Save when something changed, or when nobody writes on it any more; whether it is kept."""
        if draft == self._kept and not closed:
            return True
        try:
            saved = await self._client.ask(SaveDraft(draft, self.draft_id, closed), DraftSaved)
        except TuiMailError as error:
            self.problem = str(error)
            return False
        self.draft_id, self._kept, self.problem = saved.draft_id, draft, ""
        return True

    async def discard(self) -> None:
        """Remove it everywhere. Raises TuiMailError."""
        if self.draft_id:
            await self._client.ask(DiscardDraft(self.draft_id), Done)
            self.draft_id = 0
