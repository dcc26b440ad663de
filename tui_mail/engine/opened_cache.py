"""The messages that were opened last, ready to be shown again."""

import threading
from collections import OrderedDict

from tui_mail.model.message import MessageView
from tui_mail.model.security import MessageSecurity

MAX_CACHED = 32


class OpenedCache:
    """The last opened messages of one session, for as long as their stored evidence and the keys stay the same."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._views: OrderedDict[int, tuple[MessageSecurity | None, MessageView]] = OrderedDict()

    def get(self, message_id: int, security: MessageSecurity | None) -> MessageView | None:
        """The view, if it was made from this evidence."""
        with self._mutex:
            found = self._views.get(message_id)
            if found is None or found[0] != security:
                return None
            self._views.move_to_end(message_id)
            return found[1]

    def put(self, message_id: int, security: MessageSecurity | None, shown: MessageView) -> None:
        """Keep a view; the one that was not used for longest goes."""
        with self._mutex:
            self._views[message_id] = (security, shown)
            while len(self._views) > MAX_CACHED:
                self._views.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: the keys were locked."""
        with self._mutex:
            self._views.clear()
