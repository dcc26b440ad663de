"""The way from the command line into the interface. The module is named by text: nothing here imports it before it is
asked for, so that no command needs a terminal interface."""

import importlib

from tui_mail.model.paths import ProfilePaths


def wizard(paths: ProfilePaths) -> int:
    """Open the setup wizard; its exit code."""
    start = importlib.import_module("tui_mail.ui.start")
    return int(start.wizard(paths) or 0)
