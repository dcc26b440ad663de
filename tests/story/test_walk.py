"""Every screen of the real program in tmux, by the keys that a person presses."""

import re
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.story.terminal import terminal
from tests.ui.engine_process import serving
from tests.ui.office import furnish
from tests.ui.walk import WALK, WIZARD, Stop


@pytest.mark.parametrize(("stops", "state"), [(WALK, "open"), (WIZARD, "new")], ids=["mail", "new"])
def test_the_walk_past_every_screen(tmp_path: Path, stops: tuple[Stop, ...], state: str) -> None:
    argv = [sys.executable, "-m", "tui_mail"]
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets), furnish, state=state) as served:
        env = {"HOME": str(tmp_path), "TERM": "tmux-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **served}
        with terminal(argv, columns=80, rows=24, env=env) as screen:
            screen.wait_for("Help" if state == "open" else "Who are you")
            for one in stops:
                for key in one.tmux_keys:
                    if key == "Escape":
                        before = screen.screen()
                        screen.press(key)
                        screen.wait_until_other(before)  # a draft is kept before its screen is left
                    else:
                        screen.press(key)
                shown = screen.wait_for("|".join(map(re.escape, one.shows.split("|"))))
                assert max(map(len, shown.splitlines())) <= 80
                if one.name.startswith("compose"):
                    time.sleep(0.4)  # a preflight waits until typing rests
