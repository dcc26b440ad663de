"""Every screen as a stored picture: characters, and a digest of each row's styles, on a large and a tiny terminal.

    TUI_MAIL_PICTURES=write .venv/bin/python -m pytest tests/ui/test_pictures.py -q

stores them anew; the difference is then there to be looked at before it is kept.
"""

import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
import time_machine
from textual._compositor import visible_screen_stack

from tests.ui.clinic import NOW, fill
from tests.ui.conftest import settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.office import furnish
from tests.ui.walk import WALK, WIZARD, Stop
from tui_mail.ui.app import MailApp
from tui_mail.ui.widgets.hints import Hints

FOLDER = Path(__file__).parent / "pictures"
WRITE = os.environ.get("TUI_MAIL_PICTURES") == "write"
SIZES = ((120, 36), (40, 10))
HOW = "where this is how it shall look, store it with TUI_MAIL_PICTURES=write (see the top of the file):\n"
LONGEST_WAIT_TURNS = 200
UNHURRIED = ("compose", "draft", "search", "filtered")
"""What waits until typing rests, or for another thread."""


@pytest.fixture(autouse=True)
def same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "TZ": "UTC",
        "HOME": "/home/anna",
        "LANG": "C.UTF-8",
        "TEXTUAL_ANIMATIONS": "none",
        "TERM": "xterm",
    }.items():
        monkeypatch.setenv(name, value)
    for name in (
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "NO_COLOR",
        "LC_ALL",
        "LC_CTYPE",
        "KITTY_WINDOW_ID",
        "TERM_PROGRAM",
        "LC_TERMINAL",
    ):
        monkeypatch.delenv(name, raising=False)
    time.tzset()
    with time_machine.travel(NOW, tick=True):
        yield
    monkeypatch.undo()
    time.tzset()


def picture(app: MailApp) -> list[str]:
    """Each row as a digest of its styles and its characters."""
    visible_screen_stack.set(app._background_screens)
    rows = []
    for strip in app.screen._compositor.render_strips():
        styles = hashlib.sha256()
        for style, group in groupby(strip, key=lambda segment: str(segment.style)):
            styles.update(f"{sum(segment.cell_length for segment in group)} {style}\n".encode())
        rows.append(f"{styles.hexdigest()[:6]} {strip.text.rstrip()}".rstrip())
    return rows


async def walk(engine: EngineStandIn, stops: tuple[Stop, ...], size: tuple[int, int]) -> dict[str, list[str]]:
    """The picture of every stop."""

    async def connect() -> EngineStandIn:
        return engine

    app = MailApp(connect)
    pictures = {}
    async with app.run_test(size=size, notifications=True) as pilot:
        await settled(pilot)
        for one in stops:
            app.mail.query_one(Hints).silence()  # sentences go after some seconds: who is slow would see others
            app.clear_notifications()
            await pilot.press(*one.keys)
            pictures[one.name] = await rested(pilot, one, size)
    return pictures


async def rested(pilot, one: Stop, size: tuple[int, int]) -> list[str]:  # type: ignore[no-untyped-def]
    """The picture when it no longer changes; on terminals that are large enough it shows what it must."""
    last: list[str] = []
    quiet = 0
    for _ in range(LONGEST_WAIT_TURNS):
        found = picture(pilot.app)
        quiet = quiet + 1 if found == last else 0
        there = size[1] < 24 or one.is_shown("\n".join(row[7:] for row in found))
        if there and quiet >= (16 if one.name.startswith(UNHURRIED) else 3):
            return found
        last = found
        await pilot.pause(0.02)
    shown = "\n".join(last)
    raise AssertionError(f"{one.name} never showed {one.shows!r} or never rested:\n{shown}")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
async def test_every_screen_looks_as_its_stored_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    label = "x".join(map(str, size))
    pictures = {}
    for name, stops, state in (("mail", WALK, "open"), ("new", WIZARD, "new")):
        store, views = fill(tmp_path / f"{name}.db")
        engine = EngineStandIn(store, tmp_path / f"{name}.db", views, state=state)
        furnish(store, engine)
        pictures |= await walk(engine, stops, size)
        store.close()
    wrong = {}
    for name, rows in pictures.items():
        place = FOLDER / label / f"{name}.txt"
        if WRITE:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("\n".join(rows) + "\n", encoding="utf-8")
        elif not place.exists():
            wrong[name] = "there is no stored picture"
        elif (stored := place.read_text(encoding="utf-8").splitlines()) != rows:
            wrong[name] = difference(stored, rows)
    assert not wrong, HOW + "\n\n".join(f"{name}, {label}:\n{what}" for name, what in wrong.items())


def difference(stored: list[str], rows: list[str]) -> str:
    """The rows that differ, as they were and as they are."""
    pairs = ((a, b) for a, b in zip(stored, rows, strict=False) if a != b)
    return "\n".join(f"- {a}\n+ {b}" for a, b in pairs) or f"{len(stored)} rows became {len(rows)}"


def test_every_stop_has_a_name_of_its_own_and_every_stored_picture_a_stop() -> None:
    names = [one.name for one in (*WALK, *WIZARD)]
    assert len(names) == len(set(names))
    stored: dict[str, set[str]] = defaultdict(set)
    for place in FOLDER.glob("*/*.txt"):
        stored[place.parent.name].add(place.stem)
    assert dict(stored) == {"x".join(map(str, size)): set(names) for size in SIZES}
