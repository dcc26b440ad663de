"""U leaves a mailing list: after a question, by one POST, a mail, or not at all."""

import pytest
from msgspec.structs import replace

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import LeaveList
from tui_mail.model.address import Address
from tui_mail.model.message import Hint
from tui_mail.model.unsubscribe import Unsubscribe
from tui_mail.ui.screens.compose import ComposeScreen

URL = "https://lаb.example/leave"  # with a Cyrillic a


@pytest.mark.parametrize("key", ["y", "escape"])
async def test_the_question_names_the_host_and_only_a_yes_posts(engine: EngineStandIn, key: str) -> None:
    engine.views[1] = replace(engine.views[1], unsubscribe=Unsubscribe(one_click=URL, page=URL))
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        assert "A mailing list – U leaves it" in screen_text(pilot)
        await pilot.press("U")
        await settled(pilot)
        assert "xn--lb-7kc.example" in screen_text(pilot)
        await pilot.press(key)
        await settled(pilot)
        assert ("list.example has been told" in screen_text(pilot)) == (key == "y")
    asked = [command for command in engine.commands if isinstance(command, LeaveList)]
    assert asked == ([LeaveList(1, URL)] if key == "y" else [])


async def test_a_list_that_wants_a_mail_gets_a_draft(engine: EngineStandIn) -> None:
    engine.views[1] = replace(engine.views[1], unsubscribe=Unsubscribe(mailto="mailto:leave@list.example?subject=off"))
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("U")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ComposeScreen)
        assert "leave@list.example" in screen_text(pilot) and "off" in screen_text(pilot)


async def test_hints_stand_above_the_text_and_an_answer_elsewhere_is_said(engine: EngineStandIn) -> None:
    engine.views[1] = replace(
        engine.views[1],
        hints=(Hint("This is the first mail from \x1b[31mben@lab.example."),),
        reply_to=(Address("other@elsewhere.example"),),
    )
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        screen = screen_text(pilot)
    assert "This is the first mail from" in screen and "\x1b" not in screen
    assert "other@elsewhere.example (an answer goes there, not to the sender)" in screen
