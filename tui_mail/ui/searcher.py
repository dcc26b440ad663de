"""Searching beside the interface: in a thread, on a connection of its own. Of many wishes the newest is answered."""

from __future__ import annotations

import asyncio
import threading

from tui_mail.store.views import ReadStore


class Searcher:
    """Looks for words in one store, one search at a time."""

    def __init__(self, store: ReadStore) -> None:
        self._store = store
        self._twin: ReadStore | None = None
        self._turn = threading.Lock()
        self._newest = 0

    async def find(self, query: str, open_folder: int | None = None) -> list[int] | None:
        """The numbers of what matches, in order; None when something else was asked for meanwhile."""
        self._newest += 1
        wish = self._newest
        found = await asyncio.to_thread(self._find, query, open_folder, wish)
        return found if wish == self._newest else None

    def _find(self, query: str, open_folder: int | None, wish: int) -> list[int] | None:
        with self._turn:
            if wish != self._newest:
                return None
            if self._twin is None:
                self._twin = self._store.twin()
            return self._twin.find(query, open_folder)
