"""Small facts by name that have no table of their own, such as which migration of meaning was done."""

from tui_mail.store.database import Database


def note(db: Database, name: str) -> bytes | None:
    """What was noted under this name."""
    found: bytes | None = db.value("SELECT value FROM note WHERE name = ?", (name,))
    return found


def set_note(db: Database, name: str, value: bytes) -> None:
    """Note something, over what was noted before."""
    db.run(
        "INSERT INTO note(name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value)
    )
