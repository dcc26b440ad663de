"""The engine inside this process: the same words without a pipe. For the demo, and for tests of the interface."""

from collections.abc import Callable
from typing import IO, TypeVar

from tui_mail.engine.client import EventListener
from tui_mail.engine.door import take_lock
from tui_mail.engine.engine import Engine
from tui_mail.engine.logbook import open_log
from tui_mail.engine.messages import Command, Failure, Hello, Reply, Welcome
from tui_mail.engine.server import guarded
from tui_mail.engine.wire import raised
from tui_mail.model.errors import EngineGone
from tui_mail.model.paths import ProfilePaths

R = TypeVar("R", bound=Reply)


class InProcessEngine:
    """An `EngineClient` that owns its engine: closing it ends the engine."""

    def __init__(self, paths: ProfilePaths) -> None:
        self.welcome: Welcome
        self.on_gone: Callable[[], None] | None = None
        self._lock: IO[str] = take_lock(paths)
        open_log(paths.log)
        self._engine = Engine(paths)

    @classmethod
    async def start(cls, paths: ProfilePaths) -> "InProcessEngine":
        """A greeted engine in the running event loop."""
        client = cls(paths)
        await client.ask(Hello(), Welcome)
        return client

    async def ask(self, command: Command, kind: type[R]) -> R:
        """The reply to a command; a `Failure` is raised as its error."""
        reply = await guarded(self._engine, command)
        if isinstance(reply, Failure):
            raise raised(reply)
        if isinstance(reply, Welcome):
            self.welcome = reply
        if not isinstance(reply, kind):
            raise EngineGone("The engine gave an answer of another kind.")
        return reply

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Call `listener` in the event loop for every event; the result ends that."""
        return self._engine.events.subscribe(listener)

    async def close(self) -> None:
        """End the engine."""
        await self._engine.close()
        self._lock.close()
