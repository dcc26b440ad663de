"""A picture on the screen: half blocks in its colours, or characters where there are none."""

import pytest
from msgspec.structs import replace

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import ShowPicture
from tui_mail.model.message import AttachmentInfo
from tui_mail.ui.screens.picture import PictureScreen
from tui_mail.ui.screens.reader_actions import is_picture, room_for_picture

FILES = (AttachmentInfo(0, "ct\x1b[31m.png", "image/png", 9_120),)


@pytest.mark.parametrize("no_colour", ["", "1"])
async def test_enter_in_the_list_shows_it(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch, no_colour: str
) -> None:
    monkeypatch.setenv("NO_COLOR", no_colour)
    engine.views[1] = replace(engine.views[1], attachments=FILES)
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("p", "enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, PictureScreen)
        screen = screen_text(pilot)
        assert "400 x 800 pixels" in screen and "\x1b" not in screen
        assert ("▀▀" in screen) == (not no_colour)
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert not isinstance(pilot.app.screen, PictureScreen)
    asked = [command for command in engine.commands if isinstance(command, ShowPicture)]
    assert [(command.width, command.height) for command in asked] == [room_for_picture(130, 36)]


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [("a.png", "image/png", True), ("a.jpg", "application/octet-stream", True), ("a.svg", "image/svg+xml", False),
     ("a.png", "text/plain", False), ("a.pdf", "application/octet-stream", False)],
)  # fmt: skip
def test_what_counts_as_a_picture(name: str, kind: str, shown: bool) -> None:
    assert is_picture(AttachmentInfo(0, name, kind, 1)) is shown


def test_a_tiny_terminal_still_has_room() -> None:
    assert room_for_picture(5, 3) == (4, 2) and room_for_picture(80, 24) == (74, 36)
