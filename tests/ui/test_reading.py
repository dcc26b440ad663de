"""The text of a message looked at more closely: links, quotes, headers, source, files."""

import pytest
from msgspec.structs import replace

from tests.ui.clinic import evidence, view
from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import SaveMessage
from tui_mail.model.message import EncState, MessageView, Run, Style
from tui_mail.model.security import Letter
from tui_mail.ui.app import MailApp
from tui_mail.ui.browser import browser
from tui_mail.ui.drafts import new_draft
from tui_mail.ui.links import leads_to, mailto_draft, message_links
from tui_mail.ui.reader_lines import message_lines
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.themes.glyphs import UNICODE


def letter(*lines: tuple[Run, ...]) -> MessageView:
    security = evidence(Letter.VALID, EncState.NONE, "ben@lab.example")
    return replace(view(1, "Ben", "ben@lab.example", "Links", "text", security), lines=lines)


def link(words: str, target: str) -> Run:
    return Run(words, Style.LINK, target)


def shown(message: MessageView, **how: bool) -> str:
    return "\n".join("".join(part for part, _ in line) for line in message_lines(message, UNICODE, **how))


@pytest.mark.parametrize(
    ("words", "target", "told"),
    [
        ("our page", "https://lab.example/results", "(lab.example)[1]"),
        ("lab.example", "https://evil.example/lab.example", "(evil.example)[1]"),
        ("https://lab.example", "https://evil.example/", "(evil.example)[1]"),
        ("lab.example", "https://lab.example@evil.example/", "(evil.example)[1]"),
        ("lаb.example", "https://lаb.example/", "(xn--lb-7kc.example)[1]"),
        ("write to us", "mailto:ben@lab.example?subject=x", "(ben@lab.example)[1]"),
        ("lab.example", "https://lab.example/results", "lab.example[1]"),
        ("https://lab.example/a", "https://lab.example/a", "https://lab.example/a[1]"),
        ("ben@lab.example", "mailto:ben@lab.example", "ben@lab.example[1]"),
    ],
)
def test_a_link_has_a_number_and_tells_its_host_unless_its_words_do(words: str, target: str, told: str) -> None:
    assert shown(letter((link(words, target),))).splitlines()[-1].removeprefix(f"{words} ") == told


def test_one_target_has_one_number() -> None:
    message = letter(
        (link("a", "https://a.example/"), link("b", "https://b.example/")), (link("c", "https://a.example/"),)
    )
    assert message_links(message) == ("https://a.example/", "https://b.example/")
    assert shown(message).endswith("a (a.example)[1]b (b.example)[2]\nc (a.example)[1]")


def test_a_target_that_is_no_address_is_shown_as_it_is() -> None:
    assert leads_to("https://[broken/") == "https://[broken/"


def test_long_quotes_are_folded_and_short_ones_are_not() -> None:
    quote = tuple((Run(f"> line {number}", Style.QUOTE),) for number in range(12))
    message = letter((Run("Yes."),), *quote, (Run("Ben"),), *quote[:3])
    folded = shown(message, quotes=False)
    assert "12 quoted lines" in folded and "> line 7" not in folded and folded.endswith("> line 2")
    assert "> line 7" in shown(message, quotes=True) and "quoted lines" not in shown(message, quotes=True)


def test_a_mailto_link_fills_recipients_subject_and_text_and_nothing_else() -> None:
    target = "mailto:a@x.example,b@y.example?subject=Hi%0AX&cc=c@z.example&body=one%0D%0Atwo&attach=/x&bcc=q@q.example"
    draft = mailto_draft(target, new_draft("work", sign=True))
    assert [one.spec for one in draft.to] == ["a@x.example", "b@y.example"]
    assert [one.spec for one in draft.cc] == ["c@z.example"] and draft.bcc == () and draft.attachments == ()
    assert draft.body == "one\ntwo" and draft.subject.isprintable() and draft.subject.startswith("Hi")


@pytest.mark.parametrize("environ", [{}, {"SSH_CONNECTION": "1 2 3 4"}])
def test_without_a_desktop_there_is_no_browser(environ: dict[str, str]) -> None:
    assert browser(environ) is None


async def test_l_names_the_whole_address_before_anything_opens(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    engine.views[1] = letter((link("lab", "https://evil.example/path"), link("b", "https://b.example/")))
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("l", "enter")
        await settled(pilot)
        screen = screen_text(pilot)
    assert "https://evil.example/path" in screen and "leads to evil.example." in screen


async def test_a_mailto_link_opens_the_composer(engine: EngineStandIn) -> None:
    engine.views[1] = letter((link("write", "mailto:ben@lab.example?subject=Dose"),))
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("l")
        await settled(pilot)
        assert isinstance(pilot.app, MailApp) and isinstance(pilot.app.screen, ComposeScreen)
        assert "ben@lab.example" in screen_text(pilot) and "Dose" in screen_text(pilot)


async def test_h_and_v_show_more_and_stay_for_the_next_message(engine: EngineStandIn) -> None:
    quote = tuple((Run(f"> line {number}", Style.QUOTE),) for number in range(12))
    headers = (("X-Odd", "yes"), ("Subject", "Links"))
    engine.views[1] = replace(letter((Run("Yes."),), *quote), headers=headers)
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        assert "12 quoted lines" in screen_text(pilot) and "X-Odd" not in screen_text(pilot)
        await pilot.press("h", "v")
        await settled(pilot)
        assert "X-Odd: yes" in screen_text(pilot) and "> line 7" in screen_text(pilot)
        await pilot.press("j", "k")
        await settled(pilot)
        assert "X-Odd: yes" in screen_text(pilot)


async def test_the_source_is_shown_without_its_control_characters(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("ctrl+u")
        await settled(pilot)
        screen = screen_text(pilot)
    assert "body of 1" in screen and "\x1b" not in screen and "[31mraw" in screen


async def test_w_saves_the_message_where_it_is_told(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("w")
        await settled(pilot)
        await pilot.press("end", *(["backspace"] * 3), *"eml", "enter")
        await settled(pilot)
    saved = engine.commands[-1]
    assert isinstance(saved, SaveMessage) and saved.message_id == 1 and saved.path.endswith(".eml")
