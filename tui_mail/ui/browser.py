"""Opening a page in a browser. The law: only after a question that names the whole address."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping


def browser(environ: Mapping[str, str] = os.environ) -> str | None:
    """The program that opens addresses on this computer's own screen; None over SSH and without a desktop."""
    if sys.platform == "darwin":
        return None if "SSH_CONNECTION" in environ else shutil.which("open")
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return None
    return shutil.which("xdg-open")


def open_in_browser(program: str, target: str) -> None:
    """Start it beside us. SAFE: an argument list without a shell, and only http and https get here."""
    if target.lower().startswith(("http://", "https://")):
        quiet = subprocess.DEVNULL
        subprocess.Popen([program, target], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
