"""The interface on a filled store, with a stand-in for the engine."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui.clinic import fill
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.quiet_loop import quiet_loop
from tui_mail.ui.app import MailApp


@pytest.fixture(autouse=True)
def keys_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", quiet_loop)


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
