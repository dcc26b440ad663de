"""The files that will travel with a draft, one line of them; Delete takes the chosen one away."""

import mimetypes
from pathlib import Path

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui_mail.model.errors import UsageError
from tui_mail.model.message import DraftAttachment
from tui_mail.model.typed_path import is_folder
from tui_mail.ui import safe

MAX_ATTACHMENT_BYTES = 50_000_000


def size_words(size_bytes: int) -> str:
    """A size for people: 900 bytes, 12 kB, 3.4 MB."""
    if size_bytes < 1_000:
        return f"{size_bytes} bytes"
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1_000:.0f} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"


def attachment_from(path: Path) -> DraftAttachment:
    """The attachment for a file that can be read. Raises UsageError with a sentence when it cannot."""
    try:
        if is_folder(path):
            raise UsageError(f"{path.name} is a folder. Choose a file in it.")
        size_bytes = path.stat().st_size
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.") from None
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read: {error.strerror}.") from None
    if size_bytes > MAX_ATTACHMENT_BYTES:
        raise UsageError(f"{path.name} has {size_words(size_bytes)}; mail carries up to 50 MB. Share it another way.")
    kind, encoding = mimetypes.guess_type(path.name)
    return DraftAttachment(str(path), path.name, kind if kind and not encoding else "application/octet-stream")


class AttachmentList(Static, can_focus=True):
    """Shows the attachments in one or two lines; hidden while there are none."""

    BINDINGS = [
        Binding("left,up", "choose(-1)", "Previous", show=False),
        Binding("right,down", "choose(1)", "Next", show=False),
        Binding("delete,backspace", "remove", "Remove"),
    ]

    class Removed(Message):
        """One attachment was taken away."""

    def __init__(self, attachments: tuple[DraftAttachment, ...], *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self.attachments = list(attachments)
        self.chosen = 0

    def on_mount(self) -> None:
        """Draw the first state."""
        self._draw()

    def on_focus(self) -> None:
        """Show which one Delete would take."""
        self._draw(focused=True)

    def on_blur(self) -> None:
        """Nothing is chosen any more."""
        self._draw(focused=False)

    def add(self, attachment: DraftAttachment) -> None:
        """Put one more at the end."""
        self.attachments.append(attachment)
        self._draw()

    def action_choose(self, step: int) -> None:
        """Move the choice."""
        self.chosen = max(0, min(len(self.attachments) - 1, self.chosen + step))
        self._draw()

    def action_remove(self) -> None:
        """Take the chosen one away."""
        if self.attachments:
            del self.attachments[self.chosen]
            self.chosen = max(0, min(self.chosen, len(self.attachments) - 1))
            if not self.attachments:
                self.screen.focus_next()
            self._draw()
            self.post_message(self.Removed())

    def _draw(self, focused: bool | None = None) -> None:
        self.display = bool(self.attachments)
        focused = self.has_focus if focused is None else focused
        parts: list[Content | str | tuple[str, str]] = []
        for index, attachment in enumerate(self.attachments):
            name = safe.clean(attachment.name)
            style = "reverse" if focused and index == self.chosen else "bold"
            parts.append(safe.join([(f" {name} ", style), (_size_of(attachment), "dim")]))
        safe.update(self, safe.join(parts, "  "))


def _size_of(attachment: DraftAttachment) -> str:
    if not attachment.path:
        return size_words(attachment.size_bytes)
    try:
        return size_words(Path(attachment.path).stat().st_size)
    except OSError:
        return "gone"
