"""When the mail server refuses the password, the program asks for the new one."""

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import Connection, Done, Failure, SetPassword


async def test_a_refused_password_is_asked_for_tried_and_kept(engine: EngineStandIn) -> None:
    account = engine.welcome.settings.accounts[0]
    async with running(engine, (100, 30)) as pilot:
        engine.publish(Connection(account.id, "offline", "The server refused the login.", password_refused=True))
        await settled(pilot)
        text = screen_text(pilot)
        assert f"Password of {account.address}" in text and "The server refused the login." in text
        engine.answers[SetPassword] = Failure("The server refused the login. The old password stays.")
        await pilot.press(*"wrong", "enter")
        await settled(pilot)
        assert "The old password stays." in screen_text(pilot) and "wrong" not in screen_text(pilot)
        engine.answers[SetPassword] = Done(1)
        await pilot.press(*"right", "enter")
        await settled(pilot)
        assert f"Password of {account.address}" not in screen_text(pilot)
    tried = [command.imap_password for command in engine.commands if isinstance(command, SetPassword)]
    assert tried == ["wrong", "right"]


async def test_it_is_not_asked_over_a_mail_that_is_being_written(engine: EngineStandIn) -> None:
    account = engine.welcome.settings.accounts[0]
    async with running(engine, (100, 30)) as pilot:
        await pilot.press("c")
        await settled(pilot)
        engine.publish(Connection(account.id, "offline", "The server refused the login.", password_refused=True))
        await settled(pilot)
        assert "Password of" not in screen_text(pilot)
