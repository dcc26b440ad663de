"""Writing a whole message to disk: as text for people, or as the bytes that came."""

from tui_mail.engine.jobs.attachments import safe_name, write_new
from tui_mail.engine.jobs.fetch_whole import have_whole
from tui_mail.engine.jobs.open_message import opened_message
from tui_mail.engine.messages import MessageText, Saved, SaveMessage, Text
from tui_mail.engine.orders import PIECE_BYTES
from tui_mail.engine.session import Session
from tui_mail.model.day import day
from tui_mail.model.message import MessageView
from tui_mail.model.typed_path import is_folder, typed_path
from tui_mail.smime.view import view
from tui_mail.store import messages


def save_message(session: Session, command: SaveMessage) -> Saved:
    """Write it to `path`; the ending .eml means the raw bytes (still encrypted where they came so), any other the text
    as the reader shows it. A folder as path gets a text file named after the subject."""
    path = typed_path(command.path)
    if path.suffix.lower() == ".eml" and not is_folder(path):
        have_whole(session, command.message_id)
        pieces = messages.raw_pieces(session.store.database, command.message_id, PIECE_BYTES)
        return Saved(str(write_new(path, pieces)))
    shown = view(opened_message(session, command.message_id), command.message_id)
    if is_folder(path):
        path /= safe_name(f"{shown.subject or 'message'}.txt")
    return Saved(str(write_new(path, (message_text(shown).encode(),))))


def whole_text(session: Session, command: MessageText) -> Text:
    """The same text, for a printer."""
    return Text(message_text(view(opened_message(session, command.message_id), command.message_id)))


def message_text(shown: MessageView) -> str:
    """The message as one text: who wrote what to whom and when, what is known of its protection, the words, the names
    of the attachments."""
    head = [("From", str(shown.sender)), ("To", ", ".join(map(str, shown.to))), ("Cc", ", ".join(map(str, shown.cc)))]
    if shown.date is not None:
        head.append(("Date", f"{day(shown.date)}, {shown.date:%H:%M %z}"))
    head.append(("Subject", shown.subject))
    verdict = shown.security.verdict
    if verdict.letter:
        head.append(("Signature", f"{verdict.letter} {' '.join(verdict.reasons)}".strip()))
    head += [("Attachment", f"{one.name}, {one.type}, {one.size_bytes} bytes") for one in shown.attachments]
    lines = [f"{name}: {value}" for name, value in head if value]
    return "\n".join([*lines, "", shown.quote_text]) + "\n"
