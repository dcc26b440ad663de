"""How the interface begins and ends, on a real pseudo terminal."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.ui.engine_process import serving
from tests.ui.pty_program import PtyProgram
from tui_mail.ui import first_paint
from tui_mail.ui.themes.palette import DARK

ARGV = [sys.executable, "-m", "tui_mail"]


def test_the_first_picture_shows_the_inbox_before_textual_does(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets)) as env:
        program = PtyProgram(ARGV, env=env)
        try:
            program.wait_for(lambda out: b"Blood results" in out)
            assert b"\x1b[?1049h" in program.output and b"\x1b[?1000h" not in program.output.split(b"Blood")[0]
        finally:
            program.close()


def test_keys_typed_before_the_program_is_ready_are_not_lost(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets)) as env:
        program = PtyProgram(ARGV, env=env)
        try:
            program.wait_for(lambda out: b"Blood results" in out)
            program.send(b"jj\r")
            program.wait_for(lambda out: b"does not protect against changes" in out)
        finally:
            program.close()


def test_quitting_gives_the_terminal_back(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets)) as env:
        program = PtyProgram(ARGV, env=env)
        program.wait_for(lambda out: b"Blood results" in out)
        program.settle(0.5)
        program.send(b"q")
        assert program.wait() == 0
        assert program.output.rstrip().endswith(b"\x1b[?25h") or b"\x1b[?1049l" in program.output


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_move_its_cursor_gets_a_sentence(tmp_path: Path, term: str) -> None:
    program = PtyProgram(ARGV, env={"TERM": term, "TUI_MAIL_HOME": str(tmp_path)})
    assert program.wait() == 2
    assert b"command line" in program.output and b"\x1b" not in program.output


def test_without_any_terminal_there_is_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        ARGV, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 2 and "command line" in done.stderr and not done.stdout


def test_no_color_is_respected_by_the_first_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    paint = first_paint.Paint(DARK, 80, 24, ascii_only=True)
    paint.inbox(("INBOX", 1, 1, [(1, 0, 0, "Y", "open", 1, "Ben", "Subject", "", 1, 0)]), "")
    assert "38;2" not in paint.frame() and paint.frame().isascii()


def test_nothing_heavy_is_imported_before_the_first_picture() -> None:
    code = (
        "import sys; import tui_mail.ui.start, tui_mail.ui.columns, tui_mail.ui.themes.glyphs, tui_mail.model.clean;"
        "import tui_mail.ui.themes.palette, tui_mail.model.paths;"
        "import tui_mail.store.first_window;"
        "tui_mail.model.paths.ProfilePaths();"
        "tui_mail.ui.first_paint.decode(b'{\"a\": [1, null]}'); tui_mail.model.clean.clean('Blood: 5 µg');"
        "heavy = ('textual', 'rich', 'msgspec', 'asyncio', 'cryptography', 'socket', 'pathlib', 'hashlib');"
        "heavy += ('re', 'json');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "line",
    [b'{"a": [1, 2.5, null, true, "x\\u00e9 \\n"], "b": {}}', b' {"a": 1} ', b'{"a": 1}x', b"{", b'{"a": "\xff"}', b"",
     b'{"a": Infinity}', b'{"a": 1}\n', b"[" * 20_000, b'{"a": "\x01"}'],
)  # fmt: skip
def test_what_the_engine_says_is_read_like_any_json(line: bytes) -> None:
    def answer(read: Callable[[bytes], object]) -> object:
        try:
            return read(line)
        except (ValueError, RecursionError) as error:
            return isinstance(error, ValueError)

    assert answer(first_paint.decode) == answer(json.loads)


BROKEN = """
import sys
from tui_mail.ui.screens.mail import MailScreen

def fail(self):
    password = "hunter2 in a variable"
    raise ValueError("hunter2 in the words")

MailScreen.show_help = fail
from tui_mail.__main__ import main
sys.exit(main([]))
"""


def test_a_failure_inside_is_one_sentence_and_shows_no_value_of_any_variable(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets)) as env:
        program = PtyProgram([sys.executable, "-c", BROKEN], env=env)
        program.wait_for(lambda out: b"Blood results" in out)
        program.settle(0.5)
        program.send(b"?")
        assert program.wait() == 1
    assert b"hunter2" not in program.output and b"Traceback" not in program.output
    assert b"Something went wrong inside tui-mail (ValueError); the log" in program.output
    log = next(tmp_path.rglob("engine.log")).read_text()
    assert "fail < " in log and "hunter2" not in log
