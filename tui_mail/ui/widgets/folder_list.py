"""The folders at the side, with what is unread in them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_mail.model.folder import Folder, FolderRole
from tui_mail.ui.fit import fit
from tui_mail.ui.safe import clean
from tui_mail.ui.themes.glyphs import UNICODE, Glyphs

_ORDER = (
    FolderRole.INBOX,
    FolderRole.SNOOZED,
    FolderRole.DRAFTS,
    FolderRole.SENT,
    FolderRole.ARCHIVE,
    FolderRole.NONE,
    FolderRole.ALL,
    FolderRole.JUNK,
    FolderRole.TRASH,
)
_NAMES = {
    FolderRole.INBOX: "Inbox",
    FolderRole.SNOOZED: "Snoozed",
    FolderRole.DRAFTS: "Drafts",
    FolderRole.SENT: "Sent",
    FolderRole.ARCHIVE: "Archive",
    FolderRole.JUNK: "Junk",
    FolderRole.TRASH: "Trash",
}
MAX_DEPTH = 6

ALL_INBOXES = 0
"""The number of the folder that is no folder: the inboxes of all accounts as one."""


def with_all_inboxes(folders: Sequence[Folder]) -> tuple[Folder, ...]:
    """The folders, with one for all inboxes before them where there are several."""
    inboxes = [folder for folder in folders if folder.role is FolderRole.INBOX]
    if len(inboxes) < 2:
        return tuple(folders)
    total, unread = sum(one.total for one in inboxes), sum(one.unread for one in inboxes)
    every = Folder(ALL_INBOXES, "", "All inboxes", FolderRole.NONE, total=total, unread=unread)
    return (every, *folders)


def folder_order(folders: Sequence[Folder]) -> list[Folder]:
    """The folders of each account together: inbox first, those with a role, the rest by name, junk and trash last."""
    return sorted(folders, key=lambda folder: (folder.account, _ORDER.index(folder.role), folder.name.casefold()))


def folder_name(folder: Folder, parents: frozenset[str] = frozenset()) -> str:
    """What a folder is called here, cleaned: its role's name, or its own; below a shown parent the last part."""
    if folder.role in _NAMES and (folder.role is FolderRole.INBOX or folder.delimiter not in folder.name):
        return _NAMES[folder.role]
    above = _above(folder)
    return clean(folder.name[len(above) + len(folder.delimiter) :] if above and above in parents else folder.name)


def depth(folder: Folder, parents: frozenset[str]) -> int:
    """How deep a folder lies below those that are shown."""
    above = _above(folder)
    if folder.role is not FolderRole.NONE or above not in parents:
        return 0
    return min(MAX_DEPTH, folder.name.count(folder.delimiter))


def _above(folder: Folder) -> str:
    return folder.name.rpartition(folder.delimiter)[0] if folder.delimiter else ""


class FolderList(ScrollView, can_focus=False):
    """One line a folder; the open one carries the bar. A click opens a folder."""

    COMPONENT_CLASSES = {f"folder-list--{name}" for name in ("muted", "faint", "accent", "open")}
    DEFAULT_CSS = """
    FolderList {
        width: 24; height: 1fr; padding-top: 1; overflow-x: hidden; scrollbar-size-vertical: 0;
        background: $surface; color: $foreground;
        & > .folder-list--muted { color: $muted; }
        & > .folder-list--faint { color: $faint; }
        & > .folder-list--accent { color: $accent; }
        & > .folder-list--open { color: $bright; background: $cursor; text-style: bold; }
    }
    """

    class Chosen(Message):
        """A folder was clicked."""

        def __init__(self, folder: Folder) -> None:
            self.folder = folder
            super().__init__()

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs
        self._lines: list[Folder | str] = []
        self._folders: tuple[Folder, ...] = ()
        self._open: int | None = None
        self._parents: frozenset[str] = frozenset()

    def show(self, folders: Sequence[Folder], open_folder: int | None) -> None:
        """Other counts, other folders, or another open one; nothing is painted when all is as before."""
        if tuple(folders) == self._folders and open_folder == self._open:
            return
        self._folders, self._open = tuple(folders), open_folder
        self._parents = frozenset(folder.name for folder in folders if folder.role is FolderRole.NONE)
        self._lines = []
        accounts = {folder.account for folder in folders}
        last = None
        for folder in folder_order(folders):
            if len(accounts) > 1 and folder.account != last:
                last = folder.account
                if self._lines:
                    self._lines.append("")
                if last:
                    self._lines.append(last)
            self._lines.append(folder)
        self.virtual_size = Size(0, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One folder or the name of an account."""
        index = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        line = self._lines[index] if index < len(self._lines) else ""
        if isinstance(line, str):
            cells = [Segment(fit(" " + clean(line), width), self._style("faint"))]
        else:
            cells = self._folder(line, width)
        return Strip(cells, width).apply_style(self.rich_style)

    def in_sight(self) -> list[tuple[Offset, Folder]]:
        """The folders that can be opened and are seen, each with its place on the terminal."""
        inside = self.content_region
        top = self.scroll_offset.y
        return [
            (inside.offset + Offset(0, y), line)
            for y, line in enumerate(self._lines[top : top + inside.height])
            if isinstance(line, Folder) and line.selectable
        ]

    def _folder(self, folder: Folder, width: int) -> list[Segment]:
        chosen = folder.id == self._open
        over = self._style("open") if chosen else Style.null()
        unread = str(folder.unread) if folder.unread else ""
        name = "  " * depth(folder, self._parents) + folder_name(folder, self._parents)
        base = over if folder.selectable else self._style("faint") + over
        return [
            Segment(f"{self.glyphs.bar if chosen else ' '} ", over + self._style("accent")),
            Segment(fit(name, width - 4 - len(unread)), base),
            Segment(f" {unread} ", over + self._style("accent")),
        ]

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"folder-list--{name}", partial=True)

    def on_click(self, event: Click) -> None:
        """Open the folder under the mouse."""
        index = self.scroll_offset.y + event.y - self.styles.padding.top
        line = self._lines[index] if 0 <= index < len(self._lines) else ""
        if isinstance(line, Folder) and line.selectable:
            self.post_message(self.Chosen(line))
