"""The setup wizard, filled in by keys."""

from pathlib import Path

import pytest
from textual.events import Key
from textual.widgets import Button, Input

from tests.ui.fake_engine import FakeEngine, OneScreen, screen_text, shows, until
from tui_mail.engine.messages import (
    AccountTested,
    AwaitSignIn,
    BeginSignIn,
    CreateProfile,
    Done,
    FindServers,
    NewCertificate,
    Pkcs12File,
    ServersFound,
    SignInPage,
    TestAccount,
    TestStep,
)
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import LoginRefused, WrongPassphrase
from tui_mail.model.sign_in import microsoft
from tui_mail.ui.screens.wizard import WizardScreen
from tui_mail.ui.widgets.wizard_steps import ServerStep

GOOD = AccountTested((TestStep("Login", True, "Logged in."), TestStep("Sending", True, "The server takes mail.")))
BAD = AccountTested((TestStep("Login", False, "The server refused the password. Check it for typing errors."),))
PHRASE = "correct horse battery staple"


def engine() -> FakeEngine:
    fake = FakeEngine({TestAccount: GOOD}, state="new")
    fake.answers[CreateProfile] = fake.welcome
    return fake


async def to_certificate(pilot) -> None:  # type: ignore[no-untyped-def]
    await shows(pilot, "Who are you?")
    await pilot.press(*"Anna Berg", "enter", *"anna@clinic.test", "enter")
    await shows(pilot, "Your mail servers")
    await shows(pilot, "imap.clinic.test")
    await pilot.press(*"secret", "enter")
    await shows(pilot, "Your certificate")


async def to_trial(pilot) -> None:  # type: ignore[no-untyped-def]
    await to_certificate(pilot)
    await pilot.press("f5")
    await shows(pilot, "Choose a passphrase")
    await pilot.press(*PHRASE)
    await shows(pilot, "Good.")
    await pilot.press("enter", *PHRASE, "enter")


async def test_a_name_an_address_a_password_and_a_passphrase_are_enough() -> None:
    fake = engine()
    app = OneScreen(WizardScreen(fake))
    async with app.run_test(size=(80, 24)) as pilot:
        await to_trial(pilot)
        await until(pilot, lambda: app.result is fake.welcome)
    [created] = fake.commands(CreateProfile)
    assert created.account.name == "Anna Berg"
    assert created.account.address == "anna@clinic.test"
    assert created.account.imap == Server("imap.clinic.test", 993, Security.TLS, "anna@clinic.test")
    assert created.account.smtp == Server("smtp.clinic.test", 465, Security.TLS, "anna@clinic.test")
    assert (created.imap_password, created.smtp_password) == ("secret", "secret")
    assert created.certificate == NewCertificate()
    assert created.passphrase == PHRASE
    assert fake.commands(TestAccount)[0].account == created.account


async def test_a_failure_of_the_live_test_is_a_sentence_and_can_be_tried_again() -> None:
    fake = engine()
    fake.answers[TestAccount] = BAD
    app = OneScreen(WizardScreen(fake))
    async with app.run_test(size=(80, 24)) as pilot:
        await to_trial(pilot)
        await shows(pilot, "The server refused the password.")
        await shows(pilot, "Try again")
        assert not fake.commands(CreateProfile)
        fake.answers[TestAccount] = GOOD
        await pilot.press("enter")
        await until(pilot, lambda: app.result is fake.welcome)


async def test_after_a_failure_one_may_go_on_all_the_same() -> None:
    fake = engine()
    fake.answers[TestAccount] = BAD
    app = OneScreen(WizardScreen(fake))
    async with app.run_test(size=(80, 24)) as pilot:
        await to_trial(pilot)
        await shows(pilot, "Go on although the test failed")
        app.screen.query_one("#anyway").focus()
        await pilot.press("space", "f5")
        await until(pilot, lambda: app.result is fake.welcome)


async def test_going_back_keeps_what_was_typed() -> None:
    fake = engine()
    async with OneScreen(WizardScreen(fake)).run_test(size=(80, 24)) as pilot:
        await to_certificate(pilot)
        await pilot.press("escape")
        await shows(pilot, "Your mail servers")
        await pilot.press("escape")
        await shows(pilot, "Anna Berg")


async def test_another_protection_brings_its_usual_port() -> None:
    fake = engine()
    async with OneScreen(WizardScreen(fake)).run_test(size=(80, 40)) as pilot:
        await shows(pilot, "Who are you?")
        await pilot.press("tab", *"anna@clinic.test", "enter")
        await shows(pilot, "imap.clinic.test")
        pilot.app.screen.query_one("#smtp-security").value = Security.STARTTLS  # type: ignore[attr-defined]
        await until(pilot, lambda: pilot.app.screen.query_one("#smtp-port").value == "587")  # type: ignore[attr-defined]


async def test_a_p12_file_is_asked_for_and_its_wrong_password_said(tmp_path: Path) -> None:
    fake = engine()
    fake.answers[CreateProfile] = WrongPassphrase("The password does not open anna.p12.")
    file = tmp_path / "anna.p12"
    file.write_bytes(b"x")
    app = OneScreen(WizardScreen(fake))
    async with app.run_test(size=(80, 24)) as pilot:
        await to_certificate(pilot)
        await pilot.press("down", "space")
        await shows(pilot, "Password")
        await pilot.press("f5")
        await shows(pilot, "Please type the path of the file.")
        await pilot.press("a")
        await until(pilot, lambda: "Please type" not in screen_text(app))
        await pilot.press("backspace", "f5")
        await shows(pilot, "Please type the path of the file.")
        app.screen.query_one("#p12-path").value = str(file)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await shows(pilot, "Choose a passphrase")
        await pilot.press(*PHRASE, "enter", *PHRASE, "enter")
        await shows(pilot, "The password does not open anna.p12.")
        assert fake.commands(CreateProfile)[0].certificate == Pkcs12File(str(file), "")


async def test_what_was_missing_is_not_said_any_more_when_it_is_not_needed() -> None:
    app = OneScreen(WizardScreen(engine()))
    async with app.run_test(size=(40, 10)) as pilot:
        await to_certificate(pilot)
        await pilot.press("down", "space", "f5")
        await shows(pilot, "Please type the path of the file.")
        await pilot.press("shift+tab", "up", "space")
        await until(pilot, lambda: "Please type" not in screen_text(app))


@pytest.mark.parametrize("phrases", [("tiny", "tiny"), (PHRASE, "another one")])
async def test_a_short_or_mistyped_passphrase_is_said(phrases: tuple[str, str]) -> None:
    fake = engine()
    async with OneScreen(WizardScreen(fake)).run_test(size=(80, 24)) as pilot:
        await to_certificate(pilot)
        await pilot.press("f5")
        await shows(pilot, "Choose a passphrase")
        await pilot.press(*phrases[0], "tab", *phrases[1], "f5")
        await shows(pilot, "Too short" if phrases[0] == "tiny" else "The two passphrases differ.")
        assert phrases[0] not in screen_text(pilot.app)


async def test_a_small_terminal_shows_the_field_and_the_buttons() -> None:
    fake = engine()
    app = OneScreen(WizardScreen(fake))
    async with app.run_test(size=(40, 10)) as pilot:
        await to_trial(pilot)
        await until(pilot, lambda: app.result is fake.welcome)


async def test_escape_on_the_first_page_leaves_and_asks_only_when_something_was_typed() -> None:
    app = OneScreen(WizardScreen(engine()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Who are you?")
        await pilot.press("escape")
        await until(pilot, lambda: app.result is None)


async def test_keys_that_arrive_all_at_once_go_where_they_were_meant() -> None:
    """As a fast typist, a paste or a slow line sends them: no key waits for the one before it to be done."""
    fake = engine()
    app = OneScreen(WizardScreen(fake))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Who are you?")
        keys = [*"Anna Berg", "\r", *"anna@clinic.test", "\r", *"secret", "\r", "f5", *PHRASE, "\r", *PHRASE, "\r"]
        for key in keys:
            names = {"\r": "enter", " ": "space", "@": "at", ".": "full_stop"}
            app.post_message(Key(names.get(key, key), key if len(key) == 1 else None))
        await until(pilot, lambda: app.result is fake.welcome)
    [created] = fake.commands(CreateProfile)
    assert (created.account.name, created.account.address) == ("Anna Berg", "anna@clinic.test")
    assert (created.imap_password, created.passphrase) == ("secret", PHRASE)


async def test_f4_asks_the_domain_and_fills_in_what_it_names() -> None:
    fake = engine()
    imap = Server("mail.clinic.test", 143, Security.STARTTLS, "anna\x1b[31m")
    fake.answers[FindServers] = ServersFound(
        imap, Server("out.clinic.test", 587, Security.STARTTLS, "anna"), "Found at x."
    )
    app = OneScreen(WizardScreen(fake))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Who are you?")
        await pilot.press("f4")  # nothing to ask for yet
        await pilot.press(*"Anna Berg", "enter", *"anna@clinic.test", "enter")
        await shows(pilot, "imap.clinic.test")
        assert not fake.commands(FindServers)
        await pilot.press("f4")
        await shows(pilot, "Found at x.")
        await shows(pilot, "mail.clinic.test")
        page = app.screen.query_one(ServerStep)
        assert page.server("imap") == Server("mail.clinic.test", 143, Security.STARTTLS, "anna\ufffd[31m")
        assert page.server("smtp") == Server("out.clinic.test", 587, Security.STARTTLS, "anna")
        fake.answers[FindServers] = ServersFound(None, None, "clinic.test names no mail servers.")
        await pilot.press("f4")
        await shows(pilot, "names no mail servers")
        assert page.server("imap").host == "mail.clinic.test"
    assert [command.address for command in fake.commands(FindServers)] == ["anna@clinic.test"] * 2


@pytest.mark.parametrize("size", [(80, 24), (40, 14)])
async def test_microsoft_is_signed_in_to_with_a_code_and_no_password(size: tuple[int, int]) -> None:
    fake = engine()
    fake.answers[BeginSignIn] = SignInPage("https://microsoft.test/devicelogin", "AB12-CD34")
    fake.answers[AwaitSignIn] = LoginRefused("login.test says that the sign-in was turned down.")
    app = OneScreen(WizardScreen(fake))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "Who are you?")
        await pilot.press("tab", *"anna@outlook.com", "enter")
        await shows(pilot, "Your mail servers")
        app.screen.query_one("#client-id", Input).value = "the-clinics-id"
        await pilot.press("f5")
        await shows(pilot, "Your certificate")
        await pilot.press("f5")
        await shows(pilot, "Choose a passphrase")
        await pilot.press(*PHRASE)
        await shows(pilot, "Good.")
        await pilot.press("enter", *PHRASE, "enter")
        await shows(pilot, "turned down")
        await shows(pilot, "AB12-CD34")
        await shows(pilot, "https://microsoft.test/devicelogin")
        fake.answers[AwaitSignIn] = Done(1)
        await until(pilot, lambda: not app.screen.query_one("#next", Button).disabled)
        await pilot.press("f5")
        await until(pilot, lambda: app.result is fake.welcome)
    [created] = fake.commands(CreateProfile)
    assert created.account.sign_in == microsoft("the-clinics-id", "outlook.com") and created.imap_password == ""
    assert len(fake.commands(BeginSignIn)) == 2


async def test_a_client_id_for_another_provider_is_turned_away() -> None:
    app = OneScreen(WizardScreen(engine()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Who are you?")
        await pilot.press("tab", *"anna@clinic.test", "enter")
        await shows(pilot, "Your mail servers")
        app.screen.query_one("#client-id", Input).value = "x"
        await pilot.press("f5")
        await shows(pilot, "A client ID is for Microsoft 365 and Google.")
