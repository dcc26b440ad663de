"""What a screen needs of the engine: the last greeting, and an answer to a command."""

from typing import Protocol, TypeVar

from tui_mail.engine.messages import Command, Reply, Welcome

R = TypeVar("R", bound=Reply)


class Asker(Protocol):
    """The part of a client, or of the interface's link to it, that single screens use."""

    @property
    def welcome(self) -> Welcome:
        """The engine's last greeting."""
        ...

    async def ask(self, command: Command, kind: type[R]) -> R:
        """The reply to a command, which must be a `kind`. Raises TuiMailError with a sentence for people."""
        ...
