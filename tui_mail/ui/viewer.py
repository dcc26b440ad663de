"""Opening an attachment with another program: which files may be opened, with what, and where they lie meanwhile.

The law: only after a question; never a file that a program could run or that runs something inside the program that
shows it; the file lies in a folder of ours that only we can read and that goes when the interface ends.
"""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tui_mail.ui.browser import browser
from tui_mail.ui.fit import shortened

KINDS = {
    "pdf": "PDF document", "png": "picture", "jpg": "picture", "jpeg": "picture", "gif": "picture", "webp": "picture",
    "bmp": "picture", "tif": "picture", "tiff": "picture", "heic": "picture", "txt": "text", "log": "text",
    "csv": "table", "odt": "text document", "ods": "spreadsheet", "odp": "presentation", "docx": "text document",
    "xlsx": "spreadsheet", "pptx": "presentation", "rtf": "text document", "epub": "book", "mp3": "sound",
    "ogg": "sound", "oga": "sound", "opus": "sound", "flac": "sound", "wav": "sound", "m4a": "sound", "mp4": "video",
    "webm": "video", "mkv": "video", "mov": "video", "dcm": "medical picture",
}  # fmt: skip
"""The endings that may be opened. All others may hold a program (exe, sh, desktop, jar, js, html, svg, docm, zip …)."""

_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"[Desktop Entry]",
)
_PAGES = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?xml")
HEAD_BYTES = 512

NO_DESKTOP = "There is no desktop on this terminal to open files on. Press s to save it instead."


def kind_of(name: str) -> str:
    """What a file with this name is for people; empty when it must not be opened."""
    stem, dot, suffix = name.strip().rpartition(".")
    return KINDS.get(suffix.lower(), "") if dot and stem else ""


def refusal(name: str) -> str:
    """Why a file is not opened; empty when it may be."""
    if kind_of(name):
        return ""
    why = "is not opened: a file of this kind can run programs. Look at it with Enter, or save it with s."
    return f"{shortened(name)} {why}"


def holds_program(head: bytes) -> bool:
    """Whether a file begins like something that runs, whatever its name says."""
    start = head[:HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(_PROGRAMS) or start.lower().startswith(_PAGES)


def viewer_command(setting: str, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The program and its first arguments: the setting `viewer`, else the desktop's own; empty without a desktop."""
    desktop = browser(environ)
    if not (desktop or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return ()
    try:
        words = shlex.split(setting)
    except ValueError:
        words = []
    if words:
        program = shutil.which(words[0])
        return (program, *words[1:]) if program else ()
    return (desktop,) if desktop else ()


class PrivateFolder:
    """A folder of mode 0700 that is made when the first file needs it, and removed when the interface ends."""

    def __init__(self) -> None:
        self._path: Path | None = None

    def path(self) -> Path:
        """Where it is."""
        import tempfile  # it brings a random generator along, which the first screen does not need

        if self._path is None or not self._path.is_dir():
            above = os.environ.get("XDG_RUNTIME_DIR") or None
            self._path = Path(
                tempfile.mkdtemp(prefix="tui-mail-", dir=above if above and Path(above).is_dir() else None)
            )
            atexit.register(self.remove)
        return self._path

    def remove(self) -> None:
        """Take it away with all files in it."""
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            self._path = None


def open_file(command: tuple[str, ...], path: Path) -> None:
    """Start it beside us. SAFE: an argument list without a shell; the path is absolute, so it is never an option."""
    quiet = subprocess.DEVNULL
    subprocess.Popen([*command, str(path.absolute())], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
