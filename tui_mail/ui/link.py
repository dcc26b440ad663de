"""The interface's one line to the engine, which stays the same object while engines come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from tui_mail.engine.client import EngineClient, EventListener
from tui_mail.engine.messages import Command, Event, Reply, Welcome
from tui_mail.model.account import Settings
from tui_mail.model.errors import EngineGone, TuiMailError

R = TypeVar("R", bound=Reply)

FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 5.0


class Client(EngineClient, Protocol):
    """A client that says when its engine has gone."""

    on_gone: Callable[[], None] | None


Connect = Callable[[], Awaitable[Client]]


class Link:
    """Commands go out, events come in, and a lost engine is looked for until it is there again. An `EngineClient`.

    Args:
        connect: makes a greeted client, starting the engine when needed.
        on_welcome: called with every `Welcome`, after connecting, unlocking and setting up.
        on_gone: called with a sentence when there is no engine.
    """

    def __init__(self, connect: Connect, on_welcome: Callable[[Welcome], None], on_gone: Callable[[str], None]) -> None:
        self.welcome = Welcome(0, "", "gone", "", None, Settings())
        self._connect = connect
        self._on_welcome = on_welcome
        self._on_gone = on_gone
        self._client: Client | None = None
        self._listeners: list[EventListener] = []
        self._lost = asyncio.Event()
        self._wanted = asyncio.Event()
        self._looked = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether an engine listens."""
        return self._client is not None

    def look(self) -> None:
        """Now is the time for `serve` to connect, if nobody asked before."""
        self._wanted.set()

    async def serve(self) -> None:
        """Connect as soon as somebody wants it, and connect again, for as long as the interface lives."""
        await self._wanted.wait()
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                client = await self._connect()
            except (TuiMailError, OSError) as error:
                self._looked.set()
                self._on_gone(str(error))
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT_SECONDS, wait * 2)
                continue
            wait = FIRST_WAIT_SECONDS
            self._lost.clear()
            client.on_gone = self._lost.set
            self._client = client
            self._greet(client.welcome)
            client.listen(self._tell)  # what was said after the greeting is heard after it
            self._looked.set()
            await self._lost.wait()
            self._client = None
            self._on_gone("The mail engine stopped. It is being started again.")
            await asyncio.sleep(FIRST_WAIT_SECONDS)

    async def ask(self, command: Command, kind: type[R]) -> R:
        """The reply to a command, which must be a `kind`. Raises TuiMailError with a sentence for people."""
        if self._client is None and not self._looked.is_set():  # at the start people may be quicker
            self.look()
            await self._looked.wait()
        if self._client is None:
            raise EngineGone("The mail engine is not there at the moment; it is being started again.")
        reply = await self._client.ask(command, kind)
        if isinstance(reply, Welcome):
            self._greet(reply)
        return reply

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Call `listener` for every event of this and every later engine; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def close(self) -> None:
        """Leave the engine to itself."""
        if self._client is not None:
            await self._client.close()

    def _tell(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    def _greet(self, welcome: Welcome) -> None:
        self.welcome = welcome
        self._on_welcome(welcome)
