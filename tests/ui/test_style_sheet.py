"""What the style sheet knows without reading it again is what textual reads."""

import pytest
from textual.css.stylesheet import Stylesheet
from textual.markup import parse_style

from tui_mail.model.account import Settings
from tui_mail.ui.app import MailApp
from tui_mail.ui.themes.palette import PALETTES
from tui_mail.ui.themes.style_sheet import KnownStyles, simple_style

NAMES = ("accent", "bad", "bright", "foreground", "good", "muted", "faint", "warning", "panel", "cursor")


async def nobody():  # type: ignore[no-untyped-def]
    raise AssertionError("nobody connects")


@pytest.mark.parametrize("theme", PALETTES)
def test_a_simple_style_is_what_textual_makes_of_it(theme: str) -> None:
    colours = MailApp(nobody, settings=Settings(theme=theme)).get_css_variables()
    for text in [f"{weight}${name}" for name in NAMES for weight in ("", "bold ")]:
        assert simple_style(text, colours) == parse_style(text, colours)


@pytest.mark.parametrize("text", ["bold", "", "italic $accent", "$accent 50%", "$nothing", "$text-muted", "red", "$"])
def test_any_other_style_is_left_to_textual(text: str) -> None:
    colours = MailApp(nobody).get_css_variables() | {"text-muted": "auto 60%"}
    assert simple_style(text, colours) is None


def test_sources_are_read_once_for_the_same_colours_and_again_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    parse = Stylesheet._parse_rules

    def counted(self: Stylesheet, css: str, *args: object, **options: object) -> object:
        if (css, *args) not in {key[:2] for key in dict.fromkeys(self._parse_cache.keys())}:
            read.append(css)
        return parse(self, css, *args, **options)

    monkeypatch.setattr("tui_mail.ui.themes.style_sheet.Stylesheet._parse_rules", counted)
    sheet = KnownStyles(variables={"x": "#ff0000"})
    sheet.add_source("A { color: $x; }", ("here", "A"))
    for _ in range(3):
        sheet.set_variables({"x": "#ff0000"})
        sheet.reparse()
    first = sheet.rules[0].styles.color.hex
    sheet.set_variables({"x": "#00ff00"})
    sheet.reparse()
    assert (first, sheet.rules[0].styles.color.hex, sheet.parse_style("$x").foreground.hex) == (
        "#FF0000",
        "#00FF00",
        "#00FF00",
    )
    assert len(read) == 4
