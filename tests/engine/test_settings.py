"""settings.toml: comments survive, mistakes are named, a crash never leaves half a file."""

from pathlib import Path

import msgspec
import pytest

from tui_mail.engine.settings import load_settings, save_settings
from tui_mail.model.account import Account, Security, Server, Settings
from tui_mail.model.errors import UsageError

IMAP, SMTP = Server("imap.test", 993, user="anna"), Server("smtp.test", 587, Security.STARTTLS)
ACCOUNT = Account("anna", "Anna", "anna@clinic.test", IMAP, SMTP)


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    settings = Settings(accounts=(ACCOUNT,), trust_on_send=False, theme="light")
    save_settings(path, settings)
    assert load_settings(path) == settings
    assert path.stat().st_mode & 0o777 == 0o600


def test_comments_and_unknown_keys_survive_a_change(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    save_settings(path, Settings(accounts=(ACCOUNT,)))
    text = path.read_text().replace('theme = "dark"', 'theme = "dark" # easy on the eyes\nfuture = 7')
    path.write_text(text.replace("[[accounts]]", "# my work\n[[accounts]]"))
    settings = load_settings(path)
    save_settings(path, msgspec.structs.replace(settings, theme="light"))
    after = path.read_text()
    assert "easy on the eyes" in after
    assert "future = 7" in after
    assert load_settings(path).theme == "light"
    assert load_settings(path).accounts == (ACCOUNT,)


def test_an_account_can_be_removed_and_added(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    other = msgspec.structs.replace(ACCOUNT, id="bert")
    save_settings(path, Settings(accounts=(ACCOUNT, other)))
    save_settings(path, Settings(accounts=(other,)))
    assert [account.id for account in load_settings(path).accounts] == ["bert"]
    save_settings(path, Settings(accounts=(other, ACCOUNT)))
    assert [account.id for account in load_settings(path).accounts] == ["bert", "anna"]


@pytest.mark.parametrize("text", ["theme = ", "theme = 7", "lock_after_seconds = 'soon'", "accounts = 3"])
def test_a_mistake_is_named_with_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"settings\.toml"):
        load_settings(path)
