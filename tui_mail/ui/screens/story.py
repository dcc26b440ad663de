"""A panel with a text that scrolls: the help, and the story of a message's protection."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from tui_mail.ui.safe import static
from tui_mail.ui.screens.page import Dialog
from tui_mail.ui.widgets.pane import Pane
from tui_mail.ui.wrap import Line


class StoryScreen(Dialog[None]):
    """Any key that leaves, leaves."""

    DEFAULT_CSS = """
    StoryScreen {
        align: center middle; background: transparent;
        & > Vertical {
            width: 92; max-width: 100%; height: 90%; background: $surface; border: round $faint; padding: 1 1 0 1;
        }
        & #name { padding: 0 2 1 2; color: $accent; text-style: bold; }
        & Pane { background: $surface; }
        & #leave { padding: 0 2; color: $muted; }
    }
    StoryScreen.low > Vertical { border: none; height: 100%; padding: 0; }
    StoryScreen.low #name { padding: 0 2; }
    """
    BINDINGS = [
        Binding("escape,q,enter,i,question_mark,f1,left", "dismiss", "Close"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("space,pagedown", "page(1)", show=False),
        Binding("pageup,b", "page(-1)", show=False),
        Binding("home", "edge(0)", show=False),
        Binding("end,G", "edge(1)", show=False),
    ]

    def __init__(self, name: str, lines: Iterable[Line]) -> None:
        super().__init__()
        self._name_shown = name
        self._lines = tuple(lines)

    def compose(self) -> ComposeResult:
        """Name, text, how to leave."""
        with Vertical():
            yield static(self._name_shown, id="name")
            yield Pane(self._lines)
            yield static("Esc closes", id="leave")

    def on_resize(self) -> None:
        """A low terminal gets the text without a frame."""
        self.set_class(self.size.height < 24, "low")

    def action_scroll(self, lines: int) -> None:
        """Up or down."""
        self.query_one(Pane).scroll_lines(lines)

    def action_page(self, pages: int) -> None:
        """Pages."""
        self.query_one(Pane).scroll_pages(pages)

    def action_edge(self, last: int) -> None:
        """Beginning or end."""
        self.query_one(Pane).scroll_to_edge(last=bool(last))
