"""Taking a folder's mail out of the store when its server has the folder, or the numbers of its mail, no longer."""

import threading

from tui_mail.engine.messages import StoreChanged
from tui_mail.engine.session import Session
from tui_mail.store import clearing

BREATH_SECONDS = 0.05
"""Between two turns others may write: whoever waits for the store asks again after at most twice this time."""


def clear_folder(session: Session, folder_id: int, stopping: threading.Event) -> int:
    """Remove the messages of which nothing waits for the server; how many. When it has to stop, the rest remains."""
    count = 0
    for removed in clearing.clear(session.store.database, folder_id):
        count += removed
        session.publish(StoreChanged((folder_id,)))
        if removed == clearing.AT_ONCE and stopping.wait(BREATH_SECONDS):
            break
    return count
