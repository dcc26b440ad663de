"""Trust bundles on the command line: made, shown, confirmed, listed."""

import json
from pathlib import Path

import pytest

from tests.cli.test_story import ANNA, Shell, write_setup
from tests.pki import Pki
from tests.servers import MailServers


@pytest.fixture
def shell(tmp_path: Path, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch):
    placed = tmp_path / "anchors.d"
    placed.mkdir()
    (placed / "hospital.pem").write_bytes(Pki("Hospital").ca.pem)
    monkeypatch.setenv("TUI_MAIL_ANCHORS", str(placed))
    shell = Shell(tmp_path)
    write_setup(tmp_path, imap_servers, ANNA)
    yield shell
    shell.run("engine", "stop", "--profile", "anna")


def test_a_bundle_is_made_shown_confirmed_and_its_roots_are_listed_with_their_source(shell: Shell) -> None:
    home = shell.home
    for name in ("One", "Two"):
        (home / f"{name}.pem").write_bytes(Pki(name).ca.pem)
    keeper = Pki("Keeper").issue("keeper@direct.example")
    (home / "keeper.pem").write_bytes(keeper.certificate_pem)
    (home / "keeper.p12").write_bytes(keeper.p12("secret"))
    (home / "password").write_text("secret\n")
    made = ("bundle", "make", "One.pem", "Two.pem", "--out", "ours.p7m")
    assert "2 roots" in shell.run(*made, "--sign", "keeper.p12", "--password-file", "password")
    shell.run("bundle", "make", "keeper.pem", "--out", "no.p7b", code=1)
    shell.run("setup", "--from", "anna.toml", "--profile", "anna")

    words = ("bundle", "import", "ours.p7m", "--signer", "keeper.pem", "--profile", "anna")
    shown = shell.run(*words, code=1)
    assert "Signed by CN=Keeper." in shown
    assert "+ CN=One" in shown
    assert "Repeat with --yes" in shown
    assert "CN=One" not in shell.run("cert", "list", "--anchors", "--profile", "anna")
    assert "The changes count now." in shell.run(*words, "--yes")
    again = json.loads(shell.run(*words, "--yes", "--json"))
    assert (again["applied"], again["added"], again["removed"]) == (True, [], [])
    listed = shell.run("cert", "list", "--anchors", "--profile", "anna")
    assert "from bundle ours.p7m" in listed
    assert "hospital.pem" in listed
    assert "for web servers, not for mail" in listed
    assert "ours.p7m  2 roots, signed" in shell.run("bundle", "list", "--profile", "anna")
    own = json.loads(shell.run("cert", "list", "--json", "--profile", "anna").splitlines()[0])["sha256"]
    assert "names no place to ask" in shell.run("cert", "show", own, "--profile", "anna")
    roots = [line for line in shell.run("doctor", "--offline", "--profile", "anna").splitlines() if "roots:" in line]
    assert "3 trusted roots: 0 of this profile, 2 from bundles, 1 from" in roots[0]
    assert "is removed" in shell.run("bundle", "remove", "ours.p7m", "--profile", "anna")
    assert "from bundle" not in shell.run("cert", "list", "--anchors", "--profile", "anna")
    shell.run("bundle", "remove", "ours.p7m", "--profile", "anna", code=2)
