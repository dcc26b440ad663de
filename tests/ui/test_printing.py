"""P prints: after a question, through a program that gets the text on its standard input."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.patience import PATIENCE_SECONDS
from tests.ui import clinic
from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.ui.printing import print_text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "No printer program is set"),
        ("'unfinished", "No printer program is set"),
        ("no-such-printer-here", "no-such-printer-here cannot be started"),
        ("sh -c 'exit 3'", "ended with 3"),
        ("sleep 60", "took longer"),
        ("sh -c 'cat >/dev/null'", ""),
    ],
)
async def test_what_goes_wrong_is_a_sentence(command: str, said: str) -> None:
    sentence = await print_text(command, "text", seconds=0.3 if "sleep" in command else PATIENCE_SECONDS)
    assert said in sentence and bool(said) == bool(sentence)


@pytest.mark.parametrize("key", ["y", "escape"])
async def test_only_a_yes_prints(
    engine: EngineStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    paper = tmp_path / "paper"
    monkeypatch.setattr(clinic, "SETTINGS", clinic.SETTINGS)
    engine.welcome = replace(
        engine.welcome,
        settings=replace(clinic.SETTINGS, print_command=f"sh -c 'cat > {paper}.new; mv {paper}.new {paper}'"),
    )
    async with running(engine) as pilot:
        await pilot.press("P")
        await settled(pilot)
        assert "Print this message" in screen_text(pilot) and "Blood results" in screen_text(pilot)
        await pilot.press(key)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await settled(pilot)
            while key == "y" and not paper.exists():
                await settled(pilot)
    assert paper.exists() == (key == "y")
    if key == "y":
        assert paper.read_text() == "the text of 1: grün\n"
