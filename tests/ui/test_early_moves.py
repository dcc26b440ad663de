"""The list follows the keys before textual is there, and the program does them again from its own beginning."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.patience import PATIENCE_SECONDS
from tests.ui.engine_process import serving
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.pty_program import PtyProgram
from tests.ui.test_first_picture import lines
from tui_mail.engine.messages import Welcome
from tui_mail.store.store import Store
from tui_mail.ui.commands.keymaps import KEYMAPS, chosen_keys
from tui_mail.ui.commands.register import COMMANDS
from tui_mail.ui.early_keys import keys_of_bytes
from tui_mail.ui.early_moves import EarlyMoves, understood

COLUMNS, ROWS = 100, 24
TOTAL = 300
SLOW = """
import sys, time
from tui_mail.ui import start
load = start.load

def late():
    while not {until}:
        time.sleep(0.01)
    load()

start.load = late
from tui_mail.__main__ import main
sys.exit(main([]))
"""
"""The program, but textual is imported only after something has come."""


def many(store: Store, _engine: EngineStandIn) -> None:
    store.database.many(
        "INSERT INTO message(folder, home, uid, date, flags, sig, enc, attachments, sender, subject, preview)"
        " SELECT folder, home, ?1, ?1, ?1 % 2, 'Y', '', 0, 'Sender', 'Number ' || ?1 || '.', 'words'"
        " FROM message ORDER BY id LIMIT 1",
        [(number,) for number in range(1_000, 1_000 + TOTAL)],
    )


def own_keys(store: Store, engine: EngineStandIn) -> None:
    many(store, engine)
    welcome = engine._welcome

    def chosen() -> Welcome:
        return replace(welcome(), settings=replace(welcome().settings, keys={"next-row": "k", "previous-row": "j"}))

    engine._welcome = chosen  # type: ignore[method-assign]


@pytest.mark.parametrize("keymap", KEYMAPS)
def test_every_early_key_is_the_same_command_in_the_program(keymap: str) -> None:
    keys, problems = chosen_keys(COMMANDS, keymap, {})
    early = understood({"keymap": keymap, "keys": {}, "threads": False})
    assert early and not problems
    for typed, command in early.items():
        (key,) = keys_of_bytes(typed)
        name = "space" if key.key == "space" else key.key
        assert name in keys[command].split(",") or key.character in keys[command].split(","), (keymap, command, name)


@pytest.mark.parametrize("settings", [{"keys": {"next-row": "x"}}, {"threads": True}])
def test_own_keys_and_a_list_by_conversations_are_left_to_the_program(settings: dict[str, object]) -> None:
    assert understood(settings) is None


def slow_program(env: dict[str, str], gate: Path) -> PtyProgram:
    code = SLOW.format(until=f"__import__('os').path.exists({str(gate)!r})")
    return PtyProgram([sys.executable, "-c", code], columns=COLUMNS, rows=ROWS, env=env)


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        (b"jj", "▌"),
        (b"G", "Number 1000."),
        (b"   ", ""),
        (b"jjjkkk" + b"j" * 25 + b"kkkk", ""),
        (b"\x1b[6~\x1b[6~\x1b[5~j", ""),
        (b"\x1b[F\x1b[A\x1b[A" + b"k" * 22, ""),
        (b"GkbbG\x1b[H\x1b[B", ""),
        (b"kk", ""),
    ],
)
def test_the_picture_that_follows_the_keys_stays_when_the_program_takes_over(
    tmp_path: Path, typed: bytes, stands: str
) -> None:
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets), many) as env:
        gate = tmp_path / "gate"
        program = slow_program(env, gate)
        try:
            program.wait_for(lambda out: b"Blood results" in out or b"Number 1299." in out)
            program.send(typed)
            program.settle(0.5)
            before = lines(program.output, COLUMNS, ROWS)
            gate.touch()
            program.wait_for(lambda out: b"Help" in program.output)
            program.settle(0.5)
            after = lines(program.output, COLUMNS, ROWS)
        finally:
            program.close()
    left = 24 if COLUMNS >= 100 else 0
    cut = [[line[left : COLUMNS - 1].rstrip() for line in picture[1:-1]] for picture in (before, after)]
    assert cut[0] == cut[1]
    assert any(stands in line for line in cut[0])


@pytest.mark.parametrize(
    "pieces", [(b"j\r",), (b"j", b"\n"), (b"\x1b[", b"B\r"), (b"\x1b", b"[B", b"\r"), (b"jq", b"x")]
)
def test_what_is_no_move_ends_it_and_the_program_does_all_that_was_typed(
    tmp_path: Path, pieces: Sequence[bytes]
) -> None:
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets)) as env:
        gate = tmp_path / "gate"
        program = slow_program(env, gate)
        try:
            program.wait_for(lambda out: b"Blood results" in out)
            for piece in pieces:
                program.send(piece)
                program.pump(0.02)
            program.settle(0.3)
            gate.touch()
            if b"q" in b"".join(pieces):
                assert program.wait() == 0
                return
            program.wait_for(lambda out: b"I have the bed" in program.output and b"Back" in program.output)
        finally:
            if b"q" not in b"".join(pieces):
                program.close()


def test_a_person_s_own_keys_mean_what_they_mean_from_the_first_one(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets), own_keys) as env:
        program = PtyProgram([sys.executable, "-m", "tui_mail"], columns=COLUMNS, rows=ROWS, env=env)
        try:
            program.send(b"kkkj")
            program.wait_for(lambda out: b"Help" in program.output)
            program.settle(0.5)
            shown = lines(program.output, COLUMNS, ROWS)
        finally:
            program.close()
    assert [number for number, line in enumerate(shown) if line[24:25] == "▌"] == [4]


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end of a pipe that stands for the keyboard."""
    out, into = os.pipe()
    saved = os.dup(0)
    os.dup2(out, 0)
    yield into
    os.dup2(saved, 0)
    for number in (saved, out, into):
        os.close(number)


def test_a_picture_that_cannot_be_painted_loses_no_key(keyboard: int) -> None:
    tried = threading.Event()

    def fail(*_: object) -> None:
        tried.set()
        raise OSError("the store is busy")

    moves = EarlyMoves({b"j": "next-row"}, 10, 5, fail)
    os.write(keyboard, b"jjq")
    moves.start()
    assert tried.wait(PATIENCE_SECONDS)
    assert moves.stop() == b"jjq"


def test_what_was_typed_before_the_terminal_was_ours_is_the_keys_it_was() -> None:
    typed = b"j\x1b[6~\n\xc3\xa9\x1b"
    assert [key.key for key in keys_of_bytes(typed)] == ["j", "pagedown", "enter", "é", "escape"]
    assert keys_of_bytes(b"") == []
