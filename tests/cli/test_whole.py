"""A message whose files wait on the server, from the command line and line by line."""

from pathlib import Path

import pytest

from tests.cli.test_story import ANNA, Shell, write_setup
from tests.engine.test_place_holders import FILM, LINES, film
from tests.servers import MailServers


@pytest.fixture
def shell(tmp_path: Path, imap_servers: MailServers):
    imap_servers.empty(ANNA)
    shell = Shell(tmp_path)
    write_setup(tmp_path, imap_servers, ANNA)
    shell.run("setup", "--from", "anna.toml", "--profile", "anna")
    shell.run("engine", "stop", "--profile", "anna")
    (settings,) = tmp_path.rglob("settings.toml")
    settings.write_text(settings.read_text().replace("large_messages_mb = 0", "large_messages_mb = 1"))
    for subject in ("One", "Two", "Three"):
        imap_servers.append(ANNA, "INBOX", film(subject))
    passphrase = ("--passphrase-file", "anna.passphrase")
    shell.run("engine", "unlock", *passphrase, "--profile", "anna")
    shell.run("sync", "--profile", "anna")
    yield shell
    shell.run("engine", "stop", "--profile", "anna")


def test_show_linear_and_export_say_what_waits_and_get_it(shell: Shell, tmp_path: Path) -> None:
    numbers = {str(row["subject"]): str(row["id"]) for row in shell.rows("anna")}
    shown = shell.run("show", numbers["One"], "--profile", "anna")
    assert "wait on the server: Grün.mp4" in shown and "--whole" in shown and "Attachment 0" not in shown
    shown = shell.run("show", numbers["One"], "--whole", "--profile", "anna")
    assert "wait on the server" not in shown and "Attachment 0: Grün.mp4" in shown
    place = [str(row["subject"]) for row in shell.rows("anna")].index("Two") + 1
    said = shell.run("linear", "--profile", "anna", stdin=f"list\n{place}\nwhole\nwhole\nquit\n")
    for words in ("wait on the server", "Getting the whole message.", "Attachment 1: Grün.mp4", "it is here whole."):
        assert words in said, words
    shell.run("export", "--folder", "INBOX", "--to", "out", "--profile", "anna")
    written = [path.read_bytes() for path in (tmp_path / "out").iterdir()]
    assert [raw.count(FILM) for raw in written] == [LINES] * 3
