"""The one place where events go out. Jobs publish from any thread; every subscriber gets every event in order."""

import asyncio
import threading
from collections.abc import Callable

from tui_mail.engine.messages import Event

Listener = Callable[[Event], None]


class EventHub:
    """Carries events from job threads to listeners that run in the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._loop_thread = threading.get_ident()
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` in the loop for every event from now on; the result ends that. Only from the loop."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Send to everyone. From any thread; after the loop has ended events are dropped."""
        if threading.get_ident() == self._loop_thread:
            self._deliver(event)
            return
        try:
            self._loop.call_soon_threadsafe(self._deliver, event)
        except RuntimeError:  # the loop is closed: nobody listens any more
            return

    def _deliver(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)
