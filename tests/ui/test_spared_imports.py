"""What is not loaded at the start, and that whoever asks for it gets the real thing."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pyte
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.ui.engine_process import serving
from tests.ui.pty_program import PtyProgram
from tui_mail.ui.spared_imports import ABSENT, SPARED, textual_version

START = "import sys\nfrom tui_mail.ui import start, spared_imports\n"
LOAD = START + "spared_imports.import_lean(start.load)\nimport textual.app, rich.style, inspect\n"


def said(code: str) -> object:
    """What a fresh Python says when the interface was loaded lean."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )
    return json.loads(done.stdout)


def test_nothing_spared_is_loaded_before_it_is_used() -> None:
    heavy = (*SPARED, ABSENT, "textual.widgets._input", "textual.widgets._text_area", "importlib.metadata", "shutil")
    loaded = said(
        LOAD + "import json; passing = spared_imports.SparedModule\n"
        f"print(json.dumps([n for n in {heavy} if type(sys.modules.get(n, passing('x'))) is not passing]))"
    )
    assert loaded == []


def test_a_name_from_a_spared_module_is_the_real_thing_when_it_is_called() -> None:
    assert said(
        LOAD + "import json, pathlib\n"
        "class Some: pass\n"
        "print(json.dumps([isinstance(textual.app.user_downloads_path(), pathlib.Path),"
        " rich.style.Style(meta={'a': 1}).meta, textual.app.CommandPalette.__mro__[0].real().__name__,"
        " inspect.getsource(inspect.BlockFinder)[:5], inspect.ast.parse('1').body != []]))"
    ) == [True, {"a": 1}, "CommandPalette", "class", True]


def test_a_class_derived_from_a_promise_stands_on_the_real_one_when_it_is_made() -> None:
    assert said(
        LOAD + "import json, textual.theme, textual.command\n"
        "provider = textual.theme.ThemeProvider(None)\n"
        "print(json.dumps([isinstance(provider, textual.command.Provider), provider.__class__.__name__]))"
    ) == [True, "ThemeProvider"]


def test_what_every_start_asks_for_in_passing_is_answered_without_loading_and_the_rest_by_the_module() -> None:
    assert said(
        LOAD + "import json, textual.actions, shutil, pickle, textual.markup\n"
        "import os; os.environ.update(COLUMNS='70', LINES='20')\n"
        "class Some: pass\n"
        "passed = [textual.actions.parse(\"screen.command('next-page')\"),"
        " pickle.loads(pickle.dumps({'a': Some})) == {'a': Some}]\n"
        "loaded = [name for name in ('ast', 'pickle', 'textual.markup') if hasattr(sys.modules[name], '__file__')]\n"
        "print(json.dumps([passed, loaded, textual.actions.parse(\"a(1, (2, 'x'))\"), shutil.which('sh')[-2:],"
        " tuple(shutil.get_terminal_size((7, 8))), textual.markup.escape('[b]'),"
        " textual.markup.parse_style('bold', {}).bold, pickle.PicklingError.__name__]))"
    ) == [
        [["screen", "command", ["next-page"]], True],
        [],
        ["", "a", [1, [2, "x"]]],
        "sh",
        [70, 20],
        "\\[b]",
        True,
        "PicklingError",
    ]


def test_a_warning_is_logged_and_a_detail_is_when_somebody_wants_details() -> None:
    assert said(
        LOAD + "import json, asyncio.log, io\n"
        "asyncio.log.logger.debug('nobody wants this')\n"
        "before = 'logging' in sys.modules\n"
        "import logging\n"
        "said = io.StringIO()\n"
        "logging.basicConfig(level=logging.DEBUG, stream=said, format='%(message)s')\n"
        "asyncio.log.logger.debug('a detail'); asyncio.log.logger.warning('a warning')\n"
        "print(json.dumps([before, said.getvalue().split(chr(10))]))"
    ) == [False, ["a detail", "a warning", ""]]


def test_a_regular_expression_of_ours_is_read_when_it_is_used_and_one_of_others_at_once() -> None:
    assert said(
        START + "import json, re\n"
        "def load():\n"
        "    start.load()\n"
        "    global late, now\n"
        "    late = eval('re.compile(\"(\")', {'re': re, '__name__': 'textual.x'})\n"
        "    try: eval('re.compile(\"(\")', {'re': re, '__name__': 'x'}); now = False\n"
        "    except re.error: now = True\n"
        "spared_imports.import_lean(load)\n"
        "try: late.match('x'); failed = False\n"
        "except re.error: failed = True\n"
        "import textual.css.tokenize as t\n"
        "kept = type(t.expect_selector_continue._regex).__name__\n"
        "found = t.expect_selector_continue.match(' x', 0).group(0)\n"
        "print(json.dumps([now, failed, kept, found, type(re.compile('x')).__name__]))"
    ) == [True, True, "LaterPattern", " ", "Pattern"]


def test_modules_that_were_spared_can_be_imported_afterwards() -> None:
    assert said(
        LOAD + "import json, ssl, ast, pickle, rich.table, textual.command\n"
        "print(json.dumps([ssl.SSLContext.__name__, ast.literal_eval('1'), pickle.loads(pickle.dumps(2)),"
        " isinstance(textual.command.CommandPalette, spared_imports.Promise)]))"
    ) == ["SSLContext", 1, 2, False]


@pytest.mark.parametrize(
    "reason",
    ["import os; os.environ['TUI_MAIL_IMPORT'] = 'plain'", "spared_imports.textual_version = lambda: '9.0.0'"],
)
def test_another_textual_and_the_switch_import_everything(reason: str) -> None:
    load = LOAD.replace("spared_imports.import_lean", f"{reason}\nspared_imports.import_lean")
    names = [name for name in (*SPARED, ABSENT) if name != "textual.pilot"]  # which is imported when it is needed
    loaded = said(load + f"import json; print(json.dumps([name in sys.modules for name in {names}]))")
    assert loaded == [True] * len(names)


def test_what_a_promise_is_not_good_enough_for_is_imported_again() -> None:
    assert said(
        START + "import json\n"
        "def load():\n"
        "    import rich.style\n"
        "    if type(sys.modules.get('pickle')) is spared_imports.SparedModule: raise TypeError\n"
        "    start.load()\n"
        "spared_imports.import_lean(load)\n"
        "import rich.style, textual.app\n"
        "print(json.dumps([isinstance(rich.style.dumps, spared_imports.Promise), 'ssl' in sys.modules]))"
    ) == [False, True]


def test_the_version_is_what_textual_says() -> None:
    import textual

    assert textual_version() == textual.__version__


STOPS = (
    (b"j\r", "Re: Transfer of Mrs. Holm"),
    (b"\x1b?", "Keys and signs"),
    (b"\x1b:", "Write a new message"),
    (b"\x1bg", "Go to folder"),
    (b"\x1bS", "Sign every mail"),
    (b"\x1bB", "Certificate book"),
    (b"\x1bo", "Outbox"),
    (b"\x1b/", "Search addresses"),
    (b"\x1bc", "F5 Send"),
)
"""Keys from screen to screen, and words that stand there."""


def walk(env: dict[str, str]) -> list[list[str]]:
    program = PtyProgram([sys.executable, "-m", "tui_mail"], env=env)
    screen = pyte.Screen(120, 36)
    stream, fed, pictures = pyte.ByteStream(screen), 0, []
    try:
        program.wait_for(lambda out: b"Quit" in out)
        for keys, words in STOPS:
            for key in keys:
                program.send(bytes([key]))
                program.settle(0.5)
            for _ in range(60):
                stream.feed(program.output[fed:])
                fed = len(program.output)
                if any(words in line for line in screen.display):
                    break
                program.settle(0.5)
            else:
                raise AssertionError("\n".join([words, *screen.display]))
            pictures.append([line.rstrip() for line in screen.display])
    finally:
        program.close()
    return pictures


def test_every_screen_looks_the_same_with_plain_imports(tmp_path: Path) -> None:
    walks = []
    for how in ("lean", "plain"):
        home = tmp_path / how
        with tempfile.TemporaryDirectory() as sockets, serving(home, Path(sockets)) as env:
            walks.append(walk(env | {"TUI_MAIL_IMPORT": how}))
    for lean, plain in zip(*walks, strict=True):
        assert lean == plain
    assert len({str(picture) for picture in walks[0]}) == len(STOPS)
