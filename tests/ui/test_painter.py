"""The painter shows, cell for cell, what textual means to show, and sends little."""

import os
import random

import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.ui.clinic import NOW, add, evidence, view
from tests.ui.emulator import Emulator, compare, emulated
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.model.message import EncState
from tui_mail.model.security import Letter
from tui_mail.ui.painter.cells import Unpaintable
from tui_mail.ui.painter.painted_app import new_painter
from tui_mail.ui.painter.painter import Painter
from tui_mail.ui.painter.pens import Pen, change

KEYS = [
    "j", "j", "j", "k", "down", "up", "space", "b", "pagedown", "home", "end", "G", "enter", "escape", "escape", "t",
    "i", "question_mark", "c", "g", "o", "colon", "T", "slash", "tab", "x", "s", "u", "r", "left", "n",
]  # fmt: skip
SUBJECTS = [
    "漢字の件名 日本語",
    "한국어 제목",
    "Ünïcödé",
    "e\u0301a\u0308 marks",
    "plain words",
    "smile 😀 in the middle",
    "שלום עולם",
    "مرحبا",
    "a much longer subject that is cut somewhere in the middle of it because no list is wide enough for it",
]


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TUI_MAIL_PAINT", raising=False)


@pytest.fixture
def mailbox(engine: EngineStandIn) -> EngineStandIn:
    """More rows than a screen has, in many scripts."""
    secure, who = evidence(Letter.NONE, EncState.NONE, ""), "s@x.example"
    for number in range(120):
        subject, date = f"{SUBJECTS[number % len(SUBJECTS)]} {number}", int(NOW.timestamp()) - number * 7_000
        new = add(engine.store, 1, 100 + number, date, f"Sender {number}", who, subject, "preview")
        engine.views[new] = view(new, "Sender", who, subject, subject * 9, secure)
    return engine


@pytest.mark.parametrize("seed", range(int(os.environ.get("TUI_MAIL_WALKS", "1"))))
async def test_a_random_walk_leaves_the_terminal_as_textual_means_it(mailbox: EngineStandIn, seed: int) -> None:
    choose = random.Random(seed)
    sizes = [(120, 30), (120, 30), (80, 24), (40, 10), (132, 40)]
    async with emulated(mailbox) as pilot:
        emulator = pilot.app._driver
        assert isinstance(emulator, Emulator)
        walked: list[str] = []
        for _ in range(50):
            if not pilot.app.is_running:
                break
            if choose.random() < 0.06:
                size = choose.choice(sizes)
                for columns, rows in (choose.choice(sizes), size):
                    emulator.resize(columns, rows)
                    await pilot.resize_terminal(columns, rows)
                walked.append(str(size))
            else:
                walked.append(choose.choice(KEYS))
                await pilot.press(walked[-1])
            await pilot.pause(0.03)
            await pilot.pause(0.03)
            compare(pilot.app, " ".join(walked))
        assert pilot.app._painter is not None, "it did not give up"


def picture(*lines: str, style: str = "white on black") -> LayoutUpdate:
    strips = [[Strip([Segment(line, Style.parse(style))])] for line in lines]
    return LayoutUpdate(strips, Region(0, 0, strips[0][0].cell_length, len(lines)))


def painter() -> Painter:
    return Painter(ColorSystem.TRUECOLOR, erases=True)


async def test_keys_cost_few_bytes_and_idleness_none(mailbox: EngineStandIn) -> None:
    async with emulated(mailbox, (140, 40)) as pilot:
        emulator = pilot.app._driver
        assert isinstance(emulator, Emulator)
        await pilot.press("end", "k")
        budgets = {"k": 500, "b": 6_000, "enter": 6_000, "down": 700, "escape": 8_000, "slash": 900}
        for key, most in budgets.items():
            await pilot.pause(0.05)
            emulator.sent = ""
            await pilot.press(key)
            await pilot.pause(0.1)
            assert 0 < len(emulator.sent.encode()) < most, (key, len(emulator.sent))
        emulator.sent = ""
        await pilot.pause(1.2)  # longer than a blinking cursor waits
        assert emulator.sent == ""


async def test_after_another_program_drew_the_screen_is_whole_again(mailbox: EngineStandIn) -> None:
    async with emulated(mailbox) as pilot:
        emulator = pilot.app._driver
        assert isinstance(emulator, Emulator)
        with pilot.app.suspend():
            emulator.scribble()
        await pilot.pause(0.1)
        compare(pilot.app, "a suspension")
        for columns, rows in ((20, 5), (120, 30)):  # so quick that the program only sees the size that it had
            emulator.resize(columns, rows)
        await pilot.resize_terminal(120, 30)
        await pilot.pause(0.1)
        compare(pilot.app, "a size that went and came back")


async def test_textual_paints_when_the_painter_fails(mailbox: EngineStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    async with emulated(mailbox) as pilot:
        compare(pilot.app, "the start")

        def broken(update: object) -> str:
            raise RuntimeError

        assert isinstance(pilot.app._painter, Painter)
        monkeypatch.setattr(pilot.app._painter, "paint", broken)
        await pilot.press("j", "space", "enter")
        await pilot.pause(0.1)
        assert pilot.app._painter is None
        compare(pilot.app, "a failure")


def test_unknown_terminals_and_the_switch_leave_painting_to_textual(monkeypatch: pytest.MonkeyPatch) -> None:
    assert new_painter(ColorSystem.TRUECOLOR)
    monkeypatch.setenv("TERM", "vt52")
    assert new_painter(ColorSystem.TRUECOLOR) is None
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("TUI_MAIL_PAINT", "stock")
    assert new_painter(ColorSystem.TRUECOLOR) is None
    monkeypatch.delenv("TUI_MAIL_PAINT")
    monkeypatch.setattr("tui_mail.ui.painter.painted_app.textual_version", lambda: "9.0.0")
    assert new_painter(ColorSystem.TRUECOLOR) is None


def test_a_picture_that_is_shown_already_costs_nothing() -> None:
    one = painter()
    assert one.paint(picture("some text", "and more "))
    assert one.paint(picture("some text", "and more ")) == ""
    assert len(one.paint(picture("some teXt", "and more "))) < 60


def test_rows_that_move_are_moved() -> None:
    rows = [f"{'the same':24} number {number:<16}" for number in range(30)]
    one = painter()
    one.paint(picture(*rows[:20]))
    sent = one.paint(picture(*rows[1:21]))
    assert "\x1b[1M" in sent and "\x1b[r" in sent and len(sent) < 90
    sent = one.paint(picture(*rows[:20]))
    assert "\x1b[1L" in sent and len(sent) < 90


def test_cells_behind_a_doubtful_character_are_placed_absolutely() -> None:
    one = painter()
    one.paint(picture("😀 abc|", "漢字 ab|"))
    sent = one.paint(picture("😀 abd|", "漢字 ac|"))
    assert "\x1b[1;3H abd|" in sent, "all of the row from the emoji on, its rest at its own place"
    assert "\x1b[2;7Hc" in sent, "all terminals agree about these"


def test_hyperlinks_are_left_to_textual_and_holes_too() -> None:
    one = painter()
    with pytest.raises(Unpaintable):
        one.paint(picture("linked", style="link https://x.example"))
    assert not one.knows
    with pytest.raises(Unpaintable):
        one.paint(LayoutUpdate([[Strip([Segment("short")])]], Region(0, 0, 9, 1)))


def test_a_strip_that_comes_back_after_a_dialog_lay_over_it_is_painted() -> None:
    one = painter()
    behind, over = picture("the list  "), picture("the dialog")
    assert one.paint(behind) and one.paint(over) and one.paint(behind) and one.paint(over)


def test_pens_change_by_the_shortest_way_and_end_what_must_end() -> None:
    bold, dim = Pen(("1",), "31", "44"), Pen(("2",), "31", "44")
    assert change(bold, bold) == ""
    assert change(bold, dim) == "\x1b[22;2m"
    assert change(Pen(("1", "4"), "31", "44"), bold) == "\x1b[24m"
    assert change(bold, Pen()) == "\x1b[0m"
    assert change(None, bold) == "\x1b[0;1;31;44m"
    assert change(Pen(("51",), "31"), Pen((), "31")) == "\x1b[0;31m", "nobody knows how to end a frame alone"
