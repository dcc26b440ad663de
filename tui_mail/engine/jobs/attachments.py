"""Attachments: looked at as text, or written to disk; never over an existing file, never elsewhere than where the
person said."""

import os
from collections.abc import Iterable
from pathlib import Path

from tui_mail.engine.jobs.inner_message import read_inner
from tui_mail.engine.jobs.open_message import opened_message
from tui_mail.engine.messages import (
    AttachmentPreview,
    PreviewAttachment,
    SaveAttachment,
    SaveAttachments,
    Saved,
    SavedAll,
)
from tui_mail.engine.session import Session
from tui_mail.mime.preview import inner_message, preview
from tui_mail.model.errors import UsageError
from tui_mail.model.typed_path import is_folder, typed_path
from tui_mail.smime.view import attached_part, attachment, attachments

MAX_NUMBER = 1000


def save_attachment(session: Session, command: SaveAttachment) -> Saved:
    """Write one attachment; a folder as path gets a file with the attachment's own name in it."""
    info, content = attachment(opened_message(session, command.message_id), command.index)
    path = typed_path(command.path)
    if is_folder(path):
        path /= safe_name(info.name)
    return Saved(str(write_new(path, (content,))))


def save_attachments(session: Session, command: SaveAttachments) -> SavedAll:
    """Write all attachments into a folder, which is made where there is none."""
    opened = opened_message(session, command.message_id)
    folder = typed_path(command.path)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} is not a folder that files can be written to: {error.strerror}.") from None
    paths = []
    for one in attachments(opened):
        info, content = attachment(opened, one.index)
        paths.append(str(write_new(folder / safe_name(info.name), (content,))))
    return SavedAll(tuple(paths))


def preview_attachment(session: Session, command: PreviewAttachment) -> AttachmentPreview:
    """One attachment as text. Raises UsageError when it cannot be read so."""
    opened = opened_message(session, command.message_id)
    info, _content = attachment(opened, command.index)
    part = attached_part(opened, command.index)
    inner = inner_message(part)
    shown = preview(part) if inner is None else read_inner(session, inner)
    if shown is None:
        raise UsageError(f"{info.name} cannot be shown as text. Save it, or open it with another program.")
    return AttachmentPreview(info, shown.lines, shown.note)


def safe_name(name: str) -> str:
    """A foreign name as one plain file name: no folder, no control character, not hidden, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(char if char.isprintable() and char not in '<>:"|?*' else "_" for char in last)
    kept = kept.strip(" .") or "attachment"
    stem, dot, suffix = kept.rpartition(".")
    if not dot:
        stem, suffix = kept, ""
    stem, suffix = stem[:100], suffix[:20]
    return f"{stem}.{suffix}" if suffix else stem


def write_new(path: Path, content: Iterable[bytes]) -> Path:
    """Write to `path`, or to the same name with a number where something is already."""
    for number in range(MAX_NUMBER):
        target = path if number == 0 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror}.") from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(content)
        except OSError as error:
            target.unlink(missing_ok=True)
            raise UsageError(f"{target} cannot be written: {error.strerror}.") from None
        return target
    raise UsageError(f"Too many files are called like {path.name}; choose another name.")
