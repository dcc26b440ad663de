"""Getting around: rows, pages, messages, folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.ui.commands.command import Command, Place

if TYPE_CHECKING:
    from tui_mail.ui.screens.mail import MailScreen


class NextRow(Command):
    """Cursor down."""

    id, keys, name, place = "next-row", "j,down", "Next message", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Step."""
        mail.list.move(1)


class PreviousRow(Command):
    """Cursor up."""

    id, keys, name, place = "previous-row", "k,up", "Previous message", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Step."""
        mail.list.move(-1)


class NextPage(Command):
    """Page down."""

    id, keys, name, place = "next-page", "pagedown,space", "Next page", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Turn the page."""
        mail.list.page(1)


class PreviousPage(Command):
    """Page up."""

    id, keys, name, place = "previous-page", "pageup,b", "Previous page", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Turn the page."""
        mail.list.page(-1)


class FirstRow(Command):
    """To the newest."""

    id, keys, name, place = "first-row", "home", "First message", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Jump."""
        mail.list.edge(last=False)


class LastRow(Command):
    """To the oldest."""

    id, keys, name, place = "last-row", "end,G", "Last message", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Jump."""
        mail.list.edge(last=True)


class OpenMessage(Command):
    """Read."""

    id, keys, name, footer, place = "open", "enter", "Read the message", "Read", Place.LIST
    needs_keys = True

    def available(self, mail: MailScreen) -> bool:
        """With a message under the cursor."""
        return mail.list.row is not None

    def run(self, mail: MailScreen) -> None:
        """Open the reader."""
        mail.open_reader()


class ScrollDown(Command):
    """A line down."""

    id, keys, name, place = "scroll-down", "down", "Scroll down", Place.READER
    needs_text = True

    def run(self, mail: MailScreen) -> None:
        """Scroll."""
        mail.reader.pane.scroll_lines(1)


class ScrollUp(Command):
    """A line up."""

    id, keys, name, place = "scroll-up", "up", "Scroll up", Place.READER
    needs_text = True

    def run(self, mail: MailScreen) -> None:
        """Scroll."""
        mail.reader.pane.scroll_lines(-1)


class ReadOn(Command):
    """A page down; at the end the next message."""

    id, keys, name, place = "read-on", "space,pagedown", "Next page; at the end the next message", Place.READER
    needs_text = True

    def run(self, mail: MailScreen) -> None:
        """Scroll or go on."""
        if mail.reader.pane.at_end:
            mail.list.move(1)
        else:
            mail.reader.pane.scroll_pages(1)


class ReadBack(Command):
    """A page up."""

    id, keys, name, place = "read-back", "pageup,b", "Page back", Place.READER
    needs_text = True

    def run(self, mail: MailScreen) -> None:
        """Scroll."""
        mail.reader.pane.scroll_pages(-1)


class TextStart(Command):
    """To the beginning of the text."""

    id, keys, name, place = "text-start", "home", "Beginning of the message", Place.READER
    needs_text = True

    def run(self, mail: MailScreen) -> None:
        """Jump."""
        mail.reader.pane.scroll_to_edge(last=False)


class TextEnd(Command):
    """To the end of the text."""

    id, keys, name, place = "text-end", "end,G", "End of the message", Place.READER
    needs_text = True

    def run(self, mail: MailScreen) -> None:
        """Jump."""
        mail.reader.pane.scroll_to_edge(last=True)


class NextMessage(Command):
    """Read the next."""

    id, keys, name, footer, place = "next-message", "j", "Read the next message", "Next", Place.READER

    def run(self, mail: MailScreen) -> None:
        """Step."""
        mail.list.move(1)


class Zoom(Command):
    """The whole screen for the message."""

    id, keys, name, footer, place = (
        "zoom",
        "enter",
        "Give the message the whole screen, or a part",
        "Full",
        Place.READER,
    )

    def available(self, mail: MailScreen) -> bool:
        """Where the list stands beside it."""
        return mail.can_split

    def run(self, mail: MailScreen) -> None:
        """Turn."""
        mail.turn_zoom()


class PreviousMessage(Command):
    """Read the one before."""

    id, keys, name, place = "previous-message", "k", "Read the previous message", Place.READER

    def run(self, mail: MailScreen) -> None:
        """Step."""
        mail.list.move(-1)


class Back(Command):
    """Out of the reader, out of a search."""

    id, keys, name, footer = "back", "escape,left", "Back: close the reader, take marks away, end the search", "Back"

    def available(self, mail: MailScreen) -> bool:
        """When there is something to leave."""
        return mail.reading or mail.searching or bool(mail.list.marked) or mail.opens

    def run(self, mail: MailScreen) -> None:
        """Leave the innermost thing."""
        mail.back()


class Search(Command):
    """Find messages."""

    id, keys, name, footer = "search", "slash", "Search addresses, subjects and text", "Search"

    def run(self, mail: MailScreen) -> None:
        """Show the search line."""
        mail.begin_search()


class Filter(Command):
    """Some of them, or in another order."""

    id, keys, name = "filter", "F", "Filter or order the list: unread, starred, by sender …"

    def run(self, mail: MailScreen) -> None:
        """Ask how."""
        mail.filter_messages()


class Threads(Command):
    """What belongs together."""

    id, keys, name = "threads", "V", "Show conversations, or single messages"

    def available(self, mail: MailScreen) -> bool:
        """In the list of a folder."""
        return not mail.searching

    def run(self, mail: MailScreen) -> None:
        """Turn."""
        mail.turn_threads()


class TurnFold(Command):
    """What is folded away."""

    id, keys, name, place = "fold", "right", "Unfold a conversation, or fold it", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Turn."""
        mail.turn_fold()


class GoToFolder(Command):
    """Another folder."""

    id, keys, name, footer = "folder", "g", "Go to a folder", "Folder"

    def run(self, mail: MailScreen) -> None:
        """Ask which."""
        mail.choose_folder()


class NewFolder(Command):
    """One more."""

    id, keys, name = "new-folder", "N", "Make a new folder"

    def run(self, mail: MailScreen) -> None:
        """Ask for its name."""
        mail.create_folder()


class RenameFolder(Command):
    """Called otherwise."""

    id, keys, name = "rename-folder", "E", "Give the open folder another name"

    def run(self, mail: MailScreen) -> None:
        """Ask for it."""
        mail.rename_folder()


class DeleteFolder(Command):
    """Not needed any more."""

    id, keys, name = "delete-folder", "X", "Delete the open folder when it is empty, after a question"

    def run(self, mail: MailScreen) -> None:
        """Ask."""
        mail.delete_folder()
