"""N, E and X: a new folder, another name, and taking an empty folder away after a question."""

import pytest

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import CreateFolder, DeleteFolder, Done, FolderMade, RenameFolder
from tui_mail.store import folders


@pytest.fixture
def plain(engine: EngineStandIn) -> int:
    """An empty folder without a purpose."""
    engine.answers |= {CreateFolder: FolderMade(9), RenameFolder: Done(1), DeleteFolder: Done(1)}
    return folders.save_folder(engine.store.database, "work", "Projects")


async def _go_there(pilot) -> None:  # type: ignore[no-untyped-def]
    await pilot.press("g", *"projects", "enter")
    await settled(pilot)


def _told(engine: EngineStandIn, kind: type) -> list:  # type: ignore[type-arg]
    return [command for command in engine.commands if isinstance(command, kind)]


async def test_a_new_folder_is_asked_for_by_name(engine: EngineStandIn, plain: int) -> None:
    async with running(engine) as pilot:
        await pilot.press("N", "escape", "N", *"2027", "enter")
        await settled(pilot)
        assert "The folder 2027 is made" in screen_text(pilot)
    assert [(one.account, one.name) for one in _told(engine, CreateFolder)] == [("work", "2027")]


async def test_the_open_folder_gets_another_name(engine: EngineStandIn, plain: int) -> None:
    async with running(engine) as pilot:
        await _go_there(pilot)
        await pilot.press("E", *" 2027", "enter")
        await settled(pilot)
        assert "Projects is called Projects 2027 now" in screen_text(pilot)
        await pilot.press("E", "enter")  # the same name changes nothing
        await settled(pilot)
    assert _told(engine, RenameFolder) == [RenameFolder(plain, "Projects 2027")]


@pytest.mark.parametrize("key", ["y", "escape"])
async def test_only_a_yes_takes_an_empty_folder_away(engine: EngineStandIn, plain: int, key: str) -> None:
    async with running(engine) as pilot:
        await _go_there(pilot)
        await pilot.press("X")
        await settled(pilot)
        assert "Delete the empty folder Projects?" in screen_text(pilot)
        await pilot.press(key)
        await settled(pilot)
        assert ("Projects is gone" in screen_text(pilot)) == (key == "y")
    assert _told(engine, DeleteFolder) == ([DeleteFolder(plain)] if key == "y" else [])


async def test_a_folder_that_is_needed_or_full_stays(engine: EngineStandIn, plain: int) -> None:
    async with running(engine) as pilot:
        await pilot.press("X")
        await settled(pilot)
        assert "it keeps its place and its name" in screen_text(pilot)
    assert not _told(engine, DeleteFolder)
