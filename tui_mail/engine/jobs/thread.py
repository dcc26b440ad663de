"""Putting mail into threads that is in none yet: what an older version stored, and what is left when mail goes."""

from tui_mail.engine.messages import StoreChanged
from tui_mail.engine.session import Session
from tui_mail.store import threads

BATCH = 500
LOOK_SECONDS = 300.0


class Threader:
    """The job that keeps threads complete; new mail is threaded when it is saved."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def turn(self) -> float:
        """One batch; 0 when more may wait."""
        with self._session.store.write() as db:
            done = threads.thread_waiting(db, BATCH)
        if done:
            self._session.publish(StoreChanged())
        return 0.0 if done else LOOK_SECONDS
