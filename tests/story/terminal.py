"""A person at a terminal: tmux runs the program, `press` and `type` are the keyboard, `screen` is what the eye sees."""

import contextlib
import os
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence

import pytest

from tests.patience import PATIENCE_SECONDS


class Terminal:
    """One program in one tmux window on a private tmux server, ended with it."""

    def __init__(self, argv: Sequence[str], *, columns: int = 120, rows: int = 36, env: Mapping[str, str]) -> None:
        self._server = f"tui-mail-test-{uuid.uuid4().hex[:12]}"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), env=env, argv=argv)

    def _tmux(self, *args: str, env: Mapping[str, str] | None = None, argv: Sequence[str] = ()) -> str:
        extra: list[str] = []
        for name, value in (env or {}).items():
            extra += ["-e", f"{name}={value}"]
        # tmux itself must not see a surrounding tmux.
        surrounding = {k: v for k, v in os.environ.items() if k not in ("TMUX", "TMUX_PANE", "NO_COLOR")}
        surrounding.setdefault("LANG", "C.UTF-8")
        done = subprocess.run(
            ["tmux", "-u", "-L", self._server, *args, *extra, *argv],
            capture_output=True,
            text=True,
            env=surrounding,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names: "Enter", "Tab", "C-s", "j" …"""
        for key in keys:
            if key == "Escape":
                self.press_escape()
            else:
                self._tmux("send-keys", key)

    def press_escape(self) -> None:
        """Escape as terminals with kitty's keyboard protocol send it: whatever follows, it is never the beginning of
        Alt and a letter."""
        self._tmux("send-keys", "-H", *[f"{byte:02x}" for byte in b"\x1b[27u"])

    def type(self, text: str) -> None:
        """Type text letter by letter."""
        self._tmux("send-keys", "-l", text)

    def click(self, column: int, row: int) -> None:
        """Left click on a cell (0-based), as an SGR mouse report."""
        for end in "Mm":
            report = f"\x1b[<0;{column + 1};{row + 1}{end}"
            self._tmux("send-keys", "-H", *[f"{byte:02x}" for byte in report.encode()])

    def screen(self) -> str:
        """What stands on the screen now, line by line, without colours."""
        return self._tmux("capture-pane", "-p")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def wait_for(self, pattern: str, *, seconds: float = PATIENCE_SECONDS, gone: bool = False) -> str:
        """Look until `pattern` (a regular expression) is there, or with `gone` no longer is; gives the screen."""
        end = time.monotonic() + seconds
        screen = ""
        while time.monotonic() < end:
            screen = self.screen()
            if bool(re.search(pattern, screen, re.MULTILINE)) != gone:
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{'still' if gone else 'never'} saw {pattern!r}; the screen is:\n{screen}")

    def wait_until_other(self, before: str, *, seconds: float = 2) -> None:
        """Look until something else stands there than `before`, or that long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.screen() == before:
            time.sleep(0.02)

    def find(self, pattern: str) -> tuple[int, int]:
        """Column and row (0-based) of the first match on the screen."""
        for row, line in enumerate(self.screen().splitlines()):
            found = re.search(pattern, line)
            if found:
                return found.start(), row
        raise AssertionError(f"{pattern!r} is not on the screen:\n{self.screen()}")

    def stay(self) -> None:
        """Keep the window when the program ends, so that a failed test shows its last words."""
        self._tmux("set-option", "-g", "remain-on-exit", "on")

    def close(self) -> None:
        """End the program with its tmux server."""
        self._tmux("kill-server")


@contextlib.contextmanager
def terminal(argv: Sequence[str], *, columns: int = 120, rows: int = 36, env: Mapping[str, str]) -> Iterator[Terminal]:
    """A terminal for the length of a with block; skips where tmux is missing."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not on this machine")
    screen = Terminal(argv, columns=columns, rows=rows, env=env)
    try:
        yield screen
    finally:
        screen.close()
