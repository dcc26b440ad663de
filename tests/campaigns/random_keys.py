"""Somebody's cat on the keyboard: random keys, words and sizes of the terminal, typed into the demo.

    python -m tests.campaigns.random_keys --rounds 10 --keys 700

The law: whatever is typed in whatever order, the program neither ends nor hangs, and nothing foreign reaches the
screen. A round that does not hold says its seed and its last keys; `--seed` plays one again.
"""

import argparse
import os
import random
import re
import sys
import tempfile
import time

from tests.story.terminal import Terminal

SIZES = ((120, 36), (80, 24), (40, 10), (200, 50), (10, 4))
WORDS = (
    "anna",
    "dora.nkemelu@praxis-nord.example",
    "hello",
    "/tmp/x",
    "tomorrow",
    "sig:N",
    "move Junk",
    "é漢字",
    "'\"; [x]",
)
LETTERS = "jkjkjkrRafcMtispyYeduZzxA/FVgNEXum*oDBWUhvlwKT?:,+-1290 "
NAMED = (
    *("Enter",) * 12, *("Escape",) * 14, *("Tab",) * 6, "BTab", "Up", "Down", "Down", "Left", "Right", "PgUp", "PgDn",
    "Home", "End", *(f"F{number}" for number in (*range(1, 10), 12)), *(f"C-{letter}" for letter in "rutfpak"),
    "BSpace", "Space", "M-x", "\\;",
)  # fmt: skip
"""Quitting, locking the keys, printing and the person's own editor are left out: they end the round, or leave it."""

PAUSES_SECONDS = (0.01, 0.03, 0.1, 0.2)
START_SECONDS = 60
WRONG = re.compile(r"Traceback|went wrong|^ended \d+|Error\b", re.MULTILINE)


def play(seed: int, keys: int) -> None:
    """One round. Raises AssertionError when the program ended, complained or no longer answers."""
    chance = random.Random(seed)
    typed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        columns, rows = chance.choice(SIZES[:4])
        argv = ["sh", "-c", f'"{sys.executable}" -m tui_mail demo; echo "ended $?"; sleep 600']
        env = {"HOME": folder, "PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd(), "COLORTERM": "truecolor"}
        terminal = Terminal(argv, columns=columns, rows=rows, env=env)
        try:
            terminal.wait_for("Inbox", seconds=START_SECONDS)
            for number in range(keys):
                typed += _once(terminal, chance)
                if number % 10 == 0:
                    _look(terminal, seed, typed)
            _answers(terminal, seed, typed)
        finally:
            terminal.close()


def _once(terminal: Terminal, chance: random.Random) -> list[str]:
    typed = []
    if chance.random() < 0.02:
        size = chance.choice(SIZES)
        terminal.resize(*size)
        typed.append(f"<{size[0]}x{size[1]}>")
    if chance.random() < 0.05:
        typed.append(chance.choice(WORDS))
        terminal.type(typed[-1])
    typed.append(chance.choice([*LETTERS, *NAMED]))
    terminal.press(typed[-1])
    time.sleep(chance.choice(PAUSES_SECONDS))
    return typed


def _look(terminal: Terminal, seed: int, typed: list[str]) -> None:
    screen = terminal.screen()
    assert not WRONG.search(screen), f"seed {seed}, after {typed[-40:]}:\n{screen}"


def _answers(terminal: Terminal, seed: int, typed: list[str]) -> None:
    """Escape leads home from everywhere, and there `q` ends the program well."""
    terminal.resize(120, 36)
    end = time.monotonic() + 60
    while (screen := terminal.screen()) and "ended 0" not in screen:
        assert time.monotonic() < end, f"seed {seed}: it no longer answers, after {typed[-40:]}:\n{screen}"
        terminal.press("Escape")
        time.sleep(0.5)
        terminal.press("Escape")
        time.sleep(0.5)
        terminal.press("q")
        time.sleep(1)


def main() -> None:
    """Play the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--keys", type=int, default=700)
    parser.add_argument("--seed", type=int, default=None, help="play this one alone")
    args = parser.parse_args()
    seeds = [args.seed] if args.seed is not None else [random.randrange(1 << 32) for _ in range(args.rounds)]
    begin = time.monotonic()
    for seed in seeds:
        play(seed, args.keys)
        print(f"seed {seed}: {args.keys} keys, home again", flush=True)
    print(f"{len(seeds) * args.keys} keys in {len(seeds)} rounds, {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
