"""What the first paint needs, in under 3 ms: imports nothing but apsw, reads one folder and its newest rows."""

import apsw

_FOLDER = "SELECT id, name, unread, total FROM folder ORDER BY role <> 'inbox', account, name LIMIT 1"
_COLUMNS = "SELECT id, message.date, flags, sig, enc, attachments, sender, subject, preview"
_ROWS = _COLUMNS + ", 1, 0 FROM message WHERE folder = ? ORDER BY date DESC, id DESC LIMIT ?"
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
        connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error:
        return None
    try:
        if key_hex:
            bytes.fromhex(key_hex)
            connection.execute("PRAGMA cipher = 'aegis'").fetchall()
            connection.execute(f"PRAGMA key = 'raw:{key_hex}'").fetchall()
        folder = connection.execute(_FOLDER).fetchone()
        if folder is None:
            return None
        rows = connection.execute(_CONVERSATIONS if threads else _ROWS, (folder[0], limit)).fetchall()
    except (apsw.Error, ValueError):
        return None
    finally:
        connection.close()
    return str(folder[1]), int(folder[2]), int(folder[3]), rows  # type: ignore[return-value]
