"""The bytes of what a draft attaches: files of this computer or of the store, and pieces of messages passed on."""

from tui_mail.engine.jobs.fetch_whole import whole_bytes
from tui_mail.engine.jobs.open_message import opened_message
from tui_mail.engine.session import Session
from tui_mail.model.errors import UsageError
from tui_mail.model.message import DraftAttachment
from tui_mail.model.typed_path import typed_path
from tui_mail.smime.view import attachment as part_of
from tui_mail.store import drafts
from tui_mail.store.outbox import Attachment

MAX_ATTACHMENT_BYTES = 50_000_000
MAX_MESSAGE_BYTES = 100_000_000


def read_attachments(session: Session, wanted: tuple[DraftAttachment, ...]) -> tuple[Attachment, ...]:
    """The files of a draft with their bytes. Raises UsageError when one cannot be read or is too large."""
    files = tuple(_read(session, attachment) for attachment in wanted)
    if sum(len(file.content) for file in files) > MAX_MESSAGE_BYTES:
        raise UsageError(f"The attachments are larger than {MAX_MESSAGE_BYTES // 1_000_000} MB together.")
    return files


def _read(session: Session, attachment: DraftAttachment) -> Attachment:
    if attachment.stored is not None:
        return _of_store(session, attachment, attachment.stored)
    if attachment.message is not None:
        return _of_message(session, attachment, attachment.message)
    return _of_disk(attachment)


def _of_store(session: Session, attachment: DraftAttachment, number: int) -> Attachment:
    kept = drafts.file(session.store.database, number)
    if kept is None:
        raise UsageError(f"The attachment {attachment.name} is gone: remove it, or attach it again.")
    return kept


def _of_message(session: Session, attachment: DraftAttachment, number: int) -> Attachment:
    """An attachment of a message that is passed on, or that message as it came. An encrypted message is not passed on
    as it came: nobody but its reader could open it."""
    opened = opened_message(session, number)
    if attachment.part is None:
        if opened.security.encryption is not None:
            raise UsageError("An encrypted message can be opened only by you. Forward its text and its files instead.")
        return Attachment(attachment.name, attachment.type, whole_bytes(session, number))
    info, content = part_of(opened, attachment.part)
    # A message that is closed again shows other parts: what was chosen leaves, or nothing.
    if (info.name, info.size_bytes) != (attachment.name, attachment.size_bytes):
        raise UsageError(f"The attachment {attachment.name} cannot be read now: unlock your keys, then try again.")
    return Attachment(attachment.name, attachment.type, content)


def _of_disk(attachment: DraftAttachment) -> Attachment:
    path = typed_path(attachment.path)
    try:
        if path.stat().st_size > MAX_ATTACHMENT_BYTES:
            raise UsageError(f"{path.name} is larger than {MAX_ATTACHMENT_BYTES // 1_000_000} MB; send it another way.")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"The attachment {path} cannot be read: {error.strerror}.") from None
    return Attachment(attachment.name or path.name, attachment.type, content)
