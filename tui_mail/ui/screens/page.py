"""What stands before the person: a page takes the whole terminal, a dialog lies over what was there.

The law: it is left once. A second key, typed before the first has taken it away, must not take away what lies beneath:
textual's `dismiss` removes whatever is uppermost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

R = TypeVar("R")


async def all_typed(fields: Iterable[Widget]) -> None:
    """Wait until every field has taken the keys that were typed into it: each has a queue of its own, and a key that
    acts at once would be done before the letters that came before it."""
    taken = []
    for field in fields:
        taken.append(asyncio.Event())
        field.call_later(taken[-1].set)
    await asyncio.gather(*(one.wait() for one in taken))


class Page(Screen[R]):
    """Ends with an `R`."""

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """Leave with a result, and close without one what stands over it; nothing when it has been left before."""
        if self not in self.app.screen_stack:
            return AwaitComplete()
        while self.app.screen is not self:
            self.app.screen.dismiss()
        # What was begun is asked for; an answer that comes before this has gone finds nobody to act on it.
        asyncio.get_running_loop().call_soon(self.workers.cancel_node, self)
        return super().dismiss(result)


class Dialog(Page[R], ModalScreen[R]):
    """Ends with an `R`; what lies beneath is seen and gets no keys."""

    BINDINGS = [Binding("f1,question_mark", "app.keys_here", show=False)]
