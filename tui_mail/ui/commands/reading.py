"""What is done with the text of a message: looked at more closely, followed, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.ui.commands.command import Place
from tui_mail.ui.commands.mail import OnAttachment, OnMessage

if TYPE_CHECKING:
    from tui_mail.ui.screens.mail import MailScreen


class Attachments(OnAttachment):
    """The files that came along."""

    id, keys, place, group = "attachments", "p", Place.READER, "Read"
    name, footer = "Look at the attachments, save or open them", "Files"

    def run(self, mail: MailScreen) -> None:
        """List them."""
        mail.show_attachments()


class AnswerInvitation(OnMessage):
    """Come, perhaps, or not."""

    id, keys, place, group = "answer", "y", Place.READER, "Read"
    needs_text = True
    name, footer = "Answer an invitation", "Answer"
    otherwise = "This message is no invitation that asks for an answer."
    needs_keys = True

    def available(self, mail: MailScreen) -> bool:
        """With an invitation that asks for it."""
        view = mail.reader.view
        return view is not None and view.invitation is not None and view.invitation.can_answer

    def run(self, mail: MailScreen) -> None:
        """Ask how."""
        mail.answer_invitation()


class SendReceipt(OnMessage):
    """Say that it was read."""

    id, keys, place, group = "receipt", "Y", Place.READER, "Read"
    name = "Send the receipt that the sender asks for, after a question"
    otherwise = "The sender of this message asks for no receipt."
    needs_keys = True
    needs_text = True

    def available(self, mail: MailScreen) -> bool:
        """With a message that asks for one."""
        view = mail.reader.view
        return view is not None and view.receipt_to is not None

    def run(self, mail: MailScreen) -> None:
        """Ask."""
        mail.send_receipt()


class Print(OnMessage):
    """On paper."""

    id, keys, name, group = "print", "P", "Print the message", "Read"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Ask first."""
        mail.print_message()


class LeaveList(OnMessage):
    """No more of it."""

    id, keys, place, group = "unsubscribe", "U", Place.READER, "Read"
    name, footer = "Leave the mailing list (unsubscribe), after a question", "Leave list"
    otherwise = "This message does not say how to leave its list."
    needs_keys = True
    needs_text = True

    def available(self, mail: MailScreen) -> bool:
        """With a message that says how."""
        view = mail.reader.view
        return view is not None and view.unsubscribe is not None

    def run(self, mail: MailScreen) -> None:
        """Ask."""
        mail.leave_list()


class ToggleHeaders(OnMessage):
    """More of the head."""

    id, keys, name, place, group = "headers", "h", "Show all header fields, or the short ones", Place.READER, "Read"
    needs_text = True

    def run(self, mail: MailScreen) -> None:
        """Turn."""
        mail.reader.turn_headers()


class ToggleQuotes(OnMessage):
    """More of what others said."""

    id, keys, name, place, group = "quotes", "v", "Unfold quoted text, or fold it", Place.READER, "Read"
    needs_text = True

    def run(self, mail: MailScreen) -> None:
        """Turn."""
        mail.reader.turn_quotes()


class FollowLink(OnMessage):
    """Where it leads."""

    id, keys, name, place, group = "link", "l", "Follow a link, after a question", Place.READER, "Read"
    needs_text = True

    def run(self, mail: MailScreen) -> None:
        """Ask which."""
        mail.choose_link()


class ViewSource(OnMessage):
    """As it came."""

    id, keys, name, group = "source", "ctrl+u", "Show the source of the message", "Read"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Open it."""
        mail.show_source()


class SaveMessage(OnMessage):
    """Keep the whole."""

    id, keys, name, group = "save-message", "w", "Save the message as text, or as it came (.eml)", "Read"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Ask where."""
        mail.save_message()
