"""Nothing holds the interface: no step of its event loop takes longer than an eye forgives, with 100,000 messages."""

import asyncio
import gc
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.benchmarks.ui import make_store
from tests.ui.clinic import KEY, evidence, view
from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.test_mail_screen import mail_of
from tui_mail.engine.messages import StoreChanged
from tui_mail.model.message import EncState, MessageView, Run
from tui_mail.model.security import Letter
from tui_mail.store.store import Store
from tui_mail.ui.commands.command import Command
from tui_mail.ui.commands.register import COMMANDS
from tui_mail.ui.start import calm_collector

LONGEST_UNITS = 50
"""A unit is what a millisecond of quiet does on the machine where this was written: others are slower, or busy."""
MESSAGES = 100_000


NOT_HERE = {"quit"}
"""There is nothing to measure behind the end."""


class Views(defaultdict[int, MessageView]):
    """Whatever message is opened: a signed one of a hundred kilobytes."""

    def __missing__(self, number: int) -> MessageView:
        secure = evidence(Letter.NEW, EncState.OPEN, "s@x.example")
        one = view(number, "Sender", "s@x.example", f"SUBJECT of message {number}", "text", secure)
        return replace(one, lines=one.lines + ((Run("words and words " * 20),),) * 300)


class Watchdog:
    """Measures the processor's time of every step against that of a unit just before and after it, so that other
    programs on the machine, which take its caches away too, do not matter."""

    def __init__(self) -> None:
        self.steps: list[tuple[float, str, int]] = []
        self.units: list[float] = []
        self.doing = ""

    def weigh(self) -> None:
        """How long a unit takes at this moment."""
        begin = time.thread_time()
        for number in range(60):
            {f"{number}{other}": other for other in range(100)}
        self.units.append(time.thread_time() - begin)

    def slow(self) -> list[tuple[float, str]]:
        """Steps that took too long, in units."""
        usual = statistics.median(self.units)
        found = []
        for took, doing, place in self.steps:
            unit = max(usual, *self.units[max(0, place - 1) : place + 1])
            if took > LONGEST_UNITS * unit:
                found.append((round(took / unit), doing))
        return found

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            begin = time.thread_time()
            run(handle)
            self.steps.append((time.thread_time() - begin, self.doing, len(self.units)))

        monkeypatch.setattr(asyncio.Handle, "_run", timed)


@pytest.fixture(scope="module")
def large_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "mail.db"
    make_store(path, MESSAGES)
    return path


@pytest.fixture
def large(large_store: Path) -> Iterator[EngineStandIn]:
    store = Store(large_store, KEY)
    yield EngineStandIn(store, large_store, Views())
    store.close()


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    calm_collector()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
async def test_no_step_of_the_interface_takes_long(large: EngineStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    dog = Watchdog()
    async with running(large, (140, 40)) as pilot:
        dog.watch(monkeypatch)
        walk = (
            "j space G home enter j space end i escape t escape escape question_mark escape g escape o escape c escape"
        )
        for key in [
            *walk.split(),
            "slash",
            *"subject",
            "enter",
            "down",
            "escape",
            "colon",
            "escape",
        ]:
            dog.doing = key
            await pilot.press(key)
            await pilot.pause(0.05)
            dog.weigh()
        dog.doing = "a change of the store"
        large.publish(StoreChanged())
        await pilot.pause(0.2)
        assert "SUBJECT of" in screen_text(pilot)
    assert dog.slow() == []


@pytest.mark.usefixtures("collector")
@pytest.mark.parametrize("reading", [False, True], ids=["list", "reader"])
async def test_no_command_takes_long(large: EngineStandIn, monkeypatch: pytest.MonkeyPatch, reading: bool) -> None:
    dog = Watchdog()
    async with running(large, (140, 40)) as pilot:
        mail = mail_of(pilot)
        dog.watch(monkeypatch)

        async def tried(commands: list[Command]) -> int:
            count = 0
            for command in commands:
                if reading and not mail.reading:
                    await pilot.press("home", "enter")
                    await settled(pilot)
                if not reading and mail.reading:
                    await pilot.press("escape")
                if not command.available(mail):
                    continue
                count += 1
                dog.doing = command.id
                pilot.app.call_later(mail.action_command, command.id)
                await pilot.pause(0.05)
                await settled(pilot)
                dog.weigh()
                while pilot.app.screen is not mail:
                    pilot.app.pop_screen()
                    await pilot.pause()
            return count

        assert await tried([one for one in COMMANDS if one.id not in NOT_HERE]) > (40 if reading else 30)
        slow = {doing for _, doing in dog.slow()}
        dog.steps.clear()
        await tried([one for one in COMMANDS if one.id in slow])  # what is slow is slow again
    assert dog.slow() == []


async def test_the_watchdog_barks(monkeypatch: pytest.MonkeyPatch) -> None:
    dog = Watchdog()
    dog.watch(monkeypatch)
    dog.weigh()
    dog.doing = "something long"
    asyncio.get_running_loop().call_soon(lambda: [Watchdog().weigh() for _ in range(3 * LONGEST_UNITS)])
    await asyncio.sleep(0.01)
    assert [doing for _, doing in dog.slow()] == ["something long"]
