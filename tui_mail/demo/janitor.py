"""Waits until the demo has ended, in whatever way, then ends its engine and removes its folder.

A process of its own, because a program that was killed cannot tidy up: its end is seen as the end of this one's input.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tui_mail.engine.client import stop_engine
from tui_mail.model.errors import TuiMailError
from tui_mail.model.paths import ProfilePaths

FOLDER_PREFIX = "tui-mail-demo-"
STOP_SECONDS = 10.0
TIDY_SECONDS = 20.0


class Janitor:
    """Looks after one folder. The folder goes when `dismiss` is called or this process ends."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tui_mail.demo.janitor", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def dismiss(self) -> None:
        """Tidy up now, and wait until that is done."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(TIDY_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


def tidy(folder: Path) -> None:
    """End the engine that lives in the folder and remove it."""
    # SAFE: removes only a folder that the demo made: its name, its owner, and no link.
    if not folder.name.startswith(FOLDER_PREFIX) or folder.is_symlink() or not folder.is_dir():
        return
    if folder.stat().st_uid != os.getuid():
        return
    try:
        asyncio.run(asyncio.wait_for(stop_engine(ProfilePaths()), STOP_SECONDS))
    except (TuiMailError, OSError, TimeoutError):
        pass
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Wait for the end of the input."""
    sys.stdin.buffer.read()
    tidy(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
