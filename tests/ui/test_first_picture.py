"""The picture before textual is the picture that textual paints: nothing flashes when it takes over."""

import sys
import tempfile
from pathlib import Path

import pyte
import pytest
from msgspec.structs import replace

from tests.ui.engine_process import serving
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.pty_program import PtyProgram
from tests.ui.test_threads import conversation
from tui_mail.engine.messages import Welcome
from tui_mail.store.store import Store


def lines(sent: bytes, columns: int, rows: int) -> list[str]:
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(sent)
    return [line.rstrip() for line in screen.display]


@pytest.mark.parametrize("threads", [False, True])
@pytest.mark.parametrize(("columns", "rows"), [(120, 30), (80, 24), (40, 10)])
def test_the_list_of_the_first_picture_stays_as_it_is(tmp_path: Path, threads: bool, columns: int, rows: int) -> None:
    def change(_store: Store, engine: EngineStandIn) -> None:
        conversation(engine)
        welcome = engine._welcome

        def chosen() -> Welcome:
            return replace(welcome(), settings=replace(welcome().settings, threads=threads))

        engine._welcome = chosen  # type: ignore[method-assign]

    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets), change) as env:
        argv = [sys.executable, "-m", "tui_mail"]
        program = PtyProgram(argv, columns=columns, rows=rows, env=env)
        try:
            program.wait_for(lambda out: b"\x1b[?1000h" in out or b"Help" in out)
            first = program.output.partition(b"\x1b[0m\x1b[?7h")[0]
            program.wait_for(lambda out: b"Help" in program.output)
            program.settle(0.3)
            before, after = lines(first, columns, rows), lines(program.output, columns, rows)
        finally:
            program.close()
    left = 24 if columns >= 100 else 0
    assert sum("Ward" in line for line in before) == (1 if threads else 3)
    for old, new in zip(before[1:-1], after[1:-1], strict=True):  # the scrollbar comes with the program
        assert old[left : columns - 1].rstrip() == new[left : columns - 1].rstrip()
