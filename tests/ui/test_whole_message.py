"""A message whose files wait on the server says so above its text; C gets the whole, and so does what needs it."""

import pytest
from msgspec.structs import replace

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import Failure, FetchWhole
from tui_mail.model.message import HeldBack

HELD = HeldBack(12_345_678, ("film.mp4", "a\x1b[31mb"))


@pytest.fixture
def holding(engine: EngineStandIn) -> EngineStandIn:
    engine.views[1] = replace(engine.views[1], held=HELD)
    return engine


def fetched(engine: EngineStandIn) -> list[int]:
    return [command.message_id for command in engine.commands if isinstance(command, FetchWhole)]


async def test_a_sentence_says_what_waits_and_the_key_gets_it(holding: EngineStandIn) -> None:
    async with running(holding) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        shown = " ".join(screen_text(pilot).split())
        assert "12.3 MB wait on the server: film.mp4, a" in shown and "Press H" in shown and "\x1b" not in shown
        assert fetched(holding) == []
        await pilot.press("H")
        await settled(pilot)
        assert fetched(holding) == [1]
        assert "wait on the server" not in screen_text(pilot)
        assert "The whole message is here." in screen_text(pilot)


async def test_the_key_works_in_the_list(holding: EngineStandIn) -> None:
    async with running(holding) as pilot:
        await pilot.press("H")
        await settled(pilot)
        assert fetched(holding) == [1]


@pytest.mark.parametrize("key", ["f", "M"])
async def test_forwarding_gets_the_whole_first(holding: EngineStandIn, key: str) -> None:
    async with running(holding) as pilot:
        await pilot.press(key)
        await settled(pilot)
        assert fetched(holding) == [1]
        assert "Fwd:" in screen_text(pilot)


@pytest.mark.parametrize("key", ["s", "p"])
async def test_looking_for_the_files_gets_the_whole_first(holding: EngineStandIn, key: str) -> None:
    async with running(holding) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press(key)
        await settled(pilot)
        assert fetched(holding) == [1]


async def test_without_the_server_nothing_is_forwarded_and_the_sentence_stays(
    holding: EngineStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = holding.answer

    def out_of_reach(command):  # type: ignore[no-untyped-def]
        return Failure("The server is out of reach.") if isinstance(command, FetchWhole) else known(command)

    monkeypatch.setattr(holding, "answer", out_of_reach)
    async with running(holding) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("f")
        await settled(pilot)
        assert "out of reach" in screen_text(pilot) and "Fwd:" not in screen_text(pilot)
        assert "wait on the server" in screen_text(pilot)
