"""A terminal inside the test: what the program sends is drawn by pyte and compared with what textual means to show."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from unicodedata import normalize

import pyte
from rich.color import Color
from rich.segment import Segment
from textual._compositor import visible_screen_stack
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from tests.ui.conftest import settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.ui.app import MailApp


class Look(NamedTuple):
    """All that an eye can see of a cell."""

    text: str
    ink: str
    ground: str
    attributes: frozenset[str]


class Emulator(HeadlessDriver):
    """A driver whose terminal is a grid in memory, and which counts the bytes."""

    def __init__(self, *args, **options) -> None:  # type: ignore[no-untyped-def]
        super().__init__(*args, **options)
        self.screen = pyte.Screen(*(self._size or (80, 24)))
        self.stream = pyte.Stream(self.screen)
        self.sent = ""

    @property
    def is_headless(self) -> bool:
        return False

    @property
    def can_suspend(self) -> bool:
        return True

    def write(self, data: str) -> None:
        self.sent += data
        self.stream.feed(data)

    def resize(self, columns: int, rows: int) -> None:
        """What terminals do: rows and columns are lost on the way to a smaller size."""
        self.screen.resize(rows, columns)

    def scribble(self) -> None:
        """Another program draws all over the screen."""
        self.stream.feed("\x1b[0m\x1b[H" + "#" * (self.screen.columns * self.screen.lines))

    def look(self, x: int, y: int) -> Look:
        cell = self.screen.buffer[y][x]
        names = [name for name in ("bold", "italics", "underscore", "strikethrough", "reverse") if getattr(cell, name)]
        return look(cell.data, cell.fg, cell.bg, names)


def look(text: str, ink: str, ground: str, attributes: list[str]) -> Look:
    """A cell as it is seen: on a blank neither ink nor boldness, unless a line or a block makes them visible."""
    seen = frozenset(attributes)
    if text == " " and not seen & {"underscore", "strikethrough", "reverse"}:
        ink, seen = "default", frozenset()
    return Look(normalize("NFC", text), ink, ground, seen)  # pyte keeps composed letters


def meant(app: MailApp) -> list[list[Look]]:
    """The picture as textual's compositor has it, without any painter."""
    visible_screen_stack.set(app._background_screens)
    return [_looks(list(strip)) for strip in app.screen._compositor.render_strips()]


def _looks(segments: list[Segment]) -> list[Look]:
    row: list[Look] = []
    for text, style, _ in segments:
        names = {
            "bold": style and style.bold,
            "italics": style and style.italic,
            "underscore": style and style.underline,
            "strikethrough": style and style.strike,
            "reverse": style and style.reverse,
        }
        ink = _hex(style.color if style else None)
        ground = _hex(style.bgcolor if style else None)
        attributes = [name for name, on in names.items() if on]
        for character in text:
            cells = Segment(character).cell_length
            if cells == 0:
                place = -1 if row[-1].text else -2
                row[place] = row[place]._replace(text=normalize("NFC", row[place].text + character))
                continue
            row.append(look(character, ink, ground, attributes))
            row += [look("", ink, ground, attributes)] * (cells - 1)
    return row


def _hex(color: Color | None) -> str:
    return "default" if color is None or color.is_default else color.get_truecolor().hex[1:]


def compare(app: MailApp, after: str) -> None:
    """The terminal shows what is meant, cell for cell."""
    emulator = app._driver
    assert isinstance(emulator, Emulator)
    for y, row in enumerate(meant(app)):
        shown = [emulator.look(x, y) for x in range(len(row))]
        wrong = [x for x, want in enumerate(row) if shown[x] != want]
        assert not wrong, (
            f"after {after}: row {y}, column {wrong[0]}: {shown[wrong[0]]} instead of {row[wrong[0]]}\n"
            f"{''.join(cell.text for cell in shown)}\n{''.join(cell.text for cell in row)}"
        )


@asynccontextmanager
async def emulated(engine: EngineStandIn, size: tuple[int, int] = (120, 30)) -> AsyncIterator[Pilot[int]]:
    """The interface on an emulated terminal."""

    async def connect() -> EngineStandIn:
        return engine

    app = MailApp(connect)
    app.driver_class = Emulator
    async with app.run_test(headless=False, size=size) as pilot:
        await settled(pilot)
        yield pilot
