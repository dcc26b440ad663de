"""Terminals of every kind: small ones, ones that change their size, ones without colour or Unicode, and none at all."""

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.pki import Pki
from tests.servers import MailServers
from tests.story.desk import ANNA, BERT, PASSPHRASE, PROGRAM, Desk, desk, letter, make_template
from tests.story.terminal import Terminal, terminal
from tests.ui.pty_program import PtyProgram
from tui_mail.smime.protect import protect

SIZES = ((40, 10), (80, 24))
COLOUR = re.compile(rb"\x1b\[[0-9;:]*m")


@pytest.fixture(scope="module")
def template(_servers: MailServers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Anna's profile: a signed letter of somebody new, one of long lines, one without anything."""
    _servers.start()
    if _servers.no_postfix:
        pytest.skip(_servers.no_postfix)
    now = datetime.now(UTC)
    signed = protect(letter("signed by a stranger"), sign=Pki().issue(BERT).key, now=now)
    long = letter("S" * 3000, "no end " * 20_000 + "\r\n" + "x" * 900_000 + "\r\nthe end of it")
    with desk() as short:
        made = make_template(_servers, [long, signed], short.folder)
        return made.rename(tmp_path_factory.mktemp("terminals") / "profiles")


@pytest.fixture
def anna(mail_servers: MailServers, template: Path) -> Iterator[Desk]:
    """A profile whose engine is unlocked."""
    with desk(template) as made:
        made.unlocked("engine", "unlock")
        yield made


def fits(screen: Terminal, columns: int, rows: int) -> str:
    """What is on the screen, which fills no more than the terminal."""
    text = screen.screen()
    lines = text.rstrip("\n").split("\n")
    assert len(lines) <= rows and all(len(line) <= columns for line in lines), text
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_screen_can_be_used(anna: Desk, columns: int, rows: int) -> None:
    with anna.window(columns, rows) as screen:

        def shows(pattern: str) -> None:
            screen.wait_for(pattern)
            fits(screen, columns, rows)

        shows("signed by|N ")
        screen.press("Enter")  # the reader
        shows("Press t to decide|not trusted")
        screen.press("i")  # everything about the protection
        shows("Protection of this")
        screen.press("Escape")
        screen.wait_for("Esc closes", gone=True)
        screen.press("t")  # the trust dialog
        shows("Trust this")
        screen.press("End")
        fits(screen, columns, rows)
        screen.press("Escape")
        screen.wait_for("Not now|Esc closes", gone=True)
        screen.press("Escape")
        shows("Enter Read")
        screen.press("?")  # the help
        shows("Keys and signs")
        screen.press("Escape")
        screen.wait_for("Esc closes", gone=True)
        screen.press("g")  # the folders
        shows("Go to folder")
        screen.press("Escape")
        screen.wait_for("Go to folder", gone=True)
        screen.press("o")  # the outbox
        shows("Nothing waits")
        screen.press("Escape")
        shows("Inbox")
        screen.press("c")  # writing
        shows("Signed by")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_the_passphrase_can_be_given(anna: Desk, columns: int, rows: int) -> None:
    anna.run("engine", "stop")
    with anna.window(columns, rows) as screen:
        screen.wait_for("Passphrase")
        fits(screen, columns, rows)
        screen.type("wrong")
        screen.wait_for("•")
        screen.press("Enter")
        screen.wait_for("not the")
        fits(screen, columns, rows)
        screen.type(PASSPHRASE)
        screen.press("Enter")
        screen.wait_for("Inbox")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_the_wizard_fits(columns: int, rows: int) -> None:
    with desk() as made, made.window(columns, rows) as screen:
        screen.wait_for("Who are you")
        fits(screen, columns, rows)
        screen.type("Anna Adler")
        screen.press("Tab")
        screen.type(ANNA)
        screen.wait_for(ANNA)
        screen.press("F5")
        screen.wait_for("mail servers")
        fits(screen, columns, rows)
        for _ in range(12):  # through every field, each of which is scrolled into view
            screen.press("Tab")
            fits(screen, columns, rows)
        screen.press("Escape")
        screen.wait_for("Who are you")


def test_the_size_may_change_at_any_time(anna: Desk) -> None:
    with anna.window(
        120, 36, env={"COLUMNS": "33", "LINES": "7"}
    ) as screen:  # an old size in the environment is not it
        screen.wait_for("signed by a stranger")
        assert re.search(r"(?m)^.{100}.*\S", screen.screen()), "the whole width is used"
        reader = r"Esc Back.*Compose"
        for opened, shown in (
            ("", "Enter Read"),
            ("Enter", "Hello"),
            ("i", "Protection of this"),
            ("Escape", reader),
            ("t", "Trust this"),
            ("Escape", reader),
            ("?", "Keys and signs"),
            ("Escape", reader),
            ("c", "Signed by"),
        ):
            if opened:
                screen.press(opened)
            if opened == "Escape":
                screen.wait_for("Esc closes|Not now", gone=True)
            screen.wait_for(shown)
            for columns, rows in ((20, 5), (2, 1), (200, 60), (40, 10), (80, 24)):
                screen.resize(columns, rows)
            screen.resize(120, 36)
            screen.wait_for(shown)
        screen.press("Escape")
        screen.wait_for("Enter Read|Esc Back")
        screen.press("q")


def test_very_long_lines_are_shown_and_scrolled(anna: Desk) -> None:
    with anna.window(80, 24) as screen:
        screen.wait_for("SSSS")
        screen.press("j", "Enter")
        screen.wait_for("S{70}\n")
        fits(screen, 80, 24)
        screen.press("End")
        screen.wait_for("no end no end")
        screen.press("r")
        screen.wait_for("Re: S")
        screen.press("Escape")


def test_a_terminal_that_cannot_move_its_cursor_gets_a_sentence(anna: Desk) -> None:
    for name in ("dumb", "unknown"):
        script = f"{' '.join(PROGRAM)}; echo code $?; cat"
        with terminal(["sh", "-c", f"TERM={name}; export TERM; {script}"], env=anna.env) as screen:
            said = screen.wait_for("code 2")
            assert "The interface needs a terminal" in said and "\x1b" not in said


def test_no_terminal_at_all_gets_a_sentence(anna: Desk) -> None:
    assert "The interface needs a terminal" in anna.run(code=2).err
    with desk() as made:
        assert "The interface needs a terminal" in made.run("setup", code=2).err
        assert made.made == []
    script = f"{' '.join(PROGRAM)} </dev/null; echo code $?; {' '.join(PROGRAM)} | cat; cat"
    with terminal(["sh", "-c", script], env=anna.env) as screen:
        screen.wait_for(r"(?s)needs a\s+terminal.*code 2.*needs a\s+terminal")


def test_a_reader_of_our_output_may_leave_early(anna: Desk) -> None:
    script = f"{' '.join(PROGRAM)} list --passphrase-env PASSPHRASE --limit 0 | head -c 1 >/dev/null"
    done = subprocess.run(["sh", "-c", script], env=anna.environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def seen_on_a_pty(made: Desk, env: dict[str, str]) -> bytes:
    """Every byte of a short visit to list, reader, trust dialog and help."""
    program = PtyProgram(PROGRAM, columns=100, rows=30, env={**made.env, **env})
    try:
        program.wait_for(lambda out: b"stranger" in out)
        program.settle()
        for key in (b"\r", b"t", b"\x1b", b"?", b"\x1b", b"c"):
            program.send(key)
            program.settle()
    finally:
        program.close()
    return program.output


def colours_in(output: bytes) -> set[bytes]:
    """Escape sequences that choose a colour."""
    found = set()
    for sequence in COLOUR.findall(output):
        numbers = [int(number or 0) for number in re.split(rb"[;:]", sequence[2:-1])]
        if any((30 <= number <= 49 and number not in (39, 49)) or 90 <= number <= 107 for number in numbers):
            found.add(sequence)
    return found


def test_with_no_color_no_colour_is_sent(anna: Desk) -> None:
    assert colours_in(seen_on_a_pty(anna, {}))
    assert colours_in(seen_on_a_pty(anna, {"NO_COLOR": "1"})) == set()


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LANG": "C"}, {"LANG": "POSIX"}])
def test_in_the_c_locale_all_our_shapes_are_ascii(anna: Desk, locale: dict[str, str]) -> None:
    output = seen_on_a_pty(anna, {"LANG": "", **locale})
    text = output.decode()
    foreign = {char for char in text if not char.isascii()}
    assert not foreign, foreign
