"""A full disk; a store, a vault or settings that cannot be read: a sentence, nothing half made, lost or sent twice.

The real program against real servers.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.servers import MailServers
from tests.story.desk import (
    ANNA,
    BERT,
    PASSPHRASE,
    Desk,
    desk_on_small_disk,
    kill,
    letter,
    subjects,
    wait_until,
)
from tui_mail.store.database import open_database
from tui_mail.vault.vault import Vault

DISK = "[Dd]isk|No space|too large"


# ---- the disk


@pytest.mark.parametrize("left", [4096, 24_000, 120_000, 300_000])
def test_a_full_disk_at_setup_is_a_sentence_makes_nothing_and_works_with_room(
    mail_servers: MailServers, left: int
) -> None:
    mail_servers.empty(ANNA)  # what other tests left there would fill it
    with desk_on_small_disk() as (made, disk):
        made.run("engine", "start")
        disk.full(made.engine, left=left)
        source = str(made.setup_file(mail_servers))
        said = made.run("setup", "--from", source, "--no-test", code=None)
        assert said.code != 0, made.made
        assert re.search(DISK, said.err), said
        made.assert_nothing_made()
        disk.free(made.engine)
        made.run("setup", "--from", source, "--no-test")
        assert made.unlocked("sync").out


def test_a_disk_without_room_for_anything_is_a_sentence(mail_servers: MailServers) -> None:
    with desk_on_small_disk() as (made, disk):
        if not disk.mounted:
            pytest.skip("no file system can be mounted here, and an engine that does not run cannot be limited")
        disk.full(0)
        said = made.run("setup", "--from", str(made.setup_file(mail_servers)), "--no-test", code=None)
        assert said.code != 0
        assert re.search(DISK, said.err), said


def test_a_full_disk_in_a_sync_is_a_sentence_and_nothing_is_lost(mail_servers: MailServers, template: Path) -> None:
    with desk_on_small_disk(template) as (made, disk):
        made.unlocked("engine", "unlock")
        made.unlocked("sync")
        disk.full(made.engine, left=400_000)
        for number in range(4):
            mail_servers.deliver(ANNA, letter(f"long one {number}", "0123456789 0123456789\r\n" * 30_000))
        made.fails("sync", says=DISK, code=1)
        assert "first letter" in subjects(made)
        with made.window() as screen:
            screen.wait_for("first letter")
            screen.wait_for(DISK)
            screen.press("q")
        disk.free(made.engine)
        made.unlocked("sync")
        listed = subjects(made)
        assert all(listed.count(f"long one {number}") == 1 for number in range(4)), listed


def test_a_full_disk_when_sending_is_a_sentence_and_nothing_is_sent_twice(
    mail_servers: MailServers, template: Path
) -> None:
    mail_servers.empty(BERT)
    with desk_on_small_disk(template) as (made, disk):
        made.unlocked("engine", "unlock")
        made.unlocked("sync")
        disk.full(made.engine)
        draft = f"To: {BERT}\nSubject: no room\n\n" + "0123456789 0123456789\n" * 50_000
        said = made.unlocked("send", "-", stdin=draft, code=None)
        assert said.code != 0
        assert re.search(DISK, said.err), said
        disk.free(made.engine)
        made.unlocked("sync")  # if it got as far as the outbox, it leaves now
        if not mail_servers.mailbox(BERT):
            made.unlocked("send", "-", stdin=draft)
        made.unlocked("sync")
        assert len(mail_servers.mailbox(BERT)) == 1


# ---- store, vault, settings


def test_a_store_that_another_program_holds_is_a_sentence(anna: Desk) -> None:
    vault = Vault.open(anna.paths.vault, PASSPHRASE)
    holder = open_database(anna.paths.store, vault.store_key())
    holder.run("BEGIN IMMEDIATE")
    with anna.window() as screen:
        screen.wait_for("Passphrase")
        screen.type(PASSPHRASE)
        screen.press("Enter")
        screen.wait_for("Another program holds the mail store")
        holder.run("ROLLBACK")
        holder.close()
        screen.type(PASSPHRASE)
        screen.press("Enter")
        screen.wait_for("first letter")


def test_exactly_one_engine_serves_a_profile(anna: Desk) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: anna.run("engine", "start"), range(4)))
    assert all(outcome.out == "The engine runs.\n" for outcome in outcomes)
    first = anna.engine
    assert "already serves the profile" in anna.run("engine", "run").err
    assert anna.engine == first
    wait_until(lambda: engines_of(anna) == [first], "whoever came second has given way")
    said = anna.run("engine", "start", "--profile", "other").out
    assert said == "The engine runs.\n"  # one without a profile ends with its last client, so perhaps by now
    assert first in engines_of(anna)
    anna.run("engine", "stop", "--profile", "other", code=None)


def engines_of(made: Desk) -> list[int]:
    """The processes that serve a profile in this home."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"engine" in words and b"run" in words and f"HOME={made.folder}".encode() in environment:
            found.append(int(folder.name))
    return sorted(found)


def test_a_store_of_a_newer_version_is_a_sentence(anna: Desk) -> None:
    vault = Vault.open(anna.paths.vault, PASSPHRASE)
    database = open_database(anna.paths.store, vault.store_key())
    version = database.value("PRAGMA user_version")
    database.run("PRAGMA user_version = 99")
    database.close()
    anna.fails("list", says="written by a newer tui-mail")
    with anna.window() as screen:
        screen.wait_for("Passphrase")
        screen.type(PASSPHRASE)
        screen.press("Enter")
        screen.wait_for("written by a newer tui-mail")
    database = open_database(anna.paths.store, vault.store_key())
    database.run(f"PRAGMA user_version = {version}")
    database.close()
    assert "first letter" in subjects(anna)


@pytest.mark.parametrize("damage", ["beginning", "middle", "cut", "empty", "gone"])
def test_a_damaged_store_is_a_sentence(anna: Desk, damage: str) -> None:
    store = anna.paths.store
    data = bytearray(store.read_bytes())
    match damage:
        case "beginning":
            data[:4096] = os.urandom(4096)
        case "middle":
            data[4096:] = os.urandom(len(data) - 4096)
        case "cut":
            del data[len(data) // 2 :]
        case "empty":
            data.clear()
    store.write_bytes(data)
    if damage == "gone":
        store.unlink()
    said = anna.unlocked("sync", code=None)
    assert said.code != 0, said
    assert "store" in said.err, said


def test_a_wrong_passphrase_is_a_sentence_again_and_again(anna: Desk) -> None:
    for _ in range(3):
        said = anna.run("list", "--passphrase-env", "WRONG", env={"WRONG": "open sesame"}, code=1)
        assert "passphrase does not open" in said.err
    with anna.window() as screen:
        for _ in range(3):
            screen.wait_for("Enter unlocks|not the passphrase")
            screen.type("open sesame")
            screen.wait_for("•")
            screen.press("Enter")
            screen.wait_for("•", gone=True)
            screen.wait_for("not the passphrase")
        screen.type(PASSPHRASE)
        screen.press("Enter")
        screen.wait_for("first letter")


def test_no_passphrase_and_nobody_to_ask_is_a_sentence(anna: Desk) -> None:
    assert "--passphrase-file" in anna.run("list", code=2).err
    assert "NOT_THERE is not set" in anna.run("list", "--passphrase-env", "NOT_THERE", code=2).err
    assert "cannot be read" in anna.run("list", "--passphrase-file", "/nowhere", code=2).err


@pytest.mark.parametrize("damage", ["header", "content", "cut", "empty", "gone"])
def test_a_damaged_vault_is_a_sentence_and_is_not_overwritten(anna: Desk, damage: str) -> None:
    vault = anna.paths.vault / "vault"
    data = bytearray(vault.read_bytes())
    match damage:
        case "header":
            data[20] ^= 1
        case "content":
            data[-20] ^= 1
        case "cut":
            del data[60:]
        case "empty":
            data.clear()
    vault.write_bytes(data)
    if damage == "gone":
        vault.unlink()
    anna.fails("list", says="vault")
    if damage == "content":
        with anna.window() as screen:
            screen.wait_for("Passphrase")
            screen.type(PASSPHRASE)
            screen.press("Enter")
            screen.wait_for("vault")
    assert damage == "gone" or vault.read_bytes() == bytes(data)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[[accounts]]", "[[accounts]", "line"),
        ("lock_after_seconds = ", 'lock_after_seconds = "soon" #', "line \\d+.*lock_after_seconds"),
        ('security = "starttls"', 'security = "maybe"', "line \\d+.*security"),
    ],
)
def test_a_mistake_in_the_settings_is_a_sentence_with_its_line(anna: Desk, old: str, new: str, says: str) -> None:
    good = anna.paths.settings.read_text()
    anna.change_settings(old, new)
    said = anna.fails("list", says="settings.toml")
    assert re.search(says, said.err), said
    with anna.window() as screen:
        screen.wait_for("settings.toml")
        anna.paths.settings.write_text(good)
        anna.unlock(screen)


def _other_engine(anna: Desk, version: int) -> "subprocess.Popen[bytes]":
    code = (
        f"import sys; from tui_mail.engine import messages; messages.PROTOCOL_VERSION = {version};"
        "from tui_mail.__main__ import main; sys.exit(main(['engine', 'run']))"
    )
    other = subprocess.Popen([sys.executable, "-c", code], env=anna.environment, stderr=subprocess.DEVNULL)
    wait_until(anna.paths.socket.exists, "the other engine listens")
    return other


def test_a_newer_engine_is_a_sentence_and_the_way_out_works(anna: Desk) -> None:
    other = _other_engine(anna, 99)
    try:
        said = anna.fails("list", says="newer version")
        assert said.code == 2
        with anna.window() as screen:
            screen.wait_for("newer version")
            anna.run("engine", "stop")
            assert other.wait(PATIENCE_SECONDS) == 0
            anna.unlock(screen)
    finally:
        kill(other.pid)
        other.wait()


def test_an_older_engine_is_replaced(anna: Desk) -> None:
    other = _other_engine(anna, 1)
    try:
        anna.run("engine", "status", code=None)
        assert other.poll() is None  # who only asks replaces nothing
        with anna.window() as screen:
            anna.unlock(screen)
            assert other.wait(10) == 0
    finally:
        kill(other.pid)
        other.wait()
