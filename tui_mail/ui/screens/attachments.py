"""The attachments of the open message: type, size and name of each, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList

from tui_mail.model.message import AttachmentInfo
from tui_mail.ui.fit import fit, shortened
from tui_mail.ui.reader_lines import size_text
from tui_mail.ui.safe import clean, join, static
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Dialog
from tui_mail.ui.widgets.key_hints import KeyHints
from tui_mail.ui.widgets.options import Options

_NAME_COLUMNS = 44
_BESIDE_NAME = 18
_COLUMNS_FOR_TYPE = 76


class AttachmentsScreen(Dialog[None]):
    """Stays until it is left, so that one attachment after the other can be looked at.

    Args:
        attachments: what the message carries.
        actions: "preview", "save", "save-all" and "open", each called with the position of the chosen attachment.
    """

    DEFAULT_CSS = """
    AttachmentsScreen {
        align: center middle; background: transparent;
        & > Vertical {
            width: 84; max-width: 100%; height: auto; max-height: 90%; background: $surface; border: round $accent;
            padding: 0 1;
        }
        & #name { padding: 0 1; color: $bright; text-style: bold; }
        & OptionList, & OptionList:focus {
            border: none; height: auto; max-height: 16; background: $surface; padding: 0; margin: 1 0;
        }
        & #keys { padding: 0 1; color: $muted; }
    }
    AttachmentsScreen.-low > Vertical { border: none; width: 100%; height: 100%; max-height: 100%; }
    AttachmentsScreen.-low OptionList { height: 1fr; margin: 0; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [
        Binding("escape,q,left", "dismiss", "Close"),
        Binding("p,space", "do('preview')", "Look at it"),
        Binding("s", "do('save')", "Save"),
        Binding("a", "do('save-all')", "Save all"),
        Binding("o", "do('open')", "Open"),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]
    HINTS = ("Enter looks at it", "s saves", "a saves all", "o opens", "Esc closes")

    def __init__(self, attachments: Sequence[AttachmentInfo], actions: Mapping[str, Callable[[int], None]]) -> None:
        super().__init__()
        self._attachments = tuple(attachments)
        self._actions = actions

    def compose(self) -> ComposeResult:
        """Heading, files, keys."""
        count = len(self._attachments)
        with Vertical():
            yield static("1 attachment" if count == 1 else f"{count} attachments", id="name")
            yield Options(*(self._option(attachment) for attachment in self._attachments))
            yield KeyHints(*self.HINTS, id="keys")

    def on_mount(self) -> None:
        """The first one is chosen."""
        options = self.query_one(OptionList)
        options.highlighted = 0
        self.set_focus(options)  # at once: keys that were typed meanwhile belong there

    def on_option_list_option_selected(self) -> None:
        """Enter or a click."""
        self.action_do("preview")

    def action_do(self, action: str) -> None:
        """Do it with the chosen one."""
        chosen = self.query_one(OptionList).highlighted
        if chosen is not None:
            self._actions[action](chosen)

    def action_step(self, rows: int) -> None:
        """As the arrow keys."""
        options = self.query_one(OptionList)
        if rows > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def _option(self, attachment: AttachmentInfo) -> Content:
        columns = min(84, self.app.size.width)
        room = max(12, min(_NAME_COLUMNS, columns - _BESIDE_NAME))
        name = fit(" " + shortened(clean(attachment.name) or "unnamed", room - 2), room)
        media_type = f"  {attachment.type}" if columns >= _COLUMNS_FOR_TYPE else ""
        return join([name, (size_text(attachment.size_bytes).rjust(9), "$muted"), (media_type, "$muted")])
