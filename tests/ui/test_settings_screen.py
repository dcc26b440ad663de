"""The settings screen, its schema, and the keymaps."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import SaveSettings
from tui_mail.engine.settings import load_settings, save_settings
from tui_mail.model.account import Settings
from tui_mail.model.discovery import Discovery
from tui_mail.model.errors import UsageError
from tui_mail.model.setting import SETTINGS, Setting, changed, next_value, settings_table, shown, value_of
from tui_mail.ui.commands.command import NO_KEY, Place, key_name
from tui_mail.ui.commands.keymaps import KEYMAPS, chosen_keys
from tui_mail.ui.commands.register import BY_ID, COMMANDS
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.themes.palette import PALETTES

BY_NAME = {one.name: one for one in SETTINGS}

# ---- the schema


def test_every_field_of_the_file_is_in_the_schema_and_the_other_way_round() -> None:
    fields = set(Settings.__struct_fields__) - {"accounts", "keys", "themes", "discovery"}
    fields |= {f"discovery.{name}" for name in Discovery.__struct_fields__}
    assert fields == set(BY_NAME)
    assert set(BY_NAME["theme"].choices) == set(PALETTES)
    assert set(BY_NAME["keymap"].choices) == set(KEYMAPS)
    for one in SETTINGS:
        default = value_of(Settings(), one.name)
        assert not one.choices or default in one.choices
        assert one.sentence.endswith(".") and one.title


@pytest.mark.parametrize("one", SETTINGS, ids=lambda one: one.name)
def test_every_value_that_can_be_chosen_is_one_that_the_file_may_hold(one: Setting, tmp_path: Path) -> None:
    settings = Settings()
    text = next_value(settings, one) or {int: "7", str: "some word", tuple: "a b"}[type(value_of(settings, one.name))]
    after = changed(settings, one, text)
    assert after != settings and shown(value_of(after, one.name)) == text
    save_settings(tmp_path / "settings.toml", after)
    assert load_settings(tmp_path / "settings.toml") == after


@pytest.mark.parametrize(
    ("name", "text"),
    [("undo_seconds", "-1"), ("undo_seconds", "5.5"), ("undo_seconds", "9" * 40), ("undo_seconds", "٣"),
     ("threads", "yes"), ("revocation", "sometimes"), ("discovery.when", "")],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_refused_with_what_is_possible(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=BY_NAME[name].title.partition("(")[0].strip()):
        changed(Settings(), BY_NAME[name], text)


def test_the_readmes_table_of_settings_is_true() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert settings_table() in readme


# ---- keymaps


@pytest.mark.parametrize("keymap", KEYMAPS)
def test_no_keymap_gives_one_key_to_two_commands_and_each_names_commands_that_exist(keymap: str) -> None:
    assert set(KEYMAPS[keymap]) <= set(BY_ID)
    keys, problems = chosen_keys(COMMANDS, keymap, {})
    assert problems == ()
    assert set(keys) == set(BY_ID)


def test_own_keys_win_and_what_is_wrong_is_said_in_words() -> None:
    keys, problems = chosen_keys(COMMANDS, "plain", {"archive": "y ctrl+a", "delete": "#"})
    assert (keys["archive"], keys["delete"]) == ("y,ctrl+a", "number_sign")
    assert problems == ("y is archive now; answer has no key left. Give it another in [keys] of settings.toml.",)
    assert keys["answer"] == NO_KEY
    keys, problems = chosen_keys(COMMANDS, "plain", {"reply": "x"})
    assert (keys["reply"], keys["mark"], problems) == ("x", "shift+down", ())
    _keys, problems = chosen_keys(COMMANDS, "plain", {"reply": "ctrl+a", "archive": "ctrl+a"})
    assert [problem.partition(". ")[0] for problem in problems] in (
        ["The key Ctrl+A is given to reply and to archive"],
        ["The key Ctrl+A is given to archive and to reply"],
    )
    _keys, problems = chosen_keys(COMMANDS, "nano", {"archiv": "y", "reply": "hyper+é", "quit": ""})
    assert [problem.partition(":")[0].partition("'")[0].strip() for problem in problems] == [
        "There is no keymap",
        "[keys] There is no command",
        "[keys] reply",
        "[keys] quit",
    ]
    assert key_name("alt+less_than_sign") == "Alt+<" and key_name("ctrl+underscore") == "Ctrl+_"


async def test_a_key_of_ones_own_does_what_it_was_given_to(engine: EngineStandIn) -> None:
    settings = replace(engine.welcome.settings, keys={"reply": "x", "archive": "y"})
    engine.welcome = replace(engine.welcome, settings=settings)
    async with running(engine) as pilot:
        await pilot.press("x")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ComposeScreen) and not pilot.app.mail.list.marked
        await pilot.press("escape")
        await settled(pilot)
        await pilot.press("shift+down")
        assert len(pilot.app.mail.list.marked) == 1


# ---- the screen


async def test_a_switch_is_turned_a_number_typed_and_both_are_taken_back(engine: EngineStandIn) -> None:
    async with running(engine, (100, 40)) as pilot:
        await pilot.press("S")
        await settled(pilot)
        assert "Sign every mail" in screen_text(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert pilot.app.settings.sign_by_default is False
        await pilot.press("down", "down", "enter")
        await pilot.pause(0.1)
        assert "Enter takes it, Esc leaves it as it was." in screen_text(pilot)
        await pilot.press("backspace", *"30", "enter")
        await settled(pilot)
        assert pilot.app.settings.undo_seconds == 30
        await pilot.press("z", "z")
        await settled(pilot)
        assert (pilot.app.settings.undo_seconds, pilot.app.settings.sign_by_default) == (5, True)
        saved = [command.settings for command in engine.commands if isinstance(command, SaveSettings)]
        assert [one.undo_seconds for one in saved][-2:] == [5, 5]


async def test_the_settings_are_found_by_typing_and_left_with_escape(engine: EngineStandIn) -> None:
    async with running(engine, (80, 24)) as pilot:
        await pilot.press("S", "slash", *"conversations")
        await settled(pilot)
        text = screen_text(pilot)
        assert "Show conversations" in text and "Sign every mail" not in text
        await pilot.press("enter", "enter")
        await settled(pilot)
        assert pilot.app.settings.threads is True
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert "Settings" not in screen_text(pilot).splitlines()[0]


async def test_a_keymap_counts_at_once_in_keys_hints_and_help(engine: EngineStandIn) -> None:
    async with running(engine, (120, 36)) as pilot:
        pilot.app.change_settings(keymap="emacs", keys={"archive": "y"})
        await settled(pilot)
        assert "y Archive" in screen_text(pilot) and "Ctrl+S Search" in screen_text(pilot)
        first = pilot.app.mail.list.cursor
        await pilot.press("ctrl+n")
        await settled(pilot)
        assert pilot.app.mail.list.cursor == first + 1
        await pilot.press("j")
        await settled(pilot)
        assert pilot.app.mail.list.cursor == first + 1, "the old key does nothing any more"
        pilot.app.change_settings(keymap="plain", keys={})
        await settled(pilot)
        await pilot.press("j")
        await settled(pilot)
        assert pilot.app.mail.list.cursor == first + 2
    assert {command.place for command in COMMANDS} == set(Place)


async def test_the_footer_of_a_narrow_screen_keeps_the_key_that_leaves(engine: EngineStandIn) -> None:
    async with running(engine, (40, 12)) as pilot:
        for way in ("S", "B", "o"):
            await pilot.press(way)
            await settled(pilot)
            assert "Esc Back" in screen_text(pilot).splitlines()[-1], way
            await pilot.press("escape")
            await settled(pilot)
