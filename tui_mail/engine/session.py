"""One profile while the engine serves it: what every job is given."""

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from tui_mail.engine.agent import KeyAgent
from tui_mail.engine.events import EventHub
from tui_mail.engine.logins import Logins
from tui_mail.engine.messages import Event
from tui_mail.engine.opened_cache import OpenedCache
from tui_mail.engine.polite_lock import PoliteLock
from tui_mail.model.account import Account, Settings
from tui_mail.model.errors import UsageError
from tui_mail.model.paths import ProfilePaths
from tui_mail.store.store import Store


class Session:
    """Store, keys, settings and the way out for events of one opened profile.

    Attributes:
        logins: the way into every account's servers.
        cache: messages opened last; emptied when the keys are locked.
        trust_mutex: held while letters are derived, so that a pin and a judgement never overtake each other.
        hurried: accounts whose mail comes as fast as this machine can store it; other work lets them pass.
        wake_judge, wake_outbox, wake_drafts, wake_receipts, wake_snoozes, wake_threads: something waits for that job.
        retry_outbox: what waits for a server that could not be reached is tried now.
        wake_receiver: changes of this account wait for the server ("" means every account).
    """

    def __init__(
        self,
        paths: ProfilePaths,
        settings: Settings,
        store: Store,
        agent: KeyAgent,
        events: EventHub,
        logins: Logins | None = None,
    ) -> None:
        self.paths = paths
        self.settings = settings
        self.store = store
        self.agent = agent
        self.logins = logins or Logins(agent)
        self.cache = OpenedCache()
        self.trust_mutex = PoliteLock()
        self.answers: tuple[tuple[bytes, ...], tuple[bytes, ...]] | None = None
        self.watched: set[str] = set()
        self.hurried: set[str] = set()
        self._arriving: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)
        self.wake_bundles: Callable[[], None] = _nobody
        self.wake_answers: Callable[[], None] = _nobody
        self.wake_judge: Callable[[], None] = _nobody
        self.wake_outbox: Callable[[], None] = _nobody
        self.retry_outbox: Callable[[], None] = _nobody
        self.wake_drafts: Callable[[], None] = _nobody
        self.wake_receipts: Callable[[], None] = _nobody
        self.wake_snoozes: Callable[[], None] = _nobody
        self.wake_threads: Callable[[], None] = _nobody
        self.wake_receiver: Callable[[str], None] = _nobody_named
        self._events = events

    def publish(self, event: Event) -> None:
        """Tell every client."""
        self._events.publish(event)

    def arriving(self, message_id: int) -> threading.Lock:
        """Held while the whole of this message is fetched: whoever wants it too waits, and finds it here."""
        return self._arriving[message_id]

    def account(self, name: str) -> Account:
        """The account with this id. Raises UsageError."""
        for account in self.settings.accounts:
            if account.id == name:
                return account
        raise UsageError(f"There is no account {name!r} in this profile.")


def now() -> datetime:
    """The engine's clock; every floor below gets the time as an argument."""
    return datetime.now(UTC)


def _nobody() -> None:
    return None


def _nobody_named(_account: str) -> None:
    return None
