"""When the provider wants a new sign-in, the program shows where, and goes on by itself."""

import msgspec

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import AwaitSignIn, BeginSignIn, Connection, Done, Failure, SignInPage
from tui_mail.model.sign_in import microsoft


async def test_the_address_and_the_code_are_shown_and_a_refusal_lets_one_begin_again(engine: EngineStandIn) -> None:
    settings = engine.welcome.settings
    account = msgspec.structs.replace(settings.accounts[0], sign_in=microsoft("client", "clinic.example"))
    changed = msgspec.structs.replace(settings, accounts=(account, *settings.accounts[1:]))
    engine.welcome = msgspec.structs.replace(engine.welcome, settings=changed)
    engine.answers[BeginSignIn] = SignInPage("https://microsoft.example/device\x1b[2J", "AB12-CD34")
    engine.answers[AwaitSignIn] = Failure("login.example says that the sign-in was turned down.")
    async with running(engine, (100, 30)) as pilot:
        engine.publish(Connection(account.id, "offline", "It wants a new sign-in.", password_refused=True))
        await settled(pilot)
        text = screen_text(pilot)
        assert f"Sign in as {account.address}" in text and "It wants a new sign-in." in text
        assert "https://microsoft.example/device" in text and "AB12-CD34" in text and "turned down" in text
        assert "\x1b" not in text
        engine.answers[AwaitSignIn] = Done(1)
        await pilot.press("enter")
        await settled(pilot)
        assert "Sign in as" not in screen_text(pilot)
    begun = [command for command in engine.commands if isinstance(command, BeginSignIn)]
    assert len(begun) == 2 and all(command.account == account for command in begun)
