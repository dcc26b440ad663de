"""The explanation of a closed message."""

import pytest

from tests.ui.fake_engine import OneScreen, screen_text, shows
from tui_mail.engine.messages import ClosedExplained
from tui_mail.model.message import Draft
from tui_mail.ui.screens.closed import ClosedScreen

SENTENCES = ("None of the certificates is yours.", "Made for a certificate that is not known here: CN=X/1f.")


@pytest.mark.parametrize("size", [(100, 30), (40, 10)])
async def test_r_opens_the_ready_answer(size: tuple[int, int]) -> None:
    written: list[Draft] = []
    draft = Draft("main", ())
    screen = ClosedScreen(ClosedExplained(SENTENCES, draft), written.append)
    async with OneScreen(screen).run_test(size=size) as pilot:
        await shows(pilot, "None of the certificates")
        await pilot.press("r")
        assert written == [draft]


async def test_without_an_answer_none_is_offered() -> None:
    written: list[Draft] = []
    async with OneScreen(ClosedScreen(ClosedExplained(SENTENCES), written.append)).run_test(size=(100, 30)) as pilot:
        await shows(pilot, "CN=X/1f")
        assert "ready answer" not in screen_text(pilot.app)
        await pilot.press("r")
        assert written == []
