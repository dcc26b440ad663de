"""Taking all mail of a folder out of the store, in turns that are short enough for others to write between them.

The law: until the last turn the folder is still the one that has to be cleared, so that a turn that never came is made
up for at the next look.
"""

from collections.abc import Iterator

from tui_mail.store import messages
from tui_mail.store.database import Database

AT_ONCE = 250
"""Messages that are removed in one transaction: 20 to 60 ms."""


def clear(db: Database, folder_id: int) -> Iterator[int]:
    """Remove what is at home in this folder and waits for nothing, a part with every step, outside of transactions. How
    many that were."""
    while rows := db.all(
        "SELECT id FROM message WHERE home = ? AND uid IS NOT NULL AND id NOT IN (SELECT message FROM change) LIMIT ?",
        (folder_id, AT_ONCE),
    ):
        yield messages.remove(db, [number for (number,) in rows])
