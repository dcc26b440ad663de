"""The program itself: help, palette, colours, quit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.ui.commands.command import Command

if TYPE_CHECKING:
    from tui_mail.ui.screens.mail import MailScreen


class Help(Command):
    """All keys."""

    id, keys, name, footer, group = "help", "question_mark,f1", "Show all keys and signs", "Help", "Program"

    def run(self, mail: MailScreen) -> None:
        """Open the help."""
        mail.show_help()


class Palette(Command):
    """All commands by name."""

    id, keys, name, group = "palette", "colon,ctrl+p", "Find a command by its name", "Program"

    def run(self, mail: MailScreen) -> None:
        """Open the palette."""
        mail.choose_command()


class Jump(Command):
    """Anywhere on the screen with two keys."""

    id, keys, name, group = "jump", "semicolon,f12", "Show a letter on everything, the next key goes there", "Program"

    def run(self, mail: MailScreen) -> None:
        """Show the letters."""
        mail.jump()


class SettingsCommand(Command):
    """Everything that can be set."""

    id, keys, name, group = "settings", "S", "Show and change the settings", "Program"

    def run(self, mail: MailScreen) -> None:
        """Open them."""
        mail.open_settings()


class ServerPassword(Command):
    """The password of the mail server has changed."""

    id, keys, name, group = "password", "K", "Change the password of the mail server", "Program"
    needs_keys = True

    def run(self, mail: MailScreen) -> None:
        """Ask for it."""
        mail.ask_server_password()


class NextTheme(Command):
    """Other colours."""

    id, keys, name, group = "theme", "T", "Other colours: dark, light, high contrast", "Program"

    def run(self, mail: MailScreen) -> None:
        """Take the next theme."""
        mail.next_theme()


class PutAside(Command):
    """Back in a moment."""

    id, keys, name, group = "suspend", "ctrl+z", "Back to the shell; `fg` goes on here", "Program"

    def run(self, mail: MailScreen) -> None:
        """Stop until somebody types `fg`."""
        if not mail.mail_app.put_aside():
            mail.say("There is no shell behind this terminal to go back to.")


class Quit(Command):
    """Goodbye."""

    id, keys, name, footer, group = "quit", "q,ctrl+q", "Quit", "Quit", "Program"

    def run(self, mail: MailScreen) -> None:
        """Leave; the engine goes on receiving."""
        mail.mail_app.leave()
