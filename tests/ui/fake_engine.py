"""An engine for tests of single screens: answers each kind of command with what the test says, and remembers all."""

from collections.abc import Callable
from typing import Any, TypeVar

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from tui_mail.engine.messages import PROTOCOL_VERSION, Command, Reply, Welcome
from tui_mail.model.account import Account, Server, Settings
from tui_mail.model.errors import TuiMailError
from tui_mail.ui.themes.colours import themes

R = TypeVar("R", bound=Reply)
Answer = Reply | TuiMailError | Callable[[Any], Reply]

IMAP, SMTP = Server("imap.clinic.test", 993), Server("smtp.clinic.test", 465)
ANNA = Account(
    "main", "Anna Berg", "anna@clinic.test", Server("imap.clinic.test", 993), Server("smtp.clinic.test", 465)
)


class FakeEngine:
    """An `Asker` without an engine."""

    def __init__(self, answers: dict[type[Command], Answer], state: str = "open") -> None:
        self.answers = answers
        self.asked: list[Command] = []
        self.welcome = Welcome(PROTOCOL_VERSION, "default", state, "mail.db", None, Settings(accounts=(ANNA,)))

    async def ask(self, command: Command, kind: type[R]) -> R:
        """The answer that the test put there for this kind of command."""
        self.asked.append(command)
        answer = self.answers[type(command)]
        if isinstance(answer, TuiMailError):
            raise answer
        reply = answer if isinstance(answer, Reply) else answer(command)
        assert isinstance(reply, kind)
        return reply

    def commands(self, kind: type[Command]) -> list[Any]:
        """All commands of one kind, in order."""
        return [command for command in self.asked if isinstance(command, kind)]


class OneScreen(App[Any]):
    """Shows one screen and remembers what it ended with."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self.shown = screen
        self.result: Any = "not ended"

    def on_load(self) -> None:
        """Our dark theme, before a style sheet asks for its colours."""
        for theme in themes():
            self.register_theme(theme)
        self.theme = "tui-mail-dark"

    def on_mount(self) -> None:
        """Show the screen."""
        self.push_screen(self.shown, self.remember)

    def remember(self, result: Any) -> None:
        """The screen was dismissed."""
        self.result = result


def screen_text(app: App[Any]) -> str:
    """The characters that stand on the screen now."""
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in lines)


async def until(pilot: Pilot[Any], holds: Callable[[], object], turns: int = 200) -> None:
    """Let the interface work until something holds; fails when it never does."""
    for _ in range(turns):
        if holds():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"this never came to hold; on the screen:\n{screen_text(pilot.app)}")


async def shows(pilot: Pilot[Any], text: str) -> None:
    """Wait until a text stands on the screen."""
    await until(pilot, lambda: text in screen_text(pilot.app))


async def says(pilot: Pilot[Any], text: str) -> None:
    """Wait until a notice with this text was given."""
    await until(pilot, lambda: any(text in str(notice.message) for notice in pilot.app._notifications))
