"""A client that watches what the person does and moves the tour on; everything else passes through."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from tui_mail.demo.clinic import DORA
from tui_mail.demo.story import Scene, Story
from tui_mail.engine.client import EventListener, SocketClient
from tui_mail.engine.messages import (
    Command,
    MessageOpened,
    Notice,
    Queued,
    Reply,
    SendMessage,
    TrustSender,
    Welcome,
)
from tui_mail.model.address import address_key

R = TypeVar("R", bound=Reply)

FIRST_HINT_SECONDS = 0.4


class GuidedClient:
    """An engine client with a tour. `answered` may be called from another thread."""

    def __init__(self, client: SocketClient) -> None:
        self._client = client
        self._listeners: list[EventListener] = []
        self._hint = ""
        self._loop = asyncio.get_running_loop()
        self._story = Story(self._tell)

    @property
    def welcome(self) -> Welcome:
        """The engine's last greeting."""
        return self._client.welcome

    @welcome.setter
    def welcome(self, welcome: Welcome) -> None:
        self._client.welcome = welcome

    @property
    def on_gone(self) -> Callable[[], None] | None:
        """Called when the engine has gone."""
        return self._client.on_gone

    @on_gone.setter
    def on_gone(self, call: Callable[[], None] | None) -> None:
        self._client.on_gone = call

    async def ask(self, command: Command, kind: type[R]) -> R:
        """The engine's reply; the tour sees both."""
        reply = await self._client.ask(command, kind)
        self._watch(command, reply)
        return reply

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Events of the engine and hints of the tour."""
        self._listeners.append(listener)
        self._loop.call_later(FIRST_HINT_SECONDS, self._tell, self._hint)
        return self._client.listen(listener)

    async def close(self) -> None:
        """Leave the engine."""
        self._listeners.clear()
        await self._client.close()

    def answered(self, encrypted: bool) -> None:
        """Dora's answer has been delivered."""
        if encrypted:
            self._loop.call_soon_threadsafe(self._story.reach, Scene.READ_ENCRYPTED)

    def _watch(self, command: Command, reply: Reply) -> None:
        if isinstance(reply, MessageOpened):
            view = reply.view
            if view.sender.key != DORA.key:
                return
            encryption = view.security.encryption
            if encryption is not None and encryption.opened:
                self._story.reach(Scene.FREE)
            elif view.can_trust:
                self._story.reach(Scene.TRUST)
        elif isinstance(command, TrustSender) and address_key(command.address) == DORA.key:
            self._story.reach(Scene.ANSWER)
        elif isinstance(command, SendMessage) and isinstance(reply, Queued):
            to_dora = any(person.key == DORA.key for person in command.draft.to)
            if to_dora and command.draft.protection.encrypt:
                self._story.reach(Scene.WAIT_ENCRYPTED)

    def _tell(self, sentence: str) -> None:
        self._hint = sentence
        for listener in tuple(self._listeners):
            listener(Notice("guide", sentence))
