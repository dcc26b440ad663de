"""The interface on a filled store, with a stand-in for the engine."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tui_mail.ui import start
from tui_mail.ui.spared_imports import import_lean

import_lean(start.load)  # as the program does it, so that every test sees what it makes of textual

from textual.pilot import Pilot  # noqa: E402

from tests.ui.clinic import fill  # noqa: E402
from tests.ui.engine_stand_in import EngineStandIn  # noqa: E402
from tests.ui.quiet_loop import quiet_loop  # noqa: E402
from tui_mail.ui.app import MailApp  # noqa: E402


@pytest.fixture(autouse=True)
def keys_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", quiet_loop)


@pytest.fixture(autouse=True)
def a_terminal_of_all_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineStandIn]:
    store, views = fill(tmp_path / "mail.db")
    yield EngineStandIn(store, tmp_path / "mail.db", views)
    store.close()


@asynccontextmanager
async def running(engine: EngineStandIn, size: tuple[int, int] = (130, 36)) -> AsyncIterator[Pilot[int]]:
    async def connect() -> EngineStandIn:
        return engine

    app = MailApp(connect)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot


async def settled(pilot: Pilot[int]) -> None:
    """Wait until the engine's answers and the coalesced changes of the store are shown."""
    await pilot.pause(0.06)
    working = [worker for worker in pilot.app.workers if worker.group not in ("link", "default")]
    if working:  # an empty list would wait for every worker, and the link never ends
        await pilot.app.workers.wait_for_complete(working)
    await pilot.pause(0.06)


def screen_text(pilot: Pilot[int]) -> str:
    """What the eye sees, line by line."""
    app = pilot.app
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines)
