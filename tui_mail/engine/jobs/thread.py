"""Putting mail into threads that is in none yet: what an older version stored, and what is left when mail goes. What an
older version put into the wrong ones is put right."""

from tui_mail.engine.messages import StoreChanged
from tui_mail.engine.session import Session
from tui_mail.store import threads

BATCH = 500
LOOKED_THROUGH = 2_000
LOOK_SECONDS = 300.0


class Threader:
    """The job that keeps threads complete; new mail is threaded when it is saved."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def turn(self) -> float:
        """One batch; 0 when more may wait."""
        with self._session.store.write() as db:
            done = threads.thread_waiting(db, BATCH)
            looked, mended = (0, False) if done else threads.look_through(db, LOOKED_THROUGH)
        if done or mended:
            self._session.publish(StoreChanged())
        return 0.0 if done or looked else LOOK_SECONDS
