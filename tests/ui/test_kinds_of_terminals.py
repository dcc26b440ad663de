"""Terminals that know less or other things: few colours, no mouse, GNU screen, and text of every script."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pyte
import pytest
from msgspec.structs import replace
from rich.color import Color, ColorSystem

from tests.ui.clinic import NOW, add
from tests.ui.engine_process import serving
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.pty_program import PtyProgram
from tui_mail.engine.messages import Welcome
from tui_mail.store.store import Store
from tui_mail.ui.first_paint import nearest
from tui_mail.ui.themes.few import fewer
from tui_mail.ui.themes.palette import PALETTES

ARGV = [sys.executable, "-m", "tui_mail"]
SCRIPTS = (
    "漢字の件名",
    "e\u0301a\u0308",
    "שלום עולם",
    "مرحبا",
    "👩\u200d👩\u200d👧 family",
    "❤\ufe0f heart",
    "नमस्ते",
    "ﷺ",
)


def sent(home: Path, env: dict[str, str], keys: bytes = b"j\r", change=None) -> bytes:  # type: ignore[no-untyped-def]
    """Everything that the program sends until it rests after some keys."""
    with tempfile.TemporaryDirectory() as sockets, serving(home, Path(sockets), change) as served:
        program = PtyProgram(ARGV, env={**served, **env})
        try:
            program.wait_for(lambda _out: b"Help" in program.output)
            program.send(keys)
            program.settle(0.4)
            return program.output
        finally:
            program.close()


@pytest.mark.parametrize(
    ("env", "absent", "present"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": ""}, [rb"[34]8;2;"], rb"[34]8;5;"),
        ({"TERM": "xterm", "COLORTERM": ""}, [rb"[34]8;2;", rb"[34]8;5;"], rb"\x1b\[[0-9;]*(3|9|4|10)[0-7][;m]"),
        (
            {"NO_COLOR": "1"},
            [rb"[34]8;[25];", rb"\x1b\[([0-9]+;)*(3|9|4|10)[0-7](;[0-9;]*)?m"],
            rb"\x1b\[([0-9;]*;)?1m",
        ),
    ],
    ids=["256", "16", "none"],
)
def test_no_more_colours_are_sent_than_the_terminal_knows(
    tmp_path: Path, env: dict[str, str], absent: list[bytes], present: bytes
) -> None:
    output = sent(tmp_path, env)
    for pattern in absent:
        assert re.search(pattern, output) is None, re.search(pattern, output)
    assert re.search(present, output) is not None


def test_the_first_picture_takes_the_same_of_256_colours_as_what_follows() -> None:
    for palette in (*PALETTES.values(), *(fewer(palette, 256) for palette in PALETTES.values())):
        for colour in palette.values():
            rich = Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT).number
            assert nearest(*(int(colour[i : i + 2], 16) for i in (1, 3, 5))) == rich, colour


@pytest.mark.parametrize(("depth", "system"), [(256, ColorSystem.EIGHT_BIT), (16, ColorSystem.STANDARD)])
@pytest.mark.parametrize("name", PALETTES)
def test_with_few_colours_the_cursor_and_the_verdicts_can_still_be_told_apart(
    name: str, depth: int, system: ColorSystem
) -> None:
    sent = {key: Color.parse(colour).downgrade(system).number for key, colour in fewer(PALETTES[name], depth).items()}
    assert sent["cursor"] not in (sent["background"], sent["foreground"], sent["bright"], sent["muted"])
    assert len({sent[key] for key in ("accent", "good", "warning", "bad", "foreground", "background")}) == 6
    if depth == 256:
        assert len({sent[key] for key in ("background", "panel", "cursor")}) == 3


def test_a_terminal_of_all_colours_gets_the_palette_as_it_is_and_own_colours_stay() -> None:
    assert fewer(PALETTES["dark"], 1 << 24) is PALETTES["dark"]
    assert fewer({"accent": "#c58af9"}, 16) == {"accent": "#c58af9"}


@pytest.mark.parametrize("mouse", [True, False])
def test_the_mouse_is_left_alone_when_the_settings_say_so(tmp_path: Path, mouse: bool) -> None:
    def change(_store: Store, engine: EngineStandIn) -> None:
        welcome = engine._welcome

        def chosen() -> Welcome:
            return replace(welcome(), settings=replace(welcome().settings, mouse=mouse))

        engine._welcome = chosen  # type: ignore[method-assign]

    assert (b"\x1b[?1000h" in sent(tmp_path, {}, change=change)) is mouse


def test_ctrl_z_gives_the_terminal_back_and_fg_paints_everything_anew(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets)) as env:
        program = PtyProgram(ARGV, columns=100, rows=30, env=env)
        try:
            program.wait_for(lambda out: b"Help" in out)
            program.settle(0.5)
            program.send(b"\x1a")
            program.wait_for(lambda out: b"\x1b[?1049l" in out)
            os.waitid(os.P_PID, program.pid, os.WSTOPPED)
            os.kill(program.pid, signal.SIGCONT)
            program.wait_for(lambda out: b"\x1b[?1049h" in out and b"Blood results" in out)
            program.send(b"q")
        finally:
            program.close()


def test_every_script_leaves_the_columns_where_they_are(tmp_path: Path) -> None:
    def change(store: Store, _engine: EngineStandIn) -> None:
        for number, subject in enumerate(SCRIPTS):
            add(store, 1, 500 + number, int(NOW.timestamp()) + number, subject, "s@x.example", subject * 9, subject)

    screen = pyte.Screen(120, 36)
    pyte.ByteStream(screen).feed(sent(tmp_path, {}, b"jjjjkk", change))
    rows = [row for row in screen.display if re.search(r"\d\d:\d\d|\d+ Nov", row)]
    assert len(rows) > len(SCRIPTS)
    for y, row in enumerate(screen.display):
        if re.search(r"\d\d:\d\d|\d+ Nov", row):
            cells = [screen.buffer[y][x].data for x in range(120)]
            assert re.fullmatch(r"\d\d:\d\d|\d+ Nov", "".join(cells[108:118]).strip()), row


@pytest.mark.skipif(shutil.which("screen") is None, reason="GNU screen is not installed")
def test_inside_gnu_screen_the_list_and_the_reader_are_whole(tmp_path: Path) -> None:
    folder = tmp_path / "screens"
    folder.mkdir(mode=0o700)
    picture = pyte.Screen(100, 30)
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets)) as served:
        argv = ["screen", "-U", "-c", "/dev/null", "-T", "screen-256color", *ARGV]
        env = {"SCREENDIR": str(folder), "HOME": str(tmp_path), "COLORTERM": "", **served}
        program = PtyProgram(argv, columns=100, rows=30, env=env)
        try:
            program.wait_for(lambda _out: b"Help" in program.output)
            for keys in (b"jjk", b"\r", b"\x1b[B", b"\x1b"):
                program.send(keys)
                program.settle(0.8)  # screen itself holds an Esc back for 0.3 s
            pyte.ByteStream(picture).feed(program.output)
            assert "Enter Read" in picture.display[-1], "Esc closes the reader"
            program.send(b"q")
            program.wait_for(lambda out: b"terminating" in out)
        finally:
            subprocess.run(["screen", "-X", "quit"], env={**os.environ, "SCREENDIR": str(folder)}, capture_output=True)
            program.close()
    shown = picture.display
    assert "Inbox" in shown[0] and "? Help" in shown[-1]
    assert sum(bool(re.search(r"Nov\s*$|\d\d:\d\d\s*$", row.rstrip(" ▁▂▃▄▅▆▇█"))) for row in shown) >= 10
