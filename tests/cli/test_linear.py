"""The main job in plain lines, through a pipe: two people, real servers."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_story import ANNA, CLARA, Shell, write_setup
from tests.patience import PATIENCE_SECONDS
from tests.servers import MailServers
from tui_mail.model.message import Flag, Row
from tui_mail.ui.commands.register import BY_ID, COMMANDS
from tui_mail.ui.linear.lines import row_line
from tui_mail.ui.linear.session import ON_MESSAGE
from tui_mail.ui.linear.words import HELP, KNOWN, meant


@pytest.fixture
def shell(tmp_path: Path, mail_servers: MailServers):
    mail_servers.empty(ANNA, CLARA)
    shell = Shell(tmp_path)
    for user, name in ((ANNA, "anna"), (CLARA, "clara")):
        write_setup(tmp_path, mail_servers, user)
        shell.run("setup", "--from", f"{name}.toml", "--profile", name)
    yield shell
    for name in ("anna", "clara"):
        shell.run("engine", "stop", "--profile", name)


def say(shell: Shell, profile: str, *lines: str) -> str:
    return shell.run("linear", "--profile", profile, stdin="".join(line + "\n" for line in lines))


def arrived(shell: Shell, profile: str, count: int) -> None:
    for _ in range(40):
        shell.run("sync", "--profile", profile)
        if len([row for row in shell.rows(profile) if row["sig"] is not None]) >= count:
            return
        time.sleep(0.2)
    raise AssertionError(f"{profile} has not got {count} messages")


def test_signed_trusted_and_answered_encrypted_in_plain_lines(shell: Shell, mail_servers: MailServers) -> None:
    said = say(shell, "anna", f"write {CLARA}", "Hello", "Hi Clara.", ".", "yes", "quit")
    assert "It cannot be encrypted:" in said and "It is in the outbox and leaves now. undo takes it back." in said
    arrived(shell, "clara", 1)
    said = say(shell, "clara", "1", "trust", "no", "trust 1", "yes", "list", "reply", "Thank you.", ".", "yes", "yes")
    assert "1. Unread. anna: Hello. Signed, not trusted yet." in said.replace("Anna", "anna")
    for words in (
        "Hi Clara.",
        "Its six words: ",
        "Your own six words: ",
        "Nothing was changed.",
        "is trusted; 1 messages",
        "Signed and trusted.",
        "Everyone can read it encrypted.",
        "It is in the outbox",
    ):
        assert words in said, words
    assert "\x1b" not in said
    arrived(shell, "anna", 1)
    said = say(shell, "anna", "read 1", "search thank", "folders", "folder Sent", "star 1", "delete 9", "sing", "help")
    for words in (
        "Thank you.",
        "encrypted",
        "Found, messages 1 to",
        "messages, 0 unread.",
        "Sent, messages 1 to 1 of 1.",
        "Starred.",
        "There is no message with this number",
        "There is no command 'sing'",
        "quit.",
    ):
        assert words in said, words
    assert b"Thank you" not in b"".join(mail_servers.mailbox(ANNA))
    said = say(shell, "anna", "later 1", "later 1 in 2 hours", "folder snoozed", "later 1, tomorrow 9:00")
    for words in ("Until when?", "Put off until ", "Snoozed, messages 1 to 1 of 1.", "until tomorrow at 09:00"):
        assert words in said, words
    said = say(shell, "anna", "folder snoozed", "forward 1", "dora@office.test", "See below.", ".", "no", "forward 9")
    for words in ("Subject: Fwd: Hello", "That mail was encrypted. Send this one open?", "Nothing was sent."):
        assert words in said, words


def test_what_the_interface_does_is_done_in_plain_lines_too(
    shell: Shell, mail_servers: MailServers, tmp_path: Path
) -> None:
    (tmp_path / "values.csv").write_text("a;b\n")
    attach = f"attach {tmp_path}/values.csv"
    said = say(
        shell, "anna", f"write {CLARA}", "Values", "See the attached file.", ".", attach, "attach /nothing", "yes"
    )
    for words in ("The text speaks of an attachment, and none is there.", "Attached: values.csv.", "There is no file"):
        assert words in said, words
    arrived(shell, "clara", 1)
    copy = tmp_path / "saved.csv"
    said = say(
        shell, "clara", "1", "save", str(copy), "details", "source", "links", "leave", "answer", "receipt", "headers"
    )
    for words in (
        f"Saved as {copy}.",
        "The signer's certificate",
        "Verdict: N",
        "Content-Type: multipart/signed",
        "There is no link in this message.",
        "does not say how to leave its list",
        "is no invitation",
        "asks for no receipt",
        "Message-ID: <",
    ):
        assert words in said, words
    assert copy.read_text() == "a;b\n"
    said = say(
        shell,
        "clara",
        "reply 1",
        "I am not done",
        ".",
        "no",
        "no",
        "drafts",
        "draft 1",
        "yet",
        ".",
        "no",
        "no",
        "outbox",
    )
    for words in ("It is kept as a draft", "1. To ", "Written so far:", "I am not done", "The outbox is empty."):
        assert words in said, words
    said = say(shell, "clara", "drafts", "draft 1", "at all")  # the line breaks off
    said = say(shell, "clara", "draft 1", ".", "no", "no")
    assert "I am not done" in said and "at all" in said
    said = say(
        shell, "clara", "star", ":archive 1", "undo", "list", "move 1 Nowhere", "delete 1-1", "undo", "undo", "rm 7"
    )
    for words in (
        "There is no message with this number",
        "There is no folder 'Nowhere'",
        "Deleted: Values.",
        "Taken back.",
        "There is nothing to take back.",
    ):
        assert words in said, words


def test_folders_settings_conversations_and_the_book_are_looked_after_in_plain_lines(
    shell: Shell, mail_servers: MailServers
) -> None:
    say(shell, "anna", f"write {CLARA}", "Hello", "Hi Clara.", ".", "yes", "quit")
    arrived(shell, "clara", 1)
    said = say(
        shell,
        "clara",
        *("new-folder Bills", "folder Bills", "rename-folder Invoices", "delete-folder", "yes"),
        *("folder Inbox", "delete-folder"),
    )
    for words in (
        "The folder Bills is made.",
        "Bills is called Invoices now.",
        "Delete the empty folder Invoices?",
        "Invoices is gone.",
        "those that are needed keep their place and their name.",
    ):
        assert words in said, words
    assert "Invoices" not in say(shell, "clara", "folders")
    said = say(
        shell,
        "clara",
        *("settings undo_seconds", "set undo_seconds 7", "settings nonsense", "set undo_seconds much", "settings"),
        *("threads", "settings threads", "conversations"),
    )
    for words in (
        "undo_seconds: 5. Seconds to take a mail back. How long a sent mail waits",
        "Seconds to take a mail back: 7.",
        "There is no setting 'nonsense'",
        "undo_seconds: 7. Seconds to take a mail back.",
        "The list shows conversations.",
        "threads: on.",
        "The list shows single messages.",
    ):
        assert words in said, words
    assert "undo_seconds: 7." in say(shell, "clara", "settings undo_seconds")
    said = say(
        shell,
        "clara",
        *("book", f"book {ANNA}", f"book trust {ANNA}", "no", f"book trust {ANNA}", "yes", f"book {ANNA}"),
        *(f"book note {ANNA} From the ward", f"book untrust {ANNA}", f"book block {ANNA}", "yes", "book"),
        *(f"book unblock {ANNA}", "book nobody@nowhere.test", f"book {ANNA}"),
    )
    for words in (
        f"{ANNA}: certificate here, not trusted yet.",
        "Its six words: ",
        "Nothing was changed.",
        f"{ANNA} is trusted.",
        "Trusted: yes, by your own decision.",
        "The note is kept.",
        f"{ANNA} is not trusted any more.",
        f"{ANNA}: certificate here, blocked.",
        f"{ANNA} is not blocked any more.",
        "Nobody with the address 'nobody@nowhere.test'",
        "Note: From the ward.",
    ):
        assert words in said, words
    said = say(shell, "clara", "forward-whole 1", "dora@office.test", "As it came.", ".", "no")
    assert "Subject: Fwd: Hello" in said and "Nothing was sent." in said


def test_every_command_of_the_interface_has_a_word_here_or_a_reason() -> None:
    elsewhere = {
        "palette", "jump", "theme", "password", "zoom", "fold", "mark", "mark-all", "suspend",
        "first-row", "last-row", "next-page", "previous-page", "scroll-down", "scroll-up", "read-on", "read-back",
        "text-start", "text-end", "quotes",
    }  # fmt: skip
    spoken = {command.id for command in COMMANDS if meant(command.id) in KNOWN | set(ON_MESSAGE) | {"quit"}}
    same = {"next-message", "previous-message", "star-in-list"}
    assert spoken | same | elsewhere == set(BY_ID)
    for word in (KNOWN | set(ON_MESSAGE)) - {"help"}:
        assert word in HELP, word


def test_a_locked_profile_asks_for_the_passphrase_without_showing_it(shell: Shell) -> None:
    shell.run("engine", "lock", "--profile", "anna")
    environment = {**os.environ, "TUI_MAIL_HOME": str(shell.home), "XDG_RUNTIME_DIR": str(shell.home), "TERM": "dumb"}
    master, terminal = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "tui_mail", "--linear", "--profile", "anna"],
        stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    try:
        shown = read_until(master, b"Passphrase: ")
        os.write(master, b"correct horse battery staple\n")
        shown += read_until(master, b"> ")
        os.write(master, b"quit\n")
        assert program.wait(PATIENCE_SECONDS) == 0
    finally:
        program.kill()
        os.close(master)
    assert b"correct horse" not in shown and b"\x1b[2J" not in shown and b"\x1b[?1049h" not in shown


def read_until(master: int, words: bytes) -> bytes:
    shown = b""
    end = time.monotonic() + PATIENCE_SECONDS
    while words not in shown and time.monotonic() < end:
        shown += os.read(master, 4096)
    assert words in shown, shown
    return shown


@pytest.mark.parametrize(
    ("sig", "enc", "said"),
    [
        ("", "", "Not signed, has attachments."),
        (None, "", "Not judged yet, has attachments."),
        ("", "open-cbc", "Not signed, encrypted, has attachments."),
        ("", "closed", "Closed to you, has attachments."),
        ("N", "open", "Signed, not trusted yet, encrypted, has attachments."),
    ],
)
def test_a_row_says_what_is_known_about_its_signature(sig: str | None, enc: str, said: str) -> None:
    row = Row(1, 1_790_000_000, int(Flag.SEEN), sig, enc, True, "Bea", "Roster")
    assert row_line(3, row).startswith(f"3. Bea: Roster. {said}")
