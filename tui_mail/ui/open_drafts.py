"""The messages that are being written in this terminal and were put aside, to look at the mailbox or to write another.

The law: such a screen stays alive as it is, so that text, cursor, undo and focus are there when it comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.app import App
from textual.dom import DOMNode

if TYPE_CHECKING:
    from tui_mail.ui.screens.compose import ComposeScreen


class OpenDrafts:
    """Those put aside, the longest first.

    Args:
        sent: told the outbox number of each message that was sent, None for one that was closed.
        changed: told that there are more or fewer.
    """

    def __init__(self, app: App[int], sent: Callable[[int | None], None], changed: Callable[[], None]) -> None:
        self.aside: list[ComposeScreen] = []
        self._app = app
        self._sent = sent
        self._changed = changed

    @property
    def unsent(self) -> list[ComposeScreen]:
        """Those in which something was written."""
        return [screen for screen in self.aside if screen.unsent]

    def begin(self, screen: ComposeScreen) -> None:
        """Show a composer that is new."""
        self._app.push_screen(screen, self._sent)

    def put_aside(self, screen: ComposeScreen) -> None:
        """Show what is beneath it."""
        self._app.install_screen(screen, _name(screen))
        self.aside.append(screen)
        self._app.pop_screen()
        self._changed()

    def go_on(self, screen: ComposeScreen) -> None:
        """Show one again."""
        self.aside.remove(screen)
        self._app.uninstall_screen(screen)  # from now on it ends when it is left
        self._app.push_screen(screen, self._sent)
        screen.update_node_styles(animate=False)  # the colours may be others by now
        self._changed()

    def go_to_next(self, screen: ComposeScreen) -> bool:
        """From one to the one that waits longest; whether there is another."""
        if not self.aside:
            return False
        following = self.aside[0]
        self.put_aside(screen)
        self.go_on(following)
        return True

    def numbered(self, draft_id: int) -> ComposeScreen | None:
        """The one that is kept under this number."""
        return next((screen for screen in self.aside if draft_id and screen.draft_id == draft_id), None)


def _name(screen: DOMNode) -> str:
    return f"draft-{id(screen)}"


def draft_name(subject: str, recipients: Sequence[str]) -> str:
    """A line by which people know a message that they are writing."""
    return f"{subject or '(no subject)'} · {', '.join(recipients)}"


def counted(number: int) -> str:
    """How many drafts are open, in words; nothing for none."""
    return f"{number} open draft{'' if number == 1 else 's'}" if number else ""
