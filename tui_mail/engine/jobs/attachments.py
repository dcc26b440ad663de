"""Writing an attachment to disk: never over an existing file, never elsewhere than where the person said."""

import os
from pathlib import Path

from tui_mail.engine.jobs.open_message import opened_message
from tui_mail.engine.messages import SaveAttachment, Saved
from tui_mail.engine.session import Session
from tui_mail.model.errors import UsageError
from tui_mail.smime.view import attachment

MAX_NUMBER = 1000


def save_attachment(session: Session, command: SaveAttachment) -> Saved:
    """Write one attachment; a folder as path gets a file with the attachment's own name in it."""
    info, content = attachment(opened_message(session, command.message_id), command.index)
    path = Path(command.path).expanduser()
    if path.is_dir():
        path /= safe_name(info.name)
    return Saved(str(write_new(path, content)))


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


def write_new(path: Path, content: bytes) -> Path:
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
                file.write(content)
        except OSError as error:
            target.unlink(missing_ok=True)
            raise UsageError(f"{target} cannot be written: {error.strerror}.") from None
        return target
    raise UsageError(f"Too many files are called like {path.name}; choose another name.")
