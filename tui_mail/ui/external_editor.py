"""The text of a mail in the person's own editor.

The law: the text lies in a file of this person alone, in memory where the system has a folder for that, and the file is
gone when the editor ends, however it ends.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from tui_mail.model.errors import UsageError

MAX_TEXT_BYTES = 5_000_000


def editor_command() -> list[str]:
    """``$VISUAL``, else ``$EDITOR``, with its arguments. Raises UsageError when there is none."""
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not words:
        raise UsageError("No editor is set: put its name into the variable EDITOR, like EDITOR=nano.")
    if shutil.which(words[0]) is None:
        raise UsageError(f"The editor {words[0]!r} is not installed.")
    return words


def edit_text(text: str) -> str:
    """Let the editor change the text; the terminal is its own meanwhile. Raises UsageError, and nothing has changed."""
    command = editor_command()
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    private = runtime if runtime and os.access(runtime, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="tui-mail-", dir=private) as folder:  # mode 0700
        path = Path(folder) / "mail.txt"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        try:
            ended = subprocess.run([*command, str(path)], check=False)
        except OSError as error:
            raise UsageError(f"The editor could not be started: {error.strerror}.") from None
        if ended.returncode != 0:
            raise UsageError("The editor ended with an error; the text is as it was.")
        try:
            if path.stat().st_size > MAX_TEXT_BYTES:
                raise UsageError("The text is too long for a mail; it is as it was.")
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise UsageError(f"What the editor wrote cannot be read: {error.strerror}.") from None
