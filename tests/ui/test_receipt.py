"""Y sends the receipt that a sender asks for: a quiet line says so, a question names the address, only a yes tells."""

import pytest
from msgspec.structs import replace

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import SendReceipt
from tui_mail.model.address import Address


@pytest.mark.parametrize(("key", "asker"), [("y", ""), ("escape", ""), ("y", "elsewhere@x.example")])
async def test_only_a_yes_tells_the_address_that_the_question_names(
    engine: EngineStandIn, key: str, asker: str
) -> None:
    view = engine.views[1]
    wanted = asker or view.sender.spec
    engine.views[1] = replace(view, receipt_to=Address(wanted))
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        assert "asks for a receipt" in screen_text(pilot)
        await pilot.press("Y")
        await settled(pilot)
        question = screen_text(pilot)
        assert f"Tell {wanted}" in question
        assert ("not the address that this mail came from" in question) == bool(asker)
        await pilot.press(key)
        await settled(pilot)
        told = [command for command in engine.commands if isinstance(command, SendReceipt)]
        assert [(command.message_id, command.to) for command in told] == ([(1, wanted)] if key == "y" else [])
        assert ("asks for a receipt" in screen_text(pilot)) == (key == "escape")


async def test_without_a_wish_there_is_neither_line_nor_key(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        assert "asks for a receipt" not in screen_text(pilot)
        await pilot.press("Y")
        await settled(pilot)
        assert not [command for command in engine.commands if isinstance(command, SendReceipt)]
