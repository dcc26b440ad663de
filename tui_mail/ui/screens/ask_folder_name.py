"""One line to type the name of a folder."""

from __future__ import annotations

from tui_mail.ui.screens.ask_path import AskPath


class AskFolderName(AskPath):
    """Ends with the name as it was typed, None on Escape."""

    HINT = "Enter takes the name, Esc leaves."
