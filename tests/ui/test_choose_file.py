"""Choosing a file: whatever is typed, the line says what is there and what is not."""

from pathlib import Path

import pytest

from tests.ui.fake_engine import OneScreen, screen_text, shows, until
from tui_mail.model.typed_path import is_file, is_folder, typed_path
from tui_mail.ui.screens.choose_file import ChooseFile, matching_paths, meant


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "may.pdf").write_text("x")
    return tmp_path


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_a_file_that_is_not_there_is_said_and_another_can_be_typed(size: tuple[int, int], home: Path) -> None:
    app = OneScreen(ChooseFile("Attach a file"))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "notes.txt")
        await pilot.press(*"none", "enter")
        await shows(pilot, "There is no file")
        await pilot.press("backspace")
        assert "There is no file" not in screen_text(app)
        await pilot.press(*["backspace"] * 3, *"notes.txt", "enter")
        await until(pilot, lambda: app.result == home / "notes.txt")


async def test_tab_completes_and_enter_looks_into_a_folder(home: Path) -> None:
    app = OneScreen(ChooseFile("Attach a file"))
    async with app.run_test() as pilot:
        await shows(pilot, "notes.txt")
        await pilot.press(*"rep", "tab", "enter")
        await shows(pilot, "may.pdf")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.result == home / "reports" / "may.pdf")


@pytest.mark.parametrize(
    "typed",
    ["~nobody-of-this-name", "~nobody-of-this-name/x", "/" + "x" * 300, "a\tb", "/proc/1/root/x", "/etc/passwd/x"],
)
async def test_nothing_that_is_typed_ends_the_program(typed: str) -> None:
    app = OneScreen(ChooseFile("Attach a file"))
    async with app.run_test() as pilot:
        line = app.screen.query_one("#path")
        line.value = typed
        await pilot.press("enter")
        await shows(pilot, "There is no file")
    assert app._exception is None
    assert not is_file(typed_path(typed)) and not is_folder(typed_path(typed))


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("~//srv/x", "/srv/x"),
        ("/a//b//c", "/c"),
        ("/a/~/x", "~/x"),
        ("~/x", "~/x"),
        ("/a/~backup", "/a/~backup"),
        ("", ""),
    ],
)
def test_another_path_may_begin_behind_the_one_that_stands_there(typed: str, wanted: str, home: Path) -> None:
    assert meant(typed) == wanted
    assert home / "notes.txt" in matching_paths(f"/nowhere/{home}//{home}/no")
