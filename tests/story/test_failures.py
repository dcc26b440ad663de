"""Everything that can go wrong: a sentence, no traceback, no half-written state, and it goes on afterwards.

The real program against real servers: commands without a terminal, and the interface in tmux.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.proxy import Fault, Proxy
from tests.servers import MailServers
from tests.story.desk import (
    ANNA,
    BERT,
    PASSPHRASE,
    PROGRAM,
    Desk,
    kill,
    letter,
    subjects,
    wait_until,
)
from tests.story.terminal import terminal
from tui_mail.engine.door import lock_is_held

DISK = "[Dd]isk|No space|too large"


@pytest.fixture
def imap(mail_servers: MailServers) -> Iterator[Proxy]:
    """What can go wrong on the way to the IMAP server."""
    with Proxy(mail_servers.dovecot.imaps_port) as proxy:
        yield proxy


def through(proxy: Proxy, made: Desk, servers: MailServers) -> None:
    made.change_settings(f"port = {servers.dovecot.imaps_port}", f"port = {proxy.port}")


# ---- passwords, certificates and servers


def test_a_wrong_mail_password_at_setup_is_a_sentence_and_makes_nothing(empty: Desk, mail_servers: MailServers) -> None:
    said = empty.run("setup", "--from", str(empty.setup_file(mail_servers, password="wrong")), code=1)
    assert "FAIL Receiving login" in said.out and "password" in said.out
    assert "Nothing was made" in said.err
    empty.assert_nothing_made()
    empty.run("setup", "--from", str(empty.setup_file(mail_servers)))
    assert empty.made == ["mail.db", "settings.toml", "vault"] or "mail.db-wal" in empty.made


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ca_file": ""}, "certificate of localhost was refused.*ca_file"),
        ({"ca_file": "other"}, "not issued under a certificate in .*Name the right CA file"),
        ({"ca_file": "/nowhere.pem"}, "CA file /nowhere.pem does not exist"),
        ({"host": "127.1"}, "issued for another name"),
        ({"imap_port": "1"}, "accepts no connection on port 1"),
        ({"host": "no-such-host.invalid"}, "name no-such-host.invalid is unknown"),
    ],
)
def test_a_server_that_cannot_be_accepted_at_setup_is_a_sentence_and_makes_nothing(
    empty: Desk, mail_servers: MailServers, changes: dict[str, str], says: str
) -> None:
    if changes.get("ca_file") == "other":
        other = empty.folder / "other.pem"
        key = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        made = [*key, "-keyout", os.devnull, "-out", str(other), "-subj", "/CN=Other root"]
        subprocess.run(made, check=True, capture_output=True)
        changes = {"ca_file": str(other)}
    said = empty.run("setup", "--from", str(empty.setup_file(mail_servers, **changes)), code=None)
    assert said.code in (1, 2)
    assert re.search(says, said.text), said
    empty.assert_nothing_made()


def test_a_password_that_was_changed_on_the_server_is_said_and_the_mail_stays_readable(
    anna: Desk, mail_servers: MailServers
) -> None:
    users = mail_servers.dovecot.folder / "users"
    before = users.read_text()
    users.write_text(before.replace(mail_servers.users[ANNA], "another one since today"))
    try:
        anna.fails("sync", says="(?i)password", code=1)
        assert "first letter" in subjects(anna)
        with anna.window() as screen:
            screen.wait_for("offline")
            screen.wait_for("(?i)password")
            screen.press("Enter")
            screen.wait_for("Hello")
    finally:
        users.write_text(before)
    wait_until(lambda: anna.unlocked("sync", code=None).code == 0, "the old password is right again")


def test_a_certificate_that_is_refused_later_is_said_with_the_setting_that_helps(
    anna: Desk, mail_servers: MailServers
) -> None:
    anna.change_settings(f'ca_file = "{mail_servers.ca_file}"', 'ca_file = ""')
    anna.fails("sync", says="refused.*ca_file", code=1)
    with anna.window() as screen:
        screen.wait_for("offline")
        screen.wait_for("first letter")


def test_without_a_server_the_mail_is_there_and_the_interface_comes_back_by_itself(
    anna: Desk, mail_servers: MailServers, imap: Proxy
) -> None:
    through(imap, anna, mail_servers)
    real, imap.target_port = imap.target_port, 1
    anna.fails("sync", says="localhost", code=1)
    with anna.window() as screen:
        screen.wait_for("first letter")
        screen.wait_for("offline")
        screen.press("j", "Enter")
        screen.wait_for("Hello")
        screen.press("Escape")
        mail_servers.deliver(ANNA, letter("while away"))
        imap.target_port = real
        screen.press("C-r")
        screen.wait_for("online")
        screen.wait_for("while away")
        imap.target_port = 1  # and now it goes away in the middle
        imap.cut_now()
        screen.wait_for("offline")
        screen.press("Enter")
        screen.wait_for("Hello")
        imap.target_port = real
        screen.wait_for("online")
        mail_servers.deliver(ANNA, letter("after that"))
        screen.wait_for("after that")


def test_a_server_that_falls_silent_does_not_hold_the_interface(
    anna: Desk, mail_servers: MailServers, imap: Proxy
) -> None:
    through(imap, anna, mail_servers)
    imap.fault = Fault(stall_to_client_after=100)
    with anna.mail() as screen:
        wait_until(imap.cuts.is_set, "the server stalls")
        screen.press("Enter")
        screen.wait_for("Hello")
        screen.press("q")
    assert "first letter" in subjects(anna)


def test_a_letter_that_cannot_leave_waits_in_the_outbox_and_leaves_later(anna: Desk, mail_servers: MailServers) -> None:
    with Proxy(mail_servers.smtp.submission_port) as smtp:
        anna.change_settings(f"port = {smtp.target_port}", f"port = {smtp.port}")
        real, smtp.target_port = smtp.target_port, 1
        mail_servers.empty(BERT)
        said = anna.unlocked("send", "-", stdin=f"To: {BERT}\nSubject: patience\n\nHello.\n", code=1)
        assert "localhost" in said.err
        smtp.target_port = real
        assert b"Subject: patience" in mail_servers.wait_for_mail(BERT)[0]
        anna.unlocked("sync")
    assert len(mail_servers.mailbox(BERT)) == 1


# ---- being killed


def test_setup_that_is_killed_in_the_middle_leaves_nothing(empty: Desk, mail_servers: MailServers) -> None:
    empty.run("engine", "start")
    source = str(empty.setup_file(mail_servers))
    client = subprocess.Popen([*PROGRAM, "setup", "--from", source, "--no-test"], env=empty.environment, stderr=-1)
    while not any(name.startswith(".new-") for name in empty.made):
        assert client.poll() is None
        time.sleep(0.001)
    empty.kill_engine()
    assert client.wait(PATIENCE_SECONDS) != 0 and client.stderr is not None
    said = client.stderr.read().decode()
    client.stderr.close()
    assert "engine stopped" in said and "Traceback" not in said
    assert not empty.paths.settings.exists()
    empty.run("engine", "start")
    empty.assert_nothing_made()
    empty.run("setup", "--from", source, "--no-test")
    empty.unlocked("sync")


def test_setup_that_is_interrupted_while_the_server_is_silent_leaves_nothing(
    empty: Desk, mail_servers: MailServers, imap: Proxy
) -> None:
    imap.fault = Fault(stall_to_client_after=0)
    source = str(empty.setup_file(mail_servers, imap_port=str(imap.port)))
    # A run of the tests in the background ignores the interrupt, and so would what it starts.
    words = ["env", "--default-signal=INT", *PROGRAM, "setup", "--from", source]
    client = subprocess.Popen(words, env=empty.environment, stderr=-1)
    wait_until(imap.cuts.is_set, "the server is silent")
    client.send_signal(signal.SIGINT)
    assert client.wait(PATIENCE_SECONDS) == 130 and client.stderr is not None
    assert client.stderr.read() == b""
    client.stderr.close()
    empty.assert_nothing_made()


def test_an_engine_that_is_killed_is_missed_asked_for_and_goes_on(anna: Desk, mail_servers: MailServers) -> None:
    with anna.mail() as screen:
        screen.wait_for("first letter")
        anna.kill_engine()
        screen.wait_for("engine stopped|Passphrase")
        anna.unlock(screen)
        screen.wait_for("online")
        assert "engine stopped" not in screen.screen()
        mail_servers.deliver(ANNA, letter("after the kill"))
        screen.wait_for("after the kill")
        screen.press("Enter")
        screen.wait_for("Hello")


def test_an_engine_that_is_killed_while_one_writes_loses_no_word(anna: Desk, mail_servers: MailServers) -> None:
    mail_servers.empty(BERT)
    with anna.mail() as screen:
        screen.wait_for("first letter")
        screen.press("c")
        screen.wait_for("Signed by")
        screen.type(BERT)
        screen.press("Tab", "Tab", "Tab")
        screen.type("long thoughts")
        screen.press("Tab")
        screen.type("Every word of this was hard.")
        screen.wait_for("was hard")
        anna.kill_engine()
        screen.wait_for("Passphrase for")
        screen.type(PASSPHRASE)
        screen.press("Enter")
        screen.wait_for("Every word of this was hard")
        screen.press("F5")
        assert b"Every word" in mail_servers.wait_for_mail(BERT)[0]


def test_an_interface_that_is_killed_leaves_a_terminal_for_the_next_one(anna: Desk, mail_servers: MailServers) -> None:
    anna.unlocked("engine", "unlock")
    note = anna.folder / "pid"
    program = " ".join(PROGRAM)
    script = f"sh -c 'echo $$ > {note}; exec {program}'; exec {program}"
    with terminal(["sh", "-c", script], env=anna.env) as screen:
        screen.wait_for("first letter")
        screen.wait_for("online")
        engine = anna.engine
        kill(int(note.read_text()))
        wait_until(lambda: not Path(f"/proc/{note.read_text().strip()}").exists(), "the interface is gone")
        mail_servers.deliver(ANNA, letter("for the next one"))
        screen.wait_for("for the next one")
        screen.press("Enter")
        screen.wait_for("Hello")
        assert anna.engine == engine and lock_is_held(anna.paths)
        screen.press("q")


def test_a_half_written_letter_outlives_the_death_of_interface_and_engine(anna: Desk) -> None:
    anna.unlocked("engine", "unlock")
    note = anna.folder / "pid"
    script = f"echo $$ > {note}; exec {' '.join(PROGRAM)}"
    with terminal(["sh", "-c", script], env=anna.env) as screen:
        screen.wait_for("online")
        screen.press("c")
        screen.wait_for("Bcc")
        screen.type("somebody@far.test")
        screen.press("Tab", "Tab", "Tab")
        screen.type("Half a letter")
        screen.press("Tab")
        screen.type("Every word of this was hard")
        screen.wait_for("Every word of this was hard")
        wait_until(lambda: "Half a letter" in anna.unlocked("drafts").out, "the draft is kept")
        kill(int(note.read_text()))
        kill(anna.engine)
    anna.unlocked("engine", "unlock")
    with anna.window() as screen:
        screen.wait_for("online")
        screen.press("D")
        screen.wait_for("Half a letter")
        screen.press("Enter")
        screen.wait_for("Every word of this was hard")
        screen.press("Escape")


# ---- places where nothing can be written


def test_a_home_that_cannot_be_written_is_a_sentence(empty: Desk, mail_servers: MailServers) -> None:
    wall = empty.folder / "wall"
    wall.write_text("a file where a folder should be")
    source = str(empty.setup_file(mail_servers))
    for words in (("setup", "--from", source), ("list",), ("sync",), ("doctor",), ("engine", "start")):
        said = empty.run(*words, code=None, env={"TUI_MAIL_HOME": str(wall / "profiles")})
        assert said.code != 0, said
        assert words == ("list",) or str(wall) in said.text or "no profile" in said.text, said
    with empty.window(env={"TUI_MAIL_HOME": str(wall / "profiles")}) as screen:
        screen.wait_for("wall")
        screen.press("q")


def test_a_runtime_folder_that_cannot_be_written_is_a_sentence(anna: Desk) -> None:
    wall = anna.folder / "wall"
    wall.write_text("a file where a folder should be")
    said = anna.run("list", code=None, env={"XDG_RUNTIME_DIR": str(wall)})
    assert said.code != 0 and str(wall) in said.err, said


@pytest.mark.parametrize("name", ["work/home", "../work", ".hidden", "", "-x"])
def test_a_profile_name_that_is_no_folder_name_is_a_sentence(empty: Desk, name: str) -> None:
    for words in ((f"--profile={name}",), (f"--profile={name}", "list"), ("list", f"--profile={name}")):
        said = empty.run(*words, code=2)
        assert "profile's name is one word" in said.err, said
    assert not (empty.folder / "profiles").exists()
