"""What is done to messages, and writing new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.model.message import EncState, Flag
from tui_mail.ui.commands.command import Command, Place

if TYPE_CHECKING:
    from tui_mail.ui.screens.mail import MailScreen


class OnMessage(Command):
    """A command that needs a message."""

    group = "Mail"
    otherwise = "There is no message here."

    def available(self, mail: MailScreen) -> bool:
        """With a message under the cursor."""
        return mail.list.row is not None


class OnAttachment(OnMessage):
    """A command that needs a file in the open message."""

    otherwise = "This message has no attachment."
    needs_keys = True
    needs_text = True

    def available(self, mail: MailScreen) -> bool:
        """With an attachment in the open message, here or on the server."""
        view = mail.reader.view
        return view is not None and bool(view.attachments or view.held)


class Compose(Command):
    """Write."""

    id, keys, name, footer, group = "compose", "c", "Write a new message", "Compose", "Write"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Open the composer."""
        mail.compose_new()


class Reply(OnMessage):
    """Answer the sender."""

    id, keys, name, footer, group = "reply", "r", "Reply to the sender", "Reply", "Write"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Open the composer with an answer."""
        mail.reply(everyone=False)


class ReplyAll(OnMessage):
    """Answer everyone."""

    id, keys, name, group = "reply-all", "R,a", "Reply to everyone", "Write"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Open the composer with an answer."""
        mail.reply(everyone=True)


class Forward(OnMessage):
    """Pass on."""

    id, keys, name, group = "forward", "f", "Forward, with its files", "Write"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Open the composer with the text."""
        mail.forward()


class ForwardWhole(OnMessage):
    """Pass on unchanged."""

    id, keys, name, group = "forward-whole", "M", "Forward the message itself, as an attachment", "Write"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Open the composer with the message attached."""
        mail.forward_whole()


class OpenDrafts(Command):
    """What is being written and was put aside."""

    id, keys, name, footer = "open-drafts", "C,f10", "Go back to a message that you are writing", "Draft"
    group = "Write"
    otherwise = "No message is put aside. D shows your drafts, c begins one."
    needs_keys = True

    def available(self, mail: MailScreen) -> bool:
        """With one that is put aside."""
        return bool(mail.mail_app.drafts.aside)

    def run(self, mail: MailScreen) -> None:
        """Show it, or ask which."""
        mail.choose_open_draft()


class DraftsCommand(Command):
    """What is not finished."""

    id, keys, name, group = "drafts", "D", "Go on writing a draft", "Write"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Ask which."""
        mail.choose_draft()


class OutboxCommand(Command):
    """What has not left yet."""

    id, keys, name, group = "outbox", "o", "Show the outbox", "Write"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Open it."""
        mail.open_outbox()


class Trust(OnMessage):
    """Decide about the signer."""

    id, keys, name, footer = "trust", "t", "Trust the signer: who it is, and decide", "Trust"
    otherwise = "This message is not signed, so there is nobody to trust."
    needs_keys = True
    group = "Security"

    def available(self, mail: MailScreen) -> bool:
        """With a signed message."""
        row = mail.list.row
        return row is not None and bool(row.sig)

    def run(self, mail: MailScreen) -> None:
        """Open the dialog."""
        mail.ask_trust()


class Security(OnMessage):
    """The whole story."""

    id, keys, name, footer = "security", "i", "Show everything about the protection of the message", "Details"
    needs_keys = True
    group = "Security"

    def run(self, mail: MailScreen) -> None:
        """Open the panel."""
        mail.show_security()


class WhyClosed(OnMessage):
    """What is missing to read it."""

    id, keys, name = "why-closed", "W", "Why can't I read this? (a message that stays closed)"
    otherwise = "This message is open to you."
    needs_keys = True
    group = "Security"

    def available(self, mail: MailScreen) -> bool:
        """With a message that is not open to us."""
        row = mail.list.row
        return row is not None and row.enc in (EncState.LOCKED, EncState.CLOSED)

    def run(self, mail: MailScreen) -> None:
        """Explain it."""
        mail.explain_closed()


class BookCommand(Command):
    """Who has whose certificate."""

    id, keys, name, group = "book", "B", "Show the certificate book", "Security"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Open it."""
        mail.open_book()


class LockKeys(Command):
    """Forget the keys, or unlock them."""

    id, keys, name, group = "lock", "L", "Lock the keys, or unlock them", "Security"

    def run(self, mail: MailScreen) -> None:
        """Turn the key."""
        mail.turn_lock()


class Undo(Command):
    """Not so."""

    id, keys, name, group = "undo", "z", "Take the last sending, moving or deleting back (undo)", "Mail"

    def run(self, mail: MailScreen) -> None:
        """Take it back."""
        mail.undo()


class Mark(OnMessage):
    """Several at a time."""

    id, keys, name, place = "mark", "x,shift+down", "Mark the message for the next command", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Turn the mark and go on."""
        mail.mark()


class MarkAll(OnMessage):
    """All of them."""

    id, keys, name, place = "mark-all", "A", "Mark all messages of the list", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Mark."""
        mail.mark_all()


class Archive(OnMessage):
    """Done with it."""

    id, keys, name, footer = "archive", "e", "Move to the archive", "Archive"

    def run(self, mail: MailScreen) -> None:
        """Move it."""
        mail.archive()


class Snooze(OnMessage):
    """Not now."""

    id, keys, name = "snooze", "Z", "Put off: it comes back unread at the hour you choose"

    def run(self, mail: MailScreen) -> None:
        """Ask until when."""
        mail.snooze()


class Delete(OnMessage):
    """Away with it."""

    id, keys, name, footer = "delete", "d,delete", "Delete (move to the trash)", "Delete"

    def run(self, mail: MailScreen) -> None:
        """Move to the trash."""
        mail.delete()


class ToggleUnread(OnMessage):
    """Read or unread."""

    id, keys, name = "unread", "u", "Mark as unread, or as read"

    def run(self, mail: MailScreen) -> None:
        """Turn the flag."""
        mail.toggle(Flag.SEEN)


class ToggleStar(OnMessage):
    """A star."""

    id, keys, name = "star", "asterisk", "Star, or take the star away"

    def run(self, mail: MailScreen) -> None:
        """Turn the flag."""
        mail.toggle(Flag.FLAGGED)


class StarInList(OnMessage):
    """The same under an easier key."""

    id, keys, name, place = "star-in-list", "s", "Star, or take the star away", Place.LIST

    def run(self, mail: MailScreen) -> None:
        """Turn the flag."""
        mail.toggle(Flag.FLAGGED)


class GetWhole(OnMessage):
    """What waits on the server."""

    id, keys, name, group = "whole", "H", "Get the whole message from the server", "Read"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Ask the engine for it."""
        mail.get_whole()


class SaveAttachment(OnAttachment):
    """Keep a file."""

    id, keys, name, footer, place = "save", "s", "Save an attachment", "Save", Place.READER

    def run(self, mail: MailScreen) -> None:
        """Ask which and where."""
        mail.save_attachment()


class Move(OnMessage):
    """Into another folder."""

    id, keys, name = "move", "m", "Move to a folder"

    def run(self, mail: MailScreen) -> None:
        """Ask where to."""
        mail.move_message()


class CheckMail(Command):
    """Look now."""

    id, keys, name, group = "sync", "ctrl+r", "Look for new mail now", "Program"

    def run(self, mail: MailScreen) -> None:
        """Ask the receiver."""
        mail.check_mail()
