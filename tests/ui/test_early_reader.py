"""A message stands before textual is there, and nothing of it changes when the program takes over."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest
from msgspec.structs import replace

from tests.ui.engine_process import serving
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.pty_program import PtyProgram
from tests.ui.test_early_moves import SLOW
from tui_mail.engine.messages import OpenMessage
from tui_mail.engine.wire import decode_command
from tui_mail.model.message import AttachmentInfo, Flag, Run, Style
from tui_mail.store.store import Store
from tui_mail.ui import first_paint

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b5A‮evil"
FORMS: tuple[tuple[Run, ...], ...] = (
    (Run("Grüße aus 東京 und Ελλάδα, "), Run("bold", Style.BOLD), Run(" and "), Run("slanted", Style.ITALIC)),
    (Run("A heading", Style.HEADING),),
    (Run("> What was said, long enough that it goes on in the next row " * 3, Style.QUOTE),),
    (Run("code = 1", Style.CODE), Run(" see "), Run("our page", Style.LINK, "https://lab.example/results")),
    (Run("quiet", Style.MUTED),),
    (Run(f"{HOSTILE}"),),
    (Run("smile 😀 and a family 👨‍👩‍👧 behind it"),),
    *(((Run(f"> {number}", Style.QUOTE),)) for number in range(12)),
    (Run("-- ", Style.SIGNATURE),),
)


def change(store: Store, engine: EngineStandIn) -> None:
    """All are read already, so that reading changes no row; some say things in all styles."""
    store.database.run("UPDATE message SET flags = flags | ?", (int(Flag.SEEN),))
    for number, view in engine.views.items():
        lines = (*view.lines, *FORMS) if number % 2 else (*FORMS, *view.lines)
        files = (AttachmentInfo(0, f"{HOSTILE}.pdf", "application/pdf", 1_500),) if number == 2 else view.attachments
        engine.views[number] = replace(view, lines=lines, attachments=files)
    engine.views[1] = replace(engine.views[1], subject=f"{HOSTILE} subject " + "long " * 60)


def gated(name: str, gate: Path) -> list[str]:
    """The program, which waits before it imports all this until the gate is there."""
    code = SLOW.replace("start.load\n", f"start.{name}\n").replace("start.load =", f"start.{name} =")
    return [sys.executable, "-c", code.format(until=f"__import__('os').path.exists({str(gate)!r})")]


@contextmanager
def begun(
    folder: Path, size: tuple[int, int], change: Callable[[Store, EngineStandIn], None] = change, gate: str = "load"
) -> Iterator[tuple[PtyProgram, Path]]:
    """The program with its first picture; it goes on when the file is there."""
    with tempfile.TemporaryDirectory() as sockets, serving(folder, Path(sockets), change) as env:
        program = PtyProgram(gated(gate, folder / "gate"), columns=size[0], rows=size[1], env=env)
        try:
            program.wait_for(lambda out: b"Blood" in out, 30)
            yield program, folder / "gate"
        finally:
            program.close()


def picture(sent: bytes, size: tuple[int, int]) -> list[list[tuple[object, ...]]]:
    """What an eye sees of every cell: on a blank neither ink nor boldness."""
    screen = pyte.Screen(*size)
    pyte.ByteStream(screen).feed(sent)
    rows: list[list[tuple[object, ...]]] = []
    for y in range(size[1]):
        cells = [screen.buffer[y][x] for x in range(size[0])]
        rows.append(
            [
                (cell.data, cell.bg, cell.underscore)
                if cell.data == " "
                else (cell.data, cell.fg, cell.bg, cell.bold, cell.italics, cell.underscore)
                for cell in cells
            ]
        )
    return rows


def differences(
    before: Sequence[Sequence[tuple[object, ...]]], after: Sequence[Sequence[tuple[object, ...]]], size: tuple[int, int]
) -> list[str]:
    """Where two pictures differ, beside the top and bottom line, the folders and the bars for scrolling, which come
    with the program."""
    left = 24 if size[0] >= 100 and size[1] >= 24 else 0
    return [
        f"{y},{x}: {before[y][x]} then {after[y][x]}"
        for y in range(1, size[1] - 1)
        for x in range(left, size[0] - 1)
        if before[y][x] != after[y][x]
    ]


@pytest.mark.parametrize("size", [(140, 40), (101, 25), (80, 24), (48, 20)], ids=str)
@pytest.mark.parametrize("typed", [b"\r", b"jjjjjj\r"], ids=str)
def test_what_is_read_early_is_cell_for_cell_what_the_program_paints(
    tmp_path: Path, size: tuple[int, int], typed: bytes
) -> None:
    with begun(tmp_path, size) as (program, gate):
        program.send(typed)
        program.wait_for(lambda out: b"From" in out and b"ward@" in out, 30)
        program.settle(0.3)
        before = picture(program.output, size)
        begin = len(program.output)
        gate.touch()
        program.wait_for(lambda out: b"Back" in out, 30)
        program.settle(0.5)
        assert not differences(before, picture(program.output, size), size)
        for end in range(begin, len(program.output)):  # not for a moment either
            if program.output[end : end + 8] == b"\x1b[?2026l":
                assert not differences(before, picture(program.output[:end], size), size)
    for wrong in (b"\x1b]0;owned", b"\x07", "\x9b".encode(), "\u202e".encode()):
        assert wrong not in program.output[:begin], wrong


def test_what_is_asked_early_is_a_command_of_the_engine_that_marks_nothing_as_read() -> None:
    frame = decode_command(first_paint._OPEN % 7)
    assert (frame.id, frame.command) == (first_paint.OPEN_ID, OpenMessage(7, mark_seen=False))
