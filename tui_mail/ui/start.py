"""How the interface begins: is there a terminal, the first picture, then textual takes over without a flash."""

from __future__ import annotations

import gc
import os
import sys

from tui_mail.model.paths import ProfilePaths
from tui_mail.ui import first_paint

TYPE_CHECKING = False  # typing itself would cost 7 ms before the first picture
if TYPE_CHECKING:
    from typing import Any

    from tui_mail.ui.link import Connect

COLLECT_EVERY = (50_000, 10, 20)
"""New objects before a look at the young ones, and how many looks come before one at older and at all."""

PICTURES_A_SECOND = "120"
"""Textual waits so long between two pictures, and before the first one that a key changes too."""

NO_TERMINAL = (
    "tui-mail: The interface needs a terminal that can move its cursor, and this is none. "
    "`tui-mail linear` reads and writes mail line by line. "
    "Everything also works on the command line: see `tui-mail --help`.\n"
)


def main(paths: ProfilePaths, connect: Connect | None = None) -> int:
    """Run the interface on a profile; the result is the exit code. A defect of the interface is raised at its end.

    `connect` replaces the engine of the profile, for an engine that runs inside this process.
    """
    if not has_terminal():
        sys.stderr.write(NO_TERMINAL)
        return 2
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # an exported size is of another moment; the terminal knows its own
    gc.disable()  # nothing made while starting is garbage; looking for it costs 30 ms
    painted = first_paint.paint(paths)
    started = False
    try:
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
        os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
        os.environ.setdefault("TEXTUAL_FPS", PICTURES_A_SECOND)
        app = _app(paths, connect, painted)
        calm_collector()
        started = True
        if painted.moves is not None:
            app.typed = painted.moves.stop()
            app.show_early(painted.moves.opened)
        code = app.run(mouse=app.settings.mouse and not inside_gnu_screen())
    finally:
        if not started and painted.moves is not None:
            painted.moves.stop()
        if not started and painted.terminal is not None:
            first_paint.leave_picture()
        first_paint.restore(painted)
    if app.failure is not None:
        raise app.failure
    return int(code or 0)


def calm_collector() -> None:
    """Let the garbage collector look seldom, and never again at what was imported: a full look takes 60 ms and more,
    in the middle of a key."""
    gc.freeze()
    gc.set_threshold(*COLLECT_EVERY)
    gc.enable()


def has_terminal() -> bool:
    """Whether both ends are a terminal that knows cursor movement."""
    return os.isatty(0) and os.isatty(1) and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def inside_gnu_screen() -> bool:
    """QUIRK: a program that asks GNU screen for the mouse gets a lone Esc only with the key after it, so Esc does
    nothing there; without the mouse screen hands it on after 0.3 s. tmux does neither."""
    return "STY" in os.environ and "TMUX" not in os.environ


def load_reading() -> None:
    """Import what a message is read with, which is needed first."""
    import tui_mail.ui.early_reader  # noqa: F401


def load() -> None:
    """Import what the interface consists of before its first key."""
    import tui_mail.engine.client
    import tui_mail.ui.app  # noqa: F401


def _app(paths: ProfilePaths, connect: Connect | None, painted: first_paint.Painted) -> Any:
    from tui_mail.ui.spared_imports import import_lean

    def load_all() -> None:
        load_reading()
        if painted.moves is not None:
            painted.moves.words_are_here()
        load()

    if connect is None:  # else threads of an engine inside this process import at the same time
        import_lean(load_all)
    import msgspec

    from tui_mail.engine.client import connect as connect_engine
    from tui_mail.model.account import Settings
    from tui_mail.model.errors import StoreError
    from tui_mail.store.views import ReadStore
    from tui_mail.ui.app import MailApp

    welcome, settings, store = painted.welcome, None, None
    if welcome is not None and connect is None:
        try:
            settings = msgspec.convert(welcome["settings"], Settings)
            if welcome.get("store_key"):
                from pathlib import Path

                store = ReadStore(Path(welcome["store_path"]), bytes.fromhex(welcome["store_key"]))
        except (StoreError, msgspec.ValidationError, KeyError, ValueError):
            settings = store = None
    return MailApp(connect or (lambda: connect_engine(paths)), settings=settings, store=store)
