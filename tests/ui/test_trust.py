"""The trust dialog: its first picture is its last one."""

import asyncio

import pytest
from textual.events import Resize

from tests.ui.clinic import NOW, certificate
from tests.ui.conftest import running, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.fake_engine import FakeEngine, OneScreen, shows
from tui_mail.engine.messages import Command, Reply, TrustFacts, TrustQuestion
from tui_mail.model.certificate import spoken_words
from tui_mail.model.security import Letter, Verdict
from tui_mail.ui.screens.trust import TrustScreen
from tui_mail.ui.widgets.pane import Pane

FACTS = TrustFacts(
    "ben@lab.example",
    certificate(),
    "CN=City Mail CA, an authority that is not among those that you trust",
    Verdict(Letter.NEW, ("Not yet.",)),
    ("Trusting means a lot. " * 8, "The same certificate as the last 41 mails, since March 2024."),
    offer=True,
)


@pytest.mark.parametrize("size", [(100, 34), (80, 24), (60, 18)])
async def test_the_dialog_has_its_height_from_its_first_picture_on(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = []
    real = Pane.on_resize

    def noted(pane: Pane, event: Resize) -> None:
        heights.append(event.size.height)
        real(pane, event)

    monkeypatch.setattr(Pane, "on_resize", noted)
    async with OneScreen(TrustScreen(FakeEngine({}), FACTS, NOW)).run_test(size=size) as pilot:
        await shows(pilot, spoken_words(certificate().sha256))
        await pilot.pause(0.1)
    assert len(set(heights)) == 1
    assert heights[0] > 8


@pytest.mark.parametrize("keys", ["enter t escape", "t down", "t g"])
async def test_a_dialog_that_comes_late_does_not_come_between_what_is_done_meanwhile(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    may_answer, ask = asyncio.Event(), engine.ask

    async def slow(command: Command, kind: type) -> Reply:
        if isinstance(command, TrustQuestion):
            await may_answer.wait()
        return await ask(command, kind)

    monkeypatch.setattr(engine, "ask", slow)
    async with running(engine) as pilot:
        await pilot.press(*keys.split())
        may_answer.set()
        await settled(pilot)
        assert not isinstance(pilot.app.screen, TrustScreen)
        await pilot.press("escape", "home", "t")
        await settled(pilot)
        assert isinstance(pilot.app.screen, TrustScreen)  # without hurry it comes
