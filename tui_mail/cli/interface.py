"""The way from the command line into the interface. The module is named by text: nothing here imports it before it is
asked for, so that no command needs a terminal interface."""

import importlib

from tui_mail.model.errors import UsageError
from tui_mail.model.paths import ProfilePaths


def wizard(paths: ProfilePaths) -> int:
    """Open the interface, which begins with the setup wizard where there is no profile yet; its exit code."""
    if paths.settings.exists():
        raise UsageError(f"The profile {paths.name} is there already; --profile NAME makes another one.")
    start = importlib.import_module("tui_mail.ui.start")
    return int(start.main(paths) or 0)
