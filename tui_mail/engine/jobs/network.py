"""When this machine gets another way out, nobody waits any longer for a server that could not be reached before."""

import threading
from collections.abc import Callable

from tui_mail.engine.logbook import describe, log
from tui_mail.engine.scheduler import JOIN_SECONDS
from tui_mail.net.wake import WakeEvent
from tui_mail.net.way_out import WayOut


class NetworkWatcher:
    """The thread that calls `changed` after each change of the way out."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._stop = WakeEvent()
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stop.set()

    def join(self) -> None:
        """Wait until the thread has ended, for a while."""
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        way = WayOut()
        try:
            while way.wait(self._stop):
                log.info("the network changed")
                self._changed()
        except Exception as error:
            log.error("watching the network failed: %s", describe(error))
        finally:
            way.close()
