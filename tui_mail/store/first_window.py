"""What the first paint needs, in under 3 ms: imports nothing but apsw, reads one folder and its newest rows."""

import apsw

_FOLDER = "SELECT id, name, unread, total FROM folder ORDER BY role <> 'inbox', account, name LIMIT 1"
_COLUMNS = "SELECT id, message.date, flags, sig, enc, attachments, sender, subject, preview"
_ROWS = _COLUMNS + ", 1, 0 FROM message WHERE folder = ? ORDER BY date DESC, id DESC LIMIT ?"
_LATER_ROWS = _ROWS + " OFFSET ?"
_LAST_ROWS = _COLUMNS + ", 1, 0 FROM message WHERE folder = ? ORDER BY date, id LIMIT ? OFFSET ?"
_CONVERSATIONS = (
    _COLUMNS + ", total, unread FROM conversation JOIN message ON message.id = newest WHERE conversation.folder = ?"
    " ORDER BY conversation.date DESC, newest DESC LIMIT ?"
)

FirstRow = tuple[int, int, int, str | None, str, int, str, str, str, int, int]


def first_rows(
    path: str, key_hex: str, limit: int, *, threads: bool = False
) -> tuple[str, int, int, list[FirstRow]] | None:
    """(folder name, unread, total, newest rows) of the first inbox; rows are columns in the order of ``model.Row``,
    then how many messages the line stands for and how many of them are unread: with `threads` it is a conversation.

    None when there is nothing to show, whatever the reason: the program that follows finds out and says why.
    Texts are foreign and not cleaned.
    """
    try:
        connection = _opened(path, key_hex)
    except (apsw.Error, ValueError):
        return None
    try:
        folder = connection.execute(_FOLDER).fetchone()
        if folder is None:
            return None
        rows = connection.execute(_CONVERSATIONS if threads else _ROWS, (folder[0], limit)).fetchall()
    except apsw.Error:
        return None
    finally:
        connection.close()
    return str(folder[1]), int(folder[2]), int(folder[3]), rows  # type: ignore[return-value]


def later_rows(path: str, key_hex: str, start: int, limit: int) -> list[FirstRow]:
    """Rows of the same list of messages from an index on. Raises apsw.Error, ValueError."""
    connection = _opened(path, key_hex)
    try:
        folder = connection.execute(_FOLDER).fetchone()
        if folder is None:
            return []
        total = int(folder[3])
        limit = max(0, min(limit, total - start))
        if start <= total // 2:
            rows = connection.execute(_LATER_ROWS, (folder[0], limit, start)).fetchall()
        else:
            rows = connection.execute(_LAST_ROWS, (folder[0], limit, total - start - limit)).fetchall()[::-1]
        return rows  # type: ignore[return-value]
    finally:
        connection.close()


def _opened(path: str, key_hex: str) -> apsw.Connection:
    """Raises apsw.Error, ValueError."""
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    try:
        if key_hex:
            bytes.fromhex(key_hex)
            connection.execute("PRAGMA cipher = 'aegis'").fetchall()
            connection.execute(f"PRAGMA key = 'raw:{key_hex}'").fetchall()
    except (apsw.Error, ValueError):
        connection.close()
        raise
    return connection
