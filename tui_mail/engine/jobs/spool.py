"""Where large messages of one folder are kept while they come: the store, as ``net.large`` wants it."""

from collections.abc import Mapping

from tui_mail.engine.messages import Progress
from tui_mail.engine.session import Session
from tui_mail.store import arrivals
from tui_mail.store.arrivals import Arrival

MIN_SHOWN_BYTES = 4_000_000
"""Of a smaller message nobody needs to see how it comes."""


class FolderSpool:
    """A `net.large.Spool`. Each thread has its own connection to the store, so that any may use it."""

    def __init__(self, session: Session, account: str, folder_id: int) -> None:
        self._session = session
        self._task = f"large:{account}"
        self._folder = folder_id
        self._shown = False

    def begun(self) -> Mapping[int, Arrival]:
        """What came in part, by UID."""
        return arrivals.begun(self._session.store.database, self._folder)

    def names_last(self) -> bool:
        """A part came of which nobody can say to which message it belongs."""
        return arrivals.has_nameless(self._session.store.database, self._folder)

    def begin(self, uid: int | None, size_bytes: int) -> int:
        """A message begins to come. Its number."""
        return arrivals.begin(self._session.store.database, self._folder, uid, size_bytes)

    def add(self, number: int, piece: bytes) -> None:
        """The next bytes, on disk when this returns."""
        now = arrivals.add(self._session.store.database, number, piece)
        if now.size_bytes >= MIN_SHOWN_BYTES:
            self._shown = now.received_bytes < now.size_bytes
            sentence = f"Receiving a message of {now.size_bytes / 1e6:.0f} MB"
            self._session.publish(Progress(self._task, now.received_bytes, now.size_bytes, sentence))

    def name(self, number: int, uid: int) -> None:
        """Which message it was."""
        arrivals.name(self._session.store.database, number, uid)

    def part(self, number: int, start: int, count: int) -> bytes:
        """What is kept."""
        return arrivals.part(self._session.store.database, number, start, count)

    def forget(self, number: int) -> None:
        """It is of no use."""
        arrivals.forget(self._session.store.database, number)

    def end(self) -> None:
        """Nothing comes any more, as far as people see: a bar that stands still is taken away."""
        if self._shown:
            self._shown = False
            self._session.publish(Progress(self._task, 1, 1, "The line was lost in the middle of a message."))

    def forget_settled(self) -> None:
        """The folder is in step: nothing is on its way any more."""
        arrivals.forget_settled(self._session.store.database, self._folder)


def arrival_of(number: int, size_bytes: int) -> Arrival:
    """What the store is told of a message that came as a whole."""
    return Arrival(number, size_bytes, size_bytes)
