"""Two people, two profiles, real servers, nothing but the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import MailServers

ANNA, CLARA = "anna@clinic.test", "clara@office.test"


class Shell:
    """Runs ``tui-mail`` with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._environment = {**os.environ, "TUI_MAIL_HOME": str(home), "XDG_RUNTIME_DIR": str(home)}

    def run(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """The output of a command, whose exit code must be `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "tui_mail", *words],
            capture_output=True,
            text=True,
            input=stdin,
            env=self._environment,
            cwd=self.home,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def rows(self, profile: str, *words: str) -> list[dict[str, object]]:
        """``list --json`` as objects."""
        return [json.loads(line) for line in self.run("list", *words, "--json", "--profile", profile).splitlines()]


@pytest.fixture
def shell(tmp_path: Path):
    shell = Shell(tmp_path)
    yield shell
    for name in ("anna", "clara"):
        shell.run("engine", "stop", "--profile", name)


def write_setup(home: Path, servers: MailServers, user: str) -> None:
    account = servers.account(user)
    (home / f"{account.id}.password").write_text(servers.users[user] + "\n", "utf-8")
    (home / f"{account.id}.passphrase").write_text("correct horse battery staple\n")
    sections = []
    for name, server in (("imap", account.imap), ("smtp", account.smtp)):
        sections.append(
            f'[{name}]\nhost = "{server.host}"\nport = {server.port}\nsecurity = "{server.security}"\n'
            f'user = "{server.user}"\nca_file = "{server.ca_file}"\n'
        )
    (home / f"{account.id}.toml").write_text(
        f'name = "{account.name}"\naddress = "{user}"\npassword_file = "{account.id}.password"\n'
        f'passphrase_file = "{account.id}.passphrase"\n' + "".join(sections) + '[certificate]\nnew = "ecdsa-p256"\n'
    )


def test_the_main_job_from_the_command_line(shell: Shell, mail_servers: MailServers, tmp_path: Path) -> None:
    mail_servers.empty(ANNA, CLARA)
    for user, name in ((ANNA, "anna"), (CLARA, "clara")):
        write_setup(tmp_path, mail_servers, user)
        assert "is ready" in shell.run("setup", "--from", f"{name}.toml", "--profile", name)
    shell.run("setup", "--from", "anna.toml", "--profile", "anna", code=2)

    hello = f"To: {CLARA}\nSubject: Hello\n\nHi.\n"
    assert "Sent." in shell.run("send", "-", "--sign", "--profile", "anna", stdin=hello)
    shell.run("sync", "--profile", "clara")
    (row,) = shell.rows("clara")
    assert row["sig"] == "N"
    assert "not trusted" in shell.run("show", str(row["id"]), "--profile", "clara")
    (entry,) = [line.split() for line in shell.run("cert", "list", "--profile", "clara").splitlines() if ANNA in line]
    shell.run("cert", "trust", ANNA, entry[0], "--profile", "clara")
    assert shell.rows("clara")[0]["sig"] == "Y"

    answer = f"To: {ANNA}\nSubject: Blood results\n\nAll is well.\n"
    assert "Ready to send" in shell.run("send", "-", "--encrypt", "--check", "--profile", "clara", stdin=answer)
    shell.run("send", "-", "--encrypt", "--profile", "clara", stdin=answer)
    counts = json.loads(shell.run("sync", "--json", "--profile", "anna"))
    assert counts["problems"] == []
    (secret,) = shell.rows("anna")
    assert (secret["sig"], secret["enc"], secret["subject"]) == ("N", "open", "Blood results")
    assert "All is well." in shell.run("show", str(secret["id"]), "--profile", "anna")
    assert [row["sig"] for row in shell.rows("anna", "Sent")] == ["Y"]
    assert "Blood" in shell.run("search", "well", "--profile", "anna")

    stranger = "To: dora@office.test\nSubject: No\n\nNo.\n"
    assert "dora@office.test" in shell.run("send", "-", "--encrypt", "--profile", "anna", stdin=stranger, code=1)

    shell.run("engine", "lock", "--profile", "anna")
    assert "--passphrase-file" in shell.run("list", "--profile", "anna", code=2)
    shell.run("list", "--profile", "anna", "--passphrase-file", "anna.passphrase")
    assert "FAIL" not in shell.run("doctor", "--profile", "anna")

    shell.run("export", "--folder", "Sent", "--mbox", "sent.mbox", "--profile", "anna")
    shell.run("import", "sent.mbox", "--folder", "Archive", "--profile", "anna")
    assert [row["sig"] for row in shell.rows("anna", "Archive")] == ["Y"]
