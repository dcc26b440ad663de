"""Play the main job on an embedded mail server: a small clinic, some sixty mails, people who answer.

Nothing outside a temporary folder is touched, and quitting removes it.

examples:
  tui-mail demo             the interface, with a tour of five sentences
  tui-mail demo --headless  only prepare and serve; print where the profile is, until interrupted
"""

import argparse
import signal
import sys
from types import FrameType
from typing import NoReturn

from tui_mail.model.errors import UsageError

MISSING = "The demo needs two more packages: `pip install 'tui-mail[demo]'`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``tui-mail demo``."""
    parser.add_argument("--headless", action="store_true", help="prepare and serve without the interface")


def run(args: argparse.Namespace) -> int:
    """Put the stage up, play, take it down. Raises UsageError when the demo's packages are not installed."""
    try:
        import aiosmtpd  # noqa: F401
        import pymap  # noqa: F401
    except ImportError:
        raise UsageError(MISSING) from None
    from tui_mail.demo.stage import PASSPHRASE, Stage

    if not args.headless:
        from tui_mail.ui.start import NO_TERMINAL, has_terminal

        if not has_terminal():
            sys.stderr.write(NO_TERMINAL)
            return 2
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, _end)
    stage = Stage()
    try:
        stage.set_up(lambda sentence: print(sentence, file=sys.stderr, flush=True))
        if args.headless:
            print(f"TUI_MAIL_HOME={stage.folder}")
            print(f"XDG_RUNTIME_DIR={stage.folder}")
            print(f"passphrase: {PASSPHRASE}", flush=True)
            while True:
                signal.pause()
        from tui_mail.ui.start import main

        return main(stage.paths, stage.connect)
    except KeyboardInterrupt:
        return 0
    finally:
        stage.take_down()


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave in an orderly way, through every ``finally``."""
    sys.exit(128 + number)
