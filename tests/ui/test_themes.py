"""Colours: ours can be read, and so can those that a person makes."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.ui.clinic import SETTINGS
from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.settings import parse_settings
from tui_mail.model.account import Settings
from tui_mail.model.setting import SETTINGS as SCHEMA
from tui_mail.model.setting import changed, next_value
from tui_mail.ui.app import MailApp
from tui_mail.ui.themes.colours import themes
from tui_mail.ui.themes.palette import DARK, LIGHT, PALETTES, READ, contrast, is_dark, palette, palettes

OWN = {"ward": {"base": "light", "accent": "#8A1C7C"}}
THEME = next(one for one in SCHEMA if one.name == "theme")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("name", PALETTES)
def test_ours_can_be_read_on_every_background(name: str) -> None:
    colours = PALETTES[name]
    for key in READ:
        assert all(
            contrast(colours[key], colours[ground]) >= 3 for ground in ("background", "surface", "panel", "cursor")
        )
    for key in ("muted", "faint"):  # names of fields, keys that are offered; never on the row of the cursor
        assert all(contrast(colours[key], colours[ground]) >= 3 for ground in ("background", "surface", "panel"))
    assert palettes({"copy": {"base": name}}) == (PALETTES | {"copy": colours}, ())


def test_an_own_theme_is_its_base_with_other_colours() -> None:
    found, problems = palettes(OWN)
    assert not problems and found["ward"] == LIGHT | {"accent": "#8a1c7c"}
    assert palette("ward", OWN) == found["ward"] and palette("ward") == palette("gone", OWN) == DARK
    assert [theme.dark for theme in themes(found)] == [True, False, True, False]
    assert is_dark(DARK) and not is_dark(LIGHT)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("dark", {}, "not one of ours"),
        ("a b", {}, "letters, digits"),
        ("", {}, "letters, digits"),
        ("x" * 25, {}, "letters, digits"),
        ("w", {"base": "pink"}, "base is one of dark, light"),
        ("w", {"akzent": "#ffffff"}, "no colour 'akzent'; there are background"),
        ("w", {"accent": "red"}, "written like #6cb6ff"),
        ("w", {"accent": "#12345g"}, "written like #6cb6ff"),
        ("w", {"accent": "\x1b[31m "}, "written like #6cb6ff"),
        ("w", {"bad": "#13161c"}, "bad cannot be read on background"),
        ("w", {"cursor": "#d5dae3"}, "foreground cannot be read on cursor"),
    ],
)
def test_what_cannot_be_used_is_said_and_left_out(name: str, given: dict[str, str], said: str) -> None:
    found, problems = palettes({name: given})
    assert found == PALETTES and said in problems[0] and problems[0].startswith("[themes.")


def test_own_themes_can_be_chosen_in_the_settings() -> None:
    settings = replace(Settings(), themes=OWN)
    assert changed(settings, THEME, "ward").theme == "ward"
    assert next_value(replace(settings, theme="high-contrast"), THEME) == "ward"
    assert next_value(replace(settings, theme="ward"), THEME) == "dark"
    text = '[themes.ward]\nbase = "light"\naccent = "#8A1C7C"\n'
    assert parse_settings(text, "settings.toml").themes == OWN


async def test_an_own_theme_colours_the_screen_and_t_reaches_it(engine: EngineStandIn) -> None:
    engine.welcome = replace(engine.welcome, settings=replace(SETTINGS, theme="ward", themes=OWN))
    async with running(engine) as pilot:
        app: Any = pilot.app
        app.change_settings(theme="high-contrast", themes=OWN)
        await settled(pilot)
        await pilot.press("T")
        await settled(pilot)
        assert "Colours: ward" in screen_text(pilot)
        assert app.settings.theme == "ward" and app.theme == "tui-mail-ward"
        assert app.theme_variables["accent"].lower() == "#8a1c7c"
        app.change_settings(themes={"ward": {"accent": "no"}})
        await settled(pilot)
        assert app.theme == "tui-mail-dark"
        assert any("written like" in str(notice.message) for notice in app._notifications)


@pytest.mark.parametrize("known", [True, False])
async def test_what_is_wrong_in_the_file_is_said_once_at_the_start(engine: EngineStandIn, known: bool) -> None:
    """Whether the first paint knew the settings already or the engine tells them later."""
    wrong = replace(SETTINGS, themes={"ward": {"accent": "no"}}, keys={"archive": "nothing-at-all"})
    engine.welcome = replace(engine.welcome, settings=wrong)

    async def connect() -> EngineStandIn:
        return engine

    app = MailApp(connect, settings=wrong if known else None)
    async with app.run_test(size=(130, 36)) as pilot:
        await settled(pilot)
        said = [str(notice.message) for notice in app._notifications]
        assert len(said) == 2, said
        assert any("[themes.ward] accent" in one for one in said) and any("[keys] archive" in one for one in said)
