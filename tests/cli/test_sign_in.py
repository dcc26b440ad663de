"""A mailbox that signs in at a provider, made from a file: address and code are printed, nothing is typed here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import dovecot, postfix
from tests.servers import running_servers
from tests.token_server import CLIENT, running_token_server
from tui_mail.cli.setup_file import read_setup_file
from tui_mail.model.errors import UsageError
from tui_mail.model.sign_in import google, microsoft

ANNA = "anna@clinic.test"
FILE = """
name = "Anna"
address = "anna@clinic.test"
passphrase_file = "passphrase"
[imap]
host = "{0.imap.host}"
port = {0.imap.port}
ca_file = "{0.imap.ca_file}"
[smtp]
host = "{0.smtp.host}"
port = {0.smtp.port}
security = "{0.smtp.security}"
ca_file = "{0.smtp.ca_file}"
[certificate]
new = "ecdsa-p256"
[sign_in]
"""


def test_a_profile_is_made_with_a_sign_in(tmp_path: Path) -> None:
    if reason := dovecot.why_not() or postfix.why_not():
        pytest.skip(reason)
    environment = {**os.environ, "TUI_MAIL_HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    program = [sys.executable, "-m", "tui_mail"]
    with running_token_server(ANNA) as provider, running_servers(f"{provider.url}/introspect") as servers:
        there = f'client_id = "{CLIENT}"\ntoken_url = "{provider.url}/token"\ndevice_url = "{provider.url}/device"\n'
        (tmp_path / "anna.toml").write_text(FILE.format(servers.account(ANNA)) + there)
        (tmp_path / "passphrase").write_text("correct horse battery staple\n")
        words = [*program, "setup", "--from", "anna.toml", "--json"]
        with subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as setup:
            assert setup.stdout is not None
            shown = json.loads(setup.stdout.readline())
            assert shown["url"] == f"{provider.url}/type-here"
            provider.type_code(shown["code"])
            steps = [json.loads(line) for line in setup.stdout]
        assert setup.returncode == 0 and all(step["ok"] for step in steps), steps
        servers.deliver(ANNA, b"From: x@x.test\r\nSubject: for Anna\r\n\r\nx\r\n")
        for command in (["sync"], ["list", "--json"], ["engine", "stop"]):
            done = subprocess.run([*program, *command], cwd=tmp_path, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            if command[0] == "list":
                assert json.loads(done.stdout)["subject"] == "for Anna"
    settings = next(tmp_path.rglob("settings.toml")).read_text()
    assert f'client_id = "{CLIENT}"' in settings and not any(secret in settings for secret in provider.refresh)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('provider = "microsoft"\ntenant = "clinic.example"', microsoft("x", "clinic.example")),
        ('provider = "google"\nclient_secret_env = "TUI_MAIL_TEST_SECRET"', google("x")),
        ('provider = "aol"', None),
        ('token_url = "https://login.example/token"', None),
    ],
)
def test_the_section_sign_in(tmp_path: Path, words: str, expected: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_MAIL_TEST_SECRET", "desktop")
    path = tmp_path / "anna.toml"
    begin = 'name = "A"\naddress = "a@x.test"\n[imap]\nhost = "i"\n[smtp]\nhost = "s"\n[sign_in]\nclient_id = "x"\n'
    path.write_text(begin + words)
    if expected is None:
        with pytest.raises(UsageError, match="provider"):
            read_setup_file(path)
        return
    found = read_setup_file(path)
    assert found.account.sign_in == expected and found.imap_password == ""
    assert found.client_secret == ("desktop" if "google" in words else "")
