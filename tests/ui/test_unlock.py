"""The passphrase screen."""

import pytest

from tests.ui.fake_engine import FakeEngine, OneScreen, screen_text, shows, until
from tui_mail.engine.messages import Unlock, Welcome
from tui_mail.model.errors import StoreBusy, TuiMailError, WrongPassphrase
from tui_mail.ui.screens.unlock import UnlockScreen


def engine() -> FakeEngine:
    fake = FakeEngine({}, state="locked")

    def unlock(command: Unlock) -> Welcome:
        if command.passphrase != "right":
            raise WrongPassphrase("The passphrase is wrong.")
        return fake.welcome

    fake.answers[Unlock] = unlock
    return fake


async def test_the_right_passphrase_opens_and_is_never_shown() -> None:
    fake = engine()
    app = OneScreen(UnlockScreen(fake))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Passphrase for the mail of anna@clinic.test")
        await pilot.press(*"right")
        assert "right" not in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.result is fake.welcome)


async def test_a_wrong_passphrase_gets_a_sentence_and_another_try() -> None:
    fake = engine()
    app = OneScreen(UnlockScreen(fake))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"wrong", "enter")
        await shows(pilot, "That is not the passphrase.")
        await pilot.press(*"right", "enter")
        await until(pilot, lambda: app.result is fake.welcome)


@pytest.mark.parametrize("error", [StoreBusy("Another tui-mail holds this mailbox. Stop it first.")])
async def test_every_other_trouble_is_said_in_its_own_words(error: TuiMailError) -> None:
    fake = engine()
    fake.answers[Unlock] = error
    async with OneScreen(UnlockScreen(fake)).run_test(size=(40, 10)) as pilot:
        await pilot.press(*"right", "enter")
        await shows(pilot, "Another tui-mail")


async def test_escape_leaves_without_asking_the_engine() -> None:
    fake = engine()
    app = OneScreen(UnlockScreen(fake))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: app.result is None)
    assert fake.asked == []
