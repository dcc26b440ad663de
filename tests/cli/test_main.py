"""The command ``tui-mail`` itself: one line a command, one sentence an error, never a traceback, little to import."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui_mail.__main__ import COMMANDS, main


def run(*words: str, home: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "TUI_MAIL_HOME": str(home), "XDG_RUNTIME_DIR": str(home), **more}
    command = [sys.executable, "-m", "tui_mail", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)


def test_help_lists_every_command_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, (_module, line) in COMMANDS.items():
        assert any(shown.split() == [name, *line.split()] for shown in lines), name
    assert all(len(line) <= 110 for line in lines)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_examples_in_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"tui-mail {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("nonsense",), 2, "--help"),
        (("serch", "x"), 2, "Did you mean `search`?"),
        (("list",), 2, "tui-mail setup"),
        (("--profile", "../x", "list"), 2, "one word"),
        (("list", "--profile", "a/b"), 2, "one word"),
        (("setup", "--from", "missing.toml"), 2, "missing.toml"),
        (("send", "missing.eml"), 2, "missing.eml"),
        (("engine", "status"), 1, ""),
        ((), 2, "needs a terminal"),
        (("setup",), 2, "needs a terminal"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_an_exit_code(
    tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    done = run(*words, home=tmp_path)
    run("engine", "stop", home=tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1


def test_options_are_written_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["list", "--folder", "Sent"])
    assert ended.value.code == 2
    assert "--folder" in capsys.readouterr().err


def test_a_defect_is_one_sentence_and_its_words_are_written_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TUI_MAIL_HOME", str(tmp_path))
    (tmp_path / "default").mkdir()
    monkeypatch.setattr("tui_mail.cli.engine.run", lambda _args: {}["a private word"])
    assert main(["engine", "status"]) == 1
    shown = capsys.readouterr().err
    assert "KeyError" in shown
    assert "private word" not in shown
    log = (tmp_path / "default" / "engine.log").read_text()
    assert "KeyError" in log
    assert "private word" not in log


def test_the_start_imports_nothing_heavy() -> None:
    code = (
        "import sys, tui_mail.__main__, tui_mail.model.paths\n"
        "heavy = {'msgspec', 'cryptography', 'textual', 'imapclient', 'asyncio', 'argparse', 'selectolax', 'typing'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    project = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=project)
    assert done.stdout.strip() in ("[]", "['typing']"), done.stdout + done.stderr


def test_no_command_imports_the_interface(tmp_path: Path) -> None:
    for name, (module, _line) in COMMANDS.items():
        code = f"import sys, {module}\nprint('textual' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stdout.strip() == "False", (name, done.stderr)
